//! Cases: applications begun on a page, complaints, and how each stands.

use super::{Plain, VerbSpec, count, may, must, rows, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // Whether one may begin or go on with a form of `kind`, and what is good to know before. `draft` says that some of it is
    // filled in already, else it is empty; `bring` may be empty.
    VerbSpec {
        name: "bank.apply",
        args: &[must("kind")],
        outputs: &[text("intro"), text("draft"), text("by"), text("within"), text("bring")],
        refusals: &[
            "case.open",
            "case.age",
            "case.not_eligible",
            "case.too_early",
            "core.maintenance",
        ],
    },
    // `kinds` is a list parted by commas; all when empty. `label` is the name with the number, `words` a sentence or two.
    VerbSpec {
        name: "bank.cases",
        args: &[may("kinds")],
        outputs: &[
            count("count"),
            rows(&[("label", Plain::Text), ("state", Plain::Text), ("words", Plain::Text)]),
        ],
        refusals: &["case.none"],
    },
    // `phone` is 11 digits or `registered`; `due` is a day.
    VerbSpec {
        name: "bank.complain",
        args: &[must("text"), may("phone")],
        outputs: &[text("number"), text("due"), text("by")],
        refusals: &["case.too_many"],
    },
];
