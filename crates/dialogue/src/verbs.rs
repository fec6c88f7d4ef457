//! The verbs flow files may name, with exactly what goes in and what comes out.
//!
//! Not for: doing anything. The bank has one function per name; a test there compares both lists.

/// A verb as the loader knows it.
#[derive(Debug, Clone, Copy)]
pub struct VerbSpec {
    pub name: &'static str,
    pub args: &'static [ArgSpec],
    /// What its `Done` offers to the reply's placeholders.
    pub outputs: &'static [OutSpec],
    /// Codes it may refuse with; a flow may have its own words for each.
    pub refusals: &'static [&'static str],
}

/// One argument; every argument travels as text.
#[derive(Debug, Clone, Copy)]
pub struct ArgSpec {
    pub name: &'static str,
    pub required: bool,
}

/// One output and its kind.
#[derive(Debug, Clone, Copy)]
pub struct OutSpec {
    pub name: &'static str,
    pub kind: OutKind,
}

/// What kind of value an output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutKind {
    Text,
    Money,
    Time,
    Count,
    /// The columns of each row, none of them rows.
    Rows(&'static [(&'static str, Plain)]),
}

/// The kinds a column may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    Text,
    Money,
    Time,
    Count,
}

const fn must(name: &'static str) -> ArgSpec {
    ArgSpec { name, required: true }
}
const fn may(name: &'static str) -> ArgSpec {
    ArgSpec { name, required: false }
}
const fn text(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Text }
}
const fn money(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Money }
}
const fn time(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Time }
}
const fn count(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Count }
}
const fn rows(columns: &'static [(&'static str, Plain)]) -> OutSpec {
    OutSpec { name: "rows", kind: OutKind::Rows(columns) }
}

/// Every verb of the product. Dates are `YYYY-MM-DD` in China, both ends included.
pub const VERBS: &[VerbSpec] = &[
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
    // `mobile` is masked, `seen` the last access before this one.
    VerbSpec {
        name: "bank.bindings",
        args: &[],
        outputs: &[
            rows(&[("label", Plain::Text), ("tail", Plain::Text), ("at", Plain::Time)]),
            count("count"),
            text("mobile"),
            time("seen"),
        ],
        refusals: &["bind.missing"],
    },
    VerbSpec {
        name: "bank.unbind",
        args: &[],
        outputs: &[count("count")],
        refusals: &["bind.missing", "unbind.pending"],
    },
    // `kind` is message|callback; `phone` is 11 digits or `registered`; `when` is the customer's words.
    VerbSpec {
        name: "bank.leave_message",
        args: &[must("kind"), may("text"), may("phone"), may("when")],
        outputs: &[text("number")],
        refusals: &["message.too_many"],
    },
    // `on` is true|false.
    VerbSpec { name: "bank.set_elder", args: &[must("on")], outputs: &[], refusals: &[] },
    // Keeps a reading call (as JSON) until the core's books are open; the answer is sent then.
    VerbSpec { name: "bank.ask_later", args: &[must("call")], outputs: &[], refusals: &[] },
    // `note` says that what was bound at the bank before is no longer, else it is empty.
    VerbSpec {
        name: "bank.choose_institution",
        args: &[must("institution")],
        outputs: &[text("name"), text("note")],
        refusals: &["institution.missing"],
    },
];
