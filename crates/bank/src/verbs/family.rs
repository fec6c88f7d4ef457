//! Insurance of a family (城乡居民医保、养老缴费) as the chat asks for it: who is meant, what they pay, and one draft for all of them.
//!
//! Who may be paid for is the office's word ([`corebank::levy`]); what the customer calls somebody is remembered with the household.
//! *Invariant*: nobody is paid for whom the customer did not name, or mean by 全家. Not for: whose year was paid; the core knows.

use super::bills::{Step, no, of_biller};
use super::payments::{LABEL, again};
use super::{Doing, Reading, Told, Verb, day_words, declined, done, refused, text};
use crate::bills::{Home, Person, Remembered};
use crate::payments::draft::{self, Frozen, Wish};
use base::{Error, Fen, Result, mask_name};
use corebank::bills::{BillKind, Biller, Bills};
use corebank::levy::{CHOSEN_MAX, Levy, LevyAsk, LevyOf, Member, Stands};
use corebank::{CoreError, Day, Reject};
use dialogue::{Call, Outcome, people};

pub(super) const VERBS: &[Verb] =
    &[("bill.family", Doing::Draft(|r, call| Box::pin(r.bill_family(call))))];

const ASK_WHO: &str = "ask.who";
const ASK_HOUSEHOLD: &str = "ask.household";
const ASK_TIER: &str = "ask.tier";
/// Names in one sentence.
const NAMED: usize = 4;

/// What was said of an order.
struct Said<'c> {
    kind: BillKind,
    who: &'c str,
    household: &'c str,
    year: Option<i64>,
    tier: Option<Fen>,
}

/// A family, and who of it is meant.
struct Meant {
    levy: Levy,
    biller: Biller,
    /// Whoever was paid for before, with what the customer calls them.
    known: Vec<Person>,
    chosen: Vec<i64>,
    /// What is to be said of those who were named and need not be paid for.
    aside: String,
    /// What the customer called somebody of the chosen.
    called: Vec<(i64, String)>,
}

