//! Taking back and adding: 不是存折，是卡; 改成五千; 换人; a value said before its question comes.
//!
//! Not for: corrections inside one sentence; the grammar of `nlu` has those.

use crate::book::{Item, SlotKind};
use crate::lines;
use crate::planned;
use crate::scene::{Draft, Scene, go};
use crate::seat::{CONFIRM, Control, Offered, Pick, Slots, Task};
use crate::turn::Turn;
use crate::understand::Reading;
use crate::values::Answer;

/// Said where something known is to become something else.
const MARKS: &[&str] = &["不是", "不对", "改", "换", "错", "应该是", "更正"];
/// What stands directly before the new value.
const LEADS: &[&str] =
    &["改成", "换成", "改为", "改到", "换到", "应该是", "不对是", "换", "改", "是"];

pub(crate) fn is_correction(reading: &Reading) -> bool {
    let text = reading.normal.text();
    MARKS.iter().any(|m| text.contains(m))
}

/// What follows the last word that leads to a new value.
fn new_value(reading: &Reading) -> Option<String> {
    let text = reading.normal.text();
    let ends = LEADS.iter().filter_map(|l| text.rfind(l).map(|at| at + l.len()));
    let rest = text.get(ends.max()?..)?;
    (!rest.is_empty()).then(|| rest.to_owned())
}

impl Scene<'_> {
    /// The task with what the text corrects of it or adds to it; none when it says nothing for it.
    pub(crate) fn amended(&self, item: &Item, task: &Task, reading: &Reading) -> Option<Task> {
        let is_correction = is_correction(reading);
        let mut out = task.clone();
        let mut is_changed = false;
        let mut has_amount = false;
        for ask in &item.asks {
            // one sum answers one question
            if ask.kind == SlotKind::Amount && std::mem::replace(&mut has_amount, true) {
                continue;
            }
            let said = match ask.kind {
                SlotKind::Row | SlotKind::Cursor => Answer::Nothing,
                SlotKind::OwnAccount if is_correction => self.read_answer(ask, "", reading),
                _ => self.said(ask, reading),
            };
            let said = match (said, ask.kind, task.slots.get(&ask.name)) {
                (Answer::Nothing, SlotKind::Plan, Some(plan)) => {
                    planned::after(ask, reading, self.now, plan)
                }
                (said, ..) => said,
            };
            is_changed |= out.take(ask, said);
        }
        if !is_changed && is_correction {
            is_changed = self.new_value(item, &mut out, reading);
        }
        is_changed.then_some(out)
    }

    /// 改成8821, 不是张三是李四: what comes last is read as an answer to a question that has one already.
    fn new_value(&self, item: &Item, task: &mut Task, reading: &Reading) -> bool {
        let Some(rest) = new_value(reading) else { return false };
        let reading = self.reading(&rest);
        // a name is what is left when it is nothing else
        let mut asks: Vec<_> =
            item.asks.iter().filter(|a| task.slots.contains_key(&a.name)).collect();
        asks.sort_by_key(|a| a.kind == SlotKind::Payee);
        for ask in asks {
            let said = match ask.kind {
                SlotKind::Text | SlotKind::Row | SlotKind::Cursor | SlotKind::YesNo => {
                    Answer::Nothing
                }
                _ => self.read_answer(ask, &rest, &reading),
            };
            if task.take(ask, said) {
                return true;
            }
        }
        false
    }

    /// A question waits and was not answered; but what was said belongs to another of the same item.
    pub(crate) fn beside(&mut self, item: &Item, task: &Task, reading: &Reading) -> Option<Task> {
        let amended = self.amended(item, task, reading)?;
        let mut only_new = amended.slots.clone();
        only_new.retain(|name| task.slots.get(name) != amended.slots.get(name));
        let none = std::collections::BTreeMap::new();
        let collected = self.values(&only_new, &item.kinds, &none).collected();
        if !collected.is_empty() {
            self.seat.lead.push_str(&format!("{}{collected}。\n", lines::NOTED));
        }
        Some(amended)
    }

    /// Has one question of the confirmation asked anew: 改金额, 换人.
    pub(crate) fn anew(mut self, name: &str) -> Turn {
        let Some(mut task) = self.seat.task.take() else {
            return self.not_understood(&[]);
        };
        task.slots.remove(name);
        task.slots.remove(&crate::values::aside(name));
        name.clone_into(&mut task.ask);
        task.tries = 0;
        self.seat.task = Some(task);
        self.ask()
    }

    /// The lines by which what was said is changed.
    pub(crate) fn changes(item: &Item, slots: &Slots) -> Vec<Offered> {
        let known = item.asks.iter().filter(|a| slots.contains_key(&a.name) || a.is_optional);
        known
            .filter_map(|a| {
                Some(Offered { text: a.change.clone()?, pick: Pick::Anew(a.name.clone()) })
            })
            .collect()
    }

    /// The item stays open at its card, whose words are these: what was said can be changed, or given up.
    pub(crate) fn at_card(self, item: &Item, slots: &Slots, mut draft: Draft) -> Turn {
        draft.choices.extend(Self::changes(item, slots));
        self.at_card_with(item, slots, draft)
    }

    /// The same with lines of its own for what can be changed.
    pub(crate) fn at_card_with(mut self, item: &Item, slots: &Slots, draft: Draft) -> Turn {
        let task = Task {
            item: item.id.clone(),
            slots: slots.clone(),
            ask: CONFIRM.to_owned(),
            ..Task::default()
        };
        let mut draft = Draft { numbered: false, ..draft };
        let no = item.confirm.as_ref().map_or(lines::NO_NEED, |c| c.no.as_str());
        draft.choices.push(go(no, Control::Cancel));
        self.seat.task = Some(task);
        self.say(draft)
    }

    /// The confirmation of what has been done was tapped once more.
    pub(crate) fn is_spent_card(&self, text: &str) -> bool {
        let last = self.seat.last.as_ref().filter(|_| self.stale_tap && self.seat.task.is_none());
        let confirm = last.and_then(|l| self.book.item(&l.item)).and_then(|i| i.confirm.as_ref());
        // A line may have been shown with its number.
        let numbered = text.split_once(' ').filter(|(n, _)| n.parse::<usize>().is_ok());
        let words = numbered.map_or(text, |(_, words)| words);
        confirm.is_some_and(|c| c.yes == words)
    }

    /// What was done is not done again; what may be said once more, is.
    pub(crate) fn spent_card(self) -> Turn {
        let last = self.seat.last.as_ref().and_then(|l| self.book.item(&l.item));
        let run = last.and_then(|i| i.run.as_ref());
        if run.is_some_and(|r| r.again_within_s > 0) {
            let again = self.said_again();
            return self.say_fresh(again);
        }
        self.say(Draft::plain(lines::CARD_SPENT))
    }

    /// The confirmation was tapped in an older message: nothing is done, and the one that counts is shown again.
    pub(crate) fn is_stale_card(&self, text: &str) -> bool {
        let Some(task) = self.seat.task.as_ref().filter(|t| t.ask == CONFIRM) else {
            return false;
        };
        let confirm = self.book.item(&task.item).and_then(|i| i.confirm.as_ref());
        self.stale_tap && confirm.is_some_and(|c| c.yes == text || c.no == text)
    }

    pub(crate) fn stale_card(self) -> Turn {
        match self.question() {
            Some(card) => self.say(card.after(lines::CARD_CHANGED)),
            None => self.say(Draft::plain(lines::CARD_CHANGED)),
        }
    }
}
