//! Each call's address, body and answer.

use super::super::CallError;
use super::super::basic::{Check, Network};
use super::super::media::{File, Kind, Media};
use super::super::menu::{Button, MatchRule, Menu, Platform, Tap};
use super::super::oauth::Scope;
use super::super::qr::Scene;
use super::super::subscription::Subscription;
use super::super::template::{Jump, Notice};
use super::super::testing::{Answer, no, ok};
use super::{APPID, SEND, wechat};
use bytes::Bytes;
use serde_json::json;

#[tokio::test]
async fn web_login_of_a_direct_account_carries_its_secret_and_shows_snapshot_users() {
    let (fake, account) = wechat(|seen| match seen.path.as_str() {
        "/sns/userinfo" => {
            Answer::Raw(200, "text/plain", b"{\"openid\":\"o1\",\"nickname\":\"A\x03B\"}".to_vec())
        }
        _ => Answer::Json(json!({
            "access_token": "W1", "expires_in": 7200, "refresh_token": "WR", "openid": "o1",
            "scope": "snsapi_userinfo", "is_snapshotuser": 1, "unionid": "u1",
        })),
    })
    .await;
    let url = account.login_url("https://h5.example/cb?x=1", Scope::UserInfo, "Ab1").unwrap();
    assert_eq!(
        url,
        format!(
            "{}/connect/oauth2/authorize?appid={APPID}&redirect_uri=https%3A%2F%2Fh5.example%2Fcb%3Fx%3D1\
             &response_type=code&scope=snsapi_userinfo&state=Ab1#wechat_redirect",
            fake.base
        )
    );
    let login = account.login("c1").await.unwrap();
    assert!(login.is_snapshot);
    assert_eq!(login.unionid.as_deref(), Some("u1"));
    assert!(!format!("{login:?}").contains("W1"));
    let query = fake.last("/sns/oauth2/access_token").query;
    assert_eq!(
        (query["secret"].as_str(), query["grant_type"].as_str()),
        ("s3cret", "authorization_code")
    );
    assert_eq!(account.profile(&login).await.unwrap().nickname, "A B");
    account.login_again(&login.refresh_token).await.unwrap();
    assert!(!fake.last("/sns/oauth2/refresh_token").query.contains_key("secret"));
}

#[tokio::test]
async fn a_used_code_asks_for_a_new_login() {
    let (_fake, account) = wechat(|_| no(40163, "code been used")).await;
    let CallError::Api(e) = account.login("c1").await.unwrap_err() else { panic!() };
    assert_eq!(e.advice, crate::codes::Advice::RestartLogin);
}

#[tokio::test]
async fn a_state_that_wechat_would_refuse_is_refused_here() {
    let (_fake, account) = wechat(|_| ok()).await;
    for state in ["", "a-b", &"a".repeat(129)] {
        assert!(account.login_url("https://h5.example/", Scope::Base, state).is_err());
    }
    assert!(account.login_url("javascript:1", Scope::Base, "a").is_err());
}

#[tokio::test]
async fn no_menu_is_an_empty_answer_and_a_published_one_is_read() {
    let (_fake, account) = wechat(|_| no(46003, "menu no exist")).await;
    assert_eq!(account.menu().await.unwrap(), None);

    let (fake, account) = wechat(|seen| match seen.path.as_str() {
        "/cgi-bin/menu/get" => Answer::Json(json!({
            "menu": { "button": [{ "type": "click", "name": "余额", "key": "b", "sub_button": [] }], "menuid": 1 },
            "conditionalmenu": [{ "button": [], "matchrule": { "group_id": 2, "client_platform_type": "2" }, "menuid": 9 }],
        })),
        "/cgi-bin/menu/addconditional" => Answer::Json(json!({ "menuid": 208_379_533 })),
        _ => ok(),
    })
    .await;
    let menu = Menu { buttons: vec![Button::new("余额", Tap::Click { key: String::from("b") })] };
    let published = account.menu().await.unwrap().unwrap();
    assert_eq!(published.menu, menu);
    let rule = MatchRule { tag_id: Some(2), platform: Some(Platform::Android) };
    assert_eq!(
        (published.conditional[0].menu_id.as_str(), &published.conditional[0].rule),
        ("9", &rule)
    );
    assert_eq!(account.add_conditional_menu(&menu, &rule).await.unwrap(), "208379533");
    assert!(account.add_conditional_menu(&menu, &MatchRule::default()).await.is_err());
    account.create_menu(&menu).await.unwrap();
    assert!(account.create_menu(&Menu::default()).await.is_err());
    assert_eq!(fake.count("/cgi-bin/menu/create"), 1);
    account.delete_menu().await.unwrap();
    account.delete_conditional_menu("9").await.unwrap();
}

