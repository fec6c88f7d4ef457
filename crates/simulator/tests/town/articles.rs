//! Drafts, publishing, and mass sending, as §12, §13 and §25 of the protocol want them.

use crate::common::{APPID, Town, UID, code};
use serde_json::{Value, json};
use wechat::inbound::{Event, MassSent, What};

const DAY_MS: i64 = 86_400_000;
pub(crate) const MASS_MS: i64 = 2_000;

async fn thumb(town: &Town, appid: &str) -> String {
    let path = "/cgi-bin/material/add_material?type=thumb";
    let answer = town.upload(appid, path, "cover.jpg").await;
    answer["media_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

pub(crate) async fn draft(town: &Town, titles: &[&str]) -> String {
    let cover = thumb(town, APPID).await;
    let article = |title: &&str| {
        json!({ "title": title, "author": "青禾", "digest": "摘要", "thumb_media_id": cover,
                "content": format!("<p>{title}的正文</p>") })
    };
    let articles: Vec<Value> = titles.iter().map(article).collect();
    let answer = town.api("/cgi-bin/draft/add", json!({ "articles": articles })).await;
    answer["media_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

pub(crate) async fn send_to_all(town: &Town, body: Value) -> Value {
    let mut body = body;
    body["filter"] = json!({ "is_to_all": true });
    town.api("/cgi-bin/message/mass/sendall", body).await
}

fn text(words: &str) -> Value {
    json!({ "msgtype": "text", "text": { "content": words } })
}

pub(crate) async fn mass_end(town: &Town) -> MassSent {
    let pick = |what: &What| match what {
        What::Event(Event::MassSent(sent)) => Some((**sent).clone()),
        _ => None,
    };
    town.hears(pick).await
}

async fn page(town: &Town, url: &str) -> String {
    town.http.get(url).send().await.unwrap().text().await.unwrap()
}

fn bubbles<'v>(chat: &'v Value, kind: &str) -> Vec<&'v Value> {
    chat["items"].as_array().unwrap().iter().filter(|i| i["kind"] == kind).collect()
}

#[tokio::test]
async fn a_draft_is_sent_to_every_follower_and_its_end_is_told_later() {
    let town = Town::start().await;
    let media_id = draft(&town, &["春耕贷款", "防骗提醒"]).await;
    let body = json!({ "msgtype": "mpnews", "mpnews": { "media_id": media_id }, "send_ignore_reprint": 1 });
    let sent = send_to_all(&town, body).await;
    assert_eq!(code(&sent), 0, "{sent}");
    let status = || town.api("/cgi-bin/message/mass/get", json!({ "msg_id": sent["msg_id"] }));
    assert_eq!(status().await["msg_status"], "SENDING");
    assert!(bubbles(&town.chat(APPID).await, "news").is_empty(), "nothing has arrived yet");
    town.advance(MASS_MS).await;
    let end = mass_end(&town).await;
    assert_eq!(end.msg_id, sent["msg_id"].to_string());
    assert_eq!((end.status.as_str(), end.error), ("send success", None));
    assert_eq!((end.total, end.filtered, end.sent, end.failed), (1, 1, 1, 0));
    assert_eq!(end.copyright.unwrap().state, 1);
    assert_eq!(status().await["msg_status"], "SEND_SUCCESS");
    let chat = town.chat(APPID).await;
    let articles = &bubbles(&chat, "news")[0]["articles"];
    assert_eq!(articles[0]["title"], "春耕贷款");
    assert_eq!(articles[1]["url"], end.articles[1].url.as_str());
    assert!(page(&town, &end.articles[1].url).await.contains("<p>防骗提醒的正文</p>"));
    let gone = town.api("/cgi-bin/draft/get", json!({ "media_id": media_id })).await;
    assert_eq!(code(&gone), 40007, "a draft that was sent has left the box");
    town.stop().await;
}

#[tokio::test]
async fn a_follower_of_a_service_account_gets_four_mass_messages_a_month() {
    let town = Town::start().await;
    let tag = town.api("/cgi-bin/tags/create", json!({ "tag": { "name": "代发户" } })).await;
    let tag = tag["tag"]["id"].clone();
    let put = json!({ "openid_list": [town.openid(APPID)], "tagid": tag });
    town.api("/cgi-bin/tags/members/batchtagging", put).await;
    let send = |n: usize| {
        let mut body = text(&format!("第{n}条"));
        body["filter"] = json!({ "is_to_all": false, "tag_id": tag });
        town.api("/cgi-bin/message/mass/sendall", body)
    };
    for n in 1..=5 {
        town.platform.forget();
        assert_eq!(code(&send(n).await), 0, "{n}: a fifth is accepted like the others");
        town.advance(MASS_MS).await;
        let end = mass_end(&town).await;
        let got = i64::from(n <= 4);
        assert_eq!((end.total, end.filtered, end.sent), (1, got, got), "{n}");
    }
    assert_eq!(bubbles(&town.chat(APPID).await, "text").len(), 4);
    town.platform.forget();
    town.advance(31 * DAY_MS).await;
    send(6).await;
    town.advance(MASS_MS).await;
    assert_eq!(mass_end(&town).await.sent, 1, "a new month begins afresh");
    town.stop().await;
}

#[tokio::test]
async fn everyone_can_be_sent_to_once_a_day_and_four_times_a_month() {
    let town = Town::start().await;
    for day in 0..4 {
        assert_eq!(code(&send_to_all(&town, text("通知")).await), 0, "day {day}");
        assert_eq!(code(&send_to_all(&town, text("通知")).await), 45028, "day {day}, again");
        town.advance(DAY_MS).await;
    }
    assert_eq!(code(&send_to_all(&town, text("通知")).await), 45028, "a fifth in the month");
    town.stop().await;
}

#[tokio::test]
async fn a_verified_subscription_account_sends_once_a_day_and_an_unverified_one_never() {
    let town = Town::with(|c| c.accounts[1].verified = true).await;
    let mut body = text("通知");
    body["filter"] = json!({ "is_to_all": true });
    let send =
        || town.api_of(crate::common::SUBSCRIPTION, "/cgi-bin/message/mass/sendall", body.clone());
    assert_eq!(code(&send().await), 0);
    assert_eq!(code(&send().await), 45028);
    town.advance(DAY_MS).await;
    assert_eq!(code(&send().await), 0);
    town.stop().await;

    let town = Town::start().await;
    let send =
        town.api_of(crate::common::SUBSCRIPTION, "/cgi-bin/message/mass/sendall", body).await;
    assert_eq!(code(&send), 48001);
    town.stop().await;
}

#[tokio::test]
async fn the_same_clientmsgid_is_one_task() {
    let town = Town::start().await;
    let mut body = text("利率调整");
    body["clientmsgid"] = json!("rate-2026-11");
    body["touser"] = json!([town.openid(APPID), "oNobody"]);
    let send = |body: Value| town.api("/cgi-bin/message/mass/send", body);
    let first = send(body.clone()).await;
    assert_eq!(code(&first), 0, "{first}");
    assert_eq!(code(&send(body.clone()).await), 45066, "too soon");
    town.advance(60_000).await;
    let again = send(body.clone()).await;
    assert_eq!((code(&again), &again["msg_id"]), (45065, &first["msg_id"]));
    let end = mass_end(&town).await;
    assert_eq!((end.total, end.sent), (2, 1), "an openid that nobody has is counted and left out");
    body["clientmsgid"] = json!("x".repeat(65));
    assert_eq!(code(&send(body.clone()).await), 45067);
    body["touser"] = json!([town.openid(APPID)]);
    body["clientmsgid"] = json!("");
    assert_eq!(code(&send(body).await), 40130);
    town.stop().await;
}

#[tokio::test]
async fn a_refused_or_unconfirmed_send_reaches_nobody() {
    let town = Town::start().await;
    for (next, wait_ms) in [(20_008, MASS_MS), (40_001, MASS_MS), (40_002, 30 * 60_000)] {
        town.platform.forget();
        town.post("/control/mass", json!({ "appid": APPID, "next": next })).await;
        let sent = send_to_all(&town, text("高息揽储")).await;
        town.advance(wait_ms).await;
        let end = mass_end(&town).await;
        assert_eq!((end.error, end.sent), (Some(next), 0));
        let get = town.api("/cgi-bin/message/mass/get", json!({ "msg_id": sent["msg_id"] })).await;
        assert_eq!(get["msg_status"], "SEND_FAIL", "and does not count against the day");
    }
    assert!(bubbles(&town.chat(APPID).await, "text").is_empty());
    town.stop().await;
}

#[tokio::test]
async fn what_is_sent_by_hand_on_the_website_counts_with_what_is_sent_by_call() {
    let town = Town::start().await;
    let article = json!({ "title": "元旦营业时间", "content": "<p>元旦当天休息</p>" });
    let body = json!({ "appid": APPID, "articles": [article] });
    let (status, sent) = town.post_status("/control/mass/send", body.clone()).await;
    assert_eq!(status, 200, "{sent}");
    town.advance(MASS_MS).await;
    mass_end(&town).await;
    let chat = town.chat(APPID).await;
    assert_eq!(bubbles(&chat, "news")[0]["articles"][0]["title"], "元旦营业时间");
    let (status, again) = town.post_status("/control/mass/send", body).await;
    assert_eq!((status, &again["code"]), (409, &json!("mass.refused")), "{again}");
    assert_eq!(code(&send_to_all(&town, text("通知")).await), 45028);
    town.stop().await;
}

#[tokio::test]
async fn a_preview_goes_to_one_and_keeps_the_draft() {
    let town = Town::start().await;
    let media_id = draft(&town, &["春耕贷款"]).await;
    let body = json!({ "towxname": UID, "touser": "oNobody", "msgtype": "mpnews", "mpnews": { "media_id": media_id } });
    assert_eq!(code(&town.api("/cgi-bin/message/mass/preview", body).await), 0);
    assert_eq!(bubbles(&town.chat(APPID).await, "news").len(), 1);
    let kept = town.api("/cgi-bin/draft/get", json!({ "media_id": media_id })).await;
    assert_eq!(kept["news_item"][0]["title"], "春耕贷款");
    town.stop().await;
}

#[tokio::test]
async fn deleting_a_send_kills_the_page_and_leaves_the_card() {
    let town = Town::start().await;
    let media_id = draft(&town, &["写错的公告"]).await;
    let sent =
        send_to_all(&town, json!({ "msgtype": "mpnews", "mpnews": { "media_id": media_id } }))
            .await;
    town.advance(MASS_MS).await;
    let url = mass_end(&town).await.articles[0].url.clone();
    let delete =
        town.api("/cgi-bin/message/mass/delete", json!({ "msg_id": sent["msg_id"] })).await;
    assert_eq!(code(&delete), 0, "{delete}");
    assert_eq!(bubbles(&town.chat(APPID).await, "news").len(), 1);
    assert!(page(&town, &url).await.contains("已被发布者删除"));
    let get = town.api("/cgi-bin/message/mass/get", json!({ "msg_id": sent["msg_id"] })).await;
    assert_eq!(get["msg_status"], "DELETE");
    town.stop().await;
}

#[tokio::test]
async fn publishing_gives_an_address_pushes_to_nobody_and_is_told() {
    let town = Town::start().await;
    let media_id = draft(&town, &["网点搬迁"]).await;
    let handed = town.api("/cgi-bin/freepublish/submit", json!({ "media_id": media_id })).await;
    let get =
        || town.api("/cgi-bin/freepublish/get", json!({ "publish_id": handed["publish_id"] }));
    assert_eq!(get().await["publish_status"], 1);
    town.advance(2_000).await;
    let pick = |what: &What| match what {
        What::Event(Event::Published(done)) => Some((**done).clone()),
        _ => None,
    };
    let end = town.hears(pick).await;
    assert_eq!((end.status, json!(end.publish_id)), (0, handed["publish_id"].clone()));
    assert!(page(&town, &end.articles[0].url).await.contains("网点搬迁的正文"));
    assert_eq!(get().await["article_id"], end.article_id.as_str());
    assert!(town.chat(APPID).await["items"].as_array().unwrap().is_empty());
    let of = json!({ "article_id": end.article_id });
    let article = town.api("/cgi-bin/freepublish/getarticle", of.clone()).await;
    assert_eq!(article["news_item"][0]["url"], end.articles[0].url.as_str());
    town.say("在吗").await;
    let body = json!({ "touser": town.openid(APPID), "msgtype": "mpnewsarticle", "mpnewsarticle": of.clone() });
    assert_eq!(code(&town.api("/cgi-bin/message/custom/send", body).await), 0);
    assert_eq!(bubbles(&town.chat(APPID).await, "news")[0]["articles"][0]["title"], "网点搬迁");
    assert_eq!(code(&town.api("/cgi-bin/freepublish/delete", of.clone()).await), 0);
    assert!(page(&town, &end.articles[0].url).await.contains("已被发布者删除"));
    assert_eq!(code(&town.api("/cgi-bin/freepublish/getarticle", of).await), 53600);
    town.stop().await;
}

#[tokio::test]
async fn a_draft_is_checked_as_the_editor_would() {
    let town = Town::start().await;
    let cover = thumb(&town, APPID).await;
    let good = json!({ "title": "标题", "content": "<p>正文</p>", "thumb_media_id": cover });
    let add = |articles: Value| town.api("/cgi-bin/draft/add", json!({ "articles": articles }));
    let with = |name: &str, value: Value| {
        let mut article = good.clone();
        article[name] = value;
        json!([article])
    };
    assert_eq!(code(&add(json!([])).await), 44003);
    assert_eq!(code(&add(with("title", json!("长".repeat(33)))).await), 45003);
    assert_eq!(code(&add(with("author", json!("长".repeat(17)))).await), 45110);
    assert_eq!(code(&add(with("digest", json!("长".repeat(129)))).await), 45004);
    assert_eq!(code(&add(with("content", json!("长".repeat(20_000)))).await), 45002);
    let temporary = town.upload(APPID, "/cgi-bin/media/upload?type=thumb", "cover.jpg").await;
    let thumb = with("thumb_media_id", temporary["thumb_media_id"].clone());
    assert_eq!(code(&add(thumb).await), 40007, "a cover must be permanent");
    let id = add(json!([good])).await["media_id"].clone();
    let update =
        json!({ "media_id": id, "index": 0, "articles": with("title", json!("新标题"))[0] });
    assert_eq!(code(&town.api("/cgi-bin/draft/update", update).await), 0);
    let list = town
        .api("/cgi-bin/draft/batchget", json!({ "offset": 0, "count": 20, "no_content": 1 }))
        .await;
    let item = &list["item"][0]["content"]["news_item"][0];
    assert_eq!((&item["title"], &item["content"]), (&json!("新标题"), &Value::Null));
    assert_eq!(town.api("/cgi-bin/draft/count", Value::Null).await["total_count"], 1);
    assert_eq!(code(&town.api("/cgi-bin/draft/delete", json!({ "media_id": id })).await), 0);
    assert_eq!(town.api("/cgi-bin/draft/count", Value::Null).await["total_count"], 0);
    town.stop().await;
}

#[tokio::test]
async fn permanent_media_outlive_three_days() {
    let town = Town::start().await;
    let id = thumb(&town, APPID).await;
    town.advance(4 * DAY_MS).await;
    let list = town
        .api(
            "/cgi-bin/material/batchget_material",
            json!({ "type": "thumb", "offset": 0, "count": 20 }),
        )
        .await;
    assert_eq!(list["item"][0]["media_id"], id.as_str());
    assert_eq!(
        code(&town.api("/cgi-bin/material/del_material", json!({ "media_id": id })).await),
        0
    );
    assert_eq!(
        code(&town.api("/cgi-bin/material/get_material", json!({ "media_id": id })).await),
        40007
    );
    town.stop().await;
}
