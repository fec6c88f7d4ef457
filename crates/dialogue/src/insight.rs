//! What one sentence means to the book, outside any conversation: items with their scores, what would follow, and why.
//!
//! Not for: answering. For the tools that try a sentence and measure the whole ([`crate::eval`]).

use crate::book::Book;
use crate::faq::{self, Asked};
use crate::phrases::{MODEL_SEED, NONE_ITEM};
use crate::seat::Control;
use crate::step::emergency;
use crate::understand::{self, Wish, examples};
use nlu::Scored;
use nlu::policy::Decision;
use nlu::secret::{secrets, without_secrets};
use nlu::sentence::{Scene, Sentence, legible};

/// A sentence as the book understands it.
#[derive(Debug, Clone)]
pub struct Insight {
    /// Items with their probabilities, best first. Control words are `talk_control`, a person is `human_agent`.
    pub top: Vec<(String, f32)>,
    pub decision: Decision,
    /// What decided: an exact phrase, a control word, an emergency, the classifier.
    pub why: &'static str,
    pub sentence: Sentence,
}

/// The item that stands for a class of the classifier.
fn shown(class: &str) -> String {
    match class.strip_prefix('!') {
        Some("person") => "human_agent".to_owned(),
        Some(_) => "talk_control".to_owned(),
        None if class.is_empty() => NONE_ITEM.to_owned(),
        None => class.to_owned(),
    }
}

/// `first` with certainty, then the others.
fn surely(first: &str, ranked: &[Scored<'_>]) -> Vec<(String, f32)> {
    let others = ranked.iter().map(|s| (shown(s.item), 0.0)).filter(|(item, _)| item != first);
    std::iter::once((first.to_owned(), 1.0)).chain(others).collect()
}

/// How likely it is that who asks a known question, and asks for no item plainly, wants just the answer.
const JUST_ASKS: f32 = 0.3;

/// The items of an unclear sentence that is near to a known question, and that question beside them.
fn with_question(top: Vec<(String, f32)>) -> Vec<(String, f32)> {
    let asked = std::iter::once((faq::ITEM.to_owned(), JUST_ASKS));
    let others = top.into_iter().filter(|(item, _)| item != faq::ITEM);
    let mut all: Vec<(String, f32)> =
        asked.chain(others.map(|(item, p)| (item, p * (1.0 - JUST_ASKS)))).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all
}

impl Book {
    /// How sure it is that the sentence orders a payment, by how it sounds as a whole.
    pub fn ordered(&self, insight: &Insight) -> Option<f32> {
        self.gate.ordered(&insight.sentence)
    }

    /// What `text` means on the day `today`, said by anyone at the beginning of a conversation.
    pub fn insight(&self, text: &str, today: i64) -> Insight {
        let reading = self.reading(text, Scene::on(today));
        let found = secrets(text);
        let kept = if found.is_empty() { text.to_owned() } else { without_secrets(text, &found) };
        let mut sentence = Sentence::read(&kept, Scene::on(today));
        self.reworded(&mut sentence.key);
        let ranked = self.rank(&sentence.key);
        let sure = |item: &str, decision, why| (surely(item, &ranked), decision, why);
        let phrase = self.phrase(&sentence.key).cloned().or_else(|| reading.nameless(self));
        let (top, decision, why) = if let Some(control) = self.control(&sentence.normal) {
            let (item, decision) = match control {
                Control::Person => ("human_agent", Decision::Person),
                _ => ("talk_control", Decision::Answer),
            };
            sure(item, decision, "control word")
        } else if let Some(emergency) = emergency(&reading.normal.text()) {
            let has_item = self.items.contains_key(emergency.item);
            sure(
                emergency.item,
                if has_item { Decision::Answer } else { Decision::Person },
                "emergency",
            )
        } else if self.clarify.contains_key(&sentence.key) {
            let top = ranked.iter().map(|s| (shown(s.item), s.score)).collect();
            (top, Decision::Menu, "several meanings")
        } else if let Some(item) = phrase {
            let decision = self.gate.decide_phrase(&item, self.thresholds(), &sentence);
            sure(&item, decision, "exact phrase")
        } else {
            let decision =
                self.gate.decide(&ranked, self.level(&ranked), self.thresholds(), &sentence);
            let mut top: Vec<(String, f32)> = vec![];
            for s in &ranked {
                let item = shown(s.item);
                match top.iter_mut().find(|(i, _)| *i == item) {
                    Some((_, score)) => *score += s.score,
                    None => top.push((item, s.score)),
                }
            }
            (top, decision, "classifier")
        };
        let says_more = !matches!(why, "control word" | "emergency");
        let wish = reading.wish(self);
        match self.known_question(&wish, &reading).filter(|_| says_more) {
            Some(Asked::Answer(_)) => {
                // where an item is meant, it stays the likeliest: the question is one about it
                let is_unclear = matches!(wish, Wish::Unclear(_));
                let top = if is_unclear { with_question(top) } else { top };
                Insight { top, decision: Decision::Faq, why: "known question", sentence }
            }
            // without a question that is near there is nothing to look up
            _ if decision == Decision::Faq => {
                Insight { top, decision: Decision::Menu, why, sentence }
            }
            _ => Insight { top, decision, why, sentence },
        }
    }

    /// What follows from a sentence, read, ranked and decided as if no phrase were known word for word. For measuring.
    pub fn hears(&self, text: &str, today: i64) -> Decision {
        let sentence = Sentence::read(text, Scene::on(today));
        let ranked = self.rank(&sentence.key);
        self.gate.decide(&ranked, self.level(&ranked), self.thresholds(), &sentence)
    }

    /// Phrases that the classifier by itself gives to another item: phrase, its item, taken for.
    pub fn strays(&self) -> Vec<(String, String, String)> {
        let of = |(text, own, taken): (&str, &str, &str)| (legible(text), shown(own), shown(taken));
        self.model.strays().into_iter().map(of).filter(|(_, own, taken)| own != taken).collect()
    }

    /// The same classifier and the same judge of orders trained from nothing. For reports on what training costs.
    pub fn trained_anew(&self) -> (nlu::Understander, nlu::Understander) {
        understand::trained_anew(&self.items, &self.controls)
    }

    /// Full cross-validation of the classifier, and from which scores it answers. Several trainings: for reports.
    pub fn judgement(&self) -> (nlu::Judgement, nlu::Thresholds) {
        let examples = examples(&self.items, self.controls.iter());
        (nlu::Understander::judge(&examples, MODEL_SEED), self.model.thresholds())
    }
}
