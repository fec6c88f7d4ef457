//! A year in the life of someone in the countryside, as it shows in the books.

use super::names::{self, BUYERS, EMPLOYERS, FARM_SHOPS, SHOPS, VILLAGES};
use super::plan::{CARD_DUE_DAY, Like, Planner, Wish};
use super::terms::{self, Lent, Saved};
use super::told::{CARD_PRODUCT, Note};
use crate::day::Day;
use crate::deposits::{DepositKind, Form, Renewal};
use crate::model::AccountKind;
use crate::rural::{Insurance, PayoutClass, Pension};
use crate::sandbox::movement::{self, Face};
use base::{Error, Fen, Result};

/// Day of the month on which pensions come.
pub(super) const PENSION_DAY: i64 = 12;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trade {
    Elder,
    Farmer,
    Worker,
    /// Away in a city; the family at home spends.
    Migrant,
    Shopkeeper,
}

/// One more customer with accounts and a year of wishes.
pub(super) fn live(p: &mut Planner<'_>) -> Result<()> {
    let trade = match p.dice.between(1, 100) {
        1..=28 => Trade::Elder,
        29..=56 => Trade::Farmer,
        57..=78 => Trade::Worker,
        79..=90 => Trade::Migrant,
        _ => Trade::Shopkeeper,
    };
    let age = if trade == Trade::Elder { p.dice.between(61, 84) } else { p.dice.between(22, 58) };
    let (born_in, month) = (p.today.year() - age, p.dice.between(1, 12));
    let born = Day::of(born_in, month, p.dice.between(1, 28));
    let born = born.ok_or_else(|| Error::fault("born on no day"))?;
    let is_woman = p.dice.chance(50);
    let name = names::person(&p.dice, born_in, is_woman);
    let mobile = p.next_mobile();
    let has_mobile = trade != Trade::Elder || p.dice.chance(80);
    p.add_person(&name, born, is_woman, has_mobile.then_some(mobile))?;

    let main = main_account(p, trade)?;
    let opening = p.dice.till(300, 12_000);
    p.carry(movement::carried(main.acct_id, opening));
    year(p, trade, &main);
    others(p, trade, &main)
}

/// What a year brings and takes on the main account.
pub(super) fn year(p: &mut Planner<'_>, trade: Trade, main: &Face) {
    household(p, main);
    match trade {
        Trade::Elder => elder(p, main),
        Trade::Farmer => farmer(p, main),
        Trade::Worker => worker(p, main),
        Trade::Migrant => migrant(p, main),
        Trade::Shopkeeper => shopkeeper(p, main),
    }
    interest(p, main);
}

fn main_account(p: &mut Planner<'_>, trade: Trade) -> Result<Face> {
    if trade == Trade::Elder {
        let passbook = p.add_account(AccountKind::Passbook, &Like::plain("活期存折"))?;
        if p.dice.chance(55) {
            let card = p.add_account(AccountKind::Debit, &Like::plain("福农借记卡"))?;
            let amount = p.dice.till(50, 3_000);
            p.carry(movement::carried(card.acct_id, amount));
            interest(p, &card);
        }
        return Ok(passbook);
    }
    let card = p.add_account(AccountKind::Debit, &Like::plain("福农借记卡"))?;
    if p.dice.chance(30) {
        let book = p.add_account(AccountKind::Passbook, &Like::plain("活期存折"))?;
        let amount = p.dice.till(10, 5_000);
        p.carry(movement::carried(book.acct_id, amount));
        interest(p, &book);
    }
    Ok(card)
}

/// Credit card, loan and time deposit, for those who have them.
fn others(p: &mut Planner<'_>, trade: Trade, main: &Face) -> Result<()> {
    if trade != Trade::Elder && p.dice.chance(26) {
        credit_card(p, main, None)?;
    }
    if matches!(trade, Trade::Farmer | Trade::Shopkeeper) && p.dice.chance(40) {
        let principal = p.dice.yuan(2, 15).fen() * 10_000;
        loan(p, main, Fen::of(principal), None)?;
    }
    if p.dice.chance(if trade == Trade::Elder { 60 } else { 22 }) {
        let amount = p.dice.notes(20, 800);
        time_deposit(p, amount, None)?;
    }
    Ok(())
}

pub(super) fn credit_card(p: &mut Planner<'_>, main: &Face, tail: Option<&str>) -> Result<Face> {
    credit_card_of(p, main, tail, Fen::ZERO)
}

