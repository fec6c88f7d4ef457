//! Bills as the chat asks for them: a draft of what a household owes, what was paid, and what became of the last one.

use super::payments::{LABEL, again};
use super::{Doing, Reading, Told, Verb, clock_words, count, declined, done, refused, row, text};
use crate::bills::{self, Home, Paid, Remembered};
use crate::payments::draft::{self, Frozen, Wish};
use crate::payments::intent::Product;
use crate::payments::state::State;
use crate::payments::{serial, words};
use base::{Error, Fen, Result, Time};
use corebank::bills::{BillAsk, BillDue, BillKind, Biller, Bills};
use corebank::{CoreError, Day, Reject};
use db::{Scope, Tx};
use dialogue::{Call, Outcome, Value};

pub(super) const VERBS: &[Verb] = &[
    ("bill.draft", Doing::Draft(|r, call| Box::pin(r.bill_draft(call)))),
    ("bill.history", Doing::Read(|r, call| Box::pin(r.bill_history(call)))),
    ("bill.households", Doing::Read(|r, call| Box::pin(r.bill_households(call)))),
    ("bill.mistakes", Doing::Read(|r, call| Box::pin(r.bill_mistakes(call)))),
    ("bill.mistake", Doing::Read(|r, call| Box::pin(r.bill_mistake(call)))),
];

/// So many payments in one bubble.
const ROWS: i64 = 5;
/// A household that was paid for so lately is told of.
const LATELY_MS: i64 = 10 * 60_000;
/// A bill is looked back for so long when something may have gone wrong with it.
const MISTAKE_MS: i64 = 30 * base::DAY_MS;
const ASK_HOUSEHOLD: &str = "ask.household";
const BUSY: &str = "没有扣钱。银行系统没有回话，请过一会儿再交。";

/// Which household is to be paid for, before its biller was asked.
enum Meant {
    Known(Home),
    Number(String),
}

/// A household its biller has told of.
pub(super) struct Found {
    pub(super) home: Home,
    due: BillDue,
    pub(super) biller: Biller,
}

/// What stops a draft is an answer.
pub(super) type Step<T> = Result<std::result::Result<T, Outcome>>;

pub(super) fn no<T>(code: &str, words: impl Into<String>) -> Step<T> {
    Ok(Err(refused(code, &words.into())))
}

/// What a biller's silence or refusal is to a customer, before any money.
pub(super) fn of_biller<T>(e: &CoreError, kind: BillKind) -> Step<T> {
    match e {
        CoreError::Rejected(Reject::BillerOffline) => no(
            "bill.offline",
            format!("没有扣钱。{}的收费系统现在连不上，请过一会儿再交。", kind.fee()),
        ),
        CoreError::Rejected(Reject::Unsupported) => no("bill.none", none_words(kind)),
        CoreError::Rejected(Reject::DayClosed { opens_at }) => {
            no("core.maintenance", format!("没有扣钱。{}", super::shut_words(*opens_at)))
        }
        CoreError::Rejected(reject) => {
            tracing::warn!(reject = %reject, "a biller's question was refused");
            no("pay.refused", "没有扣钱。收费单位没有接受，请到网点问问。")
        }
        CoreError::NotSent(_) | CoreError::Unknown(_) => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "billers cannot be asked");
            no("pay.busy", BUSY)
        }
    }
}

fn none_words(kind: BillKind) -> String {
    format!("没有扣钱。本县还不能在微信交{}，您的需求记下了。", kind.fee())
}

