//! Notices of accounts (动账提醒) and how a customer wants to be told.

use super::{VerbSpec, may, must, text};

pub(super) const VERBS: &[VerbSpec] = &[
    // `category` is account|credit; `how` on|in|out|off|balance|no_balance, or what is only asked about: sms|other|missing.
    // Without `account`: all of the category; without `how` and `least` nothing changes. `now` says how they stand then.
    VerbSpec {
        name: "bank.account_notices",
        args: &[must("category"), may("account"), may("how"), may("least")],
        outputs: &[text("now")],
        refusals: &["account.missing", "bind.missing", "notice.least", "notice.none"],
    },
    // `way` is wechat|both|sms; without it nothing changes. `now` says what is told by which way.
    VerbSpec {
        name: "bank.notice_ways",
        args: &[may("way")],
        outputs: &[text("now")],
        refusals: &["notice.no_sms", "notice.none"],
    },
    // `hours` is from-to in whole hours, or off; without it nothing changes.
    VerbSpec {
        name: "bank.notice_quiet",
        args: &[may("hours")],
        outputs: &[text("now")],
        refusals: &["notice.none"],
    },
];
