//! The people whom demo and tests know by name, told so that their balances come out exactly.

use super::DemoPerson;
use super::life::{self, Trade};
use super::plan::{Like, Planner, Wish};
use super::terms::{self, Lent, Saved};
use crate::day::Day;
use crate::deposits::{DepositKind, Form, Renewal};
use crate::model::{AccountKind, AccountRef, AccountState, CustNo};
use crate::sandbox::movement::{self, Face};
use base::{Error, Fen, Result};

/// One well-known customer of every institution but the first, by the institution's place.
const NEIGHBOURS: &[(&str, bool)] = &[
    ("周海燕", true),
    ("何晓东", false),
    ("林彩霞", true),
    ("高立新", false),
    ("罗春花", true),
    ("梁建平", false),
    ("宋秋菊", true),
    ("唐文斌", false),
];

/// The first institution has eight; every other one neighbour.
pub(super) fn tell(p: &mut Planner<'_>) -> Result<()> {
    if p.index > 0 {
        let (name, is_woman) = NEIGHBOURS[(p.index - 1) % NEIGHBOURS.len()];
        return neighbour(p, name, is_woman);
    }
    let (wang, wangs_loan) = wang_qiang(p)?;
    let wang_no = newest(p)?;
    li_fang(p, &wang)?;
    let li_no = newest(p)?;
    terms::stand_for(p, &wangs_loan, li_no);
    zhao_guiying(p)?;
    sun_lele(p)?;
    let lius_loan = liu_jianjun(p)?;
    terms::stand_for(p, &lius_loan, wang_no);
    wu_xiuying(p)?;
    yang_guilan(p)?;
    chen_guofu(p)
}

/// The number of the customer added last.
fn newest(p: &Planner<'_>) -> Result<i64> {
    let c = p.plan.customers.last().ok_or_else(|| Error::fault("nobody to be known"))?;
    Ok(c.cust_no)
}

fn day(y: i64, m: i64, d: i64) -> Result<Day> {
    Day::of(y, m, d).ok_or_else(|| Error::fault("a story on no day"))
}

/// Adds the customer added last to the list that the demo prints, to be bound with `account`.
fn known(p: &mut Planner<'_>, account: &Face, story: &'static str) -> Result<()> {
    let card_no = p.number_of(account);
    let c = p.plan.customers.last().ok_or_else(|| Error::fault("nobody to be known"))?;
    let person = DemoPerson {
        tenant: p.at.tenant,
        institution: p.at.name.clone(),
        name: c.name.clone(),
        id_no: c.id_no.clone(),
        card_no,
        mobile: c.mobile.clone(),
        cust_no: CustNo::new(c.cust_no.to_string()),
        account: AccountRef::new(account.acct_id.to_string()),
        story,
    };
    p.plan.people.push(person);
    Ok(())
}

fn card(p: &mut Planner<'_>, tail: &str) -> Result<Face> {
    p.add_account(AccountKind::Debit, &Like::plain("福农借记卡").tail(tail))
}

/// The month before today's: what a customer means by 上个月.
fn is_last_month(p: &Planner<'_>, month: Day) -> bool {
    month == p.today.first_of_month().plus_months(-1)
}

fn must(p: &mut Planner<'_>, day: Day, hour: i64, m: movement::Movement) {
    p.wish(day, hour, Wish::Must(m));
}

fn power(p: &mut Planner<'_>, acct: i64, month: Day, fen: i64) {
    let provider = format!("{}供电公司", p.at.county);
    let words = format!("{}年{}月电费，户号尾号3306", month.year(), month.month());
    let m = movement::bill(acct, Fen::of(fen), "电费", &provider).words("代扣电费", words);
    must(p, month.plus_days(27), 10, m);
}

fn land_subsidy(p: &mut Planner<'_>, acct: i64, month: Day) {
    let office = format!("{}财政局", p.at.county);
    let words =
        format!("耕地地力保护补贴，财政代发，批次{}-{:02}，4亩", month.year(), month.month());
    let m = movement::subsidy(acct, Fen::of(31_240), &office).words("财政代发", words);
    must(p, month.plus_days(24), 9, m);
}

