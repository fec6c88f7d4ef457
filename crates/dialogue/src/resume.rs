//! Outcomes of verbs into words.
//!
//! Not for: running verbs or deciding what comes next beyond the lines a flow offers.

use crate::book::{Ask, Book, Item, Leads, Next, SlotKind};
use crate::flow::ItemKind;
use crate::heard::Heard;
use crate::lines;
use crate::scene::{Draft, Scene, go, offer};
use crate::seat::{Control, Last, Offered, Pick, Seat, Slots, Task};
use crate::template::Values;
use crate::turn::{Call, LINK_MARK, Outcome, Turn, Value, Words};
use base::Fen;
use std::collections::BTreeMap;

type Outputs = BTreeMap<String, Value>;

/// The customer is no longer bound: keep the request and show how to bind again.
const NO_LONGER_BOUND: &str = "bind.missing";
/// An agreement changed: keep the request and show it.
const MUST_AGREE: &str = "consent.renew";
/// The core's books are being closed.
const SHUT: &str = "core.maintenance";
/// The refusal of a core that was silent before anything was asked for.
const SILENT: &str = "pay.busy";
/// There is too little money in the account.
const SHORT: &str = "balance.short";
/// In front of the name of a card's question that its verb wants asked: `ask.household`.
const ASK_ANEW: &str = "ask.";
/// The item that keeps a question until the books are open.
const LATER_ITEM: &str = "when_open";

/// Puts the outcome of `call` into words. `seat` is the seat [`crate::step`] gave with the call; the
/// act is always words.
pub fn resume(book: &Book, seat: &Seat, call: &Call, outcome: &Outcome, heard: &Heard<'_>) -> Turn {
    let mut scene = Scene::new(book, seat, heard);
    scene.handled_by = Some(call.item.clone());
    let Some(item) = book.items.get(&call.item) else {
        return scene.say(Draft::plain(lines::REFUSED));
    };
    match outcome {
        Outcome::Done(outputs) => {
            if let (Some(ids), Some(last)) = (row_ids(outputs), scene.seat.last.as_mut()) {
                last.rows = ids;
            }
            // what is asked next is about the place that was told of
            if let (Some(ask), Some(last)) = (item.located(), scene.seat.last.as_mut())
                && let Some(Value::Text(place)) = outputs.get(&ask.name)
                && !place.is_empty()
            {
                last.slots.insert(ask.name.clone(), place.clone());
            }
            if call.verb == "bank.set_elder" {
                scene.seat.elder = Some(call.args.get("on").is_some_and(|on| on == "true"));
            }
            let draft = scene.reply_draft(item, &call.slots, outputs);
            if item.is_card() {
                return scene.at_card(item, &settled(item, call, outputs), draft);
            }
            let draft = scene.with_related(draft, item, call, outputs);
            scene.say_fresh(draft)
        }
        Outcome::Refused { code, .. } if code == NO_LONGER_BOUND && !scene.who.bound => {
            let task = Task { item: item.id.clone(), slots: call.slots.clone(), ..Task::default() };
            scene.bind_first(task, 0)
        }
        Outcome::Refused { code, .. } if code == MUST_AGREE && scene.who.must_agree => {
            let task = Task { item: item.id.clone(), slots: call.slots.clone(), ..Task::default() };
            scene.agree_first(task)
        }
        Outcome::Refused { code, words, most } => scene.refused(item, call, code, (words, *most)),
        Outcome::Busy if item.is_card() => {
            scene.at_card(item, &call.slots, Draft::lines(lines::NOTHING_PAID, vec![again(call)]))
        }
        Outcome::Busy => scene.say(Draft::lines(lines::BUSY, vec![again(call)])),
    }
}

/// A sum that is easily said and is there: whole hundreds, tens or yuan.
fn round_down(most: Fen) -> Option<Fen> {
    let yuan = most.fen() / 100;
    let unit = [100, 10, 1].into_iter().find(|unit| yuan >= *unit)?;
    Some(Fen::of(yuan / unit * unit * 100))
}