impl Reading<'_> {
    async fn bill_draft(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let kind = BillKind::of(arg("kind"));
        let kind = kind.ok_or_else(|| Error::fault(format!("no bill {}", arg("kind"))))?;
        let said = match arg("amount") {
            "" => None,
            fen => Some(Fen::of(fen.parse().map_err(|_| Error::fault("no amount of a bill"))?)),
        };
        let found = match self.household(kind, arg("household"), arg("called")).await? {
            Ok(found) => found,
            Err(no) => return Ok(Ok(no)),
        };
        let lately = self.lately(&found.home).await?;
        let amount = match amount(&found, said, lately.as_ref(), self.app.clock().now()) {
            Ok(amount) => amount,
            Err(no) => return Ok(Ok(no)),
        };
        let to = format!("bill:{}:{}", found.home.biller, found.home.number);
        let (from, purpose) = (arg("account").to_owned(), kind.fee().into());
        let wish = Wish { from, to, amount, purpose, when: None };
        let due = (&found.home, found.due.bill.as_str());
        let drafted = match draft::bill(self.app, &self.payer(), &wish, due).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(drafted) => drafted,
        };
        let Some(frozen) = &drafted.known else {
            return Err(Error::fault("a bill without a draft"));
        };
        let household = match arg("household") {
            "" => self.handle_of(&found.home).await?,
            said => said.to_owned(),
        };
        Ok(Ok(done([
            ("card", text(card(frozen, &found))),
            ("elder_card", text(elder(frozen, &found.home))),
            ("label", text(LABEL)),
            ("wish", text(drafted.wish.raw().to_string())),
            ("household", text(household)),
        ])))
    }

    /// The customer's households of a kind.
    pub(super) async fn homes(&self, kind: Option<BillKind>) -> Result<Vec<Remembered>> {
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let customer = self.bound.customer.clone();
        let unit = move |tx: &Tx<'_>| bills::homes(tx, &keys, &customer);
        let all = self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await?;
        Ok(all.into_iter().filter(|r| kind.is_none_or(|k| r.home.kind == k)).collect())
    }

    /// How a household stands in a slot.
    async fn handle_of(&self, home: &Home) -> Result<String> {
        let all = self.homes(Some(home.kind)).await?;
        let same =
            |r: &&Remembered| (&r.home.biller, &r.home.number) == (&home.biller, &home.number);
        let known = all.iter().find(same).map(|r| format!("home:{}", r.id.raw()));
        Ok(known.unwrap_or_else(|| home.number.clone()))
    }

    /// The billers of a kind; where there are none, who wanted one is counted.
    pub(super) async fn billers(&self, desk: &dyn Bills, kind: BillKind) -> Step<Vec<Biller>> {
        let billers = match desk.billers(&self.ctx(), kind).await {
            Ok(billers) => billers,
            Err(e) => return of_biller(&e, kind),
        };
        if billers.is_empty() {
            let (follower, scope) = (self.standing.id, Scope::Tenant(self.standing.tenant));
            let unit = move |tx: &Tx<'_>| bills::note_demand(tx, kind, follower);
            self.app.db.write(scope, unit).await?;
            return no("bill.none", none_words(kind));
        }
        Ok(Ok(billers))
    }

    /// The household that is meant, and what it owes.
    pub(super) async fn household(&self, kind: BillKind, said: &str, called: &str) -> Step<Found> {
        let Some(desk) = self.app.core.bill_desk() else {
            return no("core.lacks", "这家银行还不能在微信里缴费，请到网点办。");
        };
        let homes = self.homes(Some(kind)).await?;
        let ctx = self.ctx();
        let billers = match self.billers(desk, kind).await? {
            Ok(billers) => billers,
            Err(no) => return Ok(Err(no)),
        };
        let meant = match said {
            "registered" => match self.app.core.otp_target(&ctx, &self.customer()).await {
                Ok(mobile) => Some(Meant::Number(mobile.reveal().clone())),
                Err(CoreError::Rejected(_)) => {
                    return no(ASK_HOUSEHOLD, "银行没有登记您的手机号。");
                }
                Err(e) => return of_biller(&e, kind),
            },
            said => meant(&homes, said, called),
        };
        // A name that another household has already is not given away: 换一户 leaves it standing in the sentence.
        let is_theirs = |r: &Remembered| r.home.called == called && !is_meant(&meant, r);
        let called = if homes.iter().any(is_theirs) { "" } else { called };
        match meant {
            // Nothing was said that could be wrong: only the question.
            None => no(ASK_HOUSEHOLD, ""),
            Some(Meant::Known(home)) => self.of_known(desk, home, &billers, called).await,
            Some(Meant::Number(number)) => {
                self.of_number(desk, kind, &number, &billers, called).await
            }
        }
    }

    async fn of_known(
        &self,
        desk: &dyn Bills,
        home: Home,
        billers: &[Biller],
        called: &str,
    ) -> Step<Found> {
        let Some(biller) = billers.iter().find(|b| b.id == home.biller) else {
            return no("bill.none", none_words(home.kind));
        };
        let ask = BillAsk { biller: home.biller.clone(), number: home.number.clone() };
        match desk.bill(&self.ctx(), &ask).await {
            Ok(due) => {
                let called = if home.called.is_empty() { called } else { home.called.as_str() };
                let home = Home::of(biller, &home.number, called, &due);
                Ok(Ok(Found { home, due, biller: biller.clone() }))
            }
            Err(CoreError::Rejected(Reject::NotFound)) => no(
                ASK_HOUSEHOLD,
                format!("{}查不到{}这一户了，没有扣钱。", biller.name, home.title()),
            ),
            Err(e) => of_biller(&e, home.kind),
        }
    }

    /// Of several billers the one that knows the number is meant.
    async fn of_number(
        &self,
        desk: &dyn Bills,
        kind: BillKind,
        number: &str,
        billers: &[Biller],
        called: &str,
    ) -> Step<Found> {
        let label = billers.first().map(|b| b.label.clone()).unwrap_or_default();
        for biller in billers.iter().filter(|b| b.rule.fits(number)) {
            let ask = BillAsk { biller: biller.id.clone(), number: number.to_owned() };
            match desk.bill(&self.ctx(), &ask).await {
                Ok(due) => {
                    let home = Home::of(biller, number, called, &due);
                    return Ok(Ok(Found { home, due, biller: biller.clone() }));
                }
                Err(CoreError::Rejected(Reject::NotFound)) => {}
                Err(e) => return of_biller(&e, kind),
            }
        }
        no(ASK_HOUSEHOLD, format!("没有查到这个{label}，没有扣钱。请对着单子再看一遍。"))
    }

    /// The last payment for a household of some minutes ago, or one that is still under way.
    async fn lately(&self, home: &Home) -> Result<Option<Paid>> {
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let customer = self.bound.customer.clone();
        let (biller, number) = (home.biller.clone(), home.number.clone());
        let unit = move |tx: &Tx<'_>| {
            let since = tx.now().plus_ms(-base::DAY_MS);
            bills::latest(tx, &keys, &customer, (&biller, &number), since)
        };
        self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await
    }

    async fn bill_history(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let kind = BillKind::of(arg("kind"));
        let day = |name: &str| arg(name).parse::<Day>().ok().map(Day::start);
        let from = day("from").unwrap_or(Time::of_ms(0));
        let until = day("to").map_or(self.app.clock().now(), |t| t.plus_ms(base::DAY_MS));
        let until = until.plus_ms(1);
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let customer = self.bound.customer.clone();
        let unit =
            move |tx: &Tx<'_>| bills::history(tx, &keys, &customer, kind, (from, until), ROWS);
        let told = self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await?;
        let one = |p: &Paid| {
            row([
                ("at", Value::Time(p.at)),
                ("fee", text(p.home.kind.fee())),
                ("to", text(p.home.title())),
                ("amount", Value::Money(p.amount)),
                ("state", text(words::title(Product::Bill, p.state))),
                ("serial", text(serial::short(&p.serial))),
            ])
        };
        let rows = told.rows.iter().map(one).collect();
        Ok(Ok(done([
            ("rows", Value::Rows(rows)),
            ("count", Value::Count(told.count)),
            ("total", Value::Money(told.total)),
        ])))
    }

    async fn bill_households(&self, call: &Call) -> Result<Told> {
        let kind = call.args.get("kind").and_then(|k| BillKind::of(k));
        let homes = self.homes(kind).await?;
        let one = |r: &Remembered| {
            row([
                ("fee", text(r.home.kind.fee())),
                ("name", text(r.home.shown())),
                ("tail", text(r.home.tail())),
            ])
        };
        let rows: Vec<_> = homes.iter().map(one).collect();
        let n = count(rows.len());
        Ok(Ok(done([("rows", Value::Rows(rows)), ("count", n)])))
    }

    /// What was paid within the last month, the latest first.
    async fn lately_paid(&self, kind: Option<BillKind>) -> Result<Vec<Paid>> {
        let keys = self.app.vault.tenant(&self.app.db, self.standing.tenant).await?;
        let customer = self.bound.customer.clone();
        let now = self.app.clock().now();
        let range = (now.plus_ms(-MISTAKE_MS), now.plus_ms(1));
        let unit = move |tx: &Tx<'_>| bills::history(tx, &keys, &customer, kind, range, ROWS);
        Ok(self.app.db.read(Scope::Tenant(self.standing.tenant), unit).await?.rows)
    }

    /// The only bill, or one that was paid twice, is spoken of at once; of several the customer says which.
    async fn bill_mistakes(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let (kind, problem) = (BillKind::of(arg("kind")), arg("problem"));
        let all = self.lately_paid(kind).await?;
        let Some(last) = all.first() else { return Ok(Ok(no_bill())) };
        let twin = twin_of(last, &all).filter(|_| problem == "twice");
        if all.len() == 1 || twin.is_some() {
            let words = mistake("最近一笔", last, twin, problem);
            return Ok(Ok(done([("words", text(words)), ("rows", Value::Rows(vec![]))])));
        }
        let one = |p: &Paid| {
            row([
                ("id", text(format!("{}:{problem}", p.serial))),
                ("at", Value::Time(p.at)),
                ("fee", text(p.home.kind.fee())),
                ("to", text(p.home.title())),
                ("amount", Value::Money(p.amount)),
            ])
        };
        let rows: Vec<_> = all.iter().map(one).collect();
        Ok(Ok(done([("words", text("")), ("rows", Value::Rows(rows))])))
    }

    async fn bill_mistake(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let (serial, said) = arg("payment").split_once(':').unwrap_or_default();
        let problem = if arg("problem").is_empty() { said } else { arg("problem") };
        let all = self.lately_paid(None).await?;
        let Some(one) = all.iter().find(|p| p.serial == serial) else { return Ok(Ok(no_bill())) };
        let words = mistake("这一笔", one, twin_of(one, &all), problem);
        Ok(Ok(done([("words", text(words)), ("serial", text(serial::short(&one.serial)))])))
    }
}

