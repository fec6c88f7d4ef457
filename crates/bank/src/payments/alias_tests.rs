//! 手机号转账 through the front door: a number, a surname, a draft like any other, and nothing for who tries numbers out.

use super::tests::{PIN, Page};
use crate::testing::{APPID, LINGXI, TestBank, people};
use base::DAY_MS;
use corebank::controls::ControlWish;
use corebank::{AccountRef, CoreBank, Ctx, CustNo};
use serde_json::json;

const CARD: i64 = 101_100_000_101;
const QIANG: i64 = 101_100_000_401;
const QIANG_NO: &str = "19000004321";

impl TestBank {
    /// 李芳 is bound since two days; 王强 is found by his number.
    async fn knows_a_number(&self) {
        self.bind(APPID, "lifang", &people()[0]).await;
        self.clock.advance_ms(2 * DAY_MS);
        self.be_found("1011000004", QIANG, true).await;
    }

    pub(crate) async fn be_found(&self, cust: &str, account: i64, is_on: bool) {
        let id = Some(format!("found-{account}-{is_on}-{}", self.clock.now().ms()));
        let deadline = self.clock.now().plus_ms(10_000);
        let ctx = Ctx { request_id: id, ..Ctx::new(LINGXI, deadline, "test") };
        let (cust, account) = (CustNo::new(cust), AccountRef::new(account.to_string()));
        let wish = ControlWish::ByMobile { is_on };
        self.core.inner().set_control(&ctx, &cust, &account, wish).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_and_a_surname_make_a_draft_like_any_other() {
    for bank in TestBank::each().await {
        bank.knows_a_number().await;
        let before = (bank.worth(CARD).await, bank.worth(QIANG).await);
        let said = bank.say(APPID, "lifang", "转给19000004321 300块").await;
        assert!(said.contains("尾号4321的手机号，收钱的是 *强（陵溪农村商业银行）。"), "{said}");
        assert!(said.contains("对方姓什么？"), "{said}");
        let (words, page) = bank.pay_page("lifang", "姓王").await;
        assert!(words.contains("转给*强（尾号") && words.contains("300.00 元"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["payee_name"], &card["is_new_payee"]), (&json!("*强"), &json!(true)));
        assert_eq!(card["warning"], "第一次给这个人转，请核对姓名和卡号", "{card}");
        let (status, done) = page.pay(&bank, card["intent"].as_str().unwrap(), PIN).await;
        assert_eq!((status, &done["state"]), (200, &json!("done")), "{done}");
        bank.quiet().await;
        let moved = (before.0 - bank.worth(CARD).await, bank.worth(QIANG).await - before.1);
        assert_eq!(moved, (30_000, 30_000));
        // The next time it is nobody new.
        bank.clock.advance_ms(DAY_MS);
        bank.say(APPID, "lifang", "转给19000004321 20块").await;
        let (_, page) = bank.pay_page("lifang", "王强").await;
        assert_eq!(page.get(&bank).await["card"]["is_new_payee"], false);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_finds_nobody_says_the_same_whoever_has_it() {
    for bank in TestBank::each().await {
        bank.knows_a_number().await;
        bank.be_found("1011000004", QIANG, false).await;
        // 王强's, who does not want to be found, and one that nobody has.
        let mut words = vec![];
        for number in [QIANG_NO, "19900004321"] {
            let (said, page) = bank.pay_page("lifang", &format!("转给{number} 300块")).await;
            assert_eq!(page.get(&bank).await["step"], "payee");
            words.push(said.replace(number, ""));
        }
        assert_eq!(words[0], words[1]);
        assert!(words[0].contains("尾号4321的手机号没有登记收款"), "{words:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_surname_pays_nobody_and_is_counted() {
    for bank in TestBank::each().await {
        bank.knows_a_number().await;
        bank.say(APPID, "lifang", "转给19000004321 300块").await;
        let said = bank.say(APPID, "lifang", "不知道").await;
        assert!(said.contains("没有扣钱。不清楚对方姓什么"), "{said}");
        for _ in 0..10 {
            let said = bank.say(APPID, "lifang", "张").await;
            assert!(said.contains("没有扣钱。姓对不上。") && said.contains("姓什么"), "{said}");
        }
        // From now on the right one finds nobody either, until tomorrow.
        let said = bank.say(APPID, "lifang", "王").await;
        assert!(said.contains("没有扣钱。今天查手机号的次数太多了"), "{said}");
        bank.say(APPID, "lifang", "不转了").await;
        bank.clock.advance_ms(DAY_MS);
        bank.say(APPID, "lifang", "转给19000004321 300块").await;
        let (words, _) = bank.pay_page("lifang", "王").await;
        assert!(words.contains("转给*强"), "{words}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_numbers_out_is_stopped_and_leaves_a_trail() {
    for bank in TestBank::each().await {
        bank.knows_a_number().await;
        for n in 0..20 {
            let said = bank.say(APPID, "lifang", &format!("转给199000000{n:02} 30块")).await;
            assert!(said.contains("没有登记收款"), "{n}: {said}");
        }
        let said = bank.say(APPID, "lifang", "转给19000004321 30块").await;
        assert!(said.contains("没有扣钱。今天查手机号的次数太多了"), "{said}");
        let refused = bank.refused().await;
        let by_phone: Vec<_> = refused.iter().filter(|(act, _)| act == "payee.by_phone").collect();
        assert_eq!(by_phone.len(), 21, "{refused:?}");
        assert_eq!(by_phone.last().unwrap().1, "payee.tries");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_themselves_by_their_own_number() {
    for bank in TestBank::each().await {
        bank.knows_a_number().await;
        bank.be_found("1011000001", CARD, true).await;
        bank.say(APPID, "lifang", "转给19000001234 30块").await;
        let said = bank.say(APPID, "lifang", "李").await;
        assert!(said.contains("没有扣钱。这个手机号收钱的就是您自己的账户"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn being_found_by_ones_number_is_opened_with_the_pin_and_closed_without() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.bind(APPID, "wangqiang", &people()[3]).await;
        bank.clock.advance_ms(2 * DAY_MS);
        let (browser, slug, shown) = bank.setting_page("wangqiang", "开通手机号收款").await;
        assert_eq!(
            (&shown["what"], &shown["rows"][0]["by_mobile"]),
            (&json!("by_mobile"), &json!(false))
        );
        let ask = |is_on: bool| json!({ "account": shown["account"], "wish": { "set": "by_mobile", "is_on": is_on } });
        let (_, look) = browser.post(&bank, &slug, "setting/look", ask(true)).await;
        assert_eq!(look["needs"], "pin", "{look}");
        let (_, told) = bank.with_pin(&browser, &slug, &ask(true), PIN).await;
        assert!(told["words"].as_str().unwrap().contains("手机号收款开通了"), "{told}");
        let said = bank.say(APPID, "lifang", "转给19000004321 30块").await;
        assert!(said.contains("收钱的是 *强"), "{said}");
        bank.say(APPID, "lifang", "不转了").await;

        let (browser, slug, _) = bank.setting_page("wangqiang", "关掉手机号收款").await;
        let (_, look) = browser.post(&bank, &slug, "setting/look", ask(false)).await;
        assert_eq!(look["needs"], "nothing", "{look}");
        let order = json!({ "ask": ask(false) });
        let (_, told) = browser.post(&bank, &slug, "setting/do", order).await;
        assert!(told["words"].as_str().unwrap().contains("手机号收款关了"), "{told}");
        let said = bank.say(APPID, "lifang", "转给19000004321 30块").await;
        assert!(said.contains("没有登记收款"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_transfer_that_is_answered_with_a_number_goes_the_same_way() {
    for bank in TestBank::each().await {
        bank.knows_a_number().await;
        bank.say(APPID, "lifang", "转账").await;
        bank.say(APPID, "lifang", QIANG_NO).await;
        let said = bank.say(APPID, "lifang", "三百").await;
        assert!(said.contains("收钱的是 *强") && said.contains("对方姓什么？"), "{said}");
        let (words, page): (String, Page) = bank.pay_page("lifang", "王").await;
        assert!(words.contains("转给*强"), "{words}");
        assert_eq!(page.get(&bank).await["step"], "confirm");
        bank.stop().await;
    }
}
