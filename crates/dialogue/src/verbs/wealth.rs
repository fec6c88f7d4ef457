//! Wealth products (代销理财): what there is, what one has, and drafts of buying and selling. A benchmark is never called a rate.

use super::{Plain, VerbSpec, count, may, money, must, rows, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // On sale and within the customer's grade where it is known, three at most. `risk` is safe|some, `term` months, `amount` fen.
    // `note` says by what they were chosen.
    VerbSpec {
        name: "wealth.products",
        args: &[may("risk"), may("term"), may("amount")],
        outputs: &[
            rows(&[
                ("name", Plain::Text),
                ("grade", Plain::Text),
                ("benchmark", Plain::Text),
                ("term", Plain::Text),
                ("least", Plain::Money),
            ]),
            count("count"),
            text("note"),
        ],
        refusals: &["core.lacks", "core.maintenance", "account.missing"],
    },
    // Each `gain` and `last` is a clause (赚了 12.30 元); `under_way` says what is not confirmed, or is empty; `as_of` the day of
    // the net values, `nav` a sentence where there is one holding only.
    VerbSpec {
        name: "wealth.book",
        args: &[],
        outputs: &[
            rows(&[
                ("name", Plain::Text),
                ("value", Plain::Money),
                ("gain", Plain::Text),
                ("last", Plain::Text),
                ("when", Plain::Text),
            ]),
            count("count"),
            money("total"),
            text("gain"),
            text("as_of"),
            text("nav"),
            text("under_way"),
        ],
        refusals: &["core.lacks", "core.maintenance", "account.missing", "bind.missing"],
    },
    // Freezes a purchase as the core's trial told it. `product` is a name, a code or a place in the list; without it, and without
    // `amount`, `ask.NAME` has that question asked. Refused before either while the assessment or the recorded sale is missing.
    VerbSpec {
        name: "pay.buy_wealth",
        args: &[must("account"), may("product"), may("amount")],
        outputs: &[text("card"), text("elder_card"), text("label"), text("wish"), text("product")],
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.product",
            "balance.short",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
            "risk.above",
            "risk.expired",
            "risk.none",
            "wealth.none",
            "wealth.off_sale",
            "wealth.record",
            "wealth.sold_out",
        ],
    },
    // Freezes what is sold of a holding into `account`: `amount`, without it all there is. `holding` is its id, its name or its
    // place in the list; without it the only one, else `ask.holding` with the list.
    VerbSpec {
        name: "pay.sell_wealth",
        args: &[must("account"), may("holding"), may("amount")],
        outputs: &[text("card"), text("elder_card"), text("label"), text("wish"), text("holding")],
        refusals: &[
            "account.missing",
            "ask.amount",
            "ask.holding",
            "bind.missing",
            "core.lacks",
            "core.maintenance",
            "pay.busy",
            "pay.refused",
            "pay.shut",
            "pay.stopped",
            "pay.under_way",
            "wealth.closed",
            "wealth.none",
        ],
    },
    // Orders of wealth products that nobody has confirmed, the latest first; `only` is the id of the only one.
    VerbSpec {
        name: "wealth.orders",
        args: &[],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("name", Plain::Text),
                ("amount", Plain::Money),
                ("arrival", Plain::Text),
            ]),
            count("count"),
            text("only"),
        ],
        refusals: &["account.missing", "bind.missing"],
    },
    // Takes one of them back before it is confirmed.
    VerbSpec {
        name: "wealth.take_back",
        args: &[must("order")],
        outputs: &[text("name"), money("amount"), text("serial")],
        refusals: &[
            "account.missing",
            "bind.missing",
            "core.lacks",
            "order.gone",
            "order.missing",
            "pay.busy",
        ],
    },
];
