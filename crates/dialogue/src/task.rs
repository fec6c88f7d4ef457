//! Working through one item: fill slots, ask what is missing, confirm, run the verb.
//!
//! Not for: words that hold in every state; those are in `control`.

use crate::book::{Ask, Item, SlotKind};
use crate::flow::{ItemKind, Needs};
use crate::lines;
use crate::scene::{CHOICES_MAX, Draft, Scene, go, offer};
use crate::seat::{CONFIRM, Control, Last, Offered, Pick, STACK_MAX, Slots, Task};
use crate::template::Template;
use crate::turn::{Call, LINK_MARK, LinkWish, Turn};
use crate::understand::{AccountSaid, Reading, default_on};
use nlu::dates::DayRange;
use std::collections::BTreeMap;

const TEXT_CHARS_MAX: usize = 300;
const RANGE_DAYS_MAX: i64 = 366;
/// The item that ends a freeze of the channel.
const THAW_ITEM: &str = "wx_unfreeze";
/// Redirections followed when one item sends to another.
const HOPS_MAX: usize = 4;

/// What an answer to a question came to.
pub(crate) enum Answer {
    Value(String),
    /// Another item takes over (都查).
    Instead(String),
    /// Understood, but not possible; the words say why.
    Not(&'static str),
    Nothing,
}

impl Scene<'_> {
    /// Starts an item with what the text already says; a task in the way is put aside.
    pub(crate) fn start(self, id: &str, slots: Slots, reading: Option<&Reading>) -> Turn {
        if id == "help_menu" {
            return self.control(Control::Menu);
        }
        self.start_hop(id, slots, reading, 0)
    }

    fn start_hop(mut self, id: &str, slots: Slots, reading: Option<&Reading>, hop: usize) -> Turn {
        let Some(item) = self.book.items.get(id) else {
            let text = self.line(lines::TRY_OTHER_WORDS);
            return self.say(Draft::lines(text, vec![go(lines::PERSON, Control::Person)]));
        };
        let bound = item.when_bound.as_ref().filter(|_| self.who.bound);
        let instead = bound.or(item.when_no_login.as_ref().filter(|_| !self.who.can_link));
        if let Some(instead) = instead.filter(|_| hop < HOPS_MAX) {
            return self.start_hop(instead, slots, reading, hop + 1);
        }
        self.seat.misses = 0;
        self.handled_by = Some(item.id.clone());
        let mut task = Task { item: item.id.clone(), slots, ..Task::default() };
        if let Some(reading) = reading
            && let Some(instead) = self.fill(item, &mut task, reading)
            && hop < HOPS_MAX
        {
            return self.start_hop(&instead, Slots::new(), Some(reading), hop + 1);
        }
        if item.needs > Needs::Anyone && !self.who.bound {
            if item.kind == ItemKind::Protective {
                return self.hot_line(item);
            }
            return self.bind_first(task, hop);
        }
        if item.needs > Needs::Anyone && self.who.frozen && !item.when_frozen {
            return self.thaw_first();
        }
        if item.needs > Needs::Anyone && self.who.must_agree && !item.without_consent {
            return self.agree_first(task);
        }
        if item.is_word() {
            return self.word(item);
        }
        if let Some(before) = self.seat.task.take()
            && before.item != task.item
        {
            self.seat.stack.push(before);
            if self.seat.stack.len() > STACK_MAX {
                self.seat.stack.remove(0);
            }
        }
        self.advance_hop(task, hop)
    }

    /// Says an item that is only words; a question that waits is asked again after it.
    fn word(self, item: &Item) -> Turn {
        let none = BTreeMap::new();
        let draft = self.reply_draft(item, &Slots::new(), &none);
        match self.question() {
            Some(question) => self.say(question.after(&draft.text)),
            None => self.say(draft),
        }
    }

    /// Keeps the request and shows how to bind.
    pub(crate) fn bind_first(self, task: Task, hop: usize) -> Turn {
        if !self.who.can_link {
            return self.start_hop("bind_card", Slots::new(), None, hop + 1);
        }
        self.keep(task, "bind_card", lines::BIND_FIRST)
    }

    /// Keeps the request and shows where the changed agreements are.
    pub(crate) fn agree_first(self, task: Task) -> Turn {
        self.keep(task, "agree_again", lines::AGREE_FIRST)
    }

