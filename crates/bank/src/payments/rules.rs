//! How much may be paid, and what must be proved for it (TA-02, TA-06, TA-08, TA-09). Pure.
//!
//! Numbers are settings below the regulator's ceilings (core.md §10). Not for: what the core itself limits; it says so.

use base::{DAY_MS, Fen, Refusal, Time};
use serde::Deserialize;

pub const SINGLE: Refusal = Refusal::invalid("pay.limit", "超过微信每笔限额");
pub const COUNTER: Refusal = Refusal::forbidden("pay.counter", "没有扣钱。这样大的金额要到网点办");
pub const NEW_PAYEE: Refusal = Refusal::invalid("pay.new_payee", "新收款人要等一等");
pub const HOLD: Refusal = Refusal::forbidden(
    "pay.hold",
    "没有扣钱。这一小时转给了好几个新的人，先缓一缓。真要转，回聊天说「约回电」，客服打给您核实，或到网点办",
);

/// A day's payments above this need more than a code and a PIN (银发〔2016〕261号); we have no certificate.
const CERTIFICATE_ABOVE: Fen = Fen::of(5_000_000);
/// Above this a person is warned (the same).
const WARN_ABOVE: Fen = Fen::of(30_000_000);
/// Whoever confirms faster has not read.
const READ_MS: i64 = 1_500;
/// New payees of an hour before the next is held.
const PAYEES_AN_HOUR: i64 = 5;

/// What one payer may pay in a day by codes that anybody may print (银发〔2017〕296号, class D).
const PRINTED_A_DAY: Fen = Fen::of(50_000);

/// Whether one more payment by such a code may be.
pub fn lets_printed(used: Fen, amount: Fen) -> Result<(), Refusal> {
    let total = used.checked_add(amount).unwrap_or(amount);
    if total <= PRINTED_A_DAY {
        return Ok(());
    }
    let left = PRINTED_A_DAY.checked_sub(used).filter(|f| !f.is_negative()).unwrap_or(Fen::ZERO);
    Err(SINGLE.say(format!(
        "没有扣钱。没写金额的收款码，一天最多付 {PRINTED_A_DAY} 元，今天还能付 {left} 元。再多请对方出示带金额的码"
    )))
}

/// `[payments]` of the settings.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub single_max_fen: i64,
    pub day_max_fen: i64,
    /// Up to this, a day's payments together, the PIN alone is enough.
    pub pin_only_max_fen: i64,
    /// To whom nothing was paid yet, and not known for this long: no more than this.
    pub new_payee_max_fen: i64,
    pub new_payee_wait_ms: i64,
    /// To whom nothing was paid yet: from this sum on it goes out the next day unless the customer chooses otherwise.
    pub next_day_from_fen: i64,
    /// The same of any sum, from this age on.
    pub next_day_from_age: i64,
}

/// What a payment is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What is done, in one character: 转, 交.
    pub deed: &'static str,
    pub amount: Fen,
    /// Paid today before it.
    pub used: Fen,
    /// The customer's own account at the same bank: nothing leaves them.
    pub is_own: bool,
    /// A transfer to another bank: what is gone is not had back.
    pub is_elsewhere: bool,
    /// Since when the payee is in the book, when nothing was paid to them yet.
    pub new_since: Option<Time>,
    /// Since when the customer is bound.
    pub bound_at: Time,
    /// What they usually pay; none before the third payment.
    pub usual: Option<Fen>,
    /// Nothing but the PIN was ever proved on the phone they pay on.
    pub is_new_phone: bool,
    /// New payees of the last hour, this one included.
    pub payees_this_hour: i64,
    /// How long what is to be confirmed was before their eyes; none before it was.
    pub shown_ms: Option<i64>,
    pub now: Time,
}

/// What must be proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factors {
    Pin,
    CodeAndPin,
}

/// What is asked of the customer before a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub factors: Factors,
    /// To be read and confirmed; empty when there is nothing.
    pub warning: &'static str,
    /// A code is asked for because of the phone, and of nothing else.
    pub is_new_phone: bool,
}

impl Rules {
    /// What may still be paid today.
    pub fn left(&self, used: Fen) -> Fen {
        let left = Fen::of(self.day_max_fen).checked_sub(used).unwrap_or(Fen::ZERO);
        if left.is_negative() { Fen::ZERO } else { left }
    }

