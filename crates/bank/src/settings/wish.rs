//! One change, and what it needs before it is done.

use super::{BELOW, CAP, GONE, HOURS, NOT_HERE, Needs, SAME};
use crate::accounts::http::{NO_ACCOUNT, of_core};
use crate::app::App;
use crate::charity::{GiftId, give, grouped};
use crate::followers::{Bound, BoundAccount};
use crate::payments::draft::Payer;
use crate::proof;
use crate::rewards::{ExchangeId, take};
use crate::sessions::{self, Customer};
use crate::verbs::{self, core_ctx};
use base::{Error, Fen, Refusal, Result};
use corebank::controls::{ControlWish, Controls, Hours, LockOn};
use corebank::facts::{Limit, LimitOn};
use corebank::{AccountRef, CoreError, CustNo, Reject};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

const DAY_MS: i64 = base::DAY_MS;
/// At this age a raised limit holds a day later: time to think, and for a family to hear of it.
const CAREFUL_YEARS: i64 = 60;

/// Which use of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettingUse)]
pub enum Use {
    Night,
    Abroad,
    Online,
    Stranger,
}

impl Use {
    pub(super) const fn core(self) -> LockOn {
        match self {
            Self::Night => LockOn::Night,
            Self::Abroad => LockOn::Abroad,
            Self::Online => LockOn::Online,
            Self::Stranger => LockOn::Stranger,
        }
    }
    pub(super) const fn of(on: LockOn) -> Self {
        match on {
            LockOn::Night => Self::Night,
            LockOn::Abroad => Self::Abroad,
            LockOn::Online => Self::Online,
            LockOn::Stranger => Self::Stranger,
        }
    }
    pub(crate) fn word(word: &str) -> Option<Self> {
        Some(match word {
            "night" => Self::Night,
            "abroad" => Self::Abroad,
            "online" => Self::Online,
            "stranger" => Self::Stranger,
            _ => return None,
        })
    }
}

/// What a limit is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SettingLimit)]
pub enum On {
    Transfer,
    Cash,
    Payment,
}

impl On {
    const fn core(self) -> LimitOn {
        match self {
            Self::Transfer => LimitOn::Transfer,
            Self::Cash => LimitOn::Cash,
            Self::Payment => LimitOn::Payment,
        }
    }
    pub(super) const fn of(on: LimitOn) -> Self {
        match on {
            LimitOn::Transfer => Self::Transfer,
            LimitOn::Cash => Self::Cash,
            LimitOn::Payment => Self::Payment,
        }
    }
}

/// What shall be changed or seen. Amounts in fen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "set")]
#[schema(as = SettingWish)]
pub enum Wish {
    /// `from` and `to` are full hours of the day; both 0: all day.
    Lock {
        on: Use,
        from: i64,
        to: i64,
    },
    Unlock {
        on: Use,
    },
    NoPass {
        is_on: bool,
        cap_fen: i64,
    },
    EndAgreement {
        no: i64,
    },
    Limit {
        on: On,
        #[schema(nullable = false)]
        single_fen: Option<i64>,
        #[schema(nullable = false)]
        day_fen: Option<i64>,
    },
    /// 手机号收款 into this account.
    ByMobile {
        is_on: bool,
    },
    /// A time deposit as chats know it.
    Renew {
        deposit: String,
        renew: bool,
    },
    /// Notice of a withdrawal from a notice deposit, as chats know it: given, or taken back. Without an amount, of all of it.
    Notice {
        deposit: String,
        give: bool,
        #[schema(nullable = false)]
        amount_fen: Option<i64>,
    },
    /// Points that were offered in chat and need the PIN.
    Gift {
        gift: String,
    },
    /// An exchange of points that was offered in chat and needs the PIN.
    Exchange {
        exchange: String,
    },
    SeeAssets {},
    SeeGuarantees {},
}

/// One change of one account; the account is an account's `id`, empty where none is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingWanted)]
pub struct Asking {
    #[serde(default)]
    pub account: String,
    pub wish: Wish,
}

/// One line of what changes: how it is, and how it will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SettingChange)]
pub(super) struct Change {
    pub title: String,
    pub old: String,
    pub new: String,
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub needs: Needs,
    pub changes: Vec<Change>,
    /// How long after it was proved it holds.
    pub after_ms: i64,
}

impl Look {
    fn now(needs: Needs, title: impl Into<String>, old: String, new: String) -> Self {
        let changes = vec![Change { title: title.into(), old, new }];
        Self { needs, changes, after_ms: 0 }
    }
    fn seen(needs: Needs) -> Self {
        Self { needs, changes: vec![], after_ms: 0 }
    }
}

