//! Fineract's JSON as far as it is read (core.md §6.1). Fields that are not needed are not named.
//!
//! Amounts are read as the text they are: a JSON number with six decimals becomes whole fen exactly, or nothing at all.

use crate::day::Day;
use base::Fen;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// An amount in yuan, exact to the fen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Yuan(pub(super) Fen);

impl<'de> Deserialize<'de> for Yuan {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(d)?;
        fen_of(raw.get()).map(Self).ok_or_else(|| D::Error::custom("not an amount of whole fen"))
    }
}

/// `1000`, `-8.6`, `112.450000` and `1.5E+3` in fen; `None` for parts of a fen and for what is no number.
fn fen_of(text: &str) -> Option<Fen> {
    const EXPONENT_MAX: i32 = 40;
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok().filter(|e| e.abs() <= EXPONENT_MAX)?),
        None => (text, 0),
    };
    let (sign, digits) = mantissa.strip_prefix('-').map_or((1_i64, mantissa), |d| (-1, d));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    if whole.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // How many zeros turn the digits into fen; fewer than none means that zeros must go.
    let shift = exponent + 2 - i32::try_from(part.len()).ok()?;
    let cut = usize::try_from(-shift).unwrap_or(0).min(all.len());
    let (kept, dropped) = all.split_at(all.len() - cut);
    if dropped.bytes().any(|b| b != b'0') {
        return None;
    }
    let mut fen: i64 = if kept.is_empty() { 0 } else { kept.parse().ok()? };
    for _ in 0..shift {
        fen = fen.checked_mul(10)?;
    }
    fen.checked_mul(sign).map(Fen::of)
}

/// As Fineract wants amounts: `112.45`.
pub(super) fn text_of(fen: Fen) -> String {
    let n = fen.fen().unsigned_abs();
    let sign = if fen.is_negative() { "-" } else { "" };
    format!("{sign}{}.{:02}", n / 100, n % 100)
}

/// A day, told as `[2026,11,23]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Date(pub(super) Day);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let [year, month, day] = <[i64; 3]>::deserialize(d)?;
        Day::of(year, month, day).map(Self).ok_or_else(|| D::Error::custom("no such day"))
    }
}

#[derive(Deserialize)]
pub(super) struct BusinessDate {
    pub(super) date: Date,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Client {
    pub(super) id: i64,
    pub(super) status: Status,
    pub(super) display_name: String,
    pub(super) mobile_no: Option<String>,
    pub(super) office_id: i64,
    pub(super) activation_date: Option<Date>,
}

#[derive(Deserialize)]
pub(super) struct Status {
    /// 300 is active, of clients and of accounts.
    pub(super) id: i64,
    pub(super) code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identifier {
    pub(super) document_type: DocumentType,
    pub(super) document_key: String,
}
#[derive(Deserialize)]
pub(super) struct DocumentType {
    pub(super) name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientAccounts {
    /// Missing where there are none.
    #[serde(default)]
    pub(super) savings_accounts: Vec<Listed>,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub(super) id: i64,
    pub(super) deposit_type: Option<Numbered>,
}
#[derive(Deserialize)]
pub(super) struct Numbered {
    pub(super) id: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Savings {
    pub(super) id: i64,
    pub(super) account_no: String,
    pub(super) external_id: Option<String>,
    pub(super) client_id: i64,
    pub(super) client_name: String,
    pub(super) savings_product_name: String,
    pub(super) status: AccountStatus,
    pub(super) sub_status: Option<Numbered>,
    pub(super) timeline: Timeline,
    pub(super) currency: Currency,
    #[serde(default)]
    pub(super) withdrawal_fee_for_transfers: bool,
    pub(super) savings_amount_on_hold: Option<Yuan>,
    pub(super) summary: Summary,
}
#[derive(Deserialize)]
pub(super) struct AccountStatus {
    pub(super) active: bool,
    pub(super) closed: bool,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Timeline {
    pub(super) submitted_on_date: Option<Date>,
    pub(super) activated_on_date: Option<Date>,
}
#[derive(Deserialize)]
pub(super) struct Currency {
    pub(super) code: String,
}
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    pub(super) account_balance: Yuan,
    pub(super) available_balance: Yuan,
}

/// A page of `transactions/search`.
#[derive(Deserialize)]
pub(super) struct Lines {
    pub(super) total: usize,
    pub(super) content: Vec<Tx>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tx {
    pub(super) id: i64,
    pub(super) transaction_type: TxType,
    pub(super) entry_type: Option<String>,
    pub(super) account_id: i64,
    pub(super) date: Date,
    pub(super) payment_detail_data: Option<PaymentDetail>,
    pub(super) amount: Yuan,
    pub(super) running_balance: Option<Yuan>,
    #[serde(default)]
    pub(super) reversed: bool,
    pub(super) transfer: Option<Leg>,
    pub(super) note: Option<String>,
    pub(super) release_transaction_id: Option<i64>,
}
#[derive(Clone, Deserialize)]
pub(super) struct TxType {
    pub(super) id: i64,
}
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PaymentDetail {
    pub(super) receipt_number: Option<String>,
}
/// What a line tells of the transfer it belongs to.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Leg {
    /// The transfer's *transaction* id.
    pub(super) id: i64,
    pub(super) transfer_description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TransferPage {
    pub(super) page_items: Vec<Transfer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Transfer {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) reversed: bool,
    pub(super) transfer_amount: Yuan,
    pub(super) transfer_date: Date,
    pub(super) transfer_description: String,
    pub(super) from_account: Numbered,
    pub(super) to_account: Numbered,
}

/// What a command answers. Without `resourceId` it waits for somebody's approval and nothing was done.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commanded {
    pub(super) resource_id: Option<i64>,
}

/// What an interoperation transfer answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Interop {
    pub(super) state: String,
    pub(super) transfer_code: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_with_six_decimals_are_read_exactly_or_not_at_all() {
        for (text, fen) in [
            ("0", 0),
            ("1000.000000", 100_000),
            ("112.450000", 11_245),
            ("-8.6", -860),
            ("0E-6", 0),
            ("1.5E+3", 150_000),
            ("0.1", 10),
            // 2^53 and one fen: no floating point tells them apart.
            ("90071992547409.93", 9_007_199_254_740_993),
        ] {
            let told: Yuan = serde_json::from_str(text).unwrap();
            assert_eq!(told.0, Fen::of(fen), "{text}");
        }
        for bad in ["0.001", "112.454999", "1e-3", "\"1.00\"", "null", "1e400", "true"] {
            assert!(serde_json::from_str::<Yuan>(bad).is_err(), "{bad}");
        }
        assert_eq!(text_of(Fen::of(11_205)), "112.05");
    }

    #[test]
    fn a_day_is_an_array_of_three() {
        let told: Date = serde_json::from_str("[2026,11,23]").unwrap();
        assert_eq!(told.0.number(), 20_261_123);
        for bad in ["[2026,2,30]", "\"2026-11-23\"", "[2026,11]"] {
            assert!(serde_json::from_str::<Date>(bad).is_err(), "{bad}");
        }
    }
}
