//! Time deposits through the front door: said in chat, confirmed on the page, opened and taken out by the sandbox core.

use super::state::State;
use super::tests::{LOST_ANSWERS, PIN, Page};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::{DAY_MS, Fen};
use corebank::deposits::{Renewal, TermDeposit};
use corebank::sandbox::movement;
use corebank::{CoreBank, Ctx, CustNo, DayState, Weather};
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;

impl TestBank {
    /// 李芳 is bound since two days and has 30,000 yuan more.
    async fn has_savings(&self) {
        self.bind(APPID, "lifang", &people()[0]).await;
        self.clock.advance_ms(2 * DAY_MS);
        let cash = movement::cash_in(CARD, Fen::of(3_000_000));
        self.core.inner().post(LINGXI, "savings", cash).await.unwrap().unwrap();
    }

    async fn time_deposits(&self) -> Vec<TermDeposit> {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        self.core.inner().term_deposits(&ctx, &CustNo::new("1011000001")).await.unwrap()
    }

    /// The card of a deposit for a year, and its page.
    async fn wants_deposit(&self, amount: &str) -> (String, Page) {
        let said = self.say(APPID, "lifang", "存定期").await;
        assert!(said.contains("存多少钱"), "{said}");
        let said = self.say(APPID, "lifang", amount).await;
        assert!(said.contains("存多久"), "{said}");
        self.pay_page("lifang", "一年").await
    }

    async fn saves(&self, amount: &str) {
        let (_, page) = self.wants_deposit(amount).await;
        let (status, done) = page.confirmed(self).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        self.quiet().await;
    }

