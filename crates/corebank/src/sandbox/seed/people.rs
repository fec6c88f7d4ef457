//! The people whom demo and tests know by name, told so that their balances come out exactly.

use super::DemoPerson;
use super::life::{self, Trade};
use super::plan::{Like, Planner, Wish};
use super::terms::{self, Lent, Saved};
use super::told::{CARD_PRODUCT, Note};
use crate::day::Day;
use crate::deposits::{DepositKind, Form, Renewal};
use crate::model::{AccountKind, AccountRef, AccountState, CustNo};
use crate::rural::{BatchState, CardStage, Insurance, PayoutClass, SocialCard};
use crate::sandbox::movement::{self, Face};
use crate::sandbox::payouts::{NewBatch, NewShare};
use crate::sandbox::social::NewContribution;
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

/// A share that is part of a story.
fn must_share(p: &mut Planner<'_>, day: Day, m: movement::Movement, note: Note) {
    p.wish(day, 9, Wish::Noted { movement: m, is_must: true, note });
}

/// Contributions of past years that others told the bank of.
fn paid_elsewhere(p: &mut Planner<'_>, of: &Face, insurance: Insurance, fen: i64, place: &str) {
    for year in p.begin.year() - 4..=p.begin.year() {
        let Some(paid_on) = Day::of(year, 1, 20) else { continue };
        p.plan.told.contributions.push(NewContribution {
            cust_no: of.acct_id / 100,
            insurance,
            year,
            amount: Fen::of(fen),
            paid_on,
            place: place.to_owned(),
            request_id: None,
        });
    }
}

fn social_card(p: &mut Planner<'_>, of: &Face, stage: CardStage, days_ago: i64, is_active: bool) {
    let branch = format!("{}营业部", p.at.name);
    let since = p.today.plus_days(-days_ago);
    let card = SocialCard { stage, since, branch, is_active };
    p.plan.told.social_cards.push((of.acct_id / 100, card));
}

/// A batch of the county that did not simply come: of whom it has a share, and how far it is.
fn batch(p: &mut Planner<'_>, title: &str, state: BatchState, share: Option<(&Face, i64)>) {
    let batch = NewBatch {
        batch_no: 0,
        class: PayoutClass::Subsidy,
        title: title.to_owned(),
        payer: format!("{}财政局", p.at.county),
        period: p.today.year().to_string(),
        expected_on: p.today.last_of_month(),
        is_dated: state != BatchState::Announced,
    };
    let share = share.map(|(of, fen)| NewShare {
        cust_no: of.acct_id / 100,
        acct_id: of.acct_id,
        amount: Fen::of(fen),
    });
    p.plan.told.batches.push((batch, state, share.into_iter().collect()));
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
    let note = Note::share(PayoutClass::Subsidy, "耕地地力保护补贴", &office, month);
    must_share(p, month.plus_days(24), m, note);
}

fn pension_share(office: &str, month: Day) -> Note {
    Note::share(PayoutClass::Pension, "城乡居民基本养老保险待遇", office, month)
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
    medical(p)?;
    for insurance in [Insurance::Pension, Insurance::Medical] {
        paid_elsewhere(p, &main, insurance, 312_000, "荣盛纺织厂代缴");
    }
    social_card(p, &main, CardStage::Collected, 900, true);
    known(p, &main, "普通客户：借记卡尾号6688，余额1,280.50元；绑定后查余额、看上个月明细")
}

/// The medical account of the customer added last: fed by the month, spent at the pharmacy.
fn medical(p: &mut Planner<'_>) -> Result<()> {
    let account = p.add_account(AccountKind::Medical, &Like::plain("职工医保个人账户"))?;
    let (acct, office) = (account.acct_id, format!("{}医保局", p.at.county));
    for month in p.months() {
        let (y, m) = month.year_month();
        let fed = movement::medical_in(acct, Fen::of(9_600), &office)
            .words("医保划入", format!("{y}年{m}月个人账户划入"));
        must(p, month.plus_days(9), 8, fed);
        if m % 2 == 0 {
            let bought = movement::medical_out(acct, Fen::of(4_580), "便民药房")
                .words("医保支付", "在便民药房刷医保买药");
            must(p, month.plus_days(19), 12, bought);
        }
    }
    p.begin_so_that_it_ends_at(acct, Fen::of(164_320))
}

