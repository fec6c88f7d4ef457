//! Stopping cards and the channel, the customer's own settings, and what they agreed to.

use super::Doing::{Act, Look, Order, Read};
use super::{Reading, Told, Verb, count, done, refused, row, text};
use crate::audit::{self, Actor};
use crate::binding::{self, agreements};
use crate::followers::{BoundAccount, Standing};
use crate::guard::{self, Came, Known, freeze};
use crate::inbound::store::Recording;
use crate::settings::{self, Locked};
use crate::{marketing, privacy};
use base::Result;
use corebank::{AccountRef, Day, Flow, Line, StateWish, StatementQuery, StatementRange};
use db::{Scope, Tx};
use dialogue::{Call, Outcome, Value};
use std::sync::Arc;

/// Entries in one bubble, and days looked back for them.
const RECENT_MAX: usize = 5;
const RECENT_DAYS: i64 = 30;

pub(super) const VERBS: &[Verb] = &[
    ("bank.stop", Order(|r, call| Box::pin(r.stop(call)))),
    ("bank.lock_use", Order(|r, call| Box::pin(r.lock_use(call)))),
    ("bank.freeze", Act(|tx, turn, _| freeze_channel(tx, turn))),
    ("core.recent", Read(|r, _| Box::pin(async { Ok(r.recent().await) }))),
    ("core.profile", Read(|r, _| Box::pin(async { Ok(r.profile().await) }))),
    ("bank.set_default", Act(set_default)),
    ("bank.consents", Look(|app, standing, _| Box::pin(consents(app, standing)))),
    ("bank.withdraw_consent", Act(withdraw_consent)),
    ("bank.set_marketing", Act(set_marketing)),
    ("bank.check_sender", Act(check_sender)),
];

impl Reading<'_> {
    /// Locks or reports lost; each account by an order of its own.
    async fn stop(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map_or("", String::as_str);
        let wish = if arg("wish") == "lock" { StateWish::Lock } else { StateWish::ReportLoss };
        let wanted = |a: &&BoundAccount| match (arg("account"), arg("kind")) {
            ("", "credit") => a.kind == "credit",
            ("", _) => matches!(a.kind.as_str(), "debit" | "passbook"),
            (id, _) => a.id == id,
        };
        let accounts: Vec<BoundAccount> =
            self.bound.accounts.iter().filter(wanted).cloned().collect();
        if accounts.is_empty() {
            let words = "您绑定的账户里没有这一张，请马上打客服电话停。";
            return Ok(Ok(refused("account.missing", words)));
        }
        let orders = guard::Orders {
            tenant: self.standing.tenant,
            follower: self.standing.id,
            customer: self.bound.customer.clone(),
            accounts,
            wish: wish.into(),
        };
        Ok(Ok(told(&guard::place(self.app, orders).await?)))
    }

    /// Locks one use of one account; opening it again is a page's.
    async fn lock_use(&self, call: &Call) -> Result<Told> {
        let own = match self.own(call) {
            Ok(own) => own,
            Err(e) => return Ok(Err(e)),
        };
        let on = call.args.get("use").map_or("", String::as_str);
        let (tenant, follower) = (self.standing.tenant, self.standing.id);
        let customer = &self.bound.customer;
        let locked = settings::lock_now(self.app, tenant, follower, customer, own, on).await?;
        Ok(Ok(match locked {
            Locked::Done(hours) => done([("hours", text(hours))]),
            Locked::Refused(words) => refused("lock.refused", &words),
            Locked::Trying => {
                refused("lock.trying", "已经记下，正在锁，银行系统还没回话。锁好了马上告诉您。")
            }
        }))
    }

    async fn recent(&self) -> Told {
        let today = Day::at(self.app.clock().now());
        let mut lines: Vec<(Line, String)> = vec![];
        let mut as_of = self.app.clock().now();
        for own in
            self.bound.accounts.iter().filter(|a| matches!(a.kind.as_str(), "debit" | "passbook"))
        {
            let range = StatementRange {
                account: AccountRef::new(&own.number),
                from: today.plus_days(1 - RECENT_DAYS),
                to: today,
                flow: Flow::All,
                q: None,
            };
            let ask = StatementQuery { range, cursor: None, limit: RECENT_MAX };
            let page = self.app.core.transactions(&self.ctx(), &ask).await?;
            as_of = page.as_of;
            lines.extend(page.lines.into_iter().map(|l| (l, format!("{}{}", own.label, own.tail))));
        }
        lines.sort_by_key(|(l, _)| std::cmp::Reverse(l.at));
        lines.truncate(RECENT_MAX);
        let rows: Vec<_> = lines
            .iter()
            .map(|(l, account)| {
                row([
                    ("at", Value::Time(l.at)),
                    ("label", text(&l.label)),
                    ("amount", Value::Money(super::signed(l))),
                    ("account", text(account)),
                ])
            })
            .collect();
        let n = count(rows.len());
        Ok(done([("rows", Value::Rows(rows)), ("count", n), ("as_of", Value::Time(as_of))]))
    }

    async fn profile(&self) -> Told {
        let profile = self.app.core.customer(&self.ctx(), &self.customer()).await?;
        let mobile = profile.mobile.map_or_else(|| "没有登记".to_owned(), |m| m.to_string());
        Ok(done([
            ("name", text(profile.name.to_string())),
            ("mobile", text(mobile)),
            ("document", text(profile.id_no.to_string())),
        ]))
    }
}