fn quarter_interest(p: &mut Planner<'_>, acct: i64, month: Day, fen: i64) {
    if month.month() % 3 == 0 {
        let words = format!("{}年第{}季度活期利息", month.year(), month.month() / 3);
        must(
            p,
            month.plus_days(20),
            1,
            movement::interest(acct, Fen::of(fen)).words("结息", words),
        );
    }
}

/// One debit card, 1,280.50 on it: the shortest way to a balance.
fn li_fang(p: &mut Planner<'_>, wang: &Face) -> Result<()> {
    p.add_person("李芳", day(1990, 3, 15)?, true, Some("19400006688".into()))?;
    let main = card(p, "6688")?;
    let acct = main.acct_id;
    for month in p.months() {
        let on = |d: i64| month.plus_days(d - 1);
        let shop = |fen, at| {
            movement::purchase(acct, Fen::of(fen), at).words("扫码消费", format!("在{at}扫码付款"))
        };
        let (y, m) = on(1).plus_days(-1).year_month();
        let wage = movement::wage(acct, Fen::of(320_000), "荣盛纺织厂")
            .words("代发工资", format!("{y}年{m}月工资，荣盛纺织厂"));
        must(p, on(5), 9, wage);
        let home =
            movement::transfer_out(acct, Fen::of(270_000), "*军").words("跨行转账", "房贷和家用");
        must(p, on(5), 18, home);
        let phone = movement::bill(acct, Fen::of(5000), "话费", "手机话费充值")
            .words("话费充值", format!("{}年{}月话费，尾号6688", on(1).year(), on(1).month()));
        must(p, on(2), 11, phone);
        must(p, on(8), 17, shop(6860, "惠民超市"));
        let draw = movement::village_cash(acct, Fen::of(10_000), "柳树屯助农服务点")
            .words("助农取款", "在柳树屯助农取款服务点取现金（集市）");
        must(p, on(12), 9, draw);
        let lend = movement::transfer(&main, wang, Fen::of(10_000)).words("转账", "合买化肥的钱");
        must(p, on(18), 20, lend);
        must(p, on(20), 12, shop(4580, "便民药房"));
        must(p, on(22), 18, shop(7000, "好邻居便利店"));
        quarter_interest(p, acct, month, 16);
        if month.month() == 7 || is_last_month(p, month) {
            land_subsidy(p, acct, month);
        }
        power(p, acct, month, 8600);
    }
    p.begin_so_that_it_ends_at(acct, Fen::of(128_050))?;
    known(p, &main, "普通客户：借记卡尾号6688，余额1,280.50元；绑定后查余额、看上个月明细")
}

/// Debit card, credit card and loan; a part of the balance is reserved.
fn wang_qiang(p: &mut Planner<'_>) -> Result<(Face, Face)> {
    p.add_person("王强", day(1984, 10, 2)?, false, Some("19400007122".into()))?;
    let main = card(p, "1122")?;
    p.carry(movement::carried(main.acct_id, Fen::of(860_000)));
    life::year(p, Trade::Farmer, &main);
    life::credit_card(p, &main, Some("4410"))?;
    let loan = life::loan(p, &main, Fen::of(5_000_000), Some("2091"))?;
    life::time_deposit(p, Fen::of(2_000_000), Some("6013"))?;
    terms::limit_transfers(p, main.acct_id, 5_000, 20_000);
    p.plan.holds.push((main.acct_id, Fen::of(2000), "加油预授权"));
    known(
        p,
        &main,
        "多账户：借记卡1122、信用卡4410、惠农贷2091、定期6013，有20元预授权冻结；李芳给他担保，他给刘建军担保",
    )?;
    Ok((main, loan))
}