/// The same with a limit of so much at least, for whom a story spends more.
pub(super) fn credit_card_of(
    p: &mut Planner<'_>,
    main: &Face,
    tail: Option<&str>,
    least: Fen,
) -> Result<Face> {
    let limit = p.dice.notes(50, 300).max(least);
    let like = Like { limit, rate_bp: 0, tail, ..Like::plain(CARD_PRODUCT) };
    let card = p.add_account(AccountKind::Credit, &like)?;
    for month in p.months() {
        for _ in 0..p.dice.between(1, 4) {
            let (day, amount) = (p.dice.between(1, 28), p.dice.till(20, 600));
            let shop = *p.dice.pick(SHOPS);
            let buy = movement::purchase(card.acct_id, amount, shop)
                .words("银联消费", format!("在{shop}刷信用卡"));
            p.wish(month.plus_days(day - 1), 12, Wish::Maybe(buy));
        }
        let repay = Wish::RepayCard { from: main.clone(), card: card.clone() };
        p.wish(month.plus_days(CARD_DUE_DAY - 2), 9, repay);
    }
    Ok(card)
}

/// A loan of three years, paid back by the month; begun before the history.
pub(super) fn loan(
    p: &mut Planner<'_>,
    main: &Face,
    principal: Fen,
    tail: Option<&str>,
) -> Result<Face> {
    let begun = p.begin.plus_months(-p.dice.between(1, 8)).plus_days(p.dice.between(0, 20));
    let rate_bp = p.dice.between(395, 520);
    let paid_until = p.today;
    terms::lend(p, main, &Lent { principal, rate_bp, begun, tail, paid_until })
}

pub(super) fn time_deposit(p: &mut Planner<'_>, amount: Fen, tail: Option<&str>) -> Result<Face> {
    let (years, rate_bp) = *p.dice.pick(&[(1, 135), (2, 145), (3, 175)]);
    let opened = p.begin.plus_days(-p.dice.between(1, 80));
    // A yearly deposit has been renewed; it ends in the future.
    let opened = if years == 1 { opened.plus_months(12) } else { opened };
    let renewal = if years == 1 { Renewal::SameTerm } else { Renewal::Off };
    let form = if p.plan.deposits.len() % 3 == 2 { Form::Paper } else { Form::Electronic };
    let saved = Saved {
        kind: DepositKind::Fixed,
        amount,
        months: Some(12 * years),
        rate_bp,
        opened: opened.min(p.today.plus_days(-1)),
        tail,
        form,
        renewal,
    };
    terms::save(p, None, &saved)
}

/// Bills that every household has.
fn household(p: &mut Planner<'_>, main: &Face) {
    let meter = p.dice.between(1_000, 9_999);
    let line = p.dice.between(1_000, 9_999);
    let power_day = p.dice.between(24, 28);
    let has_phone_bill = p.dice.chance(60);
    let county = p.at.county.clone();
    for month in p.months() {
        let (y, m) = (month.year(), month.month());
        let summer = if matches!(m, 7 | 8 | 12 | 1) { 60 } else { 0 };
        let amount = p.dice.till(38 + summer, 128 + summer);
        let power = movement::bill(main.acct_id, amount, "电费", &format!("{county}供电公司"))
            .words("代扣电费", format!("{y}年{m}月电费，户号尾号{meter}"));
        p.wish(month.plus_days(power_day - 1), 10, Wish::Maybe(power));
        if has_phone_bill {
            let amount = *p.dice.pick(&[1900, 2900, 3000, 3900, 5000]);
            let phone = movement::bill(main.acct_id, Fen::of(amount), "话费", "手机话费充值")
                .words("话费充值", format!("{y}年{m}月话费，尾号{line}"));
            p.wish(month.plus_days(p.dice.between(1, 5)), 11, Wish::Maybe(phone));
        }
        if m % 3 == 0 {
            let water = movement::bill(
                main.acct_id,
                p.dice.till(18, 46),
                "水费",
                &format!("{county}自来水公司"),
            )
            .words("代扣水费", format!("{y}年第{}季度水费", m / 3));
            p.wish(month.plus_days(14), 10, Wish::Maybe(water));
        }
        if m == 12 {
            let health =
                movement::bill(main.acct_id, Fen::of(40_000), "医保", &format!("{county}税务局"))
                    .words("城乡居民医保", format!("{}年度城乡居民基本医疗保险", y + 1));
            let note = Note::contribution(Insurance::Medical, y + 1, "本行代缴");
            p.wish(month.plus_days(9), 15, noted(health, note));
        }
    }
}

