//! What is written down of a binding and what never is: log lines, URLs, audit rows.

use crate::testing::{APPID, Browser, LINGXI, PROVINCIAL, TestBank, elements, link_in, people};
use db::{Scope, params};
use serde_json::json;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// All log lines of this process, from the first call on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn captured() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let filter = EnvFilter::new(
                "debug,simulator=off,tokio_postgres=info,bank=trace,wechat=trace,db=trace,corebank=trace",
            );
            let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
            builder
                .with_writer(log.clone())
                .try_init()
                .expect("nobody else listens in these tests");
            log
        })
    }
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.bytes().extend_from_slice(line);
        Ok(line.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;
    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_log_lines_nor_addresses_hold_anything_personal_ca_06_dp_02_dp_09() {
    let log = Log::captured();
    for bank in TestBank::each().await {
        let p = &people()[0];
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let mut wrong = elements(p);
        wrong["name"] = json!("李方芳");
        browser.post(&bank, &slug, "bind/check", wrong).await;
        // A body that is no JSON of ours, with personal data in it.
        browser
            .post(&bank, &slug, "bind/check", json!({ "card": p.card_no, "id_no": p.id_no }))
            .await;
        bank.bind_on(&browser, &slug, p).await;
        let code = bank.code_for(p.mobile).await;
        bank.say(APPID, "lifang", "余额").await;
        bank.say(APPID, "lifang", &format!("我的卡号{}密码274906", p.card_no)).await;
        let statement = bank
            .control(
                &format!("chats/{APPID}/lifang/send?wait=1"),
                json!({ "type": "text", "content": "这个月的流水" }),
            )
            .await;
        let link = link_in(&statement["items"]).unwrap();
        let page = browser.web_view(&bank, APPID, "lifang", &link).await;
        for path in ["accounts", "statement", "bind", "session"] {
            assert_eq!(browser.api(&bank, &page.slug(), path).await.0, 200);
        }
        bank.core.set_weather(corebank::Weather { outage: true, ..corebank::Weather::default() });
        bank.say(APPID, "lifang", "所有账户").await;
        bank.settle().await;
        let mut canaries = vec![
            p.card_no.clone(),
            p.id_no.clone(),
            p.mobile.to_owned(),
            p.name.to_owned(),
            "李方芳".into(),
            "1,280.50".into(),
            "1280.50".into(),
            "128050".into(),
            "274906".into(),
            code,
        ];
        let personal = canaries.len();
        canaries.push(link.split("/h5/l/").nth(1).unwrap().to_owned());
        canaries.extend(browser.secrets());
        canaries.extend(["testsecret".to_owned(), "testcomponentsecret".to_owned()]);
        let text = String::from_utf8_lossy(&log.bytes()).into_owned();
        assert!(text.contains("the core did not"), "the log is being heard: {} bytes", text.len());
        for canary in &canaries {
            let line = text.lines().find(|l| l.contains(canary.as_str()));
            assert_eq!(line, None, "a log line holds {canary}");
        }
        let exchanges = bank.look("exchanges?limit=1000").await;
        let exchanges = exchanges["items"].as_array().unwrap().clone();
        assert!(exchanges.len() > 10);
        for e in &exchanges {
            let url = e["url"].as_str().unwrap_or_default();
            let found = canaries[..personal].iter().find(|c| url.contains(c.as_str()));
            assert_eq!(found, None, "{url}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_break_typed_by_a_customer_makes_no_log_line_of_its_own_dp_09() {
    let log = Log::captured();
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        bank.say(APPID, "lifang", "余额\r\nERROR forged line by a customer\r\n").await;
        let odd = format!("{}/wx/nobody%0d%0aERROR%20forged%20line?signature=x%0aERROR", bank.url);
        bank.http.post(odd).body("x\r\nERROR forged line").send().await.unwrap();
        let text = String::from_utf8_lossy(&log.bytes()).into_owned();
        assert!(!text.contains("by a customer"), "typed words are not logged at all");
        let forged = text.lines().find(|l| l.starts_with("ERROR forged"));
        assert_eq!(forged, None, "what comes from outside is written escaped, within its line");
        bank.stop().await;
    }
}

type Audited = (String, String, String, String, String);

async fn audited(bank: &TestBank) -> Vec<Audited> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all(
            "SELECT act, actor, subject, outcome, detail FROM audit WHERE tenant_id = $1 ORDER BY id",
            params![tx.tenant()],
        )
    };
    bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_login_check_binding_refusal_and_unbinding_leaves_a_row_without_personal_data() {
    for bank in TestBank::each().await {
        let p = &people()[0];
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let mut wrong = elements(p);
        wrong["name"] = json!("李方");
        browser.post(&bank, &slug, "bind/check", wrong).await;
        bank.bind_on(&browser, &slug, p).await;
        let other = Browser::default();
        let taken = bank.open_binding(APPID, "wangqiang", &other).await;
        other.post(&bank, &taken, "bind/check", elements(p)).await;
        let told = bank
            .control(
                &format!("chats/{APPID}/lifang/send?wait=1"),
                json!({ "type": "text", "content": "这个月的流水" }),
            )
            .await;
        let link = link_in(&told["items"]).unwrap();
        other.web_view(&bank, APPID, "wangqiang", &link).await;
        bank.say(APPID, "lifang", "解绑").await;
        bank.say(APPID, "lifang", "确定").await;
        let rows = audited(&bank).await;
        for (act, outcome, detail) in [
            ("session.open", "done", ""),
            ("bind.check", "refused", "bind.mismatch"),
            ("bind.check", "done", ""),
            ("bind.otp", "done", ""),
            ("bind.done", "done", ""),
            ("bind.check", "refused", "bind.taken"),
            ("link.open", "refused", "link.foreign"),
            ("bind.end", "done", "customer"),
        ] {
            let found = rows.iter().any(|r| (&*r.0, &*r.3, &*r.4) == (act, outcome, detail));
            assert!(found, "{act} {outcome} {detail}: {rows:?}");
        }
        assert!(rows.iter().all(|r| r.1.starts_with("follower:") || r.1.starts_with("house:")));
        let text = format!("{rows:?}");
        for part in [p.card_no.as_str(), &p.id_no, p.mobile, p.name, "李方", "1011000001"] {
            assert!(!text.contains(part), "an audit row holds {part}");
        }
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unbinding_on_the_page_and_moving_to_another_bank_are_audited() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(PROVINCIAL, "lifang", &browser).await;
        let (_, told) = browser.post(&bank, &slug, "bind/check", elements(&people()[0])).await;
        let slug = told["redirect"].as_str().unwrap().split('/').nth(3).unwrap().to_owned();
        bank.bind_on(&browser, &slug, &people()[0]).await;
        browser.post(&bank, &slug, "unbind", json!({})).await;
        let rows = audited(&bank).await;
        assert_eq!(rows.iter().filter(|r| r.0 == "bind.end").count(), 1, "{rows:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_pages_policy_stops_is_reported_and_counted_ca_07() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let report = async |body: String| {
            let url = format!("{}/h5/csp", bank.url);
            bank.http.post(url).body(body).send().await.unwrap().status().as_u16()
        };
        let stopped = json!({ "csp-report": {
            "document-uri": format!("{}/h5/s/{slug}/bind", bank.url), "effective-directive": "script-src-elem",
            "blocked-uri": "https://strange.example/keys.js?pin=1",
        } });
        assert_eq!(report(stopped.to_string()).await, 204);
        assert_eq!(report("{}".into()).await, 400);
        assert_eq!(
            report(json!({ "csp-report": { "effective-directive": "x\n" } }).to_string()).await,
            204
        );
        bank.stop().await;
    }
}
