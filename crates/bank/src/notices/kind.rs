//! What is told of: kinds, the categories a customer switches, and by which ways each kind may go.
//!
//! Not for: the choice of a way at one moment (`plan`).

use super::Way;
use base::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a customer may switch by itself.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeCategory)]
pub enum Category {
    /// 账户动账
    Account,
    /// 信用卡交易
    Credit,
    /// 还款和到期
    Due,
    /// 办理进度
    Progress,
    /// 安全提醒: told whatever a customer chose, for it is how they learn that somebody else is at work.
    Security,
}

impl Category {
    pub const ALL: [Self; 5] =
        [Self::Account, Self::Credit, Self::Due, Self::Progress, Self::Security];
    /// Of movements of accounts.
    pub const POSTINGS: [Self; 2] = [Self::Account, Self::Credit];
    /// What may be switched.
    pub const CHOSEN: [Self; 4] = [Self::Account, Self::Credit, Self::Due, Self::Progress];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Credit => "credit",
            Self::Due => "due",
            Self::Progress => "progress",
            Self::Security => "security",
        }
    }
    /// As customers call it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Account => "账户动账",
            Self::Credit => "信用卡交易",
            Self::Due => "还款和到期",
            Self::Progress => "办理进度",
            Self::Security => "安全提醒",
        }
    }
    pub fn of_word(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|c| c.word() == word);
        found.ok_or_else(|| Error::fault(format!("no category of notices «{word}»")))
    }
    /// Of a bound account; none for what is not told of line by line (loans, time deposits).
    pub fn of_account(kind: &str) -> Option<Self> {
        match kind {
            "debit" | "passbook" => Some(Self::Account),
            "credit" => Some(Self::Credit),
            _ => None,
        }
    }
    /// An account of the category as a sample has it.
    pub(super) const fn sample_account(self) -> &'static str {
        match self {
            Self::Credit => "信用卡",
            _ => "借记卡",
        }
    }
    pub const fn is_locked(self) -> bool {
        matches!(self, Self::Security)
    }
}

/// What happened, as far as the choice of a way depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    AccountIn,
    AccountOut,
    CreditIn,
    CreditOut,
    /// 收款汇总: arrivals of a while together
    Digest,
    /// 可以开动账提醒了: said once to whoever bound before their account offered notices
    Offer,
    /// 贷款还款日
    LoanDue,
    /// 信用卡账单
    CardBill,
    /// 信用卡还款日
    CardDue,
    /// 定期到期
    DepositDue,
    /// 申请、投诉的进度
    Case,
    /// 排队取号
    Ticket,
    /// 预约
    Appointment,
    /// 账户状态、密码
    Security,
    /// 微信绑定: whoever bound may be a stranger, so that the WeChat it was bound with is not told of it.
    NewBinding,
}

impl Kind {
    pub const ALL: [Self; 15] = [
        Self::AccountIn,
        Self::AccountOut,
        Self::CreditIn,
        Self::CreditOut,
        Self::Digest,
        Self::Offer,
        Self::LoanDue,
        Self::CardBill,
        Self::CardDue,
        Self::DepositDue,
        Self::Case,
        Self::Ticket,
        Self::Appointment,
        Self::Security,
        Self::NewBinding,
    ];

    /// A line of an account.
    pub const fn posting(category: Category, is_in: bool) -> Self {
        match (category, is_in) {
            (Category::Credit, true) => Self::CreditIn,
            (Category::Credit, false) => Self::CreditOut,
            (_, true) => Self::AccountIn,
            (_, false) => Self::AccountOut,
        }
    }
    pub const fn word(self) -> &'static str {
        match self {
            Self::AccountIn => "account_in",
            Self::AccountOut => "account_out",
            Self::CreditIn => "credit_in",
            Self::CreditOut => "credit_out",
            Self::Digest => "digest",
            Self::Offer => "offer",
            Self::LoanDue => "loan_due",
            Self::CardBill => "card_bill",
            Self::CardDue => "card_due",
            Self::DepositDue => "deposit_due",
            Self::Case => "case",
            Self::Ticket => "ticket",
            Self::Appointment => "appointment",
            Self::Security => "security",
            Self::NewBinding => "new_binding",
        }
    }
    pub fn of_word(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|k| k.word() == word);
        found.ok_or_else(|| Error::fault(format!("no kind of notice «{word}»")))
    }
    pub const fn category(self) -> Category {
        match self {
            Self::AccountIn | Self::AccountOut | Self::Digest | Self::Offer => Category::Account,
            Self::CreditIn | Self::CreditOut => Category::Credit,
            Self::LoanDue | Self::CardBill | Self::CardDue | Self::DepositDue => Category::Due,
            Self::Case | Self::Ticket | Self::Appointment => Category::Progress,
            Self::Security | Self::NewBinding => Category::Security,
        }
    }
    /// May be harm: told at any hour, with the last message of a window, and by text message where WeChat cannot. Whoever did not
    /// mean it has minutes, not a night; nothing else is worth the bank's money or shows on a locked screen unasked.
    pub const fn is_harm(self) -> bool {
        matches!(self, Self::AccountOut | Self::CreditOut | Self::Security | Self::NewBinding)
    }
    /// Something to be paid or decided by a day, which may be told once more tomorrow.
    pub const fn is_due(self) -> bool {
        matches!(self.category(), Category::Due)
    }
    /// Whether a customer who pauses notices for some days does without it: what is not harm and not due by a day.
    pub const fn may_pause(self) -> bool {
        !self.is_harm() && !self.is_due()
    }
    /// The policy of the kind: a way that is not in it is never taken, whatever fails.
    pub const fn goes_by(self, way: Way) -> bool {
        match self {
            Self::NewBinding => matches!(way, Way::Sms),
            // No service they asked for: only where they write to us anyway.
            Self::Offer => matches!(way, Way::Custom),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_known_by_its_word() {
        for kind in Kind::ALL {
            assert_eq!(Kind::of_word(kind.word()).unwrap(), kind);
        }
        for category in Category::ALL {
            assert_eq!(Category::of_word(category.word()).unwrap(), category);
            assert_eq!(Category::CHOSEN.contains(&category), !category.is_locked());
        }
        assert_eq!(Kind::posting(Category::Credit, false), Kind::CreditOut);
    }
}
