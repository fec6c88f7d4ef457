//! Questions about money that comes in batches, and about social security.

use super::{Plain, VerbSpec, count, money, must, rows, text, time};

pub(super) const VERBS: &[VerbSpec] = &[
    // `class` is subsidy|allowance|site_wage|land_rent. A row for each batch: `what` says whether it came, when and where
    // to, or why not. What needs the customer comes first. `note` speaks of batches that have nothing for them.
    VerbSpec {
        name: "core.payouts",
        args: &[must("class"), must("from"), must("to")],
        outputs: &[
            count("paid"),
            money("total"),
            text("note"),
            rows(&[("title", Plain::Text), ("what", Plain::Text)]),
        ],
        refusals: &[
            "account.missing",
            "statement.range_too_long",
            "core.maintenance",
            "core.lacks",
        ],
    },
    // The last payment and the three last ones in rows; `note` says what is up with this month's and the certification.
    VerbSpec {
        name: "core.pension",
        args: &[],
        outputs: &[
            money("amount"),
            time("at"),
            text("tail"),
            text("note"),
            rows(&[("at", Plain::Time), ("amount", Plain::Money)]),
        ],
        refusals: &["pension.none", "account.missing", "core.maintenance", "core.lacks"],
    },
    // Until when, since when, and whether the pension is paused, in one sentence or two.
    VerbSpec {
        name: "core.pension_certify",
        args: &[],
        outputs: &[text("state")],
        refusals: &["pension.none", "account.missing", "core.maintenance", "core.lacks"],
    },
    // `in` and `out` are of this year; five rows at most.
    VerbSpec {
        name: "core.medical_account",
        args: &[],
        outputs: &[
            money("balance"),
            money("in"),
            money("out"),
            time("as_of"),
            rows(&[("at", Plain::Time), ("label", Plain::Text), ("amount", Plain::Money)]),
        ],
        refusals: &["medical.none", "account.missing", "core.maintenance", "core.lacks"],
    },
    // Latest year first, six rows at most; `pension` and `medical` count years, `note` speaks of this year's medical one.
    VerbSpec {
        name: "core.contributions",
        args: &[],
        outputs: &[
            count("pension"),
            count("medical"),
            text("note"),
            rows(&[
                ("year", Plain::Count),
                ("what", Plain::Text),
                ("amount", Plain::Money),
                ("place", Plain::Text),
            ]),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
    VerbSpec {
        name: "core.social_card",
        args: &[],
        outputs: &[text("stage"), time("since"), text("note")],
        refusals: &["social_card.none", "account.missing", "core.maintenance", "core.lacks"],
    },
];
