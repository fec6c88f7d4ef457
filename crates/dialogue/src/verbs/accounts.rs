//! Questions about a customer's own accounts.

use super::{Plain, VerbSpec, count, may, money, must, rows, text, time};

pub(super) const VERBS: &[VerbSpec] = &[
    // `note`: one sentence about the account's state (只收不付…), empty when there is nothing to say.
    VerbSpec {
        name: "core.balance",
        args: &[must("account")],
        outputs: &[money("available"), money("posted"), money("held"), time("as_of"), text("note")],
        refusals: &["account.frozen", "account.closed", "account.missing", "core.maintenance"],
    },
    VerbSpec {
        name: "core.balance_all",
        args: &[],
        outputs: &[
            rows(&[
                ("label", Plain::Text),
                ("tail", Plain::Text),
                ("word", Plain::Text),
                ("available", Plain::Money),
            ]),
            money("total"),
            time("as_of"),
        ],
        refusals: &["account.missing", "core.maintenance"],
    },
    // All accounts under the customer number: `state` is 正常, 冻结, 未绑定 …
    VerbSpec {
        name: "core.accounts",
        args: &[],
        outputs: &[
            rows(&[("label", Plain::Text), ("tail", Plain::Text), ("state", Plain::Text)]),
            count("count"),
        ],
        refusals: &["account.missing", "core.maintenance"],
    },
    // Latest first, five rows a page. `flow` is all|in|out. `in`, `out`, `count` are of the whole
    // range and flow; `amount` of a row is negative when money went out; `next` is empty on the last page.
    VerbSpec {
        name: "core.statement",
        args: &[must("account"), must("from"), must("to"), may("flow"), may("cursor")],
        outputs: &[
            money("in"),
            money("out"),
            count("count"),
            count("shown"),
            text("next"),
            time("as_of"),
            rows(&[
                ("id", Plain::Text),
                ("at", Plain::Time),
                ("label", Plain::Text),
                ("amount", Plain::Money),
            ]),
        ],
        refusals: &["account.missing", "statement.range_too_long", "core.maintenance"],
    },
    // `entry` is a row's `id`; the bank checks that it belongs to `account`. `explain` is one plain
    // sentence; `counterparty` is masked; texts may be empty.
    VerbSpec {
        name: "core.entry_detail",
        args: &[must("account"), must("entry")],
        outputs: &[
            time("at"),
            text("label"),
            money("amount"),
            money("balance"),
            text("counterparty"),
            text("summary"),
            text("explain"),
        ],
        refusals: &["entry.missing", "account.missing", "core.maintenance"],
    },
    // An entry its customer does not know becomes a case, once: `case` is what was written down.
    VerbSpec {
        name: "bank.entry_doubt",
        args: &[must("account"), must("entry")],
        outputs: &[text("what"), text("case")],
        refusals: &["entry.missing", "account.missing", "core.maintenance"],
    },
];
