//! Draws under a credit line through the front door: said in chat, proved with code and PIN, lent by the sandbox core, paid back.

use super::state::State;
use super::tests::{LOST_ANSWERS, PIN, Page};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::loans::{CreditLine, Loan, Method, Plan};
use corebank::sandbox::{Face, NewAccount, NewLine, NewLoan, movement};
use corebank::{AccountKind, CoreBank, Ctx, CustNo, Weather};
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;
const LIFANG: i64 = 1_011_000_001;

fn line(nth: i64, tail: &str, yuan: i64) -> NewLine {
    NewLine {
        cust_no: LIFANG,
        nth,
        product: "惠农贷".into(),
        tail: tail.into(),
        limit: Fen::of(yuan * 100),
        rate_bp: 450,
        ends_on: "2028-11-23".parse().unwrap(),
    }
}

impl TestBank {
    /// 李芳 is bound since two days and has a line of 50,000 yuan at 4.50 %.
    async fn has_credit(&self) {
        self.core.inner().add_credit_line(LINGXI, line(1, "3301", 50_000)).await.unwrap();
        self.bind(APPID, "lifang", &people()[0]).await;
        self.clock.advance_ms(2 * DAY_MS);
    }

    async fn credit_lines_now(&self) -> Vec<CreditLine> {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let who = CustNo::new(LIFANG.to_string());
        self.core.inner().credit_lines(&ctx, &who).await.unwrap()
    }

    async fn debts(&self) -> Vec<Loan> {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let who = CustNo::new(LIFANG.to_string());
        self.core.inner().loans(&ctx, &who).await.unwrap()
    }

    /// The card of a draw for half a year, interest first, and its page.
    async fn wants_credit(&self, amount: &str) -> (String, Page) {
        let said = self.say(APPID, "lifang", "自助用款").await;
        assert!(said.contains("还能用 ") && said.contains("用多少钱"), "{said}");
        let said = self.say(APPID, "lifang", amount).await;
        assert!(said.contains("用多久"), "{said}");
        let said = self.say(APPID, "lifang", "半年").await;
        assert!(said.contains("怎么还"), "{said}");
        self.pay_page("lifang", "1").await
    }

