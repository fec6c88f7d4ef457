//! Working through one item: fill slots, ask what is missing, confirm, run the verb.
//!
//! Not for: words that hold in every state; those are in `control`.

use crate::book::{Ask, Item, SlotKind};
use crate::flow::{ItemKind, Needs};
use crate::lines;
use crate::scene::{CHOICES_MAX, Draft, Scene, go, offer};
use crate::seat::{CONFIRM, Control, Last, Offered, PATIENCE_MS, Pick, Slots, Task};
use crate::several::LATER;
use crate::template::Template;
use crate::turn::{Call, LINK_MARK, Turn};
use crate::understand::{Reading, default_on, range_on};
use crate::values::{Answer, is_aside, unclear, why_unsure};
use nlu::dates::DayRange;
use std::collections::BTreeMap;

const RANGE_DAYS_MAX: i64 = 366;
/// The item that ends a freeze of the channel.
const THAW_ITEM: &str = "wx_unfreeze";
/// Redirections followed when one item sends to another.
const HOPS_MAX: usize = 4;
const GOODBYE: &str = "goodbye";
/// Payees offered as lines.
const PAYEES_OFFERED: usize = 5;

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
        self.points |= reading.is_some_and(|r| r.ordinal.is_some() || r.number.is_some());
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
            return self.word(item, &task.slots);
        }
        if let Some(before) = self.seat.task.take()
            && before.item != task.item
        {
            self.put_aside(before);
            self.seat.side = true;
        }
        self.advance_hop(task, hop)
    }

    /// Says an item that is only words; a question that waits is asked again after it. What does not exist yet says first
    /// what was understood of it.
    fn word(mut self, item: &Item, slots: &Slots) -> Turn {
        let none = BTreeMap::new();
        let mut draft = self.reply_draft(item, slots, &none);
        let understood = self.values(slots, &item.kinds, &none).collected();
        if item.is_soon && !understood.is_empty() {
            let open = |a: &Ask| Some(why_unsure(a.kind, unclear(slots, &a.name)?));
            let why = item.asks.iter().find_map(open);
            draft =
                draft.after(&format!("{}{understood}。{}", lines::HEARD, why.unwrap_or_default()));
        }
        // who says goodbye leaves the rest undone; who may be being robbed is not asked once more whether to pay
        let is_grave = item.kind == ItemKind::Protective;
        if (item.id == GOODBYE || is_grave) && self.seat.task.take().is_some() {
            self.seat.stack.clear();
            draft = draft.after(if is_grave { lines::GIVES_WAY } else { lines::CANCELLED });
        }
        match self.question() {
            Some(question) => self.say(question.after(&draft.text)),
            None if self.seat.stack.last().is_some_and(|t| t.ask == LATER) => self.finish(draft),
            None => self.say(draft),
        }
    }

    /// Begins a task whose slots are known already.
    pub(crate) fn start_task(self, task: Task) -> Turn {
        let Task { item, slots, .. } = task;
        self.start(&item, slots, None)
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
        let has_phone = item.ask_of(SlotKind::Phone).is_some();
        let mut sides = self.sides(item, reading).into_iter().flatten();
        let mut has_amount = false;
        for ask in &item.asks {
            // one sum answers one question
            if ask.kind == SlotKind::Amount && std::mem::replace(&mut has_amount, true) {
                continue;
            }
            let side = match ask.kind {
                SlotKind::OwnAccount => sides.next(),
                _ => None,
            };
            match self.said(ask, side.as_ref().unwrap_or(reading)) {
                Answer::Instead(other) => return Some(other),
                Answer::Value(v)
                    if ask.kind == SlotKind::Payee && has_phone && v.starts_with("phone:") => {}
                said => {
                    task.take(ask, said);
                }
            }
        }
        self.go_on_there(item, task);
        if item.goes_on() {
            self.carry(item, task);
        }
        None
    }

    /// 最近的取款机, 几点关门, 怎么走 after places were spoken of: about there. Of a list its first is meant until one was looked at.
    fn go_on_there(&self, item: &Item, task: &mut Task) {
        let Some(ask) = item.located().filter(|a| !task.slots.contains_key(&a.name)) else {
            return;
        };
        let recent = |l: &&Last| l.item != item.id && self.now.since(l.at) < PATIENCE_MS;
        let Some(last) = self.seat.last.as_ref().filter(recent) else { return };
        let row = item.ask_of(SlotKind::Row).filter(|a| a.is_optional && a.is_of(&last.item));
        if let (Some(row), Some(first)) = (row, last.rows.first()) {
            task.slots.insert_new(&row.name, || first.clone());
        }
        if let Some(there) = last.slots.get(&ask.name) {
            task.slots.insert_new(&ask.name, || there.clone());
        }
    }

    /// 从存折转到卡里: what is said of the account money leaves, and of the one it goes to, for an item that asks for both.
    fn sides(&self, item: &Item, reading: &Reading) -> Option<[Reading; 2]> {
        const TO: [&str; 8] = ["转到", "转进", "转入", "倒到", "挪到", "存到", "到", "进"];
        let own: Vec<&Ask> = item.asks.iter().filter(|a| a.kind == SlotKind::OwnAccount).collect();
        let (first, others) = own.split_first()?;
        if others.is_empty() || others.iter().any(|a| a.of_kind != first.of_kind) {
            return None;
        }
        let text = reading.normal.text();
        let parts = TO.iter().find_map(|to| text.split_once(to));
        // said without a direction, an account is neither
        parts.or(Some(("", ""))).map(|(from, to)| [self.reading(from), self.reading(to)])
    }

    /// Takes over what the last answer was about, for items that go on from it.
    pub(crate) fn carry(&self, item: &Item, task: &mut Task) {
        let Some(last) = &self.seat.last else { return };
        for (name, value) in last.slots.iter() {
            let is_meant = |a: &Ask| match a.kind {
                SlotKind::Cursor => !last.rows.is_empty(),
                SlotKind::Row => a.is_of(&last.item),
                _ => true,
            };
            if item.ask(name).is_some_and(is_meant) {
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
                let own = self.own(ask);
                let known = task.slots.get(&ask.name);
                if known.is_some_and(|id| !own.iter().any(|a| a.id == *id)) {
                    task.slots.remove(&ask.name);
                }
                if own.is_empty() {
                    return self.without_account(item, ask, &task);
                }
                if let Some(only) = Self::only_left(item, ask, &own, &task) {
                    task.slots.insert(ask.name.clone(), only);
                }
            }
            self.shorten(ask, &mut task);
            let is_open = unclear(&task.slots, &ask.name).is_some();
            if task.slots.contains_key(&ask.name) || (ask.is_optional && !is_open) {
                continue;
            }
            let chosen = || self.who.accounts.first().filter(|_| self.asks_the_default(item, ask));
            let default = match (ask.default.as_ref().filter(|_| !is_open), ask.kind) {
                (Some(_), SlotKind::OwnAccount) => self.usual_of(ask),
                (None, SlotKind::OwnAccount) => chosen().map(|a| a.id.clone()),
                (Some(_), _) => default_on(ask, self.today()),
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
            self.echo(item, &task);
            self.seat.task = Some(task);
            return self.ask();
        }
        let confirm = item.confirm.as_ref().filter(|c| !(c.unless_asked && self.is_sure));
        if confirm.is_some() && task.ask != CONFIRM && !item.is_card() {
            CONFIRM.clone_into(&mut task.ask);
            task.tries = 0;
            self.echo(item, &task);
            self.seat.task = Some(task);
            return self.ask();
        }
        self.run(item, task)
    }

    /// The only account a question can mean: of all, or, of an item that asks for two, beside the other one.
    fn only_left(
        item: &Item,
        ask: &Ask,
        own: &[crate::heard::Account],
        task: &Task,
    ) -> Option<String> {
        let alike = |a: &&Ask| a.kind == ask.kind && a.of_kind == ask.of_kind;
        let others = item.asks.iter().filter(alike).filter(|a| a.name != ask.name);
        let mut others = others.map(|a| task.slots.get(&a.name)).peekable();
        let is_alone = others.peek().is_none();
        let used: Vec<&String> = others.flatten().collect();
        let mut left = own.iter().filter(|a| !used.contains(&&a.id));
        match (left.next(), left.next()) {
            (Some(only), None) if is_alone || !used.is_empty() => Some(only.id.clone()),
            _ => None,
        }
    }

    /// What was heard of a payment that was spoken: one and seven sound alike, capital numerals do not.
    fn echo(&mut self, item: &Item, task: &Task) {
        if !self.is_voice || item.kind != ItemKind::Transaction {
            return;
        }
        let none = BTreeMap::new();
        let collected = self.values(&task.slots, &item.kinds, &none).collected();
        if !collected.is_empty() {
            self.seat.lead.push_str(&format!("{}{collected}。\n", lines::HEARD));
        }
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
            SlotKind::Row if seen && self.points => {
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
            self.keep_row(item, &task.slots);
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
        match item.ask_of(SlotKind::Cursor) {
            Some(ask) => {
                slots.remove(&ask.name);
            }
            None if item.goes_on() => slots.extend(self.next_page()),
            None => {}
        }
        // … and which row it was: what is said next may be about it
        let looks = |a: &Ask| a.kind == SlotKind::Row && item.goes_on();
        let stays = |a: &Ask| a.kind.is_kept() || looks(a);
        let keep = |name: &String| !is_aside(name) && item.ask(name).is_some_and(stays);
        let kept = task.slots.iter().filter(|(n, _)| keep(n));
        slots.extend(kept.map(|(n, v)| (n.clone(), v.clone())));
        let last = Last { item: item.id.clone(), slots, rows, fresh: false, at: self.now };
        let call = Call { item: item.id.clone(), verb: run.verb.clone(), args, slots: task.slots };
        self.remember(last);
        self.do_call(call)
    }

    /// Where the list in sight goes on: its line on offer knows, and a look into a row takes that line away.
    fn next_page(&self) -> Option<(String, String)> {
        self.seat.choices.iter().find_map(|offered| {
            let Pick::Item(id, set) = &offered.pick else { return None };
            let name = &self.book.items.get(id)?.ask_of(SlotKind::Cursor)?.name;
            Some((name.clone(), set.get(name)?.clone()))
        })
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

    /// Says a reply. After a side question the question that waits follows; after a side task the customer is asked whether
    /// to go back to what was put aside.
    pub(crate) fn finish(mut self, draft: Draft) -> Turn {
        let is_side = std::mem::take(&mut self.seat.side) && self.is_look();
        let Some(item) = self.seat.stack.last().and_then(|t| self.book.items.get(&t.item)) else {
            return self.say(draft);
        };
        let marked = draft.link.is_none() || draft.text.contains(LINK_MARK);
        let link_line = if marked { String::new() } else { format!("\n{LINK_MARK}") };
        let link = draft.link.clone();
        let words = format!("{}{link_line}\n", draft.text);
        let is_later = self.seat.stack.last().is_some_and(|t| t.ask == LATER);
        if is_side && !is_later {
            self.seat.task = self.seat.stack.pop();
            return match self.question() {
                Some(question) => {
                    let text = format!("{words}{}", question.text);
                    self.say(Draft { text, link, ..question })
                }
                None => self.say(draft),
            };
        }
        let text = if is_later {
            let slots = self.seat.stack.last().map(|t| t.slots.clone()).unwrap_or_default();
            let none = BTreeMap::new();
            let known = self.values(&slots, &item.kinds, &none).collected();
            let known = if known.is_empty() { known } else { format!("（{known}）") };
            format!("{words}接着办{}{known}，对吗？", item.title)
        } else {
            format!("{words}回到刚才的{}吗？", item.title)
        };
        let yes = go(lines::GO_ON, Control::Continue);
        let no = go(lines::LEAVE_IT, Control::Drop);
        self.say(Draft { link, ..Draft::yes_no(text, yes, no) })
    }

    /// True when what was just done only looked something up.
    fn is_look(&self) -> bool {
        let done = self.handled_by.as_ref().and_then(|id| self.book.items.get(id));
        done.is_some_and(|i| matches!(i.kind, ItemKind::Info | ItemKind::Query))
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
            let mut card = Draft::yes_no(text(&confirm.prompt, &confirm.elder), yes, no);
            card.choices.extend(Self::changes(item, &task.slots));
            return Some(card);
        }
        let ask = item.ask(&task.ask)?;
        let mut words = text(&ask.prompt, &ask.elder);
        if let Some(kept) = unclear(&task.slots, &ask.name) {
            words = format!("{}{words}", why_unsure(ask.kind, kept));
        }
        let candidates = self.candidates(ask, &task.slots);
        let lines = if candidates.is_empty() { self.options(ask) } else { candidates };
        let draft = match ask.kind {
            // a number typed here is a sum
            SlotKind::Amount => Draft::lines(words, lines),
            _ => Draft::numbered(words, lines),
        };
        Some(if ask.kind == SlotKind::YesNo { Draft { yes_no: true, ..draft } } else { draft })
    }

    fn options(&self, ask: &Ask) -> Vec<Offered> {
        let value = |text: String, v: &str| Offered { text, pick: Pick::Value(v.to_owned()) };
        match ask.kind {
            SlotKind::OwnAccount => {
                let room = CHOICES_MAX - 1;
                let task = self.seat.task.as_ref();
                let item = task.and_then(|t| Some((self.book.items.get(&t.item)?, &t.slots)));
                let own = match item {
                    Some((item, slots)) => self.own_beside(item, ask, slots),
                    None => self.own(ask).into_owned(),
                };
                let mut out: Vec<Offered> =
                    own.iter().take(room).map(|a| value(a.name(), &a.id)).collect();
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
                .filter_map(|w| Some(value((*w).to_owned(), &range_on(w, self.today())?)))
                .collect(),
            SlotKind::Flow => [("进出都看", "all"), ("只看进账", "in"), ("只看出账", "out")]
                .iter()
                .map(|(t, v)| value((*t).to_owned(), v))
                .collect(),
            SlotKind::YesNo => vec![value(lines::YES.into(), "yes"), value(lines::NO.into(), "no")],
            // Nobody pays their own number.
            SlotKind::Phone if self.who.bound && !self.asks_whom_to_pay() => {
                vec![value(lines::REGISTERED_PHONE.into(), "registered")]
            }
            SlotKind::Institution => {
                let all = self.who.institutions.iter().take(CHOICES_MAX);
                all.map(|i| value(i.short.clone(), &i.id)).collect()
            }
            SlotKind::Choice | SlotKind::Amount | SlotKind::Threshold | SlotKind::Hours => {
                ask.choices.iter().map(|c| value(c.text.clone(), &c.value)).collect()
            }
            SlotKind::Payee => {
                let known = self.who.payees.first(PAYEES_OFFERED);
                known.iter().map(|p| value(p.name.clone(), &format!("book:{}", p.id))).collect()
            }
            SlotKind::BillNo => self.households(ask, PAYEES_OFFERED),
            SlotKind::Phone
            | SlotKind::Text
            | SlotKind::Sought
            | SlotKind::People
            | SlotKind::Row
            | SlotKind::Cursor
            | SlotKind::Term
            | SlotKind::Points
            | SlotKind::Day
            | SlotKind::Plan
            | SlotKind::Place => vec![],
        }
    }

    /// Asks the question that waits.
    pub(crate) fn ask(mut self) -> Turn {
        self.seat.side = false;
        match self.question() {
            Some(question) => self.say(question),
            None => self.quiet(),
        }
    }
}
