//! How things stand, in lines a page shows: switches, limits, platforms, and what is shown only after proof.

use super::wish::{BY_MOBILE, On, Use, by_mobile_words, controls, hours_words, said};
use super::{NOT_HERE, What};
use crate::app::App;
use crate::followers::{Bound, BoundAccount};
use crate::sessions::Customer;
use crate::verbs::core_ctx;
use base::{Error, Fen, Result};
use corebank::controls::LockOn;
use corebank::loans::Guarantee;
use corebank::{AccountRef, CoreError, CustNo, Day, UnknownCause};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Days ahead in which a time deposit's end is worth a line.
const SOON_DAYS: i64 = 90;

/// One thing that can be changed, as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingRow)]
pub(super) struct Row {
    pub title: String,
    /// How it stands, in words.
    pub words: String,
    /// A lock, and its hours; both null when it does not stand.
    #[schema(required)]
    pub lock: Option<LockRow>,
    #[schema(required)]
    pub no_pass: Option<NoPassRow>,
    /// 手机号收款: whether it is on.
    #[schema(required)]
    pub by_mobile: Option<bool>,
    /// A platform's number.
    #[schema(required)]
    pub agreement: Option<i64>,
    #[schema(required)]
    pub limit: Option<LimitRow>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingLock)]
pub(super) struct LockRow {
    pub on: Use,
    pub is_locked: bool,
    pub from: i64,
    pub to: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingNoPass)]
pub(super) struct NoPassRow {
    pub is_on: bool,
    pub cap_fen: i64,
    pub most_fen: i64,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingLimitRow)]
pub(super) struct LimitRow {
    pub on: On,
    #[schema(required)]
    pub single_fen: Option<i64>,
    #[schema(required)]
    pub day_fen: Option<i64>,
    #[schema(required)]
    pub most_single_fen: Option<i64>,
    #[schema(required)]
    pub most_day_fen: Option<i64>,
}

/// A line that was asked for: 活期 4,487.00 元.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SettingLine)]
pub(super) struct Line {
    pub title: String,
    pub words: String,
}

fn line(title: impl Into<String>, words: impl Into<String>) -> Line {
    Line { title: title.into(), words: words.into() }
}

fn plain(title: &str, words: String) -> Row {
    let title = title.to_owned();
    Row { title, words, lock: None, no_pass: None, by_mobile: None, agreement: None, limit: None }
}

/// How one account's things of a kind stand.
pub(super) async fn rows(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    own: &BoundAccount,
    what: What,
) -> Result<Vec<Row>> {
    if what == What::Limits {
        let ctx = core_ctx(app, by.tenant, by.follower.raw());
        let all = app.core.limits(&ctx, &AccountRef::new(&own.number)).await.map_err(said)?;
        return Ok(all.iter().map(limit_row).collect());
    }
    if !app.core.capabilities().controls {
        return NOT_HERE.into();
    }
    let now = controls(app, by, bound, own).await?;
    Ok(match what {
        What::Locks => LockOn::ALL.into_iter().map(|on| lock_row(&now, on)).collect(),
        What::NoPass => {
            let np = now.no_pass;
            let words = if np.is_on {
                format!("开着，每笔最多 {} 元不用密码", np.cap)
            } else {
                "关着，刷卡都要密码".to_owned()
            };
            let cap = (np.cap.fen(), np.most.fen());
            let row = NoPassRow { is_on: np.is_on, cap_fen: cap.0, most_fen: cap.1 };
            vec![Row { no_pass: Some(row), ..plain("小额免密", words) }]
        }
        What::QuickPay => now
            .agreements
            .iter()
            .map(|a| {
                let words = format!("{}，{}签约", a.kind.label(), day_words(a.signed_on));
                Row { agreement: Some(a.no), ..plain(&a.platform, words) }
            })
            .collect(),
        What::ByMobile => {
            let words = by_mobile_words(now.by_mobile).to_owned();
            vec![Row { by_mobile: Some(now.by_mobile), ..plain(BY_MOBILE, words) }]
        }
        _ => vec![],
    })
}

