//! The binding, the home bank, and leaving word.

use super::{Plain, VerbSpec, count, may, must, rows, text, time};

pub(super) const VERBS: &[VerbSpec] = &[
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
    // How surely the bank knows who writes: `level` with what it rests on, `can` what goes with it, `more` what asks for more.
    VerbSpec {
        name: "bank.identity",
        args: &[],
        outputs: &[text("level"), text("can"), text("more")],
        refusals: &[],
    },
    // Whether pages are read aloud: `how` is on|slow|off; `now` says what that means.
    VerbSpec {
        name: "bank.set_reading",
        args: &[must("how")],
        outputs: &[text("now")],
        refusals: &[],
    },
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
