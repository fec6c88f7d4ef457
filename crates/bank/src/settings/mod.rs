//! What customers change about their own accounts: locks by kind of use, small payments without a PIN, platforms that may
//! take money, limits, what happens when a deposit matures, notice of a withdrawal from one, whether they are found by their mobile
//! number; and what is shown only after proof.
//!
//! Stopping needs no proof and holds at once. Opening needs the PIN, raising a limit a code too ([`proof`]). A change is a
//! command to the core: its intent is written first (`order.rs`), and a silent core is asked until it is known. Bounds are
//! the institution's, told by the core. Not for: locks and losses of whole cards (`guard`).

pub mod http;
mod order;
mod show;
mod store;
#[cfg(test)]
mod tests;
mod wish;

pub use order::{Locked, lock_now, settle_later};
pub use wish::{Asking, Wish};

use base::{Id, Named, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub const NOT_HERE: Refusal =
    Refusal::forbidden("setting.none", "本行还不能在微信里改这一项，请带身份证到网点办");
pub const NO_SETTING: Refusal = Refusal::missing("setting.kind", "请回到聊天里，说一说要改什么");
pub const CAP: Refusal = Refusal::invalid("setting.cap", "超过本行的上限了，再高要到网点办");
pub const BELOW: Refusal = Refusal::invalid("setting.amount", "请填一个大于0的金额");
pub const HOURS: Refusal =
    Refusal::invalid("setting.hours", "夜里锁要有起止时间，开始和结束不能一样");
pub const SAME: Refusal = Refusal::conflict("setting.same", "现在就是这样，不用改");
pub const GONE: Refusal = Refusal::missing("setting.gone", "没有找到这一项，可能已经改过了");
const REFUSED: Refusal = Refusal::conflict("setting.refused", "没有办成，请到网点问");
const CHANGES: Refusal =
    Refusal::too_many("setting.too_many", "今天改得够多了，明天再改，急事请打客服电话");

#[derive(Debug)]
pub enum OrderRow {}
impl Named for OrderRow {
    const PREFIX: &'static str = "set";
}
pub type OrderId = Id<OrderRow>;

/// What the page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettingWhat)]
pub enum What {
    /// 交易锁
    Locks,
    /// 小额免密
    NoPass,
    /// 快捷支付
    QuickPay,
    /// 限额
    Limits,
    /// 自动转存
    Renewal,
    /// 手机号收款
    ByMobile,
    /// 通知存款的通知
    Notice,
    /// 捐积分 above what needs no PIN
    Gift,
    /// 积分兑换 above what needs no PIN
    Exchange,
    /// 资产总览
    Assets,
    /// 担保
    Guarantees,
}

impl What {
    /// What an item of the chat came for.
    fn of_task(task: &str) -> Option<Self> {
        Some(match task {
            "channel_lock" | "channel_open" => Self::Locks,
            "small_nopass" => Self::NoPass,
            "quickpay_manage" => Self::QuickPay,
            "limit_adjust" => Self::Limits,
            "deposit_renew_set" => Self::Renewal,
            "phone_receive" => Self::ByMobile,
            "notice_give" | "notice_back" => Self::Notice,
            "charity_points" | "charity_other" => Self::Gift,
            "cc_points_take" => Self::Exchange,
            "asset_overview" => Self::Assets,
            "guarantor_query" => Self::Guarantees,
            _ => return None,
        })
    }
    /// Whether it is about one account at call.
    const fn has_account(self) -> bool {
        matches!(self, Self::Locks | Self::NoPass | Self::QuickPay | Self::Limits | Self::ByMobile)
    }
}

/// What is proved before a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettingNeeds)]
pub enum Needs {
    Nothing,
    Code,
    Pin,
    /// A code, then the PIN.
    CodeAndPin,
}
