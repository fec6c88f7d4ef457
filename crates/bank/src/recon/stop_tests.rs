//! A product that stops by what reconciliation has found, as customers and staff meet it.

use super::made::Own;
use super::oracle::{bytes_of, opened, whose};
use super::tests::{Clerk, keep, order};
use super::{desk, import};
use crate::payments::tests::{PIN, knows_qiang};
use crate::staff::Role;
use crate::testing::{APPID, LINGXI, TestBank};
use base::{DAY_MS, Random};

/// Decides about everything on the page, one after the other, until `most` were decided about.
async fn decide(chen: &Clerk<'_>, luo: &Clerk<'_>, most: usize) {
    for _ in 0..most {
        let page = chen.page().await;
        let Some(path) = page.split("action=\"/recon/rcd").nth(1) else { return };
        let path = format!("/recon/rcd{}", path.split('"').next().unwrap());
        let propose = "act=propose&verdict=posted&reason=seen+in+the+core";
        assert_eq!(chen.act(&path, propose).await, 303);
        assert_eq!(luo.act(&path, "act=approve").await, 303);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_stop_while_more_than_three_of_a_day_are_missing_at_the_core() {
    for bank in TestBank::each().await {
        bank.clock.advance_ms(DAY_MS);
        knows_qiang(&bank).await;
        // A draft that is open already when it is found.
        let (_, page) = bank.pay_page("lifang", "给王强转五百").await;
        let intent = page.get(&bank).await["card"]["intent"].as_str().unwrap().to_owned();

        let random = Random::seeded(21);
        let pairs: Vec<_> = (1..=5).map(|n| whose().plain(n, &random)).collect();
        keep(&desk(&bank.app, LINGXI).await.unwrap(), &pairs).await;
        let lines: Vec<Own> = pairs[0].lines.clone();
        let file = opened(&bytes_of(&lines));
        let day = import(&bank.app, LINGXI, file, Some(whose().date), order()).await.unwrap();
        assert_eq!(day.counts[4], 4, "{day:?}");

        let said = "没有扣钱。转账正在核对账目，先停办一会儿，急用请到网点";
        let before = bank.payments().await;
        let typed = page.order(&bank, &intent, PIN).await;
        let (status, told) = page.post(&bank, "pay/do", typed).await;
        assert_eq!((status, told["words"].as_str()), (503, Some(said)), "{told}");
        assert_eq!(bank.payments().await, before, "its PIN was not tried, nothing moved");
        bank.say(APPID, "lifang", "给王强转六百").await;
        assert!(bank.chat(APPID, "lifang").await.last().unwrap().contains(said));

        let chen = Clerk::hire(&bank, "lingxi.chen", Role::Agent).await;
        let luo = Clerk::hire(&bank, "lingxi.luo", Role::CountyAdmin).await;
        assert!(chen.page().await.contains("已自动停办：转账"));
        // What has become three of them is four of that day all the same.
        decide(&chen, &luo, 3).await;
        assert!(chen.page().await.contains("已自动停办：转账"));
        decide(&chen, &luo, 1).await;
        assert!(!chen.page().await.contains("已自动停办"));
        let (status, told) = page.pay(&bank, &intent, PIN).await;
        assert_eq!(status, 200, "{told}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_payment_the_core_has_booked_twice_stops_its_product() {
    for bank in TestBank::each().await {
        bank.clock.advance_ms(DAY_MS);
        knows_qiang(&bank).await;
        let pair = whose().plain(1, &Random::seeded(22));
        keep(&desk(&bank.app, LINGXI).await.unwrap(), std::slice::from_ref(&pair)).await;
        let mut twice = pair.lines[0].clone();
        twice.core_serial += "2";
        let file = opened(&bytes_of(&[pair.lines[0].clone(), twice]));
        let day = import(&bank.app, LINGXI, file, Some(whose().date), order()).await.unwrap();
        assert_eq!(day.counts[7], 1, "{day:?}");
        bank.say(APPID, "lifang", "给王强转六百").await;
        let last = bank.chat(APPID, "lifang").await.pop().unwrap();
        assert!(last.contains("没有扣钱。转账正在核对账目"), "{last}");
        // Another product goes on.
        bank.say(APPID, "lifang", "不转了").await;
        bank.say(APPID, "lifang", "存一千定期一年").await;
        let last = bank.chat(APPID, "lifang").await.pop().unwrap();
        assert!(last.contains("定期") && !last.contains("没有扣钱"), "{last}");
        bank.stop().await;
    }
}
