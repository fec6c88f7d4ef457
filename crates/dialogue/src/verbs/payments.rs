//! Payments: drafts, and how they went. None of them moves money; a page does, once everything is proved.

use super::{OutSpec, Plain, VerbSpec, count, may, must, rows, text};

pub(super) const DRAFT: &[OutSpec] =
    &[text("card"), text("elder_card"), text("label"), text("wish")];
const REFUSALS: &[&str] = &[
    "account.missing",
    "balance.short",
    "bind.missing",
    "core.lacks",
    "core.maintenance",
    "pay.busy",
    "pay.counter",
    "pay.hold",
    "pay.limit",
    "pay.new_payee",
    "pay.nothing",
    "pay.refused",
    "pay.self",
    "pay.shut",
    "pay.under_way",
    "payee.missing",
];

pub(super) const VERBS: &[VerbSpec] = &[
    // Freezes what is to be paid: `account` pays `payee` (`book:ID`, `own:ACCOUNT`, `name:…`, `phone:…`) an `amount` of fen.
    // An earlier draft gives way. `card` says all of it, `elder_card` as elders hear it; `wish` names it for the page.
    VerbSpec {
        name: "pay.draft",
        args: &[must("account"), must("payee"), must("amount"), may("purpose")],
        outputs: DRAFT,
        refusals: REFUSALS,
    },
    // The same for a credit card of one's own; without `amount`, what is left of its last bill (`pay.nothing`: nothing).
    VerbSpec {
        name: "pay.repay_card",
        args: &[must("account"), must("card"), may("amount")],
        outputs: DRAFT,
        refusals: REFUSALS,
    },
    // The same for a loan of one's own: `part` is due|part|settle, `amount` the principal of part.
    VerbSpec {
        name: "pay.repay_loan",
        args: &[must("account"), must("loan"), must("part"), may("amount")],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "balance.short",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "loan.amount",
            "loan.counter",
            "loan.due_first",
            "loan.nothing",
            "loan.too_much",
            "pay.busy",
            "pay.counter",
            "pay.refused",
            "pay.shut",
            "pay.under_way",
        ],
    },
    // The customer's payments of the last days, the latest first; `state` is a sentence that begins with the money.
    VerbSpec {
        name: "pay.recent",
        args: &[],
        outputs: &[
            rows(&[
                ("at", Plain::Time),
                ("to", Plain::Text),
                ("amount", Plain::Money),
                ("state", Plain::Text),
                ("serial", Plain::Text),
            ]),
            count("count"),
        ],
        refusals: &["bind.missing"],
    },
];
