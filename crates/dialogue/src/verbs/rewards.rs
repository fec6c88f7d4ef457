//! Points of a credit card exchanged for wares.

use super::{Plain, VerbSpec, count, may, must, rows, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // What there is; of what is `named` (words with | between) where that is there, else all of it, and `missing` says so. `only`
    // is the code of the only one.
    VerbSpec {
        name: "points.wares",
        args: &[may("named")],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("name", Plain::Text),
                ("points", Plain::Text),
                ("ways", Plain::Text),
            ]),
            count("count"),
            text("missing"),
            text("only"),
        ],
        refusals: &[
            "account.missing",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "exchange.busy",
        ],
    },
    // The exchange to be confirmed: `exchange` by a line, `pin_exchange` with the PIN on the page `label` leads to. `by_post` is the ware
    // where it may be sent instead, `many` how many of it.
    VerbSpec {
        name: "points.offer",
        args: &[must("account"), must("ware"), may("count"), may("handover")],
        outputs: &[
            text("words"),
            text("exchange"),
            text("pin_exchange"),
            text("label"),
            text("by_post"),
            text("many"),
        ],
        refusals: &[
            "account.missing",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "exchange.busy",
            "exchange.limit",
            "exchange.under_way",
            "points.short",
            "ware.handover",
            "ware.missing",
            "ware.sold_out",
        ],
    },
    // Makes the exchange that was offered; again, it tells what became of it. With `no` it is left.
    VerbSpec {
        name: "points.exchange",
        args: &[may("exchange"), may("no")],
        outputs: &[text("words")],
        refusals: &[
            "account.missing",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "exchange.expired",
            "exchange.left",
            "exchange.limit",
            "exchange.none",
            "exchange.pin",
            "exchange.refused",
            "exchange.trying",
        ],
    },
    // What was exchanged lately, the newest first.
    VerbSpec {
        name: "points.orders",
        args: &[],
        outputs: &[
            rows(&[("at", Plain::Time), ("what", Plain::Text), ("note", Plain::Text)]),
            count("count"),
        ],
        refusals: &["account.missing", "bind.missing"],
    },
];
