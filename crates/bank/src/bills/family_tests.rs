//! A family's insurance through the front door: said in chat, one draft and one PIN for all of them, booked by the office at once.

use super::tests::{CARD, SOON_MS, START, county};
use crate::payments::state::State;
use crate::payments::tests::{LOST_ANSWERS, PIN, Page};
use crate::testing::{self, APPID, TestBank, link_in, people};
use corebank::Weather;
use corebank::sandbox::bills;
use serde_json::json;

/// 李芳's own: herself, a spouse, a child of ten, and a mother for whom the treasury pays half.
const EACH: i64 = 40_000;
const MINUTE_MS: i64 = 60_000;
const LOST_REQUESTS: Weather =
    Weather { lost_request_percent: 100, only_payments: true, ..Weather::FINE };

fn family(tail: &str) -> String {
    bills::family_number("1011", tail)
}

impl TestBank {
    /// Says whose insurance is to be paid once she is asked, and opens the page that comes.
    async fn insures(&self, order: &str, who: &str) -> (String, Page) {
        let asked = self.say(APPID, "lifang", order).await;
        assert!(asked.contains("给家里谁交"), "{asked}");
        self.pay_page("lifang", who).await
    }
    /// Says it, and that it is meant where that is asked.
    async fn order(&self, words: &str) -> String {
        let said = self.say(APPID, "lifang", words).await;
        if said.contains("您是要") { self.say(APPID, "lifang", "是的").await } else { said }
    }
    /// The same of an order that leads to a page.
    async fn opens(&self, words: &str) -> (String, Page) {
        let path = format!("chats/{APPID}/lifang/send?wait=1");
        let told = self.control(&path, json!({ "type": "text", "content": words })).await;
        match link_in(&told["items"]) {
            Some(link) => (testing::words(&told["items"]), self.open_pay("lifang", &link).await),
            None => self.pay_page("lifang", "是的").await,
        }
    }
    /// The same of another family, by its number; of one the first member.
    async fn insures_others(&self, tail: &str) -> (String, Page) {
        let asked = self.say(APPID, "lifang", "交医保").await;
        assert!(asked.contains("给家里谁交"), "{asked}");
        let asked = self.say(APPID, "lifang", &family(tail)).await;
        assert!(asked.contains("这一户有：1 "), "{asked}");
        self.pay_page("lifang", "1").await
    }
}