fn lock_row(now: &corebank::controls::Controls, on: LockOn) -> Row {
    let stands = now.locks.iter().find(|l| l.on == on).map(|l| l.hours);
    let words = stands.map_or_else(|| "能用".to_owned(), |h| format!("锁着，{}", hours_words(h)));
    let hours = stands.map_or((22, 7), |h| (i64::from(h.from), i64::from(h.to)));
    let lock = LockRow { on: Use::of(on), is_locked: stands.is_some(), from: hours.0, to: hours.1 };
    Row { lock: Some(lock), ..plain(on.label(), words) }
}

fn limit_row(l: &corebank::facts::Limit) -> Row {
    let words = |f: Option<Fen>| f.map_or_else(|| "不限".to_owned(), |f| format!("{f} 元"));
    let told = format!("一次最多 {}，一天最多 {}", words(l.single), words(l.day));
    let limit = LimitRow {
        on: On::of(l.on),
        single_fen: l.single.map(Fen::fen),
        day_fen: l.day.map(Fen::fen),
        most_single_fen: l.most_single.map(Fen::fen),
        most_day_fen: l.most_day.map(Fen::fen),
    };
    Row { limit: Some(limit), ..plain(l.on.label(), told) }
}

fn day_words(day: Day) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// 资产总览, once the PIN was right.
pub(super) async fn assets(app: &Arc<App>, by: &Customer, bound: &Bound) -> Result<Vec<Line>> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = app.core.assets(&ctx, &CustNo::new(&bound.customer)).await.map_err(said)?;
    let too_large = || {
        let cause = UnknownCause::IntegrityMismatch { field: "posted" };
        Error::fault(CoreError::Unknown(cause).to_string())
    };
    let owned = all.owned().ok_or_else(too_large)?;
    let (owed, net) = (all.owed().ok_or_else(too_large)?, all.net().ok_or_else(too_large)?);
    let yuan = |f: Fen| format!("{f} 元");
    let mut lines = vec![line("一共有", yuan(owned)), line("活期", yuan(all.demand))];
    lines.push(line("定期", yuan(all.time)));
    for (title, amount) in
        [("信用卡多存", all.surplus), ("信用卡欠", all.card_debt), ("贷款还有", all.loan_debt)]
    {
        if amount > Fen::ZERO {
            lines.push(line(title, yuan(amount)));
        }
    }
    if owed > Fen::ZERO {
        lines.push(line("减掉欠的还有", yuan(net)));
    }
    let last = Day::at(app.clock().now()).plus_days(SOON_DAYS);
    for d in all.deposits.iter().filter(|d| d.on <= last) {
        lines.push(line(
            format!("定期{} 快到期", d.tail),
            format!("{} 元，{}到期", d.amount, day_words(d.on)),
        ));
    }
    Ok(lines)
}

/// 担保, once a code was right: how each stands, nothing of what a borrower still owes.
pub(super) async fn guarantees(app: &Arc<App>, by: &Customer, bound: &Bound) -> Result<Vec<Line>> {
    if !app.core.capabilities().loans {
        return NOT_HERE.into();
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = app.core.guarantees(&ctx, &CustNo::new(&bound.customer)).await.map_err(said)?;
    let each = |who: String, g: &Guarantee| {
        let loan = format!("{}{}", g.product, g.tail.as_deref().unwrap_or_default());
        let words =
            format!("{loan}，担保 {} 元，到{}，{}", g.amount, day_words(g.until), g.state.label());
        line(who, words)
    };
    let given = all.given.iter().map(|g| each(format!("您给{}", g.other), g));
    let received = all.received.iter().map(|g| each(format!("{}给您", g.other), g));
    let mut lines: Vec<Line> = given.chain(received).collect();
    if lines.is_empty() {
        lines.push(line(
            "没有担保",
            "您没有给人担保，也没有人给您担保。有人拿您的名义担保，请马上打客服电话",
        ));
    }
    Ok(lines)
}