    /// We can't stop it for whom we don't know: the telephone can, at once.
    fn hot_line(self, item: &Item) -> Turn {
        if let Some(emergency) = lines::EMERGENCIES.iter().find(|e| e.item == item.id) {
            return self.call_a_person(emergency);
        }
        let text = self.line(lines::CALL_AT_ONCE);
        self.say(Draft::lines(text, vec![go(lines::PERSON, Control::Person)]))
    }

    /// The channel is frozen by the customer's own wish: how to end that.
    fn thaw_first(self) -> Turn {
        let thaw = self.book.item(THAW_ITEM).filter(|i| self.may_offer(i));
        let mut choices: Vec<Offered> =
            thaw.map(|i| offer(Self::command(i), &i.id)).into_iter().collect();
        choices.push(go(lines::PERSON, Control::Person));
        let text = self.line(lines::FROZEN);
        self.say(Draft::numbered(text, choices))
    }

    /// Starts what stops harm, whatever was being done: that gives way, and is said to have cost nothing.
    pub(crate) fn rescue(mut self, item: &Item, reading: &Reading) -> Turn {
        let had = self.seat.task.take().or(self.overdue.take()).is_some();
        if had || !self.seat.stack.is_empty() {
            self.seat.lead = format!("{}\n", lines::GIVES_WAY);
        }
        self.seat.stack.clear();
        self.seat.misses = 0;
        // None of the everyday accounts is bound: what is lost is another one.
        if item.ask_of(SlotKind::OwnAccount).is_some() && self.who.accounts.is_empty() {
            return self.hot_line(item);
        }
        let mut task = Task { item: item.id.clone(), ..Task::default() };
        self.fill(item, &mut task, reading);
        self.advance(task)
    }

    /// Keeps a request until the page of `way` has been filled in, and says why.
    fn keep(mut self, task: Task, way: &str, why: &str) -> Turn {
        self.seat.kept = Some(task);
        if let Some(before) = self.seat.task.take() {
            self.put_aside(before);
        }
        let Some(item) = self.book.items.get(way) else {
            return self.say(Draft::plain(why));
        };
        let none = BTreeMap::new();
        let draft = self.reply_draft(item, &Slots::new(), &none).after(why);
        self.say(draft)
    }

    /// Fills the slots a text already says. Gives the item that should be started instead.
    pub(crate) fn fill(&self, item: &Item, task: &mut Task, reading: &Reading) -> Option<String> {
        for ask in &item.asks {
            let value = match ask.kind {
                SlotKind::OwnAccount => match reading.account(self.who, false) {
                    Some(AccountSaid::One(id)) => Some(id),
                    Some(AccountSaid::All) if ask.all.is_some() && self.who.accounts.len() > 1 => {
                        return ask.all.clone();
                    }
                    _ => None,
                },
                SlotKind::DateRange => reading.range.map(DayRange::to_text),
                SlotKind::Flow => reading.flow.map(|f| f.as_str().to_owned()),
                SlotKind::Row => self.row(reading),
                SlotKind::Institution => reading.institution(self.who).map(|i| i.id.clone()),
                SlotKind::Phone => reading.phone.clone(),
                SlotKind::Cursor | SlotKind::YesNo | SlotKind::Text => None,
            };
            if let Some(value) = value {
                task.slots.insert(ask.name.clone(), value);
            }
        }
        if item.goes_on() {
            self.carry(item, task);
        }
        None
    }

    /// Takes over what the last answer was about, for items that go on from it.
    pub(crate) fn carry(&self, item: &Item, task: &mut Task) {
        let Some(last) = &self.seat.last else { return };
        for (name, value) in last.slots.iter() {
            if item.ask(name).is_some_and(|a| a.kind != SlotKind::Cursor) {
                task.slots.insert_new(name, || value.clone());
            }
        }
        // a line that is on offer knows how to go on
        for offered in &self.seat.choices {
            if let Pick::Item(id, set) = &offered.pick
                && *id == item.id
            {
                task.slots.extend(set.clone());
            }
        }
    }

    fn row(&self, reading: &Reading) -> Option<String> {
        let rows = &self.seat.last.as_ref()?.rows;
        let nth = reading.ordinal.and_then(|o| o.index(rows.len()));
        let bare = || usize::try_from(reading.number?).ok()?.checked_sub(1);
        rows.get(nth.or_else(bare)?).cloned()
    }