impl Wish {
    /// Whether two wishes for one account cannot both stand: opening and locking one use, two limits of one kind.
    pub(super) fn is_about_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Lock { on: one, .. } | Self::Unlock { on: one },
                Self::Lock { on: two, .. } | Self::Unlock { on: two },
            ) => one == two,
            (Self::Limit { on: one, .. }, Self::Limit { on: two, .. }) => one == two,
            (Self::NoPass { .. }, Self::NoPass { .. })
            | (Self::ByMobile { .. }, Self::ByMobile { .. }) => true,
            _ => false,
        }
    }
}

impl Asking {
    /// A code and a PIN change this and nothing else (CA-04).
    pub(super) fn proof(&self, by: &Customer) -> Result<proof::For> {
        let thing = format!("setting:{}:{}", serde_json::to_string(self)?, by.follower);
        let what_for = match self.wish {
            Wish::Limit { .. } => "调高转账限额",
            Wish::SeeGuarantees {} => "查看担保信息",
            Wish::Gift { .. } => "捐积分",
            Wish::Exchange { .. } => "积分兑换",
            _ => "修改账户设置",
        };
        Ok(proof::For {
            purpose: "setting",
            what_for: what_for.into(),
            intent: sessions::hash(&thing),
        })
    }

    pub(super) fn own<'b>(&self, bound: &'b Bound) -> Result<&'b BoundAccount> {
        let own = bound.accounts.iter().find(|a| a.id == self.account);
        own.ok_or_else(|| NO_ACCOUNT.into())
    }

    /// What it would change, and what it needs. Reads how things stand now, each time anew.
    pub(super) async fn look(&self, app: &Arc<App>, by: &Customer, bound: &Bound) -> Result<Look> {
        match &self.wish {
            Wish::SeeAssets {} => Ok(Look::seen(Needs::Pin)),
            Wish::SeeGuarantees {} => Ok(Look::seen(Needs::Code)),
            Wish::Renew { deposit, renew } => {
                let found = verbs::renewal_look(app, by, bound, deposit, *renew).await?;
                let (title, old, new) = found.ok_or(GONE)?;
                Ok(Look::now(Needs::Pin, title, old, new))
            }
            Wish::Notice { deposit, give, amount_fen } => {
                let wish = (*give, *amount_fen);
                let found = verbs::notice_look(app, by, bound, deposit, wish).await?;
                let (title, old, new) = found.ok_or(GONE)?;
                Ok(Look::now(Needs::Pin, title, old, new))
            }
            Wish::Gift { gift } => {
                let by = payer(by, bound);
                let (title, points) = give::look(app, &by, gift_id(gift)?).await?;
                let new = format!("捐 {} 分，捐了不能退", grouped(points));
                Ok(Look::now(Needs::Pin, format!("捐给「{title}」"), "还没有捐".into(), new))
            }
            Wish::Exchange { exchange } => {
                let by = payer(by, bound);
                let (what, points) = take::look(app, &by, exchange_id(exchange)?).await?;
                let new = format!("用 {} 分，换了分不退", grouped(points));
                Ok(Look::now(Needs::Pin, format!("换{what}"), "还没有换".into(), new))
            }
            Wish::Limit { on, single_fen, day_fen } => {
                let account = AccountRef::new(&self.own(bound)?.number);
                let ctx = core_ctx(app, by.tenant, by.follower.raw());
                let all = app.core.limits(&ctx, &account).await.map_err(said)?;
                let now = all.iter().find(|l| l.on == on.core()).ok_or(NOT_HERE)?;
                let age = app.core.customer(&ctx, &CustNo::new(&bound.customer)).await;
                // Whose age is not known now is taken for careful: a raise may wait, money that is gone may not come back.
                let careful = age.map_or(true, |c| c.age.is_some_and(|a| a >= CAREFUL_YEARS));
                limit_look(now, *single_fen, *day_fen, careful)
            }
            wish => {
                let own = self.own(bound)?;
                let now = controls(app, by, bound, own).await?;
                control_look(&now, wish)
            }
        }
    }

    /// What the core is told; `None` for what is no change at the core.
    pub(super) fn core(&self) -> Result<Option<ControlWish>> {
        Ok(Some(match self.wish {
            Wish::Lock { on, from, to } => {
                ControlWish::Lock { on: on.core(), hours: hours_of(from, to)? }
            }
            Wish::Unlock { on } => ControlWish::Unlock { on: on.core() },
            Wish::NoPass { is_on, cap_fen } => ControlWish::NoPass { is_on, cap: amount(cap_fen)? },
            Wish::EndAgreement { no } => ControlWish::EndAgreement { no },
            Wish::ByMobile { is_on } => ControlWish::ByMobile { is_on },
            Wish::Limit { on, single_fen, day_fen } => ControlWish::Limit {
                on: on.core(),
                single: single_fen.map(amount).transpose()?,
                day: day_fen.map(amount).transpose()?,
            },
            Wish::Renew { .. }
            | Wish::Notice { .. }
            | Wish::Gift { .. }
            | Wish::Exchange { .. }
            | Wish::SeeAssets {}
            | Wish::SeeGuarantees {} => return Ok(None),
        }))
    }
}

