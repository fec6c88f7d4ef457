//! Paying a loan back through the front door: said in chat, confirmed on the page, booked and rescheduled by the sandbox core.

use super::state::State;
use super::tests::{LOST_ANSWERS, PIN, Page};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::loans::{Instalment, Method, Plan};
use corebank::sandbox::{Face, NewAccount, NewLoan, movement};
use corebank::{AccountKind, CoreBank, Ctx, CustNo, Weather};
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;
/// 李芳's loan: 1,200 yuan for a year, twelve hundred months of it by equal principal at 4.8 %.
const LOAN: i64 = 101_100_000_108;
const LENT: Fen = Fen::of(120_000);

impl TestBank {
    /// 李芳 has a loan whose first instalment is due in a fortnight, and is bound since two days.
    pub(crate) async fn owes(&self) {
        let core = self.core.inner();
        let account = NewAccount {
            acct_id: LOAN,
            cust_no: 1_011_000_001,
            kind: AccountKind::Loan,
            product: "惠农贷".into(),
            class: None,
            number: "101101200000002091".into(),
            opened_on: "2026-11-07".parse().unwrap(),
            limit: LENT,
            rate_bp: 480,
            ends_on: None,
        };
        core.add_account(LINGXI, account).await.unwrap();
        let plan = Plan {
            principal: LENT,
            rate_bp: 480,
            months: 12,
            method: Method::EqualPrincipal,
            first_due: "2026-12-07".parse().unwrap(),
        };
        let loan = NewLoan {
            acct_id: LOAN,
            method: Method::EqualPrincipal,
            instalments: plan.instalments().unwrap(),
            repay_acct_id: Some(CARD),
            guarantors: vec![],
        };
        core.add_loan(LINGXI, loan).await.unwrap();
        let face = Face { acct_id: CARD, shown: "*芳".into() };
        let out = movement::loan_out(LOAN, &face, LENT);
        core.post(LINGXI, "lent", out).await.unwrap().unwrap();
        self.bind(APPID, "lifang", &people()[0]).await;
        self.clock.advance_ms(2 * DAY_MS);
    }

    async fn plan(&self) -> Vec<Instalment> {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let cust = CustNo::new("1011000001");
        let loans = self.core.inner().loans(&ctx, &cust).await.unwrap();
        self.core.inner().schedule(&ctx, &loans[0].account).await.unwrap()
    }
    async fn owed(&self) -> i64 {
        -self.worth(LOAN).await
    }
}

impl Page {
    async fn card(&self, bank: &TestBank) -> Value {
        self.get(bank).await["card"].clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_paid_once_with_its_interest() {
    for bank in TestBank::each().await {
        bank.owes().await;
        let before = bank.worth(CARD).await;
        // 100.00 of principal, and 4.80 for the month on 1,200.00.
        let (words, page) = bank.pay_page("lifang", "还这个月的贷款").await;
        assert!(words.contains("还贷款（尾号") && words.contains("104.80 元"), "{words}");
        assert!(words.contains("其中本金 100.00，利息 4.80"), "{words}");
        assert!(words.contains("还欠本金 1,100.00 元，下一期 1月7日还 104.40 元"), "{words}");
        let card = page.card(&bank).await;
        assert_eq!((&card["deed"], &card["title"]), (&json!("还"), &json!("贷款还款")), "{card}");
        assert_eq!((&card["is_own"], &card["factors"]), (&json!(true), &json!("pin")), "{card}");
        assert_eq!(card["purpose"], "本金 100.00，利息 4.80");
        let intent = card["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["title"]), (200, &json!("✔ 已还款")), "{done}");
        let (_, again) = page.pay(&bank, &intent, PIN).await;
        assert_eq!(again["serial"], done["serial"]);
        bank.quiet().await;
        assert_eq!((bank.owed().await, before - bank.worth(CARD).await), (110_000, 10_480));
        assert!(bank.plan().await[0].paid_on.is_some());
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.starts_with("✔ 已还") && last.contains("还款计划"), "{chat:?}");
        let said = bank.say(APPID, "lifang", "还这个月的贷款").await;
        assert!(said.contains("没有扣钱。这笔贷款现在没有要还的"), "{said}");
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_paid_ahead_and_the_rest_is_worked_out_anew() {
    for bank in TestBank::each().await {
        bank.owes().await;
        let said = bank.say(APPID, "lifang", "部分提前还款").await;
        assert!(said.contains("没有扣钱") && said.contains("多少"), "{said}");
        let (words, page) = bank.pay_page("lifang", "五百").await;
        assert!(words.contains("其中本金 500.00") && words.contains("少付利息"), "{words}");
        let card = page.card(&bank).await;
        let (status, done) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        assert_eq!(bank.owed().await, 70_000);
        let plan = bank.plan().await;
        let open: Vec<i64> =
            plan.iter().filter(|i| i.paid_on.is_none()).map(|i| i.principal.fen()).collect();
        assert_eq!((open.len(), open.iter().sum::<i64>()), (12, 70_000));
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loan_is_settled_and_too_much_or_too_little_money_is_said_before_any_pin() {
    for bank in TestBank::each().await {
        bank.owes().await;
        let (words, page) = bank.pay_page("lifang", "贷款提前结清").await;
        assert!(words.contains("还完这笔贷款就结清了"), "{words}");
        let card = page.card(&bank).await;
        // Shown before midnight, paid after it: another sum by then, so nothing is taken.
        bank.clock.advance_ms(60_000);
        let (status, done) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        assert_eq!(bank.owed().await, 0);
        assert!(bank.plan().await.iter().all(|i| i.paid_on.is_some()));
        bank.quiet().await;
        let said = bank.say(APPID, "lifang", "贷款提前结清").await;
        assert!(said.contains("没有扣钱"), "{said}");
        assert_eq!(bank.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_and_a_repayment_is_never_done_twice() {
    for bank in TestBank::each().await {
        bank.owes().await;
        let before = bank.worth(CARD).await;
        let (_, page) = bank.pay_page("lifang", "还这个月的贷款").await;
        let intent = page.card(&bank).await["intent"].as_str().unwrap().to_owned();
        let order = page.order(&bank, &intent, PIN).await;
        bank.core.set_weather(LOST_ANSWERS);
        let (_, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!((&told["state"], &told["money"]), (&json!("confirming"), &json!("unknown")));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(2_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        assert_eq!((bank.owed().await, before - bank.worth(CARD).await), (110_000, 10_480));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_yesterday_takes_nothing() {
    for bank in TestBank::each().await {
        bank.owes().await;
        // 23:57 in China.
        bank.clock.advance_ms(13 * 3_600_000 + 57 * 60_000);
        let (_, page) = bank.pay_page("lifang", "贷款提前结清").await;
        let intent = page.card(&bank).await["intent"].as_str().unwrap().to_owned();
        bank.clock.advance_ms(4 * 60_000);
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!((&told["state"], &told["money"]), (&json!("failed"), &json!("untouched")));
        assert_eq!(bank.owed().await, 120_000);
        bank.stop().await;
    }
}