    /// Goes on with a task: default, ask, confirm, or run.
    pub(crate) fn advance(self, task: Task) -> Turn {
        self.advance_hop(task, 0)
    }

    fn advance_hop(mut self, mut task: Task, hop: usize) -> Turn {
        let Some(item) = self.book.items.get(&task.item) else {
            return self.quiet();
        };
        self.handled_by = Some(item.id.clone());
        for ask in &item.asks {
            if ask.kind == SlotKind::OwnAccount {
                let known = task.slots.get(&ask.name);
                if known.is_some_and(|id| !self.who.accounts.iter().any(|a| a.id == *id)) {
                    task.slots.remove(&ask.name);
                }
                match self.who.accounts.as_slice() {
                    [] => return self.say(Draft::plain(lines::NO_ACCOUNT)),
                    [only] => {
                        task.slots.insert(ask.name.clone(), only.id.clone());
                    }
                    _ => {}
                }
            }
            self.shorten(ask, &mut task);
            if task.slots.contains_key(&ask.name) {
                continue;
            }
            let chosen = || self.who.accounts.first().filter(|_| self.asks_the_default(item));
            let default = match (&ask.default, ask.kind) {
                (Some(_), SlotKind::OwnAccount) => self.usual_account(),
                (None, SlotKind::OwnAccount) => chosen().map(|a| a.id.clone()),
                (Some(d), kind) => default_on(kind, d, self.today()),
                (None, _) => None,
            };
            if let Some(value) = default {
                task.slots.insert(ask.name.clone(), value);
                continue;
            }
            if let Some(list) = ask.of.as_ref().filter(|_| hop < HOPS_MAX) {
                return self.without_list(ask, list, &task, hop);
            }
            task.ask.clone_from(&ask.name);
            task.tries = 0;
            self.seat.task = Some(task);
            return self.ask();
        }
        let confirm = item.confirm.as_ref().filter(|c| !(c.unless_asked && self.is_sure));
        if confirm.is_some() && task.ask != CONFIRM {
            CONFIRM.clone_into(&mut task.ask);
            task.tries = 0;
            self.seat.task = Some(task);
            return self.ask();
        }
        self.run(item, task)
    }

    /// The customer chose a default account, and this only asks about one: nothing is done to it.
    fn asks_the_default(&self, item: &Item) -> bool {
        self.who.has_default && matches!(item.kind, ItemKind::Info | ItemKind::Query)
    }

    /// The account spoken of last, else the default one.
    pub(crate) fn usual_account(&self) -> Option<String> {
        let spoken = self.seat.last.as_ref().and_then(|l| l.slots.get("account"));
        let own = |id: &&String| self.who.accounts.iter().any(|a| a.id == **id);
        spoken.filter(own).or(self.who.accounts.first().map(|a| &a.id)).cloned()
    }

    /// A question about a list that is not in sight: show the list, or say that it has ended.
    fn without_list(mut self, ask: &Ask, list: &str, task: &Task, hop: usize) -> Turn {
        let seen = self.seat.last.as_ref().is_some_and(|l| !l.rows.is_empty());
        self.seat.task = None;
        match ask.kind {
            SlotKind::Cursor if seen => {
                let draft = Draft { text: lines::NO_MORE.into(), ..self.said_again() };
                self.say(draft)
            }
            SlotKind::Row if seen => {
                let draft = Draft { text: lines::NO_SUCH_ROW.into(), ..self.said_again() };
                self.say(draft)
            }
            _ => self.start_hop(list, task.slots.clone(), None, hop + 1),
        }
    }

    /// A year at most.
    fn shorten(&mut self, ask: &Ask, task: &mut Task) {
        if ask.kind != SlotKind::DateRange {
            return;
        }
        let Some(range) = task.slots.get(&ask.name).and_then(|s| DayRange::parse(s)) else {
            return;
        };
        let to = range.to.min(self.today()).max(range.from);
        let mut kept = DayRange { from: range.from, to };
        if to - range.from >= RANGE_DAYS_MAX {
            kept.from = to - RANGE_DAYS_MAX + 1;
            self.seat.lead.push_str(lines::ONE_YEAR);
            self.seat.lead.push('\n');
        }
        task.slots.insert(ask.name.clone(), kept.to_text());
    }

