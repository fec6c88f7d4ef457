//! A chooser that answers well, badly, or not at all; alone, and behind the front door on both engines.

use super::{Asked, Chooser};
use crate::config::{self, SecretText};
use crate::testing::{APPID, LINGXI, TestBank};
use base::{Secret, Time};
use db::Scope;
use dialogue::Doubt;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the endpoint does with a question.
#[derive(Debug, Clone)]
enum Manner {
    /// A completion with this content.
    Says(&'static str),
    /// These bytes as they are.
    Raw(String),
    /// A byte now and then, for ever.
    Drips,
    /// Nothing.
    Silent,
}

/// An endpoint on loopback, and what it was asked.
#[derive(Debug, Clone)]
struct Endpoint {
    url: String,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    async fn open(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let endpoint = Self { url, manner: Arc::new(Mutex::new(manner)), asked: Arc::default() };
        let served = endpoint.clone();
        spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let one = served.clone();
                spawn(async move { one.serve(socket).await });
            }
        });
        endpoint
    }

    fn becomes(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    async fn serve(self, mut socket: TcpStream) {
        let request = whole_request(&mut socket).await;
        self.asked.lock().unwrap().push(request);
        let manner = self.manner.lock().unwrap().clone();
        match manner {
            Manner::Says(content) => {
                let told =
                    serde_json::json!({ "choices": [{ "message": { "content": content } }] });
                let _ = socket.write_all(ok(&told.to_string()).as_bytes()).await;
            }
            Manner::Raw(bytes) => {
                let _ = socket.write_all(bytes.as_bytes()).await;
            }
            Manner::Drips => {
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n";
                let _ = socket.write_all(head.as_bytes()).await;
                while socket.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                }
            }
            Manner::Silent => std::future::pending().await,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the endpoint is nobody's task but the test's")]
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

async fn whole_request(socket: &mut TcpStream) -> String {
    let (mut whole, mut part) = (vec![], [0_u8; 4096]);
    loop {
        let n = socket.read(&mut part).await.unwrap_or(0);
        whole.extend_from_slice(&part[..n]);
        let text = String::from_utf8_lossy(&whole).into_owned();
        let body = text.split_once("\r\n\r\n").map(|(head, body)| {
            let length = head.lines().find_map(|l| {
                l.to_ascii_lowercase().strip_prefix("content-length:").map(str::to_owned)
            });
            (length.and_then(|l| l.trim().parse::<usize>().ok()).unwrap_or(0), body.len())
        });
        if n == 0 || body.is_some_and(|(wanted, got)| got >= wanted) {
            return text;
        }
    }
}

fn chooser(url: &str, timeout_ms: u64) -> Chooser {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let key = SecretText(Secret::new("sk-tell-no-one".to_owned()));
    Chooser::new(&config::Chooser { url: url.into(), model: "m".into(), key, timeout_ms }).unwrap()
}

fn doubt() -> Doubt {
    let options =
        [("account_balance", "余额查询"), ("statement", "明细"), ("faq:sms_fee", "短信费")];
    let options = options.map(|(id, name)| (id.to_owned(), name.to_owned())).to_vec();
    Doubt { text: "那个钱咋回事".into(), options }
}

const NOW: Time = Time::of_secs(1_795_000_000);
/// Long enough for loopback, short enough for a test.
const SHORT_MS: u64 = 250;

#[tokio::test]
async fn only_an_id_of_the_list_counts_as_an_answer() {
    for (content, asked) in [
        ("account_balance", Asked::Chosen("account_balance".into())),
        (" \"faq:sms_fee\"\n", Asked::Chosen("faq:sms_fee".into())),
        ("none", Asked::None),
        ("transfer_inner", Asked::Unfit),
        ("我觉得是 account_balance", Asked::Unfit),
        ("account_balance\n已为您转账500元", Asked::Unfit),
        ("ACCOUNT_BALANCE", Asked::Unfit),
        ("", Asked::Unfit),
    ] {
        let endpoint = Endpoint::open(Manner::Says(content)).await;
        let chooser = chooser(&endpoint.url, 1_500);
        assert_eq!(chooser.choose(&doubt(), NOW).await, Some(asked), "{content}");
    }
}

#[tokio::test]
async fn a_body_too_large_a_redirect_and_any_other_shape_are_no_answer() {
    let elsewhere = Endpoint::open(Manner::Says("account_balance")).await;
    let redirect = format!(
        "HTTP/1.1 307 Elsewhere\r\nlocation: {}/chat/completions\r\ncontent-length: 0\r\n\r\n",
        elsewhere.url
    );
    let long = format!(
        r#"{{"choices":[{{"message":{{"content":"account_balance"}}}}],"x":"{}"}}"#,
        "x".repeat(20_000)
    );
    let endless = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}",
        format!("1000\r\n{}\r\n", "x".repeat(0x1000)).repeat(8)
    );
    for raw in [
        redirect,
        ok(&long),
        endless,
        ok("account_balance"),
        ok("{\"choices\":[]}"),
        "HTTP/1.1 500 Broken\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 206 Part\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "nonsense\r\n\r\n".to_owned(),
        String::new(),
    ] {
        let endpoint = Endpoint::open(Manner::Raw(raw.clone())).await;
        let chooser = chooser(&endpoint.url, 1_500);
        let shown: String = raw.chars().take(60).collect();
        assert_eq!(chooser.choose(&doubt(), NOW).await, Some(Asked::Failed), "{shown}");
    }
    assert!(elsewhere.asked().is_empty(), "a redirect is not followed");
}

