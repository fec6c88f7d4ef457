//! One turn being made: the seat that changes, the facts, and the ways to end the turn.
//!
//! Not for: deciding what a text means (`step`) or working through an item (`task`).

use crate::book::{Ask, Book, Item, SlotKind};
use crate::doubt::{Choosing, Doubt};
use crate::heard::{Heard, Who};
use crate::lines;
use crate::people;
use crate::seat::{Control, Last, Offered, Pick, Seat, Slots, Task};
use crate::template::{SlotKinds, Template, Values};
use crate::turn::{Act, Choice, LinkWish, Turn, Value, Words};
use crate::understand::Reading;
use base::Time;
use nlu::sentence;
use std::collections::BTreeMap;

/// Most lines offered at once.
pub(crate) const CHOICES_MAX: usize = 8;
const MENU_SERIALS: u16 = 999;

/// The turn being made.
#[derive(Debug, Clone)]
pub(crate) struct Scene<'a> {
    pub(crate) book: &'a Book,
    pub(crate) who: &'a Who,
    pub(crate) now: Time,
    pub(crate) seat: Seat,
    pub(crate) redact: bool,
    pub(crate) handled_by: Option<String>,
    /// The task that waited too long, until it is clear what becomes of it.
    pub(crate) overdue: Option<Task>,
    /// True when a line was tapped that no longer stands for anything.
    pub(crate) stale_tap: bool,
    /// True when the lines of the last message are older than the patience.
    pub(crate) menu_is_old: bool,
    /// True when the words were spoken, and so perhaps misheard.
    pub(crate) is_voice: bool,
    /// True when the message points at a place in a list: 第二笔, 2.
    pub(crate) points: bool,
    /// True when this very message answered a question, tapped a line, or said unmistakably what is wanted.
    pub(crate) is_sure: bool,
    pub(crate) choosing: Choosing<'a>,
    pub(crate) doubt: Option<Doubt>,
}

/// Words with their lines, before they have ids.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) choices: Vec<Offered>,
    pub(crate) yes_no: bool,
    pub(crate) numbered: bool,
    pub(crate) link: Option<LinkWish>,
}

impl Draft {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
    pub(crate) fn numbered(text: impl Into<String>, choices: Vec<Offered>) -> Self {
        Self { text: text.into(), choices, numbered: true, ..Self::default() }
    }
    pub(crate) fn lines(text: impl Into<String>, choices: Vec<Offered>) -> Self {
        Self { text: text.into(), choices, ..Self::default() }
    }
    pub(crate) fn yes_no(text: impl Into<String>, yes: Offered, no: Offered) -> Self {
        Self { text: text.into(), choices: vec![yes, no], yes_no: true, ..Self::default() }
    }
    /// The same with words in front.
    pub(crate) fn after(mut self, words: &str) -> Self {
        if !words.is_empty() {
            self.text = if self.text.is_empty() {
                words.to_owned()
            } else {
                format!("{words}\n{}", self.text)
            };
        }
        self
    }
}

pub(crate) fn go(text: &str, control: Control) -> Offered {
    Offered { text: text.to_owned(), pick: Pick::Go(control) }
}
pub(crate) fn offer(text: &str, item: &str) -> Offered {
    Offered { text: text.to_owned(), pick: Pick::Item(item.to_owned(), Slots::new()) }
}

impl<'a> Scene<'a> {
    /// A link wish of an item's reply, filled in.
    pub(crate) fn link_of(
        &self,
        item: &Item,
        values: &crate::template::Values<'_>,
    ) -> Option<LinkWish> {
        let link = item.reply.link.as_ref().filter(|_| self.who.can_link)?;
        // What has no words leads nowhere.
        let label = Some(link.label.fill(values)).filter(|words| !words.is_empty())?;
        let with = link.with.iter().map(|(n, t)| (n.clone(), t.fill_raw(values)));
        Some(LinkWish {
            page: link.page.clone(),
            task: item.id.clone(),
            label,
            with: with.filter(|(_, v)| !v.is_empty()).collect(),
        })
    }

