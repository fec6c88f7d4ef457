//! The planner: what is known of a follower, an account and a notice, and by which way it goes. Pure.
//!
//! The ladder is template message → subscription notice with a consent → customer-service message inside its window → text message, where the kind may be texted and
//! neither bank nor customer has said no → kept as an unread result, shown at the next contact. Not for: calling anybody.

use super::{Kind, Tried, Way};
use base::{DAY_MS, Time};

/// A way that rests for everybody is waited for, but no longer than this since the notice was made.
const PATIENCE_MS: i64 = 60_000;
/// Of the messages a window allows, the last one is kept for results the customer asked for; money that goes out may take it.
const RESERVED: i64 = 1;

/// Minutes of the day, in China; may go over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    pub from: i64,
    pub to: i64,
}

impl Quiet {
    /// When the quiet time that holds at `now` is over; none when it does not hold.
    pub(super) fn ends(self, now: Time) -> Option<Time> {
        let (.., hour, minute) = now.china();
        let at = hour * 60 + minute;
        let holds = if self.from <= self.to {
            (self.from..self.to).contains(&at)
        } else {
            at >= self.from || at < self.to
        };
        let midnight = Time::of_ms(now.china_day() * DAY_MS - base::CHINA_OFFSET_MS);
        let today = midnight.plus_ms(self.to * 60_000);
        holds.then(|| if today > now { today } else { today.plus_ms(DAY_MS) })
    }
}

/// Everything the choice depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub kind: Kind,
    pub now: Time,
    pub made_at: Time,
    pub is_following: bool,
    /// The account has a live template for the category.
    pub has_template: bool,
    /// Template messages left of the day.
    pub template_left: i64,
    pub template_rests: Option<Time>,
    /// Subscription notices the follower has agreed to, of the template for the category.
    pub grants_left: i64,
    pub subscription_rests: Option<Time>,
    /// Customer-service messages left in WeChat's window.
    pub custom_left: i64,
    pub custom_rests: Option<Time>,
    /// The customer takes this category in WeChat.
    pub takes_wechat: bool,
    /// The customer takes it by text message; none where they never said.
    pub takes_sms: Option<bool>,
    /// The bank sends text messages of this kind.
    pub may_text: bool,
    pub quiet: Option<Quiet>,
    /// The customer wants a rest of some days.
    pub is_paused: bool,
    pub tried: Tried,
    /// When its turn comes, where the account has as many calls under way as it may.
    pub turn: Option<Time>,
}

/// What to do with a notice now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plan {
    Send(Way),
    /// Look again then; holds up later notices of the account.
    Wait(Time),
    /// The same, for the account's crowd.
    Turn(Time),
    /// Quiet hours: look again then; holds up nothing.
    Park(Time),
    /// Kept as an unread result.
    Hold,
    /// Nobody wants it.
    Drop,
    /// Not in these days.
    Pause,
}

