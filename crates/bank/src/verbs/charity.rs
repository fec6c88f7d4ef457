//! Good causes in chat: gifts of points and of money, how projects stand, what one gave.

use super::Doing::{Act, Draft, Look, Order, Read};
use super::payments::{LABEL, card, elder};
use super::{Reading, Told, Verb, count, declined, done, refused, row, text};
use crate::app::App;
use crate::charity::{POINTS_MIN, cash, give, monthly, offer, public, show, visible};
use crate::followers::Standing;
use crate::inbound::store::Recording;
use crate::payments::When;
use base::{Error, Fen, Result};
use db::Tx;
use dialogue::{Call, Outcome, Value};
use std::sync::Arc;

pub(super) const VERBS: &[Verb] = &[
    ("charity.offer", Draft(|r, call| Box::pin(r.offer_points(call)))),
    ("charity.give", Order(|r, call| Box::pin(r.give_points(call)))),
    ("charity.monthly", Order(|r, call| Box::pin(r.monthly_points(call)))),
    ("charity.stop_monthly", Act(stop_monthly)),
    ("charity.sign", Order(|r, call| Box::pin(r.sign_wall(call)))),
    ("charity.projects", Look(|app, standing, _| Box::pin(projects(app, standing)))),
    ("charity.project", Look(|app, standing, call| Box::pin(project(app, standing, call)))),
    ("charity.mine", Read(|r, _| Box::pin(r.my_gifts()))),
    ("charity.draft_cash", Draft(|r, call| Box::pin(r.give_cash(call)))),
];

fn arg<'c>(call: &'c Call, name: &str) -> &'c str {
    call.args.get(name).map(String::as_str).unwrap_or_default()
}

/// A refusal is an answer; a fault is not.
fn or_refused<T>(came: Result<T>) -> Result<std::result::Result<T, Outcome>> {
    match came {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Refused(no)) => Ok(Err(declined(&no))),
        Err(fault) => Err(fault),
    }
}

fn stop_monthly(tx: &Tx<'_>, turn: &Recording, _: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    match monthly::stop(tx, (turn.standing.id, bound)) {
        Ok(()) => Ok(done([])),
        Err(Error::Refused(no)) => Ok(declined(&no)),
        Err(fault) => Err(fault),
    }
}