/// What the orders came to, as one outcome.
fn told(all: &[(BoundAccount, Came)]) -> Outcome {
    let silent = all.iter().filter(|(_, c)| *c == Came::Unknown).count();
    let refusals = all.iter().filter(|(_, c)| matches!(c, Came::Known(Known::Refused(_)))).count();
    if silent == all.len() {
        return refused("stop.trying", "已经记下，正在停，银行系统还没回话。办好了马上告诉您。");
    }
    let name = |a: &BoundAccount| format!("{}{}", a.label, a.tail);
    let state = |came: &Came| match came {
        Came::Known(Known::Stands { state, stop_no, .. }) if stop_no.is_empty() => {
            state.label().to_owned()
        }
        Came::Known(Known::Stands { state, stop_no, .. }) => {
            format!("{}，编号 {stop_no}", state.label())
        }
        Came::Known(Known::Card(_)) => "办好了".to_owned(),
        Came::Known(Known::Refused(code)) => format!("没办成，{}", guard::refused_words(code)),
        Came::Unknown => "银行系统还没回话，正在接着停，办好了告诉您".to_owned(),
    };
    if refusals == all.len() {
        let why: Vec<String> =
            all.iter().map(|(a, c)| format!("{}{}", name(a), state(c))).collect();
        return refused("stop.refused", &format!("{}请马上打客服电话。", why.join("；")));
    }
    if silent + refusals > 0 {
        let each: Vec<String> =
            all.iter().map(|(a, c)| format!("{}：{}", name(a), state(c))).collect();
        return refused("stop.partly", &format!("{}\n急就马上打客服电话。", each.join("\n")));
    }
    let ends = all.iter().filter_map(|(_, c)| match c {
        Came::Known(Known::Stands { ends_at, .. }) => *ends_at,
        _ => None,
    });
    let until = guard::until_words(ends.min());
    let n = count(all.len());
    let rows = all
        .iter()
        .map(|(a, c)| {
            row([("label", text(&a.label)), ("tail", text(&a.tail)), ("state", text(state(c)))])
        })
        .collect();
    done([("rows", Value::Rows(rows)), ("count", n), ("until", text(until))])
}

fn freeze_channel(tx: &Tx<'_>, turn: &Recording) -> Result<Outcome> {
    let follower = turn.standing.id;
    if freeze::freeze(tx, follower, Actor::Follower(follower.raw()))? {
        return Ok(done([]));
    }
    Ok(refused("bind.missing", "您还没有绑定银行卡，没有要停的。"))
}