/// Who gives, as the page knows them.
pub(super) fn payer(by: &Customer, bound: &Bound) -> Payer {
    Payer {
        tenant: by.tenant,
        follower: by.follower,
        bound: Arc::new(bound.clone()),
        session: Some(by.session),
    }
}

pub(super) fn exchange_id(exchange: &str) -> Result<ExchangeId> {
    exchange.parse().map(ExchangeId::of).map_err(|_| GONE.into())
}

pub(super) fn gift_id(gift: &str) -> Result<GiftId> {
    gift.parse().map(GiftId::of).map_err(|_| GONE.into())
}

/// Refusals of the core in a page's words.
pub(super) fn said(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::Unsupported) => NOT_HERE.into(),
        CoreError::Rejected(Reject::LimitExceeded) => CAP.into(),
        e => of_core(e),
    }
}

pub(super) async fn controls(
    app: &App,
    by: &Customer,
    bound: &Bound,
    own: &BoundAccount,
) -> Result<Controls> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let (customer, account) = (CustNo::new(&bound.customer), AccountRef::new(&own.number));
    app.core.controls(&ctx, &customer, &account).await.map_err(said)
}

pub(super) fn hours_of(from: i64, to: i64) -> Result<Hours> {
    Hours::of(from, to).ok_or_else(|| HOURS.into())
}

fn amount(fen: i64) -> Result<Fen> {
    if fen > 0 { Ok(Fen::of(fen)) } else { BELOW.into() }
}

/// `22点到7点`, `全天`
pub(crate) fn hours_words(hours: Hours) -> String {
    if hours.from == hours.to {
        "全天".into()
    } else {
        format!("{}点到{}点", hours.from, hours.to)
    }
}

fn lock_words(hours: Option<Hours>) -> String {
    hours.map_or_else(|| "能用".to_owned(), |h| format!("锁住（{}）", hours_words(h)))
}

fn control_look(now: &Controls, wish: &Wish) -> Result<Look> {
    let standing = |on: Use| now.locks.iter().find(|l| l.on == on.core()).map(|l| l.hours);
    match *wish {
        Wish::Lock { on, from, to } => {
            let hours = hours_of(from, to)?;
            if on == Use::Night && hours.from == hours.to {
                return HOURS.into();
            }
            let before = standing(on);
            if before == Some(hours) {
                return SAME.into();
            }
            // Hours that leave something open which is locked now are an opening.
            let opens = before.is_some_and(|b| (0..24).any(|h| b.has(h) && !hours.has(h)));
            let needs = if opens { Needs::Pin } else { Needs::Nothing };
            let title = on.core().label();
            Ok(Look::now(needs, title, lock_words(before), lock_words(Some(hours))))
        }
        Wish::Unlock { on } => match standing(on) {
            None => SAME.into(),
            before => {
                Ok(Look::now(Needs::Pin, on.core().label(), lock_words(before), lock_words(None)))
            }
        },
        Wish::NoPass { is_on, cap_fen } => {
            let cap = amount(cap_fen)?;
            if cap > now.no_pass.most {
                return CAP.say(format!("最高可以设 {} 元一笔", now.no_pass.most)).into();
            }
            let before = (now.no_pass.is_on, now.no_pass.cap);
            if before == (is_on, cap) || (!is_on && !before.0) {
                return SAME.into();
            }
            let opens = is_on && (!before.0 || cap > before.1);
            let needs = if opens { Needs::Pin } else { Needs::Nothing };
            let words = |(on, cap): (bool, Fen)| {
                if on { format!("开着，每笔最多 {cap} 元") } else { "关着".into() }
            };
            Ok(Look::now(needs, "小额免密", words(before), words((is_on, cap))))
        }
        Wish::EndAgreement { no } => {
            let found = now.agreements.iter().find(|a| a.no == no).ok_or(GONE)?;
            let title = format!("{} · {}", found.platform, found.kind.label());
            Ok(Look::now(Needs::Pin, title, "能扣款".into(), "取消，不能再扣".into()))
        }
        Wish::ByMobile { is_on } => {
            if now.by_mobile == is_on {
                return SAME.into();
            }
            let needs = if is_on { Needs::Pin } else { Needs::Nothing };
            let (old, new) = (by_mobile_words(now.by_mobile), by_mobile_words(is_on));
            Ok(Look::now(needs, BY_MOBILE, old.into(), new.into()))
        }
        _ => Err(Error::fault("no switch of an account")),
    }
}

