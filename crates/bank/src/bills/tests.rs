//! Bills through the front door (journey 5): said in chat, confirmed on the page, paid by the sandbox core to its billers.

use crate::payments::state::State;
use crate::payments::tests::{LOST_ANSWERS, PIN, Page};
use crate::testing::{APPID, LINGXI, OUTAGE, TestBank, people};
use corebank::Weather;
use corebank::bills::BillKind;
use corebank::sandbox::{County, bills as billers};
use db::{Scope, params};
use serde_json::{Value, json};

/// 李芳's card, and what she has.
pub(super) const CARD: i64 = 101_100_000_101;
pub(super) const START: i64 = 128_050;
/// Longer than a biller usually takes.
pub(super) const SOON_MS: i64 = 12_000;
const MINUTE_MS: i64 = 60_000;
const LOST_REQUESTS: Weather =
    Weather { lost_request_percent: 100, only_payments: true, ..Weather::FINE };

pub(super) fn number(biller: &str, tail: &str) -> String {
    billers::number(biller, "1011", tail).unwrap()
}
pub(super) fn electric(tail: &str) -> String {
    number("electric", tail)
}

/// The county has billers for everything but heating, and 李芳 is bound since two days.
pub(super) async fn county() -> Vec<TestBank> {
    settled(TestBank::each().await).await
}

pub(super) async fn settled(all: Vec<TestBank>) -> Vec<TestBank> {
    for bank in &all {
        let county = County {
            legal_no: "1011".into(),
            name: "陵溪县".into(),
            town: "城关镇".into(),
            seed: 7,
            without: vec![BillKind::Heating],
        };
        bank.core.inner().add_billers(LINGXI, county).await.unwrap();
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.clock.advance_ms(2 * base::DAY_MS);
    }
    all
}