    /// Whether it may be paid, and what for.
    pub fn judge(&self, case: &Case) -> Result<Judged, Refusal> {
        if case.is_own {
            return Ok(Judged { factors: Factors::Pin, warning: "", is_new_phone: false });
        }
        self.within(case)?;
        let total = case.used.checked_add(case.amount).unwrap_or(case.amount);
        if total > CERTIFICATE_ABOVE {
            return Err(COUNTER);
        }
        let is_small = total.fen() <= self.pin_only_max_fen;
        let is_light = is_small && !case.is_elsewhere && !self.odd(case);
        let is_new_phone = is_light && case.is_new_phone;
        let factors = if is_light && !is_new_phone { Factors::Pin } else { Factors::CodeAndPin };
        let warning = match () {
            () if total > WARN_ABOVE => "今天转出的钱很多了，请再想想是不是真的要转",
            () if case.new_since.is_some() => "第一次给这个人转，请核对姓名和卡号",
            () => "",
        };
        Ok(Judged { factors, warning, is_new_phone })
    }

    fn within(&self, case: &Case) -> Result<(), Refusal> {
        let single = Fen::of(self.single_max_fen);
        let left = self.left(case.used);
        if case.amount > single {
            let words = format!("没有扣钱。在微信每笔最多{} {single} 元，再多请到网点", case.deed);
            return Err(SINGLE.say(words).up_to(single.min(left)));
        }
        if case.amount > left {
            let deed = case.deed;
            let words =
                format!("没有扣钱。今天在微信还能{deed} {left} 元，再多请明天{deed}或到网点");
            return Err(SINGLE.say(words).up_to(left));
        }
        if let Some(since) = case.new_since {
            let is_fresh = case.now.since(since) < self.new_payee_wait_ms;
            let most = Fen::of(self.new_payee_max_fen);
            if is_fresh && case.amount > most {
                let minutes = self.new_payee_wait_ms / 60_000;
                let words = format!(
                    "没有扣钱。新收款人 {minutes} 分钟内每笔最多 {most} 元，过一会儿再转就可以多转"
                );
                return Err(NEW_PAYEE.say(words).up_to(most.min(left)));
            }
            if case.payees_this_hour > PAYEES_AN_HOUR {
                return Err(HOLD);
            }
        }
        Ok(())
    }

    /// Whether something but the phone is out of the ordinary, so that the PIN alone is not enough (TA-09).
    fn odd(&self, case: &Case) -> bool {
        let (_, _, _, hour, _) = case.now.china();
        let is_night = !(6..23).contains(&hour);
        let is_fresh = case.now.since(case.bound_at) < DAY_MS;
        let is_large = case.usual.is_some_and(|u| case.amount.fen() > u.fen().saturating_mul(3));
        let is_unread = case.shown_ms.is_some_and(|ms| ms < READ_MS);
        is_night || is_fresh || is_large || is_unread
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    const RULES: Rules = Rules {
        single_max_fen: 500_000,
        day_max_fen: 2_000_000,
        pin_only_max_fen: 100_000,
        new_payee_max_fen: 200_000,
        new_payee_wait_ms: 1_800_000,
        next_day_from_fen: 200_000,
        next_day_from_age: 60,
    };
    /// 2026-11-23 10:00 in China.
    const NOW: Time = Time::of_ms(1_795_363_200_000 + 10 * 3_600_000);

    fn case(yuan_fen: i64) -> Case {
        Case {
            deed: "交",
            amount: Fen::of(yuan_fen),
            used: Fen::ZERO,
            is_own: false,
            is_elsewhere: false,
            new_since: None,
            bound_at: NOW.plus_ms(-30 * DAY_MS),
            usual: None,
            is_new_phone: false,
            payees_this_hour: 0,
            shown_ms: Some(5_000),
            now: NOW,
        }
    }
    fn factors(case: &Case) -> Factors {
        RULES.judge(case).unwrap().factors
    }

    #[test]
    fn each_boundary_to_the_fen_ta_02() {
        assert_eq!(factors(&case(100_000)), Factors::Pin);
        assert_eq!(factors(&case(100_001)), Factors::CodeAndPin);
        assert!(RULES.judge(&case(500_000)).is_ok());
        let no = RULES.judge(&case(500_001)).unwrap_err();
        assert_eq!(
            (no.code, no.words.as_ref()),
            ("pay.limit", "没有扣钱。在微信每笔最多交 5,000.00 元，再多请到网点")
        );
        // Split payments sum up over the lines.
        let split = |amount, used| Case { used: Fen::of(used), ..case(amount) };
        assert_eq!(factors(&split(50_000, 50_000)), Factors::Pin);
        assert_eq!(factors(&split(50_000, 50_001)), Factors::CodeAndPin);
        assert!(RULES.judge(&split(500_000, 1_500_000)).is_ok());
        assert_eq!(RULES.judge(&split(500_000, 1_500_001)).unwrap_err().code, "pay.limit");
        // A bank that allows more still ends where a certificate is asked for.
        let wide = Rules { single_max_fen: i64::MAX / 4, day_max_fen: i64::MAX / 4, ..RULES };
        assert!(wide.judge(&case(5_000_000)).is_ok());
        assert_eq!(wide.judge(&case(5_000_001)).unwrap_err().code, "pay.counter");
    }

    #[test]
    fn a_new_payee_waits_or_gets_little_ta_08() {
        let fresh = |amount, minutes: i64| Case {
            new_since: Some(NOW.plus_ms(-minutes * 60_000)),
            ..case(amount)
        };
        assert!(RULES.judge(&fresh(200_000, 29)).is_ok());
        assert_eq!(RULES.judge(&fresh(200_001, 29)).unwrap_err().code, "pay.new_payee");
        assert!(RULES.judge(&fresh(200_001, 31)).is_ok());
        assert!(!RULES.judge(&fresh(100, 31)).unwrap().warning.is_empty());
        let sixth = Case { payees_this_hour: 6, ..fresh(100, 31) };
        assert_eq!(RULES.judge(&sixth).unwrap_err().code, "pay.hold");
    }

    #[test]
    fn what_is_out_of_the_ordinary_needs_a_code_ta_09() {
        assert_eq!(factors(&case(100)), Factors::Pin);
        let odd = [
            Case { bound_at: NOW.plus_ms(-DAY_MS + 1), ..case(100) },
            Case { now: NOW.plus_ms(13 * 3_600_000), ..case(100) },
            Case { usual: Some(Fen::of(33)), ..case(100) },
            Case { is_new_phone: true, ..case(100) },
            Case { shown_ms: Some(1_499), ..case(100) },
            Case { is_elsewhere: true, ..case(100) },
        ];
        for case in odd {
            assert_eq!(factors(&case), Factors::CodeAndPin, "{case:?}");
        }
    }

    #[test]
    fn the_phone_is_named_only_where_it_is_the_reason() {
        let told = |case: Case| RULES.judge(&case).unwrap().is_new_phone;
        let phone = Case { is_new_phone: true, ..case(100) };
        assert!(told(phone) && !told(case(100)));
        assert!(!told(Case { is_own: true, ..phone }), "it goes to nobody else");
        assert!(!told(Case { is_elsewhere: true, ..phone }), "a code is needed on any phone");
        assert!(!told(Case { amount: Fen::of(100_001), ..phone }), "and for so much, too");
    }

    /// What a session is, told before it is drawn.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Label {
        Ordinary,
        JustBound,
        Night,
        Large,
        Unread,
        NewPhone,
        ManyPayees,
    }