pub(super) const BY_MOBILE: &str = "手机号收款";

pub(super) const fn by_mobile_words(is_on: bool) -> &'static str {
    if is_on {
        "开着，知道您预留手机号和姓的人，能往这个账户转钱"
    } else {
        "关着，用您的手机号转不进来"
    }
}

fn limit_look(
    now: &Limit,
    single_fen: Option<i64>,
    day_fen: Option<i64>,
    careful: bool,
) -> Result<Look> {
    let mut changes = vec![];
    let mut raises = false;
    let each = [
        ("一次最多", single_fen, now.single, now.most_single),
        ("一天最多", day_fen, now.day, now.most_day),
    ];
    for (title, wished, old, most) in each {
        let Some(fen) = wished else { continue };
        let new = amount(fen)?;
        if most.is_some_and(|m| new > m) {
            let most = most.unwrap_or_default();
            let words =
                format!("{}{title}线上最高可以调到 {most} 元，再高要到网点", now.on.label());
            return CAP.say(words).into();
        }
        if old == Some(new) {
            continue;
        }
        raises |= old.is_some_and(|o| new > o);
        let words = |f: Option<Fen>| f.map_or_else(|| "不限".to_owned(), |f| format!("{f} 元"));
        let title = format!("{}{title}", now.on.label());
        changes.push(Change { title, old: words(old), new: words(Some(new)) });
    }
    if changes.is_empty() {
        return Err(SAME.into());
    }
    if let (Some(single), Some(day)) = (single_fen, day_fen)
        && single > day
    {
        return Err(ORDER.into());
    }
    let needs = if raises { Needs::CodeAndPin } else { Needs::Pin };
    Ok(Look { needs, changes, after_ms: if raises && careful { DAY_MS } else { 0 } })
}

const ORDER: Refusal = Refusal::invalid("setting.order", "一次最多不能比一天最多还高，请再看看");

#[cfg(test)]
mod tests {
    use super::*;
    use corebank::facts::LimitWhy;

    fn limit(single: i64, day: i64) -> Limit {
        Limit {
            on: LimitOn::Transfer,
            single: Some(Fen::of(single)),
            day: Some(Fen::of(day)),
            year: None,
            day_used: Fen::ZERO,
            year_used: Fen::ZERO,
            why: LimitWhy::Own,
            most_single: Some(Fen::of(5_000)),
            most_day: Some(Fen::of(20_000)),
        }
    }

    #[test]
    fn lowering_needs_the_pin_raising_a_code_too_and_elders_wait_a_day() {
        let needs = |single, day, careful| {
            limit_look(&limit(1_000, 2_000), single, day, careful).map(|l| (l.needs, l.after_ms))
        };
        assert_eq!(needs(Some(500), None, true).unwrap(), (Needs::Pin, 0));
        assert_eq!(needs(Some(1_001), None, false).unwrap(), (Needs::CodeAndPin, 0));
        assert_eq!(needs(None, Some(20_000), true).unwrap(), (Needs::CodeAndPin, DAY_MS));
        assert_eq!(needs(Some(500), Some(3_000), false).unwrap(), (Needs::CodeAndPin, 0));
        for (single, day, code) in [
            (Some(5_001), None, "setting.cap"),
            (None, Some(20_001), "setting.cap"),
            (Some(0), None, "setting.amount"),
            (Some(1_000), Some(2_000), "setting.same"),
            (None, None, "setting.same"),
            (Some(2_001), Some(2_000), "setting.order"),
        ] {
            let refused = needs(single, day, false).unwrap_err();
            assert!(refused.is_refusal(code), "{single:?} {day:?}: {refused:?}");
        }
    }
}
