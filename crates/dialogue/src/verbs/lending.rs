//! Loans, time deposits, and what else a core knows of accounts.
//!
//! Names in rows are of the kind 惠农贷2091. Where a customer has several, all are told.

use super::{Plain, VerbSpec, count, may, money, must, rows, text, time};

/// The core cannot: the bank's own core has no such question.
const REFUSALS: &[&str] = &["core.lacks", "account.missing", "core.maintenance"];

pub(super) const VERBS: &[VerbSpec] = &[
    // `due` says what comes next, `late` what is late, each a sentence or empty; `alarm` is the first `late`.
    VerbSpec {
        name: "core.loans",
        args: &[],
        outputs: &[
            rows(&[
                ("name", Plain::Text),
                ("principal", Plain::Money),
                ("owed", Plain::Money),
                ("rate", Plain::Text),
                ("method", Plain::Text),
                ("ends", Plain::Time),
                ("due", Plain::Text),
                ("late", Plain::Text),
            ]),
            count("count"),
            money("total"),
            text("alarm"),
        ],
        refusals: REFUSALS,
    },
    // The next three instalments of each loan; `about` is a sentence for each.
    VerbSpec {
        name: "core.loan_schedule",
        args: &[],
        outputs: &[
            rows(&[
                ("name", Plain::Text),
                ("seq", Plain::Count),
                ("at", Plain::Time),
                ("amount", Plain::Money),
                ("principal", Plain::Money),
                ("interest", Plain::Money),
            ]),
            text("about"),
            text("alarm"),
        ],
        refusals: REFUSALS,
    },
    // Loans of which something is late; `officer` says whom to speak to, or is empty.
    VerbSpec {
        name: "core.loans_late",
        args: &[],
        outputs: &[
            rows(&[
                ("name", Plain::Text),
                ("since", Plain::Time),
                ("days", Plain::Count),
                ("count", Plain::Count),
                ("amount", Plain::Money),
                ("penalty", Plain::Money),
            ]),
            text("officer"),
            text("next"),
        ],
        refusals: REFUSALS,
    },
    // A loan that is paid back, and since when; while something is owed it refuses and says how much.
    VerbSpec {
        name: "core.loan_settled",
        args: &[must("account")],
        outputs: &[text("name"), money("principal"), text("ended")],
        refusals: &["loan.owes", "account.missing", "core.maintenance", "core.lacks"],
    },
    // `note` says for whom they stand in, or is empty.
    VerbSpec {
        name: "core.officer",
        args: &[],
        outputs: &[text("name"), text("staff_no"), text("contact"), text("branch"), text("note")],
        refusals: &["core.lacks", "officer.missing", "account.missing", "core.maintenance"],
    },
    // `kind` is fixed|notice|large_cd, else all. `when` says when it matures or since when it runs; `interest` is that of
    // maturity, `early` what it brings today and `loss` the difference; `only` is the id where there is only one.
    VerbSpec {
        name: "core.time_deposits",
        args: &[may("kind")],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("name", Plain::Text),
                ("amount", Plain::Money),
                ("rate", Plain::Text),
                ("when", Plain::Text),
                ("interest", Plain::Money),
                ("early", Plain::Money),
                ("loss", Plain::Money),
                ("renewal", Plain::Text),
            ]),
            count("count"),
            money("total"),
            text("only"),
        ],
        refusals: REFUSALS,
    },
    // The last credits; `accrued` has grown until yesterday.
    VerbSpec {
        name: "core.account_interest",
        args: &[must("account")],
        outputs: &[
            rows(&[("at", Plain::Time), ("amount", Plain::Money)]),
            money("last"),
            money("accrued"),
            time("next"),
            text("rate"),
        ],
        refusals: REFUSALS,
    },
    // What may leave in one go, in a day, and what is left of today; 不限 where there is no such limit. `why` is a sentence.
    VerbSpec {
        name: "core.limits",
        args: &[must("account")],
        outputs: &[
            rows(&[
                ("what", Plain::Text),
                ("single", Plain::Text),
                ("day", Plain::Text),
                ("left", Plain::Text),
            ]),
            text("why"),
        ],
        refusals: REFUSALS,
    },
    VerbSpec {
        name: "core.opening_branch",
        args: &[must("account")],
        outputs: &[text("name"), text("bank_no"), text("address"), text("contact")],
        refusals: &["core.lacks", "branch.missing", "core.maintenance"],
    },
    // Accounts at call with their class and what it means.
    VerbSpec {
        name: "core.account_class",
        args: &[],
        outputs: &[rows(&[("name", Plain::Text), ("class", Plain::Text), ("means", Plain::Text)])],
        refusals: &["account.missing", "core.maintenance"],
    },
    // Lines with a sum, a name or a word; the latest five. `what` is what was looked for.
    VerbSpec {
        name: "core.statement_search",
        args: &[must("account"), must("from"), must("to"), may("flow"), must("what")],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("at", Plain::Time),
                ("label", Plain::Text),
                ("other", Plain::Text),
                ("amount", Plain::Money),
            ]),
            count("count"),
            count("shown"),
            money("in"),
            money("out"),
        ],
        refusals: &["account.missing", "statement.range_too_long", "core.maintenance"],
    },
    // One line with what a receipt (回单) names: `other` is masked, `serial` the core's own.
    VerbSpec {
        name: "core.entry_receipt",
        args: &[must("account"), must("entry")],
        outputs: &[
            time("at"),
            text("label"),
            money("amount"),
            text("other"),
            text("summary"),
            text("serial"),
        ],
        refusals: &["entry.missing", "account.missing", "core.maintenance"],
    },
    // What a proof of deposit could say today: accounts at call and time deposits.
    VerbSpec {
        name: "core.deposits_in_all",
        args: &[],
        outputs: &[
            rows(&[("name", Plain::Text), ("amount", Plain::Money)]),
            money("total"),
            time("as_of"),
        ],
        refusals: &["account.missing", "core.maintenance"],
    },
];