    async fn holds(&self) {
        assert_eq!(self.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
    }
}

impl Page {
    /// Pays what the page shows.
    async fn confirmed(&self, bank: &TestBank) -> (u16, Value) {
        let page = self.get(bank).await;
        self.pay(bank, page["card"]["intent"].as_str().unwrap(), PIN).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_is_opened_once_as_its_card_says() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        let before = bank.worth(CARD).await;
        let (words, page) = bank.wants_deposit("一万").await;
        assert!(words.contains("存定期1年 10,000.00 元（壹万元整），从借记卡"), "{words}");
        assert!(words.contains("今天起息。年利率1.20%，2027年11月"), "{words}");
        assert!(words.contains("到期，利息 120.00 元，到期转活期。"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["deed"], &card["title"]), (&json!("存"), &json!("存定期")), "{card}");
        assert_eq!((&card["is_own"], &card["factors"]), (&json!(true), &json!("pin")), "{card}");
        let intent = card["intent"].as_str().unwrap().to_owned();
        let (status, done) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &done["title"]), (200, &json!("✔ 已存好")), "{done}");
        let all = bank.time_deposits().await;
        let told = done["words"].as_str().unwrap();
        assert!(told.contains(&format!("新定期尾号{}", all[0].tail)), "{told}");
        let (_, again) = page.pay(&bank, &intent, PIN).await;
        assert_eq!(again["serial"], done["serial"]);
        bank.quiet().await;
        let all = bank.time_deposits().await;
        assert_eq!((all.len(), all[0].principal, all[0].months), (1, Fen::of(1_000_000), Some(12)));
        assert_eq!((all[0].interest, all[0].renewal), (Fen::of(12_000), Renewal::Off));
        assert_eq!(before - bank.worth(CARD).await, 1_000_000);
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.starts_with("✔ 已存定期1年 10,000.00 元"), "{chat:?}");
        assert!(last.contains("新定期尾号") && last.contains("我的定期"), "{chat:?}");
        bank.holds().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_too_much_and_a_term_there_is_none_of_are_said_before_any_pin() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        bank.say(APPID, "lifang", "存定期").await;
        bank.say(APPID, "lifang", "二十").await;
        let said = bank.say(APPID, "lifang", "一年").await;
        assert!(said.contains("没有扣钱。定期最少存 50.00 元。"), "{said}");
        assert!(said.contains("存多少钱"), "{said}");
        let said = bank.say(APPID, "lifang", "五十万").await;
        assert!(said.contains("没有扣钱：可用 31,280.50 元，不够存这一笔"), "{said}");
        bank.say(APPID, "lifang", "不存了").await;
        bank.say(APPID, "lifang", "存定期").await;
        bank.say(APPID, "lifang", "一百").await;
        let said = bank.say(APPID, "lifang", "四年").await;
        assert!(said.contains("没有扣钱。定期有三个月、半年"), "{said}");
        let (words, _) = bank.pay_page("lifang", "半年").await;
        assert!(words.contains("存定期6个月 100.00 元"), "{words}");
        assert_eq!(bank.time_deposits().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_that_changes_before_the_pin_opens_nothing() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        let before = bank.worth(CARD).await;
        let (_, page) = bank.wants_deposit("一千").await;
        bank.core.inner().set_deposit_rate(LINGXI, 12, 115).await.unwrap();
        let (status, told) = page.confirmed(&bank).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!((&told["state"], &told["money"]), (&json!("failed"), &json!("untouched")));
        assert_eq!(told["title"], "✖ 没有存成，没有扣钱");
        assert!(told["words"].as_str().unwrap().contains("利率"), "{told}");
        assert_eq!((bank.time_deposits().await, bank.worth(CARD).await), (vec![], before));
        bank.quiet().await;
        let (words, page) = bank.wants_deposit("一千").await;
        assert!(words.contains("年利率1.15%"), "{words}");
        let (_, done) = page.confirmed(&bank).await;
        assert_eq!(done["state"], "done", "{done}");
        bank.holds().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_and_a_deposit_is_never_opened_twice() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        let before = bank.worth(CARD).await;
        let (_, page) = bank.wants_deposit("一千").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        let order = page.order(&bank, &intent, PIN).await;
        bank.core.set_weather(LOST_ANSWERS);
        let (_, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!((&told["state"], &told["money"]), (&json!("confirming"), &json!("unknown")));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(2_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        let all = bank.time_deposits().await;
        assert_eq!((all.len(), before - bank.worth(CARD).await), (1, 100_000));
        bank.holds().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_day_is_closed_nothing_is_quoted_and_nothing_opened() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        bank.say(APPID, "lifang", "存定期").await;
        bank.say(APPID, "lifang", "一千").await;
        assert!(bank.core.inner().set_day(LINGXI, DayState::Closed, None).await.unwrap());
        let said = bank.say(APPID, "lifang", "一年").await;
        assert!(said.contains("没有扣钱") && said.contains("结账"), "{said}");
        assert!(bank.core.inner().set_day(LINGXI, DayState::Open, None).await.unwrap());
        assert_eq!(bank.time_deposits().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_taken_early_the_rest_runs_on_and_then_all_of_it_is_taken() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        bank.saves("两万").await;
        bank.clock.advance_ms(3 * DAY_MS);
        let before = bank.worth(CARD).await;
        // 10,000.00 for three days at 0.05 %: 4 fen.
        let (words, page) = bank.pay_page("lifang", "提前支取一万").await;
        assert!(words.contains("取到自己的借记卡") && words.contains("从定期"), "{words}");
        assert!(words.contains("没到期按活期0.05%算，利息 0.04 元"), "{words}");
        assert!(words.contains("剩下 10,000.00 元，利率和到期日不变。"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["deed"], &card["title"]), (&json!("取"), &json!("取定期")), "{card}");
        assert_eq!(card["available"]["fen"], 2_000_000);
        let (status, done) = page.confirmed(&bank).await;
        assert_eq!((status, &done["title"]), (200, &json!("✔ 已取出")), "{done}");
        bank.quiet().await;
        assert_eq!(bank.worth(CARD).await - before, 1_000_004);
        let all = bank.time_deposits().await;
        assert_eq!((all.len(), all[0].principal), (1, Fen::of(1_000_000)));
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("定期里还有 10,000.00 元"), "{chat:?}");

        let (words, page) = bank.pay_page("lifang", "提前取定期").await;
        assert!(words.contains("全部取出。"), "{words}");
        let (_, done) = page.confirmed(&bank).await;
        assert_eq!(done["state"], "done", "{done}");
        bank.quiet().await;
        assert_eq!(bank.worth(CARD).await - before, 2_000_008);
        assert_eq!(bank.time_deposits().await, vec![]);
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().contains("这笔定期取完了"), "{chat:?}");
        bank.holds().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_deposits_the_one_that_is_named_is_taken_and_no_more_than_is_in_it() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        let said = bank.say(APPID, "lifang", "提前取定期").await;
        assert!(said.contains("没有扣钱。您名下没有"), "{said}");
        bank.say(APPID, "lifang", "不取了").await;
        bank.saves("一千").await;
        bank.saves("两千").await;
        let said = bank.say(APPID, "lifang", "提前取定期").await;
        assert!(said.contains("您有2笔定期") && said.contains("取哪一笔"), "{said}");
        let second = bank.time_deposits().await[1].clone();
        let (words, page) = bank.pay_page("lifang", "第二笔").await;
        assert!(words.contains(&format!("从定期{}出", second.tail)), "{words}");
        let said = bank.say(APPID, "lifang", "改金额").await;
        assert!(said.contains("取多少"), "{said}");
        let said = bank.say(APPID, "lifang", "五千").await;
        let most = format!("没有扣钱。这笔定期有 {} 元", second.principal);
        assert!(said.contains(&most) && said.contains("取多少"), "{said}");
        let (words, _) = bank.pay_page("lifang", "五百").await;
        assert!(words.contains(" 500.00 元"), "{words}");
        // The first card has given way to the later one.
        let shown = page.get(&bank).await;
        assert_eq!(shown["result"]["state"], "ended", "{shown}");
        assert_eq!(bank.time_deposits().await.len(), 2);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sum_of_yesterday_takes_nothing_out() {
    for bank in TestBank::each().await {
        bank.has_savings().await;
        bank.saves("两万").await;
        // 23:57 in China, three days on.
        bank.clock.advance_ms(3 * DAY_MS + 13 * 3_600_000 + 56 * 60_000);
        let (_, page) = bank.pay_page("lifang", "提前取定期").await;
        bank.clock.advance_ms(4 * 60_000);
        let (status, told) = page.confirmed(&bank).await;
        assert_eq!(status, 200, "{told}");
        assert_eq!((&told["state"], &told["money"]), (&json!("failed"), &json!("untouched")));
        assert_eq!(bank.time_deposits().await[0].principal, Fen::of(2_000_000));
        bank.holds().await;
        bank.stop().await;
    }
}
