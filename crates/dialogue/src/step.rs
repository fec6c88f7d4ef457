//! The one pure function: what is heard and what is remembered → what is said or done.
//!
//! Order of interpretation: tapped line → answer to yes/no → control word → emergency → secret guard
//! → temper → pending answer → line typed → going on from the last answer → side question or new task
//! → bare number → not understood. Not for: any I/O.

use crate::book::{Ask, Book, Item, SlotKind};
use crate::heard::{Heard, Input};
use crate::lines::{self, Emergency};
use crate::scene::{Draft, Scene, go, offer};
use crate::seat::{CONFIRM, Control, Offered, PATIENCE_MS, Pick, Seat, Slots, Task};
use crate::task::Answer;
use crate::turn::Turn;
use crate::understand::{Reading, Wish};
use nlu::secret::{SecretKind, secrets, without_secrets};
use nlu::slots::yes_no;
use std::collections::BTreeMap;

/// What a secret is called; left out before the rest of its message is understood.
const SECRET_NAMES: &[&str] = &[
    "我的",
    "密码是",
    "密码",
    "验证码是",
    "验证码",
    "卡号是",
    "卡号",
    "身份证号码",
    "身份证号是",
    "身份证号",
    "身份证是",
    "身份证",
    "证件号",
];

/// One message of a follower. Pure: the same arguments give the same turn.
pub fn step(book: &Book, seat: &Seat, heard: &Heard<'_>) -> Turn {
    let mut scene = Scene::new(book, seat, heard);
    if !matches!(heard.input, Input::Other) {
        scene.settle();
    }
    match heard.input {
        Input::Text { text, menu_id } => scene.text(text, menu_id),
        Input::Voice { recognised } => match recognised.map(str::trim).filter(|t| !t.is_empty()) {
            Some(text) => scene.text(text, None),
            None => scene.remark(lines::VOICE_EMPTY),
        },
        Input::Click { key } => scene.click(key),
        Input::Followed { .. } => {
            scene.seat = Seat { elder: seat.elder, menu: seat.menu, ..Seat::default() };
            scene.start("welcome", Slots::new(), None)
        }
        Input::Scanned { .. } => scene.start("welcome_back", Slots::new(), None),
        Input::Unfollowed => {
            scene.seat = Seat { elder: seat.elder, at: heard.now, ..Seat::default() };
            scene.quiet()
        }
        Input::Location { .. } => scene.remark(lines::LOCATION),
        Input::Picture => scene.remark(lines::PICTURE),
        Input::OtherMedia => scene.remark(lines::OTHER_MEDIA),
        Input::Other => scene.quiet(),
    }
}

/// Goes on with the request that waited for the binding (「绑好了。接着给您查余额：…」).
/// `heard.who` is the customer as bound now; `heard.input` is not looked at.
pub fn after_binding(book: &Book, seat: &Seat, heard: &Heard<'_>) -> Turn {
    go_on(book, seat, heard, ("绑好了。", lines::BOUND))
}

/// The same after the customer agreed to what had changed.
pub fn after_agreeing(book: &Book, seat: &Seat, heard: &Heard<'_>) -> Turn {
    go_on(book, seat, heard, ("好了。", lines::AGREED))
}

/// `said` is what a request that waited begins with, and what is said where none did.
fn go_on(book: &Book, seat: &Seat, heard: &Heard<'_>, said: (&str, &str)) -> Turn {
    let mut scene = Scene::new(book, seat, heard);
    scene.seat.task = None;
    let Some(task) = scene.seat.kept.take() else {
        let usual = scene.usual();
        return scene.say(Draft::numbered(said.1, usual));
    };
    let command = book.item(&task.item).map(|i| Scene::command(i).to_owned()).unwrap_or_default();
    scene.seat.lead = format!("{}接着给您{command}：\n", said.0);
    let mut slots = task.slots;
    // what was asked before is answered at once, with the default account
    let ask = book.item(&task.item).and_then(|i| i.ask_of(SlotKind::OwnAccount));
    if let (Some(ask), Some(account)) = (ask, scene.usual_account()) {
        slots.insert_new(&ask.name, || account);
    }
    scene.start(&task.item, slots, None)
}

