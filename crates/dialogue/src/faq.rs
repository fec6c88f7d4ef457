//! Asked questions in a conversation: when one is answered, when some are offered, and what is offered after an answer.
//!
//! The order is that of the policy: what is certain by an item's own phrase stays the item's; a question known word for word, or
//! nearly so, comes before a guess; a near one before 「没听明白」. Not for: the answers ([`crate::knowledge`], the bank).

use crate::book::{Book, Item};
use crate::flow::ItemKind;
use crate::knowledge::{ANSWERS, CERTAIN, KNOWN, Knowledge, OFFERS};
use crate::lines;
use crate::scene::{Draft, Scene, go, offer};
use crate::seat::{Control, Offered, Pick, Slots};
use crate::turn::{Call, Turn, Value};
use crate::understand::{Reading, Wish};
use nlu::policy::is_question;
use std::collections::BTreeMap;

/// The item that says an answer.
pub(crate) const ITEM: &str = "faq_consult";
/// Its slot: an entry's id or the customer's words.
const QUESTION: &str = "question";
/// What the words also ask for, offered behind the answer: 水费怎么交 is told how, and 交水费 is a tap away.
const BESIDE: &str = "beside";
/// Questions looked at, and offered at most.
const NEAREST: usize = 3;

/// What a text is among the known questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The entry that answers it.
    Answer(String),
    /// Entries that may be meant, best first.
    Offer(Vec<String>),
}

impl Book {
    /// The known question a text asks, seen what else it may ask for.
    pub(crate) fn known_question(&self, wish: &Wish, reading: &Reading) -> Option<Asked> {
        let can_answer = self.item(ITEM).is_some_and(|i| i.run.is_some());
        let from = self.answers_from(wish, reading).filter(|_| can_answer)?;
        let text = reading.normal.text();
        if from >= KNOWN {
            // a look-up, since most messages are phrases of items
            return self.knowledge.known(&text).map(|e| Asked::Answer(e.id.clone()));
        }
        let hits = self.knowledge.find(&text, NEAREST);
        if let Some(best) = Knowledge::best(&hits, &text).filter(|h| h.score >= from) {
            return Some(Asked::Answer(best.entry.id.clone()));
        }
        let nothing_else = matches!(wish, Wish::Unclear(guesses) if guesses.is_empty());
        let asks_this = matches!(wish, Wish::Item(id) if id == ITEM);
        let asks = is_question(&text);
        let near = || hits.iter().filter(|h| asks && h.score >= OFFERS).map(|h| h.entry.id.clone());
        let offers: Vec<String> = if nothing_else || asks_this { near().collect() } else { vec![] };
        (!offers.is_empty()).then_some(Asked::Offer(offers))
    }

    /// From which score on a question near enough is answered beside that wish; none where it never is.
    fn answers_from(&self, wish: &Wish, reading: &Reading) -> Option<f32> {
        let asks = is_question(&reading.normal.text());
        match wish {
            Wish::Control(_) => None,
            Wish::Unclear(guesses) if asks || guesses.is_empty() => Some(0.0),
            Wish::Perhaps(_) if asks => Some(ANSWERS),
            // 电费, 定期存款: the name of something to do is no question about it
            Wish::Perhaps(_) | Wish::Unclear(_) => Some(CERTAIN),
            Wish::Item(id) | Wish::Told(id) => {
                let item = self.item(id)?;
                let is_exact = self.phrase(&reading.key).is_some();
                match () {
                    () if id == ITEM => Some(0.0),
                    () if item.kind == ItemKind::Protective => None,
                    // a question with an answer of its own says more than a table it is filed under
                    () if is_exact => Some(KNOWN),
                    // whoever states what they want is not answered how it is done
                    () if !asks => Some(KNOWN),
                    () if reading.is_sure(self) => Some(CERTAIN),
                    () => Some(ANSWERS),
                }
            }
        }
    }
}

impl Scene<'_> {
    /// The known question a text asks; never for a tapped line that stands for nothing any more.
    pub(crate) fn known_question(&self, wish: &Wish, reading: &Reading) -> Option<Asked> {
        if self.stale_tap { None } else { self.book.known_question(wish, reading) }
    }

    /// A known question asked instead of an answer; only what can be answered at once.
    pub(crate) fn side_question(&self, reading: &Reading) -> Option<Asked> {
        let known = self.known_question(&reading.wish(self.book), reading);
        known.filter(|k| matches!(k, Asked::Answer(_)))
    }

    /// Answers a known question, or offers those that may be meant.
    pub(crate) fn say_known(mut self, known: Asked, wish: &Wish) -> Turn {
        match known {
            Asked::Answer(entry) => {
                let mut slots = Slots::from([(QUESTION.to_owned(), entry)]);
                if let Wish::Item(id) | Wish::Told(id) | Wish::Perhaps(id) = wish
                    && id != ITEM
                {
                    slots.insert(BESIDE.to_owned(), id.clone());
                }
                self.start(ITEM, slots, None)
            }
            Asked::Offer(entries) => {
                self.seat.misses = 0;
                let mut choices: Vec<Offered> =
                    entries.iter().filter_map(|id| self.question_line(id)).collect();
                choices.push(go(lines::NONE_OF_THESE, Control::None));
                self.say(Draft::numbered(lines::PERHAPS_ASKED, choices))
            }
        }
    }

    /// A line that asks a known question.
    pub(crate) fn question_line(&self, entry: &str) -> Option<Offered> {
        let entry = self.book.knowledge.entry(entry)?;
        let slots = Slots::from([(QUESTION.to_owned(), entry.id.clone())]);
        Some(Offered { text: entry.ask.first()?.clone(), pick: Pick::Item(ITEM.to_owned(), slots) })
    }

    /// Puts what an answer leads to in front of its lines: the item that does it, questions that are near.
    pub(crate) fn with_related(
        &self,
        draft: Draft,
        item: &Item,
        call: &Call,
        outputs: &BTreeMap<String, Value>,
    ) -> Draft {
        if item.id != ITEM {
            return draft;
        }
        let named = |name: &str| match outputs.get(name) {
            Some(Value::Text(id)) if !id.is_empty() => Some(id.as_str()),
            _ => None,
        };
        let beside = || call.slots.get(BESIDE).map(String::as_str);
        let does = named("item").or_else(beside).and_then(|id| self.book.item(id));
        let does = does.filter(|i| self.may_offer(i));
        let mut choices: Vec<Offered> =
            does.map(|i| offer(Self::command(i), &i.id)).into_iter().collect();
        let near = ["near", "near2", "near3"].into_iter().filter_map(named);
        choices.extend(near.filter_map(|id| self.question_line(id)));
        choices.extend(draft.choices);
        Draft { text: draft.text.trim_end().to_owned(), choices, ..draft }
    }
}
