//! Wealth products bought and sold: what the channel must see to is looked at first, then the core says what it comes to, and
//! the draft is exactly that.
//!
//! *Invariant.* No draft of a purchase comes about without a good assessment whose grade the product does not exceed, nor of a
//! sale that must be recorded (双录); the first is looked at once more in the unit that lets it go (`draft::judge`). Not for:
//! units; the core books them, or refuses when it would be something else.

use super::draft::{self, Drafted, NO_MONEY, Payer, Wish, of_core};
use super::intent::{Intent, Target};
use crate::app::App;
use crate::followers::BoundAccount;
use crate::verbs::{core_ctx, day_words, handle, rate_words};
use crate::wealth::risk::Taken;
use crate::wealth::rules::{CARE_YEARS, Recorded, Sale};
use crate::wealth::{self, ABOVE, LACKS, NOT_TESTED, RECORD, TEST_OVER};
use base::{Error, Fen, Refusal, Result};
use corebank::money::Payee;
use corebank::wealth::{
    Holding, PurchaseAsk, RedemptionAsk, RedemptionTrial, WealthBook, WealthProduct,
};
use corebank::{AccountRef, CoreError, CustNo, Day, Reject};
use std::sync::Arc;

pub const PRODUCT: Refusal = Refusal::invalid("ask.product", "没有扣钱。您想买哪一款？");
pub const HOLDING: Refusal = Refusal::invalid("ask.holding", "没有扣钱。您有几款理财。");
pub const AMOUNT: Refusal = Refusal::invalid("ask.amount", "没有扣钱。金额不对。");
pub const NONE: Refusal = Refusal::missing("wealth.none", "没有扣钱。您没有能赎回的理财。");
pub const SOLD_OUT: Refusal = Refusal::conflict("wealth.sold_out", "没有扣钱。这款卖完了。");
pub const NOT_ON_SALE: Refusal =
    Refusal::conflict("wealth.off_sale", "没有扣钱。现在没有您能买的理财产品。");
pub const CLOSED_TERM: Refusal = Refusal::conflict("wealth.closed", "没有扣钱。封闭期内不能赎回。");
/// Products that a question lists.
const LISTED: usize = 5;

/// Read and ticked before the PIN.
pub const WARNING: &str = "理财不是存款，可能亏本金；业绩比较基准不是承诺收益";
/// The same to whoever is 65 and more.
const WARNING_OLD: &str =
    "您已满65岁：理财不是存款，可能亏本金，业绩比较基准不是承诺收益。先和家里人商量好再买";

/// What is to be bought.
#[derive(Debug, Clone, Copy)]
pub struct Buying<'a> {
    /// Short name of the payer's account.
    pub from: &'a str,
    /// How the product is called: its code, its name, its place in the list; empty while nothing was said.
    pub product: &'a str,
    /// None while nothing was said.
    pub amount: Option<Fen>,
}

/// A draft of a purchase, and which product it is of.
#[derive(Debug)]
pub struct BuyingDraft {
    pub drafted: Drafted,
    pub product: WealthProduct,
    pub matures_on: Option<Day>,
}

/// Freezes a purchase as the core's trial told it.
///
/// # Errors
/// Refused with what happened to the money: nothing. `ask.NAME` names the question to be asked anew.
pub async fn buy(app: &Arc<App>, by: &Payer, asked: &Buying<'_>) -> Result<BuyingDraft> {
    let w = wealth::of_core(app)?;
    by.account(asked.from)?;
    let taken = wealth::assessment(app, by.tenant, &by.bound.customer).await?;
    let taken = good(app, taken)?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let book = w.wealth_book(&ctx, &CustNo::new(&by.bound.customer)).await.map_err(lacking)?;
    let years = wealth::age(app, &ctx, &by.bound.customer).await.map_err(of_core)?;
    let sale = Sale { has_bought: book.has_bought, years, grade: None };
    may_sell(app, by, &sale)?;
    let all = w.wealth_products(&ctx).await.map_err(lacking)?;
    let product = pick(all, &taken, asked.product)?;
    may_sell(app, by, &Sale { grade: Some(product.grade), ..sale })?;
    let Some(amount) = asked.amount else {
        return AMOUNT.say(format!("{}买多少？", steps(&product))).into();
    };
    let ask = PurchaseAsk { product: product.code.clone(), amount };
    let trial = w.purchase_trial(&ctx, &ask).await.map_err(|e| not_bought(e, &product))?;
    let to = Target::own(
        product.name.clone(),
        String::new(),
        Payee::Subscription {
            product: product.code.clone(),
            grade: trial.grade,
            begins_on: trial.begins_on,
        },
    );
    let wish = Wish {
        from: asked.from.to_owned(),
        to: format!("wealth:{}", product.code),
        amount,
        purpose: terms(&product, trial.matures_on),
        when: None,
    };
    let drafted = draft::wish_for(app, by, &wish, to, None).await?;
    Ok(BuyingDraft { drafted, product, matures_on: trial.matures_on })
}