pub(super) fn plan(k: &Known) -> Plan {
    if k.is_paused && k.kind.may_pause() {
        return Plan::Pause;
    }
    let rests_at_night = !k.kind.is_harm();
    if let Some(until) = k.quiet.filter(|_| rests_at_night).and_then(|q| q.ends(k.now)) {
        return Plan::Park(until);
    }
    if !k.takes_wechat && k.takes_sms != Some(true) {
        return Plan::Drop;
    }
    if let Some(at) = k.turn {
        return Plan::Turn(at);
    }
    let is_open =
        |way| k.takes_wechat && k.is_following && !k.tried.has(way) && k.kind.goes_by(way);
    if is_open(Way::Template) && k.has_template && k.template_left > 0 {
        match k.template_rests {
            None => return Plan::Send(Way::Template),
            Some(until) if until <= k.made_at.plus_ms(PATIENCE_MS) => return Plan::Wait(until),
            Some(_) => {}
        }
    }
    // A consent is worth one notice: it is spent where no template tells it.
    if is_open(Way::Subscription) && k.grants_left > 0 && k.subscription_rests.is_none() {
        return Plan::Send(Way::Subscription);
    }
    let kept = if k.kind.is_harm() { 0 } else { RESERVED };
    if is_open(Way::Custom) && k.custom_left > kept && k.custom_rests.is_none() {
        return Plan::Send(Way::Custom);
    }
    // Chosen by the customer it is as good as any; as a fallback it is for what may be harm.
    let may_text = match k.takes_sms {
        Some(chosen) => chosen,
        None => k.kind.is_harm(),
    };
    if k.may_text && may_text && !k.tried.has(Way::Sms) {
        return Plan::Send(Way::Sms);
    }
    // What may not be read in this WeChat is not shown in it later either.
    if k.takes_wechat && k.kind.goes_by(Way::Custom) { Plan::Hold } else { Plan::Drop }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: Kind = Kind::AccountOut;
    const IN: Kind = Kind::AccountIn;

    fn at(hour: i64) -> Time {
        Time::of_china_date(2026, 11, 23).plus_ms(hour * 3_600_000)
    }

    /// Everything is open, at ten in the morning.
    fn open(kind: Kind) -> Known {
        Known {
            kind,
            now: at(10),
            made_at: at(10),
            is_following: true,
            has_template: true,
            template_left: 10,
            template_rests: None,
            grants_left: 0,
            subscription_rests: None,
            custom_left: 5,
            custom_rests: None,
            takes_wechat: true,
            takes_sms: None,
            may_text: true,
            quiet: None,
            is_paused: false,
            tried: Tried::default(),
            turn: None,
        }
    }

    #[test]
    fn the_ladder_goes_down_one_rung_at_a_time() {
        let all = open(OUT);
        assert_eq!(plan(&all), Plan::Send(Way::Template));
        let no_template = Known { has_template: false, ..all };
        assert_eq!(plan(&no_template), Plan::Send(Way::Custom));
        assert_eq!(plan(&Known { template_left: 0, ..all }), Plan::Send(Way::Custom));
        let tried = all.tried.with(Way::Template);
        assert_eq!(plan(&Known { tried, ..all }), Plan::Send(Way::Custom));
        assert_eq!(plan(&Known { custom_left: 0, ..no_template }), Plan::Send(Way::Sms));
        assert_eq!(plan(&Known { is_following: false, ..all }), Plan::Send(Way::Sms));
        let no_text = Known { is_following: false, may_text: false, ..all };
        assert_eq!(plan(&no_text), Plan::Hold);
        let tried = Way::ALL.into_iter().fold(Tried::default(), Tried::with);
        assert_eq!(plan(&Known { tried, ..all }), Plan::Hold);
    }

    #[test]
    fn a_consent_is_spent_where_no_template_tells_it_and_before_the_window() {
        let due = Known { grants_left: 1, ..open(Kind::LoanDue) };
        assert_eq!(plan(&due), Plan::Send(Way::Template));
        let no_template = Known { has_template: false, ..due };
        assert_eq!(plan(&no_template), Plan::Send(Way::Subscription));
        let rests = Known { subscription_rests: Some(at(11)), ..no_template };
        assert_eq!(plan(&rests), Plan::Send(Way::Custom));
        let tried = Tried::default().with(Way::Subscription);
        assert_eq!(plan(&Known { tried, ..no_template }), Plan::Send(Way::Custom));
        assert_eq!(plan(&Known { grants_left: 0, ..no_template }), Plan::Send(Way::Custom));
        assert_eq!(plan(&Known { is_following: false, ..no_template }), Plan::Hold);
    }

    #[test]
    fn money_that_came_is_never_texted_unless_the_customer_chose_it() {
        let gone = Known { is_following: false, ..open(IN) };
        assert_eq!(plan(&gone), Plan::Hold);
        assert_eq!(plan(&Known { takes_sms: Some(true), ..gone }), Plan::Send(Way::Sms));
        let gone = Known { is_following: false, ..open(OUT) };
        assert_eq!(plan(&Known { takes_sms: Some(false), ..gone }), Plan::Hold);
    }

    #[test]
    fn the_last_message_of_a_window_is_kept_for_results_but_not_from_money_that_goes_out() {
        let last = |kind| Known { has_template: false, custom_left: 1, ..open(kind) };
        assert_eq!(plan(&last(IN)), Plan::Hold);
        assert_eq!(plan(&last(OUT)), Plan::Send(Way::Custom));
    }

    #[test]
    fn quiet_hours_hold_back_what_came_and_never_what_goes_out() {
        let quiet = Some(Quiet { from: 22 * 60, to: 7 * 60 });
        let night = |kind, now| Known { quiet, now, made_at: now, ..open(kind) };
        assert_eq!(plan(&night(IN, at(23))), Plan::Park(at(31)));
        assert_eq!(plan(&night(IN, at(3))), Plan::Park(at(7)));
        assert_eq!(plan(&night(IN, at(7))), Plan::Send(Way::Template));
        assert_eq!(plan(&night(OUT, at(3))), Plan::Send(Way::Template));
        let noon = Some(Quiet { from: 12 * 60, to: 14 * 60 });
        assert_eq!(plan(&Known { quiet: noon, ..night(IN, at(13)) }), Plan::Park(at(14)));
        assert_eq!(plan(&Known { quiet: noon, ..night(IN, at(11)) }), Plan::Send(Way::Template));
    }

    #[test]
    fn a_pause_keeps_back_what_came_and_goes_on_and_neither_harm_nor_due_days() {
        let paused = |kind| plan(&Known { is_paused: true, ..open(kind) });
        for kind in [IN, Kind::CreditIn, Kind::Digest, Kind::Case, Kind::Offer] {
            assert_eq!(paused(kind), Plan::Pause, "{kind:?}");
        }
        for kind in [OUT, Kind::CreditOut, Kind::LoanDue, Kind::CardBill, Kind::Security] {
            assert_eq!(paused(kind), Plan::Send(Way::Template), "{kind:?}");
        }
    }

    #[test]
    fn a_way_that_rests_is_waited_for_a_minute_and_then_passed_by() {
        let rests = |ms| Known { template_rests: Some(at(10).plus_ms(ms)), ..open(OUT) };
        assert_eq!(plan(&rests(2_000)), Plan::Wait(at(10).plus_ms(2_000)));
        assert_eq!(plan(&rests(PATIENCE_MS + 1)), Plan::Send(Way::Custom));
        let crowded = Known { turn: Some(at(11)), ..open(OUT) };
        assert_eq!(plan(&crowded), Plan::Turn(at(11)));
    }

    #[test]
    fn what_is_due_or_goes_on_is_told_by_day_and_in_wechat_only() {
        let quiet = Some(Quiet { from: 22 * 60, to: 7 * 60 });
        for kind in [Kind::LoanDue, Kind::CardBill, Kind::DepositDue, Kind::Case, Kind::Ticket] {
            let night = Known { quiet, now: at(23), made_at: at(23), ..open(kind) };
            assert_eq!(plan(&night), Plan::Park(at(31)), "{kind:?}");
            assert_eq!(plan(&Known { is_following: false, ..open(kind) }), Plan::Hold, "{kind:?}");
        }
    }

    #[test]
    fn security_words_wait_for_no_morning_and_never_go_to_the_wechat_that_was_just_bound() {
        let quiet = Some(Quiet { from: 22 * 60, to: 7 * 60 });
        let night = |kind| Known { quiet, now: at(3), made_at: at(3), ..open(kind) };
        assert_eq!(plan(&night(Kind::Security)), Plan::Send(Way::Template));
        let gone = Known { is_following: false, ..night(Kind::Security) };
        assert_eq!(plan(&gone), Plan::Send(Way::Sms));
        assert_eq!(plan(&night(Kind::NewBinding)), Plan::Send(Way::Sms));
        for known in [
            Known { may_text: false, ..night(Kind::NewBinding) },
            Known { tried: Tried::default().with(Way::Sms), ..night(Kind::NewBinding) },
        ] {
            assert_eq!(plan(&known), Plan::Drop);
        }
    }

    #[test]
    fn who_wants_it_by_no_way_is_not_told() {
        let no = Known { takes_wechat: false, ..open(OUT) };
        assert_eq!(plan(&no), Plan::Drop);
        let by_text = Known { takes_sms: Some(true), ..no };
        assert_eq!(plan(&by_text), Plan::Send(Way::Sms));
        // Nor does what failed by text go where the customer does not want it.
        assert_eq!(plan(&Known { tried: Tried::default().with(Way::Sms), ..by_text }), Plan::Drop);
    }
}