    async fn sound(&self) {
        assert_eq!(self.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
    }
}

impl Page {
    /// Code and PIN of what the page shows.
    pub(super) async fn signed(&self, bank: &TestBank) -> (u16, Value) {
        let intent = self.get(bank).await["card"]["intent"].as_str().unwrap().to_owned();
        self.code(bank, &intent, people()[0].mobile).await;
        self.pay(bank, &intent, PIN).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_is_drawn_once_as_its_card_says_and_paid_back_at_once() {
    for bank in TestBank::each().await {
        bank.has_credit().await;
        let before = bank.worth(CARD).await;
        let (words, page) = bank.wants_credit("两万").await;
        assert!(
            words.contains("借到自己的借记卡（尾号") && words.contains("20,000.00 元"),
            "{words}"
        );
        assert!(words.contains("年利率4.50%，按月付息到期还本，2027年5月25日到期"), "{words}");
        assert!(words.contains("每天利息约 2.50 元。第一期 12月25日还 75.00 元"), "{words}");
        assert!(words.contains("利息一共 450.00 元"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["deed"], &card["title"]), (&json!("借"), &json!("自助用款")), "{card}");
        assert_eq!(card["factors"], "code_and_pin", "{card}");
        assert_eq!(
            (&card["available"]["fen"], &card["payer"]),
            (&json!(5_000_000), &json!("惠农贷授信3301"))
        );
        // The PIN alone lends nothing.
        let intent = card["intent"].as_str().unwrap().to_owned();
        let (status, no) = page.pay(&bank, &intent, PIN).await;
        assert_ne!(status, 200, "{no}");
        assert_eq!(bank.debts().await, vec![]);
        let (status, done) = page.signed(&bank).await;
        assert_eq!((status, &done["title"]), (200, &json!("✔ 已放款")), "{done}");
        let (_, again) = page.pay(&bank, &intent, PIN).await;
        assert_eq!(again["serial"], done["serial"]);
        bank.quiet().await;
        let debts = bank.debts().await;
        assert_eq!((debts.len(), debts[0].outstanding), (1, Fen::of(2_000_000)));
        assert_eq!((debts[0].method, debts[0].months), (Method::InterestFirst, 6));
        assert!(done["words"].as_str().unwrap().contains(&debts[0].tail), "{done}");
        assert_eq!(bank.worth(CARD).await - before, 2_000_000);
        assert_eq!(bank.credit_lines_now().await[0].room, Fen::of(3_000_000));
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.starts_with("✔ 已借到") && last.contains("授信还能用 30,000.00 元"), "{last}");

        // The new loan is known without binding again: listed, with its plan, and paid back in chat.
        let said = bank.say(APPID, "lifang", "我还欠多少贷款").await;
        assert!(said.contains("20,000.00"), "{said}");
        let said = bank.say(APPID, "lifang", "还款计划").await;
        assert!(said.contains("75.00"), "{said}");
        let said = bank.say(APPID, "lifang", "还贷款").await;
        assert!(said.contains("怎么还"), "{said}");
        let (words, page) = bank.pay_page("lifang", "全部结清").await;
        assert!(words.contains("还完这笔贷款就结清了"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        let (_, done) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!(done["state"], "done", "{done}");
        bank.quiet().await;
        assert_eq!(bank.credit_lines_now().await[0].room, Fen::of(5_000_000));
        bank.sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_too_much_and_too_long_are_said_before_any_proof() {
    for bank in TestBank::each().await {
        bank.has_credit().await;
        bank.say(APPID, "lifang", "自助用款").await;
        let said = bank.say(APPID, "lifang", "五百").await;
        assert!(said.contains("没有借款。一次最少用 1,000.00 元。"), "{said}");
        let said = bank.say(APPID, "lifang", "六万").await;
        assert!(said.contains("没有借款。这笔授信还能用 50,000.00 元。"), "{said}");
        bank.say(APPID, "lifang", "一万").await;
        bank.say(APPID, "lifang", "五年").await;
        let said = bank.say(APPID, "lifang", "每月等额").await;
        assert!(said.contains("没有借款。这笔授信2028年11月23日到期"), "{said}");
        assert!(said.contains("用多久"), "{said}");
        let (words, _) = bank.pay_page("lifang", "一年").await;
        assert!(words.contains("等额本息"), "{words}");
        assert_eq!(bank.debts().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_lines_the_one_that_is_named_is_drawn() {
    for bank in TestBank::each().await {
        bank.has_credit().await;
        bank.core.inner().add_credit_line(LINGXI, line(2, "3309", 8_000)).await.unwrap();
        let said = bank.say(APPID, "lifang", "自助用款").await;
        assert!(said.contains("您有2笔授信") && said.contains("2. 惠农贷尾号3309"), "{said}");
        let said = bank.say(APPID, "lifang", "第二笔").await;
        assert!(said.contains("惠农贷授信3309还能用 8,000.00 元"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_is_late_nor_whose_line_is_cut_is_lent_anything_and_hears_why() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let said = bank.say(APPID, "lifang", "自助用款").await;
        assert!(said.contains("没有借款。您名下没有可以用款的授信"), "{said}");
        bank.say(APPID, "lifang", "不借了").await;
        bank.core.inner().add_credit_line(LINGXI, line(1, "3301", 50_000)).await.unwrap();
        bank.clock.advance_ms(2 * DAY_MS);
        let (_, page) = bank.wants_credit("一万").await;
        let handle = bank.credit_lines_now().await[0].account.clone();
        bank.core.inner().cut_credit_line(LINGXI, &handle, true).await.unwrap();
        let (status, told) = page.signed(&bank).await;
        assert_eq!((status, &told["state"]), (200, &json!("failed")), "{told}");
        assert_eq!(told["title"], "✖ 没有借成，没有借款");
        bank.quiet().await;
        let said = bank.say(APPID, "lifang", "自助用款").await;
        assert!(said.contains("没有借款。这笔授信银行暂停了用款"), "{said}");
        bank.say(APPID, "lifang", "不借了").await;
        bank.core.inner().cut_credit_line(LINGXI, &handle, false).await.unwrap();
        is_late(&bank).await;
        let said = bank.say(APPID, "lifang", "自助用款").await;
        assert!(said.contains("没有借款。您有贷款逾期没还"), "{said}");
        assert_eq!(bank.debts().await.len(), 1);
        bank.stop().await;
    }
}

/// 李芳 has another loan whose first instalment was due two days ago.
async fn is_late(bank: &TestBank) {
    let core = bank.core.inner();
    let (loan, lent) = (101_100_000_108, Fen::of(120_000));
    let account = NewAccount {
        acct_id: loan,
        cust_no: LIFANG,
        kind: AccountKind::Loan,
        product: "惠农贷".into(),
        class: None,
        number: "101101200000002091".into(),
        opened_on: "2026-10-23".parse().unwrap(),
        limit: lent,
        rate_bp: 480,
        ends_on: None,
    };
    core.add_account(LINGXI, account).await.unwrap();
    let plan = Plan {
        principal: lent,
        rate_bp: 480,
        months: 12,
        method: Method::EqualPrincipal,
        first_due: "2026-11-23".parse().unwrap(),
    };
    let new = NewLoan {
        acct_id: loan,
        method: plan.method,
        instalments: plan.instalments().unwrap(),
        repay_acct_id: None,
        guarantors: vec![],
    };
    core.add_loan(LINGXI, new).await.unwrap();
    let out = movement::loan_out(loan, &Face { acct_id: CARD, shown: "*芳".into() }, lent);
    core.post(LINGXI, "late", out).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_and_a_loan_is_never_drawn_twice() {
    for bank in TestBank::each().await {
        bank.has_credit().await;
        let (_, page) = bank.wants_credit("一万").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        page.code(&bank, &intent, people()[0].mobile).await;
        let order = page.order(&bank, &intent, PIN).await;
        bank.core.set_weather(LOST_ANSWERS);
        let (_, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!((&told["state"], &told["money"]), (&json!("confirming"), &json!("unknown")));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(2_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        assert_eq!(bank.debts().await.len(), 1);
        assert_eq!(bank.credit_lines_now().await[0].room, Fen::of(4_000_000));
        bank.sound().await;
        bank.stop().await;
    }
}
