//! Bills: a draft of one, what was paid, and what is done about them month after month. None of them moves money; a page does,
//! once everything is proved.

use super::{Plain, VerbSpec, count, may, money, must, rows, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // Freezes a bill's payment: `account` pays what a household owes for `kind` (`electric`, `water` …), or `amount` fen of it.
    // `household` is digits, `home:ID` or `registered`; without it the one that was paid before, by what it is `called` when
    // there are several. `called` is also the name under which it is remembered. `ask.NAME` has that question asked anew;
    // `bill.none`: nobody is contracted here; `bill.nothing`: nothing is owed; `bill.paying`: it waits for the biller.
    VerbSpec {
        name: "bill.draft",
        args: &[must("account"), must("kind"), may("household"), may("called"), may("amount")],
        outputs: &[
            text("card"),
            text("elder_card"),
            text("label"),
            text("wish"),
            text("household"),
        ],
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.household",
            "balance.short",
            "bill.amount",
            "bill.none",
            "bill.nothing",
            "bill.offline",
            "bill.paying",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "pay.busy",
            "pay.counter",
            "pay.hold",
            "pay.limit",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // Freezes one payment of a family's insurance, `kind` `medical` or `pension`: `who` as [`crate::people`] keeps it, of the
    // customer's own family, of the one of `household`, or of one that was paid for before; `year` (its first four digits) the one
    // that is collected now; `tier` fen, where there is a choice. `ask.NAME` as above; `levy.closed`: not the season,
    // `levy.nothing`: whoever was named has nothing to pay, `levy.year`: that year cannot be paid.
    VerbSpec {
        name: "bill.family",
        args: &[
            must("account"),
            must("kind"),
            may("who"),
            may("household"),
            may("year"),
            may("tier"),
        ],
        outputs: &[
            text("card"),
            text("elder_card"),
            text("label"),
            text("wish"),
            text("household"),
            text("who"),
        ],
        refusals: &[
            "account.missing",
            "ask.household",
            "ask.tier",
            "ask.who",
            "balance.short",
            "bill.none",
            "bill.offline",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "levy.closed",
            "levy.nothing",
            "levy.year",
            "pay.busy",
            "pay.counter",
            "pay.hold",
            "pay.limit",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // The customer's bills from one day to another, of one `kind` or all, the latest first; `total` is what was really paid,
    // `state` begins with what happened to the money.
    VerbSpec {
        name: "bill.history",
        args: &[may("kind"), may("from"), may("to")],
        outputs: &[
            rows(&[
                ("at", Plain::Time),
                ("fee", Plain::Text),
                ("to", Plain::Text),
                ("amount", Plain::Money),
                ("state", Plain::Text),
                ("serial", Plain::Text),
            ]),
            count("count"),
            money("total"),
        ],
        refusals: &["bind.missing"],
    },
    // Households whose bills the customer has paid, the last one first.
    VerbSpec {
        name: "bill.households",
        args: &[may("kind")],
        outputs: &[
            rows(&[("fee", Plain::Text), ("name", Plain::Text), ("tail", Plain::Text)]),
            count("count"),
        ],
        refusals: &["bind.missing"],
    },
    // The bills of a customer who thinks one went wrong, to say which; of the only one, and of one paid twice, `words` say what
    // can be said and there are no rows. `bill.no_record` when there was none lately.
    VerbSpec {
        name: "bill.mistakes",
        args: &[may("kind"), may("problem")],
        outputs: &[
            text("words"),
            rows(&[
                ("id", Plain::Text),
                ("at", Plain::Time),
                ("fee", Plain::Text),
                ("to", Plain::Text),
                ("amount", Plain::Money),
            ]),
        ],
        refusals: &["bill.no_record", "bind.missing"],
    },
    // What can be said of one of them.
    VerbSpec {
        name: "bill.mistake",
        args: &[must("payment"), may("problem")],
        outputs: &[text("words"), text("serial")],
        refusals: &["bill.no_record", "bind.missing"],
    },
    // Reminds each month of the households of a `kind` that are `called` so, without them of all that were paid before. `when` is
    // a plan: its day of the month counts. One that is reminded of already has a new day.
    VerbSpec {
        name: "bill.remind",
        args: &[may("kind"), may("called"), may("when")],
        outputs: &[text("what"), text("when"), text("first")],
        refusals: &["bill.no_household", "bind.missing"],
    },
    // Freezes an agreement: each month, on the day of `when`, what a household owes is paid by `account`, `limit` fen at most.
    // The household is one that was paid before, by `kind`, by what it is `called`, or by `which`: its name or the end of its
    // number. `ask.NAME` has that question asked anew.
    VerbSpec {
        name: "bill.autopay",
        args: &[
            must("account"),
            may("kind"),
            may("called"),
            may("which"),
            may("limit"),
            may("when"),
        ],
        outputs: &[text("card"), text("elder_card"), text("label"), text("wish")],
        refusals: &[
            "account.missing",
            "ask.fee",
            "ask.household",
            "ask.limit",
            "ask.which",
            "bill.no_household",
            "bill.none",
            "bill.not_kept",
            "bill.offline",
            "bind.missing",
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
            "pay.shut",
            "pay.stopped",
        ],
    },
    // Reminders and agreements, agreements first; `only` is the id when there is one.
    VerbSpec {
        name: "bill.plans",
        args: &[],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("what", Plain::Text),
                ("when", Plain::Text),
                ("next", Plain::Text),
            ]),
            count("count"),
            text("only"),
        ],
        refusals: &["bind.missing"],
    },
    // Ends one of them at once. `what` says which it was.
    VerbSpec {
        name: "bill.stop_plan",
        args: &[must("plan")],
        outputs: &[text("what")],
        refusals: &["bind.missing", "plan.missing"],
    },
];
