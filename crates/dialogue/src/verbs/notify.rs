//! Notices of accounts (动账提醒) and how a customer wants to be told.

use super::{VerbSpec, may, must, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // `category` is account|credit; `how` on|in|out|off|balance|no_balance|hour|day, or what is only asked about: sms|other|missing.
    // Without `account`: all of the category; without `how` and `least` nothing changes. `now` says how they stand then.
    VerbSpec {
        name: "bank.account_notices",
        args: &[must("category"), may("account"), may("how"), may("least")],
        outputs: &[text("now")],
        refusals: &["account.missing", "bind.missing", "notice.least", "notice.none"],
    },
    // `way` is wechat|both|sms|none, of all categories or of `kind`: account|credit|due|progress, while security stays; without it
    // nothing changes. `now` says what is told by which way.
    VerbSpec {
        name: "bank.notice_ways",
        args: &[may("kind"), may("way")],
        outputs: &[text("now")],
        refusals: &["notice.locked", "notice.no_sms", "notice.none"],
    },
    // `hours` is from-to in whole hours, off, days of rest (3d), or resume; `span` from-to in minutes of the day, and comes
    // before from-to and off. Without both nothing changes.
    VerbSpec {
        name: "bank.notice_quiet",
        args: &[may("hours"), may("span")],
        outputs: &[text("now")],
        refusals: &["notice.none", "notice.pause"],
    },
    // A line that was told and that its customer does not know: `notice` names it, else it is the last one told. `account` as
    // verbs want it, `case` what was written down.
    VerbSpec {
        name: "bank.notice_doubt",
        args: &[may("notice")],
        outputs: &[text("account"), text("what"), text("case")],
        refusals: &["bind.missing", "notice.none"],
    },
    // The last reminder is told once more tomorrow.
    VerbSpec {
        name: "bank.remind_tomorrow",
        args: &[],
        outputs: &[text("what"), text("when")],
        refusals: &["bind.missing", "remind.none", "remind.twice"],
    },
];