impl Reading<'_> {
    async fn bill_family(&self, call: &Call) -> Result<Told> {
        let arg = |name: &str| call.args.get(name).map(String::as_str).unwrap_or_default();
        let kind = BillKind::of(arg("kind")).filter(|k| k.insurance().is_some());
        let said = Said {
            kind: kind.ok_or_else(|| Error::fault(format!("no insurance {}", arg("kind"))))?,
            who: arg("who"),
            household: arg("household"),
            year: arg("year").get(..4).and_then(|y| y.parse().ok()),
            tier: arg("tier").parse().ok().map(Fen::of),
        };
        let meant = match self.family(&said).await? {
            Ok(meant) => meant,
            Err(no) => return Ok(Ok(no)),
        };
        let levy = match self.levied(&said, &meant).await? {
            Ok(levy) => levy,
            Err(no) => return Ok(Ok(no)),
        };
        let home = home(&said, &meant, &levy);
        let wish = Wish {
            from: arg("account").to_owned(),
            to: format!("bill:{}:{}", home.biller, home.number),
            amount: levy.owed,
            purpose: format!("{}年{}", levy.year, said.kind.fee()),
            when: None,
        };
        let drafted = match draft::bill(self.app, &self.payer(), &wish, (&home, &levy.bill)).await {
            Err(Error::Refused(no)) => return Ok(Ok(declined(&no))),
            Err(fault) => return Err(fault),
            Ok(drafted) => drafted,
        };
        let frozen = drafted.known.as_ref();
        let frozen = frozen.ok_or_else(|| Error::fault("insurance without a draft"))?;
        let who = meant.chosen.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
        Ok(Ok(done([
            ("card", text(card(frozen, &levy, &meant))),
            ("elder_card", text(elder(frozen, &levy, &meant))),
            ("label", text(LABEL)),
            ("wish", text(drafted.wish.raw().to_string())),
            ("household", text(&home.number)),
            ("who", text(format!("{who}{OF}{}", home.number))),
        ])))
    }

    /// The family and who of it is meant, or what stands in the way.
    async fn family(&self, said: &Said<'_>) -> Step<Meant> {
        let Some(desk) = self.app.core.bill_desk() else {
            return no("core.lacks", "这家银行还不能在微信里缴费，请到网点办。");
        };
        let billers = match self.billers(desk, said.kind).await? {
            Ok(billers) => billers,
            Err(no) => return Ok(Err(no)),
        };
        let Some(biller) = billers.into_iter().next() else {
            return Err(Error::fault("no biller of a kind that has some"));
        };
        let homes = self.homes(None).await?;
        let homes: Vec<_> =
            homes.into_iter().filter(|r| r.home.kind.insurance().is_some()).collect();
        let ask =
            |of| LevyAsk { biller: biller.id.clone(), of, year: None, chosen: vec![], tier: None };
        let number = of_whom(&homes, said);
        let own = ask(LevyOf::Customer(self.customer()));
        // A family of a number may be one's own: then it is known who speaks.
        let is_own = match &number {
            None => true,
            Some(number) => {
                let told = desk.levy(&self.ctx(), &own).await;
                told.is_ok_and(|levy| levy.number == *number)
            }
        };
        let ask = match number.filter(|_| !is_own) {
            Some(number) => ask(LevyOf::Number(number)),
            None => own,
        };
        let levy = match self.ask_levy(desk, &ask, said.kind).await? {
            Ok(levy) => levy,
            Err(no) => return Ok(Err(no)),
        };
        let today = Day::at(self.app.clock().now());
        if !levy.is_open(today) {
            return no("levy.closed", closed(said.kind, &levy, today));
        }
        let levy = match self.of_year(desk, levy, &ask, said).await? {
            Ok(levy) => levy,
            Err(no) => return Ok(Err(no)),
        };
        let mut known: Vec<Person> = vec![];
        for r in homes.iter().filter(|r| r.home.number == levy.number) {
            known.extend(r.home.who.iter().cloned());
        }
        Ok(choose(levy, biller, known, said))
    }

    async fn ask_levy(&self, desk: &dyn Bills, ask: &LevyAsk, kind: BillKind) -> Step<Levy> {
        match (desk.levy(&self.ctx(), ask).await, &ask.of) {
            (Ok(levy), _) => Ok(Ok(levy)),
            (Err(CoreError::Rejected(Reject::NotFound)), LevyOf::Customer(_)) => no(
                ASK_HOUSEHOLD,
                "没有查到您自己的参保户，没有扣钱。新参保的，先到村委会登记；交别人家的，",
            ),
            (
                Err(CoreError::Rejected(Reject::NotFound | Reject::Validation { field: "number" })),
                _,
            ) => no(ASK_HOUSEHOLD, "没有查到这个缴费编号，没有扣钱。请对着通知单再看一遍。"),
            (Err(e), _) => of_biller(&e, kind),
        }
    }

    /// The same of the year that was said, where it may be chosen.
    async fn of_year(
        &self,
        desk: &dyn Bills,
        levy: Levy,
        ask: &LevyAsk,
        said: &Said<'_>,
    ) -> Step<Levy> {
        let Some(year) = said.year.filter(|y| *y != levy.year) else { return Ok(Ok(levy)) };
        if levy.years.contains(&year) {
            let ask = LevyAsk { year: Some(year), ..ask.clone() };
            return self.ask_levy(desk, &ask, said.kind).await;
        }
        // 今年的医保 is the one that is collected this year, which is the next one's.
        if year == Day::at(self.app.clock().now()).year() {
            return Ok(Ok(levy));
        }
        let fee = said.kind.fee();
        let years: Vec<_> = levy.years.iter().map(|y| format!("{y}年")).collect();
        no(
            "levy.year",
            format!("没有扣钱。现在能交{}的{fee}，{year}年的交不了。", years.join("、")),
        )
    }

    /// What those chosen pay, once it is known of which tier.
    async fn levied(&self, said: &Said<'_>, meant: &Meant) -> Step<Levy> {
        let (levy, tier) = (&meant.levy, said.tier);
        if !levy.tiers.is_empty() && tier.is_none_or(|t| levy.tiers.iter().all(|k| k.pays != t)) {
            let wrong = tier.map(|t| format!("没有 {t} 元这一档。")).unwrap_or_default();
            return no(ASK_TIER, format!("{wrong}{}", tiers(levy, meant)));
        }
        let Some(desk) = self.app.core.bill_desk() else {
            return Err(Error::fault("a desk that went away"));
        };
        let ask = LevyAsk {
            biller: meant.biller.id.clone(),
            of: LevyOf::Number(levy.number.clone()),
            year: Some(levy.year),
            chosen: meant.chosen.clone(),
            tier: tier.filter(|_| !levy.tiers.is_empty()),
        };
        self.ask_levy(desk, &ask, said.kind).await
    }
}

