//! What a customer hears of: read and changed by a page.

use super::told::Told;
use crate::notices::templates;
use crate::testing::{APPID, Browser, TestBank, people};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn notices() {
    for bank in TestBank::each().await {
        let browser = Browser::default();
        let slug = bank.open_binding(APPID, "lifang", &browser).await;
        let [mut show, mut set] = ["notices", "notices/set"].map(Told::of);
        show.get("not bound", &bank, &browser, &slug, "").await;
        bank.bind_on(&browser, &slug, &people()[0]).await;
        show.get("not offered", &bank, &browser, &slug, "").await;
        let registry = bank.app.registry();
        templates::offer(&bank.app, registry.account(APPID).unwrap()).await.unwrap();
        show.get("as they are at first", &bank, &browser, &slug, "").await;
        let (_, page) = browser.api(&bank, &slug, "notices").await;
        let id = page["accounts"][0]["id"].clone();
        let wish = json!({ "accounts": [{ "id": id, "sides": "out", "least_fen": 20_000 }] });
        set.post("only what goes out, from a sum on", &bank, &browser, &slug, wish).await;
        let ways = json!({ "ways": [{ "category": "credit", "wechat": true, "sms": true }] });
        set.post("texted when WeChat cannot", &bank, &browser, &slug, ways).await;
        let hours = json!({ "from_minute": 1_320, "to_minute": 420 });
        set.post("quiet hours", &bank, &browser, &slug, json!({ "quiet": { "hours": hours } }))
            .await;
        let over = json!({ "quiet": { "hours": null } });
        set.post("quiet hours ended", &bank, &browser, &slug, over).await;
        let foreign = json!({ "accounts": [{ "id": "nobody", "is_on": false }] });
        set.post("of no account", &bank, &browser, &slug, foreign).await;
        let high = json!({ "accounts": [{ "id": id, "least_fen": 10_000_001 }] });
        set.post("from too high a sum on", &bank, &browser, &slug, high).await;
        for told in [show, set] {
            told.check();
        }
        bank.stop().await;
    }
}
