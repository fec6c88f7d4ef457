//! Notices, subsidies, offers, prices and seasons through the front door.

use super::file;
use crate::import::{self, Plan, Rows};
use crate::testing::{APPID, LINGXI, PROVINCIAL, TestBank};
use base::DAY_MS;
use db::{Scope, params};

/// Today is 2026-11-23, the day after 小雪.
const NOTICES: &str = "\
栏目,类别,标题,内容,来源,责任单位,电话,起始日期,截止日期
村务公示,柳树湾,三季度收支,收入 12.6 万元，支出 9.8 万元,柳树湾村委会,柳树湾村委会,0990-5200201,2026-10-15,2027-01-15
村务公示,桑园村,二季度收支,收入 3 万元，支出 2 万元,桑园村委会,桑园村委会,0990-5200202,2026-07-15,2026-10-15
补贴政策,种粮,耕地地力保护补贴,按确权面积发，抛荒的不补,县农业农村局,县农业农村局,0990-5200300,2026-03-01,2027-02-28
补贴政策,农机,农机购置补贴,先买后补，发票留好,县农机站,县农机站,0990-5200301,2026-03-01,2026-11-25
信用卡优惠,,周三加油立减,满 200 元减 20 元,陵溪农商行,银行卡部,0990-5200110,2026-11-01,2026-12-31
农事,11月,冬小麦浇越冬水,日平均气温降到三四度时浇,县农技站,县农技站,0990-5200302,2026-01-01,
农事,谷雨,种花生,地温稳定在十五度以上再种,县农技站,县农技站,0990-5200302,2026-01-01,
";
const PRICES: &str = "\
品种,市场,日期,最低价,最高价,单位,来源,责任单位,电话
玉米,城关粮食市场,2026-11-20,1.12,1.16,斤,县发改局,县价格中心,0990-5200400
玉米,城关粮食市场,2026-11-13,1.1,1.14,斤,县发改局,县价格中心,0990-5200400
玉米,河东集市,2026-11-21,1.1,1.1,斤,县发改局,县价格中心,0990-5200400
玉米,西岭集市,2026-11-01,1.3,1.3,斤,县发改局,县价格中心,0990-5200400
生猪,城关牲畜市场,2026-11-02,8.2,8.6,斤,县发改局,县价格中心,0990-5200400
";
const VILLAGES: &str = "\
类别,名称,别名,纬度,经度
村镇,柳树湾村,柳树湾,33.041,110.989
村镇,桑园村,桑园,33.087,110.939
村镇,西岭乡,,33.061,110.948
";

fn kinds() -> Vec<String> {
    ["种粮", "农机"].map(String::from).to_vec()
}
fn products() -> Vec<String> {
    ["玉米", "生猪"].map(String::from).to_vec()
}