/// Between the numbers of those chosen and the family they belong to: of another one they are nobody.
const OF: char = '/';

/// The number of the family that is meant, where it is not the customer's own.
fn of_whom(homes: &[Remembered], said: &Said<'_>) -> Option<String> {
    if let Some(id) = said.household.strip_prefix("home:") {
        let known = homes.iter().find(|r| r.home_id() == id);
        return known.map(|r| r.home.number.clone());
    }
    if !said.household.is_empty() {
        return Some(said.household.to_owned());
    }
    let words = people::parts(said.who);
    let is_theirs = |p: &Person| words.iter().any(|w| p.is_called(w));
    let known = homes.iter().find(|r| r.home.who.iter().any(is_theirs));
    known.map(|r| r.home.number.clone())
}

/// Who of the family is meant; those who need not be paid for are told of.
fn choose(
    levy: Levy,
    biller: Biller,
    known: Vec<Person>,
    said: &Said<'_>,
) -> std::result::Result<Meant, Outcome> {
    let open: Vec<i64> =
        levy.members.iter().filter(|m| m.stands == Stands::Open).map(|m| m.no).collect();
    let fee = said.kind.fee();
    let no = |code: &str, words: String| Err(refused(code, &words));
    if open.is_empty() {
        let why: Vec<_> = levy.members.iter().filter_map(|m| why(m, &levy)).collect();
        return no(
            "levy.nothing",
            format!("没有扣钱。这一户没有要交{fee}的人：{}。", why.join("；")),
        );
    }
    let who = match said.who.split_once(OF) {
        Some((numbers, of)) if of == levy.number => numbers,
        Some(_) => "",
        None => said.who,
    };
    let (mut chosen, mut called, mut strange) = (vec![], vec![], vec![]);
    for word in people::parts(who) {
        match members(&levy, &known, &open, word) {
            some if some.is_empty() => strange.push(word.to_owned()),
            some => {
                if people::is_name(word) {
                    called.extend(some.iter().map(|n| (*n, word.to_owned())));
                }
                chosen.extend(some);
            }
        }
    }
    if !strange.is_empty() {
        let words = format!("名单里认不出「{}」。{}", strange.join("、"), list(&levy));
        return no(ASK_WHO, words);
    }
    if chosen.is_empty() {
        match &open[..] {
            [only] => chosen.push(*only),
            _ => return no(ASK_WHO, list(&levy)),
        }
    }
    chosen.sort_unstable();
    chosen.dedup();
    let told = chosen.iter().filter_map(|n| why(levy.member(*n)?, &levy)).collect::<Vec<_>>();
    let aside = told.join("；");
    chosen.retain(|n| open.contains(n));
    if chosen.is_empty() {
        return no("levy.nothing", format!("没有扣钱。{aside}。"));
    }
    if chosen.len() > CHOSEN_MAX {
        let words = format!("没有扣钱。一次最多给 {CHOSEN_MAX} 个人交，请分两次。{}", list(&levy));
        return no(ASK_WHO, words);
    }
    Ok(Meant { levy, biller, known, chosen, aside, called })
}

