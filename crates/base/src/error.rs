//! Two kinds of error: a [`Refusal`] a customer may read, a [`Fault`] only we may read.

use crate::Fen;
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of "no" a refusal is; maps to one HTTP status in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Invalid,
    Unauthenticated,
    Forbidden,
    Missing,
    Conflict,
    Gone,
    TooMany,
    Unavailable,
}

impl Kind {
    /// HTTP status of this kind.
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::Missing => 404,
            Self::Conflict => 409,
            Self::Gone => 410,
            Self::TooMany => 429,
            Self::Unavailable => 503,
        }
    }
}

/// A rule said no. `code` is stable (`queue.closed`), `words` are for the customer or clerk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: Kind,
    pub code: &'static str,
    pub words: Cow<'static, str>,
    /// The most that could be done, where a smaller sum can.
    pub most: Option<Fen>,
}

impl Refusal {
    pub const fn new(kind: Kind, code: &'static str, words: &'static str) -> Self {
        Self { kind, code, words: Cow::Borrowed(words), most: None }
    }
    pub const fn invalid(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::Invalid, code, words)
    }
    pub const fn unauthenticated(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::Unauthenticated, code, words)
    }
    pub const fn forbidden(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::Forbidden, code, words)
    }
    pub const fn missing(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::Missing, code, words)
    }
    pub const fn conflict(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::Conflict, code, words)
    }
    pub const fn gone(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::Gone, code, words)
    }
    pub const fn too_many(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::TooMany, code, words)
    }
    pub const fn unavailable(code: &'static str, words: &'static str) -> Self {
        Self::new(Kind::Unavailable, code, words)
    }
    /// The same refusal with words that name the case («还可试 2 次»).
    #[must_use]
    pub fn say(&self, words: impl Into<Cow<'static, str>>) -> Self {
        Self { kind: self.kind, code: self.code, words: words.into(), most: self.most }
    }
    /// The same, where so much could be done.
    #[must_use]
    pub fn up_to(self, most: Fen) -> Self {
        Self { most: Some(most), ..self }
    }
}

impl<T> From<Refusal> for Result<T, Error> {
    fn from(r: Refusal) -> Self {
        Err(Error::Refused(r))
    }
}

/// Something broke. Never shown to a customer; the chain of contexts goes to the log.
pub struct Fault {
    message: String,
    at: &'static Location<'static>,
}

impl Fault {
    #[track_caller]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), at: Location::caller() }
    }
    /// The same fault with what was being done in front.
    #[must_use]
    pub fn context(self, doing: impl fmt::Display) -> Self {
        Self { message: format!("{doing}: {}", self.message), at: self.at }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)
    }
}
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {}:{})", self.message, self.at.file(), self.at.line())
    }
}

/// What every verb answers with when it cannot do what was asked.
pub enum Error {
    Refused(Refusal),
    Fault(Fault),
}

impl Error {
    #[track_caller]
    pub fn fault(message: impl Into<String>) -> Self {
        Self::Fault(Fault::new(message))
    }
    /// The refusal's code, or `fault`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(r) => r.code,
            Self::Fault(_) => "fault",
        }
    }
    pub fn is_refusal(&self, code: &str) -> bool {
        matches!(self, Self::Refused(r) if r.code == code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(r) => write!(f, "{}: {}", r.code, r.words),
            Self::Fault(e) => fmt::Display::fmt(e, f),
        }
    }
}
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(r) => write!(f, "refused {}: {}", r.code, r.words),
            Self::Fault(e) => fmt::Debug::fmt(e, f),
        }
    }
}
impl From<Refusal> for Error {
    fn from(r: Refusal) -> Self {
        Self::Refused(r)
    }
}
impl From<Fault> for Error {
    fn from(f: Fault) -> Self {
        Self::Fault(f)
    }
}
// Neither `Error`, `Refusal` nor `Fault` is a std error, so every std error becomes a fault by `?`.
impl<E: std::error::Error> From<E> for Error {
    #[track_caller]
    fn from(e: E) -> Self {
        let mut message = e.to_string();
        let mut cause = e.source();
        while let Some(c) = cause {
            message.push_str(": ");
            message.push_str(&c.to_string());
            cause = c.source();
        }
        Self::fault(message)
    }
}

/// `.doing("reading the seat")` on any result whose error becomes ours.
pub trait Context<T> {
    /// Puts what was being done in front of a fault; a refusal passes unchanged.
    fn doing(self, what: impl fmt::Display) -> Result<T>;
}
impl<T, E: Into<Error>> Context<T> for std::result::Result<T, E> {
    #[track_caller]
    fn doing(self, what: impl fmt::Display) -> Result<T> {
        match self {
            Ok(v) => Ok(v),
            Err(e) => Err(match e.into() {
                Error::Fault(f) => Error::Fault(f.context(what)),
                refused @ Error::Refused(_) => refused,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSED: Refusal = Refusal::conflict("queue.closed", "该网点已停止取号");

    fn refuse() -> Result<()> {
        CLOSED.into()
    }
    fn break_down() -> Result<i64> {
        Ok("x".parse::<i64>()?)
    }

    #[test]
    fn a_refusal_keeps_its_code_and_words() {
        let e = refuse().unwrap_err();
        assert!(e.is_refusal("queue.closed"));
        assert_eq!(e.to_string(), "queue.closed: 该网点已停止取号");
    }

    #[test]
    fn any_std_error_becomes_a_fault_and_context_goes_in_front() {
        let e = break_down().doing("reading a number").unwrap_err();
        assert_eq!(e.code(), "fault");
        assert!(e.to_string().starts_with("reading a number: "), "{e}");
    }
}