fn set_default(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let wanted = call.args.get("account").map(String::as_str).unwrap_or_default();
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    let Some(own) = bound.accounts.iter().find(|a| a.id == wanted) else {
        return Ok(refused("account.missing", "没有找到这个账户。"));
    };
    binding::set_default(tx, turn.standing.id, &own.id)?;
    let by = Actor::Follower(turn.standing.id.raw());
    audit::note(tx, by, "setting.default", "", "done", "")?;
    Ok(done([("name", text(format!("{}{}", own.label, own.tail)))]))
}

async fn consents(app: &Arc<crate::app::App>, standing: &Arc<Standing>) -> Result<Told> {
    let follower = standing.id;
    let unit = move |tx: &Tx<'_>| agreements::given(tx, follower);
    let given = app.db.read(Scope::Tenant(standing.tenant), unit).await?;
    let rows: Vec<_> = given
        .iter()
        .map(|g| {
            row([
                ("id", text(&g.agreement)),
                ("title", text(&g.title)),
                ("version", text(&g.version)),
                ("at", Value::Time(g.given_at)),
            ])
        })
        .collect();
    let n = count(rows.len());
    Ok(Ok(done([("rows", Value::Rows(rows)), ("count", n)])))
}

fn withdraw_consent(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let wanted = call.args.get("consent").map(String::as_str).unwrap_or_default();
    Ok(match privacy::withdraw(tx, turn.standing.id, wanted)? {
        None => refused("consent.none", "没有找到这一项，可能已经撤回了。"),
        Some(privacy::Withdrawn { title, unbound }) => {
            let note = if unbound {
                "微信银行用不了了，绑定也解开了。卡照常用，以后要用再绑一次就行。"
            } else {
                "别的业务不受影响，下次要用时会再问您。"
            };
            done([("title", text(title)), ("note", text(note))])
        }
    })
}

fn set_marketing(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let on = call.args.get("on").is_some_and(|v| v == "true");
    marketing::set(tx, turn.standing.id, on)?;
    Ok(done([]))
}

/// Words of somebody who wants a secret or money sent; a bank sends none of these.
const TRAPS: &[&str] = &[
    "验证码",
    "密码",
    "点击",
    "点链接",
    "链接",
    "http",
    "转账",
    "安全账户",
    "屏幕共享",
    "共享屏幕",
    "下载",
    "解冻",
    "冻结",
    "中奖",
    "退款",
    "积分",
    "加微信",
    "二维码",
    "扫码",
    "客服",
    "注销",
    "征信",
    "保证金",
    "手续费",
];

/// A first look by rules; what was sent is kept for staff, who answer for sure.
fn check_sender(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let sent = call.args.get("text").map(String::as_str).unwrap_or_default();
    let subject = turn.keys.blind("follower", &turn.standing.id.to_string());
    if !binding::limits::count(tx, &subject, super::service::MESSAGES_PER_DAY)? {
        let words = "今天的留言已经够多了，明天再留，急事请打电话。";
        return Ok(refused("message.too_many", words));
    }
    crate::inbound::store::leave(tx, &turn.keys, turn.standing.id, "suspicious", sent)?;
    let registry = turn.app.registry();
    let phone = registry.institution(tx.tenant()).map(|i| i.phone.clone()).unwrap_or_default();
    let digits = |s: &str| s.chars().filter(char::is_ascii_digit).collect::<String>();
    let is_ours = !phone.is_empty() && digits(sent).contains(&digits(&phone));
    let is_trap = TRAPS.iter().any(|w| sent.contains(w));
    let advice = match (is_ours, is_trap) {
        (_, true) => {
            "很像骗子的话。银行不会这样要验证码、密码，也不会让您点链接、转钱。别点、别回、别给。"
        }
        (true, false) => "号码和我们的一样，但来电显示能造假。挂掉，自己再拨一遍。",
        (false, false) => "从字面上看不出真假，先当假的，别点、别给验证码、别转钱。",
    };
    Ok(done([("advice", text(advice))]))
}
