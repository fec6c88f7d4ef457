//! What is built on a gift: the PIN above a day's sum, certificates that anyone may check, the wall of lamps, money each month.

use super::tests::{FUND, LAMPS, projects};
use crate::payments::tests::PIN;
use crate::testing::{APPID, Browser, LINGXI, TestBank};
use base::DAY_MS;
use corebank::Weather;
use serde_json::json;

const CARD: i64 = 101_100_000_101;

impl TestBank {
    /// A page that anyone may read.
    async fn read(&self, path: &str) -> (u16, String) {
        let url = format!("{}{path}", self.app.config.server.public_url);
        let answer = Browser::default().get(self, &url).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
    async fn ledger(&self) -> String {
        let (status, page) = self.read(&format!("/gy/{}/1/blue-lamp", LINGXI.raw())).await;
        assert_eq!(status, 200, "{page}");
        page
    }
    /// What comes by itself, after a while.
    async fn is_told(&self, uid: &str, says: &str) {
        for _ in 0..200 {
            self.settle().await;
            if self.chat(APPID, uid).await.concat().contains(says) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("never said: {says}, but {:?}", self.chat(APPID, uid).await);
    }
}

/// The offer comes by itself, later: what is to be tapped under it comes along, and is good.
#[tokio::test(flavor = "multi_thread")]
async fn with_a_slow_core_the_offer_comes_late_with_its_lines_and_is_taken_by_one() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.core.set_weather(Weather { delay_ms: 1_500, ..Weather::FINE });
        let at_once = bank.say(APPID, "lifang", "捐500积分").await;
        assert!(!at_once.contains("500 分"), "{at_once}");
        bank.is_told("lifang", "把 500 分捐给").await;
        let offer = bank.chat(APPID, "lifang").await.pop().unwrap();
        assert!(!offer.contains("查到了"), "it is offered, not looked up: {offer}");
        let line = bank.line("lifang", "确认").await;
        bank.tap("lifang", &line).await;
        bank.is_told("lifang", "✔ 谢谢您，捐出 500 分").await;
        assert_eq!(bank.lamps().await, LAMPS + 1);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn above_a_days_sum_points_are_given_with_the_pin_on_a_page_and_once() {
    for bank in TestBank::each().await {
        bank.gives().await;
        let (browser, slug, shown) = bank.setting_page("lifang", "全部积分捐了").await;
        assert_eq!(shown["what"], "gift", "{shown}");
        let (_, session) = browser.api(&bank, &slug, "session").await;
        let gift = session["task"]["with"]["gift"].clone();
        let ask = json!({ "wish": { "set": "gift", "gift": gift } });
        let (status, look) = browser.post(&bank, &slug, "setting/look", ask.clone()).await;
        assert_eq!((status, &look["needs"]), (200, &json!("pin")), "{look}");
        assert_eq!(look["changes"][0]["new"], "捐 2,340 分，捐了不能退", "{look}");
        let (_, told) = browser.post(&bank, &slug, "setting/do", json!({ "ask": ask })).await;
        assert_eq!(told["code"], "setting.pin", "{told}");
        assert_eq!(bank.points().await, [300, 2_040], "nothing is given before the PIN");
        let (status, told) = bank.with_pin(&browser, &slug, &ask, PIN).await;
        assert_eq!((status, &told["done"]), (200, &json!(true)), "{told}");
        assert!(told["words"].as_str().unwrap().contains("第 18,342 盏灯"), "{told}");
        assert_eq!(bank.points().await, Vec::<i64>::new());
        assert_eq!(bank.lamps().await, LAMPS + 1);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_checked_by_anyone_and_a_wrong_code_is_none() {
    for bank in TestBank::each().await {
        bank.gives().await;
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.tap_line("lifang", "确认").await;
        let shown = bank.certificates("lifang").await;
        let one = &shown["items"][0];
        let (url, qr) = (one["check_url"].as_str().unwrap(), one["qr"].as_array().unwrap());
        assert!(qr.len() >= 21 && qr[0].as_str().unwrap().starts_with("fe"), "{qr:?}");
        let path = url.strip_prefix(&bank.app.config.server.public_url).unwrap().to_owned();
        let (status, page) = bank.read(&path).await;
        assert_eq!(status, 200, "{page}");
        for part in ["证书是真的", "第 18,342 盏", "500 积分", "QH-2026-0117"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains('芳'), "nobody is named: {page}");
        let (status, page) = bank.read(&format!("{path}0")).await;
        assert!(status == 404 && page.contains("没有查到"), "{page}");
        // The code of one institution is none at another.
        let elsewhere = path.replace(&format!("/{}/", LINGXI.raw()), "/1/");
        assert_eq!(bank.read(&elsewhere).await.0, 404);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_names_only_who_wants_it_and_the_ledger_is_for_everybody() {
    for bank in TestBank::each().await {
        bank.gives().await;
        let page = bank.ledger().await;
        assert!(page.contains("还没有人点亮") && page.contains("QH-2026-0117"), "{page}");
        bank.say(APPID, "lifang", "捐500积分").await;
        bank.tap_line("lifang", "确认").await;
        let page = bank.ledger().await;
        assert!(page.contains("第 18,342 盏") && page.contains("一位爱心人士，500 分"), "{page}");
        assert!(page.contains("亮了 18,342 盏，收到 1,000,500 分"), "{page}");
        let said = bank.tap_line("lifang", "上公示墙").await;
        assert!(said.contains("会写您的姓名"), "{said}");
        let page = bank.ledger().await;
        assert!(page.contains("*芳，500 分") && !page.contains("李芳"), "{page}");
        let said = bank.tap_line("lifang", "不写名字了").await;
        assert!(said.contains("爱心人士"), "{said}");
        assert!(bank.ledger().await.contains("一位爱心人士，500 分"));
        let (status, page) = bank.read(&format!("/gy/{}/1/no-such", LINGXI.raw())).await;
        assert!(status == 404 && page.contains("没有找到"), "{page}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_is_given_each_month_until_it_is_taken_back() {
    for bank in TestBank::each().await {
        bank.has_fund().await;
        let before = (bank.worth(CARD).await, bank.worth(FUND).await);
        let day = bank.clock.now().plus_ms(DAY_MS).china().2;
        let said = bank.say(APPID, "lifang", "每月捐二十").await;
        assert!(said.contains("比如每月5号"), "{said}");
        bank.say(APPID, "lifang", &format!("每月{day}号")).await;
        let (words, page) = bank.pay_page("lifang", "不匿名").await;
        assert!(words.contains(&format!("每月{day}日 09:00 捐出，第一次")), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["title"], &card["is_later"]), (&json!("预约爱心捐款"), &json!(true)));
        let (status, told) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("ordered")), "{told}");
        bank.quiet().await;
        assert_eq!(bank.worth(CARD).await, before.0, "nothing is taken now");
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.worth(FUND).await - before.1, 2_000);
        let shown = bank.certificates("lifang").await;
        assert_eq!(shown["items"][0]["what"], "20.00 元", "{shown}");
        // Taken back, no more is given.
        let said = bank.say(APPID, "lifang", "撤销延时转账").await;
        assert!(said.contains("20.00 元"), "{said}");
        bank.say(APPID, "lifang", "第一笔").await;
        bank.say(APPID, "lifang", "撤掉").await;
        bank.clock.advance_ms(35 * DAY_MS);
        bank.quiet().await;
        assert_eq!(bank.worth(FUND).await - before.1, 2_000);
        bank.is_sound().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_takes_no_more_ends_what_was_given_to_it_each_month() {
    for bank in TestBank::each().await {
        bank.has_fund().await;
        let before = bank.worth(CARD).await;
        let day = bank.clock.now().plus_ms(DAY_MS).china().2;
        bank.say(APPID, "lifang", "每月捐二十").await;
        bank.say(APPID, "lifang", &format!("每月{day}号")).await;
        let (_, page) = bank.pay_page("lifang", "不匿名").await;
        let card = page.get(&bank).await["card"].clone();
        let (_, told) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!(told["state"], "ordered", "{told}");
        // What is told of it is told before the clock moves.
        bank.quiet().await;
        let closed = projects(100_000_000, "2027-12-31").replace("开放", "结束");
        bank.take_projects("qinghe", &closed).await;
        bank.clock.advance_ms(DAY_MS);
        bank.quiet().await;
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.contains("没有捐，没有扣钱：这个公益项目已经不收了"), "{chat:?}");
        assert_eq!(bank.worth(CARD).await, before);
        bank.stop().await;
    }
}