/// The line that asks the same once more; it keeps what was asked, a list's place included.
fn again(call: &Call) -> Offered {
    let pick = Pick::Item(call.item.clone(), call.slots.clone());
    Offered { text: lines::TRY_AGAIN.into(), pick }
}

/// The answer to a call that was kept while the core was silent, as a turn of its own: the customer can go on from it.
/// `seat` is the seat of now; one in the middle of something is better left alone ([`Seat::is_idle`], [`late`]).
pub fn catch_up(
    book: &Book,
    seat: &Seat,
    call: &Call,
    outcome: &Outcome,
    heard: &Heard<'_>,
) -> Turn {
    let last = Last {
        item: call.item.clone(),
        slots: call.slots.clone(),
        rows: vec![],
        fresh: false,
        at: heard.now,
    };
    let mut seat = Seat { last: Some(last), ..seat.clone() };
    if matches!(outcome, Outcome::Done(_)) && is_looked_up(book, call, &seat) {
        lines::LATE.clone_into(&mut seat.lead);
    }
    resume(book, &seat, call, outcome, heard)
}

/// Whether what comes late was looked up: a question, an offer and a draft were not.
fn is_looked_up(book: &Book, call: &Call, seat: &Seat) -> bool {
    let tells = |kind| matches!(kind, ItemKind::Query | ItemKind::Info);
    seat.is_idle() && book.items.get(&call.item).is_some_and(|i| tells(i.kind))
}

/// A turn's own words, when they come late: what was looked up is said to be (「查到了：…」).
pub fn looked_up(book: &Book, call: &Call, seat: &Seat, words: &Words) -> Words {
    if !is_looked_up(book, call, seat) {
        return words.clone();
    }
    Words { text: format!("{}{}", lines::LATE, words.text), ..words.clone() }
}

/// Words for an outcome that comes after the turn has ended (「查到了：…」). They change no seat, so
/// their lines are words to type, without tap ids. `Busy` says that it takes longer and goes on.
pub fn late(book: &Book, call: &Call, outcome: &Outcome, heard: &Heard<'_>) -> Words {
    let scene = Scene::new(book, &Seat::default(), heard);
    let Some(item) = book.items.get(&call.item) else {
        return Words::plain(lines::REFUSED);
    };
    match outcome {
        Outcome::Done(outputs) => {
            let draft = scene.reply_draft(item, &call.slots, outputs);
            let text = format!("{}{}", lines::LATE, draft.text);
            Words { text, link: draft.link, ..Words::default() }
        }
        Outcome::Refused { code, words, .. } => {
            Words::plain(scene.refusal(item, call, code, words))
        }
        Outcome::Busy => Words::plain(lines::STILL_SILENT),
    }
}

/// What a card's verb settled of what was left open: an output by the name of a question is its answer.
fn settled(item: &Item, call: &Call, outputs: &Outputs) -> Slots {
    let mut slots = call.slots.clone();
    for ask in &item.asks {
        if let Some(Value::Text(value)) = outputs.get(&ask.name) {
            slots.insert(ask.name.clone(), value.clone());
        }
    }
    slots
}

/// Ids of the rows of an outcome, when its rows have ids.
fn row_ids(outputs: &Outputs) -> Option<Vec<String>> {
    let Some(Value::Rows(rows)) = outputs.get("rows") else {
        return None;
    };
    let ids: Vec<String> = rows
        .iter()
        .filter_map(|row| match row.get("id") {
            Some(Value::Text(id)) => Some(id.clone()),
            _ => None,
        })
        .collect();
    (ids.len() == rows.len()).then_some(ids)
}

