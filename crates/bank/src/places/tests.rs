//! Branches, machines and service points through the front door.

use super::file;
use crate::import::{self, Plan, Rows, What};
use crate::ops::{self, Command};
use crate::testing::{APPID, LINGXI, PROVINCIAL, TestBank, YUNLU};
use base::DAY_MS;
use db::{Scope, params};
use serde_json::json;
use std::sync::Arc;

/// 2026-11-23, a Monday, is today in tests, at 10:00.
const LIST: &str = "\
类别,名称,别名,地址,电话,纬度,经度,营业时间,业务,无障碍,停车,店主姓,现金,现金时间
网点,陵溪农商行营业部,总行,城关镇人民路1号,0990-5200110,33.000000,111.000000,周一至周五 8:30-17:00；周六、周日 9:00-16:00,办社保卡 换零钱,门口有坡道,门前有车位,,,
网点,陵溪农商行河东支行,,河东镇兴农街18号,0990-5200111,33.031,110.973,周一至周五 8:30-9:30 14:00-17:00,办社保卡,,,,,
网点,陵溪农商行西岭支行,,西岭乡集市北口,0990-5200112,33.062,110.946,周二至周五 9:00-16:00,,,,,,
自助银行,河东自助银行,,河东镇兴农街18号,,33.031,110.972,每天 24小时,存现金 补登存折,,,,,
助农点,柳树湾助农点,,柳树湾村口便民超市,0990-5200117,33.04,110.99,每天 7:00-19:00,,,,王,有,2026-11-23 9:10
助农点,石桥头助农点,,石桥头村委会旁,0990-5200118,33.055,110.965,每天 8:00-12:00 14:00-18:00,,,,刘,有,2026-11-22 9:10
村镇,柳树湾村,柳树湾,,,33.041,110.989,,,,,,,
村镇,河东镇,,,,33.03,110.975,,,,,,,
";

