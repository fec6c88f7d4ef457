//! Questions about credit cards, and about all a customer has.

use super::{Plain, VerbSpec, count, may, money, must, rows, text, time};

pub(super) const VERBS: &[VerbSpec] = &[
    // The last bill made up to `to`. `left` is what is still to be paid; `note` says what that means today;
    // `earlier` is the range of days in which the bill before was made, empty when there is none.
    VerbSpec {
        name: "core.card_bill",
        args: &[must("account"), may("to")],
        outputs: &[
            time("billed_on"),
            time("due_on"),
            money("total"),
            money("minimum"),
            money("paid"),
            money("left"),
            text("note"),
            text("earlier"),
        ],
        refusals: &["bill.none", "account.missing", "core.maintenance", "core.lacks"],
    },
    // Plans of instalments that still have bills to come, the latest first. `rest` of `months` are to come, `next` stands in `bill`.
    VerbSpec {
        name: "core.card_plans",
        args: &[must("account")],
        outputs: &[
            count("count"),
            rows(&[
                ("what", Plain::Text),
                ("amount", Plain::Money),
                ("months", Plain::Count),
                ("rest", Plain::Count),
                ("left", Plain::Money),
                ("next", Plain::Money),
                ("bill", Plain::Text),
            ]),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
    VerbSpec {
        name: "core.card_days",
        args: &[must("account")],
        outputs: &[
            count("statement_day"),
            count("due_day"),
            time("next_bill"),
            time("next_due"),
            text("note"),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
    // Latest first, five rows; `amount` of a row is negative when it was spent. `month` is `YYYY-MM`.
    VerbSpec {
        name: "core.card_unbilled",
        args: &[must("account")],
        outputs: &[
            time("since"),
            time("next_bill"),
            money("spent"),
            money("repaid"),
            count("count"),
            count("shown"),
            text("month"),
            rows(&[("at", Plain::Time), ("label", Plain::Text), ("amount", Plain::Money)]),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
    // Whether something of a card may be set now, before a page is opened for it. `what`: activate, pin, close, lower, raise.
    VerbSpec {
        name: "core.card_set",
        args: &[must("account"), must("what"), may("amount")],
        outputs: &[money("limit"), money("used"), count("points"), text("note")],
        refusals: &[
            "card.active",
            "card.inactive",
            "card.signing",
            "card.blocked",
            "card.owes",
            "card.late",
            "card.amount",
            "case.open",
            "account.missing",
            "core.maintenance",
            "core.lacks",
        ],
    },
    VerbSpec {
        name: "core.card_limit",
        args: &[must("account")],
        outputs: &[
            money("limit"),
            money("used"),
            money("available"),
            money("cash"),
            text("note"),
            time("as_of"),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
    // A row for each lot, the nearest end first, three at most.
    VerbSpec {
        name: "core.card_points",
        args: &[must("account")],
        outputs: &[
            count("points"),
            count("to_come"),
            rows(&[("points", Plain::Count), ("until", Plain::Time)]),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
    // `note` says how far the card is from a year without fee; `prices` what else costs money.
    VerbSpec {
        name: "core.card_fee",
        args: &[must("account")],
        outputs: &[
            money("annual"),
            count("done"),
            time("until"),
            text("note"),
            text("prices"),
            text("product"),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
    // The institution's cards; needs no binding. `free` and `prices` are clauses.
    VerbSpec {
        name: "core.card_fees",
        args: &[],
        outputs: &[
            rows(&[
                ("product", Plain::Text),
                ("annual", Plain::Money),
                ("free", Plain::Text),
                ("prices", Plain::Text),
            ]),
            count("count"),
        ],
        refusals: &["account.missing", "core.maintenance", "core.lacks"],
    },
];
