//! What an institution tells its county. Anyone may ask.

use super::{Plain, VerbSpec, may, must, rows, text};

const LINE: &[(&str, Plain)] =
    &[("title", Plain::Text), ("words", Plain::Text), ("basis", Plain::Text)];

pub(super) const VERBS: &[VerbSpec] = &[
    // `list` notice|subsidy|promo|farming; `topic` as the list has it, or `place`: a spot, ids of places or words. `basis` is where it comes
    // from and its days. What is past its date is refused with whom to ask.
    VerbSpec {
        name: "bank.bulletins",
        args: &[must("list"), may("topic"), may("place")],
        outputs: &[rows(LINE), text("note")],
        refusals: &["bulletins.none", "bulletins.over", "places.unknown"],
    },
    // A row for each market: `title` is the market, `words` the range and how it moved.
    VerbSpec {
        name: "bank.market_price",
        args: &[must("product")],
        outputs: &[rows(LINE), text("note")],
        refusals: &["prices.none", "prices.stale"],
    },
    // `term` is a solar term; without it, today's. `season` says when it is, the rows what the farming list has for it.
    VerbSpec {
        name: "bank.season",
        args: &[may("term")],
        outputs: &[rows(LINE), text("season")],
        refusals: &[],
    },
];