/// The name of a member in a list that the bank said: 2 *强（配偶）.
fn listed(words: &str, no: i64) -> String {
    let rest = words.split(&format!("{no} *")).nth(1).unwrap_or_else(|| panic!("{words}"));
    rest.split('（').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_of_a_family_are_paid_for_by_one_payment_and_each_of_them_once() {
    for bank in county().await {
        let asked = bank.say(APPID, "lifang", "交医保").await;
        assert!(asked.contains("这一户有：1 *芳（户主）、2 *"), "{asked}");
        let child = listed(&asked, 3);
        let (words, page) = bank.pay_page("lifang", "1、3").await;
        assert!(words.contains(&format!("给*芳、*{child} 2 个人交2027年居民医保")), "{words}");
        assert!(words.contains("800.00 元（捌佰元整），每人 400 元"), "{words}");
        assert!(words.contains("没算进来：2 *") && words.contains("税务局"), "{words}");
        let shown = page.get(&bank).await;
        let card = &shown["card"];
        assert_eq!(card["payee_name"], format!("*芳、*{child}"));
        assert_eq!((&card["purpose"], &card["deed"]), (&json!("2027年居民医保"), &json!("交")));
        let told = page.pays(&bank).await;
        assert_eq!((&told["state"], &told["money"]), (&json!("accepted"), &json!("moved")));
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.payments().await, [State::Succeeded]);
        assert_eq!(bank.worth(CARD).await, START - 2 * EACH);
        let last = bank.last_words().await;
        assert!(last.contains("✔ 已交2027年居民医保 800.00 元（*芳、*"), "{last}");

        let told = bank.say(APPID, "lifang", "社保缴费记录").await;
        assert!(told.contains("2027年的医保已经交了"), "{told}");
        assert!(told.contains("2027年医保 400.00 元（本行代缴）"), "{told}");
        assert!(told.contains(&format!("2027年医保·*{child} 400.00 元（您代交）")), "{told}");

        // Whoever is paid for is not paid for again, and does not stand in the way of the others.
        let asked = bank.say(APPID, "lifang", "交医保").await;
        assert!(asked.contains("*芳（户主，交过了）"), "{asked}");
        let no = bank.say(APPID, "lifang", "3").await;
        assert!(no.starts_with("没有扣钱") && no.contains("2027年的交过了"), "{no}");
        let (words, page) = bank.opens("给老公交医保").await;
        assert!(words.contains("400.00 元（肆佰元整）") && !words.contains("个人交"), "{words}");
        // With it, more than a thousand yuan leave in a day.
        page.code(&bank, &page.intent(&bank).await, people()[0].mobile).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.worth(CARD).await, START - 3 * EACH);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_meant_may_stand_in_the_sentence() {
    for bank in county().await {
        // 1,400.00 for all of them, and she has 1,280.50.
        let no = bank.order("全家的合作医疗一起交").await;
        assert!(no.starts_with("没有扣钱：可用 1,280.50 元"), "{no}");
        let (words, _) = bank.opens("给我妈交医保").await;
        assert!(words.contains("200.00 元（贰佰元整）"), "half is the treasury's: {words}");
        let (words, page) = bank.opens("给孩子交医保").await;
        assert!(words.contains("给*") && words.contains("400.00 元（肆佰元整）"), "{words}");
        page.pays(&bank).await;
        let no = bank.order("给孩子交医保").await;
        assert!(no.starts_with("没有扣钱") && no.contains("已经在办，等税务局确认"), "{no}");
        // Somebody else's year of the same sum is another payment.
        let (words, _) = bank.opens("给我自己交医保").await;
        assert!(words.contains("给*芳交2027年居民医保 400.00 元"), "{words}");
        assert!(!words.contains("刚才已经交过"), "{words}");
        let no = bank.order("给刘桂英交医保").await;
        assert!(no.contains("名单里认不出「刘桂英」") && no.contains("1 *芳"), "{no}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_family_is_paid_for_by_its_number_and_remembered() {
    for bank in county().await {
        bank.say(APPID, "lifang", "交医保").await;
        let no = bank.say(APPID, "lifang", &family("0999")).await;
        assert!(no.contains("没有查到这个缴费编号，没有扣钱"), "{no}");
        let asked = bank.say(APPID, "lifang", &family("0231")).await;
        let spouse = listed(&asked, 2);
        let (words, page) = bank.pay_page("lifang", "2").await;
        assert!(words.contains(&format!("给*{spouse}交2027年居民医保")), "{words}");
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.payments().await, [State::Succeeded]);
        // By the name, for the other insurance, without a number.
        let asked = bank.order(&format!("给王{spouse}交养老保险")).await;
        assert!(asked.contains(&format!("给*{spouse}交2026年的养老")), "{asked}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pension_is_paid_by_tier_also_for_a_year_before() {
    for bank in county().await {
        let asked = bank.say(APPID, "lifang", "交养老保险").await;
        assert!(asked.contains("，年龄不到）") && asked.contains("，不用交）"), "{asked}");
        let asked = bank.say(APPID, "lifang", "我自己").await;
        assert!(asked.contains("200（政府补 30）、300（政府补 40）"), "{asked}");
        let no = bank.say(APPID, "lifang", "450").await;
        assert!(no.contains("没有 450.00 元这一档"), "{no}");
        let (words, _) = bank.pay_page("lifang", "五百").await;
        assert!(words.contains("给*芳交2026年居民养老 500.00 元（伍佰元整）"), "{words}");
        assert!(words.contains("政府每人补 60 元"), "{words}");
        let (words, page) = bank.pay_page("lifang", "改成三百").await;
        assert!(words.contains("300.00 元（叁佰元整）"), "{words}");
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        let told = bank.say(APPID, "lifang", "社保缴费记录").await;
        assert!(told.contains("2026年养老 300.00 元（本行代缴）"), "{told}");
        let (words, _) = bank.opens("给我自己补交去年的养老两百").await;
        assert!(words.contains("给*芳交2025年居民养老 200.00 元"), "{words}");
        let no = bank.order("给我妈交养老保险").await;
        assert!(no.contains("没有扣钱") && no.contains("满60岁，不用再交"), "{no}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_office_does_with_the_money_is_told() {
    for bank in county().await {
        bank.say(APPID, "lifang", "交医保").await;
        let no = bank.say(APPID, "lifang", &family("0707")).await;
        assert!(no.contains("没有扣钱") && no.contains("连不上"), "{no}");
        bank.say(APPID, "lifang", "不交了").await;
        for (tail, after_ms) in [("0404", SOON_MS), ("0505", 31 * MINUTE_MS)] {
            let (_, page) = bank.insures_others(tail).await;
            page.pays(&bank).await;
            assert_eq!(bank.worth(CARD).await, START - EACH);
            bank.biller_answers(after_ms).await;
            assert_eq!(bank.payments().await.last(), Some(&State::Returned));
            assert_eq!(bank.worth(CARD).await, START);
            let last = bank.last_words().await;
            assert!(last.contains("没有收，钱已回到您的账户"), "{last}");
        }
        let (_, page) = bank.insures_others("0606").await;
        // What came back counts for the day all the same.
        page.code(&bank, &page.intent(&bank).await, people()[0].mobile).await;
        page.pays(&bank).await;
        bank.biller_answers(9 * MINUTE_MS).await;
        assert_eq!(bank.payments().await.last(), Some(&State::Accepted));
        bank.biller_answers(2 * MINUTE_MS).await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_falls_silent_is_asked_until_it_is_known_for_whom_was_paid() {
    for (weather, end, worth) in
        [(LOST_ANSWERS, State::Succeeded, START - 2 * EACH), (LOST_REQUESTS, State::Failed, START)]
    {
        for bank in county().await {
            let (_, page) = bank.insures("交医保", "1和3").await;
            let intent = page.intent(&bank).await;
            let order = page.order(&bank, &intent, PIN).await;
            bank.core.set_weather(weather);
            let (status, told) = page.post(&bank, "pay/do", order).await;
            assert_eq!((status, &told["money"]), (200, &json!("unknown")), "{told}");
            bank.core.set_weather(Weather::FINE);
            for _ in 0..3 {
                bank.biller_answers(SOON_MS).await;
            }
            assert_eq!(bank.payments().await, [end]);
            assert_eq!(bank.worth(CARD).await, worth);
            bank.closes().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_its_season_nothing_is_drafted() {
    for bank in county().await {
        // 2026-11-25 and seven weeks.
        bank.clock.advance_ms(49 * base::DAY_MS);
        let no = bank.say(APPID, "lifang", "交医保").await;
        assert!(no.starts_with("没有扣钱。2028年居民医保的集中缴费期是2027年9月1日"), "{no}");
        assert!(no.contains("还没开始收"), "{no}");
        assert!(bank.payments().await.is_empty());
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elder_hears_one_sentence_about_a_family() {
    for bank in county().await {
        bank.say(APPID, "lifang", "长辈版").await;
        let said = bank.order("给我自己交医保").await;
        assert!(said.contains("给*芳交2027年居民医保，一共四百块，对不对？"), "{said}");
        bank.closes().await;
    }
}