impl Reading<'_> {
    async fn offer_points(&self, call: &Call) -> Result<Told> {
        let (by, said) = (self.payer(), arg(call, "points"));
        let offered = offer::offer(self.app, &by, arg(call, "project"), said).await;
        let o = match or_refused(offered)? {
            Ok(offered) => offered,
            Err(no) => return Ok(Ok(no)),
        };
        let amount = |n: Option<i64>| text(n.map(|n| n.to_string()).unwrap_or_default());
        Ok(Ok(done([
            ("words", text(o.words)),
            ("elder_words", text(o.elder_words)),
            ("gift", amount(o.gift.map(base::Id::raw))),
            ("pin_gift", amount(o.pin_gift.map(base::Id::raw))),
            ("label", text(if o.pin_gift.is_some() { LABEL } else { "" })),
            ("hundred", amount(o.hundred)),
            ("five", amount(o.five)),
            ("ending", amount(o.ending)),
            ("rest", amount(o.rest)),
            ("all", amount(o.all)),
            ("cause", text(o.project)),
        ])))
    }

    async fn give_points(&self, call: &Call) -> Result<Told> {
        let id = arg(call, "gift");
        let Ok(gift) = id.parse().map(crate::charity::GiftId::of) else {
            return Ok(Ok(refused(give::NONE.code, &give::NONE.words)));
        };
        let take = if arg(call, "no").is_empty() { give::Take::Said } else { give::Take::Leave };
        // What was offered before the channel was frozen, or under other agreements, is not given.
        if self.bound.is_frozen {
            return Ok(Ok(refused(super::FROZEN.code, &super::FROZEN.words)));
        }
        let given = give::give(self.app, &self.payer(), gift, take).await;
        let words = match or_refused(given)? {
            Ok(words) => words,
            Err(no) => return Ok(Ok(no)),
        };
        Ok(Ok(done([
            ("elder_words", text(words.clone())),
            ("words", text(words)),
            ("gift", text(id)),
            ("cause", text(give::cause(self.app, &self.payer(), gift).await?)),
        ])))
    }

    async fn monthly_points(&self, call: &Call) -> Result<Told> {
        if self.bound.is_frozen {
            return Ok(Ok(refused(super::FROZEN.code, &super::FROZEN.words)));
        }
        let points = arg(call, "points").parse().unwrap_or(POINTS_MIN);
        let agreed = monthly::agree(self.app, &self.payer(), arg(call, "project"), points).await;
        Ok(Ok(match or_refused(agreed)? {
            Ok(words) => done([("words", text(words))]),
            Err(no) => no,
        }))
    }

    /// On the wall with a masked name, or without one again.
    async fn sign_wall(&self, call: &Call) -> Result<Told> {
        let id = arg(call, "gift");
        let Ok(gift) = id.parse().map(crate::charity::GiftId::of) else {
            return Ok(Ok(refused(give::NONE.code, &give::NONE.words)));
        };
        if self.bound.is_frozen {
            return Ok(Ok(refused(super::FROZEN.code, &super::FROZEN.words)));
        }
        let is_named = arg(call, "no").is_empty();
        if let Err(no) = or_refused(give::sign(self.app, &self.payer(), gift, is_named).await)? {
            return Ok(Ok(no));
        }
        let (words, on) = if is_named {
            ("好，公示墙上会写您的姓名（只露最后一个字）。", id)
        } else {
            ("好，公示墙上只写“一位爱心人士”。", "")
        };
        Ok(Ok(done([("words", text(words)), ("on", text(on))])))
    }

    async fn my_gifts(&self) -> Result<Told> {
        let tenant = self.standing.tenant;
        let mine = show::mine(self.app, tenant, self.bound).await?;
        let one = |r: &show::Row| {
            row([("what", text(&r.what)), ("at", Value::Time(r.at)), ("note", text(&r.note))])
        };
        let rows = mine.rows(&visible(self.app, tenant));
        Ok(Ok(done([
            ("rows", Value::Rows(rows.iter().map(one).collect())),
            ("count", count(mine.count())),
            ("total", text(mine.total())),
        ])))
    }

    async fn give_cash(&self, call: &Call) -> Result<Told> {
        let amount = arg(call, "amount").parse().ok().map(Fen::of).filter(|a| *a > Fen::ZERO);
        let Some(amount) = amount else {
            return Err(Error::fault("a gift of money without an amount"));
        };
        let (from, is_anonymous) = (arg(call, "account"), arg(call, "anonymous") == "yes");
        let where_to = (from, arg(call, "project"));
        let when = match arg(call, "when") {
            "" => None,
            said => match When::parse(said) {
                // A single day that was said is that day of each month.
                Some(when) if !arg(call, "monthly").is_empty() => when.each_month().or(Some(when)),
                Some(when) => Some(when),
                None => return Err(Error::fault("a gift of money for no time")),
            },
        };
        let what = cash::What { amount, is_anonymous, when };
        let draft = cash::draft(self.app, &self.payer(), where_to, what).await;
        let draft = match or_refused(draft)? {
            Ok(draft) => draft,
            Err(no) => return Ok(Ok(no)),
        };
        let frozen = draft.drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("a gift of money without a payee"))?;
        let p = &draft.project;
        let also = format!(
            "用于「{}」，备案号 {}{}。捐了不能退。",
            p.title,
            p.licence,
            if is_anonymous { "，匿名" } else { "" }
        );
        Ok(Ok(done([
            ("card", text(format!("{}{also}", card(frozen)))),
            ("elder_card", text(format!("{}捐了不能退。", elder(frozen)))),
            ("label", text(LABEL)),
            ("wish", text(draft.drafted.wish.raw().to_string())),
        ])))
    }
}

async fn projects(app: &Arc<App>, standing: &Arc<Standing>) -> Result<Told> {
    let all = show::projects(app, standing.tenant).await;
    let one = |s: &show::Standing| {
        row([
            ("id", text(s.project.id())),
            ("title", text(&s.project.title)),
            ("about", text(&s.project.story)),
            ("state", text(s.words())),
        ])
    };
    let rows: Vec<_> = all.iter().map(one).collect();
    let mine = match &standing.bound {
        Some(bound) if !bound.is_frozen => show::mine(app, standing.tenant, bound).await?.total(),
        _ => String::new(),
    };
    let mine = if mine.is_empty() { mine } else { format!("您捐过 {mine}。") };
    let n = count(rows.len());
    Ok(Ok(done([("rows", Value::Rows(rows)), ("count", n), ("mine", text(mine))])))
}

async fn project(app: &Arc<App>, standing: &Arc<Standing>, call: &Call) -> Result<Told> {
    let id = arg(call, "project");
    let (shown, words) = match or_refused(show::project(app, standing.tenant, id).await)? {
        Ok(found) => found,
        Err(no) => return Ok(Ok(no)),
    };
    let give = if shown.is_open() { id } else { "" };
    let words = format!("{words}公示：{}", public::url_of(app, standing.tenant, &shown.project));
    Ok(Ok(done([("words", text(words)), ("project", text(id)), ("give", text(give))])))
}
