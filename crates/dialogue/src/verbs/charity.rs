//! Good causes: points and money given, how projects stand, what one gave.

use super::payments::DRAFT;
use super::{Plain, VerbSpec, count, may, must, rows, text};

/// What a gift in chat says beside its words: amounts of points that may be given by a tap, each empty where it makes no
/// sense, and the gift to be confirmed, empty while nothing is said of how many; `pin_gift` is one that needs the PIN on the page
/// `label` leads to. `cause` is the project,
/// under a name of its own: a line that names it must not stand because the customer had named one before.
const OFFER: &[super::OutSpec] = &[
    text("words"),
    text("elder_words"),
    text("gift"),
    text("pin_gift"),
    text("label"),
    text("hundred"),
    text("five"),
    text("ending"),
    text("rest"),
    text("all"),
    text("cause"),
];

pub(super) const VERBS: &[VerbSpec] = &[
    // Without `points`: what there is and what it is good for. With them (digits, all, ending): the gift to be confirmed. Of
    // `project` (an id of `charity.projects`), else of the first that is open.
    VerbSpec {
        name: "charity.offer",
        args: &[may("project"), may("points")],
        outputs: OFFER,
        refusals: &[
            "account.missing",
            "bind.missing",
            "charity.closed",
            "charity.none",
            "core.lacks",
            "core.maintenance",
            "gift.busy",
            "gift.under_way",
            "points.no_card",
            "points.none",
        ],
    },
    // Makes the gift that was offered; again, it tells what became of it. With `no` it is left.
    VerbSpec {
        name: "charity.give",
        args: &[may("gift"), may("no")],
        outputs: &[text("words"), text("elder_words"), text("gift"), text("cause")],
        refusals: &[
            "account.missing",
            "bind.missing",
            "charity.closed",
            "core.maintenance",
            "gift.expired",
            "gift.left",
            "gift.limit",
            "gift.none",
            "gift.refused",
            "gift.trying",
        ],
    },
    // Agrees to points each month, from the next one on; `points` where they were said, else the fewest.
    VerbSpec {
        name: "charity.monthly",
        args: &[may("project"), may("points")],
        outputs: &[text("words")],
        refusals: &[
            "account.missing",
            "bind.missing",
            "charity.closed",
            "charity.none",
            "core.lacks",
            "core.maintenance",
            "gift.busy",
            "plan.points",
            "points.no_card",
            "points.none",
        ],
    },
    // Ends what is given each month.
    VerbSpec {
        name: "charity.stop_monthly",
        args: &[],
        outputs: &[],
        refusals: &["bind.missing", "plan.missing"],
    },
    // Puts the giver's masked name on the wall of lamps; with `no` it is taken off. `on` is the gift while it is named.
    VerbSpec {
        name: "charity.sign",
        args: &[may("gift"), may("no")],
        outputs: &[text("words"), text("on")],
        refusals: &[
            "account.missing",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "gift.busy",
            "gift.none",
        ],
    },
    // Projects of the province and of the customer's own bank; `mine` is the customer's share, or empty.
    VerbSpec {
        name: "charity.projects",
        args: &[],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("title", Plain::Text),
                ("about", Plain::Text),
                ("state", Plain::Text),
            ]),
            count("count"),
            text("mine"),
        ],
        refusals: &["core.maintenance"],
    },
    // One project: who raises it under which licence, and how it stands. `give` is `project` while it is open.
    VerbSpec {
        name: "charity.project",
        args: &[must("project")],
        outputs: &[text("words"), text("project"), text("give")],
        refusals: &["charity.none", "core.maintenance"],
    },
    // What the customer gave, the latest first.
    VerbSpec {
        name: "charity.mine",
        args: &[],
        outputs: &[
            rows(&[("what", Plain::Text), ("at", Plain::Time), ("note", Plain::Text)]),
            count("count"),
            text("total"),
        ],
        refusals: &["bind.missing"],
    },
    // Freezes a gift of money to the project's account; `anonymous` is yes|no, `when` as in `pay.draft`; with `monthly`
    // that day of each month (每月捐). A card.
    VerbSpec {
        name: "charity.draft_cash",
        args: &[
            must("account"),
            must("amount"),
            must("anonymous"),
            may("project"),
            may("when"),
            may("monthly"),
        ],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "balance.short",
            "bind.missing",
            "charity.closed",
            "charity.no_cash",
            "charity.none",
            "core.lacks",
            "core.maintenance",
            "order.past",
            "order.same",
            "order.too_many",
            "pay.busy",
            "pay.counter",
            "pay.hold",
            "pay.limit",
            "pay.refused",
            "pay.self",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
];
