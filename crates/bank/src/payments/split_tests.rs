//! Instalments through the front door: said in chat, proved with code and PIN, made by the sandbox core, asked for by the bills.

use super::state::State;
use super::tests::{LOST_ANSWERS, PIN, Page};
use crate::cards::tests::{CARD, give_card};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::instalments::CardPlan;
use corebank::sandbox::movement;
use corebank::{AccountRef, Bill, CoreBank, Ctx, Weather};
use serde_json::{Value, json};

fn yuan(yuan: i64) -> Fen {
    Fen::of(yuan * 100)
}

impl TestBank {
    /// 李芳's card has a bill of the 5th of December; it is the 8th.
    async fn has_bill(&self, amount: Fen) {
        give_card(self, true).await;
        self.bind(APPID, "lifang", &people()[0]).await;
        self.buys("fridge", amount).await;
        self.clock.advance_ms(15 * DAY_MS);
    }

    async fn buys(&self, id: &str, amount: Fen) {
        let buy = movement::purchase(CARD, amount, "电器城");
        self.core.inner().post(LINGXI, id, buy).await.unwrap().unwrap();
    }

    fn of_card(&self) -> (Ctx, AccountRef) {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        (ctx, AccountRef::new(CARD.to_string()))
    }

    async fn last_bill(&self) -> Bill {
        let (ctx, card) = self.of_card();
        self.core.inner().bills(&ctx, &card, 1).await.unwrap().remove(0)
    }

    async fn split_plans(&self) -> Vec<CardPlan> {
        let (ctx, card) = self.of_card();
        self.core.inner().card_plans(&ctx, &card).await.unwrap()
    }

