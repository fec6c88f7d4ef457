//! When money arrives, in words.

use crate::verbs::clock_words;
use base::Time;
use corebank::Day;
use corebank::money::{Arrival, Payee};

/// By when a biller has confirmed what was debited, or it is back.
pub(super) fn result_by(arrival: Arrival, now: Time) -> String {
    match arrival {
        Arrival::AtOnce => "马上给您结果；不成功自动退回".into(),
        Arrival::By(at) => {
            let day = Day::at(at);
            let on = if day == Day::at(now) { String::new() } else { format!("{}日 ", day.day()) };
            format!("最晚 {on}{} 给您结果；不成功自动退回", clock_words(at))
        }
    }
}

/// When a wealth company has confirmed what it was told.
pub(super) fn dealt_on(payee: &Payee) -> String {
    let day = |d: Day| format!("{}月{}日", d.month(), d.day());
    match payee {
        Payee::Subscription { begins_on, .. } => format!("{}确认份额并起息", day(*begins_on)),
        Payee::Redemption { arrives_on, .. } => format!("{}到账", day(*arrives_on)),
        _ => String::new(),
    }
}

/// 马上到, or by when.
pub(super) fn arrival(arrival: Arrival, now: Time) -> String {
    match arrival {
        Arrival::AtOnce => "马上到".into(),
        Arrival::By(at) if Day::at(at) == Day::at(now) => {
            format!("一般几分钟到，最晚 {}", clock_words(at))
        }
        Arrival::By(at) => {
            let day = Day::at(at);
            format!("最晚 {}月{}日 {} 到", day.month(), day.day(), clock_words(at))
        }
    }
}
