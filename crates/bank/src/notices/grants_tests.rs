//! Subscription notices by the simulator's rules: consents counted, spent and taken back.

use super::grants;
use super::tests::HOUR_MS;
use crate::followers::Person;
use crate::testing::{APPID, LINGXI, TestBank};
use base::DAY_MS;
use db::{Scope, params};
use serde_json::json;
use wechat::inbound::Consent;

impl TestBank {
    /// Something is due tomorrow week, WeChat has withdrawn the template for it, and the window is shut.
    async fn needs_consent(&self) -> String {
        self.owes().await;
        self.settle().await;
        self.offer().await;
        let gone = |tx: &db::Tx<'_>| {
            tx.exec(
                "UPDATE notice_template SET state = 'withdrawn' WHERE tenant_id = $1 AND category = 'due'",
                params![tx.tenant()],
            )
        };
        self.app.db.write(Scope::Tenant(LINGXI), gone).await.unwrap();
        self.app.reload().await.unwrap();
        self.clock.advance_ms(9 * DAY_MS);
        let asked = self.look(&format!("chats/{APPID}/lifang/notices")).await;
        let all = asked["items"].as_array().unwrap();
        let due = all.iter().find(|t| t["title"] == "到期提醒").unwrap();
        due["template_id"].as_str().unwrap().to_owned()
    }

    async fn answers_request(&self, template: &str, accept: bool) {
        let answers = json!({ "answers": [{ "template_id": template, "accept": accept }] });
        self.control(&format!("chats/{APPID}/lifang/notices"), answers).await;
    }

    /// Waits until the bank counts so many notices that may be sent.
    async fn until_left(&self, template: &str, wanted: i64) {
        for _ in 0..2_000 {
            if self.consents(template).await == wanted {
                return;
            }
            self.look("state").await;
        }
        assert_eq!(self.consents(template).await, wanted);
    }

    async fn consents(&self, template: &str) -> i64 {
        let (follower, _) = self.only_bound().await;
        let template = template.to_owned();
        let unit = move |tx: &db::Tx<'_>| grants::left(tx, follower, &template);
        self.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    async fn subscription_bubbles(&self) -> usize {
        let chat = self.look(&format!("chats/{APPID}/lifang")).await;
        let items = chat["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter(|i| i["kind"] == "notice").count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_consent_is_worth_one_notice_where_no_template_tells_it() {
    for bank in TestBank::each().await {
        let template = bank.needs_consent().await;
        bank.answers_request(&template, true).await;
        bank.until_left(&template, 1).await;
        assert_eq!(bank.looks().await, 1);
        let told = bank.notice_states().await;
        assert!(told.iter().any(|n| n.0 == "accepted" && n.1 == "subscription"), "{told:?}");
        assert_eq!(bank.subscription_bubbles().await, 1);
        assert_eq!(bank.consents(&template).await, 0);
        // The day itself: nothing is left of the consent, and it is kept for the next contact.
        bank.clock.advance_ms(3 * DAY_MS);
        assert_eq!(bank.looks().await, 1);
        assert_eq!(bank.subscription_bubbles().await, 1);
        assert_eq!(bank.notice_states().await.last().unwrap().0, "held");
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_wechat_does_not_know_is_forgotten_and_the_next_way_is_taken() {
    for bank in TestBank::each().await {
        let template = bank.needs_consent().await;
        bank.clock.advance_ms(HOUR_MS);
        // As if WeChat had taken it back without a word.
        let who = Person::new(
            bank.app.registry().account(APPID).unwrap().id,
            simulator::openid_of(APPID, "lifang").into(),
        );
        let said = Consent { template_id: template.clone(), accepted: true, scene: Some(1) };
        for _ in 0..3 {
            grants::heard(&bank.app, &who, -7, std::slice::from_ref(&said)).await.unwrap();
        }
        assert_eq!(
            bank.consents(&template).await,
            1,
            "an event that is told three times counts once"
        );
        assert_eq!(bank.looks().await, 1);
        let told = bank.notice_states().await;
        assert!(told.iter().any(|n| n.0 == "held"), "{told:?}");
        assert_eq!((bank.consents(&template).await, bank.subscription_bubbles().await), (0, 0));
        bank.settle().await;
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_ends_what_was_agreed_to_before() {
    for bank in TestBank::each().await {
        let template = bank.needs_consent().await;
        bank.answers_request(&template, true).await;
        bank.until_left(&template, 1).await;
        bank.clock.advance_ms(1_000);
        bank.answers_request(&template, true).await;
        bank.until_left(&template, 2).await;
        bank.clock.advance_ms(1_000);
        bank.answers_request(&template, false).await;
        bank.until_left(&template, 0).await;
        assert_eq!(bank.looks().await, 1);
        assert_eq!(bank.subscription_bubbles().await, 0);
        bank.settle().await;
        bank.stop().await;
    }
}
