//! What an answer of WeChat, or none, means for a notice and for its way. Pure.
//!
//! Classes come from `wechat::codes`; here is only what follows from them. Not for: the choice of the next way (`plan`).

use super::Way;
use base::{DAY_MS, Time};
use wechat::api::CallError;
use wechat::codes::Class;

/// A way that an operator must repair is tried again after this time.
const BROKEN_MS: i64 = 10 * 60_000;
const MINUTE_MS: i64 = 60_000;

/// What becomes of the notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing was done: the same way again, as soon as it works.
    Again,
    /// It may have been done. A template message is sent once more with its id, anything else is left at that.
    Unsure,
    /// Never by this way; the next.
    Next,
    /// Neither by template nor by customer-service message: the follower left, refuses or blocks.
    NoWeChat,
}

/// What becomes of the way, for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    Works,
    /// It rests a while, longer each time.
    Fails,
    /// Until then, and an operator may have to act.
    Rests(Time),
}

/// What becomes of what is known of the follower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Learned {
    Nothing,
    /// They do not follow any more.
    Left,
    /// There is no consent to the subscription notice (any more).
    NoGrant,
    /// WeChat's window is shut or used up.
    WindowShut,
    /// The template is not the account's (any more).
    TemplateGone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    pub fate: Fate,
    pub line: Line,
    pub learned: Learned,
    /// A person should look: the code and its class go to the log.
    pub is_alarm: bool,
}

const fn of(fate: Fate, line: Line) -> Verdict {
    Verdict { fate, line, learned: Learned::Nothing, is_alarm: false }
}

/// What a call by `way` that gave an error at `now` comes to.
pub(super) fn judge(way: Way, error: &CallError, now: Time) -> Verdict {
    match error {
        CallError::NotSent(wechat::api::Cause::Invalid(_)) => {
            Verdict { is_alarm: true, ..of(Fate::Next, Line::Works) }
        }
        CallError::NotSent(_) => of(Fate::Again, Line::Fails),
        CallError::Unknown(_) => of(Fate::Unsure, Line::Fails),
        CallError::Api(e) => by_class(way, e.class, now),
    }
}

fn by_class(way: Way, class: Class, now: Time) -> Verdict {
    let tomorrow = Time::of_ms((now.china_day() + 1) * DAY_MS - base::CHINA_OFFSET_MS);
    let next_minute = now.plus_ms(MINUTE_MS - now.ms().rem_euclid(MINUTE_MS));
    match class {
        Class::Busy => of(Fate::Again, Line::Fails),
        Class::Rate => of(Fate::Again, Line::Rests(next_minute)),
        Class::Quota => Verdict { is_alarm: true, ..of(Fate::Again, Line::Rests(tomorrow)) },
        Class::NotFollowing | Class::Openid => {
            Verdict { learned: Learned::Left, ..of(Fate::NoWeChat, Line::Works) }
        }
        // No consent for a template says nothing of the chat.
        Class::Refused if way == Way::Template => of(Fate::Next, Line::Works),
        Class::Refused if way == Way::Subscription => {
            Verdict { learned: Learned::NoGrant, ..of(Fate::Next, Line::Works) }
        }
        Class::Refused => of(Fate::NoWeChat, Line::Works),
        Class::Window => Verdict { learned: Learned::WindowShut, ..of(Fate::Next, Line::Works) },
        Class::Template => Verdict {
            learned: Learned::TemplateGone,
            is_alarm: true,
            ..of(Fate::Next, Line::Works)
        },
        Class::TemplateData | Class::Content | Class::Request | Class::MiniProgram => {
            Verdict { is_alarm: true, ..of(Fate::Next, Line::Works) }
        }
        Class::Permission
        | Class::Credential
        | Class::Whitelist
        | Class::Token
        | Class::TokenKind
        | Class::Ticket
        | Class::Authorization
        | Class::RefreshToken
        | Class::Withdrawn => {
            let until = now.plus_ms(BROKEN_MS);
            Verdict { is_alarm: true, ..of(Fate::Again, Line::Rests(until)) }
        }
        _ => Verdict { is_alarm: true, ..of(Fate::Next, Line::Works) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat::api::Cause;
    use wechat::codes::look_up;

    fn at() -> Time {
        Time::of_china_date(2026, 11, 23).plus_ms(10 * 3_600_000 + 1_500)
    }

    fn code(way: Way, code: i64) -> Verdict {
        by_class(way, look_up(code).class, at())
    }

    #[test]
    fn each_code_has_one_consequence() {
        use Learned::{Left, NoGrant, Nothing, TemplateGone, WindowShut};
        use Way::{Custom, Subscription, Template};
        let tomorrow = Time::of_china_date(2026, 11, 24);
        let in_ten_minutes = at().plus_ms(BROKEN_MS);
        for (way, number, fate, line, learned, is_alarm) in [
            (Template, -1, Fate::Again, Line::Fails, Nothing, false),
            (Template, 45009, Fate::Again, Line::Rests(tomorrow), Nothing, true),
            (Template, 45011, Fate::Again, Line::Rests(at().plus_ms(58_500)), Nothing, false),
            (Template, 43004, Fate::NoWeChat, Line::Works, Left, false),
            (Template, 40003, Fate::NoWeChat, Line::Works, Left, false),
            (Template, 43101, Fate::Next, Line::Works, Nothing, false),
            (Subscription, 43101, Fate::Next, Line::Works, NoGrant, false),
            (Subscription, 40037, Fate::Next, Line::Works, TemplateGone, true),
            (Template, 43019, Fate::Next, Line::Works, Nothing, false),
            (Template, 40037, Fate::Next, Line::Works, TemplateGone, true),
            (Template, 47003, Fate::Next, Line::Works, Nothing, true),
            (Template, 48001, Fate::Again, Line::Rests(in_ten_minutes), Nothing, true),
            (Template, 99_999, Fate::Next, Line::Works, Nothing, true),
            (Custom, 45015, Fate::Next, Line::Works, WindowShut, false),
            (Custom, 45047, Fate::Next, Line::Works, WindowShut, false),
            (Custom, 48002, Fate::NoWeChat, Line::Works, Nothing, false),
        ] {
            let wanted = Verdict { fate, line, learned, is_alarm };
            assert_eq!(code(way, number), wanted, "{way:?} {number}");
        }
    }

    #[test]
    fn what_never_left_is_done_again_and_what_may_have_arrived_is_unsure() {
        let refused = CallError::NotSent(Cause::Connect("refused".into()));
        assert_eq!(judge(Way::Template, &refused, at()).fate, Fate::Again);
        let silent = CallError::Unknown(Cause::Timeout);
        assert_eq!(judge(Way::Template, &silent, at()).fate, Fate::Unsure);
        assert_eq!(judge(Way::Custom, &silent, at()).fate, Fate::Unsure);
        let wrong = CallError::NotSent(Cause::Invalid("too long".into()));
        assert_eq!(judge(Way::Custom, &wrong, at()).fate, Fate::Next);
    }
}
