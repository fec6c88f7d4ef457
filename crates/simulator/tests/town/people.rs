//! Followers, tags, the blacklist, scene codes and media.

use crate::common::{APPID, Town, code};
use serde_json::{Value, json};
use wechat::inbound::What;

#[tokio::test]
async fn followers_are_listed_remarked_and_described() {
    let town = Town::start().await;
    let openid = town.openid(APPID);
    let list = town.api("/cgi-bin/user/get", Value::Null).await;
    assert_eq!((&list["total"], &list["data"]["openid"][0]), (&json!(1), &json!(openid)));
    let end = town.api(&format!("/cgi-bin/user/get?next_openid={openid}"), Value::Null).await;
    assert_eq!((&end["count"], &end["data"]), (&json!(0), &Value::Null));
    let remark = |words: &str| {
        town.api("/cgi-bin/user/info/updateremark", json!({ "openid": openid, "remark": words }))
    };
    assert_eq!(code(&remark("老客户").await), 0);
    assert_ne!(code(&remark(&"长".repeat(10)).await), 0);
    let info = async |openid: &str| {
        town.api(&format!("/cgi-bin/user/info?openid={openid}"), Value::Null).await
    };
    let li = info(&openid).await;
    assert_eq!((&li["subscribe"], &li["remark"]), (&json!(1), &json!("老客户")));
    assert_eq!(li["nickname"], "", "names are no longer given");
    let scan = json!({ "appid": APPID, "scene": "77" });
    town.post("/control/users/wang/scan?wait=1", scan).await;
    let wang = simulator::openid_of(APPID, "wang");
    let by_code = info(&wang).await;
    assert_eq!(by_code["subscribe_scene"], "ADD_SCENE_QR_CODE");
    assert_eq!(by_code["qr_scene"], 77);
    let both = json!({ "user_list": [{ "openid": openid }, { "openid": wang }] });
    let batch = town.api("/cgi-bin/user/info/batchget", both).await;
    assert_eq!(batch["user_info_list"].as_array().unwrap().len(), 2);
    town.post("/control/users/wang/unfollow?wait=1", json!({ "appid": APPID })).await;
    assert_eq!(info(&wang).await, json!({ "subscribe": 0, "openid": wang }));
    town.stop().await;
}

#[tokio::test]
async fn tags_have_their_limits() {
    let town = Town::start().await;
    let create = |name: &str| town.api("/cgi-bin/tags/create", json!({ "tag": { "name": name } }));
    assert_eq!(code(&create("星标组").await), 45157);
    assert_eq!(code(&create(&"长".repeat(11)).await), 45158);
    let id = create("粮农").await["tag"]["id"].clone();
    let openid = town.openid(APPID);
    let put = |openid: &str, tag: &Value| {
        let body = json!({ "openid_list": [openid], "tagid": tag });
        town.api("/cgi-bin/tags/members/batchtagging", body)
    };
    assert_eq!(code(&put("onobody", &id).await), 49003);
    assert_eq!(code(&put(&openid, &json!(9_999)).await), 45159);
    assert_eq!(code(&put(&openid, &id).await), 0);
    for n in 0..19 {
        let tag = create(&format!("t{n}")).await["tag"]["id"].clone();
        assert_eq!(code(&put(&openid, &tag).await), 0);
    }
    let one_more = create("多").await["tag"]["id"].clone();
    assert_eq!(code(&put(&openid, &one_more).await), 45059);
    let of = town.api("/cgi-bin/user/tag/get", json!({ "tagid": id })).await;
    assert_eq!(of["count"], 1);
    let change = json!({ "tag": { "id": id, "name": "种粮户" } });
    assert_eq!(code(&town.api("/cgi-bin/tags/update", change).await), 0);
    let delete = |id: &Value| town.api("/cgi-bin/tags/delete", json!({ "tag": { "id": id } }));
    assert_eq!(code(&delete(&json!(2)).await), 45058);
    assert_eq!(code(&delete(&id).await), 0);
    let left = town.api("/cgi-bin/tags/getidlist", json!({ "openid": openid })).await;
    assert_eq!(left["tagid_list"].as_array().unwrap().len(), 19);
    town.stop().await;
}

#[tokio::test]
async fn the_blacklist_silences_a_follower() {
    let town = Town::start().await;
    let list = json!({ "openid_list": [town.openid(APPID)] });
    town.api("/cgi-bin/tags/members/batchblacklist", list).await;
    let sent = town.say("听得到吗").await;
    assert_eq!(sent["items"].as_array().unwrap().len(), 1, "{sent}");
    assert!(town.platform.seen().is_empty());
    let path = "/cgi-bin/tags/members/getblacklist";
    assert_eq!(town.api(path, json!({ "begin_openid": "" })).await["total"], 1);
    town.stop().await;
}