    fn run(mut self, item: &Item, task: Task) -> Turn {
        self.seat.task = None;
        let none = BTreeMap::new();
        let Some(run) = &item.run else {
            let draft = self.reply_draft(item, &task.slots, &none);
            return self.finish(draft);
        };
        if self.answered_just_now(item, &task) {
            let again = self.said_again();
            return self.say_fresh(again);
        }
        let values = self.values(&task.slots, &item.kinds, &none);
        let args = run
            .with
            .iter()
            .map(|(name, text)| (name.clone(), text.fill_raw(&values)))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        // a look into a list leaves the list as it was, for the next look
        let (rows, mut slots) = match &self.seat.last {
            Some(last) if item.goes_on() => (last.rows.clone(), last.slots.clone()),
            _ => (vec![], Slots::new()),
        };
        let keep = |name: &String| {
            item.ask(name).is_some_and(|a| {
                !a.kind.is_private() && !matches!(a.kind, SlotKind::Row | SlotKind::Cursor)
            })
        };
        let kept = task.slots.iter().filter(|(n, _)| keep(n));
        slots.extend(kept.map(|(n, v)| (n.clone(), v.clone())));
        let last = Last { item: item.id.clone(), slots, rows, fresh: false, at: self.now };
        let call = Call { item: item.id.clone(), verb: run.verb.clone(), args, slots: task.slots };
        self.remember(last);
        self.do_call(call)
    }

    /// The same was asked and answered a moment ago, and nothing was said since.
    fn answered_just_now(&self, item: &Item, task: &Task) -> bool {
        let within_ms = item.run.as_ref().map_or(0, |r| r.again_within_s * 1_000);
        let call = Call { item: item.id.clone(), slots: task.slots.clone(), ..Call::default() };
        let at = self.seat.last.as_ref().map(|l| l.at);
        self.seat.stack.is_empty()
            && self.seat.has_answered(&call)
            && at.is_some_and(|at| self.now.since(at) < within_ms)
    }

    /// Says an answer that may be said again when the same is asked at once.
    pub(crate) fn say_fresh(self, draft: Draft) -> Turn {
        let alone = self.seat.lead.is_empty() && self.seat.stack.is_empty();
        let mut turn = self.finish(draft);
        if let Some(last) = &mut turn.seat.last {
            last.fresh = alone;
        }
        turn
    }

    /// Says a reply, and asks whether to go back when something was put aside.
    pub(crate) fn finish(self, draft: Draft) -> Turn {
        let Some(item) = self.seat.stack.last().and_then(|t| self.book.items.get(&t.item)) else {
            return self.say(draft);
        };
        let marked = draft.link.is_none() || draft.text.contains(LINK_MARK);
        let link_line = if marked { String::new() } else { format!("\n{LINK_MARK}") };
        let text = format!("{}{link_line}\n回到刚才的{}吗？", draft.text, item.title);
        let yes = go(lines::GO_ON, Control::Continue);
        let no = go(lines::LEAVE_IT, Control::Drop);
        let link = draft.link;
        self.say(Draft { link, ..Draft::yes_no(text, yes, no) })
    }

    /// The question that waits, as words.
    pub(crate) fn question(&self) -> Option<Draft> {
        let task = self.seat.task.as_ref()?;
        let item = self.book.items.get(&task.item)?;
        let none = BTreeMap::new();
        let values = self.values(&task.slots, &item.kinds, &none);
        let text = |plain: &Template, elder: &Option<Template>| match elder {
            Some(e) if self.elder() => e.fill(&values),
            _ => plain.fill(&values),
        };
        if task.ask == CONFIRM {
            let confirm = item.confirm.as_ref()?;
            let yes = Offered { text: confirm.yes.clone(), pick: Pick::Value("yes".into()) };
            let no = Offered { text: confirm.no.clone(), pick: Pick::Go(Control::Cancel) };
            return Some(Draft::yes_no(text(&confirm.prompt, &confirm.elder), yes, no));
        }
        let ask = item.ask(&task.ask)?;
        let draft = Draft::numbered(text(&ask.prompt, &ask.elder), self.options(ask));
        Some(if ask.kind == SlotKind::YesNo { Draft { yes_no: true, ..draft } } else { draft })
    }