impl TestBank {
    /// Says it is for a household with this number, and opens the page that comes.
    pub(super) async fn bill(&self, order: &str, number: &str) -> (String, Page) {
        let asked = self.say(APPID, "lifang", order).await;
        assert!(asked.contains("多少"), "{asked}");
        self.pay_page("lifang", number).await
    }
    pub(super) async fn biller_answers(&self, after_ms: i64) {
        self.clock.advance_ms(after_ms);
        self.quiet().await;
    }
    pub(super) async fn last_words(&self) -> String {
        self.chat(APPID, "lifang").await.last().cloned().unwrap()
    }
    async fn demand(&self) -> i64 {
        let unit = |tx: &db::Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM bill_demand WHERE tenant_id = $1 AND kind = 'heating'",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap().0
    }
    pub(super) async fn closes(self) {
        assert_eq!(self.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
        self.stop().await;
    }
}

impl Page {
    pub(super) async fn intent(&self, bank: &TestBank) -> String {
        self.get(bank).await["card"]["intent"].as_str().unwrap().to_owned()
    }
    pub(super) async fn pays(&self, bank: &TestBank) -> Value {
        let intent = self.intent(bank).await;
        let (status, told) = self.pay(bank, &intent, PIN).await;
        assert_eq!(status, 200, "{told}");
        // What is told of it in the chat is there before the next sentence is.
        bank.quiet().await;
        told
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_electricity_bill_goes_from_a_sentence_to_the_biller_once() {
    for bank in county().await {
        let asked = bank.say(APPID, "lifang", "交电费").await;
        assert!(asked.contains("户号是多少"), "{asked}");
        let (words, page) = bank.pay_page("lifang", &electric("0231")).await;
        assert!(words.contains("交电费 86.00 元（捌拾陆元整）"), "{words}");
        assert!(words.contains("户号尾号0231") && words.contains("陵溪县供电公司"), "{words}");
        let shown = page.get(&bank).await;
        let card = &shown["card"];
        assert_eq!((&card["title"], &card["deed"]), (&json!("缴费"), &json!("交")), "{shown}");
        assert_eq!(card["payee_bank"], "陵溪县供电公司");
        assert_eq!((&card["payee_tail"], &card["purpose"]), (&json!("0231"), &json!("电费")));
        assert!(card["payee_name"].as_str().unwrap().contains(" *"), "the owner, masked: {card}");
        assert_eq!(card["amount_words"], "捌拾陆元整");
        assert!(card["arrival"].as_str().unwrap().contains("给您结果；不成功自动退回"), "{card}");

        let told = page.pays(&bank).await;
        assert_eq!((&told["state"], &told["money"]), (&json!("accepted"), &json!("moved")));
        assert_eq!(told["title"], "✔ 已扣钱，等收费单位确认");
        assert!(
            told["words"].as_str().unwrap().contains("正在等陵溪县供电公司确认，最晚"),
            "{told}"
        );
        assert_eq!(bank.worth(CARD).await, START - 8_600);
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.payments().await, [State::Succeeded]);
        let last = bank.last_words().await;
        assert!(
            last.contains("✔ 已交电费 86.00 元") && last.contains("余额 1,194.50 元"),
            "{last}"
        );
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_first_bill_of_a_household_it_is_offered_once_that_it_pays_by_itself() {
    for bank in county().await {
        let (_, page) = bank.bill("给老屋交电费", &electric("0231")).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        let last = bank.last_words().await;
        assert!(last.contains("以后自动扣") && last.contains("每月提醒我"), "{last}");
        bank.clock.advance_ms(base::DAY_MS);
        bank.say(APPID, "lifang", "交电费").await;
        let (_, page) = bank.pay_page("lifang", "两百").await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        let last = bank.last_words().await;
        assert!(!last.contains("以后自动扣"), "{last}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_time_nothing_is_asked_and_what_is_owed_no_more_can_be_paid_in() {
    for bank in county().await {
        let (_, page) = bank.bill("给老屋交电费", &electric("0231")).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;

        let said = bank.say(APPID, "lifang", "交电费").await;
        assert!(said.contains("老屋") && said.contains("刚交过 86.00 元"), "{said}");
        assert!(said.contains("不欠电费，要预存吗？") && said.contains("存多少钱？"), "{said}");
        let (words, page) = bank.pay_page("lifang", "两百").await;
        assert!(words.contains("给老屋（户号尾号0231") && words.contains("200.00 元"), "{words}");
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.worth(CARD).await, START - 28_600);

        // By its name, with the sum in the sentence; and the card leads to another household.
        let (words, _) = bank.pay_page("lifang", "给老屋交电费三百").await;
        assert!(words.contains("给老屋（户号尾号0231") && words.contains("300.00 元"), "{words}");
        let other = bank.say(APPID, "lifang", "换一户").await;
        assert!(other.contains("户号是多少") && other.contains("老屋（尾号0231）"), "{other}");
        let (words, _) = bank.pay_page("lifang", &electric("0362")).await;
        assert!(words.contains("尾号0362") && !words.contains("老屋"), "{words}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_may_be_paid_in_than_is_owed_and_never_less() {
    for bank in county().await {
        let (words, _) = bank.bill("交电费", &electric("0231")).await;
        assert!(words.contains("86.00 元") && words.contains("多存点"), "{words}");
        let asked = bank.say(APPID, "lifang", "多存点").await;
        assert!(asked.contains("存多少钱"), "{asked}");
        let (words, page) = bank.pay_page("lifang", "两百").await;
        assert!(words.contains("欠 86.00 元，多的预存"), "{words}");
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        let said = bank.say(APPID, "lifang", "给新房交电费50").await;
        assert!(said.contains("户号是多少"), "the known one is not 新房: {said}");
        let said = bank.say(APPID, "lifang", &electric("0362")).await;
        assert!(said.contains("没有扣钱") && said.contains("最少交这么多"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_numbers_are_told_before_anything_is_drafted() {
    for bank in county().await {
        bank.say(APPID, "lifang", "交电费").await;
        let said = bank.say(APPID, "lifang", "不交了").await;
        assert!(said.starts_with("好，不办了，没有扣钱"), "{said}");
        bank.say(APPID, "lifang", "交电费").await;
        let said = bank.say(APPID, "lifang", "12345").await;
        assert!(said.contains("户号是多少"), "too short: {said}");
        let said = bank.say(APPID, "lifang", &electric("0999")).await;
        assert!(
            said.contains("没有查到这个户号，没有扣钱") && said.contains("户号是多少"),
            "{said}"
        );
        assert!(bank.payments().await.is_empty());
        let (words, _) = bank.pay_page("lifang", &electric("0231")).await;
        assert!(words.contains("86.00 元"), "{words}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_biller_that_is_offline_takes_nothing() {
    for bank in county().await {
        bank.say(APPID, "lifang", "交电费").await;
        let said = bank.say(APPID, "lifang", &electric("0707")).await;
        assert!(said.starts_with("没有扣钱") && said.contains("连不上"), "{said}");
        bank.core.set_weather(OUTAGE);
        let said = bank.say(APPID, "lifang", &electric("0231")).await;
        assert!(said.contains("没有扣钱") && said.contains("没有回话"), "{said}");
        bank.core.set_weather(Weather::FINE);
        assert!(bank.payments().await.is_empty());
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_biller_refuses_after_the_debit_comes_back_and_is_owed_again() {
    for bank in county().await {
        let (_, page) = bank.bill("交电费", &electric("0404")).await;
        let told = page.pays(&bank).await;
        assert_eq!(told["state"], "accepted", "{told}");
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.payments().await, [State::Returned]);
        assert_eq!(bank.worth(CARD).await, START);
        let last = bank.last_words().await;
        assert!(last.contains("没有收，钱已回到您的账户"), "{last}");
        // Not remembered: it is asked for again, and owed as before.
        let (words, _) = bank.bill("交电费", &electric("0404")).await;
        assert!(words.contains("欠费全部交清"), "{words}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_biller_is_waited_for_then_the_money_comes_back() {
    for bank in county().await {
        let (_, page) = bank.bill("交电费", &electric("0505")).await;
        page.pays(&bank).await;
        bank.quiet().await;
        let last = bank.last_words().await;
        assert!(
            last.contains("✔ 已扣钱：电费") && last.contains("正在等陵溪县供电公司确认"),
            "{last}"
        );
        assert!(last.contains("最晚") && last.contains("不成功自动退回"), "{last}");
        bank.biller_answers(10 * MINUTE_MS).await;
        assert_eq!(bank.payments().await, [State::Accepted]);
        // Nobody pays it a second time meanwhile.
        bank.say(APPID, "lifang", "交电费").await;
        let said = bank.say(APPID, "lifang", &electric("0505")).await;
        assert!(said.contains("请不要重复交") && said.contains("正在等"), "{said}");
        for _ in 0..3 {
            bank.biller_answers(10 * MINUTE_MS).await;
        }
        assert_eq!(bank.payments().await, [State::Returned]);
        assert_eq!(bank.worth(CARD).await, START);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_biller_that_confirms_late_has_been_paid() {
    for bank in county().await {
        let (_, page) = bank.bill("交电费", &electric("0606")).await;
        page.pays(&bank).await;
        bank.biller_answers(9 * MINUTE_MS).await;
        assert_eq!(bank.payments().await, [State::Accepted]);
        for _ in 0..3 {
            bank.biller_answers(5 * MINUTE_MS).await;
        }
        assert_eq!(bank.payments().await, [State::Succeeded]);
        let last = bank.last_words().await;
        assert!(last.contains("✔ 已交电费"), "{last}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn taps_and_drafts_of_one_bill_pay_it_once() {
    for bank in county().await {
        let (_, page) = bank.bill("交电费", &electric("0231")).await;
        let intent = page.intent(&bank).await;
        let order = page.order(&bank, &intent, PIN).await;
        let taps = (0..8).map(|_| page.post(&bank, "pay/do", order.clone()));
        let answers = futures_util::future::join_all(taps).await;
        let done: Vec<_> = answers.iter().filter(|(s, _)| *s == 200).collect();
        assert!(!done.is_empty(), "{answers:?}");
        assert!(done.iter().all(|(_, a)| a["serial"] == done[0].1["serial"]), "{answers:?}");
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.worth(CARD).await, START - 8_600);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_sum_minutes_later_must_be_wished_for() {
    for bank in county().await {
        for round in 0..2 {
            let (words, page) = if round == 0 {
                bank.bill("交电费200", &electric("0118")).await
            } else {
                bank.pay_page("lifang", "交电费200").await
            };
            assert_eq!(words.contains("刚才已经交过同样的一笔"), round == 1, "{words}");
            if round == 1 {
                let intent = page.intent(&bank).await;
                let mut order = page.order(&bank, &intent, PIN).await;
                order["sure"] = json!(false);
                let (status, no) = page.post(&bank, "pay/do", order).await;
                assert_eq!((status, &no["code"]), (409, &json!("pay.again")), "{no}");
                assert!(no.to_string().contains("确实要再交"), "{no}");
            }
            page.pays(&bank).await;
            bank.biller_answers(SOON_MS).await;
        }
        assert_eq!(bank.worth(CARD).await, START - 40_000);
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_money_and_a_wrong_pin_are_said_as_they_are() {
    for bank in county().await {
        bank.say(APPID, "lifang", "交电费两千").await;
        let said = bank.say(APPID, "lifang", &electric("0231")).await;
        assert!(said.contains("没有扣钱") && said.contains("不够交这一笔"), "{said}");
        let (_, page) = bank.pay_page("lifang", "改成一百").await;
        let intent = page.intent(&bank).await;
        let (status, no) = page.pay(&bank, &intent, "111222").await;
        assert_eq!((status, &no["code"]), (400, &json!("pin.wrong")), "{no}");
        assert_eq!(bank.worth(CARD).await, START);
        let told = page.pays(&bank).await;
        assert_eq!(told["state"], "accepted", "{told}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_falls_silent_is_asked_until_it_is_known() {
    for (weather, end, worth) in
        [(LOST_ANSWERS, State::Succeeded, START - 8_600), (LOST_REQUESTS, State::Failed, START)]
    {
        for bank in county().await {
            let (_, page) = bank.bill("交电费", &electric("0231")).await;
            let intent = page.intent(&bank).await;
            let order = page.order(&bank, &intent, PIN).await;
            bank.core.set_weather(weather);
            let (status, told) = page.post(&bank, "pay/do", order).await;
            assert_eq!((status, &told["money"]), (200, &json!("unknown")), "{told}");
            assert!(told["title"].as_str().unwrap().contains("请不要重复交"), "{told}");
            bank.core.set_weather(Weather::FINE);
            for _ in 0..3 {
                bank.biller_answers(SOON_MS).await;
            }
            assert_eq!(bank.payments().await.last(), Some(&end));
            assert_eq!(bank.worth(CARD).await, worth);
            bank.closes().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_county_without_the_biller_says_so_and_counts_who_asked() {
    for bank in county().await {
        for _ in 0..2 {
            let said = bank.say(APPID, "lifang", "交取暖费").await;
            assert!(said.contains("本县还不能在微信交取暖费，您的需求记下了"), "{said}");
            bank.say(APPID, "lifang", "不交了").await;
        }
        assert_eq!(bank.demand().await, 1);
        assert!(bank.payments().await.is_empty());
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_no_more_than_is_owed_is_paid_whole_or_not() {
    for bank in county().await {
        bank.say(APPID, "lifang", "交物业费").await;
        let said = bank.say(APPID, "lifang", &number("property", "0118")).await;
        assert!(said.contains("不欠物业费，不用交") && said.starts_with("没有扣钱"), "{said}");
        let said = bank.say(APPID, "lifang", &number("property", "0231")).await;
        assert!(said.contains("900.00 元（玖佰元整）"), "{said}");
        let said = bank.say(APPID, "lifang", "改成一百").await;
        assert!(said.contains("没有扣钱") && said.contains("要一次交清"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_elder_hears_one_sentence() {
    for bank in county().await {
        let (_, page) = bank.bill("给老屋交电费", &electric("0231")).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        bank.say(APPID, "lifang", "长辈版").await;
        let said = bank.say(APPID, "lifang", "给老屋交电费一百").await;
        assert!(said.contains("给老屋交电费一百块，对不对？"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telephone_is_topped_up_by_any_number_and_ones_own() {
    for bank in county().await {
        let (words, page) = bank.pay_page("lifang", "给19900001111充50话费").await;
        assert!(words.contains("交话费 50.00 元") && words.contains("尾号1111"), "{words}");
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        assert_eq!(bank.payments().await, [State::Succeeded]);
        let said = bank.say(APPID, "lifang", "给我妈充30话费").await;
        assert!(said.contains("哪个手机号"), "{said}");
        let (words, _) = bank.pay_page("lifang", "我自己的号").await;
        let tail = &people()[0].mobile[7..];
        assert!(words.contains(&format!("尾号{tail}")), "{words}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_is_listed_and_a_mistake_is_told_from_it() {
    for bank in county().await {
        let said = bank.say(APPID, "lifang", "缴错费了").await;
        assert!(said.contains("最近一个月没有查到"), "{said}");
        let said = bank.say(APPID, "lifang", "缴费记录").await;
        assert!(said.contains("没有查到"), "{said}");
        let (_, page) = bank.bill("给老屋交电费", &electric("0231")).await;
        page.pays(&bank).await;
        bank.biller_answers(SOON_MS).await;
        let (_, page) = bank.bill("交水费", &number("water", "0231")).await;
        page.pays(&bank).await;
        bank.quiet().await;
        // Of the two it is asked which.
        let said = bank.say(APPID, "lifang", "缴错费了").await;
        let (water, power) = (said.find("水费 36.50").unwrap(), said.find("电费 86.00").unwrap());
        assert!(said.contains("哪一笔") && water < power, "{said}");
        let said = bank.say(APPID, "lifang", "第一笔").await;
        assert!(
            said.starts_with("已扣钱：这一笔") && said.contains("陵溪县自来水公司确认"),
            "{said}"
        );
        bank.say(APPID, "lifang", "交错户了").await;
        let said = bank.say(APPID, "lifang", "第二笔").await;
        assert!(said.starts_with("已交：这一笔") && said.contains("老屋"), "{said}");
        bank.biller_answers(SOON_MS).await;
        let said = bank.say(APPID, "lifang", "缴费历史").await;
        assert!(said.contains("共 2 笔，交成 122.50 元"), "{said}");
        assert!(said.contains("老屋 电费 86.00 元：✔ 已交"), "{said}");
        let said = bank.say(APPID, "lifang", "水费缴费记录").await;
        assert!(said.contains("共 1 笔") && !said.contains("电费"), "{said}");
        // A bill that was named is not asked after.
        let said = bank.say(APPID, "lifang", "电费交了两遍").await;
        assert!(said.contains("最近一笔是给老屋交电费") && said.contains("没有重复扣钱"), "{said}");
        bank.closes().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_biller_answers_after_the_turn() {
    for bank in county().await {
        bank.say(APPID, "lifang", "交电费").await;
        let at_once = bank.say(APPID, "lifang", &electric("0808")).await;
        assert!(!at_once.contains("交给陵溪县供电公司"), "{at_once}");
        let mut last = String::new();
        for _ in 0..100 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            bank.settle().await;
            last = bank.last_words().await;
            if last.contains("交给陵溪县供电公司") {
                break;
            }
        }
        assert!(last.contains("交给陵溪县供电公司"), "{last}");
        bank.closes().await;
    }
}
