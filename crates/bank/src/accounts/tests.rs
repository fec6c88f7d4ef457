//! Journeys 2 and 3 with their branches: balances and statements in chat and on the page.

use crate::testing::{APPID, Browser, LINGXI, OUTAGE, TestBank, YUNLU, people};
use base::Fen;
use corebank::sandbox::movement::{self, Movement};
use corebank::{AccountRef, AccountState, DayState, Weather};
use serde_json::{Value, json};

/// 李芳's debit card at the core.
const CARD: i64 = 101_100_000_101;

async fn post(bank: &TestBank, id: &str, movement: Movement) {
    bank.core.inner().post(LINGXI, id, movement).await.unwrap().unwrap();
}

/// Words of `who` in the chat that contain `part`.
async fn heard(bank: &TestBank, uid: &str, part: &str) -> usize {
    bank.settle().await;
    bank.chat(APPID, uid).await.iter().filter(|s| s.contains(part)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_twice_in_a_minute_the_same_answer_comes_with_its_own_time() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let first = bank.say(APPID, "lifang", "余额").await;
        let asked = bank.core.calls();
        bank.clock.advance_ms(50_000);
        let second = bank.say(APPID, "lifang", "查余额").await;
        assert_eq!((&second, bank.core.calls()), (&first, asked));
        bank.clock.advance_ms(20_000);
        bank.say(APPID, "lifang", "余额").await;
        assert_eq!(bank.core.calls(), asked + 1, "after a minute the core is asked");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_only_receives_says_so_and_what_to_do() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let card = AccountRef::new(CARD.to_string());
        bank.core.inner().set_state(LINGXI, &card, AccountState::NoOut).await.unwrap();
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("1,280.50") && said.contains("只能进不能出"), "{said}");
        let what = bank.say(APPID, "lifang", "怎么办").await;
        assert!(what.contains("身份证"), "{what}");
        bank.core.inner().set_state(LINGXI, &card, AccountState::Closed).await.unwrap();
        bank.clock.advance_ms(61_000);
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("销户"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_books_are_shut_the_hour_is_said_and_the_answer_sent_when_they_open() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let opens = bank.clock.now().plus_ms(30 * 60_000);
        bank.core.inner().set_day(LINGXI, DayState::Closed, Some(opens)).await.unwrap();
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(
            said.contains("结账") && said.contains("10:30以后") && said.contains("好吗"),
            "{said}"
        );
        let said = bank.say(APPID, "lifang", "好").await;
        assert!(said.contains("开门后查好发给您"), "{said}");
        bank.clock.advance_ms(6_000);
        assert_eq!(heard(&bank, "lifang", "查到了").await, 0);
        bank.core.inner().set_day(LINGXI, DayState::Open, None).await.unwrap();
        bank.clock.advance_ms(30 * 60_000);
        assert_eq!(heard(&bank, "lifang", "查到了").await, 1);
        assert_eq!(heard(&bank, "lifang", "1,280.50").await, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_core_is_asked_again_and_the_promised_answer_comes_once() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(OUTAGE);
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("查到马上发给您"), "{said}");
        bank.clock.advance_ms(6_000);
        assert_eq!(heard(&bank, "lifang", "1,280.50").await, 0);
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(11_000);
        assert_eq!(heard(&bank, "lifang", "查到了").await, 1);
        bank.clock.advance_ms(3_600_000);
        assert_eq!(heard(&bank, "lifang", "查到了").await, 1);
        let detail = bank.say(APPID, "lifang", "看明细").await;
        assert!(detail.contains("最近7天"), "the conversation goes on from it: {detail}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_minute_of_silence_it_is_admitted_and_after_half_an_hour_given_up() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(OUTAGE);
        bank.say(APPID, "lifang", "余额").await;
        for ms in [6_000, 11_000, 16_000, 31_000] {
            bank.clock.advance_ms(ms);
            bank.settle().await;
        }
        assert_eq!(heard(&bank, "lifang", "系统还没回，不用守着").await, 1);
        for ms in [241_000, 1_501_000, 7_200_000] {
            bank.clock.advance_ms(ms);
            bank.settle().await;
        }
        assert_eq!(heard(&bank, "lifang", "要查的没查到").await, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tried_again_and_has_the_answer_is_not_told_twice() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(OUTAGE);
        bank.say(APPID, "lifang", "余额").await;
        bank.core.set_weather(Weather::default());
        let said = bank.say(APPID, "lifang", "再试").await;
        assert!(said.contains("1,280.50"), "{said}");
        bank.clock.advance_ms(6_000);
        assert_eq!(heard(&bank, "lifang", "查到了").await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unbinds_while_the_core_is_silent_is_told_nothing_more() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(OUTAGE);
        bank.say(APPID, "lifang", "余额").await;
        bank.say(APPID, "lifang", "解绑").await;
        bank.say(APPID, "lifang", "确定").await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(6_000);
        assert_eq!(heard(&bank, "lifang", "1,280.50").await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_unfollows_right_after_asking_finds_the_result_on_coming_back_and_no_text_message() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        let mobile = people()[0].mobile;
        let before =
            bank.look(&format!("sms?to={mobile}")).await["items"].as_array().unwrap().len();
        bank.core.set_weather(OUTAGE);
        bank.say(APPID, "lifang", "余额").await;
        bank.control("users/lifang/unfollow?wait=1", json!({ "appid": APPID })).await;
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(6_000);
        bank.settle().await;
        assert_eq!(heard(&bank, "lifang", "1,280.50").await, 0);
        let after = bank.look(&format!("sms?to={mobile}")).await["items"].as_array().unwrap().len();
        assert_eq!(before, after, "a balance is nothing for a text message");
        bank.follow(APPID, "lifang").await;
        assert_eq!(heard(&bank, "lifang", "1,280.50").await, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_accounts_one_is_chosen_by_number_by_name_or_all() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "zhao", &people()[1]).await;
        let asked = bank.say(APPID, "zhao", "余额").await;
        assert!(asked.contains("查哪个") && asked.contains("存折0037"), "{asked}");
        let said = bank.say(APPID, "zhao", "2").await;
        assert!(said.contains("存折里有三千二百零六块五"), "elder words: {said}");
        bank.say(APPID, "zhao", "余额").await;
        let said = bank.say(APPID, "zhao", "都要").await;
        assert!(said.contains("四千四百八十七"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn my_bindings_say_when_i_was_last_here_and_not_that_i_am_here_now() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.say(APPID, "lifang", "余额").await;
        let left_at = crate::verbs::clock_words(bank.clock.now());
        bank.clock.advance_ms(base::DAY_MS);
        let last = format!("上次使用 昨天{left_at}");
        let said = bank.say(APPID, "lifang", "我绑了哪些卡").await;
        assert!(said.contains(&last), "{said}");
        bank.clock.advance_ms(60_000);
        let again = bank.say(APPID, "lifang", "我绑了哪些卡").await;
        assert!(again.contains(&last), "a minute later is the same visit: {again}");
        bank.stop().await;
    }
}

async fn with_entries() -> Vec<TestBank> {
    let banks = TestBank::each().await;
    for bank in &banks {
        bank.bind(APPID, "lifang", &people()[0]).await;
        post(bank, "e1", movement::bill(CARD, Fen::of(8_600), "电费", "陵溪供电")).await;
        for (n, fen) in [(2, 31_240), (3, 5_000), (4, 1_000), (5, 700), (6, 300), (7, 120)] {
            bank.clock.advance_ms(3_600_000);
            let m = movement::transfer_in(CARD, Fen::of(fen), &base::mask_name("王小强"));
            post(bank, &format!("e{n}"), m).await;
        }
        // December: November is last month.
        bank.clock.advance_ms(10 * base::DAY_MS);
    }
    banks
}

#[tokio::test(flavor = "multi_thread")]
async fn last_month_with_totals_five_lines_the_next_page_and_what_the_second_was() {
    for bank in with_entries().await {
        let said = bank.say(APPID, "lifang", "上个月进出账给我看看").await;
        assert!(
            said.contains("上月") && said.contains("出 86.00") && said.contains("共 8 笔"),
            "{said}"
        );
        assert_eq!(said.matches(['①', '②', '③', '④', '⑤']).count(), 5, "{said}");
        assert!(said.contains("① 11月23日") && said.contains("+1.20"), "latest first: {said}");
        let second = bank.say(APPID, "lifang", "第二个是啥").await;
        assert!(second.contains("+3.00"), "{second}");
        let none = bank.say(APPID, "lifang", "第九个是啥").await;
        assert!(none.contains("刚才没有列出这一笔"), "{none}");
        bank.say(APPID, "lifang", "上个月进出账给我看看").await;
        let more = bank.say(APPID, "lifang", "下一页").await;
        assert!(more.contains("再往前3笔") && more.contains("电费"), "{more}");
        let only_in = bank.say(APPID, "lifang", "只看进账").await;
        assert!(only_in.contains("出 0.00") && !only_in.contains("电费"), "{only_in}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_core_that_is_silent_while_paging_keeps_the_place() {
    for bank in with_entries().await {
        bank.say(APPID, "lifang", "上个月的流水").await;
        bank.core.set_weather(OUTAGE);
        let said = bank.say(APPID, "lifang", "下一页").await;
        assert!(said.contains("再试"), "{said}");
        bank.core.set_weather(Weather::default());
        let more = bank.say(APPID, "lifang", "再试").await;
        assert!(more.contains("再往前3笔") && more.contains("电费"), "{more}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_moved_the_month_before_is_offered_and_three_years_are_a_year() {
    for bank in with_entries().await {
        let said = bank.say(APPID, "lifang", "这个月的进出账").await;
        assert!(said.contains("往前看一个月"), "{said}");
        let said = bank.say(APPID, "lifang", "好").await;
        assert!(said.contains("共 8 笔"), "{said}");
        let said = bank.say(APPID, "lifang", "最近三年的流水").await;
        assert!(said.contains("一次最多查一年"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_page_shows_the_month_asked_for_with_names_masked_dp_08() {
    for bank in with_entries().await {
        let browser = Browser::default();
        let slug = open_statement(&bank, &browser).await;
        let (_, session) = browser.api(&bank, &slug, "session").await;
        assert_eq!(session["task"]["with"]["month"], "2026-11", "{session}");
        let (status, told) = browser.api(&bank, &slug, "statement?month=2026-11&flow=in").await;
        assert_eq!(status, 200, "{told}");
        assert_eq!(told["totals"]["count"], 7);
        let text = told.to_string();
        assert!(text.contains("*小强") && !text.contains("王小强"), "{text}");
        let (status, told) = browser.api(&bank, &slug, "statement?month=2024-11").await;
        assert_eq!((status, told["code"].as_str()), (400, Some("statement.range")));
        for part in [people()[0].card_no.as_str(), people()[0].name, &people()[0].id_no] {
            assert!(!text.contains(part), "{part} is shown");
        }
        let (_, page) = browser.api(&bank, &slug, "statement?month=2026-11&cursor=nonsense").await;
        assert_eq!(page["code"], "statement.range", "{page}");
        bank.core.set_weather(OUTAGE);
        let (status, told) = browser.api(&bank, &slug, "statement").await;
        assert_eq!((status, told["code"].as_str()), (503, Some("core.busy")));
        bank.stop().await;
    }
}

async fn open_statement(bank: &TestBank, browser: &Browser) -> String {
    let ask = json!({ "type": "text", "content": "上个月的流水" });
    let told = bank.control(&format!("chats/{APPID}/lifang/send?wait=1"), ask).await;
    let link = crate::testing::link_in(&told["items"]).expect("a link");
    browser.web_view(bank, APPID, "lifang", &link).await.slug()
}

/// Every route under `/h5/s/{slug}/api`, as the router's own text has it.
fn routes() -> Vec<(&'static str, &'static str)> {
    let text = include_str!("../router.rs");
    let api = text.split("fn session_api()").nth(1).unwrap().split("\n}").next().unwrap();
    let routes: Vec<_> = api
        .split(".route(\"/")
        .skip(1)
        .map(|r| (r.split('"').next().unwrap(), if r.contains("post(") { "post" } else { "get" }))
        .collect();
    assert!(routes.len() >= 11, "{routes:?}");
    routes
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_serves_its_own_session_and_no_other_ti_08_ti_10() {
    for bank in TestBank::each().await {
        let (mine, theirs) = (Browser::default(), Browser::default());
        let own = bank.open_binding(APPID, "zhao", &mine).await;
        bank.bind_on(&mine, &own, &people()[1]).await;
        let other = bank.open_binding(APPID, "lifang", &theirs).await;
        bank.bind_on(&theirs, &other, &people()[0]).await;
        let foreign = neighbours_slug(&bank).await;
        let ask = async |who: &Browser, slug: &str, (path, how): (&str, &str)| {
            if how == "get" {
                who.api(&bank, slug, path).await
            } else {
                who.post(&bank, slug, path, json!({})).await
            }
        };
        let nobody = Browser::default();
        for route in routes() {
            for (who, slug) in
                [(&nobody, &own), (&theirs, &own), (&mine, &other), (&mine, &foreign)]
            {
                let (status, told) = ask(who, slug, route).await;
                assert_eq!(
                    (status, told["code"].as_str()),
                    (401, Some("session.none")),
                    "{route:?}"
                );
            }
            if route.0 != "unbind" {
                let (status, told) = ask(&mine, &own, route).await;
                assert!(status != 401 && status < 500, "{route:?}: {told}");
            }
        }
        let (_, list) = theirs.api(&bank, &other, "accounts").await;
        let id = list["items"][0]["id"].as_str().unwrap();
        let (status, told) = mine.api(&bank, &own, &format!("statement?account={id}")).await;
        assert_eq!((status, told["code"].as_str()), (404, Some("account.missing")));
        let named = format!("session?tenant={0}&tenant_id={0}", YUNLU.raw());
        let (_, session) = mine.api(&bank, &own, &named).await;
        assert_eq!(session["institution"]["short"], "陵溪农商行");
        bank.stop().await;
    }
}

/// A live session of the neighbouring bank, whose secret nobody here has.
async fn neighbours_slug(bank: &TestBank) -> String {
    let account = bank.app.registry().account(crate::testing::SUBSCRIPTION).unwrap().id;
    let unit = move |tx: &db::Tx<'_>| {
        crate::sessions::store::add_session(tx, account, base::Id::of(1), "other", "bind", None)
    };
    bank.app.db.write(db::Scope::Tenant(YUNLU), unit).await.unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_the_page_says_more_than_it_must_dp_08() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "zhao", &browser).await;
        bank.bind_on(&browser, &slug, &people()[1]).await;
        let p = &people()[1];
        for (path, _) in routes().into_iter().filter(|r| r.1 == "get") {
            let answer = browser.get(&bank, &format!("{}/h5/s/{slug}/api/{path}", bank.url)).await;
            assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
            let text = answer.text().await.unwrap();
            for part in [p.card_no.as_str(), p.name, &p.id_no, p.mobile, crate::testing::PASSBOOK] {
                assert!(!text.contains(part), "{path} shows {part}");
            }
            let _: Value = serde_json::from_str(&text).unwrap();
        }
        bank.stop().await;
    }
}