fn no_bill() -> Outcome {
    refused("bill.no_record", "最近一个月您没有在微信里交过费。在别处交的，请找那家问。")
}

/// Another payment of the same sum for the same household.
fn twin_of<'p>(one: &Paid, all: &'p [Paid]) -> Option<&'p Paid> {
    all.iter().find(|p| {
        let is_other = p.serial != one.serial;
        let same = (p.amount, &p.home.number, p.state);
        is_other && same == (one.amount, &one.home.number, State::Succeeded)
    })
}

fn is_meant(meant: &Option<Meant>, known: &Remembered) -> bool {
    match meant {
        Some(Meant::Known(home)) => *home == known.home,
        Some(Meant::Number(number)) => *number == known.home.number,
        None => false,
    }
}

/// The household a customer means: as said, else the one of that name, else the only one.
fn meant(homes: &[Remembered], said: &str, called: &str) -> Option<Meant> {
    if let Some(id) = said.strip_prefix("home:") {
        let known = homes.iter().find(|r| r.id.raw().to_string() == id);
        return known.map(|r| Meant::Known(r.home.clone()));
    }
    if !said.is_empty() {
        return Some(Meant::Number(said.to_owned()));
    }
    let mut fitting = homes.iter().filter(|r| called.is_empty() || r.home.called == called);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(Meant::Known(only.home.clone())),
        _ => None,
    }
}