#[tokio::test]
async fn a_typing_sign_that_cannot_be_shown_is_no_error() {
    let (fake, account) = wechat(|seen| match seen.json()["command"].as_str() {
        Some("Typing") => no(45081, "repeat typing"),
        _ => ok(),
    })
    .await;
    assert!(!account.typing("o1", true).await.unwrap());
    assert!(account.typing("o1", false).await.unwrap());
    assert_eq!(fake.last("/cgi-bin/message/custom/typing").json()["command"], "CancelTyping");
}

#[tokio::test]
async fn an_upload_has_a_name_and_a_length_and_a_download_is_file_video_or_error() {
    let (fake, account) = wechat(|seen| match seen.query.get("media_id").map(String::as_str) {
        Some("file") => Answer::Raw(200, "image/jpeg", vec![0xff, 0xd8]),
        Some("video") => Answer::Json(json!({ "video_url": "http://v.example/1" })),
        Some(_) => no(40007, "invalid media_id"),
        None => Answer::Json(
            json!({ "type": "thumb", "thumb_media_id": "m1", "created_at": 1_795_400_000 }),
        ),
    })
    .await;
    let file = File {
        kind: Kind::Thumb,
        name: String::from("图.jpg"),
        mime: String::from("image/jpeg"),
        bytes: Bytes::from_static(b"\xff\xd8\xff"),
    };
    let uploaded = account.upload(&file).await.unwrap();
    assert_eq!((uploaded.media_id.as_str(), uploaded.created_at.secs()), ("m1", 1_795_400_000));
    let seen = fake.last("/cgi-bin/media/upload");
    assert_eq!(seen.query["type"], "thumb");
    assert_eq!(seen.headers["content-length"], seen.body.len().to_string());
    let body = String::from_utf8_lossy(&seen.body).into_owned();
    assert!(body.contains("name=\"media\"; filename"), "{body}");
    let large = File { bytes: Bytes::from(vec![0; 65_537]), ..file };
    assert!(account.upload(&large).await.is_err());

    let bytes = Bytes::from_static(&[0xff, 0xd8]);
    let content_type = String::from("image/jpeg");
    assert_eq!(account.download("file").await.unwrap(), Media::Bytes { content_type, bytes });
    let url = String::from("http://v.example/1");
    assert_eq!(account.download("video").await.unwrap(), Media::Video { url });
    assert_eq!(account.download("gone").await.unwrap_err().code(), Some(40007));
}

#[tokio::test]
async fn a_template_message_carries_its_client_id_and_gives_the_message_id() {
    let (fake, account) =
        wechat(|_| Answer::Json(json!({ "errcode": 0, "errmsg": "ok", "msgid": 200_163_836 })))
            .await;
    let notice = Notice {
        to: String::from("o1"),
        template_id: String::from("tpl"),
        data: vec![(String::from("thing1"), String::from("转出"))],
        jump: Jump::Page { url: String::from("https://h5.example/") },
        client_msg_id: String::from("entry-1"),
    };
    assert_eq!(account.send_template(&notice).await.unwrap(), "200163836");
    assert_eq!(
        fake.last("/cgi-bin/message/template/send").json(),
        json!({
            "touser": "o1", "template_id": "tpl", "client_msg_id": "entry-1",
            "url": "https://h5.example/", "data": { "thing1": { "value": "转出" } },
        })
    );
    let unnamed = Notice { client_msg_id: String::new(), ..notice };
    assert!(account.send_template(&unnamed).await.is_err());
}