/// Numbers of the members whom one word means; none when it is nobody, or not clear who.
fn members(levy: &Levy, known: &[Person], open: &[i64], word: &str) -> Vec<i64> {
    let all = &levy.members;
    if word == people::ALL {
        return open.to_vec();
    }
    if let Ok(no) = word.parse::<i64>() {
        return all.iter().filter(|m| m.no == no).map(|m| m.no).collect();
    }
    if word == people::SELF {
        return all.iter().filter(|m| m.is_asking).map(|m| m.no).collect();
    }
    if let Some(person) = known.iter().find(|p| p.is_called(word)) {
        return all.iter().filter(|m| m.no == person.no).map(|m| m.no).collect();
    }
    let masked = mask_name(word);
    let named: Vec<_> = all.iter().filter(|m| m.name.as_str() == masked).collect();
    // 儿子 is of whom the head of the family says so, or husband or wife.
    let asking = all.iter().find(|m| m.is_asking).map(|m| m.relation.as_str());
    let is_relation = !people::relations(word).is_empty();
    let named = if is_relation { vec![] } else { named };
    let related = |m: &&Member| match (asking, m.relation.as_str(), word) {
        _ if m.is_asking => false,
        (Some("户主"), "配偶", "配偶") | (Some("配偶"), "户主", "配偶") => true,
        (Some("户主"), "父", "父亲") | (Some("户主"), "母", "母亲") => true,
        (Some("户主" | "配偶"), relation, word) => people::relations(word).contains(&relation),
        _ => false,
    };
    let found: Vec<_> = if named.is_empty() { all.iter().filter(related).collect() } else { named };
    match found[..] {
        [only] => vec![only.no],
        _ => vec![],
    }
}

/// Why a member is not paid for; none of those who may be.
fn why(m: &Member, levy: &Levy) -> Option<String> {
    let (name, year) = (&m.name, levy.year);
    Some(match m.stands {
        Stands::Open => return None,
        Stands::Paid => format!("{name}{year}年的交过了"),
        Stands::Paying => format!("{name}{year}年的已经在办，等税务局确认"),
        Stands::Exempt => format!("{name}由财政全额代缴，不用交"),
        Stands::TooYoung => format!("{name}还不到交养老的年龄"),
        Stands::TooOld => format!("{name}满60岁，不用再交"),
        Stands::Employed => format!("{name}在单位参保，不用交"),
    })
}

/// 1 *强（户主）、2 *芳（配偶，交过了）
fn list(levy: &Levy) -> String {
    let one = |m: &Member| {
        let how = match m.stands {
            Stands::Open => String::new(),
            Stands::Paid => "，交过了".into(),
            Stands::Paying => "，在办".into(),
            Stands::Exempt | Stands::TooOld | Stands::Employed => "，不用交".into(),
            Stands::TooYoung => "，年龄不到".into(),
        };
        format!("{} {}（{}{how}）", m.no, m.name, m.relation)
    };
    let all: Vec<_> = levy.members.iter().map(one).collect();
    format!("这一户有：{}。", all.join("、"))
}

fn closed(kind: BillKind, levy: &Levy, today: Day) -> String {
    let (fee, year) = (kind.fee(), levy.year);
    let (from, to) = (day_words(levy.opens_on), day_words(levy.closes_on));
    let when = if today < levy.opens_on { "还没开始收" } else { "已经截止" };
    format!(
        "没有扣钱。{year}年{fee}的集中缴费期是{from}到{to}，现在{when}。急用请问村里经办人或打 12366。"
    )
}

fn tiers(levy: &Levy, meant: &Meant) -> String {
    let one = |t: &corebank::levy::Tier| format!("{}（政府补 {}）", yuan(t.pays), yuan(t.subsidy));
    let all: Vec<_> = levy.tiers.iter().map(one).collect();
    let names = names(levy, &meant.chosen);
    format!("给{names}交{}年的养老，每年可以交：{} 元。", levy.year, all.join("、"))
}