/// Debit card, credit card and loan; a part of the balance is reserved.
fn wang_qiang(p: &mut Planner<'_>) -> Result<(Face, Face)> {
    p.add_person("王强", day(1984, 10, 2)?, false, Some("19400007122".into()))?;
    let main = card(p, "1122")?;
    p.carry(movement::carried(main.acct_id, Fen::of(860_000)));
    life::year(p, Trade::Farmer, &main);
    let credit = life::credit_card_of(p, &main, Some("4410"), Fen::of(3_000_000))?;
    let fridge = movement::purchase(credit.acct_id, Fen::of(239_900), "兴农家电城")
        .words("银联消费", "在兴农家电城刷信用卡（冰箱）");
    must(p, p.today.plus_days(-1), 18, fridge);
    let loan = life::loan(p, &main, Fen::of(5_000_000), Some("2091"))?;
    life::time_deposit(p, Fen::of(2_000_000), Some("6013"))?;
    terms::grant(p, Fen::of(5_000_000), 450, "3301")?;
    terms::limit_transfers(p, main.acct_id, 5_000, 20_000);
    p.plan.holds.push((main.acct_id, Fen::of(2000), "加油预授权"));
    paid_elsewhere(p, &main, Insurance::Pension, 30_000, "村委会代收");
    paid_elsewhere(p, &main, Insurance::Medical, 38_000, "税务局");
    social_card(p, &main, CardStage::AtBranch, 6, false);
    last_months_work(p, &main);
    batch(p, "种粮大户补贴", BatchState::HandedIn, Some((&main, 68_000)));
    batch(p, "秸秆综合利用补贴", BatchState::Announced, None);
    known(
        p,
        &main,
        "多账户：借记卡1122、信用卡4410（昨天刷 2,399 元买了冰箱，可以分期）、惠农贷2091、定期6013，有20元预授权冻结；授信3301有5万元可以自助用款；李芳给他担保，他给刘建军担保；问信用卡账单、查补贴",
    )?;
    Ok((main, loan))
}

/// Wages from a building site and rent for land, both last month.
fn last_months_work(p: &mut Planner<'_>, main: &Face) {
    let month = p.today.first_of_month().plus_months(-1);
    let site =
        format!("{}安置房项目农民工工资专户", p.at.towns.first().cloned().unwrap_or_default());
    let wage = movement::wage(main.acct_id, Fen::of(460_000), &site)
        .words("农民工工资", format!("{}年{}月工资，{site}", month.year(), month.month()));
    let note = Note::share(PayoutClass::SiteWage, "农民工工资", &site, month);
    must_share(p, month.plus_days(17), wage, note);
    let tenant = "金田种植专业合作社";
    let rent = movement::land_rent(main.acct_id, Fen::of(300_000), tenant)
        .words("土地流转款", format!("{}年土地流转费，{tenant}，5亩", month.year()));
    let note = Note::share(PayoutClass::LandRent, "土地流转费", tenant, month);
    must_share(p, month.plus_days(9), rent, note);
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
        must_share(p, on(life::PENSION_DAY), pension, pension_share(&office, month));
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
    // Certified eleven months ago: the next certification is near.
    life::draws_pension(p, &book, "城乡居民", Fen::of(23_640), p.today.plus_months(-11));
    social_card(p, &book, CardStage::Collected, 500, false);
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
    terms::grant(p, Fen::of(2_000_000), 480, "3302")?;
    p.plan.states.push((main.acct_id, AccountState::Frozen));
    batch(p, "农机购置补贴", BatchState::Paid, Some((&main, 120_000)));
    known(
        p,
        &main,
        "账户被冻结：可以绑定，查余额时会说明账户状态；贷款2177因此逾期，授信3302因此不能用款，一笔农机补贴因此没发成",
    )?;
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
        must_share(p, on(life::PENSION_DAY), pension, pension_share(&office, month));
        let civil = format!("{}民政局", p.at.county);
        let aged = movement::allowance(acct, Fen::of(5_000), &civil)
            .words("高龄津贴", format!("80周岁以上高龄津贴，{y}年{m}月"));
        let note = Note::share(PayoutClass::Allowance, "高龄津贴", &civil, month);
        must_share(p, on(8), aged, note);
        let draw = movement::village_cash(acct, Fen::of(20_000), "杏花沟助农服务点")
            .words("助农取款", "在杏花沟助农取款服务点取现金（集市）");
        must(p, on(14), 8, draw);
        quarter_interest(p, acct, month, 20);
    }
    p.begin_so_that_it_ends_at(acct, Fen::of(186_030))?;
    life::draws_pension(p, &book, "城乡居民", Fen::of(21_850), p.today.plus_months(-3));
    known(
        p,
        &book,
        "存折户（1946年生，没有卡）：用存折0052绑定，余额1,860.30元；问高龄津贴、养老金",
    )
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
    terms::grant(p, Fen::of(10_000_000), 420, "3303")?;
    let like = Like { limit: Fen::of(1_000_000), tail: Some("5517"), ..Like::plain(CARD_PRODUCT) };
    let fresh = p.add_account(AccountKind::Credit, &like)?;
    p.plan.new_cards.push(fresh.acct_id);
    known(
        p,
        &main,
        "存款户：定期7001（自动转存）、纸质存单7002、七天通知7003、大额存单7004；授信3303有10万元可以自助用款；刚收到信用卡5517，还没激活（卡背三位数是卡号末三位）",
    )
}

fn neighbour(p: &mut Planner<'_>, name: &str, is_woman: bool) -> Result<()> {
    let born = day(p.dice.between(1975, 1998), p.dice.between(1, 12), p.dice.between(1, 28))?;
    let mobile = format!("1940000{:04}", 9_100 + p.index);
    p.add_person(name, born, is_woman, Some(mobile))?;
    let tail = format!("{:04}", 2_000 + 11 * p.index);
    let main = card(p, &tail)?;
    p.carry(movement::carried(main.acct_id, Fen::of(420_000)));
    life::year(p, Trade::Worker, &main);
    terms::grant(p, Fen::of(3_000_000), 465, "3304")?;
    known(p, &main, "本机构的普通客户：一张借记卡，授信3304有3万元可以自助用款")
}