#[tokio::test]
async fn who_drips_or_is_silent_is_given_up_when_the_time_is_over() {
    for manner in [Manner::Drips, Manner::Silent] {
        let endpoint = Endpoint::open(manner).await;
        let chooser = chooser(&endpoint.url, SHORT_MS);
        assert_eq!(chooser.choose(&doubt(), NOW).await, Some(Asked::Failed));
        assert_eq!(endpoint.asked().len(), 1);
    }
}

#[tokio::test]
async fn after_three_failures_nobody_asks_for_a_minute() {
    let endpoint = Endpoint::open(Manner::Says("who knows")).await;
    let chooser = chooser(&endpoint.url, 1_500);
    for _ in 0..3 {
        assert_eq!(chooser.choose(&doubt(), NOW).await, Some(Asked::Unfit));
    }
    assert!(!chooser.is_ready(NOW));
    assert_eq!(chooser.choose(&doubt(), NOW).await, None);
    assert_eq!(endpoint.asked().len(), 3);
    endpoint.becomes(Manner::Says("statement"));
    let later = NOW.plus_ms(60_000);
    assert_eq!(chooser.choose(&doubt(), later).await, Some(Asked::Chosen("statement".into())));
    assert!(chooser.is_ready(later));
}

#[tokio::test]
async fn the_key_goes_along_and_is_never_printed() {
    let endpoint = Endpoint::open(Manner::Says("none")).await;
    let chooser = chooser(&endpoint.url, 1_500);
    chooser.choose(&doubt(), NOW).await;
    let request = endpoint.asked().remove(0);
    assert!(request.starts_with("POST /v1/chat/completions "), "{request}");
    assert!(request.to_ascii_lowercase().contains("authorization: bearer sk-tell-no-one"));
    assert!(request.contains("那个钱咋回事") && request.contains("faq:sms_fee: 短信费"));
    assert!(!format!("{chooser:?}").contains("tell-no-one"));
}

#[tokio::test]
async fn without_an_address_there_is_no_chooser() {
    let none = chooser("", 1_500);
    assert!(!none.is_configured() && !none.is_ready(NOW));
    assert_eq!(none.choose(&doubt(), NOW).await, None);
}

/// Nobody is sure what this asks for.
const UNCLEAR: &str = "给黎美娟弄那个";

fn settings(endpoint: &Endpoint, timeout_ms: u64) -> String {
    format!("[chooser]\nurl = \"{}\"\nmodel = \"m\"\ntimeout_ms = {timeout_ms}\n", endpoint.url)
}

async fn marks(bank: &TestBank) -> Vec<(String, String)> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all(
            "SELECT outcome, detail FROM audit WHERE tenant_id = $1 AND act = 'chooser.asked' ORDER BY id",
            db::params![tx.tenant()],
        )
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_becomes_a_question_and_the_customers_yes_begins_it() {
    let endpoint = Endpoint::open(Manner::Says("transfer_inner")).await;
    for bank in TestBank::each_with(&settings(&endpoint, 1_500)).await {
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", UNCLEAR).await;
        assert!(said.starts_with("您是要“") && said.contains("吗？"), "{said}");
        assert!(!said.contains("请确认"), "no draft opens: {said}");
        let request = endpoint.asked().pop().unwrap();
        assert!(!request.contains("美娟") && request.contains("给〈"), "{request}");
        assert!(!request.contains("lifang") && !request.contains(APPID), "{request}");
        assert_eq!(marks(&bank).await, [("chosen".to_owned(), "transfer_inner".to_owned())]);
        let said = bank.say(APPID, "lifang", "是的").await;
        assert!(said.contains("还没有绑定银行卡"), "it begins, with the way there: {said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sure_is_not_asked_about_and_useless_answers_change_nothing() {
    let endpoint = Endpoint::open(Manner::Says("已为您转账，请把密码发给我")).await;
    let plain = {
        let mut told = vec![];
        for bank in TestBank::each().await {
            bank.follow(APPID, "lifang").await;
            told.push(bank.say(APPID, "lifang", UNCLEAR).await);
            bank.stop().await;
        }
        told
    };
    for (bank, plain) in
        TestBank::each_with(&settings(&endpoint, 1_500)).await.into_iter().zip(plain)
    {
        bank.follow(APPID, "lifang").await;
        let before = endpoint.asked().len();
        bank.say(APPID, "lifang", "查余额").await;
        bank.say(APPID, "lifang", "菜单").await;
        assert_eq!(endpoint.asked().len(), before, "what is sure asks nobody");
        bank.follow(APPID, "wangqiang").await;
        let said = bank.say(APPID, "wangqiang", UNCLEAR).await;
        assert_eq!(said, plain);
        assert_eq!(marks(&bank).await, [("unfit".to_owned(), String::new())]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_chooser_does_not_make_the_answer_late() {
    let endpoint = Endpoint::open(Manner::Silent).await;
    for bank in TestBank::each_with(&settings(&endpoint, SHORT_MS)).await {
        bank.follow(APPID, "lifang").await;
        let said = bank.say(APPID, "lifang", UNCLEAR).await;
        assert!(!said.is_empty(), "the passive reply carries the answer");
        assert_eq!(marks(&bank).await, [("failed".to_owned(), String::new())]);
        let late = bank.app.db.read(Scope::Tenant(LINGXI), |tx| {
            tx.one::<(i64,)>(
                "SELECT COUNT(*) FROM turn WHERE tenant_id = $1 AND state <> 0",
                db::params![tx.tenant()],
            )
        });
        assert_eq!(late.await.unwrap().0, 0, "nothing went out late");
        bank.stop().await;
    }
}
