//! Fineract's answers as text: amounts with six decimals, days as arrays, the envelope of refusals.

use crate::day::Day;
use base64::Engine as _;
use serde_json::{Value, json};

/// Around an amount inside a string; [`text`] makes a number of it, digit by digit as it stands.
const MARKS: (&str, &str) = ("\"⟦", "⟧\"");

/// A status and a body.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn ok(value: &Value) -> Self {
        Self { status: 200, body: text(value) }
    }

    /// A refusal whose real code is inside, as Fineract wraps them.
    pub(super) fn no(status: u16, code: &str, parameter: &str) -> Self {
        let outer = match status {
            400 => "validation.msg.validation.errors.exist",
            403 => "validation.msg.domain.rule.violation",
            404 => "error.msg.resource.not.found",
            _ => code,
        };
        let body = json!({
            "developerMessage": "…", "httpStatusCode": status.to_string(), "defaultUserMessage": "…",
            "userMessageGlobalisationCode": outer,
            "errors": [{
                "developerMessage": "…", "defaultUserMessage": "…", "userMessageGlobalisationCode": code,
                "parameterName": parameter, "value": null, "args": [{ "value": parameter }],
            }],
        });
        Self { status, body: text(&body) }
    }

    pub(super) fn missing(code: &str) -> Self {
        Self::no(404, code, "id")
    }
}

/// An amount with six decimals.
pub(super) fn yuan(fen: i64) -> Value {
    let (sign, n) = (if fen < 0 { "-" } else { "" }, fen.unsigned_abs());
    Value::String(format!("⟦{sign}{}.{:02}0000⟧", n / 100, n % 100))
}

pub(super) fn day(day: Day) -> Value {
    json!([day.year(), day.month(), day.day()])
}

pub(super) fn text(value: &Value) -> String {
    value.to_string().replace(MARKS.0, "").replace(MARKS.1, "")
}

pub(super) fn basic(user: &str, password: &str) -> String {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {pair}")
}
