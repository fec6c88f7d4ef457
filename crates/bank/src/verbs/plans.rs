//! What is done about bills month after month, as the chat asks for it: reminders, agreements, the list of both, and their end.

use super::payments::LABEL;
use super::{Doing, Reading, Told, Verb, count, declined, done, refused, row, text};
use crate::bills::remind::{self, NO_HOUSEHOLD};
use crate::bills::{Home, Remembered};
use crate::inbound::store::Recording;
use crate::payments::When;
use crate::payments::agreements::Signed;
use crate::payments::draft::{self, Frozen, Wish};
use crate::payments::orders::{self, OrderId};
use base::{Error, Fen, Id, Result};
use corebank::bills::BillKind;
use db::{Scope, Tx};
use dialogue::{Call, Outcome, Value};

pub(super) const VERBS: &[Verb] = &[
    ("bill.autopay", Doing::Draft(|r, call| Box::pin(r.autopay(call)))),
    ("bill.plans", Doing::Read(|r, call| Box::pin(r.bill_plans(call)))),
    ("bill.remind", Doing::Act(remind)),
    ("bill.stop_plan", Doing::Act(stop)),
];

/// The day of the month when none is said: most bills are out by then.
const DAY: i64 = 15;
const MINUTE: i64 = 9 * 60;
/// How a reminder and an agreement are told apart where one is named.
const REMIND: &str = "remind:";
const ORDER: &str = "order:";
/// Said before the sum is asked for.
const NO_BILL: &str = "话费没有账单，每月按您说的数充。";
const ASK_WHICH: &str = "ask.which";

fn unbound() -> Outcome {
    refused("bind.missing", "您还没有绑定银行卡。")
}

/// The day of each month that was said; a single day is that day of each month.
fn monthly(said: &str, usual: i64) -> When {
    let said = When::parse(said).and_then(When::each_month);
    said.unwrap_or_else(|| When::monthly(usual, MINUTE))
}

fn arg<'a>(call: &'a Call, name: &str) -> &'a str {
    call.args.get(name).map(String::as_str).unwrap_or_default()
}

fn no_household(kind: Option<BillKind>) -> Outcome {
    let fee = kind.map_or("费", BillKind::fee);
    let words = format!("您还没有在微信交过{fee}。先交一次，户号就记下了，再来设就行。");
    refused(NO_HOUSEHOLD.code, &words)
}

fn remind(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else { return Ok(unbound()) };
    let kind = BillKind::of(arg(call, "kind"));
    let when = monthly(arg(call, "when"), remind::DAY);
    let by = (turn.standing.id, &**bound);
    match remind::set(tx, &turn.keys, by, (kind, arg(call, "called")), when) {
        Ok(set) => Ok(done([
            ("what", text(set.what)),
            ("when", text(set.when)),
            ("first", text(set.first)),
        ])),
        Err(Error::Refused(no)) if no.code == NO_HOUSEHOLD.code => Ok(no_household(kind)),
        Err(Error::Refused(no)) => Ok(declined(&no)),
        Err(fault) => Err(fault),
    }
}

fn stop(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else { return Ok(unbound()) };
    let plan = arg(call, "plan");
    let id = |from: &str| plan.strip_prefix(from).and_then(|id| id.parse::<i64>().ok());
    let stopped = match (id(REMIND), id(ORDER)) {
        (Some(id), _) => {
            let what = remind::stop(tx, &turn.keys, (turn.standing.id, bound), Id::of(id));
            what.map(|what| format!("{what}的提醒"))
        }
        (None, Some(id)) => {
            let by = (turn.standing.id, bound.customer.as_str());
            orders::cancel(tx, &turn.keys, by, OrderId::of(id))
                .map(|was| format!("{}{}", was.what, also(&was.also)))
        }
        (None, None) => Err(remind::MISSING.into()),
    };
    match stopped {
        Ok(what) => Ok(done([("what", text(what))])),
        Err(Error::Refused(no)) => Ok(refused("plan.missing", &no.words)),
        Err(fault) => Err(fault),
    }
}

fn also(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!("（{}）", words.trim_end_matches('。'))
    }
}

/// The one household that is meant, or what stands in the way.
fn meant<'h>(
    homes: &'h [Remembered],
    kind: Option<BillKind>,
    (called, which): (&str, &str),
) -> std::result::Result<&'h Remembered, Outcome> {
    let can = |k: BillKind| k.insurance().is_none() && !matches!(k, BillKind::Etc | BillKind::Fine);
    if let Some(kind) = kind.filter(|k| !can(*k)) {
        let words = format!("没有签，没有扣钱。{}不能自动扣，到时候说一声就能交。", kind.fee());
        return Err(refused("bill.not_kept", &words));
    }
    let of_kind = |r: &&Remembered| can(r.home.kind) && kind.is_none_or(|k| r.home.kind == k);
    let all: Vec<&Remembered> = homes.iter().filter(of_kind).collect();
    let Some(first) = all.first() else { return Err(no_household(kind)) };
    if all.iter().any(|r| r.home.kind != first.home.kind) {
        return Err(refused("ask.fee", ""));
    }
    let named = |r: &&&Remembered| {
        let home = &r.home;
        (called.is_empty() || home.called == called)
            && (which.is_empty() || which.contains(&home.tail()) || which.contains(&home.title()))
    };
    let fitting: Vec<_> = all.iter().filter(named).collect();
    if let [one] = fitting[..] {
        return Ok(one);
    }
    let list = all.iter().map(|r| format!("{}（尾号{}）", r.home.title(), r.home.tail()));
    let list = list.collect::<Vec<_>>().join("、");
    Err(refused(ASK_WHICH, &format!("记下的有{}户：{list}。", all.len())))
}

