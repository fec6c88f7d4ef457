//! Turns flow files into a book and refuses what could not work, naming file and line.
//!
//! Not for: what the words mean in a conversation.

mod answers;
pub(crate) mod questions;

use crate::book::{
    Book, BookError, Clarify, Confirm, Item, Leads, Link, Meaning, Next, Reply, Run, Talk,
};
use crate::flow::{FlowFile, ItemKind, Needs, NextFile, ReplyFile};
use crate::knowledge::Knowledge;
use crate::phrases::NONE_ITEM;
use crate::seat::Control;
use crate::template::{HOUSE_NAMES, Kind, SlotKinds, Template};
use crate::understand;
use crate::verbs::{OutKind, VerbSpec};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use toml::Spanned;

/// What the reply of a service that does not exist yet says.
const SOON: &str = "即将开通";

type Names = BTreeMap<String, Kind>;

/// One file being read.
struct Page<'a> {
    file: &'a str,
    text: &'a str,
    errors: Vec<BookError>,
    /// Names of items mentioned, to be looked up when all files are read.
    mentions: Vec<(usize, String)>,
}

impl Page<'_> {
    fn line(&self, span: Range<usize>) -> usize {
        self.text.get(..span.start).map_or(0, |before| before.matches('\n').count() + 1)
    }
    fn wrong(&mut self, span: Range<usize>, message: String) {
        let line = self.line(span);
        self.errors.push(BookError { file: self.file.to_owned(), line, message });
    }
    fn mention(&mut self, item: &Spanned<String>) -> String {
        let line = self.line(item.span());
        self.mentions.push((line, item.get_ref().clone()));
        item.get_ref().clone()
    }
    /// Reads a text and checks its holes against the names at hand.
    fn template(&mut self, text: &Spanned<String>, names: &Names) -> Template {
        match Template::parse(text.get_ref()) {
            Ok(template) => {
                let mut faults = vec![];
                for hole in template.holes() {
                    match names.get(&hole.name) {
                        None => faults.push(format!("unknown placeholder {{{}}}", hole.name)),
                        Some(kind)
                            if hole.facet.is_empty() || kind.facets().contains(&&*hole.facet) => {}
                        Some(_) => {
                            faults.push(format!("{{{}}} has no “.{}”", hole.name, hole.facet));
                        }
                    }
                }
                faults.into_iter().for_each(|f| self.wrong(text.span(), f));
                template
            }
            Err(message) => {
                self.wrong(text.span(), message);
                Template::default()
            }
        }
    }
    fn maybe(&mut self, text: Option<&Spanned<String>>, names: &Names) -> Option<Template> {
        text.map(|t| self.template(t, names))
    }
    fn named(
        &mut self,
        map: &BTreeMap<String, Spanned<String>>,
        names: &Names,
    ) -> Vec<(String, Template)> {
        map.iter().map(|(name, text)| (name.clone(), self.template(text, names))).collect()
    }
}

fn house_names() -> Names {
    HOUSE_NAMES.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect()
}

/// A phrase key and where it was claimed: file, line, owner.
type Claims = BTreeMap<String, (String, usize, String)>;

/// Everything read so far.
#[derive(Default)]
struct Shelf {
    items: BTreeMap<String, Item>,
    controls: HashMap<String, Control>,
    claims: Claims,
    clarify: HashMap<String, Arc<Clarify>>,
    /// Items named by others: file, line, item.
    mentions: Vec<(String, usize, String)>,
    errors: Vec<BookError>,
}

impl Shelf {
    fn read(&mut self, file: &str, text: &str, verbs: &[VerbSpec]) {
        let mut page = Page { file, text, errors: vec![], mentions: vec![] };
        match toml::from_str::<FlowFile>(text) {
            Err(e) => page.wrong(e.span().unwrap_or(0..0), e.message().to_owned()),
            Ok(flow) => {
                let stem = file.rsplit('/').next().unwrap_or(file);
                let id = stem.strip_suffix(".toml").unwrap_or(stem).to_owned();
                claim(&mut page, &id, &flow, &mut self.claims, &mut self.controls);
                clarify(&mut page, &flow, &self.controls, &mut self.clarify);
                let item = compile(&mut page, id.clone(), &flow, verbs);
                if let Some(other) = self.items.insert(id.clone(), item) {
                    page.wrong(0..0, format!("{} already is the item “{id}”", other.file));
                }
            }
        }
        let named = page.mentions.into_iter().map(|(line, item)| (file.to_owned(), line, item));
        self.mentions.extend(named);
        self.errors.append(&mut page.errors);
    }

