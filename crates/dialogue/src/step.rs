//! The one pure function: what is heard and what is remembered → what is said or done.
//!
//! Order of interpretation: tapped line → answer to yes/no → control word → emergency → secret guard
//! → temper → pending answer → line typed → going on from the last answer → side question or new task
//! → bare number → not understood. Not for: any I/O.

use crate::amend::is_correction;
use crate::book::{Ask, Book, Item};
use crate::doubt::Choosing;
use crate::faq::Asked;
use crate::flow::ItemKind;
use crate::heard::{Heard, Input};
use crate::lines::{self, Emergency};
use crate::scene::{Draft, Scene, go, offer};
use crate::seat::{CONFIRM, Control, Offered, PATIENCE_MS, Pick, Seat, Slots, Task};
use crate::turn::Turn;
use crate::understand::{Reading, Wish};
use crate::values::{Answer, is_spot, why_not};
use crate::wordless::is_sign;
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

/// A message has 2048 bytes at WeChat. Whatever comes beyond this is not looked at, and stored masked.
const HEARD_CHARS_MAX: usize = 2_000;

/// One message of a follower. Pure: the same arguments give the same turn.
pub fn step(book: &Book, seat: &Seat, heard: &Heard<'_>) -> Turn {
    step_with(book, seat, heard, Choosing::No)
}