impl TestBank {
    async fn take(&self, institution: &str, text: &str, replace: bool) -> super::Kept {
        let rows = Rows::Places(file::places("list.csv", text.as_bytes()).unwrap());
        let plan = Plan { institution: institution.into(), rows, replace };
        let told = ops::run(&self.app, Command::Import(plan)).await.unwrap();
        serde_json::from_value(told).unwrap()
    }
    async fn take_days(&self, text: &str) {
        let rows = Rows::Days(file::days("days.csv", text.as_bytes()).unwrap());
        let plan = Plan { institution: "lingxi".into(), rows, replace: false };
        import::apply(&self.app, plan).await.unwrap();
    }
    async fn stand_at(&self, appid: &str, x: f64, y: f64) -> String {
        let place = json!({ "type": "location", "x": x, "y": y, "label": "" });
        let told = self.control(&format!("chats/{appid}/lifang/send?wait=1"), place).await;
        told["items"].to_string()
    }
    async fn ask(&self, text: &str) -> String {
        self.say(APPID, "lifang", text).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_branches_are_told_and_asked_about_further() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        assert_eq!(bank.take("lingxi", LIST, false).await.kept, 8);
        let said = bank.ask("附近网点").await;
        assert!(said.contains("发个位置给我"), "{said}");
        let said = bank.stand_at(APPID, 33.0305, 110.9745).await;
        assert!(said.contains("离您发的位置最近的网点"), "{said}");
        let near = said.find("河东支行").unwrap();
        let next = said.find("营业部").unwrap();
        assert!(near < next && said.contains("约150米"), "{said}");
        assert!(said.contains("午休，14:00开门") && said.contains("现在开着，17:00关门"), "{said}");
        assert!(said.contains("今天休息，明天9:00开门"), "西岭 rests on Mondays: {said}");
        let said = bank.ask("第二个").await;
        assert!(said.contains("营业部：现在开着") && said.contains("门口有坡道"), "{said}");
        let said = bank.ask("怎么走").await;
        assert!(said.contains("营业部") && said.contains("城关镇人民路1号"), "{said}");
        let said = bank.ask("最近的提款机").await;
        assert!(said.contains("河东自助银行") && said.contains("24小时开着"), "near there: {said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_is_enough_and_cash_is_told_only_as_of_today() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        bank.take("lingxi", LIST, false).await;
        let said = bank.ask("助农点").await;
        assert!(said.contains("您在哪个村"), "{said}");
        let said = bank.ask("桃花源").await;
        assert!(said.contains("没找到这个地方"), "{said}");
        let said = bank.ask("我在柳树湾，哪家小店能取钱").await;
        assert!(said.contains("柳树湾助农点") && said.contains("找王老板"), "{said}");
        assert!(said.contains("今天09:10报有现金"), "{said}");
        assert!(said.contains("石桥头助农点") && said.contains("有没有现金先打电话问"), "{said}");
        let said = bank.ask("第一个几点关门").await;
        assert!(said.contains("柳树湾助农点：现在开着，19:00关门"), "{said}");
        let said = bank.ask("河东支行星期六办不办业务").await;
        assert!(said.contains("11月28日（周六）休息"), "{said}");
        let said = bank.ask("助农点").await;
        assert!(said.contains("离陵溪农商行河东支行最近的助农点"), "near there: {said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn holidays_are_known_only_as_they_are_written_down() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        bank.take("lingxi", LIST, false).await;
        let said = bank.ask("元旦营业部开门吗").await;
        assert!(said.contains("是节假日，开不开还没登记"), "{said}");
        bank.take_days("日期,名称,营业时间,说明\n2027-01-01,,9:00-15:00,元旦值班\n2026-11-23,陵溪农商行河东支行,休息,停电\n").await;
        let said = bank.ask("元旦营业部开门吗").await;
        assert!(said.contains("1月1日（周五）9:00—15:00"), "{said}");
        let said = bank.ask("河东支行今天几点开门").await;
        assert!(said.contains("今天休息（停电），明天8:30开门"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banks_places_are_its_own_and_who_has_no_bank_yet_sees_the_whole_province() {
    for bank in TestBank::each().await {
        bank.take("lingxi", LIST, false).await;
        let theirs = "类别,名称,地址,电话,纬度,经度,营业时间\n网点,云麓农商行北门支行,北门街2号,0990-5300110,33.0306,110.9746,每天 8:30-17:00\n";
        bank.take("yunlu", theirs, false).await;
        bank.follow(APPID, "lifang").await;
        bank.ask("附近网点").await;
        let said = bank.stand_at(APPID, 33.0306, 110.9746).await;
        assert!(!said.contains("北门支行"), "a neighbour's branch, however near: {said}");
        bank.follow(PROVINCIAL, "lifang").await;
        bank.say(PROVINCIAL, "lifang", "附近网点").await;
        let said = bank.stand_at(PROVINCIAL, 33.0306, 110.9746).await;
        assert!(said.contains("北门支行") && said.contains("河东支行"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_again_only_when_it_changed_and_changes_are_audited() {
    for bank in TestBank::each().await {
        bank.take("lingxi", LIST, false).await;
        let first = bank.app.registry();
        bank.app.reload().await.unwrap();
        let second = bank.app.registry();
        assert!(Arc::ptr_eq(&first.places[&LINGXI], &second.places[&LINGXI]), "nothing was read");
        assert!(Arc::ptr_eq(&first.places[&YUNLU], &second.places[&YUNLU]));
        let less = "类别,名称,地址,电话,纬度,经度,营业时间\n助农点,柳树湾助农点,柳树湾村口,0990-5200117,33.04,110.99,每天 7:00-19:00\n";
        let kept = bank.take("lingxi", less, true).await;
        assert_eq!((kept.kept, kept.removed), (1, 1), "石桥头 is gone, branches and machines stay");
        let third = bank.app.registry();
        assert!(!Arc::ptr_eq(&second.places[&LINGXI], &third.places[&LINGXI]));
        assert_eq!(third.places[&LINGXI].all.len(), 7);
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String, String)>(
                "SELECT actor, detail FROM audit WHERE tenant_id = $1 AND act = 'places.put' ORDER BY id",
                params![tx.tenant()],
            )
        };
        let rows = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        let want = ("house:import".to_owned(), "kept 1 removed 1".to_owned());
        assert_eq!(rows.last(), Some(&want), "{rows:?}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_was_is_forgotten_after_a_while() {
    for bank in TestBank::each().await {
        bank.follow(APPID, "lifang").await;
        bank.take("lingxi", LIST, false).await;
        bank.ask("附近网点").await;
        bank.stand_at(APPID, 33.0305, 110.9745).await;
        bank.clock.advance_ms(DAY_MS);
        let said = bank.ask("几点关门").await;
        assert!(said.contains("哪个网点"), "{said}");
        bank.stop().await;
    }
}

#[test]
fn a_list_with_mistakes_is_refused_with_every_line() {
    let text = "\
类别,名称,地址,电话,纬度,经度,营业时间,店主姓,现金
网点,河东支行,河东镇,0990-1,33.03,110.97,8点到5点,,
商店,河东支行二,河东镇,0990-1,110.97,33.03,每天 8:30-17:00,,
助农点,柳树湾助农点,,电话问村里,33.04,110.99,每天 7:00-19:00,王小明,有一些
助农点,柳树湾助农点,柳树湾,0990-1,33.04,110.99,每天 7:00-19:00,王,
";
    let wrong = file::places("a.csv", text.as_bytes()).unwrap_err();
    for want in [
        "a.csv:2: 营业时间：“8点到5点”看不懂",
        "a.csv:3: 类别只有",
        "a.csv:3: 纬度“110.97”不对",
        "a.csv:4: 网点和助农点要写地址、电话",
        "a.csv:4: 电话只写数字",
        "a.csv:4: 店主只写姓",
        "a.csv:4: 现金只写“有”或“没有”",
        "a.csv:5: “柳树湾助农点”前面写过了",
    ] {
        assert!(wrong.contains(want), "{want}: {wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_with_one_wrong_row_or_a_strange_owner_changes_nothing() {
    for bank in TestBank::each().await {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("places.csv");
        let bad = LIST.replace("每天 7:00-19:00", "从早到晚");
        std::fs::write(&file, bad).unwrap();
        let read = |file| import::read(What::Places, file, "lingxi".into(), false);
        let wrong = read(&file).unwrap_err().to_string();
        assert!(wrong.contains("places.csv:6: 营业时间"), "{wrong}");
        std::fs::write(&file, LIST).unwrap();
        let mut plan = read(&file).unwrap();
        plan.institution = "nowhere".into();
        let wrong = ops::run(&bank.app, Command::Import(plan)).await.unwrap_err();
        assert!(wrong.to_string().contains("no institution “nowhere”"), "{wrong}");
        let days =
            file::days("d.csv", "日期,名称,营业时间\n2027-01-01,没有的支行,休息\n".as_bytes());
        let plan =
            Plan { institution: "lingxi".into(), rows: Rows::Days(days.unwrap()), replace: false };
        let wrong = ops::run(&bank.app, Command::Import(plan)).await.unwrap_err();
        assert!(wrong.to_string().contains("没有“没有的支行”这个地方"), "{wrong}");
        assert!(bank.app.registry().places[&LINGXI].all.is_empty());
        bank.stop().await;
    }
}