fn good(app: &App, taken: Option<Taken>) -> Result<Taken> {
    match taken {
        None => NOT_TESTED.into(),
        Some(taken) if !taken.is_good(app.clock().now()) => TEST_OVER.into(),
        Some(taken) => Ok(taken),
    }
}

/// Refuses a sale that must be recorded at a branch.
fn may_sell(app: &App, by: &Payer, sale: &Sale) -> Result<()> {
    let why: Option<Recorded> = wealth::rule(app, by.tenant).records(sale);
    let Some(why) = why else { return Ok(()) };
    let words = format!(
        "没有扣钱。{}，按规定要到网点录音录像（双录）才能买。请带身份证到网点办，说「附近网点」看去哪里。",
        why.words()
    );
    RECORD.say(words).into()
}

fn lacking(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::Unsupported) => LACKS.into(),
        CoreError::Rejected(Reject::NotFound) => NONE.into(),
        e => of_core(e),
    }
}

/// Which product is meant; where it is not clear, the list of those that may be bought.
fn pick(all: Vec<WealthProduct>, taken: &Taken, said: &str) -> Result<WealthProduct> {
    let named = |p: &&WealthProduct| p.code == said || is_called(&p.name, said);
    let known = all.iter().find(named).cloned();
    let here = wealth::within(all, Some(taken));
    if here.is_empty() {
        return NOT_ON_SALE.into();
    }
    if let Some(other) = known.filter(|k| !here.iter().any(|p| p.code == k.code)) {
        if taken.grade.may_buy(other.grade) {
            let words = format!("没有扣钱。「{}」现在不在卖。{}", other.name, listed(&here));
            return PRODUCT.say(words).into();
        }
        let (risk, own) = (other.grade.word(), taken.grade.word());
        let words = format!(
            "没有扣钱。「{}」是 {risk}，您的测评是 {own}，不能买。{}",
            other.name,
            listed(&here)
        );
        return ABOVE.say(words).into();
    }
    let found = match said {
        "" => None,
        said => {
            here.iter().find(named).or_else(|| here.get(super::saving::place(said, here.len())?))
        }
    };
    match found {
        Some(found) => Ok(found.clone()),
        None => PRODUCT.say(format!("没有扣钱。{}", listed(&here))).into(),
    }
}

/// 稳享1号, 稳享, 买那个稳享1号: a name as customers say it.
fn is_called(name: &str, said: &str) -> bool {
    let said = said.trim();
    said.chars().count() >= 2 && (said.contains(name) || name.contains(said))
}

fn listed(here: &[WealthProduct]) -> String {
    let mut words = "您能买的有：".to_owned();
    for (n, p) in (1..).zip(here.iter().take(LISTED)) {
        let (risk, least) = (p.grade.word(), p.least);
        words.push_str(&format!("\n{n}. {}（{risk}，{}，{least} 元起）", p.name, term_words(p)));
    }
    words
}

/// 随时可赎, 封闭182天
pub fn term_words(p: &WealthProduct) -> String {
    p.days.map_or_else(|| "随时可赎".to_owned(), |n| format!("封闭{n}天"))
}

/// 业绩比较基准 2.30%—3.10%
pub fn benchmark(p: &WealthProduct) -> String {
    if p.low_bp == p.high_bp {
        return rate_words(p.low_bp);
    }
    format!("{}—{}", rate_words(p.low_bp), rate_words(p.high_bp))
}

fn steps(p: &WealthProduct) -> String {
    format!("没有扣钱。「{}」{} 元起，按 {} 元往上加。", p.name, p.least, p.step)
}

/// R2中低风险，业绩比较基准2.30%—3.10%不是承诺收益，封闭182天
fn terms(p: &WealthProduct, matures_on: Option<Day>) -> String {
    let (risk, label) = (p.grade.word(), p.grade.label());
    let until = matures_on.map(|d| format!("，{}到期", day_words(d))).unwrap_or_default();
    format!("{risk}{label}，业绩比较基准{}不是承诺收益{until}", benchmark(p))
}

