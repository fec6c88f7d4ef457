//! Exchanges of points through the front door: listed and tapped in chat, made by the sandbox core, proved on the page.

use crate::payments::tests::{LOST_ANSWERS, PIN};
use crate::testing::{APPID, LINGXI, TestBank};
use base::DAY_MS;
use corebank::rewards::{Handover, Ware};
use corebank::{CoreBank, Ctx, Weather};
use serde_json::json;

const LOST_REQUESTS: Weather =
    Weather { lost_request_percent: 100, only_payments: true, ..Weather::FINE };

impl TestBank {
    /// 李芳 has 2,340 points, and her bank has something for them.
    async fn has_wares(&self) {
        self.gives().await;
        for (code, name, points, left, handovers) in [
            ("soap", "洗衣液", 1_200, 1, vec![Handover::Branch]),
            ("towel", "毛巾", 300, 50, vec![Handover::Branch, Handover::Post]),
            ("fee", "五十元话费", 2_100, 50, vec![Handover::Mobile]),
            ("pot", "炒锅", 9_000, 50, vec![Handover::Branch]),
        ] {
            let (code, name) = (code.into(), name.into());
            let ware = Ware { code, name, points, left, handovers };
            assert!(self.core.inner().add_ware(LINGXI, ware).await.unwrap());
        }
    }
    /// The same, bound for more than a month.
    async fn has_wares_for_long(&self) {
        self.has_wares().await;
        self.clock.advance_ms(31 * DAY_MS);
    }
    async fn picks(&self, named: &str, count: &str) -> String {
        let list = self.say(APPID, "lifang", named).await;
        assert!(list.contains("用信用卡积分能换这些"), "{list}");
        let asked = self.say(APPID, "lifang", "第一个").await;
        assert!(asked.contains("要几份"), "{asked}");
        self.say(APPID, "lifang", count).await
    }
    async fn left(&self, code: &str) -> i64 {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let all = self.core.inner().rewards().unwrap().wares(&ctx).await.unwrap();
        all.iter().find(|w| w.code == code).unwrap().left
    }
    async fn sum(&self) -> i64 {
        self.points().await.iter().sum()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn points_are_exchanged_once_by_a_draft_and_a_yes() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        let list = bank.say(APPID, "lifang", "积分兑换").await;
        assert!(list.contains("① 毛巾 300 分，网点自提或邮寄到账单地址"), "{list}");
        let offered = bank.picks("积分换洗衣液", "1份").await;
        assert!(offered.contains("1,200 分换洗衣液 1 份，网点自提。换了分不退"), "{offered}");
        assert_eq!(bank.sum().await, 2_340);
        let said = bank.tap_line("lifang", "确认").await;
        assert!(
            said.starts_with("✔ 换好了：洗衣液 1 份，用了 1,200 分，还有 1,140 分。订单号 E"),
            "{said}"
        );
        assert_eq!((bank.sum().await, bank.left("soap").await), (1_140, 0));
        let orders = bank.say(APPID, "lifang", "兑换订单查询").await;
        assert!(
            orders.contains("洗衣液 1 份，1,200 分") && orders.contains("网点自提"),
            "{orders}"
        );
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_yes_hears_the_first_order_and_takes_nothing_more() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        bank.picks("积分换洗衣液", "1份").await;
        let yes = bank.line("lifang", "确认").await;
        let first = bank.tap("lifang", &yes).await;
        let second = bank.tap("lifang", &yes).await;
        assert!(
            second.contains(first.split("订单号").nth(1).unwrap().split('，').next().unwrap()),
            "{second}"
        );
        assert_eq!(bank.sum().await, 1_140);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_a_choice_it_can_be_sent_by_post() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        let offered = bank.picks("积分换毛巾", "两份").await;
        assert!(offered.contains("600 分换毛巾 2 份，网点自提"), "{offered}");
        let offered = bank.tap_line("lifang", "改成邮寄").await;
        assert!(offered.contains("600 分换毛巾 2 份，邮寄到账单地址"), "{offered}");
        let said = bank.tap_line("lifang", "不换了").await;
        assert!(said.contains("分没有动"), "{said}");
        assert_eq!((bank.sum().await, bank.left("towel").await), (2_340, 50));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_few_points_and_too_few_wares_are_told_before_anything_is_taken() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        let said = bank.picks("积分换个锅", "1份").await;
        assert!(said.contains("分没有动。差 6,660 分：要 9,000 分，您有 2,340 分"), "{said}");
        let said = bank.picks("积分换洗衣液", "两份").await;
        assert!(said.contains("分没有动。洗衣液只剩 1 份"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sold_out_or_repriced_since_takes_no_points() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        bank.picks("积分换洗衣液", "1份").await;
        bank.core.inner().price_ware(LINGXI, "soap", 1_500).await.unwrap();
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("没有换成，分没有动：要的分数和刚才说的不一样了"), "{said}");
        assert_eq!((bank.sum().await, bank.left("soap").await), (2_340, 1));
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_after_and_told_once() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        bank.picks("积分换洗衣液", "1份").await;
        bank.core.set_weather(LOST_ANSWERS);
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("正在确认，请不要重复换"), "{said}");
        let again = bank.say(APPID, "lifang", "积分换毛巾").await;
        assert!(again.contains("用信用卡积分能换这些") || again.contains("银行"), "{again}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(15_000);
        bank.quiet().await;
        let last = bank.chat(APPID, "lifang").await.last().cloned().unwrap();
        assert!(last.starts_with("✔ 换好了：洗衣液 1 份"), "{last}");
        assert_eq!((bank.sum().await, bank.left("soap").await), (1_140, 0));
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_came_is_fenced_and_takes_nothing() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        bank.picks("积分换洗衣液", "1份").await;
        bank.core.set_weather(LOST_REQUESTS);
        let said = bank.tap_line("lifang", "确认").await;
        assert!(said.contains("正在确认"), "{said}");
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(15_000);
        bank.quiet().await;
        let last = bank.chat(APPID, "lifang").await.last().cloned().unwrap();
        assert!(last.contains("没有换成，分没有动：银行系统没有接到"), "{last}");
        assert_eq!((bank.sum().await, bank.left("soap").await), (2_340, 1));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_points_and_a_young_binding_want_the_pin_on_a_page() {
    for bank in TestBank::each().await {
        bank.has_wares().await;
        // Bound for a moment: even a towel.
        let said = bank.picks("积分换毛巾", "1份").await;
        assert!(said.contains("这一笔要输密码"), "{said}");
        bank.clock.advance_ms(31 * DAY_MS);
        bank.say(APPID, "lifang", "积分换话费五十块").await;
        bank.say(APPID, "lifang", "第一个").await;
        let (browser, slug, shown) = bank.setting_page("lifang", "1份").await;
        assert_eq!(shown["what"], "exchange", "{shown}");
        let (_, session) = browser.api(&bank, &slug, "session").await;
        let exchange = session["task"]["with"]["exchange"].clone();
        let ask = json!({ "wish": { "set": "exchange", "exchange": exchange } });
        let (status, look) = browser.post(&bank, &slug, "setting/look", ask.clone()).await;
        assert_eq!((status, &look["needs"]), (200, &json!("pin")), "{look}");
        assert_eq!(look["changes"][0]["title"], "换五十元话费 1 份，充到预留手机号", "{look}");
        let (_, told) = browser.post(&bank, &slug, "setting/do", json!({ "ask": ask })).await;
        assert_eq!(told["code"], "setting.pin", "{told}");
        assert_eq!(bank.sum().await, 2_340, "nothing is taken before the PIN");
        let (status, told) = bank.with_pin(&browser, &slug, &ask, PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert!(told["words"].as_str().unwrap().starts_with("✔ 换好了"), "{told}");
        assert_eq!(bank.sum().await, 240);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_is_good_for_a_quarter_of_an_hour() {
    for bank in TestBank::each().await {
        bank.has_wares_for_long().await;
        bank.picks("积分换洗衣液", "1份").await;
        let yes = bank.line("lifang", "确认").await;
        bank.clock.advance_ms(16 * 60_000);
        let said = bank.tap("lifang", &yes).await;
        assert!(said.contains("分没有动") || said.contains("过期"), "{said}");
        assert_eq!(bank.sum().await, 2_340);
        bank.stop().await;
    }
}