/// How much is paid: as said, else what is owed.
fn amount(
    found: &Found,
    said: Option<Fen>,
    lately: Option<&Paid>,
    now: Time,
) -> std::result::Result<Fen, Outcome> {
    let (due, biller, title) = (&found.due, &found.biller, found.home.title());
    let (owed, fee) = (due.owed, biller.kind.fee());
    if let Some(paid) =
        lately.filter(|p| p.state.is_under_way() && said.is_none_or(|s| s == p.amount))
    {
        let words = format!(
            "{title}的{fee} {} 元已经在办，正在等{}确认，请不要重复交。受理号 {}。",
            paid.amount,
            biller.name,
            serial::short(&paid.serial)
        );
        return Err(refused("bill.paying", &words));
    }
    let just = lately.filter(|p| p.state == State::Succeeded && now.since(p.at) < LATELY_MS);
    let just = just.map(|p| format!("{} 刚交过 {} 元，", clock_words(p.at), p.amount));
    let just = just.unwrap_or_default();
    let no = |code: &str, words: String| Err(refused(code, &words));
    match said {
        None if owed > Fen::ZERO => Ok(owed),
        None if due.is_prepaid => no("ask.amount", format!("{title}{just}不欠{fee}，要预存吗？")),
        _ if !due.is_prepaid && owed == Fen::ZERO => {
            no("bill.nothing", format!("没有扣钱。{title}{just}不欠{fee}，不用交。"))
        }
        Some(sum) if !due.is_prepaid && sum != owed => {
            no("bill.amount", format!("没有扣钱。{title}欠 {owed} 元，要一次交清。"))
        }
        Some(sum) if sum < owed => {
            no("bill.amount", format!("没有扣钱。{title}欠 {owed} 元，最少交这么多。"))
        }
        Some(sum) if sum < biller.min || sum > biller.max => {
            let (min, max) = (biller.min, biller.max);
            no("bill.amount", format!("没有扣钱。{fee}每次可以交 {min} 到 {max} 元。"))
        }
        Some(sum) => Ok(sum),
        None => no("bill.nothing", format!("没有扣钱。{title}{just}不欠{fee}，不用交。")),
    }
}