    fn options(&self, ask: &Ask) -> Vec<Offered> {
        let value = |text: String, v: &str| Offered { text, pick: Pick::Value(v.to_owned()) };
        match ask.kind {
            SlotKind::OwnAccount => {
                let room = CHOICES_MAX - 1;
                let mut out: Vec<Offered> =
                    self.who.accounts.iter().take(room).map(|a| value(a.name(), &a.id)).collect();
                if let Some(all) = &ask.all {
                    out.push(Offered {
                        text: ask.all_label.clone().unwrap_or_else(|| lines::ALL.into()),
                        pick: Pick::Item(all.clone(), Slots::new()),
                    });
                }
                out
            }
            SlotKind::DateRange => ["最近7天", "本月", "上月"]
                .iter()
                .filter_map(|w| {
                    Some(value((*w).to_owned(), &default_on(ask.kind, w, self.today())?))
                })
                .collect(),
            SlotKind::Flow => [("进出都看", "all"), ("只看进账", "in"), ("只看出账", "out")]
                .iter()
                .map(|(t, v)| value((*t).to_owned(), v))
                .collect(),
            SlotKind::YesNo => vec![value(lines::YES.into(), "yes"), value(lines::NO.into(), "no")],
            SlotKind::Phone if self.who.bound => {
                vec![value(lines::REGISTERED_PHONE.into(), "registered")]
            }
            SlotKind::Institution => {
                let all = self.who.institutions.iter().take(CHOICES_MAX);
                all.map(|i| value(i.short.clone(), &i.id)).collect()
            }
            SlotKind::Phone | SlotKind::Text | SlotKind::Row | SlotKind::Cursor => vec![],
        }
    }

    /// Asks the question that waits.
    pub(crate) fn ask(self) -> Turn {
        match self.question() {
            Some(question) => self.say(question),
            None => self.quiet(),
        }
    }

    /// Reads an answer to the question of `ask`.
    pub(crate) fn read_answer(&self, ask: &Ask, text: &str, reading: &Reading) -> Answer {
        let found = |value: Option<String>| value.map_or(Answer::Nothing, Answer::Value);
        match ask.kind {
            SlotKind::OwnAccount => match (reading.account(self.who, true), &ask.all) {
                (Some(AccountSaid::One(id)), _) => Answer::Value(id),
                (Some(AccountSaid::All), Some(all)) => Answer::Instead(all.clone()),
                (Some(AccountSaid::Stranger), _) => Answer::Not(lines::NO_SUCH_ACCOUNT),
                _ => Answer::Nothing,
            },
            SlotKind::DateRange => found(reading.range.map(DayRange::to_text)),
            SlotKind::Flow => found(reading.flow.map(|f| f.as_str().to_owned())),
            SlotKind::Row => found(self.row(reading)),
            SlotKind::YesNo => found(
                nlu::slots::yes_no(&reading.normal)
                    .map(|y| if y { "yes" } else { "no" }.to_owned()),
            ),
            SlotKind::Phone
                if self.who.bound
                    && ["登记", "默认", "我自己", "本机"].iter().any(|w| text.contains(w)) =>
            {
                Answer::Value("registered".into())
            }
            SlotKind::Phone => found(reading.phone.clone()),
            SlotKind::Institution => found(reading.institution(self.who).map(|i| i.id.clone())),
            SlotKind::Text if text.chars().count() > TEXT_CHARS_MAX => Answer::Not(lines::TOO_LONG),
            SlotKind::Text => found(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
            SlotKind::Cursor => Answer::Nothing,
        }
    }

    /// A link wish of an item's reply, filled in.
    pub(crate) fn link_of(
        &self,
        item: &Item,
        values: &crate::template::Values<'_>,
    ) -> Option<LinkWish> {
        let link = item.reply.link.as_ref().filter(|_| self.who.can_link)?;
        let with = link.with.iter().map(|(n, t)| (n.clone(), t.fill_raw(values)));
        Some(LinkWish {
            page: link.page.clone(),
            task: item.id.clone(),
            label: link.label.clone(),
            with: with.filter(|(_, v)| !v.is_empty()).collect(),
        })
    }
}