    fn look_up_mentions(&mut self) {
        for (file, line, item) in std::mem::take(&mut self.mentions) {
            if !self.items.contains_key(&item) {
                let message = format!("unknown item “{item}”");
                self.errors.push(BookError { file, line, message });
            }
        }
    }
}

pub(crate) fn load(files: &[(&str, &str)], verbs: &[VerbSpec]) -> Result<Book, Vec<BookError>> {
    let mut shelf = Shelf::default();
    for (file, text) in files {
        shelf.read(file, text, verbs);
    }
    shelf.look_up_mentions();
    let Shelf { items, controls, claims, clarify, mut errors, .. } = shelf;
    let knowledge = Knowledge::embedded().inspect_err(|e| errors.extend_from_slice(e)).ok();
    let Some(knowledge) = knowledge.filter(|_| errors.is_empty()) else {
        return Err(errors);
    };
    let mut phrases: HashMap<String, String> = claims
        .into_iter()
        // what means several things is asked about, whatever a flow takes it for
        .filter(|(key, _)| !controls.contains_key(key) && !clarify.contains_key(key))
        .filter(|(_, (_, _, owner))| owner != NONE_ITEM)
        .map(|(key, (_, _, owner))| (key, owner))
        .collect();
    // the name on the menu is a phrase too, unless someone said it first
    for item in items.values().filter(|i| !i.menu.is_empty() && !i.say.is_empty()) {
        let key = understand::key_of(&item.title);
        if !key.is_empty() && !controls.contains_key(&key) && !clarify.contains_key(&key) {
            phrases.entry(key).or_insert_with(|| item.id.clone());
        }
    }
    let mut said: Vec<(String, Control)> = controls.iter().map(|(k, c)| (k.clone(), *c)).collect();
    said.sort();
    let (model, gate) = understand::train(&items, &said);
    let readings = understand::read_ahead(&items, said.iter().map(|(key, _)| key));
    Ok(Book {
        items: Arc::new(items),
        readings: Arc::new(readings),
        phrases: Arc::new(phrases),
        controls: Arc::new(controls),
        clarify: Arc::new(clarify),
        model: Arc::new(model),
        gate: Arc::new(gate),
        local: None,
        vocabulary: Arc::default(),
        knowledge,
        version: version_of(files),
    })
}