/// Interest on the twentieth of each quarter's last month.
fn interest(p: &mut Planner<'_>, acct: &Face) {
    for month in p.months().into_iter().filter(|m| m.month() % 3 == 0) {
        let words =
            ("结息".to_owned(), format!("{}年第{}季度活期利息", month.year(), month.month() / 3));
        p.wish(month.plus_days(20), 1, Wish::Interest { acct: acct.acct_id, words });
    }
}

fn subsidies(p: &mut Planner<'_>, main: &Face) {
    let mu = p.dice.between(3, 24);
    let office = format!("{}财政局", p.at.county);
    for month in p.months() {
        let (y, m) = (month.year(), month.month());
        let (what, fen_per_mu) = match m {
            7 => ("耕地地力保护补贴", 7810),
            10 => ("实际种粮农民补贴", 1420),
            _ => continue,
        };
        let pay = movement::subsidy(main.acct_id, Fen::of(mu * fen_per_mu), &office)
            .words("财政代发", format!("{what}，财政代发，批次{y}-{m:02}，{mu}亩"));
        let note = Note::share(PayoutClass::Subsidy, what, &office, month);
        p.wish(month.plus_days(24), 9, noted(pay, note));
    }
}

fn cash(p: &mut Planner<'_>, main: &Face, month: Day, times: i64, high: i64) {
    for _ in 0..times {
        let day = month.plus_days(p.dice.between(0, 27));
        let amount = p.dice.notes(1, high);
        let draw = if p.dice.chance(60) {
            let place = format!("{}{}", p.dice.pick(&p.at.towns), p.dice.pick(VILLAGES));
            movement::village_cash(main.acct_id, amount, &format!("{place}助农服务点"))
                .words("助农取款", format!("在{place}助农取款服务点取现金"))
        } else {
            movement::cash_out(main.acct_id, amount).words("柜面取款", "在营业网点取现金")
        };
        p.wish(day, 9, Wish::Maybe(draw));
    }
}

fn shopping(p: &mut Planner<'_>, main: &Face, month: Day, times: i64, high: i64) {
    for _ in 0..times {
        let day = month.plus_days(p.dice.between(0, 27));
        let shop = *p.dice.pick(SHOPS);
        let buy = movement::purchase(main.acct_id, p.dice.till(6, high), shop)
            .words("扫码消费", format!("在{shop}扫码付款"));
        let hour = p.dice.between(8, 20);
        p.wish(day, hour, Wish::Maybe(buy));
    }
}

fn elder(p: &mut Planner<'_>, main: &Face) {
    let office = format!("{}社保中心", p.at.county);
    let is_retired_worker = p.dice.chance(15);
    let pension = if is_retired_worker { p.dice.till(1_900, 3_400) } else { p.dice.till(148, 265) };
    let child = base::mask_name(&names::person(&p.dice, 1985, p.dice.chance(50)));
    let has_child = p.dice.chance(55);
    let system = if is_retired_worker { "企业职工" } else { "城乡居民" };
    for month in p.months() {
        let (y, m) = (month.year(), month.month());
        let pay = movement::pension(main.acct_id, pension, &office)
            .words("养老金代发", format!("{system}基本养老保险待遇，{y}年{m}月"));
        let title = format!("{system}基本养老保险待遇");
        let note = Note::share(PayoutClass::Pension, &title, &office, month);
        p.wish(month.plus_days(PENSION_DAY - 1), 9, noted(pay, note));
        if has_child && p.dice.chance(70) {
            let amount = p.dice.notes(2, 8);
            let gift = movement::transfer_in(main.acct_id, amount, &child)
                .words("跨行转账", "孩子给的生活费");
            p.wish(month.plus_days(p.dice.between(1, 26)), 19, Wish::Maybe(gift));
        }
        cash(p, main, month, 2, if is_retired_worker { 12 } else { 4 });
    }
    let certified = p.today.plus_months(-(main.acct_id / 100 % 11));
    draws_pension(p, main, system, pension, certified);
    subsidies(p, main);
}

/// Tells of the pension that comes to `main`, certified last on `certified_on` and due again a year later.
pub(super) fn draws_pension(
    p: &mut Planner<'_>,
    main: &Face,
    system: &str,
    monthly: Fen,
    certified_on: Day,
) {
    let told = Pension {
        system: format!("{system}基本养老保险"),
        monthly,
        pay_day: PENSION_DAY,
        certified_on: Some(certified_on),
        certify_by: Some(certified_on.plus_months(12)),
        is_paused: false,
    };
    p.plan.told.pensions.push((main.acct_id / 100, told));
}

