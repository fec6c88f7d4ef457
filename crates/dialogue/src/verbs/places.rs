//! Branches, machines and village service points. Anyone may ask.

use super::{Plain, VerbSpec, may, must, rows, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // `kind` branch|atm|point; `place` a spot, ids of places or words; `need` what should be done there; `day` YYYY-MM-DD.
    // `far` is `，约3.2公里` or empty, `open` whether it is open now (or on that day), `call` is `，电话 …` or empty,
    // `more` what else there is to say.
    VerbSpec {
        name: "bank.places",
        args: &[must("kind"), must("place"), may("need"), may("day")],
        outputs: &[
            rows(&[
                ("id", Plain::Text),
                ("name", Plain::Text),
                ("far", Plain::Text),
                ("open", Plain::Text),
                ("address", Plain::Text),
                ("call", Plain::Text),
                ("more", Plain::Text),
            ]),
            text("head"),
            text("note"),
        ],
        refusals: &["places.none", "places.unknown"],
    },
    // `row` is the id of a place in a list shown before and counts more than `place`. `lead` says which one this is when it was not named;
    // `hours` are the week's, `open` today's (or that day's), `more` the rest in a line of its own. `place` is its id.
    VerbSpec {
        name: "bank.place",
        args: &[may("row"), may("place"), may("day")],
        outputs: &[
            text("place"),
            text("lead"),
            text("name"),
            text("address"),
            text("call"),
            text("open"),
            text("hours"),
            text("more"),
        ],
        refusals: &["places.none", "places.unknown", "places.several"],
    },
];