/// FNV-1a over names and texts.
fn version_of(files: &[(&str, &str)]) -> u32 {
    let bytes = files.iter().flat_map(|(name, text)| name.bytes().chain([0]).chain(text.bytes()));
    bytes.fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// Notes every phrase of a file; a phrase of another item or control word is an error.
fn claim(
    page: &mut Page<'_>,
    id: &str,
    flow: &FlowFile,
    claims: &mut Claims,
    controls: &mut HashMap<String, Control>,
) {
    if let Some(order) = flow.order.first().filter(|_| flow.kind != ItemKind::Transaction) {
        let message =
            "only what moves money (kind = \"transaction\") is ordered: put it into “say”";
        page.wrong(order.span(), message.to_owned());
    }
    let said = flow.say.iter().chain(&flow.order).map(|s| (s, None));
    let control = flow.control.iter().flat_map(|(c, words)| words.iter().map(|w| (w, Some(*c))));
    for (phrase, control) in said.chain(control) {
        let owner = control.map_or_else(|| id.to_owned(), |c| format!("{c:?}"));
        let key = understand::key_of(phrase.get_ref());
        let line = page.line(phrase.span());
        if key.is_empty() {
            page.wrong(phrase.span(), format!("“{}” says nothing", phrase.get_ref()));
        } else if let Some((file, at, other)) = claims.get(&key)
            && *other != owner
        {
            let message = format!("“{}” already means {other} ({file}:{at})", phrase.get_ref());
            page.wrong(phrase.span(), message);
        } else {
            claims.insert(key.clone(), (page.file.to_owned(), line, owner));
            if let Some(control) = control {
                controls.insert(key, control);
            }
        }
    }
}

/// Notes every word that means several things.
fn clarify(
    page: &mut Page<'_>,
    flow: &FlowFile,
    controls: &HashMap<String, Control>,
    all: &mut HashMap<String, Arc<Clarify>>,
) {
    for file in &flow.clarify {
        let mut lines = vec![];
        for line in &file.lines {
            let leads = match (&line.item, line.control) {
                (Some(item), None) => Leads::Item(page.mention(item)),
                (None, Some(control)) => Leads::Control(control),
                _ => {
                    let message =
                        format!("the line “{}” wants either an item or a control word", line.text);
                    page.wrong(0..0, message);
                    continue;
                }
            };
            lines.push(Meaning { text: line.text.clone(), leads, has: line.has.clone() });
        }
        let one = Arc::new(Clarify { ask: file.ask.clone(), elder: file.elder.clone(), lines });
        for word in &file.words {
            let key = understand::key_of(word.get_ref());
            if key.is_empty() || controls.contains_key(&key) {
                page.wrong(word.span(), format!("“{}” is no word to ask about", word.get_ref()));
            } else if all.insert(key, one.clone()).is_some() {
                page.wrong(word.span(), format!("“{}” is asked about already", word.get_ref()));
            }
        }
    }
}

fn compile(page: &mut Page<'_>, id: String, flow: &FlowFile, verbs: &[VerbSpec]) -> Item {
    let asks = questions::questions(page, &flow.ask);
    let kinds = SlotKinds::of(&asks);
    let mut names = house_names();
    names.extend(kinds.names());
    let confirm = flow.confirm.as_ref().map(|c| Confirm {
        prompt: page.template(&c.prompt, &names),
        elder: page.maybe(c.elder.as_ref(), &names),
        yes: c.yes.clone(),
        no: c.no.clone(),
        unless_asked: c.unless_asked,
    });
    let verb = flow.run.as_ref().and_then(|run| {
        let verb = verbs.iter().find(|v| v.name == run.verb.get_ref());
        if verb.is_none() {
            page.wrong(run.verb.span(), format!("unknown verb “{}”", run.verb.get_ref()));
        }
        verb
    });
    let run = flow.run.as_ref().map(|run| {
        let with = page.named(&run.with, &names);
        if let Some(verb) = verb {
            check_arguments(page, &run.verb, &run.with, verb);
        }
        if run.card && (flow.confirm.is_none() || flow.reply.link.is_none()) {
            page.wrong(run.verb.span(), "a card has a [confirm] and a link".to_owned());
        }
        Run {
            verb: run.verb.get_ref().clone(),
            with,
            again_within_s: run.again_within_s,
            is_card: run.card,
        }
    });
    if flow.needs > Needs::Bound && (flow.run.is_some() || flow.reply.link.is_none()) {
        page.wrong(0..0, "codes and passwords belong on a page: a link and no [do]".to_owned());
    }
    let reply = replies(page, &flow.reply, &names, verb);
    if flow.reply.done.is_none() && flow.control.is_empty() && id != NONE_ITEM {
        page.wrong(0..0, "[reply] has no “done”".to_owned());
    }
    if flow.soon {
        check_soon(page, flow);
    }
    let talks = talks(page, flow, verbs);
    let phrases = || flow.say.iter().chain(&flow.order);
    Item {
        id,
        title: flow.title.clone(),
        menu: flow.menu.clone(),
        needs: flow.needs,
        is_soon: flow.soon,
        kind: flow.kind,
        say: phrases().map(|s| s.get_ref().clone()).collect(),
        say_at: phrases().map(|s| page.line(s.span())).collect(),
        orders: flow.order.len(),
        talks,
        file: page.file.to_owned(),
        when_bound: flow.when_bound.as_ref().map(|i| page.mention(i)),
        when_no_login: flow.when_no_login.as_ref().map(|i| page.mention(i)),
        without_consent: flow.without_consent,
        when_frozen: flow.when_frozen,
        asks,
        confirm,
        run,
        reply,
        kinds,
    }
}

/// What does not exist yet says so and asks for nothing.
fn check_soon(page: &mut Page<'_>, flow: &FlowFile) {
    if flow.run.is_some() || flow.reply.link.is_some() {
        page.wrong(0..0, "soon: no [do] and no link before it exists".to_owned());
    }
    if flow.needs > Needs::Anyone {
        page.wrong(0..0, "soon: nobody has to bind for what does not exist".to_owned());
    }
    let says_so = |text: &Spanned<String>| text.get_ref().contains(SOON);
    match &flow.reply.done {
        Some(done) if !says_so(done) => {
            page.wrong(done.span(), format!("soon: the reply must say “{SOON}”"));
        }
        _ => {}
    }
    if flow.reply.next.is_empty() {
        page.wrong(0..0, "soon: [reply] has no “next”: offer the nearest there is".to_owned());
    }
}

fn talks(page: &mut Page<'_>, flow: &FlowFile, verbs: &[VerbSpec]) -> Vec<Talk> {
    let mut out = vec![];
    for talk in &flow.talk {
        let mut said = BTreeMap::new();
        for (verb, answer) in &talk.answers {
            match answers::read(verbs, verb.get_ref(), answer.get_ref()) {
                Ok(outcome) => {
                    said.insert(verb.get_ref().clone(), outcome);
                }
                Err(why) => page.wrong(verb.span(), why),
            }
        }
        out.push(Talk {
            world: talk.world.clone(),
            answers: said,
            lines: talk.lines.get_ref().clone(),
            line: page.line(talk.lines.span()),
        });
    }
    out
}

fn check_arguments(
    page: &mut Page<'_>,
    verb_name: &Spanned<String>,
    with: &BTreeMap<String, Spanned<String>>,
    verb: &VerbSpec,
) {
    for (name, value) in with {
        if !verb.args.iter().any(|a| a.name == name) {
            page.wrong(value.span(), format!("{} takes no argument “{name}”", verb.name));
        }
    }
    for arg in verb.args.iter().filter(|a| a.required) {
        if !with.contains_key(arg.name) {
            page.wrong(
                verb_name.span(),
                format!("{} needs the argument “{}”", verb.name, arg.name),
            );
        }
    }
}

fn replies(
    page: &mut Page<'_>,
    reply: &ReplyFile,
    slots: &Names,
    verb: Option<&VerbSpec>,
) -> Reply {
    let mut names = slots.clone();
    let mut columns = None;
    for output in verb.map_or(&[][..], |v| v.outputs) {
        if let OutKind::Rows(of_row) = output.kind {
            columns = Some(of_row);
        } else if let Some(kind) = Kind::of_output(output.kind) {
            names.insert(output.name.to_owned(), kind);
        }
    }
    let mut in_row = names.clone();
    for (name, kind) in columns.unwrap_or_default() {
        in_row.insert((*name).to_owned(), Kind::of_plain(*kind));
    }
    in_row.extend([("mark".to_owned(), Kind::Text), ("n".to_owned(), Kind::Text)]);
    if let (Some(row), None) = (&reply.row, columns) {
        page.wrong(row.span(), "a row text, but the verb gives no rows".to_owned());
    }
    let mut refused = BTreeMap::new();
    for (code, words) in &reply.refused {
        if !verb.is_some_and(|v| v.refusals.contains(&code.get_ref().as_str())) {
            page.wrong(code.span(), format!("the verb never refuses with “{}”", code.get_ref()));
        }
        refused.insert(code.get_ref().clone(), page.template(words, slots));
    }
    let mut refused_next = BTreeMap::new();
    for (code, lines) in &reply.refused_next {
        if !verb.is_some_and(|v| v.refusals.contains(&code.get_ref().as_str())) {
            page.wrong(code.span(), format!("the verb never refuses with “{}”", code.get_ref()));
        }
        let lines: Vec<Next> = lines.iter().filter_map(|n| next(page, n, slots)).collect();
        refused_next.insert(code.get_ref().clone(), lines);
    }
    Reply {
        done: page.maybe(reply.done.as_ref(), &names).unwrap_or_default(),
        elder: page.maybe(reply.elder.as_ref(), &names),
        row: page.maybe(reply.row.as_ref(), &in_row),
        elder_row: page.maybe(reply.elder_row.as_ref(), &in_row),
        empty: page.maybe(reply.empty.as_ref(), &names),
        refused,
        refused_next,
        link: reply.link.as_ref().map(|l| Link {
            page: l.page.get_ref().clone(),
            label: page.template(&l.label, &names),
            with: page.named(&l.with, &names),
        }),
        next: reply.next.iter().filter_map(|n| next(page, n, &names)).collect(),
        empty_next: reply.empty_next.iter().filter_map(|n| next(page, n, &names)).collect(),
        yes_no: reply.yes_no,
    }
}

fn next(page: &mut Page<'_>, file: &NextFile, names: &Names) -> Option<Next> {
    let leads = match (&file.item, file.control) {
        (Some(item), None) => Leads::Item(page.mention(item)),
        (None, Some(control)) => Leads::Control(control),
        _ => {
            let message =
                format!("the line “{}” wants either an item or a control word", file.text);
            page.wrong(0..0, message);
            return None;
        }
    };
    Some(Next { text: file.text.clone(), leads, set: page.named(&file.set, names) })
}
