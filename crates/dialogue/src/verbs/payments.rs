//! Payments: drafts, and how they went. None of them moves money; a page does, once everything is proved.

use super::{OutSpec, Plain, VerbSpec, count, may, must, rows, text};

pub(super) const DRAFT: &[OutSpec] =
    &[text("card"), text("elder_card"), text("label"), text("wish")];
const REFUSALS: &[&str] = &[
    "account.missing",
    "ask.surname",
    "balance.short",
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
    "pay.new_payee",
    "pay.nothing",
    "pay.refused",
    "pay.self",
    "pay.shut",
    "pay.stopped",
    "pay.under_way",
    "payee.missing",
    "payee.tries",
];

pub(super) const VERBS: &[VerbSpec] = &[
    // Freezes what is to be paid: `account` pays `payee` (`book:ID`, `own:ACCOUNT`, `name:…`, `phone:…`) an `amount` of fen.
    // With `when` (`2026-11-25@540`, `monthly:5@540`: a day or a day of each month, and the minute of it) it is to be paid then.
    // `name`: what the customer says somebody found by their number is called, once `ask.surname` has asked for it.
    // An earlier draft gives way. `card` says all of it, `elder_card` as elders hear it; `wish` names it for the page.
    VerbSpec {
        name: "pay.draft",
        args: &[
            must("account"),
            must("payee"),
            must("amount"),
            may("purpose"),
            may("when"),
            may("name"),
        ],
        outputs: DRAFT,
        refusals: REFUSALS,
    },
    // Keeps the wish for `amount` of cash at a machine, in whole hundreds; its page asks for a word, then it is a draft.
    VerbSpec {
        name: "pay.cash",
        args: &[must("account"), must("amount")],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "ask.amount",
            "balance.short",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
        ],
    },
    // Cash that waits at a machine, the latest first; `wish` names the page of the latest.
    VerbSpec {
        name: "cash.booked",
        args: &[],
        outputs: &[
            rows(&[("amount", Plain::Money), ("until", Plain::Text)]),
            count("count"),
            text("wish"),
        ],
        refusals: &["bind.missing"],
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
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // Freezes a time deposit of `amount` for `term` months, as the core quotes it now; `renew` is yes or no. `ask.NAME` has that
    // question asked anew.
    VerbSpec {
        name: "pay.open_deposit",
        args: &[must("account"), must("amount"), must("term"), may("renew")],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.term",
            "balance.short",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // Freezes a deposit on offer (`offer` is notice_1|notice_7|large_cd) of `amount`; `term` months tell certificates apart.
    VerbSpec {
        name: "pay.open_offered",
        args: &[must("account"), must("offer"), must("amount"), may("term")],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.term",
            "balance.short",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "offer.none",
            "offer.sold_out",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // What is on offer of a `kind`: notice (both), notice_1, notice_7, large_cd. `left` is a clause.
    VerbSpec {
        name: "core.deposit_offers",
        args: &[must("kind")],
        outputs: &[
            rows(&[
                ("name", Plain::Text),
                ("rate", Plain::Text),
                ("least", Plain::Money),
                ("left", Plain::Text),
            ]),
            count("count"),
        ],
        refusals: &["core.lacks", "core.maintenance", "pay.busy", "pay.refused"],
    },
    // Freezes what is taken out of a time deposit into `account`: `amount` of its principal, without it all there is. `deposit` is
    // its id, tail or place in the list; without it the only one, else `ask.deposit` with the list. `kind`: notice, else one that
    // matures.
    VerbSpec {
        name: "pay.take_deposit",
        args: &[must("account"), may("deposit"), may("amount"), may("kind")],
        outputs: &[text("card"), text("elder_card"), text("label"), text("wish"), text("deposit")],
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.deposit",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "deposit.counter",
            "deposit.none",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // Freezes a loan of `amount` for `term` months under a credit line, paid out to `account`, as the core's trial told it;
    // `method` is interest_first or equal_payment. `line` is its id, tail or place in the list; without it the only one.
    // `ask.NAME` has that question asked, with what may be answered.
    VerbSpec {
        name: "pay.draw_loan",
        args: &[must("account"), may("line"), may("amount"), may("term"), may("method")],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.line",
            "ask.method",
            "ask.term",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "line.cut",
            "line.ended",
            "line.full",
            "line.none",
            "line.overdue",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // Freezes instalments of `card`, as the core's trial told them: of its last bill, or with `target` purchase of one purchase
    // that `amount` or `which` (its place in the list) names. `term` is how many. `ask.NAME` has that question asked, with what
    // may be answered.
    VerbSpec {
        name: "pay.split_card",
        args: &[must("card"), may("target"), may("which"), may("amount"), may("term")],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.term",
            "ask.which",
            "balance.short",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
            "split.counter",
            "split.no_purchase",
            "split.nothing",
        ],
    },
    // Freezes an agreement that `account` pays the bills of `card` on their due days: `mode` is full or least.
    VerbSpec {
        name: "pay.card_autopay",
        args: &[must("account"), must("card"), may("mode")],
        outputs: DRAFT,
        refusals: &[
            "account.missing",
            "ask.mode",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "order.past",
            "order.same",
            "order.too_many",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
        ],
    },
    // Transfers to others of the last thirty days, at most five, the latest first; none where nothing may be shown. `only` is its id
    // when there is one.
    VerbSpec {
        name: "pay.sent",
        args: &[],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("at", Plain::Time),
                ("to", Plain::Text),
                ("amount", Plain::Money),
            ]),
            count("count"),
            text("only"),
        ],
        refusals: &[],
    },
    // One of them went wrong and becomes a case, once: `case` is what was written down, `first` what comes before all else.
    VerbSpec {
        name: "pay.wrong",
        args: &[must("payment"), may("problem")],
        outputs: &[text("what"), text("case"), text("first")],
        refusals: &["bind.missing", "pay.not_sent"],
    },
    // What is to be paid later and has not come due, the next one first; `only` is its id when there is one.
    VerbSpec {
        name: "pay.orders",
        args: &[may("which")],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("when", Plain::Text),
                ("to", Plain::Text),
                ("amount", Plain::Money),
                ("next", Plain::Text),
            ]),
            count("count"),
            text("only"),
        ],
        refusals: &["bind.missing"],
    },
    // Takes one back before its time. `what` says which it was, `also` what of it cannot be taken back any more.
    VerbSpec {
        name: "pay.cancel_order",
        args: &[must("order")],
        outputs: &[text("what"), text("also")],
        refusals: &["bind.missing", "order.gone", "order.missing"],
    },
    // Stops one that repeats until it is resumed; `what` says which it was.
    VerbSpec {
        name: "pay.pause_order",
        args: &[must("order")],
        outputs: &[text("what"), text("next")],
        refusals: &[
            "bind.missing",
            "order.agreed",
            "order.gone",
            "order.missing",
            "order.once",
            "order.paused",
        ],
    },
    // Lets one that was paused go on; `next` is its next day, and how many are left.
    VerbSpec {
        name: "pay.resume_order",
        args: &[must("order")],
        outputs: &[text("what"), text("next")],
        refusals: &[
            "bind.missing",
            "order.agreed",
            "order.ended",
            "order.gone",
            "order.missing",
            "order.runs",
        ],
    },
    // Nothing more is said of one the day before.
    VerbSpec {
        name: "pay.no_reminder",
        args: &[must("order")],
        outputs: &[text("what"), text("next")],
        refusals: &["bind.missing", "order.agreed", "order.gone", "order.missing"],
    },
    // The payee book, who was paid last first; `called` is what the customer calls them, as a clause; `more` where not all are shown.
    VerbSpec {
        name: "payee.list",
        args: &[],
        outputs: &[
            rows(&[("who", Plain::Text), ("called", Plain::Text)]),
            count("count"),
            text("more"),
        ],
        refusals: &["bind.missing"],
    },
    // What the customer calls somebody of the book (`book:ID`) from now on; the earlier name of theirs gives way.
    VerbSpec {
        name: "payee.rename",
        args: &[must("payee"), must("called")],
        outputs: &[text("who"), text("called")],
        refusals: &["bind.missing", "payee.called", "payee.missing", "payee.taken"],
    },
    // Takes somebody out of the book; paid later, they are new. `id` is for taking it back.
    VerbSpec {
        name: "payee.remove",
        args: &[must("payee")],
        outputs: &[text("who"), text("id")],
        refusals: &["bind.missing", "payee.has_orders", "payee.missing"],
    },
    // Puts back whom the customer has just taken out.
    VerbSpec {
        name: "payee.restore",
        args: &[must("payee")],
        outputs: &[text("who")],
        refusals: &["bind.missing", "payee.full", "payee.gone"],
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