impl TestBank {
    async fn take_rows(&self, institution: &str, rows: Rows, replace: bool) -> crate::places::Kept {
        let plan = Plan { institution: institution.into(), rows, replace };
        import::apply(&self.app, plan).await.unwrap()
    }
    async fn fill_county(&self) {
        self.follow(APPID, "lifang").await;
        let villages = crate::places::file::places("v.csv", VILLAGES.as_bytes()).unwrap();
        self.take_rows("lingxi", Rows::Places(villages), false).await;
        let notices = file::notices("n.csv", NOTICES.as_bytes(), &kinds()).unwrap();
        self.take_rows("lingxi", Rows::Notices(notices), false).await;
        let prices = file::prices("p.csv", PRICES.as_bytes(), &products()).unwrap();
        self.take_rows("lingxi", Rows::Prices(prices), false).await;
    }
    async fn told(&self, text: &str) -> String {
        self.say(APPID, "lifang", text).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_names_its_source_and_withdraws_itself_after_its_last_day() {
    for bank in TestBank::each().await {
        bank.fill_county().await;
        let said = bank.told("柳树湾的村务公开").await;
        assert!(said.contains("三季度收支：收入 12.6 万元"), "{said}");
        assert!(said.contains("来源：柳树湾村委会，2026年10月15日起，到2027年1月15日"), "{said}");
        assert!(!said.contains("桑园"), "another village's: {said}");
        let said = bank.told("桑园村的村务公开").await;
        assert!(
            said.contains("到2026年10月15日为止，已经撤下") && said.contains("0990-5200202"),
            "{said}"
        );
        let said = bank.told("西岭乡的村务公开").await;
        assert!(said.contains("还没有放到微信里"), "{said}");
        let said = bank.told("补贴政策").await;
        assert!(said.contains("耕地地力保护补贴") && said.contains("农机购置补贴"), "{said}");
        let said = bank.told("农机购置补贴怎么报").await;
        assert!(said.contains("先买后补") && !said.contains("地力"), "{said}");
        bank.clock.advance_ms(3 * DAY_MS);
        let said = bank.told("农机购置补贴怎么报").await;
        assert!(said.contains("到2026年11月25日为止，已经撤下"), "{said}");
        let said = bank.told("信用卡优惠活动").await;
        assert!(said.contains("周三加油立减：满 200 元减 20 元"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_unions_rows_stand_beside_a_countys_and_a_neighbours_never_do() {
    for bank in TestBank::each().await {
        bank.fill_county().await;
        let of = |title: &str| {
            let line = format!(
                "补贴政策,种粮,{title},照省里的办,省农业农村厅,省农业农村厅,12345,2026-03-01,2026-12-31\n"
            );
            let text = format!("{}\n{line}", NOTICES.lines().next().unwrap());
            Rows::Notices(file::notices("u.csv", text.as_bytes(), &kinds()).unwrap())
        };
        bank.take_rows("qinghe", of("全省规定"), false).await;
        bank.take_rows("yunlu", of("邻县规定"), false).await;
        let said = bank.told("种玉米国家补多少").await;
        assert!(said.contains("耕地地力保护补贴") && said.contains("全省规定"), "{said}");
        assert!(!said.contains("邻县规定"), "{said}");
        bank.follow(PROVINCIAL, "lifang").await;
        let said = bank.say(PROVINCIAL, "lifang", "补贴政策").await;
        assert!(said.contains("全省规定") && !said.contains("地力"), "no bank chosen yet: {said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_reckoned_from_rows_and_old_ones_are_not_told() {
    for bank in TestBank::each().await {
        bank.fill_county().await;
        let said = bank.told("玉米什么价").await;
        assert!(
            said.contains(
                "城关粮食市场 1.12—1.16 元/斤，比11月13日涨0.02元（11月20日，来源：县发改局）"
            ),
            "{said}"
        );
        assert!(said.contains("河东集市 1.10 元/斤（11月21日"), "{said}");
        assert!(!said.contains("西岭集市"), "three weeks old: {said}");
        let said = bank.told("今日猪价").await;
        assert!(said.contains("生猪的价最后一次登记是11月2日，太旧了不敢报"), "{said}");
        let said = bank.told("花生米价钱").await;
        assert!(said.contains("花生的价还没有登记"), "{said}");
        let said = bank.told("农产品行情").await;
        assert!(said.contains("想看什么的价"), "{said}");
        let said = bank.told("苞谷").await;
        assert!(said.contains("玉米的价"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_season_is_told_with_what_the_county_advises_and_no_weather_is_made_up() {
    for bank in TestBank::each().await {
        bank.fill_county().await;
        let said = bank.told("农时提醒").await;
        assert!(said.contains("现在是小雪（11月22日起），大雪在12月7日"), "{said}");
        assert!(said.contains("冬小麦浇越冬水") && said.contains("天气我报不了"), "{said}");
        let said = bank.told("谷雨前后种啥").await;
        assert!(said.contains("谷雨在2027年4月20日") && said.contains("种花生"), "{said}");
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_may_replace_what_it_no_longer_names_and_is_audited() {
    for bank in TestBank::each().await {
        bank.fill_county().await;
        let less = NOTICES.lines().filter(|l| !l.contains("二季度")).collect::<Vec<_>>().join("\n");
        let less = file::notices("n.csv", less.as_bytes(), &kinds()).unwrap();
        let kept = bank.take_rows("lingxi", Rows::Notices(less), true).await;
        assert_eq!((kept.kept, kept.removed), (6, 1));
        let said = bank.told("桑园村的村务公开").await;
        assert!(said.contains("还没有放到微信里"), "{said}");
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<(String, String)>(
                "SELECT act, detail FROM audit WHERE tenant_id = $1 AND actor = 'house:import' ORDER BY id",
                params![tx.tenant()],
            )
        };
        let rows = bank.app.db.read(Scope::Tenant(LINGXI), unit).await.unwrap();
        let acts: Vec<&str> = rows.iter().map(|(act, _)| act.as_str()).collect();
        assert_eq!(acts, ["places.put", "bulletins.put", "prices.put", "bulletins.put"]);
        assert_eq!(rows[3].1, "kept 6 removed 1");
        bank.stop().await;
    }
}

#[test]
fn lists_with_mistakes_are_refused_with_every_line() {
    let head = NOTICES.lines().next().unwrap();
    let bad = format!(
        "{head}\n\
         村务公示,,低保名单,张三 身份证 110101199003072316,村委会,村委会,0990-1,2026-11-01,\n\
         补贴政策,养鱼,鱼塘补贴,照办,县里,县里,没有,2026-13-01,2026-01-01\n\
         农事,十一月,浇水,浇,县里,县里,0990-1,2026-11-01,2026-10-01\n\
         广告,,买保险,快买,县里,县里,0990-1,2026-11-01,\n"
    );
    let wrong = file::notices("n.csv", bad.as_bytes(), &kinds()).unwrap_err();
    for want in [
        "n.csv:2: 村务公示的类别写村名",
        "n.csv:2: 内容里像是有证件号、卡号",
        "n.csv:3: 补贴政策的类别只有：种粮、农机",
        "n.csv:3: 电话只写数字",
        "n.csv:3: 起始日期“2026-13-01”不是日子",
        "n.csv:4: 农事的类别写月份（11月）或节气（小雪）",
        "n.csv:4: 截止日期在起始日期前面",
        "n.csv:5: 栏目只有",
    ] {
        assert!(wrong.contains(want), "{want}: {wrong}");
    }
    let head = PRICES.lines().next().unwrap();
    let bad = format!(
        "{head}\n\
         榴莲,城关市场,2026-11-20,9,8,斤,县里,县里,0990-1\n\
         玉米,城关市场,2026-11-20,1.125,便宜,斤,县里,县里,0990-1\n\
         玉米,城关市场,2026-11-20,1.1,1.2,斤,县里,县里,0990-1\n"
    );
    let wrong = file::prices("p.csv", bad.as_bytes(), &products()).unwrap_err();
    for want in [
        "p.csv:2: 客户问不到“榴莲”",
        "p.csv:2: 最低价比最高价高",
        "p.csv:3: 最低价“1.125”不是价钱",
        "p.csv:3: 最高价“便宜”不是价钱",
        "p.csv:4: 这个市场这一天的价前面写过了",
    ] {
        assert!(wrong.contains(want), "{want}: {wrong}");
    }
}
