//! Credit cards, batches and social security as a customer asks for them in the chat.

use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::sandbox::movement::{self, Movement};
use corebank::sandbox::{Face, NewAccount, NewBatch, NewContribution, NewShare};
use corebank::{
    AccountKind, AccountRef, AccountState, CardFees, CardStage, Insurance, PayoutClass, Pension,
    SocialCard,
};
use serde_json::json;

/// 李芳, her debit card, and the credit cards these tests give her.
const CUST: i64 = 1_011_000_001;
const DEBIT: i64 = 101_100_000_101;
const CARD: i64 = 101_100_000_107;
const OTHER_CARD: i64 = 101_100_000_108;
/// 王强, for shares that are not hers.
const NEIGHBOUR: i64 = 1_011_000_004;

fn yuan(yuan: i64) -> Fen {
    Fen::of(yuan * 100)
}

async fn post(bank: &TestBank, id: &str, movement: Movement) {
    bank.core.inner().post(LINGXI, id, movement).await.unwrap().unwrap();
}

fn account(acct_id: i64, kind: AccountKind, number: &str, limit: Fen) -> NewAccount {
    NewAccount {
        acct_id,
        cust_no: CUST,
        kind,
        product: if kind == AccountKind::Credit { "乡村振兴信用卡" } else { "医保" }.into(),
        class: None,
        number: number.into(),
        opened_on: "2026-06-01".parse().unwrap(),
        limit,
        rate_bp: 0,
        ends_on: None,
    }
}

/// The bank's kind of credit card gets its prices.
async fn price_cards(bank: &TestBank) {
    let fees = CardFees {
        product: "乡村振兴信用卡".into(),
        annual: yuan(80),
        free_after: Some(5),
        cash_percent: 50,
        cash_fee_bp: 100,
        cash_fee_least: yuan(10),
        day_rate_bp: 5,
        late_fee_bp: 500,
    };
    bank.core.inner().set_card_product(LINGXI, fees).await.unwrap();
}

/// A credit card of 李芳's, billed on the 5th and due on the 25th.
async fn give_card(bank: &TestBank, acct_id: i64, number: &str) {
    price_cards(bank).await;
    let card = account(acct_id, AccountKind::Credit, number, yuan(5_000));
    bank.core.inner().add_card(LINGXI, card, 5, 25).await.unwrap();
}

fn buy(acct: i64, amount: i64) -> Movement {
    movement::purchase(acct, yuan(amount), "惠民超市")
}

fn repay(amount: i64) -> Movement {
    let face = |acct_id| Face { acct_id, shown: "*芳".into() };
    movement::card_repayment(&face(DEBIT), &face(CARD), yuan(amount))
}