#[tokio::test]
async fn a_subscription_notice_goes_to_its_own_call_with_a_page() {
    let (fake, account) = wechat(|_| Answer::Json(json!({ "errcode": 0, "errmsg": "ok" }))).await;
    let notice = Subscription {
        to: String::from("o1"),
        template_id: String::from("pri"),
        data: vec![(String::from("thing1"), String::from("惠农贷2091"))],
        jump: Jump::Page { url: String::from("https://h5.example/") },
    };
    account.send_subscription(&notice).await.unwrap();
    assert_eq!(
        fake.last("/cgi-bin/message/subscribe/bizsend").json(),
        json!({
            "touser": "o1", "template_id": "pri", "page": "https://h5.example/",
            "data": { "thing1": { "value": "惠农贷2091" } },
        })
    );
}

#[tokio::test]
async fn a_template_of_the_other_library_is_taken_by_its_fields() {
    let (fake, account) = wechat(|seen| match seen.path.as_str() {
        "/wxaapi/newtmpl/getpubtemplatekeywords" => {
            Answer::Json(json!({ "errcode": 0, "data": [{ "kid": 1, "name": "产品名称", "rule": "thing" }, { "kid": 2, "name": "金额" }] }))
        }
        "/wxaapi/newtmpl/addtemplate" => Answer::Json(json!({ "errcode": 0, "priTmplId": "pri" })),
        _ => Answer::Json(json!({ "errcode": 0, "data": [{ "priTmplId": "pri", "title": "到期提醒", "content": "产品名称:{{thing1.DATA}}\n", "type": 3 }] })),
    })
    .await;
    let known = account.subscription_keywords(20_102).await.unwrap();
    assert_eq!(known.iter().map(|k| k.kid).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(account.add_subscription(20_102, &[1, 2], "到期提醒").await.unwrap(), "pri");
    assert_eq!(
        fake.last("/wxaapi/newtmpl/addtemplate").json(),
        json!({ "tid": 20_102, "kidList": [1, 2], "sceneDesc": "到期提醒" })
    );
    let all = account.subscription_templates().await.unwrap();
    assert!(all.len() == 1 && all[0].is_long_term() && all[0].template_id == "pri");
}

#[tokio::test]
async fn followers_are_paged_to_the_end() {
    let (_fake, account) = wechat(|seen| match seen.query["next_openid"].as_str() {
        "" => Answer::Json(json!({
            "total": 3, "count": 2, "data": { "openid": ["o1", "o2"] }, "next_openid": "o2" })),
        "o2" => Answer::Json(json!({
            "total": 3, "count": 1, "data": { "openid": ["o3"] }, "next_openid": "o3" })),
        _ => Answer::Json(json!({ "total": 3, "count": 0, "next_openid": "" })),
    })
    .await;
    let (mut all, mut after) = (Vec::new(), Some(String::new()));
    while let Some(from) = after {
        let page = account.follower_page(&from).await.unwrap();
        assert_eq!(page.total, Some(3));
        all.extend(page.openids);
        after = page.next;
    }
    assert_eq!(all, ["o1", "o2", "o3"]);
}

#[tokio::test]
async fn one_who_left_is_told_as_not_following_and_batches_have_their_limits() {
    let (fake, account) = wechat(|seen| match seen.path.as_str() {
        "/cgi-bin/user/info" => Answer::Json(json!({ "subscribe": 0, "openid": "o1" })),
        "/cgi-bin/user/info/batchget" => Answer::Json(json!({ "user_info_list": [
            { "subscribe": 1, "openid": "o1", "subscribe_time": 1_795_400_000, "tagid_list": [128, 2],
              "subscribe_scene": "ADD_SCENE_QR_CODE", "qr_scene": 98_765, "qr_scene_str": "" } ] })),
        "/cgi-bin/tags/create" => Answer::Json(json!({ "tag": { "id": 134, "name": "长者" } })),
        "/cgi-bin/tags/getidlist" => Answer::Json(json!({ "tagid_list": [134] })),
        _ => ok(),
    })
    .await;
    assert!(!account.follower("o1").await.unwrap().is_following);
    let one = vec![String::from("o1")];
    let batch = account.followers(&one).await.unwrap();
    assert_eq!((batch[0].is_following, batch[0].qr_scene), (true, 98_765));
    assert_eq!(account.create_tag("长者").await.unwrap().id, 134);
    assert!(account.create_tag(&"长".repeat(11)).await.is_err());
    account.tag(134, &one).await.unwrap();
    assert_eq!(
        fake.last("/cgi-bin/tags/members/batchtagging").json(),
        json!({ "openid_list": ["o1"], "tagid": 134 })
    );
    assert_eq!(account.tags_of("o1").await.unwrap(), [134]);
    assert!(account.tag(134, &vec![String::from("o"); 51]).await.is_err());
    assert!(account.blacklist(&vec![String::from("o"); 21]).await.is_err());
    assert!(account.followers(&[]).await.is_err());
    assert!(account.set_remark("o1", &"备".repeat(10)).await.is_err());
    account.set_remark("o1", "老客户").await.unwrap();
}

#[tokio::test]
async fn scene_codes_name_their_kind_and_wrap_the_scene() {
    let (fake, account) = wechat(|_| {
        Answer::Json(json!({ "ticket": "gQ+/=", "expire_seconds": 60, "url": "http://w/q/1" }))
    })
    .await;
    for (scene, permanent, action) in [
        (Scene::Id(7), false, "QR_SCENE"),
        (Scene::Text(String::from("柜台1")), false, "QR_STR_SCENE"),
        (Scene::Id(100_000), true, "QR_LIMIT_SCENE"),
        (Scene::Text(String::from("b-1")), true, "QR_LIMIT_STR_SCENE"),
    ] {
        let code = match permanent {
            true => account.qr_permanent(&scene).await.unwrap(),
            false => account.qr_temporary(&scene, 3600).await.unwrap(),
        };
        assert!(account.qr_image_url(&code).ends_with("/cgi-bin/showqrcode?ticket=gQ%2B%2F%3D"));
        let body = fake.last("/cgi-bin/qrcode/create").json();
        assert_eq!(
            (&body["action_name"], body.get("expire_seconds").is_none()),
            (&json!(action), permanent)
        );
        assert!(body["action_info"]["scene"].is_object());
    }
    assert!(account.qr_temporary(&Scene::Id(0), 60).await.is_err());
    assert!(account.qr_temporary(&Scene::Id(1), 2_592_001).await.is_err());
    assert!(account.qr_permanent(&Scene::Id(100_001)).await.is_err());
    assert!(account.qr_permanent(&Scene::Text("长".repeat(65))).await.is_err());
}

#[tokio::test]
async fn quotas_are_read_and_cleared_and_the_callback_is_checked() {
    let (fake, account) = wechat(|seen| match seen.path.as_str() {
        "/cgi-bin/openapi/quota/get" => Answer::Json(json!({
            "quota": { "daily_limit": 500_000, "used": 3, "remain": 499_997 },
            "rate_limit": { "call_count": 10_000, "refresh_second": 60 },
        })),
        "/cgi-bin/callback/check" => Answer::Json(json!({
            "dns": [{ "ip": "198.51.100.1", "real_operator": "UNICOM" }],
            "ping": [{ "ip": "198.51.100.1", "from_operator": "UNICOM", "package_loss": "0%", "time": "23.079ms" }],
        })),
        "/cgi-bin/get_api_domain_ip" => Answer::Json(json!({ "ip_list": ["203.0.113.0/24"] })),
        _ => ok(),
    })
    .await;
    let quota = account.quota(SEND).await.unwrap();
    assert_eq!(
        (quota.remain, quota.rate.unwrap().seconds, quota.component_rate),
        (499_997, 60, None)
    );
    assert!(account.quota("message/custom/send").await.is_err());
    account.clear_quota().await.unwrap();
    assert_eq!(fake.last("/cgi-bin/clear_quota").json(), json!({ "appid": APPID }));
    account.clear_quota_by_secret().await.unwrap();
    assert!(!fake.last("/cgi-bin/clear_quota/v2").query.contains_key("access_token"));
    let check = account.check_callback(Check::All, Network::Default).await.unwrap();
    assert_eq!((check.dns.len(), check.ping[0].time.as_str()), (1, "23.079ms"));
    assert_eq!(account.api_ips().await.unwrap(), ["203.0.113.0/24"]);
}
