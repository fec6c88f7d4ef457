//! What a follower sees of the pipeline: one answer a message, the same answer to a repeat, never silence.

use super::store::{Kept, TURN};
use crate::testing::{APPID, LINGXI, PROVINCIAL, SUBSCRIPTION, TestBank, people};
use crate::vault::Place;
use corebank::Weather;
use db::{Scope, params};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_follower_is_greeted_and_told_how_to_bind() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("陵溪农商行"), "{said}");
        let asked = bank.say(APPID, "lifang", "查余额").await;
        assert!(asked.contains("绑"), "{asked}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_that_led_to_binding_is_answered_without_asking_again() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        bank.say(APPID, "lifang", "卡里还有多少钱").await;
        bank.bind(APPID, "lifang", &people()[0]).await;
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("1,280.50"), "{said}");
        let again = bank.say(APPID, "lifang", "余额").await;
        assert!(again.contains("1,280.50"), "{again}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_delivered_three_times_acts_once_and_gets_the_same_answer_ch_04() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.control("weather", json!({ "duplicate_percent": 100 })).await;
        let before = bank.core.calls();
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("1,280.50"), "{said}");
        bank.control("weather", json!({ "duplicate_percent": 0 })).await;
        assert_eq!(bank.core.calls() - before, 1, "the core was asked more than once");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_core_is_acknowledged_in_time_and_answered_later() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(Weather { delay_ms: 1_500, ..Weather::default() });
        let at_once = bank.say(APPID, "lifang", "余额").await;
        assert!(!at_once.contains("1,280.50") && !at_once.contains("无法提供服务"), "{at_once}");
        let mut was_typing = false;
        for _ in 0..100 {
            bank.settle().await;
            was_typing |= bank.look(&format!("chats/{APPID}/lifang")).await["typing"] == true;
            if bank.chat(APPID, "lifang").await.join("").contains("查到了") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let said = bank.chat(APPID, "lifang").await.join("\n");
        assert!(said.contains("查到了") && said.contains("1,280.50"), "{said}");
        assert!(was_typing, "nothing showed that an answer was on its way");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_core_is_said_plainly_and_never_an_error_page() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.core.set_weather(Weather { outage: true, ..Weather::default() });
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(!said.is_empty() && !said.contains("1,280.50"), "{said}");
        assert!(!said.contains("无法提供服务"), "{said}");
        bank.core.set_weather(Weather::default());
        let said = bank.say(APPID, "lifang", "余额").await;
        assert!(said.contains("1,280.50"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_subscription_account_answers_and_says_why_it_cannot_log_in() {
    for bank in TestBank::each().await {
        bank.follow(SUBSCRIPTION, "lifang").await;
        let said = bank.say(SUBSCRIPTION, "lifang", "查余额").await;
        assert!(!said.is_empty() && !said.contains("/h5/l/"), "{said}");
        assert!(!said.contains("无法提供服务"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_typed_into_the_chat_is_neither_echoed_nor_kept() {
    for bank in TestBank::each().await {
        let (card, id_no) = (people()[0].card_no.clone(), people()[0].id_no.clone());
        bank.follow(APPID, "lifang").await;
        let typed = [
            (format!("我的卡号是{card}"), card.as_str()),
            (format!("身份证{id_no}"), id_no.as_str()),
            ("密码274906".into(), "274906"),
            ("验证码是483920".into(), "483920"),
        ];
        for (text, secret) in &typed {
            let spoken = json!({ "type": "voice", "seconds": 3, "recognition": text });
            for said in
                [bank.say(APPID, "lifang", text).await, bank.send(APPID, "lifang", spoken).await]
            {
                assert!(!said.is_empty() && !said.contains(secret), "{text}: {said}");
            }
        }
        let kept = turns(&bank).await;
        assert!(kept.len() >= 2 * typed.len(), "{kept:?}");
        for (text, secret) in &typed {
            let is_kept = |k: &&Kept| {
                k.heard.contains(secret) || k.reply.as_ref().is_some_and(|r| r.contains(secret))
            };
            assert!(!kept.iter().any(|k| is_kept(&k)), "{text} is kept: {kept:?}");
        }
        bank.stop().await;
    }
}

/// Every turn of the bank, opened.
async fn turns(bank: &TestBank) -> Vec<Kept> {
    let keys = bank.app.vault.tenant(&bank.app.db, LINGXI).await.unwrap();
    let unit = |tx: &db::Tx<'_>| {
        tx.all::<(i64, Vec<u8>)>(
            "SELECT message_key, body_sealed FROM turn WHERE tenant_id = $1",
            params![tx.tenant()],
        )
    };
    let rows = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
    let open =
        |(key, sealed): &(i64, Vec<u8>)| keys.open_json(Place::new(TURN, *key), sealed).unwrap();
    rows.iter().map(open).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_message_is_answered_or_acknowledged() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        for message in [
            json!({ "type": "voice", "seconds": 3, "recognition": "查余额" }),
            json!({ "type": "voice", "seconds": 3, "recognition": "" }),
            json!({ "type": "location", "x": 33.1, "y": 111.2, "scale": 16, "label": "城关镇" }),
            json!({ "type": "image" }),
            json!({ "type": "video" }),
            json!({ "type": "link", "title": "t", "description": "d", "url": "http://example.invalid/" }),
            json!({ "type": "click", "key": "help_menu" }),
            json!({ "type": "text", "content": "]]><a>&lt;" }),
        ] {
            let said = bank.send(APPID, "lifang", message.clone()).await;
            assert!(!said.contains("无法提供服务"), "{message}: {said}");
        }
        bank.stop().await;
    }
}

/// A message as if it had just been opened.
fn heard(bank: &TestBank, uid: &str, msg_id: u64) -> super::Message {
    said(bank, (APPID, "gh_0000000000b1"), uid, msg_id, "你好")
}

fn said(
    bank: &TestBank,
    (appid, original_id): (&str, &str),
    uid: &str,
    msg_id: u64,
    words: &str,
) -> super::Message {
    let openid = simulator::openid_of(appid, uid);
    let created_s = bank.clock.now().ms() / 1_000;
    let xml = format!(
        "<xml><ToUserName>{original_id}</ToUserName><FromUserName>{openid}</FromUserName>\
         <CreateTime>{created_s}</CreateTime><MsgType>text</MsgType><Content>{words}</Content><MsgId>{msg_id}</MsgId></xml>"
    );
    let heard = wechat::inbound::read(xml.as_bytes()).unwrap();
    let account = bank.app.registry().account(appid).unwrap().clone();
    let (now, random) = (bank.clock.now(), base::Random::seeded(msg_id).bytes());
    let (query, body) =
        wechat::envelope::push(&account.callback, &xml, original_id, "a1b2c3", now, random);
    let query = format!(
        "signature={}&timestamp={}&nonce={}&encrypt_type={}&msg_signature={}",
        query.signature, query.timestamp, query.nonce, query.encrypt_type, query.msg_signature
    );
    super::Message {
        who: crate::followers::Person::new(account.id, openid.into()),
        account,
        key: super::http::message_key(&heard),
        heard: heard.into(),
        raw: super::Raw { query, body: body.into() }.into(),
    }
}

/// A message to the province's account.
fn to_the_province(bank: &TestBank, msg_id: u64, words: &str) -> super::Message {
    said(bank, (PROVINCIAL, "gh_0000000000a1"), "lifang", msg_id, words)
}

/// A follower of the province's account who asks for a person, and then goes to 云麓农商行 and from there to 陵溪农商行.
/// The messages on the way with their answers.
async fn moved_twice(bank: &TestBank) -> Vec<(super::Message, super::Words)> {
    bank.follow(PROVINCIAL, "lifang").await;
    let mut all = vec![];
    let lines = ["你好", "人工", "换银行", "云麓农商行", "人工", "换银行", "陵溪农商行"];
    for (id, words) in (901..).zip(lines) {
        let message = to_the_province(bank, id, words);
        let answer = super::receive(&bank.app, message.clone()).await.unwrap();
        assert!(answer.is_some(), "{words}");
        all.push((message, answer));
        bank.settle().await;
    }
    let home = "SELECT COUNT(*) FROM follower f JOIN account a ON a.id = f.account_id \
        WHERE a.is_provincial AND f.tenant_id = 11";
    assert_eq!(count(bank, home).await, 1, "the follower is 陵溪农商行's now");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_gets_its_first_answer_wherever_the_follower_has_moved_meanwhile_ch_04() {
    for bank in TestBank::each().await {
        let all = moved_twice(&bank).await;
        let tables = ["SELECT COUNT(*) FROM leave_message", "SELECT COUNT(*) FROM turn"];
        let before = [count(&bank, tables[0]).await, count(&bank, tables[1]).await];
        bank.clock.advance_ms(30_000);
        for round in ["in memory", "read anew"] {
            for (message, answer) in &all {
                let again = super::receive(&bank.app, message.clone()).await.unwrap();
                assert_eq!(again, *answer, "{round}");
                // The same when it comes too late for WeChat's window (CH-03).
                assert_eq!(super::store::answered(&bank.app, message).await.unwrap(), Some(again));
            }
            bank.app.followers.forget(&all[0].0.who);
        }
        let after = [count(&bank, tables[0]).await, count(&bank, tables[1]).await];
        assert_eq!(after, before, "a repeat acted again");
        // What is new is answered by the bank they are at.
        let new = super::receive(&bank.app, to_the_province(&bank, 950, "你好")).await.unwrap();
        assert!(new.is_some());
        assert_eq!(
            count(&bank, "SELECT COUNT(*) FROM turn WHERE tenant_id = 11 AND message_key = 950")
                .await,
            1
        );
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_does_not_begin_anew_when_the_follower_moves() {
    for bank in TestBank::each().await {
        bank.follow(PROVINCIAL, "lifang").await;
        let first = to_the_province(&bank, 901, "你好");
        super::receive(&bank.app, first.clone()).await.unwrap();
        let then = bank.clock.now();
        bank.clock.advance_ms(base::DAY_MS);
        for (id, words) in [(902, "换银行"), (903, "云麓农商行")] {
            super::receive(&bank.app, to_the_province(&bank, id, words)).await.unwrap();
            bank.settle().await;
        }
        let standing = super::read_standing(&bank.app, &first.who).await.unwrap().unwrap();
        assert_eq!(standing.tenant, crate::testing::YUNLU);
        let last = super::store::last_visit(&bank.app, &standing).await.unwrap();
        assert_eq!(last, Some(then));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_answered_though_the_follower_has_moved_meanwhile() {
    for bank in TestBank::each().await {
        bank.follow(PROVINCIAL, "lifang").await;
        // One message whose process died before it answered, one answered late and not yet sent.
        let (unanswered, unsent) =
            (to_the_province(&bank, 901, "人工"), to_the_province(&bank, 902, "你好"));
        super::store::keep_pending(&bank.app, &unanswered).await.unwrap();
        super::work_late(&bank.app, &unsent).await.unwrap();
        bank.settle().await;
        let at_first = super::read_standing(&bank.app, &unsent.who).await.unwrap().unwrap();
        let (from, to) = (at_first.tenant, crate::testing::YUNLU);
        assert!(crate::followers::move_home(&bank.app, from, at_first.id, to).await.unwrap());
        let before = bank.chat(PROVINCIAL, "lifang").await.len();
        super::send_answer(&bank.app, from, at_first.id, unsent.key).await.unwrap();
        assert_eq!(bank.chat(PROVINCIAL, "lifang").await.len(), before + 1);
        bank.clock.advance_ms(100_000);
        bank.settle().await;
        // WeChat lets so many words through after a follow; what it does not waits at the new bank.
        let waits = count(&bank, "SELECT COUNT(*) FROM unread WHERE tenant_id = 12").await;
        let said = bank.chat(PROVINCIAL, "lifang").await.len();
        assert_eq!(said + usize::try_from(waits).unwrap(), before + 2);
        let answered = "SELECT COUNT(*) FROM turn WHERE tenant_id = 12 AND message_key = 901";
        assert_eq!(count(&bank, answered).await, 1);
        assert_eq!(count(&bank, "SELECT COUNT(*) FROM turn_pending").await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_wait_to_be_read_go_along_when_the_follower_moves() {
    for bank in TestBank::each().await {
        bank.follow(PROVINCIAL, "lifang").await;
        let first = to_the_province(&bank, 901, "你好");
        super::receive(&bank.app, first.clone()).await.unwrap();
        let at_first = super::read_standing(&bank.app, &first.who).await.unwrap().unwrap();
        let (from, to, id) = (at_first.tenant, crate::testing::YUNLU, at_first.id);
        // Past WeChat's window: what is said now waits for the next message.
        bank.clock.advance_ms(3 * base::DAY_MS);
        let (account, openid) = (first.who.account, &*first.who.openid);
        super::say_or_keep(&bank.app, from, id, account, openid, "查到了：一切都好").await.unwrap();
        assert_eq!(count(&bank, "SELECT COUNT(*) FROM unread").await, 1);

        assert!(crate::followers::move_home(&bank.app, from, id, to).await.unwrap());
        let next = to_the_province(&bank, 902, "你好");
        let said = super::receive(&bank.app, next).await.unwrap().unwrap();
        assert!(said.starts_with("查到了：一切都好\n"), "{said}");
        assert_eq!(count(&bank, "SELECT COUNT(*) FROM unread").await, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_answering_is_acknowledged_and_the_message_kept() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let message = heard(&bank, "lifang", 77);
        let work = super::Work::new(&bank.app, async { panic!("a defect") });
        let floor = super::Floor::default();
        let answer = super::wait_for(&bank.app, &message, &floor, work).await.unwrap();
        assert_eq!(answer, None);
        let kept: i64 = bank
            .app
            .db
            .read(db::Scope::House, |tx| tx.one("SELECT COUNT(*) FROM turn_pending", db::params![]))
            .await
            .unwrap();
        assert_eq!(kept, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_of_an_older_message_gets_its_first_answer_from_the_database() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let first = super::receive(&bank.app, heard(&bank, "lifang", 501)).await.unwrap();
        let second = super::receive(&bank.app, heard(&bank, "lifang", 502)).await.unwrap();
        let again = super::receive(&bank.app, heard(&bank, "lifang", 501)).await.unwrap();
        assert_eq!(again, first);
        // The same after everything in memory is gone.
        bank.app.followers.forget(&heard(&bank, "lifang", 501).who);
        let again = super::receive(&bank.app, heard(&bank, "lifang", 502)).await.unwrap();
        assert_eq!(again, second);
        bank.stop().await;
    }
}

async fn count(bank: &TestBank, what: &'static str) -> i64 {
    bank.app.db.read(db::Scope::House, |tx| tx.one(what, db::params![])).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_worked_on_to_its_end_when_nobody_waits_for_it_any_more() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        let message = heard(&bank, "lifang", 602);
        let (app, work) = (bank.app.clone(), message.clone());
        let (tell, told) = tokio::sync::oneshot::channel();
        // The request is dropped before the first step of its work.
        drop(super::Work::new(&bank.app, async move {
            let answer = super::work_through(&app, &work, &super::Floor::default()).await;
            let _ = tell.send(());
            answer
        }));
        told.await.unwrap();
        let again = super::receive(&bank.app, message).await.unwrap();
        assert!(again.is_some());
        assert_eq!(count(&bank, "SELECT COUNT(*) FROM turn WHERE message_key = 602").await, 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_speak_at_once_are_each_answered_and_recorded_once_ch_04() {
    for bank in TestBank::each().await {
        let people: Vec<String> = (0..40).map(|n| format!("guest{n}")).collect();
        for uid in &people {
            super::receive(&bank.app, heard(&bank, uid, 700)).await.unwrap();
        }
        let before = count(&bank, "SELECT COUNT(*) FROM turn").await;
        // Each says something new, and every third message arrives twice.
        let messages = people.iter().enumerate().flat_map(|(n, uid)| {
            std::iter::repeat_n(heard(&bank, uid, 701), if n.is_multiple_of(3) { 2 } else { 1 })
        });
        let answers = messages.map(|m| {
            let app = bank.app.clone();
            async move { (m.who.openid.clone(), super::receive(&app, m).await.unwrap()) }
        });
        let mut said = std::collections::HashMap::new();
        for (who, words) in futures_util::future::join_all(answers).await {
            assert!(words.is_some());
            assert_eq!(*said.entry(who).or_insert_with(|| words.clone()), words);
        }
        assert_eq!(said.len(), people.len());
        assert_eq!(count(&bank, "SELECT COUNT(*) FROM turn").await - before, 40);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_does_not_fit_spoils_none_of_those_recorded_with_it() {
    for bank in TestBank::each().await {
        let people: Vec<String> = (0..30).map(|n| format!("guest{n}")).collect();
        for uid in &people {
            super::receive(&bank.app, heard(&bank, uid, 800)).await.unwrap();
        }
        // Elsewhere the state of every fourth follower moved on, and the copy in memory does not know.
        let behind = bank.app.behind.clone();
        let moved_on = move |tx: &db::Tx<'_>| -> base::Result<()> {
            let all: Vec<(base::TenantId, crate::followers::FollowerId)> = tx.all(
                "SELECT tenant_id, follower_id FROM seat WHERE follower_id % 4 = 0",
                db::params![],
            )?;
            for (_, follower) in all {
                behind.touch(follower);
                tx.exec(
                    "UPDATE seat SET facts = facts + 1 WHERE follower_id = $1",
                    db::params![follower],
                )?;
            }
            // Where several processes may write, one of them may have had a turn with them.
            tx.exec("UPDATE seat SET version = version + 1 WHERE last_key = 800 AND follower_id % 4 = 1", db::params![])?;
            Ok(())
        };
        bank.app.db.write(db::Scope::House, moved_on).await.unwrap();
        // And some messages are repeats of what was answered in another process.
        let of = |n: usize| if n.is_multiple_of(7) { 800 } else { 801 };
        let messages = people.iter().enumerate().map(|(n, uid)| heard(&bank, uid, of(n)));
        let answers = messages.map(|m| super::receive(&bank.app, m));
        for words in futures_util::future::join_all(answers).await {
            assert!(words.unwrap().is_some());
        }
        bank.app.behind.sweep(&bank.app.db).await.unwrap();
        let doubled = "SELECT COUNT(*) FROM turn t JOIN seat s ON s.tenant_id = t.tenant_id AND \
            s.follower_id = t.follower_id WHERE t.message_key = 801 AND s.last_key <> 801";
        assert_eq!(count(&bank, doubled).await, 0);
        assert_eq!(count(&bank, "SELECT COUNT(*) FROM turn WHERE message_key = 801").await, 25);
        bank.stop().await;
    }
}
