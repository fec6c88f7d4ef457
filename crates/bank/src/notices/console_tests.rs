//! The staff's page of templates: seen and renewed by whom they belong to.

use super::templates;
use super::tests::banks;
use crate::staff::{self, Role};
use crate::testing::{APPID, LINGXI, TestBank};
use base::Secret;
use db::{Scope, params};
use reqwest::header::{COOKIE, SET_COOKIE};

const PASSWORD: &str = "field-of-wheat-2026";

impl TestBank {
    async fn signs_in(&self, login: &str, role: Role) -> String {
        staff::add(&self.app, LINGXI, login, &Secret::new(PASSWORD.into()), role).await.unwrap();
        let (_, answer) =
            self.staff_post("/login", "", &format!("login={login}&password={PASSWORD}")).await;
        let set = answer.get(SET_COOKIE).unwrap().to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    async fn staff_post(
        &self,
        path: &str,
        cookie: &str,
        form: &str,
    ) -> (u16, reqwest::header::HeaderMap) {
        let url = format!("{}{path}", self.staff_url);
        let request =
            self.http.post(url).header("content-type", "application/x-www-form-urlencoded");
        let answer = request.header(COOKIE, cookie).body(form.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.headers().clone())
    }

    async fn templates_page(&self, cookie: &str) -> (u16, String) {
        let url = format!("{}/notices", self.staff_url);
        let answer = self.http.get(url).header(COOKIE, cookie).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn offers_noted(&self) -> Vec<(String, String)> {
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String, String)>(
                "SELECT actor, detail FROM audit WHERE tenant_id = $1 AND act = 'notice.offer' AND actor LIKE 'staff:%' ORDER BY id",
                params![tx.tenant()],
            )
        };
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }
}

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    text.split(from).nth(1).and_then(|t| t.split(to).next()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_template_is_an_alarm_on_the_page_and_one_button_takes_it_anew() {
    for bank in banks().await {
        let cookie = bank.signs_in("lingxi.zhou", Role::CountyAdmin).await;
        let (status, page) = bank.templates_page(&cookie).await;
        assert_eq!(status, 200, "{page}");
        assert!(
            page.contains("账户变动提醒")
                && page.contains("1,280.50元")
                && page.contains("最多20个字"),
            "{page}"
        );
        assert!(
            page.contains("到期提醒")
                && page.contains("业务办理进度通知")
                && page.contains("账户安全提醒")
        );
        assert!(!page.contains("微信收回了"), "{page}");

        let id = bank.app.registry().account(APPID).unwrap().id;
        let gone = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE notice_template SET template_id = 'gone' WHERE tenant_id = $1 AND category = 'due'",
                params![tx.tenant()],
            )
        };
        bank.app.db.write(Scope::Tenant(LINGXI), gone).await.unwrap();
        bank.app.reload().await.unwrap();
        templates::check(&bank.app).await.unwrap();
        let (_, page) = bank.templates_page(&cookie).await;
        assert!(page.contains("微信收回了模板：") && page.contains("重新开通"), "{page}");

        let path = format!("/notices/{id}/due");
        let (status, _) = bank.staff_post(&path, &cookie, "token=forged").await;
        assert_eq!(status, 401);
        let token = between(&page, "name=\"token\" value=\"", "\"").to_owned();
        let (status, _) = bank.staff_post(&path, &cookie, &format!("token={token}")).await;
        assert_eq!(status, 303);
        let (_, page) = bank.templates_page(&cookie).await;
        assert!(!page.contains("微信收回了"), "{page}");
        let noted = bank.offers_noted().await;
        assert!(noted.len() == 1 && noted[0].1 == "due", "{noted:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_for_no_account_sees_and_renews_no_template() {
    for bank in banks().await {
        let cookie = bank.signs_in("lingxi.chen", Role::Agent).await;
        let (status, page) = bank.templates_page(&cookie).await;
        assert!(status == 403 && page.contains("由县行管理员管本行的"), "{page}");
        assert!(!page.contains("账户变动提醒"), "{page}");
        // A wrong form token is refused before anything; the right one does not help either.
        let id = bank.app.registry().account(APPID).unwrap().id;
        let home = bank.http.get(format!("{}/", bank.staff_url)).header(COOKIE, &cookie);
        let home = home.send().await.unwrap().text().await.unwrap();
        let token = between(&home, "name=\"token\" value=\"", "\"").to_owned();
        let (status, _) = bank
            .staff_post(&format!("/notices/{id}/due"), &cookie, &format!("token={token}"))
            .await;
        assert!(status == 403 || status == 401, "{status}");
        assert!(bank.offers_noted().await.is_empty());
        bank.stop().await;
    }
}
