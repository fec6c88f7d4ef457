//! How customers, accounts, lines and commands are named: handles of the port, and the mark we leave in a transfer.
//!
//! Fineract numbers from one in every tenant, so that a handle carries the tenant: `ling-12`. One of another institution
//! is not found, and never means a stranger's account with the same number.

use crate::day::Day;
use crate::model::{AccountRef, CustNo, LineId};
use crate::money::Payment;
use crate::port::Ctx;
use crate::{CoreError, Reject};
use sm3::{Digest, Sm3};

/// The longest key (`VARCHAR(50)`) and receipt number.
const REQUEST_ID_CHARS_MAX: usize = 50;
/// Eight bytes of the payload's SM3, as hex.
const DIGEST_CHARS: usize = 16;
/// The longest description of a transfer.
const DESCRIPTION_CHARS_MAX: usize = 200;

fn handle(tenant: &str, id: i64) -> String {
    format!("{tenant}-{id}")
}

/// The number in a handle of this tenant, if it is one as we write it.
fn number(tenant: &str, handle_text: &str) -> Option<i64> {
    let (of, digits) = handle_text.rsplit_once('-')?;
    let id: i64 = digits.parse().ok()?;
    (of == tenant && id > 0 && digits == id.to_string()).then_some(id)
}

pub(super) fn account_ref(tenant: &str, id: i64) -> AccountRef {
    AccountRef::new(handle(tenant, id))
}
/// [`Reject::NotFound`] for an account of another institution and for what is no handle.
pub(super) fn account_id(tenant: &str, account: &AccountRef) -> Result<i64, CoreError> {
    number(tenant, account.as_str()).ok_or_else(|| Reject::NotFound.into())
}
pub(super) fn cust_no(tenant: &str, id: i64) -> CustNo {
    CustNo::new(handle(tenant, id))
}
pub(super) fn client_id(tenant: &str, cust: &CustNo) -> Result<i64, CoreError> {
    number(tenant, cust.as_str()).ok_or_else(|| Reject::NotFound.into())
}
/// A line is named together with its account.
pub(super) fn line_id(tenant: &str, account: i64, tx: i64) -> LineId {
    LineId::new(handle(&handle(tenant, account), tx))
}
pub(super) fn tx_id(tenant: &str, account: i64, line: &LineId) -> Result<i64, CoreError> {
    number(&handle(tenant, account), line.as_str()).ok_or_else(|| Reject::NotFound.into())
}

/// Whether an id can be key and receipt number: printable, without spaces, at most fifty characters.
fn is_id(id: &str) -> bool {
    (1..=REQUEST_ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
}

/// A command's id.
pub(super) fn request_id(ctx: &Ctx) -> Result<&str, CoreError> {
    let id = ctx.request_id.as_deref().filter(|id| is_id(id));
    id.ok_or_else(|| Reject::Validation { field: "request_id" }.into())
}
/// The id of a hold; nobody holds under another kind of name.
pub(super) fn hold_id(hold: &str) -> Result<&str, CoreError> {
    if is_id(hold) { Ok(hold) } else { Err(Reject::NotFound.into()) }
}

/// What a transfer's description says of the command it came from. It begins so, and what the payer wrote follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) id: String,
    /// Of the payload: Fineract does not compare what comes again under a key.
    pub(super) digest: String,
    /// The hold it was paid out of.
    pub(super) hold: Option<String>,
    pub(super) purpose: String,
}

impl Mark {
    pub(super) fn of(id: &str, payment: &Payment, hold: Option<&str>) -> Result<Self, CoreError> {
        let payload = serde_json::to_vec(&(payment, hold))
            .map_err(|_| CoreError::from(Reject::Validation { field: "payment" }))?;
        let short = Sm3::digest(payload)
            .iter()
            .take(DIGEST_CHARS / 2)
            .map(|b| format!("{b:02x}"))
            .collect();
        let purpose = payment.purpose.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Self { id: id.into(), digest: short, hold: hold.map(str::to_owned), purpose })
    }

    pub(super) fn text(&self) -> String {
        // Before the first space, where nothing of the payer's words can stand.
        let hold = self.hold.as_ref().map(|h| format!("/{h}")).unwrap_or_default();
        let whole = format!("{} #{}{hold} {}", self.id, self.digest, self.purpose);
        whole.chars().take(DESCRIPTION_CHARS_MAX).collect::<String>().trim_end().to_owned()
    }

    /// `None` for a description that is not ours.
    pub(super) fn read(description: &str) -> Option<Self> {
        let (id, rest) = description.split_once(' ')?;
        let (ours, purpose) = rest.split_once(' ').unwrap_or((rest, ""));
        let (digest, hold) = ours.strip_prefix('#')?.split_at_checked(DIGEST_CHARS)?;
        let is_digest = digest.bytes().all(|b| b.is_ascii_hexdigit());
        let hold = if hold.is_empty() { None } else { Some(hold.strip_prefix('/')?.to_owned()) };
        is_digest.then(|| Self {
            id: id.into(),
            digest: digest.into(),
            hold,
            purpose: purpose.into(),
        })
    }
}

/// As Fineract takes days, with [`DATE_FORMAT`].
pub(super) fn date_text(day: Day) -> String {
    day.to_string()
}
pub(super) const DATE_FORMAT: &str = "yyyy-MM-dd";
pub(super) const LOCALE: &str = "en";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Payee, Rail};
    use base::{Fen, Time};

    #[test]
    fn a_handle_belongs_to_one_tenant() {
        let mine = account_ref("ling", 12);
        assert_eq!(account_id("ling", &mine), Ok(12));
        for (tenant, text) in [
            ("xi", "ling-12"),
            ("ling", "ling-012"),
            ("ling", "ling--1"),
            ("ling", "12"),
            ("ling", "ling-0"),
        ] {
            assert!(account_id(tenant, &AccountRef::new(text)).is_err(), "{text}");
        }
        let line = line_id("ling", 12, 47);
        assert_eq!(tx_id("ling", 12, &line), Ok(47));
        assert!(tx_id("ling", 13, &line).is_err());
    }

    #[test]
    fn a_mark_is_read_as_it_was_written_and_other_words_are_none() {
        let payment = |purpose: &str| Payment {
            payer: account_ref("ling", 1),
            payee: Payee::Here { account: account_ref("ling", 2) },
            amount: Fen::of(1),
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: purpose.into(),
            valid_until: Time::of_ms(0),
        };
        for (purpose, hold) in
            [("房租", None), ("", None), (" 十一月 \n 房租 ", Some("WX1-H")), ("/WX9-H #x", None)]
        {
            let mark = Mark::of("WX1-P", &payment(purpose), hold).unwrap();
            assert_eq!(Mark::read(&mark.text()), Some(mark), "{purpose}");
        }
        let long = Mark::of("WX1-P", &payment(&"长".repeat(300)), None).unwrap().text();
        assert_eq!(long.chars().count(), DESCRIPTION_CHARS_MAX);
        for foreign in ["", "房租", "Savings #1", "WX1-P #12 x", "WX1-P 0123456789abcdef x"] {
            assert_eq!(Mark::read(foreign), None, "{foreign}");
        }
        let other = Mark::of("WX1-P", &payment("水费"), None).unwrap();
        assert_ne!(other.digest, Mark::of("WX1-P", &payment("房租"), None).unwrap().digest);
    }
}
