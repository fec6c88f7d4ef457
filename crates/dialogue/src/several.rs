//! Two wishes in one message: 查余额再交电费. The first is begun, the second waits under it and is asked about at its end.
//!
//! Not for: a third; the customer says it when the second is done. What might be one wish is left alone.

use crate::scene::Scene;
use crate::seat::{Slots, Task};
use crate::turn::Turn;
use crate::understand::{Reading, Wish};

/// The question a task waits at that has not been begun.
pub(crate) const LATER: &str = "+";

/// Said between two wishes.
const JOINS: &[&str] =
    &["然后再", "然后", "接着再", "接着", "顺便", "顺带", "之后再", "完了再", "另外", "还有", "再"];
/// May stand between two wishes that are both known word for word.
const BREAKS: &[char] = &[' ', '，', ',', '。', '；', ';', '\n', '！', '!'];
const SHORTEST: usize = 5;
/// Places looked at for a join.
const TRIES_MAX: usize = 4;
/// Comes before anything else that is asked in the same breath.
const FIRST_ITEM: &str = "complaint";

/// Both halves of a text, at each place where there may be a join; true for a join that is only a break.
fn halves(text: &str) -> Vec<(&str, &str, bool)> {
    let mut out = vec![];
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let join = JOINS.iter().find(|j| text[at..].starts_with(**j));
        let end = match join {
            Some(join) => at + join.len(),
            None if BREAKS.contains(&c) => at + c.len_utf8(),
            None => {
                at += c.len_utf8();
                continue;
            }
        };
        let (left, right) = (text[..at].trim(), text[end..].trim());
        if left.chars().nth(1).is_some() && right.chars().nth(1).is_some() {
            out.push((left, right, join.is_none()));
        }
        at = end;
        if out.len() == TRIES_MAX {
            break;
        }
    }
    out
}

impl Scene<'_> {
    /// The first wish and the second, when a text has two.
    pub(crate) fn two_wishes(&self, text: &str, reading: &Reading) -> Option<(Part, Part)> {
        if reading.normal.chars.len() < SHORTEST || self.book.phrase(&reading.key).is_some() {
            return None;
        }
        let halves = halves(text);
        if halves.is_empty() {
            return None;
        }
        let whole_is_one = reading.is_sure(self.book);
        halves.into_iter().find_map(|(left, right, is_break)| {
            if is_break && whole_is_one {
                return None;
            }
            let first = self.part(left, is_break)?;
            let second = self.part(right, is_break)?;
            if first.item == second.item {
                return None;
            }
            Some(if second.item == FIRST_ITEM { (second, first) } else { (first, second) })
        })
    }

    fn part(&self, text: &str, word_for_word: bool) -> Option<Part> {
        let reading = self.reading(text);
        if word_for_word && self.book.phrase(&reading.key).is_none() {
            return None;
        }
        let (item, is_meant) = match reading.wish(self.book) {
            Wish::Item(item) => (item, true),
            Wish::Told(item) => (item, false),
            // Known word for word, but no plain order: with the other half it would become a sum for the wrong thing.
            Wish::Perhaps(item) if self.book.phrase(&reading.key).is_some() => (item, false),
            _ => return None,
        };
        let known = self.book.items.get(&item)?;
        // small talk in front of a wish is no wish
        (known.is_soon || !known.is_word()).then_some(Part { item, reading, is_meant })
    }

    /// Begins the first; the second waits.
    pub(crate) fn one_by_one(mut self, first: &Part, second: &Part) -> Turn {
        if let Some(item) = self.book.items.get(&second.item) {
            let mut task = Task { item: item.id.clone(), ask: LATER.to_owned(), ..Task::default() };
            if second.is_meant {
                let _ = self.fill(item, &mut task, &second.reading);
            }
            self.put_aside(task);
        }
        self.start(&first.item, Slots::new(), first.is_meant.then_some(&first.reading))
    }
}

/// One of two wishes.
#[derive(Debug)]
pub(crate) struct Part {
    item: String,
    reading: Reading,
    /// False for a payment that was only spoken of: nothing said is taken for it.
    is_meant: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_parts_where_something_is_joined() {
        assert_eq!(halves("查余额再交电费"), [("查余额", "交电费", false)]);
        assert_eq!(halves("我要销卡 我要投诉你们"), [("我要销卡", "我要投诉你们", true)]);
        assert_eq!(halves("再查一下余额"), []);
        assert_eq!(halves("查余额"), []);
    }
}
