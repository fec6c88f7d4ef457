//! Short words that mean several things: 解锁, 流水, 还款. The customer is asked, never guessed at.
//!
//! Which words, and what they may mean, stands in `talk_control.toml`. Not for: unclear sentences; see `control`.

use crate::book::{Clarify, Leads};
use crate::scene::{Draft, Scene, go, offer};
use crate::seat::{Offered, Pick};
use crate::turn::Turn;

impl Scene<'_> {
    /// Lines for what the word may mean to this customer; when only one thing is left, that.
    pub(crate) fn clarify(self, clarify: &Clarify) -> Turn {
        let mut lines = self.meanings(clarify, true);
        if lines.is_empty() {
            lines = self.meanings(clarify, false);
        }
        if lines.is_empty() {
            // nothing of it is for this customer
            lines = self.usual();
        }
        if let [Offered { pick, .. }] = &lines[..] {
            let pick = pick.clone();
            return self.pick(pick);
        }
        // what was spoken of last comes first
        let last = self.seat.last.as_ref().map(|l| l.item.as_str());
        lines.sort_by_key(|l| !matches!(&l.pick, Pick::Item(id, _) if Some(id.as_str()) == last));
        let text = match &clarify.elder {
            Some(elder) if self.elder() => self.line(elder),
            _ => self.line(&clarify.ask),
        };
        self.say(Draft::numbered(text, lines))
    }

    /// `by_holding`: lines for what the customer holds stand alone when there are any; else those for anybody.
    fn meanings(&self, clarify: &Clarify, by_holding: bool) -> Vec<Offered> {
        let holds = |h: &Option<String>| {
            h.as_ref().is_some_and(|has| self.who.holds.iter().any(|k| k == has))
        };
        let any_held = clarify.lines.iter().any(|l| holds(&l.has));
        let fits =
            |has: &Option<String>| !by_holding || if any_held { holds(has) } else { has.is_none() };
        let of_line = |line: &crate::book::Meaning| match &line.leads {
            Leads::Control(control) => Some(go(&line.text, *control)),
            Leads::Item(id) => {
                let item = self.book.items.get(id).filter(|i| self.may_offer(i))?;
                Some(offer(&line.text, &item.id))
            }
        };
        clarify.lines.iter().filter(|l| fits(&l.has)).filter_map(of_line).collect()
    }
}