fn card(frozen: &Frozen, found: &Found) -> String {
    let (i, home, due) = (&frozen.intent, &found.home, &found.due);
    let name = if home.name.is_empty() { String::new() } else { format!("，{}", home.name) };
    let owes = match due.owed {
        Fen::ZERO => String::new(),
        owed if owed == i.amount => format!("{}欠费全部交清，", due.period),
        owed => format!("{}欠 {owed} 元，多的预存，", due.period),
    };
    format!(
        "{}给{}（{}尾号{}{name}）交{} {} 元（{}）。{owes}交给{}，从{}{}出，手续费 0。",
        again(frozen),
        home.title(),
        home.label,
        home.tail(),
        i.purpose,
        i.amount,
        i.amount.in_words(),
        home.biller_name,
        i.payer.label,
        i.payer.tail,
    )
}

/// One short sentence and a sum as it is spoken.
fn elder(frozen: &Frozen, home: &Home) -> String {
    let i = &frozen.intent;
    format!(
        "{}给{}交{}{}，对不对？对的话点下面输密码。",
        again(frozen),
        home.title(),
        i.purpose,
        i.amount.spoken()
    )
}

/// What can be said of a bill that may have gone wrong: first what happened to the money.
fn mistake(which: &str, last: &Paid, twin: Option<&Paid>, problem: &str) -> String {
    let (home, amount) = (&last.home, last.amount);
    let (fee, biller, short) = (home.kind.fee(), &home.biller_name, serial::short(&last.serial));
    let what = format!("{which}是给{}交{fee} {amount} 元", home.title());
    match last.state {
        State::Succeeded => {
            let twice = match twin.filter(|_| problem.is_empty() || problem == "twice") {
                Some(other) => format!(
                    "还有同样的一笔（受理号 {}），确实交了两次。",
                    serial::short(&other.serial)
                ),
                None if problem == "twice" => "这一户只交过这一笔，没有重复扣钱。".into(),
                None => String::new(),
            };
            format!(
                "已交：{what}，{biller}已经收到，受理号 {short}。{twice}要退钱或改户，得由{biller}办，带上受理号找他们，也可以点人工帮您联系。"
            )
        }
        State::Accepted => format!(
            "已扣钱：{what}，正在等{biller}确认，受理号 {short}。不成功会自动退回，先不要再交。"
        ),
        State::Returned | State::Reversed => {
            format!("{what}，{biller}没有收，钱已回到您的账户。受理号 {short}。")
        }
        State::Failed => format!("没有扣钱：{what}，没有交成。受理号 {short}。"),
        _ => format!("{what}，还在核对，请不要重复交。受理号 {short}，有结果马上告诉您。"),
    }
}