#[tokio::test]
async fn a_scene_code_lives_as_long_as_asked_and_can_be_seen() {
    let town = Town::start().await;
    let create = |kind: &str, scene: Value| {
        let info = json!({ "scene": scene });
        let body = json!({ "expire_seconds": 600, "action_name": kind, "action_info": info });
        town.api("/cgi-bin/qrcode/create", body)
    };
    let made = create("QR_STR_SCENE", json!({ "scene_str": "branch_01" })).await;
    assert_eq!(made["expire_seconds"], 600, "{made}");
    let ticket = made["ticket"].as_str().unwrap().replace('=', "%3D");
    let show = format!("{}/cgi-bin/showqrcode?ticket={ticket}", town.sim.url());
    let picture = town.http.get(&show).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/svg+xml");
    assert!(picture.text().await.unwrap().contains("<svg"));
    town.advance(600_000).await;
    assert_eq!(town.http.get(&show).send().await.unwrap().status().as_u16(), 404);
    let long = create("QR_LIMIT_STR_SCENE", json!({ "scene_str": "x".repeat(65) })).await;
    assert_eq!(code(&long), 40053);
    assert_eq!(code(&create("QR_LIMIT_SCENE", json!({ "scene_id": 0 })).await), 40053);
    let forever = create("QR_LIMIT_SCENE", json!({ "scene_id": 7 })).await;
    assert!(forever["expire_seconds"].is_null() && forever["ticket"].is_string(), "{forever}");
    town.stop().await;
}

async fn upload(town: &Town, token: &str, kind: &str, name: &str, bytes: usize) -> Value {
    let path = format!("/cgi-bin/media/upload?access_token={token}&type={kind}");
    let part = reqwest::multipart::Part::bytes(vec![7; bytes]).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().part("media", part);
    let request = town.http.post(format!("{}{path}", town.sim.url())).multipart(form);
    serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn uploads_are_checked() {
    let town = Town::start().await;
    let token = town.token(APPID).await;
    assert_eq!(code(&upload(&town, &token, "image", "a.bmp", 10).await), 40005);
    assert_eq!(code(&upload(&town, &token, "thumb", "a.jpg", 65_537).await), 45001);
    assert_eq!(code(&upload(&town, &token, "song", "a.jpg", 10).await), 40004);
    assert_eq!(code(&upload(&town, &token, "image", "a.png", 0).await), 44001);
    let thumb = upload(&town, &token, "thumb", "a.jpg", 10).await;
    assert!(thumb["thumb_media_id"].is_string() && thumb["media_id"].is_null(), "{thumb}");
    let big = upload(&town, &token, "image", "big.png", 5 << 20).await;
    assert!(big["media_id"].is_string(), "{big}");
    town.stop().await;
}

#[tokio::test]
async fn media_is_kept_for_three_days() {
    let town = Town::start().await;
    let token = town.token(APPID).await;
    let image = upload(&town, &token, "image", "a.png", 10).await;
    let id = image["media_id"].as_str().unwrap();
    town.say("发个图").await;
    let body =
        json!({ "touser": town.openid(APPID), "msgtype": "image", "image": { "media_id": id } });
    assert_eq!(code(&town.api("/cgi-bin/message/custom/send", body).await), 0);
    let get = |token: &str| {
        let path = format!("/cgi-bin/media/get?access_token={token}&media_id={id}");
        town.http.get(format!("{}{path}", town.sim.url())).send()
    };
    let got = get(&token).await.unwrap();
    assert!(got.headers()["content-disposition"].to_str().unwrap().contains("a.png"));
    assert_eq!(got.bytes().await.unwrap().as_ref(), [7; 10]);
    town.advance(3 * base::DAY_MS).await;
    let token = town.token(APPID).await;
    let dead = get(&token).await.unwrap().text().await.unwrap();
    assert_eq!(code(&serde_json::from_str(&dead).unwrap()), 40007);
    town.stop().await;
}

#[tokio::test]
async fn what_a_customer_sends_can_be_downloaded() {
    let town = Town::start().await;
    town.act(APPID, json!({ "type": "image" })).await;
    let What::Image { pic_url, media_id } = town.platform.heard().remove(0).what else {
        panic!("not a picture")
    };
    let png = town.http.get(&pic_url).send().await.unwrap().bytes().await.unwrap();
    assert!(png.starts_with(b"\x89PNG"), "{pic_url}");
    let token = town.token(APPID).await;
    let path = format!("/cgi-bin/media/get?access_token={token}&media_id={media_id}");
    let got = town.http.get(format!("{}{path}", town.sim.url())).send().await.unwrap();
    assert_eq!(got.bytes().await.unwrap(), png);
    town.stop().await;
}
