//! Receiving codes: the page of one's own, and the page of who opened one.

use super::told::Told;
use crate::testing::{APPID, Browser, TestBank, people};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn collecting() {
    for bank in TestBank::each().await {
        bank.bind(APPID, "lifang", &people()[0]).await;
        bank.bind(APPID, "wangqiang", &people()[3]).await;
        bank.clock.advance_ms(2 * base::DAY_MS);
        let [mut show, mut make, mut end, mut payee] =
            ["collect", "collect/make", "collect/end", "payto"].map(Told::of);
        let browser = Browser::default();
        let slug = bank.page_after("wangqiang", "生成一个200的收款码", &browser).await;
        show.get("a sum was said", &bank, &browser, &slug, "").await;
        let (_, page) = browser.api(&bank, &slug, "collect").await;
        let account = page["accounts"][0]["id"].clone();
        let wish = |fen: i64| json!({ "account": account, "amount_fen": fen, "note": "土鸡" });
        make.post("with a sum", &bank, &browser, &slug, wish(12_800)).await;
        let (_, code) = browser.post(&bank, &slug, "collect/make", wish(12_800)).await;
        make.post("of nothing", &bank, &browser, &slug, wish(0)).await;
        make.post("of no account", &bank, &browser, &slug, json!({ "account": "a" })).await;
        let own = Browser::default();
        let url = code["url"].as_str().unwrap();
        let at = own.web_view(&bank, APPID, "wangqiang", url).await.slug();
        payee.get("one's own", &bank, &own, &at, "").await;
        let payer = Browser::default();
        let at = payer.web_view(&bank, APPID, "lifang", url).await.slug();
        payee.get("whom it pays", &bank, &payer, &at, "").await;
        let (_, told) = payer.api(&bank, &at, "payto").await;
        let order = json!({ "account": told["accounts"][0]["id"] });
        payee.post("a draft", &bank, &payer, &at, order).await;
        end.post("all of them", &bank, &browser, &slug, json!({})).await;
        let landed = payer.web_view(&bank, APPID, "lifang", url).await;
        assert_eq!(landed.problem(), "collect.gone");
        for told in [show, make, end, payee] {
            told.check();
        }
        bank.stop().await;
    }
}