/// Whole yuan without what is always nought: 400.
fn yuan(fen: Fen) -> String {
    let shown = fen.to_string();
    shown.strip_suffix(".00").unwrap_or(&shown).to_owned()
}

fn names(levy: &Levy, chosen: &[i64]) -> String {
    let all: Vec<_> = chosen.iter().filter_map(|n| levy.member(*n)).collect();
    let some = all.iter().take(NAMED).map(|m| m.name.to_string()).collect::<Vec<_>>().join("、");
    if all.len() > NAMED { format!("{some}等") } else { some }
}

fn home(said: &Said<'_>, meant: &Meant, levy: &Levy) -> Home {
    let person = |no: &i64| {
        let m = levy.member(*no)?;
        let called = meant.called.iter().find(|(n, _)| n == no).map(|(_, word)| word.clone());
        let before = meant.known.iter().find(|p| p.no == *no).map(|p| p.called.clone());
        Some(Person {
            no: m.no,
            name: m.name.to_string(),
            called: called.or(before).unwrap_or_default(),
            pays: m.pays,
            is_self: meant.levy.member(*no).is_some_and(|m| m.is_asking),
        })
    };
    let head = levy.members.first().map(|m| m.name.to_string());
    Home {
        kind: said.kind,
        biller: meant.biller.id.clone(),
        biller_name: meant.biller.name.clone(),
        label: meant.biller.label.clone(),
        number: levy.number.clone(),
        called: String::new(),
        name: head.unwrap_or_default(),
        place: levy.place.clone(),
        year: Some(levy.year),
        who: meant.chosen.iter().filter_map(person).collect(),
    }
}

/// 每人 400 元, or who pays what when it is not the same.
fn each(levy: &Levy, meant: &Meant) -> String {
    let all: Vec<_> = meant.chosen.iter().filter_map(|n| levy.member(*n)).collect();
    let Some(first) = all.first() else { return String::new() };
    if all.iter().all(|m| m.pays == first.pays) {
        let each = if all.len() > 1 {
            format!("，每人 {} 元", yuan(first.pays))
        } else {
            String::new()
        };
        let helped = if levy.tiers.is_empty() || first.subsidy == Fen::ZERO {
            String::new()
        } else {
            format!("，政府每人补 {} 元", yuan(first.subsidy))
        };
        return format!("{each}{helped}");
    }
    let one = |m: &&Member| format!("{} {} 元", m.name, yuan(m.pays));
    format!("，{}", all.iter().map(one).collect::<Vec<_>>().join("、"))
}

fn card(frozen: &Frozen, levy: &Levy, meant: &Meant) -> String {
    let i = &frozen.intent;
    let count = meant.chosen.len();
    let heads = if count > 1 { format!(" {count} 个人") } else { String::new() };
    let aside = if meant.aside.is_empty() { String::new() } else { format!("{}。", meant.aside) };
    let rest =
        levy.members.iter().filter(|m| m.stands == Stands::Open && !meant.chosen.contains(&m.no));
    let rest: Vec<_> = rest.map(|m| format!("{} {}", m.no, m.name)).collect();
    let rest = if rest.is_empty() {
        String::new()
    } else {
        format!("没算进来：{}。", rest.join("、"))
    };
    format!(
        "{}给{}{heads}交{} {} 元（{}）{}。{aside}{rest}交给{}，从{}{}出，手续费 0。",
        again(frozen),
        names(levy, &meant.chosen),
        i.purpose,
        i.amount,
        i.amount.in_words(),
        each(levy, meant),
        i.to.bank,
        i.payer.label,
        i.payer.tail,
    )
}

/// One short sentence and a sum as it is spoken.
fn elder(frozen: &Frozen, levy: &Levy, meant: &Meant) -> String {
    let i = &frozen.intent;
    let count = meant.chosen.len();
    let heads = if count > 1 { format!("{count}个人") } else { String::new() };
    format!(
        "{}给{}{heads}交{}，一共{}，对不对？对的话点下面输密码。",
        again(frozen),
        names(levy, &meant.chosen),
        i.purpose,
        i.amount.spoken()
    )
}
