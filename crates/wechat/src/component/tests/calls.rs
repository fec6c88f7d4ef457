//! Links, information, switches and web login on behalf.

use super::*;
use crate::api::oauth::Scope;

#[tokio::test]
async fn links_pin_the_account_and_ask_for_official_accounts_only() {
    let world = World::new().await;
    let link = Link {
        pre_auth_code: "pre&1",
        redirect_uri: "https://p.example/auth?state=s1",
        biz_appid: Some(BANK),
        categories: &[1, 2, 15],
    };
    let base = &world.wechat.base;
    let common = format!(
        "component_appid={PLATFORM}&pre_auth_code=pre%261&redirect_uri=https%3A%2F%2Fp.example%2Fauth%3Fstate%3Ds1\
         &auth_type=1&biz_appid={BANK}&category_id_list=1%7C2%7C15"
    );
    assert_eq!(
        world.platform.link_for_computer(&link),
        format!("{base}/cgi-bin/componentloginpage?{common}")
    );
    assert_eq!(
        world.platform.link_for_phone(&link),
        format!(
            "{base}/wxaopen/safe/bindcomponent?action=bindcomponent&no_scan=1&{common}#wechat_redirect"
        )
    );
}

#[tokio::test]
async fn a_refused_platform_token_is_renewed_once_and_the_call_repeated_once() {
    let wechat = Fake::start({
        let n = AtomicUsize::new(0);
        move |seen| match seen.path.as_str() {
            TOKEN => {
                let token = format!("P{}", n.fetch_add(1, Ordering::SeqCst) + 1);
                Answer::Json(json!({ "component_access_token": token, "expires_in": 7200 }))
            }
            _ if seen.token() == "P1" => no(42001, "access_token expired"),
            _ => Answer::Json(json!({ "pre_auth_code": "pre-1", "expires_in": 600 })),
        }
    })
    .await;
    let platform = platform_on(&wechat).await;
    let code = platform.pre_auth_code().await.unwrap();
    assert_eq!((code.code.as_str(), code.expires_at.since(START)), ("pre-1", 600_000));
    assert_eq!(wechat.count(TOKEN), 2);
}

async fn platform_on(wechat: &Fake) -> Platform {
    let authority = Authority::new(
        wechat.client(),
        Arc::new(MemoryStore::new()),
        Clock::manual(START),
        Random::seeded(1),
        Options::default(),
    );
    let component =
        Component { appid: PLATFORM.to_owned(), secret: Secret::new(String::from("s")) };
    let platform = Platform::new(authority, Arc::new(component));
    platform.take_ticket(PLATFORM, &Secret::new(String::from("K")), START).await.unwrap();
    platform
}

#[tokio::test]
async fn the_account_info_tells_kind_verification_and_what_was_granted() {
    let wechat = Fake::start(|seen| match seen.path.as_str() {
        TOKEN => Answer::Json(json!({ "component_access_token": "P1", "expires_in": 7200 })),
        _ => Answer::Json(json!({
            "authorizer_info": {
                "nick_name": "青禾农商银行", "service_type_info": { "id": 2 },
                "verify_type_info": { "id": 0 }, "user_name": "gh_0123456789ab",
                "principal_name": "青禾农村商业银行股份有限公司", "account_status": 1,
            },
            "authorization_info": { "authorizer_appid": BANK,
                "func_info": [{ "funcscope_category": { "id": 1 } }] },
        })),
    })
    .await;
    let info = platform_on(&wechat).await.authorizer_info(BANK).await.unwrap();
    assert!(info.is_verified_service_account());
    assert_eq!((info.user_name.as_str(), info.account_status), ("gh_0123456789ab", Some(1)));
    assert_eq!(info.missing(&[1, 7]), [7]);
}

#[tokio::test]
async fn web_login_on_behalf_uses_the_platform_token_and_no_secret() {
    let wechat = Fake::start(|seen| match seen.path.as_str() {
        TOKEN => Answer::Json(json!({ "component_access_token": "P1", "expires_in": 7200 })),
        _ => Answer::Json(json!({
            "access_token": "W1", "expires_in": 7200, "refresh_token": "WR", "openid": "o1",
            "scope": "snsapi_base",
        })),
    })
    .await;
    let account = platform_on(&wechat).await.account(BANK);
    let url = account.login_url("https://h5.example/cb", Scope::Base, "s1").unwrap();
    assert_eq!(
        url,
        format!(
            "{}/connect/oauth2/authorize?appid={BANK}&redirect_uri=https%3A%2F%2Fh5.example%2Fcb&response_type=code\
             &scope=snsapi_base&state=s1&component_appid={PLATFORM}#wechat_redirect",
            wechat.base
        )
    );
    let login = account.login("c1").await.unwrap();
    assert_eq!((login.openid.as_str(), login.is_snapshot), ("o1", false));
    let query = wechat.last("/sns/oauth2/component/access_token").query;
    assert_eq!((query["code"].as_str(), query["component_access_token"].as_str()), ("c1", "P1"));
    assert!(!query.contains_key("secret"));
    account.login_again(&login.refresh_token).await.unwrap();
    let query = wechat.last("/sns/oauth2/component/refresh_token").query;
    assert_eq!(query["refresh_token"], "WR");
}

#[tokio::test]
async fn switches_know_their_values() {
    let wechat = Fake::start(|seen| match seen.path.as_str() {
        TOKEN => Answer::Json(json!({ "component_access_token": "P1", "expires_in": 7200 })),
        path if path.ends_with("get_authorizer_option") => {
            Answer::Json(json!({ "option_name": "voice_recognize", "option_value": "1" }))
        }
        _ => ok(),
    })
    .await;
    let platform = platform_on(&wechat).await;
    assert_eq!(platform.switch(BANK, SwitchName::VoiceRecognize).await.unwrap(), 1);
    platform.set_switch(BANK, SwitchName::LocationReport, 2).await.unwrap();
    let body = wechat.last("/cgi-bin/component/set_authorizer_option").json();
    assert_eq!(
        (&body["option_name"], &body["option_value"]),
        (&json!("location_report"), &json!("2"))
    );
    assert!(platform.set_switch(BANK, SwitchName::VoiceRecognize, 2).await.is_err());
}

#[tokio::test]
async fn tickets_are_asked_for_without_a_token() {
    let world = World::new().await;
    world.platform.start_push_ticket().await.unwrap();
    let seen = world.wechat.last("/cgi-bin/component/api_start_push_ticket");
    assert!(seen.query.is_empty());
    assert_eq!(seen.json()["component_secret"], "platform-secret");
}