/// An elder with a passbook (3,206.50) and a debit card.
fn zhao_guiying(p: &mut Planner<'_>) -> Result<()> {
    p.add_person("赵桂英", day(1951, 8, 20)?, true, Some("19400008821".into()))?;
    let book = p.add_account(AccountKind::Passbook, &Like::plain("活期存折").tail("0037"))?;
    let debit = card(p, "8821")?;
    let (acct, second) = (book.acct_id, debit.acct_id);
    let office = format!("{}社保中心", p.at.county);
    for month in p.months() {
        let on = |d: i64| month.plus_days(d - 1);
        let (y, m) = month.year_month();
        let pension = movement::pension(acct, Fen::of(23_640), &office)
            .words("养老金代发", format!("城乡居民基本养老保险待遇，{y}年{m}月"));
        must(p, on(12), 9, pension);
        let gift = movement::transfer_in(acct, Fen::of(50_000), "*建国")
            .words("跨行转账", "孩子给的生活费");
        must(p, on(12), 19, gift);
        let draw = |fen| {
            movement::village_cash(acct, Fen::of(fen), "杏花沟助农服务点")
                .words("助农取款", "在杏花沟助农取款服务点取现金（集市）")
        };
        must(p, on(13), 8, draw(30_000));
        must(p, on(16), 8, draw(20_000));
        let medicine = movement::purchase(acct, Fen::of(5830), "便民药房")
            .words("医药消费", "在便民药房刷存折付款");
        must(p, on(20), 10, medicine);
        if m == 3 {
            let seed = movement::purchase(acct, Fen::of(42_000), "金穗农资店")
                .words("农资消费", "在金穗农资店购买化肥、种子");
            must(p, on(9), 8, seed);
        }
        quarter_interest(p, acct, month, 40);
        if m == 7 || is_last_month(p, month) {
            land_subsidy(p, acct, month);
        }
        power(p, acct, month, 8600);
        let sent =
            movement::transfer_in(second, Fen::of(3000), "*建国").words("跨行转账", "孩子转来");
        must(p, on(3), 19, sent);
        let buy = movement::purchase(second, Fen::of(3000), "惠民超市")
            .words("扫码消费", "在惠民超市扫码付款");
        must(p, on(4), 9, buy);
    }
    p.begin_so_that_it_ends_at(acct, Fen::of(320_650))?;
    p.begin_so_that_it_ends_at(second, Fen::of(26_000))?;
    known(p, &debit, "老年客户（1951年生）：存折0037余额3,206.50元，借记卡8821；体验长辈模式")
}

/// Born 2015: may not bind by herself.
fn sun_lele(p: &mut Planner<'_>) -> Result<()> {
    p.add_person("孙乐乐", day(2015, 6, 1)?, true, Some("19400009305".into()))?;
    let main = card(p, "3305")?;
    for month in p.months().into_iter().filter(|m| m.month() == 2) {
        let gift = movement::cash_in(main.acct_id, Fen::of(30_000)).words("存现金", "压岁钱");
        must(p, month.plus_days(19), 10, gift);
    }
    p.begin_so_that_it_ends_at(main.acct_id, Fen::of(81_200))?;
    known(p, &main, "未成年人（2015年生）：绑定会被请到网点办理")
}

/// An account that is frozen after a year of use; nothing can be paid from it for the loan.
fn liu_jianjun(p: &mut Planner<'_>) -> Result<Face> {
    p.add_person("刘建军", day(1979, 1, 28)?, false, Some("19400007719".into()))?;
    let main = card(p, "7719")?;
    p.carry(movement::carried(main.acct_id, Fen::of(530_000)));
    life::year(p, Trade::Worker, &main);
    let lent = Lent {
        principal: Fen::of(3_000_000),
        rate_bp: 480,
        begun: p.begin.plus_months(-6).plus_days(8),
        tail: Some("2177"),
        paid_until: p.today.plus_days(-45),
    };
    let loan = terms::lend(p, &main, &lent)?;
    p.plan.states.push((main.acct_id, AccountState::Frozen));
    known(p, &main, "账户被冻结：可以绑定，查余额时会说明账户状态；贷款2177因此逾期")?;
    Ok(loan)
}