impl Scene<'_> {
    /// The line that has a reading question asked again when the core's books are open.
    fn when_open(&self, call: &Call) -> Option<Offered> {
        let item = self.book.item(LATER_ITEM)?;
        let kept = serde_json::to_string(call).ok().filter(|_| call.verb.starts_with("core."))?;
        let slots = Slots::from([("call".to_owned(), kept)]);
        Some(Offered { text: lines::GOOD.into(), pick: Pick::Item(item.id.clone(), slots) })
    }

    /// Asks one question of a card anew, with the words why.
    fn asked_anew(mut self, item: &Item, call: &Call, name: &str, why: &str) -> Turn {
        let task = Task { item: item.id.clone(), slots: call.slots.clone(), ..Task::default() };
        if !why.is_empty() {
            // what was said of how it came to this stays in front
            self.seat.lead.push_str(&format!("{why}\n"));
        }
        self.seat.task = Some(task);
        self.anew(name)
    }

    fn refusal(&self, item: &Item, call: &Call, code: &str, words: &str) -> String {
        let none = Outputs::new();
        let values = self.values(&call.slots, &item.kinds, &none);
        match item.reply.refused.get(code) {
            Some(template) => template.fill(&values),
            None if !words.is_empty() => words.to_owned(),
            None => lines::REFUSED.to_owned(),
        }
    }

    /// A rule said no: its words, and what can be done.
    fn refused(
        self,
        item: &Item,
        call: &Call,
        code: &str,
        (words, most): (&str, Option<Fen>),
    ) -> Turn {
        let text = self.refusal(item, call, code, words);
        // what was said cannot be done so; one answer of it is wanted anew
        let anew = code.strip_prefix(ASK_ANEW).filter(|name| item.ask(name).is_some());
        if let Some(name) = anew.filter(|_| item.is_card()) {
            let has_words = !words.is_empty() || item.reply.refused.contains_key(code);
            let why = if has_words { text.as_str() } else { "" };
            return self.asked_anew(item, call, name, why);
        }
        // something else comes first: the card is put away, and that is offered
        if let Some(first) = item.reply.refused_next.get(code) {
            let outputs = Outputs::new();
            let values = self.values(&call.slots, &item.kinds, &outputs);
            let lines = self.next_lines(item, first, &call.slots, &values);
            return self.say(Draft::lines(text, lines));
        }
        if item.is_card() && code != SHUT {
            let slots = &call.slots;
            let choices = match code {
                // what was said was all right: it is worth one tap more, not a change
                SILENT => [vec![again(call)], Self::changes(item, slots)].concat(),
                _ if code == SHORT || most.is_some() => self.with_less(item, call, (code, most)),
                _ => Self::changes(item, slots),
            };
            return self.at_card_with(item, slots, Draft::lines(text, choices));
        }
        match self.when_open(call).filter(|_| code == SHUT) {
            Some(later) => {
                let text = format!("{text}{}", lines::WHEN_OPEN);
                let no = go(lines::NO_NEED, Control::Cancel);
                self.say(Draft::yes_no(text, later, no))
            }
            None => self.say(Draft::lines(text, vec![go(lines::PERSON, Control::Person)])),
        }
    }

    /// Whether another account than the one that was taken could answer a question.
    fn has_another(&self, item: &Item, ask: &Ask, slots: &Slots) -> bool {
        let taken = slots.get(&ask.name).cloned().or_else(|| self.usual_of(ask));
        self.own_beside(item, ask, slots).iter().any(|a| Some(&a.id) != taken.as_ref())
    }

    /// What can be done where it is too much: with less of it; where there is too little money, from another account too.
    fn with_less(
        &self,
        item: &Item,
        call: &Call,
        (code, most): (&str, Option<Fen>),
    ) -> Vec<Offered> {
        let is_short = code == SHORT;
        let most = most.and_then(round_down);
        let line = |ask: &Ask| match (ask.kind, &ask.instead, most) {
            (SlotKind::Amount, Some(instead), Some(most)) => {
                let mut slots = call.slots.clone();
                slots.insert(ask.name.clone(), most.fen().to_string());
                let text = format!("{instead}{}", most.fen() / 100);
                Some(Offered { text, pick: Pick::Item(item.id.clone(), slots) })
            }
            // A limit that is used up lets no other sum through.
            (SlotKind::Amount, Some(_), None) if !is_short => None,
            (SlotKind::Amount, ..) => {
                let text = ask.change.clone()?;
                Some(Offered { text, pick: Pick::Anew(ask.name.clone()) })
            }
            (SlotKind::OwnAccount, Some(instead), _)
                if is_short && self.has_another(item, ask, &call.slots) =>
            {
                Some(Offered { text: instead.clone(), pick: Pick::Anew(ask.name.clone()) })
            }
            _ => None,
        };
        if item.asks.iter().all(|ask| ask.instead.is_none()) {
            return Self::changes(item, &call.slots);
        }
        item.asks.iter().filter_map(line).collect()
    }

    /// What a page was offered for is what is meant by the next words about the same list: 取消通知 after 通知要取.
    pub(crate) fn keep_row(&mut self, item: &Item, slots: &Slots) {
        let (Some(ask), Some(last)) = (item.ask_of(SlotKind::Row), &mut self.seat.last) else {
            return;
        };
        if let Some(row) = slots.get(&ask.name).filter(|_| ask.is_of(&last.item)) {
            last.slots.insert(ask.name.clone(), row.clone());
        }
    }

    /// An item's reply in words, with the lines it offers.
    pub(crate) fn reply_draft(&self, item: &Item, slots: &Slots, outputs: &Outputs) -> Draft {
        let reply = &item.reply;
        let values = self.values(slots, &item.kinds, outputs);
        let rows: &[Outputs] = match outputs.get("rows") {
            Some(Value::Rows(rows)) => rows,
            _ => &[],
        };
        let has_rows = reply.row.is_some() && !rows.is_empty();
        if let (Some(empty), Some(_), true) = (&reply.empty, &reply.row, rows.is_empty()) {
            let choices = self.next_lines(item, &reply.empty_next, slots, &values);
            let yes_no = choices.len() == 2;
            return Draft { yes_no, ..Draft::lines(empty.fill(&values), choices) };
        }
        let elder = self.elder();
        let mut text = match &reply.elder {
            Some(words) if elder => words.fill(&values),
            _ => reply.done.fill(&values),
        };
        let row_words = reply.elder_row.as_ref().filter(|_| elder).or(reply.row.as_ref());
        for (at, row) in rows.iter().enumerate() {
            if let Some(template) = row_words {
                text.push('\n');
                text.push_str(template.fill(&Values { row: Some((at, row)), ..values }).trim_end());
            }
        }
        let choices = self.next_lines(item, &reply.next, slots, &values);
        let link = self.link_of(item, &values);
        if link.is_none() {
            text = text.replace(LINK_MARK, "");
        }
        let yes_no = reply.yes_no && choices.len() == 2;
        Draft { text, numbered: !has_rows, choices, yes_no, link }
    }

    fn next_lines(
        &self,
        item: &Item,
        next: &[Next],
        slots: &Slots,
        values: &Values<'_>,
    ) -> Vec<Offered> {
        next.iter().filter_map(|n| self.next_line(item, n, slots, values)).collect()
    }

    fn next_line(
        &self,
        item: &Item,
        next: &Next,
        slots: &Slots,
        values: &Values<'_>,
    ) -> Option<Offered> {
        let id = match &next.leads {
            Leads::Control(control) => return Some(go(&next.text, *control)),
            Leads::Item(id) => id,
        };
        let target = self.book.items.get(id).filter(|t| self.may_offer(t))?;
        let set: Slots = next.set.iter().map(|(n, t)| (n.clone(), t.fill_raw(values))).collect();
        let unchanged = *id == item.id && set.iter().all(|(n, v)| slots.get(n) == Some(v));
        if set.values().any(String::is_empty) || (unchanged && !set.is_empty()) {
            return None;
        }
        let mut offered = offer(&next.text, &target.id);
        if let Pick::Item(_, slots) = &mut offered.pick {
            *slots = set;
        }
        Some(offered)
    }
}
