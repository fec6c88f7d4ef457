//! What Fineract's refusals mean (core.md §6, its table of statuses and its codes).
//!
//! A refusal counts as one only when its body is Fineract's own envelope and names the status it came with: a page of a
//! proxy on the way proves nothing. Not for: success.

use crate::error::{CoreError, Direction, Reject, UnknownCause};
use serde::Deserialize;

/// Business refusals that come with 503 though nothing is out of service.
const REFUSED_AS_UNAVAILABLE: [&str; 1] =
    ["error.msg.saving.account.transfer.transaction.update.not.allowed"];
/// The outer codes that only say that the real one is inside.
const OUTER: [&str; 2] =
    ["validation.msg.domain.rule.violation", "validation.msg.validation.errors.exist"];
/// A code is kept up to this length.
const CODE_CHARS_MAX: usize = 120;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    /// A string, though it is a number.
    http_status_code: String,
    user_message_globalisation_code: String,
    #[serde(default)]
    errors: Vec<Inner>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inner {
    user_message_globalisation_code: String,
    parameter_name: Option<String>,
}

/// What an answer that is not 200 proves.
pub(super) fn refusal(status: u16, body: &[u8]) -> CoreError {
    let in_doubt = CoreError::Unknown(match status {
        // The body is our own request.
        425 => UnknownCause::InProgress,
        // Rolled back and kept under the key; but whether another copy was done is told by the lines only.
        409 | 500.. => UnknownCause::ServerError(status),
        _ => UnknownCause::Undecodable,
    });
    if matches!(status, 409 | 425) {
        return in_doubt;
    }
    let Ok(envelope) = serde_json::from_slice::<Envelope>(body) else { return in_doubt };
    if envelope.http_status_code != status.to_string() {
        return in_doubt;
    }
    let outer = envelope.user_message_globalisation_code;
    let first = envelope.errors.into_iter().next();
    let field = first.as_ref().and_then(|e| e.parameter_name.clone());
    let code = match first {
        Some(inner) if OUTER.contains(&outer.as_str()) => inner.user_message_globalisation_code,
        _ => outer,
    };
    match status {
        400 => known(&code).unwrap_or_else(|| invalid(field.as_deref())).into(),
        401 => {
            tracing::error!(%code, "the core does not accept our credentials or our tenant");
            other(&code).into()
        }
        403 => {
            if code == "error.msg.not.authorized" {
                tracing::error!("the core's user lacks a permission");
            }
            known(&code).unwrap_or_else(|| other(&code)).into()
        }
        404 => Reject::NotFound.into(),
        503 if REFUSED_AS_UNAVAILABLE.contains(&code.as_str()) => other(&code).into(),
        _ => in_doubt,
    }
}

/// The code only: Fineract's messages can name accounts.
fn other(code: &str) -> Reject {
    let code = code.chars().take(CODE_CHARS_MAX).collect();
    Reject::Other { code, message: "refused by the core".into() }
}

fn invalid(parameter: Option<&str>) -> Reject {
    let field = match parameter {
        Some("transferAmount" | "transactionAmount" | "amount") => "amount",
        Some("fromAccountId" | "accountId" | "savingsId") => "payer",
        Some("toAccountId") => "payee",
        Some("limit") => "limit",
        _ => "request",
    };
    Reject::Validation { field }
}

fn known(code: &str) -> Option<Reject> {
    const SHORT: &str = "error.msg.savingsaccount.transaction.insufficient.account.balance";
    Some(match code {
        _ if code.starts_with(SHORT) => Reject::InsufficientFunds,
        "error.msg.savingsaccount.transaction.account.is.not.active" => Reject::AccountNotActive,
        "error.msg.saving.account.blocked.transaction.not.allowed"
        | "error.msg.savings.account.debit.transaction.not.allowed" => {
            Reject::AccountBlocked(Direction::Out)
        }
        "error.msg.savings.account.credit.transaction.not.allowed" => {
            Reject::AccountBlocked(Direction::In)
        }
        "error.msg.saving.account.id.invalid" => Reject::NotFound,
        "error.msg.savings.transaction.is.not.allowed" => Reject::DayClosed { opens_at: None },
        _ => return None,
    })
}