/// The same where somebody outside may help with what is unclear.
pub fn step_with<'a>(
    book: &'a Book,
    seat: &Seat,
    heard: &'a Heard<'_>,
    choosing: Choosing<'a>,
) -> Turn {
    let mut scene = Scene { choosing, ..Scene::new(book, seat, heard) };
    if !matches!(heard.input, Input::Other) {
        scene.settle();
    }
    match heard.input {
        Input::Text { text, menu_id } => scene.text(text, menu_id),
        Input::Voice { recognised } => match recognised.map(str::trim).filter(|t| !t.is_empty()) {
            Some(text) => {
                scene.is_voice = true;
                scene.text(text, None)
            }
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
        Input::Location { lat_e6, lon_e6, label } => scene.location((lat_e6, lon_e6), label),
        Input::Picture => scene.remark(lines::PICTURE),
        Input::Slip { item, household, said } => scene.slip(item, household, said),
        Input::Reply { item, slots } => scene.reply(item, slots),
        Input::Unread { said } => scene.remark(said),
        Input::OtherMedia => scene.remark(lines::OTHER_MEDIA),
        Input::Other => scene.quiet(),
    }
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
            // where somebody was is not where they are
            last.slots.retain_values(|value| !is_spot(value));
        }
        self.seat.misses = 0;
        self.seat.lead.clear();
    }

    /// True while the confirmation of a payment or a gift is asked.
    fn is_at_payment(&self) -> bool {
        let task = self.seat.task.as_ref().filter(|t| t.ask == CONFIRM);
        let item = task.and_then(|t| self.book.items.get(&t.item));
        let last = self.seat.last.as_ref().filter(|_| self.seat.task.is_none());
        let offered = last.and_then(|l| self.book.items.get(&l.item)).filter(|i| i.reply.yes_no);
        item.or(offered).is_some_and(|i| i.kind == ItemKind::Transaction)
    }

    /// Something that is no text: a word about it, then the question that waits.
    pub(crate) fn remark(self, text: &str) -> Turn {
        let text = self.line(text);
        match self.question() {
            Some(question) => self.say(question.after(&text)),
            None => self.say(Draft::plain(text)),
        }
    }

    /// A bill was photographed: its item is begun for the number on it. What was said for the same item before counts on.
    fn slip(mut self, item: &str, household: &str, said: &str) -> Turn {
        let waits = self.seat.task.as_ref().filter(|t| t.item == item);
        let mut slots = waits.map(|t| t.slots.clone()).unwrap_or_default();
        slots.insert("household".to_owned(), household.to_owned());
        self.seat.lead = format!("{said}\n");
        self.overdue = None;
        self.start(item, slots, None)
    }

    /// What was told is answered: its item is begun for it. What waited is put aside.
    fn reply(mut self, item: &str, slots: &[(&'static str, String)]) -> Turn {
        self.overdue = None;
        let slots = slots.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.start(item, slots, None)
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

    fn text(mut self, all: &str, menu_id: Option<&str>) -> Turn {
        let text = head(all);
        if let Some(pick) = menu_id.and_then(|id| self.tapped(id)) {
            return self.pick(pick);
        }
        self.stale_tap = menu_id.is_some();
        if self.is_stale_card(text) {
            return self.stale_card();
        }
        if self.is_spent_card(text) {
            return self.spent_card();
        }
        self.keep_pace();
        // whatever becomes of the text, a secret in it is never stored
        let found = secrets(text);
        self.redact = !found.is_empty() || text.len() < all.len();
        let book = self.book;
        let fresh;
        let ahead = book.readings.get(text);
        let names_payee = |r: &&Reading| self.who.payees.meant(&r.normal).is_none();
        let reading = match ahead.filter(names_payee) {
            Some(ahead) => ahead,
            None => {
                fresh = self.reading(text);
                &fresh
            }
        };
        let is_sign_at_payment = self.is_at_payment() && is_sign(text);
        if is_sign_at_payment && self.seat.yes_no && self.seat.task.is_none() {
            let again = self.said_again();
            return self.say(again.after(lines::SIGN_IS_NO_YES));
        }
        if self.seat.yes_no
            && !self.menu_is_old
            && !is_sign_at_payment
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
        if let Some((id, slots)) = self.doubts_a_line(reading, &plain) {
            return self.start(&id, slots, Some(reading));
        }
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
        let item = book.items.get(emergency.item).filter(|_| !emergency.own_words);
        if let Some(item) = item.filter(|i| i.run.is_some() && self.who.bound) {
            return self.rescue(item, reading);
        }
        self.call_a_person(emergency)
    }

    /// The words of an emergency, and a person who takes it over.
    pub(crate) fn call_a_person(mut self, emergency: &Emergency) -> Turn {
        let item = self.book.items.get(emergency.item);
        self.handled_by = Some(emergency.item.to_owned());
        // the words of an item that does something stand for what was done
        let draft = item.filter(|i| i.run.is_none());
        let draft = match draft.map(|i| self.reply_draft(i, &Slots::new(), &BTreeMap::new())) {
            Some(draft) if emergency.own_words => Draft { text: self.line(emergency.say), ..draft },
            Some(draft) => draft,
            None => Draft::plain(self.line(emergency.say)),
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
        self.seat.repeats = 0;
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
        let book = self.book;
        if let Some(clarify) = book.clarify.get(&reading.key) {
            return self.clarify(clarify);
        }
        if let Some((id, slots)) = self.goes_on_from_last(reading) {
            return self.start(&id, slots, Some(reading));
        }
        if let Some((first, second)) = self.two_wishes(text, reading) {
            return self.one_by_one(&first, &second);
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
        // 不交了 gives it up at each of its questions, not only at the confirmation
        let said = reading.normal.key();
        if item.confirm.as_ref().is_some_and(|c| nlu::normalise(&c.no).key() == said) {
            return self.control(Control::Cancel);
        }
        let anew = item.asks.iter().find(|a| a.change.as_deref() == Some(&*reading.key));
        if let Some(ask) = anew {
            return self.anew(&ask.name);
        }
        if task.ask == CONFIRM {
            return self.at_confirmation(item, &task, text, reading);
        }
        let Some(ask) = item.ask(&task.ask) else {
            self.seat.task = None;
            return self.new_wish(text, reading);
        };
        let answer = self.read_answer(ask, text, reading);
        if matches!(answer, Answer::Nothing)
            && let Some(known) = self.side_question(reading)
        {
            return self.say_known(known, &Wish::Unclear(vec![]));
        }
        match answer {
            said @ Answer::Value(_) => {
                task.take(ask, said);
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
            said @ Answer::Unsure(_) => {
                task.take(ask, said);
                self.seat.task = Some(task);
                self.ask_again("")
            }
            Answer::Not(why) => self.ask_again(why),
            Answer::Nothing => self.no_answer(item, &task, ask, reading),
        }
    }

    /// Something else than an answer: more of the same item, another wish, or nothing.
    fn no_answer(mut self, item: &Item, task: &Task, ask: &Ask, reading: &Reading) -> Turn {
        let book = self.book;
        if let Some(clarify) = book.clarify.get(&reading.key) {
            return self.clarify(clarify);
        }
        let is_only_values = is_correction(reading) || reading.is_only_slots(self.who);
        if is_only_values && let Some(amended) = self.beside(item, task, reading) {
            self.seat.task = None;
            return self.advance(amended);
        }
        match reading.wish(book) {
            Wish::Item(id) if id == task.item => match self.beside(item, task, reading) {
                Some(amended) => {
                    self.seat.task = None;
                    self.advance(amended)
                }
                None => {
                    let why = self.again(item, task, ask);
                    self.ask_again(&why)
                }
            },
            Wish::Item(id) if book.items.contains_key(&id) => {
                self.start(&id, Slots::new(), Some(reading))
            }
            Wish::Told(id) => self.start(&id, Slots::new(), None),
            Wish::Control(control) => self.control(control),
            _ => {
                let why = self.again(item, task, ask);
                self.ask_again(&why)
            }
        }
    }

    /// Why the question is asked again after an answer of another kind.
    fn again(&self, item: &Item, task: &Task, ask: &Ask) -> String {
        match &ask.again {
            Some(words) => words.fill(&self.values(&task.slots, &item.kinds, &BTreeMap::new())),
            None => why_not(ask.kind).to_owned(),
        }
    }

    fn at_confirmation(mut self, item: &Item, task: &Task, text: &str, reading: &Reading) -> Turn {
        if is_sign(text) && item.kind == ItemKind::Transaction {
            return self.remark(lines::SIGN_IS_NO_YES);
        }
        if let Some(yes) = yes_no(&reading.normal) {
            return if yes {
                self.pick(Pick::Value("yes".into()))
            } else {
                self.control(Control::Cancel)
            };
        }
        if let Some(mut amended) = self.amended(item, task, reading) {
            amended.ask.clear();
            self.seat.task = None;
            return self.advance(amended);
        }
        match reading.wish(self.book) {
            Wish::Item(id) if self.book.items.get(&id).is_some_and(Item::is_word) => {
                self.start(&id, Slots::new(), Some(reading))
            }
            Wish::Told(id) => self.start(&id, Slots::new(), None),
            // a look at something is answered, and the card follows
            Wish::Item(id) if self.book.items.get(&id).is_some_and(Item::only_looks) => {
                self.start(&id, Slots::new(), Some(reading))
            }
            Wish::Item(id) if id != task.item && self.book.items.contains_key(&id) => {
                let text = format!("您正在办{}，{}", item.title, lines::STOP_FIRST);
                let stop = offer(lines::STOP, &id);
                self.say(Draft::yes_no(text, stop, go(lines::GO_ON, Control::Continue)))
            }
            Wish::Item(id) if id == task.item => self.same_again(item, task),
            Wish::Control(control) => self.control(control),
            _ => self.ask_again(lines::ASK_AGAIN),
        }
    }

    /// Said once more what is on the card: it is shown again, made anew where it leads to a page.
    fn same_again(mut self, item: &Item, task: &Task) -> Turn {
        if !item.is_card() {
            return self.ask();
        }
        self.seat.task = None;
        self.advance(task.clone())
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
        let wish = reading.wish(self.book);
        let known = self.known_question(&wish, reading);
        if !matches!(known, Some(Asked::Answer(_)))
            && let Some(chosen) = self.considered(&wish, reading)
        {
            return self.ask_about(&chosen, reading);
        }
        if let Some(known) = known {
            return self.say_known(known, &wish);
        }
        match wish {
            // a tapped line is not guessed at
            Wish::Item(_) | Wish::Told(_) | Wish::Perhaps(_)
                if self.stale_tap && !reading.is_sure(self.book) =>
            {
                self.not_understood(&[])
            }
            Wish::Item(id) => self.start(&id, Slots::new(), Some(reading)),
            Wish::Told(id) => self.start(&id, Slots::new(), None),
            Wish::Control(control) => self.control(control),
            Wish::Perhaps(id) => self.ask_whether(&id, reading),
            Wish::Unclear(guesses) => self.not_understood(&guesses),
        }
    }
}

/// As much of a text as is looked at.
fn head(text: &str) -> &str {
    let end = text.char_indices().nth(HEARD_CHARS_MAX).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or(text)
}

pub(crate) fn emergency(text: &str) -> Option<&'static Emergency> {
    lines::EMERGENCIES.iter().find(|e| {
        let has = |list: &[&str]| list.iter().any(|w| text.contains(w));
        has(e.words) && (e.with.is_empty() || has(e.with)) && !has(e.not)
    })
}
