//! How an answer ends: done, refused for certain, or not known.

use super::{Bad, Form, Time};
use corebank::{CoreError, Reject, UnknownCause};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every answer's body: exactly one of the three.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome<T> {
    Done(T),
    /// Definite: no effect, and for a command never one under this request id.
    Refused(Refusal),
    /// The core cannot say: it may have happened, or may yet.
    Unknown(Doubt),
}

words! {
    /// Which side of an account is meant.
    Direction = corebank::Direction { In, Out }
}

/// A definite no. A code that is not among the known ones is one all the same.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Refusal {
    /// One of the codes listed in the guide, or the core's own.
    pub(crate) code: String,
    /// Tries that are left: with `party_mismatch` and `wrong_pin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<u8>,
    /// No try before this: with `party_locked` and `pin_locked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Time>,
    /// When the day opens, where that is known: with `day_closed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opens_at: Option<Time>,
    /// With `account_blocked`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) direction: Option<Direction>,
    /// With `duplicate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) core_serial: Option<String>,
    /// Which field of the question is wrong: with `validation`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<String>,
    /// For staff, with codes of the core's own; no personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

impl Refusal {
    fn plain(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            left: None,
            until: None,
            opens_at: None,
            direction: None,
            core_serial: None,
            field: None,
            message: None,
        }
    }
}

/// Codes that say all there is to say.
pub(crate) const PLAIN: &[(&str, Reject)] = &[
    ("insufficient_funds", Reject::InsufficientFunds),
    ("account_not_active", Reject::AccountNotActive),
    ("payee_mismatch", Reject::PayeeMismatch),
    ("limit_exceeded", Reject::LimitExceeded),
    ("switched_off", Reject::SwitchedOff),
    ("pin_not_set", Reject::PinNotSet),
    ("payload_mismatch", Reject::PayloadMismatch),
    ("expired", Reject::Expired),
    ("not_found", Reject::NotFound),
    ("bill_paid", Reject::BillPaid),
    ("biller_offline", Reject::BillerOffline),
    ("sold_out", Reject::SoldOut),
    ("balance_not_zero", Reject::BalanceNotZero),
    ("not_eligible", Reject::NotEligible),
    ("counter_only", Reject::CounterOnly),
    ("unsupported", Reject::Unsupported),
];

/// Codes with something beside them.
pub(crate) const DETAILED: &[&str] = &[
    "account_blocked",
    "party_mismatch",
    "party_locked",
    "wrong_pin",
    "pin_locked",
    "day_closed",
    "duplicate",
    "validation",
];

/// The names of fields that `validation` may tell; another one is told as `other`.
pub(crate) const FIELDS: &[&str] = &[
    "account",
    "account_no",
    "after",
    "ahead",
    "amount",
    "bank_no",
    "body",
    "cards",
    "chosen",
    "count",
    "cursor",
    "fee",
    "headers",
    "hold",
    "hours",
    "limit",
    "method",
    "minutes",
    "months",
    "name",
    "number",
    "original",
    "payee",
    "payment",
    "pin",
    "points",
    "posted",
    "project",
    "purpose",
    "q",
    "rail",
    "range",
    "renewal",
    "request_id",
    "tier",
    "ware",
    "year",
];
const OTHER_FIELD: &str = "other";

impl Form<Reject> for Refusal {
    fn of(port: &Reject) -> Self {
        let time = |t: &base::Time| Some(Time::of(t));
        let with = |code: &str| Self::plain(code);
        match port {
            Reject::AccountBlocked(way) => {
                Self { direction: Some(Direction::of(way)), ..with("account_blocked") }
            }
            Reject::PartyMismatch { left } => Self { left: Some(*left), ..with("party_mismatch") },
            Reject::WrongPin { left } => Self { left: Some(*left), ..with("wrong_pin") },
            Reject::PartyLocked { until } => Self { until: time(until), ..with("party_locked") },
            Reject::PinLocked { until } => Self { until: time(until), ..with("pin_locked") },
            Reject::DayClosed { opens_at } => {
                Self { opens_at: opens_at.as_ref().and_then(time), ..with("day_closed") }
            }
            Reject::Duplicate { core_serial } => {
                Self { core_serial: Some(core_serial.clone()), ..with("duplicate") }
            }
            Reject::Validation { field } => {
                Self { field: Some((*field).to_owned()), ..with("validation") }
            }
            Reject::Other { code, message } => {
                Self { message: Some(message.clone()), ..with(code) }
            }
            plain => {
                let code =
                    PLAIN.iter().find(|(_, r)| r == plain).map_or("unsupported", |(c, _)| *c);
                with(code)
            }
        }
    }

