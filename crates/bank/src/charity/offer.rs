//! What may be given, and the gift that is offered for confirmation.

use super::store::{self, New, Target};
use super::{
    CLOSED, GiftId, NO_PROJECT, POINTS_DAY_MAX, POINTS_DAY_PIN_MAX, POINTS_MIN, Project, grouped,
    of_core, tally, visible,
};
use crate::app::App;
use crate::payments::draft::Payer;
use crate::verbs::core_ctx;
use base::{Refusal, Result};
use corebank::{AccountRef, CoreError, Day, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

pub const NO_CARD: Refusal =
    Refusal::missing("points.no_card", "您还没有积分。积分是刷本行信用卡攒的，消费 1 元攒 1 分。");
pub const UNDER_WAY: Refusal =
    Refusal::conflict("gift.under_way", "上一笔正在确认，请不要重复捐。有结果马上告诉您。");
const NO_POINTS: Refusal = Refusal::missing("points.none", "您现在没有能捐的积分。");
/// Amounts that are offered.
const HUNDRED: i64 = 100;
const FIVE_HUNDRED: i64 = 500;

/// What chat shows.
#[derive(Debug, Default)]
pub struct Offered {
    pub words: String,
    pub elder_words: String,
    /// To be confirmed.
    pub gift: Option<GiftId>,
    /// The same of one that needs the PIN on a page.
    pub pin_gift: Option<GiftId>,
    /// Amounts to tap; none while a gift is to be confirmed.
    pub hundred: Option<i64>,
    pub five: Option<i64>,
    pub ending: Option<i64>,
    pub rest: Option<i64>,
    pub all: Option<i64>,
    pub project: String,
}

/// What a customer's cards hold.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) cards: Vec<String>,
    pub(super) total: i64,
    /// The points that end next, and their last day.
    ending: Option<(i64, Day)>,
    to_come: i64,
}

/// The project that is meant, or the first that takes gifts. One that reached its goal takes no more.
pub(super) async fn chosen(app: &Arc<App>, by: &Payer, wanted: &str) -> Result<Project> {
    let today = app.clock().now().china_day();
    let all = visible(app, by.tenant);
    let mut is_known = false;
    for p in all.into_iter().filter(|p| wanted.is_empty() || p.id() == wanted) {
        is_known = true;
        if !p.is_open_on(today) {
            continue;
        }
        let is_full = tally(app, by.tenant, &p).await.is_some_and(|t| t.points >= p.goal_points);
        if !is_full {
            return Ok(p);
        }
    }
    if is_known { CLOSED.into() } else { NO_PROJECT.into() }
}

pub(super) async fn held(app: &Arc<App>, by: &Payer) -> Result<Held> {
    let mut held = Held::default();
    let mut lots = vec![];
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    for card in by.bound.accounts.iter().filter(|a| a.kind == "credit") {
        match app.core.points(&ctx, &AccountRef::new(&card.number)).await {
            Ok(points) => {
                held.cards.push(card.number.clone());
                held.to_come += points.to_come;
                lots.extend(points.lots);
            }
            // A card that brings no points.
            Err(CoreError::Rejected(Reject::NotFound)) => {}
            Err(e) => return Err(of_core(e)),
        }
    }
    if held.cards.is_empty() {
        return NO_CARD.into();
    }
    held.total = lots.iter().map(|l| l.points).sum();
    if let Some(ends_on) = lots.iter().map(|l| l.ends_on).min() {
        let next = lots.iter().filter(|l| l.ends_on == ends_on);
        held.ending = Some((next.map(|l| l.points).sum(), ends_on));
    }
    if held.total == 0 {
        let words = format!("您现在没有能捐的积分，下期账单会加 {} 分。", held.to_come);
        return NO_POINTS.say(words).into();
    }
    Ok(held)
}