/// What may be paid and is more than a line.
fn noted(movement: movement::Movement, note: Note) -> Wish {
    Wish::Noted { movement, is_must: false, note }
}

fn farmer(p: &mut Planner<'_>, main: &Face) {
    subsidies(p, main);
    let relative = base::mask_name(&names::person(&p.dice, 1978, p.dice.chance(50)));
    for month in p.months() {
        let m = month.month();
        if matches!(m, 3 | 4 | 6 | 9) {
            let shop = *p.dice.pick(FARM_SHOPS);
            let buy = movement::purchase(main.acct_id, p.dice.till(180, 1_900), shop)
                .words("农资消费", format!("在{shop}购买化肥、种子"));
            p.wish(month.plus_days(p.dice.between(2, 20)), 8, Wish::Maybe(buy));
        }
        if matches!(m, 6 | 10 | 11) {
            let crop = if m == 6 { "小麦" } else { "玉米" };
            let buyer = *p.dice.pick(BUYERS);
            let sale = movement::sale(main.acct_id, p.dice.till(2_200, 14_000), buyer)
                .words("收购款", format!("{crop}收购款，{buyer}"));
            p.wish(month.plus_days(p.dice.between(15, 27)), 16, Wish::Maybe(sale));
        }
        if p.dice.chance(35) {
            let send = movement::transfer_out(main.acct_id, p.dice.notes(2, 20), &relative)
                .words("跨行转账", "给家里人");
            p.wish(month.plus_days(p.dice.between(0, 27)), 20, Wish::Maybe(send));
        }
        cash(p, main, month, p.dice.between(1, 3), 10);
        shopping(p, main, month, p.dice.between(1, 4), 120);
    }
}

fn worker(p: &mut Planner<'_>, main: &Face) {
    let employer = *p.dice.pick(EMPLOYERS);
    let base_pay = p.dice.till(2_600, 5_600);
    let relative = base::mask_name(&names::person(&p.dice, 1970, p.dice.chance(50)));
    for month in p.months() {
        let (y, m) = month.plus_days(-1).year_month();
        let pay = Fen::of(base_pay.fen() + p.dice.between(-180, 620) * 100);
        let wage = movement::wage(main.acct_id, pay, employer)
            .words("代发工资", format!("{y}年{m}月工资，{employer}"));
        p.wish(month.plus_days(14), 9, Wish::Maybe(wage));
        if p.dice.chance(60) {
            let send = movement::transfer_out(main.acct_id, p.dice.notes(5, 25), &relative)
                .words("跨行转账", "家用");
            p.wish(month.plus_days(p.dice.between(15, 20)), 20, Wish::Maybe(send));
        }
        cash(p, main, month, 1, 10);
        shopping(p, main, month, p.dice.between(4, 9), 220);
        let fee =
            movement::fee(main.acct_id, Fen::of(200), "短信费").words("账户变动短信费", "每月2元");
        p.wish(month.plus_days(20), 2, Wish::Maybe(fee));
    }
}

fn migrant(p: &mut Planner<'_>, main: &Face) {
    let sender = base::mask_name(&names::person(&p.dice, 1988, p.dice.chance(30)));
    for month in p.months() {
        let home = movement::transfer_in(main.acct_id, p.dice.notes(15, 55), &sender)
            .words("跨行转账", "外出务工汇款");
        p.wish(month.plus_days(p.dice.between(5, 18)), 19, Wish::Maybe(home));
        cash(p, main, month, p.dice.between(1, 3), 12);
        shopping(p, main, month, p.dice.between(2, 6), 160);
    }
    subsidies(p, main);
}

fn shopkeeper(p: &mut Planner<'_>, main: &Face) {
    let supplier = format!("{}批发部", p.dice.pick(&p.at.towns));
    for month in p.months() {
        for day in 0..28 {
            if p.dice.chance(40) {
                let takings = movement::sale(main.acct_id, p.dice.till(60, 900), "收款码结算")
                    .words("收款码结算", "前一日收款码收入");
                p.wish(month.plus_days(day), 6, Wish::Maybe(takings));
            }
        }
        for _ in 0..p.dice.between(3, 5) {
            let stock = movement::transfer_out(main.acct_id, p.dice.till(600, 2_600), &supplier)
                .words("货款", format!("向{supplier}付货款"));
            p.wish(month.plus_days(p.dice.between(0, 27)), 15, Wish::Maybe(stock));
        }
        shopping(p, main, month, p.dice.between(1, 3), 200);
    }
}