    fn port(self) -> Result<Reject, Bad> {
        let until = self.until.map(Form::port).transpose()?;
        Ok(match self.code.as_str() {
            "account_blocked" => Reject::AccountBlocked(self.direction.ok_or(Bad)?.port()?),
            "party_mismatch" => Reject::PartyMismatch { left: self.left.ok_or(Bad)? },
            "wrong_pin" => Reject::WrongPin { left: self.left.ok_or(Bad)? },
            "party_locked" => Reject::PartyLocked { until: until.ok_or(Bad)? },
            "pin_locked" => Reject::PinLocked { until: until.ok_or(Bad)? },
            "day_closed" => {
                Reject::DayClosed { opens_at: self.opens_at.map(Form::port).transpose()? }
            }
            "duplicate" => Reject::Duplicate { core_serial: self.core_serial.ok_or(Bad)? },
            "validation" => {
                let named = self.field.ok_or(Bad)?;
                let field = FIELDS.iter().find(|f| **f == named).copied().unwrap_or(OTHER_FIELD);
                Reject::Validation { field }
            }
            "" => return Err(Bad),
            code => match PLAIN.iter().find(|(c, _)| *c == code) {
                Some((_, plain)) => plain.clone(),
                None => {
                    Reject::Other { code: self.code, message: self.message.unwrap_or_default() }
                }
            },
        })
    }
}

/// Why a core cannot say what it did.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// The same request id is being worked on.
    InProgress,
    /// Something behind the core did not answer in time.
    Timeout,
    /// Anything else.
    #[serde(other)]
    Fault,
}

/// A core that cannot say.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Doubt {
    pub(crate) why: Why,
}

/// What a fault behind the core is told as: the status its own server would have given.
const FAULT_STATUS: u16 = 500;

impl Doubt {
    pub(crate) fn cause(&self) -> UnknownCause {
        match self.why {
            Why::InProgress => UnknownCause::InProgress,
            Why::Timeout => UnknownCause::Timeout,
            Why::Fault => UnknownCause::ServerError(FAULT_STATUS),
        }
    }
}

impl<T> Outcome<T> {
    pub(crate) fn of<P>(answer: &Result<P, CoreError>) -> Self
    where
        T: Form<P>,
    {
        match answer {
            Ok(told) => Self::Done(T::of(told)),
            Err(CoreError::Rejected(reject)) => Self::Refused(Refusal::of(reject)),
            Err(CoreError::Unknown(UnknownCause::InProgress)) => {
                Self::Unknown(Doubt { why: Why::InProgress })
            }
            Err(CoreError::Unknown(UnknownCause::Timeout) | CoreError::NotSent(_)) => {
                Self::Unknown(Doubt { why: Why::Timeout })
            }
            Err(CoreError::Unknown(_)) => Self::Unknown(Doubt { why: Why::Fault }),
        }
    }

    pub(crate) fn port<P>(self) -> Result<P, CoreError>
    where
        T: Form<P>,
    {
        let unread = |Bad| CoreError::Unknown(UnknownCause::Undecodable);
        match self {
            Self::Done(told) => told.port().map_err(unread),
            Self::Refused(refusal) => Err(CoreError::Rejected(refusal.port().map_err(unread)?)),
            Self::Unknown(doubt) => Err(CoreError::Unknown(doubt.cause())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_read_as_it_was_told() {
        let until = base::Time::of_ms(1_795_363_200_000);
        let mut all: Vec<Reject> = PLAIN.iter().map(|(_, reject)| reject.clone()).collect();
        all.extend([
            Reject::AccountBlocked(corebank::Direction::Out),
            Reject::PartyMismatch { left: 4 },
            Reject::PartyLocked { until },
            Reject::WrongPin { left: 2 },
            Reject::PinLocked { until },
            Reject::DayClosed { opens_at: None },
            Reject::DayClosed { opens_at: Some(until) },
            Reject::Duplicate { core_serial: "7".into() },
            Reject::Validation { field: "request_id" },
            Reject::Other { code: "E0417".into(), message: "账务系统忙".into() },
        ]);
        for reject in all {
            let text = serde_json::to_string(&Refusal::of(&reject)).unwrap();
            let read: Refusal = serde_json::from_str(&text).unwrap();
            assert_eq!(read.port(), Ok(reject), "{text}");
        }
    }

    #[test]
    fn a_known_code_without_what_belongs_to_it_cannot_be_read() {
        for code in DETAILED.iter().filter(|code| **code != "day_closed") {
            assert_eq!(Refusal::plain(code).port(), Err(Bad), "{code}");
        }
        assert_eq!(Refusal::plain("").port(), Err(Bad));
    }
}