/// A refusal that says that a transfer's code was used before. It is no verdict: the two codes are swapped, so that only
/// the account's lines tell what happened.
pub(super) fn is_duplicate(reject: &Reject) -> bool {
    matches!(reject, Reject::Other { code, .. } if code.starts_with("error.msg.interop.transfer.already."))
}

/// A question that had to be answered before a command could be sent. The command has not left, whatever became of the
/// question.
pub(super) fn before(e: CoreError) -> CoreError {
    use crate::error::Cause;
    match e {
        CoreError::Unknown(UnknownCause::Timeout) => CoreError::NotSent(Cause::DeadlinePassed),
        CoreError::Unknown(_) => CoreError::NotSent(Cause::CircuitOpen),
        other => other,
    }
}

/// A question after a command was sent: nothing that befalls it makes the command undone.
pub(super) fn after(e: CoreError) -> CoreError {
    match e {
        CoreError::Unknown(cause) => CoreError::Unknown(cause),
        CoreError::NotSent(_) => CoreError::Unknown(UnknownCause::Timeout),
        CoreError::Rejected(_) => CoreError::Unknown(UnknownCause::Undecodable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(status: &str, outer: &str, inner: &str, parameter: &str) -> Vec<u8> {
        serde_json::json!({
            "developerMessage": "about account 6228000000000000", "httpStatusCode": status,
            "defaultUserMessage": "…", "userMessageGlobalisationCode": outer,
            "errors": [{ "userMessageGlobalisationCode": inner, "parameterName": parameter, "value": null, "args": [] }],
        })
        .to_string()
        .into_bytes()
    }

    #[test]
    fn a_refusal_is_one_only_in_fineracts_own_envelope() {
        let domain = |status: &str, code: &str| envelope(status, OUTER[0], code, "id");
        let short = "error.msg.savingsaccount.transaction.insufficient.account.balance";
        for code in [short.to_owned(), format!("{short}.withdraw")] {
            assert_eq!(refusal(403, &domain("403", &code)), Reject::InsufficientFunds.into());
        }
        // Another status inside than outside; a number where a string belongs; a proxy's page.
        let undecodable = CoreError::Unknown(UnknownCause::Undecodable);
        assert_eq!(refusal(403, &domain("404", short)), undecodable);
        assert_eq!(refusal(403, br#"{"httpStatusCode":403}"#), undecodable);
        for status in [302, 400, 401, 403, 404, 405, 413, 429] {
            assert_eq!(refusal(status, b"<html>no</html>"), undecodable, "{status}");
        }
    }

    #[test]
    fn each_status_means_what_the_table_says() {
        let unknown = |status| CoreError::Unknown(UnknownCause::ServerError(status));
        let said = |status: u16, code: &str| {
            refusal(status, &envelope(&status.to_string(), OUTER[0], code, "transferAmount"))
        };
        assert_eq!(
            said(400, "error.msg.parameter.unsupported"),
            Reject::Validation { field: "amount" }.into()
        );
        assert_eq!(said(404, "error.msg.interop.onhold.transfer.missing"), Reject::NotFound.into());
        assert_eq!(said(425, ""), CoreError::Unknown(UnknownCause::InProgress));
        for status in [409, 500, 502, 503] {
            assert_eq!(said(status, "error.msg.platform.service.unavailable"), unknown(status));
        }
        let code = REFUSED_AS_UNAVAILABLE[0];
        assert!(
            matches!(said(503, code), CoreError::Rejected(Reject::Other { code: c, .. }) if c == code)
        );
        let denied = refusal(403, &envelope("403", "error.msg.not.authorized", "", ""));
        assert!(matches!(denied, CoreError::Rejected(Reject::Other { .. })));
        assert!(!format!("{denied}").contains("6228"), "no account is named");
    }
}