    async fn sums_hold(&self) {
        assert_eq!(self.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
    }
}

impl Page {
    /// Code and PIN of what the page shows.
    async fn agreed(&self, bank: &TestBank) -> (u16, Value) {
        let intent = self.get(bank).await["card"]["intent"].as_str().unwrap().to_owned();
        self.code(bank, &intent, people()[0].mobile).await;
        self.pay(bank, &intent, PIN).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bill_is_split_once_as_its_card_says_and_the_next_bill_asks_for_the_first_part() {
    for bank in TestBank::each().await {
        bank.has_bill(yuan(3_000)).await;
        let said = bank.say(APPID, "lifang", "账单分期").await;
        // Each term with what it comes to in a year, before anything is chosen.
        assert!(said.contains("12月5日账单 3,000.00 元："), "{said}");
        assert!(said.contains("6期：每期 521.00 元，手续费共 126.00 元，年化约14."), "{said}");
        assert!(said.contains("24期：") && said.contains("分几期"), "{said}");
        let (words, page) = bank.pay_page("lifang", "6期").await;
        assert!(
            words.contains("把信用卡4410的12月5日账单 3,000.00 元（叁仟元整）分6期还"),
            "{words}"
        );
        assert!(
            words.contains("每期 521.00 元（其中手续费 21.00 元），手续费一共 126.00 元"),
            "{words}"
        );
        assert!(words.contains("折合年化利率约14.") && words.contains("（单利）"), "{words}");
        assert!(words.contains("第一期在1月5日的账单里"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["deed"], &card["title"]), (&json!("分"), &json!("信用卡分期")), "{card}");
        assert_eq!(
            (&card["factors"], &card["fee"]["fen"]),
            (&json!("code_and_pin"), &json!(12_600))
        );
        let told = card["purpose"].as_str().unwrap();
        assert!(told.contains("手续费共 126.00 元，年化约14."), "{told}");
        let (status, done) = page.agreed(&bank).await;
        assert_eq!((status, &done["title"]), (200, &json!("✔ 已办好分期")), "{done}");
        let intent = card["intent"].as_str().unwrap();
        let (_, again) = page.pay(&bank, intent, PIN).await;
        assert_eq!(again["serial"], done["serial"]);
        bank.quiet().await;
        let plans = bank.split_plans().await;
        assert_eq!((plans.len(), plans[0].amount, plans[0].months), (1, yuan(3_000), 6));
        assert_eq!(bank.last_bill().await.left(), Fen::ZERO);
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.starts_with("✔ 已办好分期：信用卡4410的 3,000.00 元账单分期6期"), "{last}");
        let said = bank.say(APPID, "lifang", "账单分期").await;
        assert!(said.contains("没有办，没有扣钱。这期账单没有能分期的"), "{said}");
        bank.say(APPID, "lifang", "不分了").await;

        let said = bank.say(APPID, "lifang", "我的分期").await;
        assert!(
            said.contains("账单分期 3,000.00 元分6期，还剩6期，1月5日的账单有 521.00 元"),
            "{said}"
        );
        bank.clock.advance_ms(31 * DAY_MS);
        assert_eq!(bank.last_bill().await.bill.amount, Fen::of(52_100));
        let said = bank.say(APPID, "lifang", "信用卡账单").await;
        assert!(said.contains("应还 521.00 元"), "{said}");
        assert!(said.contains("另有分期 2,605.00 元还没到期，这期不用还"), "{said}");
        bank.sums_hold().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_purchases_the_one_that_is_named_is_split() {
    for bank in TestBank::each().await {
        bank.has_bill(yuan(400)).await;
        bank.buys("phone", yuan(2_400)).await;
        bank.buys("tea", yuan(40)).await;
        bank.buys("bike", yuan(1_200)).await;
        let said = bank.say(APPID, "lifang", "消费分期").await;
        assert!(
            said.contains("能分期的消费有2笔") && said.contains("电器城的消费 2,400.00 元"),
            "{said}"
        );
        assert!(!said.contains(" 40.00 元"), "{said}");
        let said = bank.say(APPID, "lifang", "第二笔").await;
        assert!(said.contains("2,400.00 元：") && said.contains("分几期"), "{said}");
        let (words, page) = bank.pay_page("lifang", "12期").await;
        assert!(words.contains("电器城的消费 2,400.00 元"), "{words}");
        let (_, done) = page.agreed(&bank).await;
        assert_eq!(done["state"], "done", "{done}");
        bank.quiet().await;
        let plans = bank.split_plans().await;
        assert_eq!((plans.len(), plans[0].amount, plans[0].billed_on), (1, yuan(2_400), None));
        assert_eq!(
            bank.last_bill().await.left(),
            yuan(400),
            "the bill before it is not paid by it"
        );
        bank.sums_hold().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_too_much_and_what_is_late_is_said_before_any_proof() {
    for bank in TestBank::each().await {
        bank.has_bill(yuan(1_000)).await;
        bank.say(APPID, "lifang", "账单分期").await;
        let (words, page) = bank.pay_page("lifang", "三期").await;
        assert!(words.contains("分3期还"), "{words}");
        bank.say(APPID, "lifang", "改金额").await;
        let said = bank.say(APPID, "lifang", "两百").await;
        assert!(said.contains("没有办，没有扣钱。分期最少 300 元"), "{said}");
        let said = bank.say(APPID, "lifang", "两千").await;
        assert!(said.contains("没有办，没有扣钱。这期账单还剩 1,000.00 元"), "{said}");
        let (words, _) = bank.pay_page("lifang", "五百").await;
        assert!(words.contains("500.00 元（伍佰元整）分3期还"), "{words}");
        assert_eq!(page.get(&bank).await["result"]["state"], "ended");
        bank.say(APPID, "lifang", "不分了").await;
        // After its due day nothing of it is split.
        bank.clock.advance_ms(18 * DAY_MS);
        let said = bank.say(APPID, "lifang", "账单分期").await;
        assert!(said.contains("没有办，没有扣钱。这期账单没有能分期的"), "{said}");
        assert_eq!(bank.split_plans().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_and_a_bill_is_never_split_twice() {
    for bank in TestBank::each().await {
        bank.has_bill(yuan(1_000)).await;
        bank.say(APPID, "lifang", "账单分期").await;
        let (_, page) = bank.pay_page("lifang", "三期").await;
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
        assert_eq!(bank.split_plans().await.len(), 1);
        bank.sums_hold().await;
        bank.stop().await;
    }
}