/// Says it as 李芳 and looks for every part in the answer.
async fn hears(bank: &TestBank, text: &str, parts: &[&str]) {
    let said = bank.say(APPID, "lifang", text).await;
    for part in parts {
        assert!(said.contains(part), "«{text}» without «{part}»: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_says_what_is_to_be_paid_and_repaying_shows_in_it() {
    for bank in TestBank::each().await {
        give_card(&bank, CARD, "6298101100004410").await;
        post(&bank, "b1", buy(CARD, 300)).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "信用卡对账单", &["信用卡4410 还没有出过账单"]).await;
        // 2026-12-07
        bank.clock.advance_ms(14 * DAY_MS);
        let bill = "12月5日出的账单：应还 300.00 元，最低还 30.00 元，12月25日前还。";
        hears(&bank, "信用卡对账单", &[bill, "还有 18 天"]).await;
        post(&bank, "r1", repay(100)).await;
        hears(&bank, "信用卡对账单", &[bill, "已还 100.00 元，还差 200.00 元"]).await;
        // 2026-12-28
        bank.clock.advance_ms(21 * DAY_MS);
        let late = "已经过了还款日 3 天，还差 200.00 元";
        hears(&bank, "信用卡欠款查询", &[late]).await;
        post(&bank, "r2", repay(200)).await;
        hears(&bank, "信用卡对账单", &["这一期已经还清"]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bill_before_is_one_tap_away_and_a_month_can_be_named() {
    for bank in TestBank::each().await {
        give_card(&bank, CARD, "6298101100004410").await;
        post(&bank, "b1", buy(CARD, 300)).await;
        // 2027-01-08
        bank.clock.advance_ms(46 * DAY_MS);
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "信用卡对账单", &["1月5日出的账单", "上一期"]).await;
        hears(&bank, "上一期", &["12月5日出的账单：应还 300.00 元", "已算到下一期"]).await;
        hears(&bank, "信用卡12月份账单", &["12月5日出的账单"]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_two_cards_is_asked_which_and_who_has_none_is_told_so() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "wangqiang", &people()[3]).await;
        let none = bank.say(APPID, "wangqiang", "查信用卡额度").await;
        assert!(none.contains("没有在这里绑定的信用卡"), "{none}");
        give_card(&bank, CARD, "6298101100004410").await;
        give_card(&bank, OTHER_CARD, "6298101100003312").await;
        post(&bank, "b1", buy(OTHER_CARD, 70)).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "查信用卡额度", &["哪张信用卡", "信用卡4410", "信用卡3312"]).await;
        let told =
            "信用卡3312 还能刷 4,930.00 元（额度 5,000.00，已用 70.00），其中可取现 2,500.00";
        hears(&bank, "2", &[told]).await;
        // A credit card is no account to ask the balance of.
        hears(&bank, "余额", &["借记卡", "1,280.50"]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_billed_yet_points_days_and_fees_come_from_the_entries() {
    for bank in TestBank::each().await {
        hears_fees_of_strangers(&bank).await;
        give_card(&bank, CARD, "6298101100004410").await;
        post(&bank, "b1", buy(CARD, 300)).await;
        // 2026-12-07
        bank.clock.advance_ms(14 * DAY_MS);
        post(&bank, "b2", buy(CARD, 40)).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        let new = "信用卡4410 12月5日以来刷了 40.00 元，还进 0.00 元，2027年1月5日出账单";
        hears(&bank, "未出账明细", &[new, "① 今天 惠民超市 −40.00"]).await;
        let points = "信用卡4410 有 300 分，下期账单还要加 40 分";
        hears(&bank, "信用卡积分余额", &[points, "300 分，2028年12月5日到期"]).await;
        let fee = "年费 80.00 元。这一年已刷 2 笔，再刷 3 笔就免年费";
        hears(&bank, "信用卡年费", &[fee, "2027年5月31日"]).await;
        let days = "信用卡4410 每月5日出账单，25日前还；下一期2027年1月5日出";
        hears(&bank, "账单日调整", &[days, "还有 300.00 元要在12月25日前还"]).await;
        let (browser, slug, _) = bank.setting_page("lifang", "资产总览").await;
        let ask = json!({ "wish": { "set": "see_assets" } });
        let (_, told) = bank.with_pin(&browser, &slug, &ask, "274906").await;
        for (title, words) in [
            ("一共有", "1,280.50 元"),
            ("活期", "1,280.50 元"),
            ("定期", "0.00 元"),
            ("信用卡欠", "340.00 元"),
            ("减掉欠的还有", "940.50 元"),
        ] {
            let line = json!({ "title": title, "words": words });
            assert!(told["lines"].as_array().unwrap().contains(&line), "{title}: {told}");
        }
        bank.stop().await;
    }
}

/// Who has not bound a card reads the bank's prices.
async fn hears_fees_of_strangers(bank: &TestBank) {
    bank.follow(APPID, "lifang").await;
    hears(bank, "信用卡年费", &["还没有查到信用卡的收费"]).await;
    price_cards(bank).await;
    let fees = "乡村振兴信用卡：年费 80.00 元，一年刷满5笔免收。取现收1%，每笔最少 10.00 元";
    hears(bank, "信用卡年费", &[fees]).await;
}

fn batch(batch_no: i64, class: PayoutClass, title: &str, payer: &str) -> NewBatch {
    NewBatch {
        batch_no,
        class,
        title: title.into(),
        payer: payer.into(),
        period: "2026".into(),
        expected_on: "2026-11-30".parse().unwrap(),
        is_dated: true,
    }
}

/// Announced, handed in and paid at once.
async fn pay(bank: &TestBank, batch: NewBatch, shares: Vec<NewShare>) {
    let (core, no) = (bank.core.inner(), batch.batch_no);
    core.announce(LINGXI, batch).await.unwrap();
    assert!(core.hand_in(LINGXI, no, shares).await.unwrap());
    assert!(core.pay_batch(LINGXI, no).await.unwrap());
}

fn share(cust_no: i64, amount: i64) -> NewShare {
    NewShare { cust_no, acct_id: cust_no * 100 + 1, amount: yuan(amount) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subsidy_is_told_with_its_day_or_with_the_reason_why_it_is_not_there() {
    for bank in TestBank::each().await {
        let of = |no, title| batch(no, PayoutClass::Subsidy, title, "陵溪县财政局");
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "查补贴", &["今年没有查到给您发的补贴。钱由财政局发"]).await;
        pay(&bank, of(1, "退耕还林补助"), vec![share(NEIGHBOUR, 5)]).await;
        hears(&bank, "查补贴", &["发过的 1 批名单里没有您"]).await;

        let core = bank.core.inner();
        core.announce(LINGXI, of(2, "稻谷生产者补贴")).await.unwrap();
        let not_yet = "稻谷生产者补贴：还没发：陵溪县财政局的名单和钱还没交到银行，预计11月30日";
        hears(&bank, "查补贴", &[not_yet]).await;
        core.hand_in(LINGXI, 2, vec![share(CUST, 680)]).await.unwrap();
        hears(&bank, "查补贴", &["680.00 元，名单已到银行，等着发，预计11月30日"]).await;

        pay(&bank, of(3, "耕地地力保护补贴"), vec![share(CUST, 312)]).await;
        let paid = ["补贴到账 1 笔，共 312.00 元", "312.00 元，11月23日已到尾号"];
        hears(&bank, "查补贴", &paid).await;

        let debit = AccountRef::new(DEBIT.to_string());
        core.set_state(LINGXI, &debit, AccountState::Dormant).await.unwrap();
        assert!(core.pay_batch(LINGXI, 2).await.unwrap());
        hears(&bank, "查补贴", &["680.00 元没发成", "成了睡眠户，带身份证到网点恢复"]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wages_rent_and_allowances_are_told_by_who_pays_them() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "农民工工资", &["没有查到", "12333"]).await;
        let site = "安置房项目农民工工资专户";
        pay(&bank, batch(1, PayoutClass::SiteWage, "工资", site), vec![share(CUST, 4_600)]).await;
        hears(&bank, "农民工工资", &["安置房项目农民工工资专户：4,600.00 元，11月23日已到"]).await;
        let rent = batch(2, PayoutClass::LandRent, "土地流转费", "金田合作社");
        pay(&bank, rent, vec![share(CUST, 3_000)]).await;
        hears(&bank, "土地流转款", &["金田合作社：3,000.00 元"]).await;
        let aged = batch(3, PayoutClass::Allowance, "高龄津贴", "陵溪县民政局");
        pay(&bank, aged, vec![share(CUST, 50)]).await;
        hears(&bank, "高龄津贴", &["高龄津贴：50.00 元"]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pension_is_told_with_its_months_and_its_certification() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "查养老金", &["没有查到给您发的养老金"]).await;
        let core = bank.core.inner();
        let told = Pension {
            system: "城乡居民基本养老保险".into(),
            monthly: yuan(236),
            pay_day: 12,
            certified_on: Some("2025-12-23".parse().unwrap()),
            certify_by: Some("2026-12-23".parse().unwrap()),
            is_paused: false,
        };
        core.set_pension(LINGXI, CUST, told).await.unwrap();
        let pension = |no| batch(no, PayoutClass::Pension, "养老待遇", "陵溪县社保中心");
        pay(&bank, pension(1), vec![share(CUST, 236)]).await;
        let words = "最近一次养老金 236.00 元，今天到尾号";
        hears(&bank, "查养老金", &[words, "资格认证请在12月23日前做"]).await;
        // 2026-12-09: before the twelfth
        bank.clock.advance_ms(16 * DAY_MS);
        hears(&bank, "查养老金", &["11月23日", "一般12日前后到"]).await;
        // 2026-12-25: neither pension nor certification
        bank.clock.advance_ms(16 * DAY_MS);
        hears(&bank, "查养老金", &["社保中心还没把钱交到银行", "资格认证已经过期"]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_medical_account_contributions_and_the_social_card_are_told() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "查医保账户", &["没有查到医保个人账户"]).await;
        hears(&bank, "社保缴费记录", &["没有查到您的社保缴费"]).await;
        hears(&bank, "社保卡进度", &["没有查到您在办的社保卡"]).await;

        let core = bank.core.inner();
        let medical = account(CARD, AccountKind::Medical, "medical-1", Fen::ZERO);
        core.add_account(LINGXI, medical).await.unwrap();
        post(&bank, "m1", movement::medical_in(CARD, yuan(96), "陵溪县医保局")).await;
        post(&bank, "m2", movement::medical_out(CARD, yuan(45), "便民药房")).await;
        let words = "医保个人账户还有 51.00 元。今年进 96.00，用 45.00";
        hears(&bank, "查医保账户", &[words, "今天 便民药房 −45.00"]).await;
        hears(&bank, "账户列表", &["您名下有 1 个账户"]).await;

        let paid = movement::bill(DEBIT, yuan(400), "医保", "税务局");
        post(&bank, "c1", paid).await;
        let known = |insurance, year, id: Option<&str>| NewContribution {
            cust_no: CUST,
            insurance,
            year,
            amount: yuan(400),
            paid_on: "2026-11-23".parse().unwrap(),
            place: "本行代缴".into(),
            request_id: id.map(str::to_owned),
        };
        for told in [
            known(Insurance::Medical, 2027, Some("c1")),
            known(Insurance::Pension, 2026, None),
            known(Insurance::Pension, 2025, None),
        ] {
            core.add_contribution(LINGXI, told).await.unwrap();
        }
        let words =
            ["养老查到交了 2 年，医保 1 年", "2027年的医保已经交了", "① 2027年医保 400.00 元"];
        hears(&bank, "社保缴费记录", &words).await;

        let card = SocialCard {
            stage: CardStage::AtBranch,
            since: "2026-11-17".parse().unwrap(),
            branch: "城关支行".into(),
            is_active: false,
        };
        core.set_social_card(LINGXI, CUST, card).await.unwrap();
        hears(&bank, "社保卡进度", &["11月17日起：做好了，可以领。带身份证到城关支行领"]).await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_surely_the_bank_knows_who_writes_is_told_before_and_after_binding() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        hears(&bank, "身份认证", &["您现在还没认证", "看不了账", "绑一次卡"]).await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        hears(&bank, "身份认证", &["您现在是2级认证", "3级是刷脸", "不存您的脸"]).await;
        bank.stop().await;
    }
}
