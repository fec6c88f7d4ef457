//! Stopping harm, the customer's own settings, and their data.

use super::{Plain, VerbSpec, count, may, must, rows, text, time};

pub(super) const VERBS: &[VerbSpec] = &[
    // `wish` is lock|loss. Without `account`: all of `kind`, which is everyday (cards and passbooks) or credit.
    // `state` says how a row stands now, `until` when an oral loss ends by itself (empty for locks).
    // `stop.trying`: not known yet, tried on by a job. `stop.partly`: its words say which.
    VerbSpec {
        name: "bank.stop",
        args: &[must("wish"), may("account"), may("kind")],
        outputs: &[
            rows(&[("label", Plain::Text), ("tail", Plain::Text), ("state", Plain::Text)]),
            count("count"),
            text("until"),
        ],
        refusals: &[
            "account.missing",
            "bind.missing",
            "stop.trying",
            "stop.partly",
            "stop.refused",
        ],
    },
    // Locks one use of an account at once: `use` is night|abroad|online|stranger. `hours` says when it is locked.
    VerbSpec {
        name: "bank.lock_use",
        args: &[must("account"), must("use")],
        outputs: &[text("hours")],
        refusals: &["account.missing", "bind.missing", "lock.trying", "lock.refused"],
    },
    // Freezes the WeChat channel of the customer; every open page ends.
    VerbSpec { name: "bank.freeze", args: &[], outputs: &[], refusals: &["bind.missing"] },
    // The latest entries of all everyday accounts together.
    VerbSpec {
        name: "core.recent",
        args: &[],
        outputs: &[
            rows(&[
                ("at", Plain::Time),
                ("label", Plain::Text),
                ("amount", Plain::Money),
                ("account", Plain::Text),
            ]),
            count("count"),
            time("as_of"),
        ],
        refusals: &["account.missing", "core.maintenance"],
    },
    // What the bank has on file, masked; empty where nothing is.
    VerbSpec {
        name: "core.profile",
        args: &[],
        outputs: &[text("name"), text("mobile"), text("document")],
        refusals: &["account.missing", "core.maintenance"],
    },
    VerbSpec {
        name: "bank.set_default",
        args: &[must("account")],
        outputs: &[text("name")],
        refusals: &["account.missing", "bind.missing"],
    },
    // What the follower agreed to and has not withdrawn; `effect` says what withdrawing it ends.
    VerbSpec {
        name: "bank.consents",
        args: &[],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("title", Plain::Text),
                ("version", Plain::Text),
                ("at", Plain::Time),
            ]),
            count("count"),
        ],
        refusals: &[],
    },
    // `consent` is a row's `id`. `note` says what ended with it.
    VerbSpec {
        name: "bank.withdraw_consent",
        args: &[must("consent")],
        outputs: &[text("title"), text("note")],
        refusals: &["consent.none"],
    },
    // `on` is true|false: whether advertising may come.
    VerbSpec { name: "bank.set_marketing", args: &[must("on")], outputs: &[], refusals: &[] },
    // What a message or number that somebody sent looks like: `advice` in words, and a person is told of what was sent.
    VerbSpec {
        name: "bank.check_sender",
        args: &[must("text")],
        outputs: &[text("advice")],
        refusals: &["message.too_many"],
    },
];