impl Scene<'_> {
    /// Puts away what has waited too long.
    fn settle(&mut self) {
        // a newer book may no longer have an item
        let known = |t: &Task| self.book.items.contains_key(&t.item);
        self.seat.task = self.seat.task.take().filter(known);
        self.seat.kept = self.seat.kept.take().filter(known);
        self.seat.stack.retain(known);
        if self.now.since(self.seat.at) < PATIENCE_MS {
            return;
        }
        self.menu_is_old = !self.seat.choices.is_empty();
        self.overdue = self.seat.task.take();
        self.seat.stack.clear();
        if let Some(last) = &mut self.seat.last {
            last.rows.clear();
        }
        self.seat.misses = 0;
        self.seat.lead.clear();
    }

    /// Something that is no text: a word about it, then the question that waits.
    fn remark(self, text: &str) -> Turn {
        let text = self.line(text);
        match self.question() {
            Some(question) => self.say(question.after(&text)),
            None => self.say(Draft::plain(text)),
        }
    }

    fn click(mut self, key: &str) -> Turn {
        match self.book.items.get(key) {
            Some(item) if item.id == "human_agent" => self.control(Control::Person),
            Some(_) => {
                self.overdue = None;
                self.start(key, Slots::new(), None)
            }
            None => self.control(Control::Menu),
        }
    }

    fn text(mut self, text: &str, menu_id: Option<&str>) -> Turn {
        if let Some(pick) = menu_id.and_then(|id| self.tapped(id)) {
            return self.pick(pick);
        }
        self.stale_tap = menu_id.is_some();
        // whatever becomes of the text, a secret in it is never stored
        let found = secrets(text);
        self.redact = !found.is_empty();
        let book = self.book;
        let fresh;
        let reading = match book.readings.get(text) {
            Some(ahead) => ahead,
            None => {
                fresh = Reading::of(text, self.today());
                &fresh
            }
        };
        if self.seat.yes_no
            && !self.menu_is_old
            && let Some(yes) = yes_no(&reading.normal)
            && let Some(line) = self.seat.choices.get(usize::from(!yes))
        {
            let pick = line.pick.clone();
            return self.pick(pick);
        }
        if let Some(control) = self.book.control(&reading.normal) {
            return self.control(control);
        }
        let plain = reading.normal.text();
        // A line we offered ourselves is an answer, also where it says 挂失.
        let is_grave = lines::may_be_grave(&plain) && !self.offers(reading);
        if is_grave && let Some(emergency) = emergency(&plain) {
            self.is_sure = lines::is_unmistakable(&plain);
            return self.emergency(emergency, reading);
        }
        if !found.is_empty() {
            let rest = without_secrets(text, &found);
            return self.guarded(&rest, found.iter().any(|f| f.kind != SecretKind::Code));
        }
        if is_grave && lines::ANGRY.iter().any(|w| plain.contains(w)) {
            let choices =
                vec![go(lines::PERSON, Control::Person), go(lines::KEEP_ASKING, Control::Continue)];
            return self.say(Draft { yes_no: true, ..Draft::lines(lines::SORRY, choices) });
        }
        self.meaning(text, reading)
    }

    /// The line behind a msgmenu id. A line of an older message only when it starts an item.
    fn tapped(&self, id: &str) -> Option<Pick> {
        let id: usize = id.parse().ok()?;
        let line = self.seat.choices.get((id % 100).checked_sub(1)?)?;
        let mine = id / 100 == usize::from(self.seat.menu);
        let alive = !self.menu_is_old || matches!(line.pick, Pick::Item(..));
        (mine && alive).then(|| line.pick.clone())
    }

    /// What to do at once, in the words of the item for it where the book has one; and a person is told in any case.
    /// Where the bank can stop it itself for this customer, that is done instead.
    fn emergency(self, emergency: &Emergency, reading: &Reading) -> Turn {
        let book = self.book;
        let item = book.items.get(emergency.item);
        if let Some(item) = item.filter(|i| i.run.is_some() && self.who.bound) {
            return self.rescue(item, reading);
        }
        self.call_a_person(emergency)
    }

    /// The words of an emergency, and a person who takes it over.
    pub(crate) fn call_a_person(mut self, emergency: &Emergency) -> Turn {
        let draft = match self.book.items.get(emergency.item).filter(|i| i.run.is_none()) {
            Some(item) => {
                self.handled_by = Some(item.id.clone());
                self.reply_draft(item, &Slots::new(), &BTreeMap::new())
            }
            None => {
                self.handled_by = Some(emergency.item.to_owned());
                Draft::plain(self.line(emergency.say))
            }
        };
        let then = if self.who.hours_open { lines::PERSON_COMES } else { lines::PERSON_LATER };
        let text = format!("{}{then}", draft.text);
        self.hand_over(emergency.reason, Draft { text, ..draft })
    }

    /// A text that held a secret: say so, and go on with the rest when it asks for something.
    fn guarded(mut self, rest: &str, names_card: bool) -> Turn {
        let mut rest = rest.to_owned();
        for word in SECRET_NAMES {
            rest = rest.replace(word, "");
        }
        let reading = Reading::of(&rest, self.today());
        let wish = match reading.wish(self.book) {
            Wish::Item(item) if !reading.key.is_empty() => Some(item),
            _ if names_card && !self.who.bound && self.who.can_link => Some("bind_card".to_owned()),
            _ => None,
        };
        match (self.seat.task.is_some(), wish) {
            (false, Some(item)) if self.book.item(&item).is_some_and(|i| !i.is_word()) => {
                self.seat.lead = format!("{}\n", lines::SECRET);
                self.start(&item, Slots::new(), Some(&reading))
            }
            (false, _) => {
                let usual = self.usual();
                self.say(Draft::numbered(lines::SECRET, usual))
            }
            _ => self.remark(lines::SECRET),
        }
    }

    fn meaning(mut self, text: &str, reading: &Reading) -> Turn {
        if let Some(task) = self.overdue.take() {
            return self.after_expiry(task, reading);
        }
        if let Some(task) = self.seat.task.clone() {
            return self.answered(task, text, reading);
        }
        if let Some(pick) = self.typed(reading) {
            if self.menu_is_old && (reading.number.is_some() || matches!(pick, Pick::Value(_))) {
                let again = self.said_again();
                return self.say(Draft { text: lines::MENU_EXPIRED.into(), link: None, ..again });
            }
            return self.pick(pick);
        }
        if let Some((id, slots)) = self.goes_on_from_last(reading) {
            return self.start(&id, slots, Some(reading));
        }
        self.new_wish(text, reading)
    }

    /// Whether these very words stand on a line that is on offer.
    fn offers(&self, reading: &Reading) -> bool {
        let key = &reading.normal.key();
        let same = |c: &Offered| nlu::normalise(&c.text).key() == *key;
        !self.menu_is_old && self.seat.choices.iter().any(same)
    }

    /// The offered line whose number or words were typed.
    fn typed(&self, reading: &Reading) -> Option<Pick> {
        let choices = &self.seat.choices;
        if self.seat.numbered
            && let Some(n) = reading.number
        {
            let at = usize::try_from(n).ok()?.checked_sub(1)?;
            return choices.get(at).map(|c| c.pick.clone());
        }
        let key = &reading.normal.key();
        let same = |c: &&Offered| nlu::normalise(&c.text).key() == *key;
        choices.iter().find(same).map(|c| c.pick.clone())
    }

    /// 第二个是啥, 上个月的呢, 存折的呢, 只看进账: what was answered last, with something changed.
    fn goes_on_from_last(&self, reading: &Reading) -> Option<(String, Slots)> {
        let last = self.seat.last.as_ref()?;
        let item = self.book.items.get(&last.item)?;
        let points = reading.ordinal.is_some() || (reading.number.is_some() && !self.seat.numbered);
        if points && !last.rows.is_empty() && !self.book.phrases.contains_key(&reading.key) {
            let small = reading.number.is_some() || reading.normal.chars.len() <= 14;
            let list = item.asks.iter().find_map(|a| a.of.as_ref()).unwrap_or(&item.id);
            let looks_into = |a: &Ask| a.kind == SlotKind::Row && a.of.as_ref() == Some(list);
            let by_row = self.book.items.values().find(|i| i.asks.iter().any(looks_into));
            return by_row.filter(|_| small).map(|i| (i.id.clone(), Slots::new()));
        }
        // a list's own item is asked again, not the look into one of its rows
        let item = match item.asks.iter().find_map(|a| a.of.as_ref()) {
            Some(list) => self.book.items.get(list)?,
            None => item,
        };
        let changes = item.asks.iter().any(|a| match a.kind {
            SlotKind::OwnAccount => reading.account(self.who, true).is_some(),
            SlotKind::DateRange => reading.range.is_some(),
            SlotKind::Flow => reading.flow.is_some(),
            _ => false,
        });
        if !changes
            || !reading.is_only_slots(self.who)
            || self.book.phrases.contains_key(&reading.key)
        {
            return None;
        }
        let mut slots = last.slots.clone();
        slots.retain(|name| item.ask(name).is_some());
        for ask in &item.asks {
            if let Answer::Value(value) = self.read_answer(ask, "", reading) {
                slots.insert(ask.name.clone(), value);
            }
        }
        Some((item.id.clone(), slots))
    }

    fn after_expiry(mut self, task: Task, reading: &Reading) -> Turn {
        if let Wish::Item(item) = reading.wish(self.book)
            && item != task.item
            && reading.number.is_none()
            && !self.book.items.get(&item).is_none_or(Item::is_word)
        {
            return self.start(&item, Slots::new(), Some(reading));
        }
        self.seat.stack.push(task);
        let yes = go(lines::GO_ON, Control::Continue);
        let no = go(lines::LEAVE_IT, Control::Drop);
        self.say(Draft::yes_no(lines::EXPIRED, yes, no))
    }

    /// A question waits: its answer, a correction, something else, or nothing.
    fn answered(mut self, mut task: Task, text: &str, reading: &Reading) -> Turn {
        let book = self.book;
        let Some(item) = book.items.get(&task.item) else {
            self.seat.task = None;
            return self.new_wish(text, reading);
        };
        if let Some(pick) = self.typed(reading) {
            return self.pick(pick);
        }
        if task.ask == CONFIRM {
            return self.at_confirmation(item, task, text, reading);
        }
        let Some(ask) = item.ask(&task.ask) else {
            self.seat.task = None;
            return self.new_wish(text, reading);
        };
        match self.read_answer(ask, text, reading) {
            Answer::Value(value) => {
                task.slots.insert(ask.name.clone(), value);
                task.ask.clear();
                self.seat.task = None;
                self.seat.misses = 0;
                self.is_sure = true;
                self.advance(task)
            }
            Answer::Instead(other) => {
                self.seat.task = None;
                self.is_sure = true;
                self.start(&other, Slots::new(), None)
            }
            Answer::Not(why) => self.ask_again(why),
            Answer::Nothing => match reading.wish(book) {
                Wish::Item(id) if book.items.contains_key(&id) => {
                    self.start(&id, Slots::new(), Some(reading))
                }
                Wish::Control(control) => self.control(control),
                _ => self.ask_again(lines::ASK_AGAIN),
            },
        }
    }

    fn at_confirmation(
        mut self,
        item: &Item,
        mut task: Task,
        _text: &str,
        reading: &Reading,
    ) -> Turn {
        if let Some(yes) = yes_no(&reading.normal) {
            return if yes {
                self.pick(Pick::Value("yes".into()))
            } else {
                self.control(Control::Cancel)
            };
        }
        let before = task.slots.clone();
        for ask in &item.asks {
            if !ask.kind.is_private()
                && let Answer::Value(value) = self.read_answer(ask, "", reading)
            {
                task.slots.insert(ask.name.clone(), value);
            }
        }
        if task.slots != before {
            task.ask.clear();
            self.seat.task = None;
            return self.advance(task);
        }
        match reading.wish(self.book) {
            Wish::Item(id) if self.book.items.get(&id).is_some_and(Item::is_word) => {
                self.start(&id, Slots::new(), Some(reading))
            }
            Wish::Item(id) if id != task.item && self.book.items.contains_key(&id) => {
                let text = format!("您正在办{}，{}", item.title, lines::STOP_FIRST);
                let stop = offer(lines::STOP, &id);
                self.say(Draft::yes_no(text, stop, go(lines::GO_ON, Control::Continue)))
            }
            Wish::Control(control) => self.control(control),
            _ => self.ask_again(lines::ASK_AGAIN),
        }
    }

    /// The same question once more; then with ways out; then a person.
    fn ask_again(mut self, why: &str) -> Turn {
        let Some(task) = self.seat.task.as_mut() else {
            return self.not_understood(&[]);
        };
        task.tries = task.tries.saturating_add(1);
        let tries = task.tries;
        if tries >= 3 {
            return self.person("not_understood");
        }
        let mut question = self.question().unwrap_or_default().after(why);
        if tries == 2 {
            question.choices.truncate(crate::scene::CHOICES_MAX - 2);
            if !question.yes_no {
                question.choices.push(go(lines::LEAVE_IT, Control::Cancel));
            }
            question.choices.push(go(lines::PERSON, Control::Person));
        }
        self.say(question)
    }

    fn new_wish(mut self, text: &str, reading: &Reading) -> Turn {
        if let Some(bare) = self.bare(text, reading) {
            return self.say_bare(bare);
        }
        match reading.wish(self.book) {
            // a tapped line is not guessed at
            Wish::Item(_) | Wish::Perhaps(_) if self.stale_tap && !reading.is_sure(self.book) => {
                self.not_understood(&[])
            }
            Wish::Item(id) => self.start(&id, Slots::new(), Some(reading)),
            Wish::Control(control) => self.control(control),
            Wish::Perhaps(id) => {
                let Some(item) = self.book.items.get(&id) else {
                    return self.not_understood(&[]);
                };
                self.seat.misses = 0;
                let ask = format!("您是要“{}”吗？", Self::command(item));
                let mut said = Task { item: id.clone(), ..Task::default() };
                let target = self.fill(item, &mut said, reading).unwrap_or(id);
                said.slots.retain(|name| item.ask(name).is_some_and(|a| !a.kind.is_private()));
                let yes = Offered { text: lines::YES.into(), pick: Pick::Item(target, said.slots) };
                self.say(Draft::yes_no(ask, yes, go(lines::NO, Control::None)))
            }
            Wish::Unclear(guesses) => self.not_understood(&guesses),
        }
    }

    /// What a text without words is.
    fn bare(&self, text: &str, reading: &Reading) -> Option<Bare> {
        let tail = reading.tail.as_ref().filter(|_| reading.number.is_some());
        let own = |tail: &String| self.who.accounts.iter().position(|a| a.tail == *tail);
        if let Some(account) = tail.and_then(own) {
            return Some(Bare::Tail(account));
        }
        if reading.number.is_some() {
            return Some(Bare::Number);
        }
        if text.chars().any(|c| matches!(c, '\u{0600}'..='\u{06ff}' | '\u{0f00}'..='\u{0fff}' | '\u{1800}'..='\u{18af}')) {
            return Some(Bare::OtherScript);
        }
        if reading.key.is_empty() && text.contains(['?', '？']) {
            return Some(Bare::Question);
        }
        let sticker = text.starts_with('[') && text.ends_with(']') && text.chars().count() <= 8;
        let wordless = !text.chars().any(char::is_alphanumeric);
        (sticker || wordless).then_some(Bare::Sign)
    }

    fn say_bare(mut self, bare: Bare) -> Turn {
        match bare {
            Bare::Tail(at) => self.say_tail(at),
            Bare::Number => {
                self.seat.misses = self.seat.misses.saturating_add(1);
                if self.seat.misses >= 3 {
                    return self.person("not_understood");
                }
                let usual = self.usual();
                self.say(Draft::lines(lines::WHAT_NUMBER, usual))
            }
            Bare::OtherScript => {
                let choices = vec![go(lines::PERSON, Control::Person)];
                self.say(Draft::lines(lines::OTHER_SCRIPT, choices))
            }
            Bare::Question => self.control(Control::Menu),
            Bare::Sign => self.remark(lines::EMOJI),
        }
    }

    /// What is wanted of the account whose last four digits were typed?
    fn say_tail(self, at: usize) -> Turn {
        let mut choices = vec![];
        let mut text = String::new();
        if let Some(account) = self.who.accounts.get(at) {
            for id in ["account_balance", "account_statement"] {
                let Some(item) = self.book.items.get(id) else {
                    continue;
                };
                let mut line = offer(Self::command(item), id);
                if let Pick::Item(_, slots) = &mut line.pick {
                    slots.insert("account".into(), account.id.clone());
                }
                choices.push(line);
            }
            text = format!("{}：{}", account.name(), lines::WHICH_TAIL);
        }
        self.say(Draft::numbered(text, choices))
    }
}

/// Texts without words.
#[derive(Debug, Clone, Copy)]
enum Bare {
    /// The last four digits of an own account, by its place.
    Tail(usize),
    Number,
    OtherScript,
    /// Nothing but question marks.
    Question,
    Sign,
}

pub(crate) fn emergency(text: &str) -> Option<&'static Emergency> {
    lines::EMERGENCIES.iter().find(|e| {
        let has = |list: &[&str]| list.iter().any(|w| text.contains(w));
        has(e.words) && (e.with.is_empty() || has(e.with)) && !has(e.not)
    })
}
