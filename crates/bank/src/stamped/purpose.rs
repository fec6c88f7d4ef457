//! What a stamped statement is wanted for, and its words in English for those who read no Chinese.
//!
//! Purpose and note are the customer's own words: the paper says so, for the bank vouches for the entries only.

use base::{Refusal, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub const BAD_NOTE: Refusal =
    Refusal::invalid("stamped.note", "用途说明最多20个字，只写汉字、字母和数字");

/// As many as stand beside the purpose in one line.
const NOTE_CHARS_MAX: usize = 20;
/// So many figures in a row are a number of a card or a person.
const FIGURES_MAX: usize = 5;

/// What the customer chose from the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StampedPurpose)]
pub enum Purpose {
    Loan,
    Visa,
    Study,
    Housing,
    Relief,
    Work,
    Own,
    Other,
}

impl Purpose {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Loan => "贷款",
            Self::Visa => "签证",
            Self::Study => "上学",
            Self::Housing => "买房租房",
            Self::Relief => "低保救助",
            Self::Work => "求职入职",
            Self::Own => "自己留存",
            Self::Other => "其他",
        }
    }
    pub(super) const fn english(self) -> &'static str {
        match self {
            Self::Loan => "Loan application",
            Self::Visa => "Visa application",
            Self::Study => "Study",
            Self::Housing => "Housing",
            Self::Relief => "Social relief",
            Self::Work => "Employment",
            Self::Own => "Own records",
            Self::Other => "Other",
        }
    }
}

/// The note as it is printed; refused when it is long, or may hide something a reader would take for the bank's.
pub(super) fn note(typed: &str) -> Result<String> {
    let words: String = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '\u{4e00}'..='\u{9fff}' | ' ' | '，' | '、' | '-' | '（' | '）')
    };
    let figures = words.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if words.chars().count() > NOTE_CHARS_MAX
        || !words.chars().all(is_plain)
        || figures > FIGURES_MAX
    {
        return BAD_NOTE.into();
    }
    Ok(words)
}

/// An account's kind in English, with its tail.
pub(super) fn account(kind: &str, tail: &str) -> String {
    let name = match kind {
        "debit" => "Debit card",
        "passbook" => "Passbook",
        "credit" => "Credit card",
        "loan" => "Loan account",
        "deposit" => "Deposit",
        _ => "Account",
    };
    format!("{name} *{tail}")
}

/// An entry's label in English, for those the sandbox and most cores use; others stay as they are.
pub(super) fn label(chinese: &str) -> Option<&'static str> {
    Some(match chinese {
        "转账" | "转入" | "转出" => "Transfer",
        "跨行转账" | "跨行转入" | "跨行转出" => "Interbank transfer",
        "存现金" | "存现" => "Cash deposit",
        "取现金" | "取现" | "助农取款" => "Cash withdrawal",
        "代发工资" => "Salary",
        "养老金代发" => "Pension",
        "财政代发" | "惠农补贴" | "耕地地力保护补贴" => "Subsidy",
        "电费" | "代扣电费" => "Electricity",
        "水费" => "Water",
        "燃气费" => "Gas",
        "话费" | "话费充值" | "手机话费充值" => "Phone bill",
        "扫码消费" | "银联消费" | "农资消费" | "消费" => "Purchase",
        "收款码结算" | "货款" => "Sales proceeds",
        "结息" | "利息" => "Interest",
        "短信费" | "账户变动短信费" | "转账手续费" | "手续费" => "Fee",
        "贷款发放" => "Loan drawdown",
        "贷款还款" | "贷款还本" | "贷款扣款" | "还款" => "Loan repayment",
        "贷款利息" => "Loan interest",
        "信用卡还款" => "Card repayment",
        "转存定期" => "To time deposit",
        "定期到期" => "Deposit matured",
        "定期提前支取" | "定期支取" => "Deposit withdrawn",
        "承前余额" => "Brought forward",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_short_and_plain_and_hides_no_number() {
        assert_eq!(note("  给村委会 看 ").unwrap(), "给村委会 看");
        assert_eq!(note("2026年秋季入学").unwrap(), "2026年秋季入学");
        for bad in [
            "一二三四五六七八九十一二三四五六七八九十一",
            "余额：9,999.00",
            "a<b>",
            "卡6299110106",
            "换\u{202e}行",
        ] {
            assert!(note(bad).unwrap_err().is_refusal(BAD_NOTE.code), "{bad}");
        }
    }
}