impl Reading<'_> {
    async fn bill_plans(&self, _: &Call) -> Result<Told> {
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let bound = self.bound.clone();
        let unit = move |tx: &Tx<'_>| {
            Ok((orders::signed(tx, &keys, &bound)?, remind::waiting(tx, &keys, &bound)?))
        };
        let (signed, reminders) =
            self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await?;
        let plan = |id: String, what: String, when: &str, next: &str| {
            row([
                ("id", text(id)),
                ("what", text(what)),
                ("when", text(when)),
                ("next", text(next)),
            ])
        };
        let of_order =
            |s: &Signed| plan(format!("{ORDER}{}", s.id.raw()), s.what.clone(), &s.when, &s.next);
        let of_reminder = |r: &remind::Waiting| {
            plan(format!("{REMIND}{}", r.id.raw()), format!("{}提醒", r.what), &r.when, &r.next)
        };
        let mut rows: Vec<_> = signed.iter().map(of_order).collect();
        rows.extend(reminders.iter().map(of_reminder));
        let only = match &rows[..] {
            [one] => one.get("id").cloned().unwrap_or_else(|| text("")),
            _ => text(""),
        };
        let n = count(rows.len());
        Ok(Ok(done([("rows", Value::Rows(rows)), ("count", n), ("only", only)])))
    }

    async fn autopay(&self, call: &Call) -> Result<Told> {
        let kind = BillKind::of(arg(call, "kind"));
        let homes = self.homes(None).await?;
        let home = match meant(&homes, kind, (arg(call, "called"), arg(call, "which"))) {
            Ok(known) => known,
            Err(no) => return Ok(Ok(no)),
        };
        let (kind, home) = (home.home.kind, format!("home:{}", home.id.raw()));
        let Some(limit) = arg(call, "limit").parse().ok().map(Fen::of) else {
            let words = if kind == BillKind::Mobile { NO_BILL } else { "" };
            return Ok(Ok(refused("ask.limit", words)));
        };
        // The biller knows it still, and takes payments here.
        let found = match self.household(kind, &home, "").await? {
            Ok(found) => found,
            Err(no) => return Ok(Ok(no)),
        };
        let (min, max) = (found.biller.min, found.biller.max);
        if limit < min || limit > max {
            let words = format!("{}每次可以扣 {min} 到 {max} 元。", kind.fee());
            return Ok(Ok(refused("ask.limit", &words)));
        }
        let wish = Wish {
            from: arg(call, "account").to_owned(),
            to: format!("bill:{}:{}", found.home.biller, found.home.number),
            amount: limit,
            purpose: kind.fee().into(),
            when: Some(monthly(arg(call, "when"), DAY)),
        };
        let before = self.signed_for(&found.home).await?;
        let drafted = match draft::bill(self.app, &self.payer(), &wish, (&found.home, "")).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(drafted) => drafted,
        };
        let Some(frozen) = &drafted.known else {
            return Err(Error::fault("an agreement without a draft"));
        };
        Ok(Ok(done([
            ("card", text(card(frozen, &found.home, before))),
            ("elder_card", text(elder(frozen, &found.home))),
            ("label", text(LABEL)),
            ("wish", text(drafted.wish.raw().to_string())),
        ])))
    }

    /// The limit that was signed for a household before.
    async fn signed_for(&self, home: &Home) -> Result<Option<Fen>> {
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let (bound, of) = (self.bound.clone(), (home.biller.clone(), home.number.clone()));
        let unit = move |tx: &Tx<'_>| {
            let all = orders::signed(tx, &keys, &bound)?;
            Ok(all.into_iter().find(|s| s.of == of).map(|s| s.limit))
        };
        self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await
    }
}

fn card(frozen: &Frozen, home: &Home, before: Option<Fen>) -> String {
    let i = &frozen.intent;
    let before = before.map(|limit| format!("以前签的（最多 {limit} 元）不再算数。"));
    let (most, over) = if i.is_top_up() {
        ("每次", "")
    } else {
        ("每次最多", "多了不扣，先问您。")
    };
    format!(
        "给{}（{}尾号{}）的{}签自动代扣：{}，{most} {} 元（{}），从{}{}出。{over}现在不扣钱，随时能停。{}",
        home.shown(),
        home.label,
        home.tail(),
        i.purpose,
        i.arrival,
        i.amount,
        i.amount.in_words(),
        i.payer.label,
        i.payer.tail,
        before.unwrap_or_default(),
    )
}

/// One short sentence and a sum as it is spoken.
fn elder(frozen: &Frozen, home: &Home) -> String {
    let i = &frozen.intent;
    let day = i.when.map(When::words).unwrap_or_default();
    let most = i.each_time();
    format!(
        "{day}给{}自动交{}，{most}{}，对不对？对的话点下面输密码。",
        home.title(),
        i.purpose,
        i.amount.spoken()
    )
}
