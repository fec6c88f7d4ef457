//! Known questions, rates and fees. Anyone may ask.

use super::{Plain, VerbSpec, may, money, must, rows, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // `question` is the id of an entry or the customer's words. `plain` is the answer for elders, `basis` where it comes from (empty when
    // it was withdrawn), `item` what can be done about it, `near` ids of other entries.
    VerbSpec {
        name: "bank.knowledge",
        args: &[must("question")],
        outputs: &[
            text("answer"),
            text("plain"),
            text("basis"),
            text("item"),
            text("near"),
            text("near2"),
            text("near3"),
        ],
        refusals: &["knowledge.missing"],
    },
    // `group`: beginnings of keys with blanks between, e.g. `deposit.current deposit.fixed`.
    VerbSpec {
        name: "bank.rates",
        args: &[must("group")],
        outputs: &[rows(&[("name", Plain::Text), ("value", Plain::Text)]), text("since")],
        refusals: &["rates.expired"],
    },
    VerbSpec {
        name: "bank.loan_products",
        args: &[],
        outputs: &[
            rows(&[
                ("name", Plain::Text),
                ("for", Plain::Text),
                ("low", Plain::Text),
                ("high", Plain::Text),
                ("most", Plain::Text),
                ("months", Plain::Text),
            ]),
            text("since"),
        ],
        refusals: &["rates.expired"],
    },
    // `amount` in fen; with it a row's `value` is what this amount costs.
    VerbSpec {
        name: "bank.transfer_fee",
        args: &[may("amount")],
        outputs: &[
            rows(&[("name", Plain::Text), ("value", Plain::Text)]),
            text("since"),
            text("of"),
        ],
        refusals: &["rates.expired"],
    },
    // `amount` in fen, `term` in months, `kind` fixed|current|monthly. `what` says back what was computed.
    VerbSpec {
        name: "bank.deposit_sum",
        args: &[must("amount"), must("term"), may("kind")],
        outputs: &[text("what"), money("interest"), money("total"), text("rate"), text("since")],
        refusals: &["sum.term", "sum.amount", "rates.expired"],
    },
    // `product` is the middle part of a loan's keys. Computed at its highest rate; `low_first` is the even instalment at the lowest.
    VerbSpec {
        name: "bank.loan_sum",
        args: &[must("amount"), must("term"), may("product")],
        outputs: &[
            rows(&[
                ("method", Plain::Text),
                ("first", Plain::Money),
                ("last", Plain::Money),
                ("interest", Plain::Money),
            ]),
            text("name"),
            text("high"),
            text("low"),
            money("low_first"),
            text("since"),
        ],
        refusals: &["sum.term", "sum.amount", "rates.expired"],
    },
];
