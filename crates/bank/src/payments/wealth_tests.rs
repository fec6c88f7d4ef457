//! Wealth products through the front door: said in chat, confirmed on the page, bought and sold by the sandbox core.

use super::state::State;
use super::tests::{LOST_ANSWERS, PIN, Page};
use crate::testing::{APPID, LINGXI, TestBank, people};
use crate::wealth::tests::{C1, C2, C3, product};
use base::{DAY_MS, Fen};
use corebank::sandbox::{NewWealthHolding, movement};
use corebank::wealth::{RiskGrade, WealthBook};
use corebank::{CoreBank, Ctx, CustNo, Weather};
use serde_json::{Value, json};

const CARD: i64 = 101_100_000_101;
const LI: i64 = 1_011_000_001;

impl TestBank {
    /// 李芳 is bound since two days, has 30,000 yuan more, and bought 5,000 of 稳享1号 at a branch in summer. It is Wednesday.
    pub(super) async fn has_wealth(&self) {
        self.wants_wealth().await;
        let carried = NewWealthHolding {
            cust_no: LI,
            acct_id: CARD,
            code: "YL2001".into(),
            cost: Fen::of(500_000),
            begun_on: "2026-07-01".parse().unwrap(),
        };
        assert!(self.core.inner().carry_wealth(LINGXI, carried).await.unwrap());
    }
    /// The same before she bought anything.
    async fn wants_wealth(&self) {
        self.sells_wealth().await;
        self.bind(APPID, "lifang", &people()[0]).await;
        self.clock.advance_ms(2 * DAY_MS);
        let cash = movement::cash_in(CARD, Fen::of(3_000_000));
        self.core.inner().post(LINGXI, "savings", cash).await.unwrap().unwrap();
    }
    async fn wealth_book(&self) -> WealthBook {
        let ctx = Ctx::new(LINGXI, self.clock.now().plus_ms(10_000), "test");
        let wealth = self.core.inner().wealth().unwrap();
        wealth.wealth_book(&ctx, &CustNo::new(LI.to_string())).await.unwrap()
    }
    /// The card of ten thousand of 稳享1号, and its page.
    pub(super) async fn buys_ten_thousand(&self) -> (String, Page) {
        let said = self.say(APPID, "lifang", "买理财").await;
        assert!(said.contains("您能买的有") && said.contains("买哪一款"), "{said}");
        let said = self.say(APPID, "lifang", "稳享1号").await;
        assert!(
            said.contains("1,000.00 元起，按 100.00 元往上加") && said.contains("买多少"),
            "{said}"
        );
        self.pay_page("lifang", "一万").await
    }
    pub(super) async fn in_order(&self) {
        assert_eq!(self.core.inner().check_invariants().await.unwrap(), Vec::<String>::new());
    }
    /// A day passes, and payments are looked after.
    pub(super) async fn next_day(&self) {
        self.clock.advance_ms(DAY_MS);
        self.quiet().await;
    }
}