    fn drawn(label: Label, random: &Random) -> Case {
        let between = |least: i64, most: i64| {
            least + i64::try_from(random.below(u64::try_from(most - least + 1).unwrap())).unwrap()
        };
        let is = |one: Label| label == one;
        let hour = if is(Label::Night) { (23 + between(0, 6)) % 24 } else { between(6, 22) };
        let now = NOW.plus_ms((hour - 10) * 3_600_000 + between(0, 3_599_999));
        let usual = between(5_000, 30_000);
        let large = usual * 3 + between(1, 10_000);
        let bound_ms = if is(Label::JustBound) {
            between(0, DAY_MS - 1)
        } else {
            between(DAY_MS, 400 * DAY_MS)
        };
        let payees_this_hour = if is(Label::ManyPayees) { between(6, 12) } else { between(0, 5) };
        let is_new = is(Label::ManyPayees) || between(0, 3) == 0;
        let known_ms = between(0, 3_600_000);
        Case {
            usual: Some(Fen::of(usual)),
            is_new_phone: is(Label::NewPhone),
            bound_at: now.plus_ms(-bound_ms),
            new_since: is_new.then(|| now.plus_ms(-known_ms)),
            payees_this_hour,
            shown_ms: Some(if is(Label::Unread) {
                between(0, 1_499)
            } else {
                between(1_500, 600_000)
            }),
            now,
            ..case(if is(Label::Large) { large } else { between(1, usual * 3) })
        }
    }

    #[test]
    fn a_thousand_labelled_sessions_are_judged_as_they_are_labelled_ta_09() {
        const LABELS: [Label; 7] = [
            Label::Ordinary,
            Label::JustBound,
            Label::Night,
            Label::Large,
            Label::Unread,
            Label::NewPhone,
            Label::ManyPayees,
        ];
        let random = Random::seeded(9);
        for label in LABELS.into_iter().cycle().take(1_000) {
            let session = drawn(label, &random);
            let judged = RULES.judge(&session).map(|j| j.factors).map_err(|no| no.code);
            let wanted = match label {
                Label::Ordinary => Ok(Factors::Pin),
                Label::ManyPayees => Err("pay.hold"),
                _ => Ok(Factors::CodeAndPin),
            };
            assert_eq!(judged, wanted, "{label:?}: {session:?}");
        }
    }

    #[test]
    fn what_stays_with_the_customer_has_no_channel_limit() {
        let own = Case { is_own: true, ..case(9_000_000) };
        assert_eq!(factors(&own), Factors::Pin);
    }
}