    pub(crate) fn new(book: &'a Book, seat: &Seat, heard: &'a Heard<'_>) -> Self {
        Self {
            book,
            who: &heard.who,
            now: heard.now,
            seat: seat.clone(),
            redact: false,
            handled_by: None,
            overdue: None,
            stale_tap: false,
            menu_is_old: false,
            is_voice: false,
            points: false,
            is_sure: false,
            choosing: Choosing::No,
            doubt: None,
        }
    }

    pub(crate) fn today(&self) -> i64 {
        self.now.china_day()
    }
    pub(crate) fn elder(&self) -> bool {
        self.seat.elder.unwrap_or(self.who.elder)
    }

    /// A text with everything that is known to look for in it.
    pub(crate) fn reading(&self, text: &str) -> Reading {
        let (names, places) = (self.who.payees.names(), self.who.places.names());
        self.book
            .reading(text, sentence::Scene { names, places, ..sentence::Scene::on(self.today()) })
    }

    /// A fixed line with the house's names filled in.
    pub(crate) fn line(&self, text: &str) -> String {
        let template = Template::parse(text).unwrap_or_default();
        template.fill(&self.values(&Slots::new(), &SlotKinds::new(), &BTreeMap::new()))
    }
    pub(crate) fn values<'v>(
        &'v self,
        slots: &'v Slots,
        kinds: &'v SlotKinds,
        outputs: &'v BTreeMap<String, Value>,
    ) -> Values<'v> {
        Values { who: self.who, now: self.now, slots, kinds, outputs, row: None }
    }

    fn turn(mut self, act: Act) -> Turn {
        self.seat.at = self.now;
        Turn { seat: self.seat, act, redact: self.redact, item: self.handled_by, doubt: self.doubt }
    }

    pub(crate) fn quiet(self) -> Turn {
        let (seat, redact) = (self.seat, self.redact);
        Turn { seat, act: Act::Quiet, redact, item: None, doubt: None }
    }

    pub(crate) fn do_call(mut self, call: crate::Call) -> Turn {
        self.seat.misses = 0;
        self.seat.choices.clear();
        self.turn(Act::Do(call))
    }

    /// Ends the turn with words; they become what "say it again" repeats.
    pub(crate) fn say(mut self, draft: Draft) -> Turn {
        let words = self.put(draft);
        self.turn(Act::Say(words))
    }

    /// Ends the turn by giving the customer to a person.
    pub(crate) fn hand_over(mut self, reason: &str, draft: Draft) -> Turn {
        let summary = self.summary();
        self.seat.task = None;
        self.seat.stack.clear();
        self.seat.misses = 0;
        let words = self.put(draft);
        self.turn(Act::HandOver { reason: reason.to_owned(), summary, words })
    }

    fn put(&mut self, draft: Draft) -> Words {
        let lead = std::mem::take(&mut self.seat.lead);
        let draft = Draft { text: format!("{lead}{}", draft.text), ..draft };
        let choices: Vec<Offered> = draft.choices.into_iter().take(CHOICES_MAX).collect();
        if !choices.is_empty() {
            self.seat.menu = self.seat.menu % MENU_SERIALS + 1;
        }
        let ids = (1..).map(|n: u32| u32::from(self.seat.menu) * 100 + n);
        let shown = choices
            .iter()
            .zip(ids)
            .map(|(c, id)| Choice { id: id.to_string(), text: c.text.clone() })
            .collect();
        self.seat.choices = choices;
        self.seat.yes_no = draft.yes_no;
        self.seat.numbered = draft.numbered;
        self.seat.said.clone_from(&draft.text);
        if let Some(last) = &mut self.seat.last {
            last.fresh = false;
        }
        self.seat.link.clone_from(&draft.link);
        Words { text: draft.text, choices: shown, numbered: draft.numbered, link: draft.link }
    }

    /// The last message once more, as a draft.
    pub(crate) fn said_again(&self) -> Draft {
        Draft {
            text: self.seat.said.clone(),
            choices: self.seat.choices.clone(),
            yes_no: self.seat.yes_no,
            numbered: self.seat.numbered,
            link: self.seat.link.clone(),
        }
    }

    /// What a person should know who takes over: what is being done, what waits, and what is known for each.
    fn summary(&self) -> String {
        let now = self.seat.task.as_ref().or(self.overdue.as_ref());
        let now = now.and_then(|t| self.known_of(t)).map(|known| format!("正在办：{known}"));
        let waiting = self.seat.stack.iter().rev().chain(&self.seat.kept);
        let waiting =
            waiting.filter_map(|t| self.known_of(t)).map(|known| format!("放着：{known}"));
        let all: Vec<String> = now.into_iter().chain(waiting).collect();
        if all.is_empty() {
            let last = self.seat.last.as_ref().and_then(|l| self.book.item(&l.item));
            return last.map(|i| format!("刚问过：{}", i.title)).unwrap_or_default();
        }
        all.join("；")
    }

    /// A task by its name, with what is known for it. Names are masked: the person who takes over sees the customer's book.
    fn known_of(&self, task: &Task) -> Option<String> {
        let item = self.book.item(&task.item)?;
        let none = BTreeMap::new();
        let values = self.values(&task.slots, &item.kinds, &none);
        let shown = |ask: &Ask| {
            let value = Some(values.slot(&ask.name)).filter(|v| !v.is_empty())?;
            let value = match ask.kind {
                SlotKind::Payee => base::mask_name(values.slot_facet(&ask.name, "name").trim()),
                SlotKind::People => people::masked(&value),
                _ => value,
            };
            let label =
                if ask.label.is_empty() { String::new() } else { format!("{}：", ask.label) };
            Some(format!("{label}{value}"))
        };
        let open = item.asks.iter().filter(|a| !a.kind.is_private());
        let known: Vec<String> = open.filter_map(shown).collect();
        Some(if known.is_empty() {
            item.title.clone()
        } else {
            format!("{}（{}）", item.title, known.join("，"))
        })
    }

    /// True when the item may be offered to this customer.
    pub(crate) fn may_offer(&self, item: &Item) -> bool {
        let answers_all = |i: &Item| i.asks.iter().any(|a| a.all.as_deref() == Some(&item.id));
        let lone = self.who.bound && self.who.accounts.len() < 2;
        !(self.who.bound && item.when_bound.is_some())
            && (self.who.can_link || item.when_no_login.is_none())
            && !(lone && self.book.items.values().any(answers_all))
    }

    /// The short command of an item: its first phrase.
    pub(crate) fn command(item: &Item) -> &str {
        item.say.first().map_or(item.title.as_str(), String::as_str)
    }

    /// Lines for the items most people want, at most three.
    pub(crate) fn usual(&self) -> Vec<Offered> {
        ["bind_card", "account_balance", "account_statement", "help_menu"]
            .iter()
            .filter_map(|id| self.book.item(id))
            .filter(|i| self.may_offer(i))
            .take(3)
            .map(|i| offer(Self::command(i), &i.id))
            .collect()
    }

    pub(crate) fn remember(&mut self, last: Last) {
        self.seat.last = Some(last);
    }

    /// People are there: hand over. Otherwise: leave a message, be called back, or go on.
    pub(crate) fn person(self, reason: &str) -> Turn {
        if self.who.hours_open {
            let words = Draft::plain(self.line(lines::HANDED_OVER));
            return self.hand_over(reason, words);
        }
        let mut scene = self;
        scene.seat.misses = 0;
        let mut choices = vec![];
        for (text, id) in
            [(lines::LEAVE_MESSAGE, "leave_message"), (lines::CALL_BACK, "callback_request")]
        {
            if scene.book.item(id).is_some() {
                choices.push(offer(text, id));
            }
        }
        choices.push(go(lines::KEEP_ASKING, Control::Continue));
        let text = scene.line(lines::OFF_HOURS);
        scene.say(Draft::numbered(text, choices))
    }
}
