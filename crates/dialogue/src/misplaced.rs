//! Phrases that mislead the classifier: a model which has not seen them gives them, and surely, to another flow.
//!
//! Not for: phrases claimed twice; the loader refuses those at once.

use crate::book::{Book, BookError};
use crate::phrases::{self, MODEL_SEED, NONE_ITEM};
use crate::understand::examples;
use nlu::{Misplaced, Understander};

/// A phrase is refused when the model is as sure as this of another flow. Of the answers it is so sure of, all but one in a
/// hundred are right; so such a phrase is far likelier in the wrong file, or one that two files could claim, than a clever one.
const MISPLACED_FROM: f32 = 0.99;

impl Book {
    /// Phrases that, unseen, are surely taken for another flow: each with its file, its line and what to do. Takes several
    /// trainings, so it is asked when phrases are checked, not when a process starts.
    pub fn misplaced(&self) -> Vec<BookError> {
        let examples = examples(&self.items, self.controls.iter());
        let found = Understander::misplaced(&examples, MODEL_SEED, MISPLACED_FROM);
        found.iter().filter_map(|m| self.told(m)).collect()
    }

    fn told(&self, found: &Misplaced) -> Option<BookError> {
        let name = |class: &str| {
            if class.is_empty() { NONE_ITEM.to_owned() } else { class.to_owned() }
        };
        let item = self.items.get(&name(&found.item))?;
        let at = item.say.iter().position(|s| phrases::of_item("", s).text == found.text)?;
        let (phrase, taken) = (&item.say[at], name(&found.taken_for));
        let file = self.items.get(&taken).map_or("", |i| i.file.as_str());
        Some(BookError {
            file: item.file.clone(),
            line: item.say_at[at],
            message: format!(
                "“{phrase}” is taken for {taken} ({:.0} % sure): move it to {file}, or say what sets it apart",
                found.sure * 100.0
            ),
        })
    }
}