impl Page {
    pub(super) async fn with_pin(&self, bank: &TestBank) -> (u16, Value) {
        let page = self.get(bank).await;
        self.pay(bank, page["card"]["intent"].as_str().unwrap(), PIN).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_bought_as_its_card_says_and_its_units_are_told_the_next_day() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        bank.is_assessed("lifang", &C2).await;
        let before = bank.worth(CARD).await;
        let (words, page) = bank.buys_ten_thousand().await;
        assert!(words.contains("买稳享1号 10,000.00 元（壹万元整），从借记卡"), "{words}");
        assert!(words.contains("11月26日确认份额并起息。R2中低风险"), "{words}");
        assert!(words.contains("业绩比较基准2.30%—3.10%，不是承诺收益"), "{words}");
        assert!(words.contains("理财非存款、产品有风险") && !words.contains("利率"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["deed"], &card["title"]), (&json!("买"), &json!("买理财")), "{card}");
        assert_eq!(card["factors"], "code_and_pin", "{card}");
        assert!(card["warning"].as_str().unwrap().contains("不是承诺收益"), "{card}");
        let notes = card["notes"].to_string();
        for wanted in
            ["云岭理财有限责任公司", "YL2001", "R2", "C2 稳健型", "1个工作日到账", "不保本"]
        {
            assert!(notes.contains(wanted), "{wanted} in {notes}");
        }
        let intent = card["intent"].as_str().unwrap().to_owned();
        // Neither without the code nor without the tick.
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &told["code"]), (409, &json!("undo.code")), "{told}");
        page.code(&bank, &intent, people()[0].mobile).await;
        let mut order = page.order(&bank, &intent, PIN).await;
        order["sure"] = json!(false);
        let (status, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!((status, &told["code"]), (409, &json!("pay.sure")), "{told}");
        assert_eq!(bank.worth(CARD).await, before);
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!((status, &told["state"]), (200, &json!("accepted")), "{told}");
        assert_eq!(told["title"], "✔ 已扣钱，等理财公司确认份额");
        assert_eq!(told["money"], "moved");
        let (_, again) = page.pay(&bank, &intent, PIN).await;
        assert_eq!(again["serial"], told["serial"]);
        bank.quiet().await;
        assert_eq!(before - bank.worth(CARD).await, 1_000_000);
        let book = bank.wealth_book().await;
        assert_eq!((book.under_way.len(), book.holdings[0].cost), (1, Fen::of(500_000)));
        let chat = bank.chat(APPID, "lifang").await;
        assert!(
            chat.last().unwrap().starts_with("✔ 已扣钱：买「稳享1号」的 10,000.00 元"),
            "{chat:?}"
        );
        let said = bank.say(APPID, "lifang", "我的理财").await;
        assert!(said.contains("申购「稳享1号」10,000.00 元，11月26日确认份额"), "{said}");
        bank.next_day().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        let book = bank.wealth_book().await;
        assert_eq!((book.under_way.len(), book.holdings[0].cost), (0, Fen::of(1_500_000)));
        let chat = bank.chat(APPID, "lifang").await;
        assert!(chat.last().unwrap().starts_with("✔ 份额已确认：买「稳享1号」的"), "{chat:?}");
        bank.in_order().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_buys_without_an_assessment_or_with_one_that_is_over() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        let said = bank.say(APPID, "lifang", "买理财").await;
        assert!(said.contains("没有扣钱。买理财要先做10道题的风险测评"), "{said}");
        bank.say(APPID, "lifang", "不买了").await;
        bank.is_assessed("lifang", &C2).await;
        bank.clock.advance_ms(365 * DAY_MS);
        let said = bank.say(APPID, "lifang", "买理财").await;
        assert!(said.contains("没有扣钱。您的风险测评过期了"), "{said}");
        assert_eq!(bank.payments().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_must_be_recorded_is_never_waved_through() {
    for bank in TestBank::each().await {
        bank.wants_wealth().await;
        bank.is_assessed("lifang", &C2).await;
        let said = bank.say(APPID, "lifang", "买理财").await;
        assert!(said.contains("没有扣钱。第一次买理财，按规定要到网点录音录像"), "{said}");
        assert!(said.contains("附近网点"), "{said}");
        // 赵桂英 is 75 and has bought before.
        bank.bind(APPID, "zhao", &people()[1]).await;
        let carried = NewWealthHolding {
            cust_no: LI + 1,
            acct_id: CARD + 100,
            code: "YL1001".into(),
            cost: Fen::of(100_000),
            begun_on: "2026-07-01".parse().unwrap(),
        };
        assert!(bank.core.inner().carry_wealth(LINGXI, carried).await.unwrap());
        bank.is_assessed("zhao", &C3).await;
        let said = bank.say(APPID, "zhao", "买理财").await;
        assert!(said.contains("没有扣钱。您这个年纪买理财，按规定要到网点录音录像"), "{said}");
        assert_eq!(bank.payments().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_institution_may_have_another_rule_and_the_old_are_warned_once_more() {
    let own = "\n[wealth.at.lingxi]\nrecord_first = false\nrecord_from_years = 0\nrecord_from_grade = 0\nassessments_a_day = 2";
    for bank in TestBank::each_with(own).await {
        bank.sells_wealth().await;
        bank.bind(APPID, "zhao", &people()[1]).await;
        bank.clock.advance_ms(2 * DAY_MS);
        bank.is_assessed("zhao", &C3).await;
        bank.say(APPID, "zhao", "买理财").await;
        bank.say(APPID, "zhao", "活钱宝").await;
        let (words, page) = bank.pay_page("zhao", "一百块").await;
        assert!(words.contains("理财不是存款，可能亏"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert!(card["warning"].as_str().unwrap().contains("您已满65岁"), "{card}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_above_the_grade_is_refused_by_name_and_not_listed() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        bank.is_assessed("lifang", &C2).await;
        let said = bank.say(APPID, "lifang", "买理财").await;
        assert!(said.contains("稳享1号") && !said.contains("增利混合"), "{said}");
        let said = bank.say(APPID, "lifang", "增利混合").await;
        assert!(said.contains("「增利混合」是 R3，您的测评是 C2，不能买"), "{said}");
        assert_eq!(bank.payments().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grade_that_falls_before_the_pin_stops_the_purchase() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        bank.is_assessed("lifang", &C2).await;
        let before = bank.worth(CARD).await;
        // Open before she buys: in chat she would have to stop buying first.
        let risk = bank.risk_page("lifang").await;
        let (_, page) = bank.buys_ten_thousand().await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        page.code(&bank, &intent, people()[0].mobile).await;
        let (status, told) = risk.takes(&bank, &C1, PIN).await;
        assert_eq!(status, 200, "{told}");
        let order = page.order(&bank, &intent, PIN).await;
        let (status, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!((status, &told["code"]), (403, &json!("risk.above")), "{told}");
        assert!(told["words"].as_str().unwrap().starts_with("没有扣钱"), "{told}");
        assert_eq!(bank.worth(CARD).await, before);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_too_much_and_what_is_sold_out_is_said_before_any_pin() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        let new = product("YL2002", "惠农专享", RiskGrade::R2, 1_000);
        let new = corebank::sandbox::NewWealth { quota: Some(Fen::of(300_000)), ..new };
        assert!(bank.core.inner().add_wealth(LINGXI, new).await.unwrap());
        bank.is_assessed("lifang", &C2).await;
        bank.say(APPID, "lifang", "买理财").await;
        bank.say(APPID, "lifang", "惠农专享").await;
        let said = bank.say(APPID, "lifang", "五百").await;
        assert!(said.contains("「惠农专享」1,000.00 元起，按 100.00 元往上加"), "{said}");
        let said = bank.say(APPID, "lifang", "五千").await;
        assert!(said.contains("没有扣钱。「惠农专享」只剩 3,000.00 元可以买"), "{said}");
        bank.say(APPID, "lifang", "不买了").await;
        bank.say(APPID, "lifang", "买理财").await;
        bank.say(APPID, "lifang", "稳享1号").await;
        let said = bank.say(APPID, "lifang", "五十万").await;
        assert!(said.contains("没有扣钱：可用 31,280.50 元，不够买这一笔"), "{said}");
        assert_eq!(bank.payments().await, vec![]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_and_a_product_is_never_bought_twice() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        bank.is_assessed("lifang", &C2).await;
        let before = bank.worth(CARD).await;
        let (_, page) = bank.buys_ten_thousand().await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();
        page.code(&bank, &intent, people()[0].mobile).await;
        let order = page.order(&bank, &intent, PIN).await;
        bank.core.set_weather(LOST_ANSWERS);
        let (_, told) = page.post(&bank, "pay/do", order).await;
        assert_eq!((&told["state"], &told["money"]), (&json!("confirming"), &json!("unknown")));
        bank.core.set_weather(Weather::FINE);
        bank.clock.advance_ms(2_000);
        bank.quiet().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Accepted));
        assert_eq!(before - bank.worth(CARD).await, 1_000_000);
        assert_eq!(bank.wealth_book().await.under_way.len(), 1);
        bank.next_day().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Succeeded));
        bank.in_order().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_wealth_company_does_not_confirm_is_told_to_be_back() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        let new = product("YL9X", "丰收专项", RiskGrade::R1, 1_000);
        assert!(bank.core.inner().add_wealth(LINGXI, new).await.unwrap());
        bank.is_assessed("lifang", &C2).await;
        let before = bank.worth(CARD).await;
        bank.say(APPID, "lifang", "买理财").await;
        bank.say(APPID, "lifang", "丰收专项").await;
        let (_, page) = bank.pay_page("lifang", "两千").await;
        let (status, told) = page.signed(&bank).await;
        assert_eq!((status, &told["state"]), (200, &json!("accepted")), "{told}");
        bank.quiet().await;
        bank.next_day().await;
        assert_eq!(bank.payments().await.last(), Some(&State::Returned));
        assert_eq!(bank.worth(CARD).await, before);
        let chat = bank.chat(APPID, "lifang").await;
        let last = chat.last().unwrap();
        assert!(last.contains("理财公司没有确认，钱已回到您的账户"), "{chat:?}");
        bank.in_order().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_are_sold_as_their_card_says_and_the_money_comes_the_next_day() {
    for bank in TestBank::each().await {
        bank.has_wealth().await;
        let before = bank.worth(CARD).await;
        // Whoever sells needs no assessment.
        let (words, page) = bank.pay_page("lifang", "赎回两千理财").await;
        assert!(words.contains("赎回到自己的借记卡") && words.contains("从稳享1号出"), "{words}");
        assert!(words.contains("11月26日到账。按11月24日净值1.0000算，赎2000.00份"), "{words}");
        assert!(words.contains("剩下的还值 3,000.00 元"), "{words}");
        let card = page.get(&bank).await["card"].clone();
        assert_eq!((&card["deed"], &card["title"]), (&json!("赎"), &json!("赎回理财")), "{card}");
        assert_eq!((&card["factors"], &card["warning"]), (&json!("pin"), &json!("")), "{card}");
        let (status, told) = page.with_pin(&bank).await;
        assert_eq!((status, &told["state"]), (200, &json!("accepted")), "{told}");
        assert_eq!(
            (&told["money"], &told["title"]),
            (&json!("later"), &json!("✔ 已受理，钱还没到账"))
        );
        assert_eq!(told["receipt"], false);
        bank.quiet().await;
        assert_eq!(bank.worth(CARD).await, before);
        let said = bank.say(APPID, "lifang", "我的理财").await;
        assert!(said.contains("赎回「稳享1号」2,000.00 元，11月26日到账"), "{said}");
        assert!(said.contains("值 3,000.00 元，不赚不亏"), "{said}");
        bank.next_day().await;
        assert_eq!(bank.worth(CARD).await - before, 200_000);
        let chat = bank.chat(APPID, "lifang").await;
        assert!(
            chat.last().unwrap().starts_with("✔ 已到账：赎回「稳享1号」的 2,000.00 元"),
            "{chat:?}"
        );
        let (words, page) = bank.pay_page("lifang", "赎回全部理财").await;
        assert!(words.contains("全部赎回") && words.contains(" 3,000.00 元"), "{words}");
        let (_, told) = page.with_pin(&bank).await;
        assert_eq!(told["state"], "accepted", "{told}");
        bank.quiet().await;
        bank.next_day().await;
        assert_eq!(bank.worth(CARD).await - before, 500_000);
        let said = bank.say(APPID, "lifang", "我的理财").await;
        assert!(said.contains("您现在没有确认了份额的理财"), "{said}");
        bank.in_order().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_sold_is_said_before_any_pin() {
    for bank in TestBank::each().await {
        bank.wants_wealth().await;
        let said = bank.say(APPID, "lifang", "赎回理财").await;
        assert!(said.contains("没有扣钱。您没有能赎回的理财"), "{said}");
        bank.say(APPID, "lifang", "不赎了").await;
        let closed = product("YL2182", "稳盈半年", RiskGrade::R2, 1_000);
        let closed = corebank::sandbox::NewWealth { days: Some(182), ..closed };
        assert!(bank.core.inner().add_wealth(LINGXI, closed).await.unwrap());
        let held = |code: &str| NewWealthHolding {
            cust_no: LI,
            acct_id: CARD,
            code: code.into(),
            cost: Fen::of(500_000),
            begun_on: "2026-11-02".parse().unwrap(),
        };
        let core = bank.core.inner();
        assert!(core.carry_wealth(LINGXI, held("YL2182")).await.unwrap());
        let said = bank.say(APPID, "lifang", "赎回理财").await;
        assert!(
            said.contains("没有扣钱。「稳盈半年」封闭期内不能赎回，2027年5月3日到期"),
            "{said}"
        );
        bank.say(APPID, "lifang", "不赎了").await;
        assert!(core.carry_wealth(LINGXI, held("YL2001")).await.unwrap());
        assert!(core.carry_wealth(LINGXI, held("YL1001")).await.unwrap());
        let said = bank.say(APPID, "lifang", "赎回理财").await;
        assert!(said.contains("能赎回的有2款") && said.contains("赎哪一款"), "{said}");
        let (words, _) = bank.pay_page("lifang", "第一款").await;
        assert!(words.contains("从稳享1号出") && words.contains("全部赎回"), "{words}");
        let said = bank.say(APPID, "lifang", "改金额").await;
        assert!(said.contains("赎多少"), "{said}");
        let said = bank.say(APPID, "lifang", "四千五").await;
        assert!(
            said.contains("「稳享1号」现在值 5,000.00 元") && said.contains("赎多少"),
            "{said}"
        );
        assert!(bank.payments().await.iter().all(|s| *s == State::Ended));
        bank.stop().await;
    }
}
