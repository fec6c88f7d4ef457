//! An institution's own phrases through the staff pages and the chat; on both engines.

use super::{list, tool};
use crate::staff::{Role, add};
use crate::testing::{APPID, LINGXI, TestBank, YUNLU};
use base::Secret;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::json;

const PASSWORD: &str = "field-of-wheat-2026";
const SAID: &str = "你们屋头挨到哪点";
const FILE: &str = "[say]\nbranch_search = [\"你们屋头挨到哪点\", \"屋头在哪坨\"]\n";

/// A member of staff at their desk.
#[derive(Debug)]
struct Desk<'b> {
    bank: &'b TestBank,
    cookie: String,
}

async fn desk<'b>(bank: &'b TestBank, login: &str, role: Role) -> Desk<'b> {
    let tenant = if login.starts_with("yunlu") { YUNLU } else { LINGXI };
    add(&bank.app, tenant, login, &Secret::new(PASSWORD.into()), role).await.unwrap();
    let form = format!("login={login}&password={PASSWORD}");
    let url = format!("{}/login", bank.staff_url);
    let request = bank.http.post(url).header("content-type", "application/x-www-form-urlencoded");
    let answer = request.body(form).send().await.unwrap();
    let set = answer.headers().get(SET_COOKIE).expect("logged in").to_str().unwrap();
    Desk { bank, cookie: set.split(';').next().unwrap().to_owned() }
}

impl Desk<'_> {
    async fn page(&self) -> String {
        let url = format!("{}/phrases", self.bank.staff_url);
        let got = self.bank.http.get(url).header(COOKIE, &self.cookie).send().await.unwrap();
        got.text().await.unwrap()
    }

    async fn post(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let page = self.page().await;
        let token =
            page.split("name=\"token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut all = vec![("token", token)];
        all.extend_from_slice(fields);
        let url = format!("{}/phrases", self.bank.staff_url);
        let request = self.bank.http.post(url).header(COOKIE, &self.cookie).form(&all);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

async fn acts(bank: &TestBank) -> Vec<String> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all::<(String, String)>(
            "SELECT act, outcome FROM audit WHERE tenant_id = $1 AND act LIKE 'local.%' ORDER BY id",
            db::params![tx.tenant()],
        )
    };
    let all = bank.app.db.read(db::Scope::Tenant(LINGXI), unit).await.unwrap();
    all.into_iter().map(|(act, outcome)| format!("{act} {outcome}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_person_writes_and_another_publishes_is_understood_at_once_and_can_be_taken_back()
{
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let before = bank.say(APPID, "lifang", SAID).await;
        let (chen, luo) = (
            desk(&bank, "lingxi.chen", Role::CountyAdmin).await,
            desk(&bank, "lingxi.luo", Role::CountyAdmin).await,
        );
        assert!(chen.page().await.contains("还没有本行说法"));
        let (status, page) = chen.post(&[("act", "propose"), ("text", FILE)]).await;
        assert!(status == 200 && page.contains("第 1 版提交好了"), "{page}");
        bank.follow(APPID, "wangqiang").await;
        let meanwhile = bank.say(APPID, "wangqiang", SAID).await;
        assert_eq!(meanwhile, before, "nothing counts before it is published");
        let (status, page) = chen.post(&[("act", "publish"), ("version", "1")]).await;
        assert!(status == 403 && page.contains("另一位管理员"), "{page}");
        let (status, page) = luo.post(&[("act", "publish"), ("version", "1")]).await;
        assert!(
            status == 200 && page.contains("第 1 版发布好了") && page.contains("误开付款 0 次"),
            "{page}"
        );
        let said = bank.say(APPID, "lifang", SAID).await;
        assert!(said.contains("您在哪儿"), "what 附近网点 asks: {said}");
        bank.say(APPID, "lifang", "算了").await;
        let (status, _) = luo.post(&[("act", "publish"), ("version", "1")]).await;
        assert_eq!(status, 409, "it is published once");
        let (_, page) = luo.post(&[("act", "none")]).await;
        assert!(page.contains("不再用本行说法"), "{page}");
        let (_, page) = luo.post(&[("act", "back"), ("version", "1")]).await;
        assert!(page.contains("换回第 1 版"), "{page}");
        let said = bank.say(APPID, "lifang", SAID).await;
        assert!(said.contains("您在哪儿"), "{said}");
        assert_eq!(
            acts(&bank).await,
            [
                "local.propose done",
                "local.publish done",
                "local.roll_back done",
                "local.roll_back done"
            ]
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_mistakes_is_refused_by_line_and_nothing_typed_is_lost() {
    for bank in TestBank::each().await {
        let chen = desk(&bank, "lingxi.chen", Role::Agent).await;
        let text = "[say]\naccount_statement = [\"查余额\"]\nno_such = [\"哈哈\"]\n";
        let (status, page) = chen.post(&[("act", "propose"), ("text", text)]).await;
        assert_eq!(status, 400, "{page}");
        assert!(
            page.contains("第 2 行：“查余额”已经是") && page.contains("第 3 行：没有业务项"),
            "{page}"
        );
        assert!(page.contains("no_such = [&quot;哈哈&quot;]"), "{page}");
        let (status, page) = chen.post(&[("act", "propose"), ("text", FILE)]).await;
        assert_eq!(status, 200, "{page}");
        let (status, page) = chen.post(&[("act", "publish"), ("version", "1")]).await;
        assert!(status == 403 && page.contains("要由本机构的管理员"), "{page}");
        let forged =
            bank.http.post(format!("{}/phrases", bank.staff_url)).header(COOKIE, &chen.cookie);
        let forged =
            forged.form(&[("token", "x"), ("act", "propose"), ("text", FILE)]).send().await;
        assert_eq!(forged.unwrap().status().as_u16(), 401);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn phrases_are_one_institutions_own_and_another_process_takes_them_up() {
    for bank in TestBank::each().await {
        let luo = desk(&bank, "lingxi.luo", Role::CountyAdmin).await;
        let zhou = desk(&bank, "yunlu.zhou", Role::CountyAdmin).await;
        let errand = tool::Errand::Propose { institution: "lingxi".into(), text: FILE.into() };
        assert_eq!(tool::run(&bank.app, errand).await.unwrap(), json!({ "version": 1 }));
        let (status, page) = zhou.post(&[("act", "publish"), ("version", "1")]).await;
        assert!(
            status == 404 && page.contains("没有这一版"),
            "another bank's version is not there: {page}"
        );
        let second = bank.second_process().await;
        luo.post(&[("act", "publish"), ("version", "1")]).await;
        let understood = |app: &crate::app::App, tenant| {
            app.book_of(tenant).insight(SAID, 20_780).why == "exact phrase"
        };
        assert!(understood(&bank.app, LINGXI) && !understood(&bank.app, YUNLU));
        if let Some(second) = second {
            assert!(!understood(&second, LINGXI));
            second.reload().await.unwrap();
            assert!(understood(&second, LINGXI));
            second.shut_down().await;
        }
        let after = bank.after_a_kill().await;
        assert!(understood(&after, LINGXI), "what is live is live after a start");
        let (versions, is_whole, _) = list(&after, LINGXI).await.unwrap();
        assert!(is_whole && versions[0].state == "live" && versions[0].figures.is_some());
        after.shut_down().await;
        bank.stop().await;
    }
}