fn not_bought(e: CoreError, p: &WealthProduct) -> Error {
    match e {
        CoreError::Rejected(Reject::Validation { .. }) => AMOUNT.say(steps(p)).into(),
        CoreError::Rejected(Reject::LimitExceeded) => {
            let left = p.quota.unwrap_or(Fen::ZERO);
            let words = if left < p.least {
                format!("没有扣钱。「{}」卖完了。", p.name)
            } else {
                format!("没有扣钱。「{}」只剩 {left} 元可以买。", p.name)
            };
            SOLD_OUT.say(words).into()
        }
        CoreError::Rejected(Reject::NotEligible | Reject::NotFound) => {
            PRODUCT.say(format!("没有扣钱。「{}」现在不在卖。", p.name)).into()
        }
        CoreError::Rejected(Reject::Unsupported) => NO_MONEY.say(LACKS.words).into(),
        e => of_core(e),
    }
}

/// What of the product stands on the page before it is bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub lines: Vec<String>,
    pub warning: &'static str,
}

/// The product's sheet (产品说明), as the core tells it now.
///
/// # Errors
/// Without it nothing is shown to be confirmed.
pub(super) async fn sheet(app: &Arc<App>, by: &Payer, intent: &Intent) -> Result<Option<Sheet>> {
    let Payee::Subscription { product, .. } = &intent.to.payee else { return Ok(None) };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = wealth::of_core(app)?.wealth_products(&ctx).await.map_err(lacking)?;
    let found = all.into_iter().find(|p| p.code == *product);
    let p = found.ok_or_else(|| Error::from(NOT_ON_SALE))?;
    let years = wealth::age(app, &ctx, &by.bound.customer).await.map_err(of_core)?;
    let taken = wealth::assessment(app, by.tenant, &by.bound.customer).await?;
    let own = taken.map(|t| {
        let (word, label) = (t.grade.word(), t.grade.label());
        format!("您的测评 {word} {label}，{}前有效", day_words(t.until))
    });
    let redeem = match p.days {
        Some(n) => format!("封闭{n}天，到期前不能赎回，到期本金和收益自动回到账户"),
        None => {
            let large =
                p.large.map(|from| format!("，{from} 元及以上多等1个工作日")).unwrap_or_default();
            format!("随时可赎，{}个工作日到账{large}", p.redeems_in)
        }
    };
    let lines = [
        Some(format!("{}发行（代码 {}），本行代销，不保本、不保收益", p.issuer, p.code)),
        Some(format!("风险等级 {} {}", p.grade.word(), p.grade.label())),
        own,
        Some(format!("业绩比较基准 {}，不是承诺收益", benchmark(&p))),
        Some(redeem),
        Some("理财非存款，产品有风险，投资须谨慎".to_owned()),
    ];
    let is_old = years.is_none_or(|years| years >= CARE_YEARS);
    let warning = if is_old { WARNING_OLD } else { WARNING };
    Ok(Some(Sheet { lines: lines.into_iter().flatten().collect(), warning }))
}

/// What is to be sold.
#[derive(Debug, Clone, Copy)]
pub struct Selling<'a> {
    /// How the holding is called: its handle, its name, its place in the list; empty for the only one.
    pub holding: &'a str,
    /// Short name of the account at call that gets the money.
    pub into: &'a str,
    /// None: all of it.
    pub amount: Option<Fen>,
}

/// A draft of a redemption, and what it is made of.
#[derive(Debug)]
pub struct SellingDraft {
    pub drafted: Drafted,
    pub trial: RedemptionTrial,
    /// The holding as chats know it.
    pub holding: String,
}

/// Freezes what is sold as the core's trial told it.
///
/// # Errors
/// Refused with what happened to the money: nothing. `ask.NAME` names the question to be asked anew.
pub async fn sell(app: &Arc<App>, by: &Payer, asked: &Selling<'_>) -> Result<SellingDraft> {
    let w = wealth::of_core(app)?;
    let into = by.account(asked.into)?.clone();
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let book = w.wealth_book(&ctx, &CustNo::new(&by.bound.customer)).await.map_err(lacking)?;
    let held = pick_holding(&book, asked.holding)?;
    let ask = RedemptionAsk { holding: held.account.clone(), amount: asked.amount };
    let trial = w.redemption_trial(&ctx, &ask).await.map_err(|e| not_sold(e, &held))?;
    let from = BoundAccount {
        id: handle(&held.account),
        number: held.account.as_str().to_owned(),
        kind: "wealth".to_owned(),
        label: held.name.clone(),
        tail: String::new(),
    };
    let to = Target::own(
        format!("自己的{}", into.label),
        into.tail.clone(),
        Payee::Redemption {
            account: AccountRef::new(&into.number),
            units: trial.units,
            arrives_on: trial.arrives_on,
        },
    );
    let wish = Wish {
        from: from.id.clone(),
        to: format!("sold:{}", into.id),
        amount: trial.amount,
        purpose: comes_to(&trial),
        when: None,
    };
    let holding = from.id.clone();
    let drafted = draft::wish_out_of(app, by, from, &wish, to).await?;
    Ok(SellingDraft { drafted, trial, holding })
}