/// Says what there is, or offers a gift of as many points as were said.
///
/// # Errors
/// Refused where nothing can be given now.
pub async fn offer(app: &Arc<App>, by: &Payer, project: &str, said: &str) -> Result<Offered> {
    super::gifts(app)?;
    let project = chosen(app, by, project).await?;
    let held = held(app, by).await?;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (customer, follower) = (by.bound.customer.clone(), by.follower);
    let unit_keys = keys.clone();
    let unit = move |tx: &Tx<'_>| {
        if store::under_way(tx, follower)?.is_some() {
            return UNDER_WAY.into();
        }
        store::used_on(tx, &unit_keys, &customer, tx.now().china_day())
    };
    let used = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    let rest = (POINTS_DAY_MAX - used).max(0);
    let most = (POINTS_DAY_PIN_MAX - used).max(0);
    let wanted = match said {
        "" => return Ok(overview(&project, &held, rest, None)),
        "all" => held.total,
        "ending" => held.ending.map_or(held.total, |(points, _)| points),
        digits => digits.parse().unwrap_or(0),
    };
    if let Some(why) = too_much_or_little(wanted, &held, most) {
        return Ok(overview(&project, &held, rest, Some(why)));
    }
    let target = Target { customer: by.bound.customer.clone(), cards: held.cards };
    let (follower, binding) = (by.follower, by.bound.binding.raw());
    let mut words = format!("把 {} 分捐给「{}」，捐了不能退。", grouped(wanted), project.title);
    let unit = move |tx: &Tx<'_>| {
        let (project, target) = (&project, &target);
        let new = New { follower, binding, project, points: wanted, target };
        store::offer(tx, &keys, &new)
    };
    let gift = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    if wanted > rest {
        words.push_str(&format!("一天超过 {} 分，要输密码。", grouped(POINTS_DAY_MAX)));
        let elder_words = words.clone();
        return Ok(Offered { words, elder_words, pin_gift: Some(gift), ..Offered::default() });
    }
    let elder_words = words.clone();
    Ok(Offered { words, elder_words, gift: Some(gift), ..Offered::default() })
}

fn too_much_or_little(wanted: i64, held: &Held, most: i64) -> Option<String> {
    if wanted > held.total {
        let short = grouped(wanted - held.total);
        return Some(format!("差 {short} 分，您有 {} 分。", grouped(held.total)));
    }
    if wanted < POINTS_MIN {
        return Some(format!("一次最少捐 {POINTS_MIN} 分。"));
    }
    if wanted > most {
        let day = grouped(POINTS_DAY_PIN_MAX);
        return Some(match most {
            0..POINTS_MIN => format!("一天最多捐 {day} 分，今天捐够了，明天再捐。"),
            _ => format!("一天最多捐 {day} 分，今天还能捐 {} 分。", grouped(most)),
        });
    }
    None
}

/// What there is, and the amounts that make sense. `why`: what was said cannot be given.
fn overview(project: &Project, held: &Held, rest: i64, why: Option<String>) -> Offered {
    let fits = |n: i64| Some(n).filter(|n| (POINTS_MIN..=rest.min(held.total)).contains(n));
    let ending = held.ending.filter(|(points, _)| *points < held.total);
    let told = ending.map(|(points, on)| {
        format!("（其中 {} 分{}月{}日过期）", grouped(points), on.month(), on.day())
    });
    let has = format!("您有 {} 分{}。", grouped(held.total), told.unwrap_or_default());
    let share = format!("{} 分 = {}。", grouped(project.unit_points), project.unit_words);
    let words = match why {
        Some(why) => why,
        None => format!("{has}{share}捐给「{}」，捐多少？", project.title),
    };
    let tapped = [fits(HUNDRED), fits(FIVE_HUNDRED)];
    let not_twice = |n: Option<i64>| n.filter(|_| !tapped.contains(&n));
    // All of it, with the PIN where it is more than may be given without.
    let all = not_twice(Some(held.total).filter(|n| (POINTS_MIN..=POINTS_DAY_PIN_MAX).contains(n)));
    Offered {
        elder_words: words.clone(),
        words,
        hundred: fits(HUNDRED),
        five: fits(FIVE_HUNDRED),
        ending: not_twice(ending.and_then(|(points, _)| fits(points))),
        rest: not_twice(fits(rest)).filter(|_| held.total > rest),
        all,
        project: project.id(),
        gift: None,
        pin_gift: None,
    }
}
