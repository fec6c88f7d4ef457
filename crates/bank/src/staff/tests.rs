//! Staff through their pages.

use super::{Change, Role, add, change, totp};
use crate::testing::{APPID, LINGXI, TestBank};
use base::Secret;
use otpauth::secret_of;
use reqwest::header::{COOKIE, SET_COOKIE};

#[path = "../../tests/support/otpauth.rs"]
mod otpauth;

const PASSWORD: &str = "field-of-wheat-2026";

async fn post(bank: &TestBank, path: &str, cookie: &str, form: &str) -> reqwest::Response {
    let url = format!("{}{path}", bank.staff_url);
    let request = bank.http.post(url).header("content-type", "application/x-www-form-urlencoded");
    request.header(COOKIE, cookie).body(form.to_owned()).send().await.unwrap()
}

async fn home(bank: &TestBank, cookie: &str) -> String {
    let url = format!("{}/", bank.staff_url);
    bank.http.get(url).header(COOKIE, cookie).send().await.unwrap().text().await.unwrap()
}

async fn log_in(bank: &TestBank, password: &str) -> Option<String> {
    let answer = post(bank, "/login", "", &format!("login=lingxi.chen&password={password}")).await;
    let set = answer.headers().get(SET_COOKIE)?.to_str().unwrap();
    Some(set.split(';').next().unwrap().to_owned())
}

async fn hire(bank: &TestBank) {
    add(&bank.app, LINGXI, "lingxi.chen", &Secret::new(PASSWORD.into()), Role::Agent)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reads_what_a_customer_left_and_closes_it() {
    for bank in TestBank::each().await {
        hire(&bank).await;
        bank.follow(APPID, "lifang").await;
        bank.say(APPID, "lifang", "我要留言").await;
        bank.say(APPID, "lifang", "存折<b>丢了</b>怎么补办").await;
        let cookie = log_in(&bank, PASSWORD).await.expect("the right password logs in");
        let page = home(&bank, &cookie).await;
        assert!(page.contains("存折&lt;b&gt;丢了"), "{page}");
        let token = page
            .split("name=\"token\" value=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned();
        let path =
            page.split("action=\"/messages").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let refused = post(&bank, &format!("/messages{path}"), &cookie, "token=forged").await;
        assert_eq!(refused.status().as_u16(), 401);
        post(&bank, &format!("/messages{path}"), &cookie, &format!("token={token}")).await;
        assert!(home(&bank, &cookie).await.contains("没有待处理的留言"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_for_a_quarter_of_an_hour_with_the_same_words_st_03() {
    for bank in TestBank::each().await {
        hire(&bank).await;
        let words = async |login: &str, password: &str| {
            let answer =
                post(&bank, "/login", "", &format!("login={login}&password={password}")).await;
            let page = answer.text().await.unwrap();
            assert!(page.contains(&format!("value=\"{login}\"")), "the name stays: {page}");
            page.replace(login, "")
        };
        let wrong = words("lingxi.chen", "wrong").await;
        assert_eq!(wrong, words("lingxi.nobody", "wrong").await);
        assert_eq!(wrong, words("nowhere.chen", "wrong").await);
        for _ in 0..4 {
            assert_eq!(words("lingxi.chen", "wrong").await, wrong);
        }
        assert_eq!(log_in(&bank, PASSWORD).await, None, "locked");
        bank.clock.advance_ms(15 * 60_000 + 1);
        assert!(log_in(&bank, PASSWORD).await.is_some());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_login_ends_the_first_and_idleness_ends_all_st_04() {
    for bank in TestBank::each().await {
        hire(&bank).await;
        let first = log_in(&bank, PASSWORD).await.unwrap();
        let second = log_in(&bank, PASSWORD).await.unwrap();
        assert!(home(&bank, &first).await.contains("员工登录"));
        assert!(home(&bank, &second).await.contains("lingxi.chen"));
        bank.clock.advance_ms(15 * 60_000 + 1);
        assert!(home(&bank, &second).await.contains("员工登录"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_pages_are_not_on_the_customers_address_st_09() {
    for bank in TestBank::each().await {
        let answer = bank.http.get(format!("{}/login", bank.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404);
        let answer = bank.http.get(format!("{}/metrics", bank.url)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_with_a_second_factor_needs_it_and_a_code_works_once_st_01() {
    for bank in TestBank::each().await {
        let wish = |role, second_factor| Change {
            login: "lingxi.chen".into(),
            password: PASSWORD.into(),
            role,
            second_factor,
        };
        let made = change(&bank.app, &wish(Some(Role::Agent), true)).await.unwrap();
        let secret = secret_of(&made.otpauth.unwrap());
        let code =
            |secret: &[u8], steps: i64| totp::code(secret, totp::step_of(bank.clock.now()) + steps);
        let try_with = async |code: &str| {
            let form = format!("login=lingxi.chen&password={PASSWORD}&code={code}");
            let answer = post(&bank, "/login", "", &form).await;
            answer.headers().contains_key(SET_COOKIE)
        };
        assert!(!try_with("").await && !try_with("000000").await);
        let now = code(&secret, 0);
        assert!(try_with(&now).await);
        assert!(!try_with(&now).await, "a code works once");
        assert!(try_with(&code(&secret, 1)).await, "a phone may be half a minute ahead");

        let reset = change(&bank.app, &wish(None, false)).await.unwrap();
        assert!(reset.otpauth.is_none());
        bank.clock.advance_ms(120_000);
        assert!(try_with(&code(&secret, 0)).await, "a new password leaves the factor");
        let reset = change(&bank.app, &wish(None, true)).await.unwrap();
        let other = secret_of(&reset.otpauth.unwrap());
        bank.clock.advance_ms(120_000);
        assert!(!try_with(&code(&secret, 0)).await, "the lost phone's codes are void");
        assert!(try_with(&code(&other, 0)).await);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_find_every_service_in_the_catalogue_and_strangers_do_not() {
    for bank in TestBank::each().await {
        hire(&bank).await;
        let show = async |cookie: &str| {
            let url = format!("{}/catalogue", bank.staff_url);
            let answer = bank.http.get(url).header(COOKIE, cookie).send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        };
        let (status, page) = show("").await;
        assert_eq!(status, 401);
        assert!(page.contains("员工登录") && !page.contains("account_balance"), "{page}");
        let cookie = log_in(&bank, PASSWORD).await.expect("the right password logs in");
        assert!(home(&bank, &cookie).await.contains("href=\"/catalogue\""));
        let (status, page) = show(&cookie).await;
        assert_eq!(status, 200);
        assert!(page.contains("id=\"account_balance\"") && page.contains("查余额"));
        assert!(!page.contains("<script>") && !page.contains("<style>"), "its policy forbids them");
        bank.stop().await;
    }
}