/// No mobile number is reserved: no claim can fit.
fn wu_xiuying(p: &mut Planner<'_>) -> Result<()> {
    p.add_person("吴秀英", day(1948, 12, 5)?, true, None)?;
    let main = card(p, "5521")?;
    p.carry(movement::carried(main.acct_id, Fen::of(190_000)));
    life::year(p, Trade::Elder, &main);
    known(p, &main, "没有预留手机号：核验不会通过，请到网点补留")
}

/// An elder who has a passbook and no card (存折户).
fn yang_guilan(p: &mut Planner<'_>) -> Result<()> {
    p.add_person("杨桂兰", day(1946, 4, 18)?, true, Some("19400006152".into()))?;
    let book = p.add_account(AccountKind::Passbook, &Like::plain("活期存折").tail("0052"))?;
    let acct = book.acct_id;
    let office = format!("{}社保中心", p.at.county);
    for month in p.months() {
        let on = |d: i64| month.plus_days(d - 1);
        let (y, m) = month.year_month();
        let pension = movement::pension(acct, Fen::of(21_850), &office)
            .words("养老金代发", format!("城乡居民基本养老保险待遇，{y}年{m}月"));
        must(p, on(12), 9, pension);
        let draw = movement::village_cash(acct, Fen::of(20_000), "杏花沟助农服务点")
            .words("助农取款", "在杏花沟助农取款服务点取现金（集市）");
        must(p, on(14), 8, draw);
        quarter_interest(p, acct, month, 20);
    }
    p.begin_so_that_it_ends_at(acct, Fen::of(186_030))?;
    known(p, &book, "存折户（1946年生，没有卡）：用存折0052绑定，余额1,860.30元")
}

/// A saver: time deposits of every kind beside one debit card (26,000.00).
fn chen_guofu(p: &mut Planner<'_>) -> Result<()> {
    p.add_person("陈国富", day(1962, 9, 9)?, false, Some("19400006240".into()))?;
    let main = card(p, "3120")?;
    let (today, begin) = (p.today, p.begin);
    let saved = |kind, wan: i64, months, rate_bp, opened, tail, form, renewal| Saved {
        kind,
        amount: Fen::of(wan * 1_000_000),
        months,
        rate_bp,
        opened,
        tail: Some(tail),
        form,
        renewal,
    };
    use DepositKind::{Fixed, LargeCd, Notice7};
    use Form::{Electronic, Paper};
    let (same, off) = (Renewal::SameTerm, Renewal::Off);
    for s in [
        saved(Fixed, 5, Some(12), 135, today.plus_months(-7), "7001", Electronic, same),
        saved(Fixed, 3, Some(36), 175, begin.plus_months(-12).plus_days(8), "7002", Paper, off),
        saved(Notice7, 8, None, 65, today.plus_days(-20), "7003", Electronic, off),
        saved(LargeCd, 20, Some(36), 190, today.plus_months(-5), "7004", Electronic, off),
    ] {
        terms::save(p, Some(&main), &s)?;
    }
    for month in p.months() {
        let rent = movement::transfer_in(main.acct_id, Fen::of(120_000), "*海涛")
            .words("跨行转账", "门面房租金");
        must(p, month.plus_days(4), 10, rent);
        quarter_interest(p, main.acct_id, month, 320);
    }
    p.begin_so_that_it_ends_at(main.acct_id, Fen::of(2_600_000))?;
    known(p, &main, "存款户：定期7001（自动转存）、纸质存单7002、七天通知7003、大额存单7004")
}

fn neighbour(p: &mut Planner<'_>, name: &str, is_woman: bool) -> Result<()> {
    let born = day(p.dice.between(1975, 1998), p.dice.between(1, 12), p.dice.between(1, 28))?;
    let mobile = format!("1940000{:04}", 9_100 + p.index);
    p.add_person(name, born, is_woman, Some(mobile))?;
    let tail = format!("{:04}", 2_000 + 11 * p.index);
    let main = card(p, &tail)?;
    p.carry(movement::carried(main.acct_id, Fen::of(420_000)));
    life::year(p, Trade::Worker, &main);
    known(p, &main, "本机构的普通客户：一张借记卡")
}