/// Which of the customer's holdings is meant; where it is not clear, the list of those that may be sold.
fn pick_holding(book: &WealthBook, said: &str) -> Result<Holding> {
    let all = &book.holdings;
    let named = |h: &&Holding| handle(&h.account) == said || is_called(&h.name, said);
    if let Some(closed) = all.iter().find(|h| named(h) && h.matures_on.is_some()) {
        return closed_term(closed).into();
    }
    let here: Vec<&Holding> = all.iter().filter(|h| h.matures_on.is_none()).collect();
    let found = match here[..] {
        [] => {
            let closed = all.first().ok_or(NONE)?;
            return closed_term(closed).into();
        }
        [only] if said.is_empty() => Some(only),
        _ => {
            let by_place = || here.get(super::saving::place(said, here.len())?);
            here.iter().find(|h| named(h)).or_else(by_place).copied()
        }
    };
    let Some(found) = found else {
        let mut words = format!("没有扣钱。能赎回的有{}款：", here.len());
        for (n, h) in (1..).zip(&here) {
            words.push_str(&format!("\n{n}. {} {} 元", h.name, h.value));
        }
        return HOLDING.say(words).into();
    };
    Ok(found.clone())
}

fn closed_term(held: &Holding) -> Refusal {
    let until = held.matures_on.map(day_words).unwrap_or_default();
    CLOSED_TERM.say(format!(
        "没有扣钱。「{}」封闭期内不能赎回，{until}到期，本金和收益自动回到账户。",
        held.name
    ))
}

/// 按11月26日净值1.0213算，赎9,791.44份
fn comes_to(trial: &RedemptionTrial) -> String {
    let (nav, units) = (trial.nav, trial.units);
    format!(
        "按{}月{}日净值{}算，赎{}.{:02}份",
        nav.on.month(),
        nav.on.day(),
        nav_words(nav.micro),
        units / 100,
        units % 100
    )
}

/// `1.0213`: four places, as net values are published.
pub fn nav_words(micro: i64) -> String {
    format!("{}.{:04}", micro / 1_000_000, micro % 1_000_000 / 100)
}

/// What selling comes to, behind the card.
pub fn sold_words(trial: &RedemptionTrial) -> String {
    let rest = if trial.left == Fen::ZERO {
        "全部赎回".to_owned()
    } else {
        format!("剩下的还值 {} 元", trial.left)
    };
    let large = if trial.is_large { "金额大，多等1个工作日。" } else { "" };
    format!("{}。{rest}。{large}赎回后不再有收益。", comes_to(trial))
}

fn not_sold(e: CoreError, held: &Holding) -> Error {
    match e {
        CoreError::Rejected(Reject::Validation { .. }) => {
            let (value, least) = (held.value, held.least);
            let words = format!(
                "没有扣钱。「{}」现在值 {value} 元，可以全赎；赎一部分的，剩下的要够 {least} 元。",
                held.name
            );
            AMOUNT.say(words).into()
        }
        CoreError::Rejected(Reject::NotEligible) => closed_term(held).into(),
        CoreError::Rejected(Reject::NotFound) => NONE.into(),
        CoreError::Rejected(Reject::Unsupported) => NO_MONEY.say(LACKS.words).into(),
        e => of_core(e),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_found_by_its_name_as_people_say_it() {
        for (said, is) in [
            ("稳享1号", true),
            ("稳享", true),
            ("买那个稳享1号", true),
            ("1", false),
            ("", false),
            ("增利", false),
        ] {
            assert_eq!(is_called("稳享1号", said), is, "{said}");
        }
    }

    #[test]
    fn a_net_value_has_four_places() {
        assert_eq!(nav_words(1_021_345), "1.0213");
        assert_eq!(nav_words(998_700), "0.9987");
        assert_eq!(nav_words(1_000_000), "1.0000");
    }
}
