//! Messages without words: numbers, the tail of a card, stickers, other scripts, a place on the map.
//!
//! Not for: a number that answers a question or picks a line; those come first.

use crate::book::SlotKind;
use crate::lines;
use crate::scene::{Draft, Scene, go, offer};
use crate::seat::{Control, Offered, Pick};
use crate::turn::Turn;
use crate::understand::Reading;
use crate::values::{Answer, spot};

/// Texts without words.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bare {
    /// The last four digits of an own account, by its place.
    Tail(usize),
    Number,
    OtherScript,
    /// Nothing but question marks.
    Question,
    Sign,
}

/// True for stickers and emoji, and for nothing at all.
pub(crate) fn is_sign(text: &str) -> bool {
    let sticker = text.starts_with('[') && text.ends_with(']') && text.chars().nth(8).is_none();
    sticker || !text.chars().any(char::is_alphanumeric)
}

impl Scene<'_> {
    /// A place sent: an answer when one is asked for, else a choice of what may be near.
    pub(crate) fn location(mut self, at: (i64, i64), label: &str) -> Turn {
        let task = self.seat.task.clone();
        let item = task.as_ref().and_then(|t| self.book.items.get(&t.item));
        let ask = task.as_ref().and_then(|t| item?.ask(&t.ask));
        if let (Some(mut task), Some(ask)) =
            (task.clone(), ask.filter(|a| a.kind == SlotKind::Place))
        {
            let answer = if ask.is_located {
                Answer::Value(spot(at))
            } else {
                self.read_answer(ask, label, &self.reading(label))
            };
            if task.take(ask, answer) {
                self.seat.task = None;
                self.is_sure = true;
                return self.advance(task);
            }
        }
        if self.seat.task.is_some() {
            return self.remark(lines::LOCATION_LATER);
        }
        let near = ["branch_search", "atm_search", "helppoint_search", "queue_take"];
        let lines = near.iter().filter_map(|id| self.book.item(id));
        let lines: Vec<Offered> = lines
            .map(|i| {
                let mut line = offer(&i.title, &i.id);
                if let (Pick::Item(_, slots), Some(ask)) = (&mut line.pick, i.located()) {
                    slots.insert(ask.name.clone(), spot(at));
                }
                line
            })
            .collect();
        let text = self.line(lines::LOCATION);
        self.say(Draft::numbered(text, lines))
    }

    /// What a text without words is.
    pub(crate) fn bare(&self, text: &str, reading: &Reading) -> Option<Bare> {
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
        is_sign(text).then_some(Bare::Sign)
    }

    pub(crate) fn say_bare(mut self, bare: Bare) -> Turn {
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
                let language = self.book.item("language_pref").map(|i| offer(&i.title, &i.id));
                let person = go(lines::PERSON, Control::Person);
                let choices = language.into_iter().chain([person]).collect();
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
