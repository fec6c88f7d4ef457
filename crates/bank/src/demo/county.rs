//! What each demo bank's county has: branches, machines, village service points, towns and villages. All of it is invented.

use super::province;
use crate::app::App;
use crate::audit::Actor;
use crate::places::{self, Entry, Kind};
use crate::rural::{self, Bulletin, List, Price};
use crate::tenants::{Institution, UNION};
use base::{Fen, Result, Time};
use db::Scope;
use std::sync::Arc;

const BY: Actor<'static> = Actor::House("demo");

/// kind, name, other names, address, hours, what can be done, step-free, parking, keeper; where it is from the county town in
/// thousandths of a degree
type Line = (
    Kind,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    [&'static str; 3],
    (i64, i64),
);

const TOWN_HOURS: &str = "周一至周五 8:30-17:00；周六、周日 9:00-16:00；节假日 9:00-15:00";
const BRANCH_HOURS: &str = "周一至周五 8:30-12:00 14:00-17:00；周六 9:00-16:00";
const SMALL_HOURS: &str = "周一至周五 9:00-16:00";
const ALL_DAY: &str = "每天 24小时";

const COUNTY: &[Line] = &[
    (
        Kind::Branch,
        "营业部",
        "总行 总部",
        "城关镇人民路1号",
        TOWN_HOURS,
        "办社保卡 办对公业务 办贷款 换零钱",
        ["门口有坡道", "门前有车位", ""],
        (0, 0),
    ),
    (
        Kind::Branch,
        "河东支行",
        "",
        "河东镇兴农街18号",
        BRANCH_HOURS,
        "办社保卡 办贷款 换零钱",
        ["", "门前有车位", ""],
        (31, -27),
    ),
    (
        Kind::Branch,
        "西岭支行",
        "",
        "西岭乡集市北口",
        BRANCH_HOURS,
        "办社保卡 换零钱",
        ["", "", ""],
        (62, -54),
    ),
    (
        Kind::Branch,
        "南坪分理处",
        "",
        "南坪村委会旁",
        SMALL_HOURS,
        "换零钱",
        ["", "", ""],
        (93, -81),
    ),
    (
        Kind::Atm,
        "人民路自助银行",
        "营业部自助银行",
        "城关镇人民路1号",
        ALL_DAY,
        "存现金 补登存折 打流水 刷脸取款",
        ["门口有坡道", "", ""],
        (0, 1),
    ),
    (
        Kind::Atm,
        "城关汽车站取款机",
        "汽车站取款机",
        "城关镇汽车站候车厅",
        "每天 6:00-20:00",
        "",
        ["", "", ""],
        (9, 12),
    ),
    (
        Kind::Atm,
        "河东自助银行",
        "",
        "河东镇兴农街18号",
        ALL_DAY,
        "存现金 补登存折",
        ["", "", ""],
        (31, -28),
    ),
    (
        Kind::Point,
        "柳树湾助农点",
        "",
        "柳树湾村口便民超市",
        "每天 7:00-19:00",
        "交电费",
        ["", "", "王"],
        (40, -10),
    ),
    (
        Kind::Point,
        "石桥头助农点",
        "",
        "石桥头村委会旁",
        "每天 8:00-12:00 14:00-18:00",
        "存现金 交电费",
        ["", "", "刘"],
        (55, -35),
    ),
    (
        Kind::Point,
        "桑园助农点",
        "",
        "桑园村卫生室隔壁",
        "每天 8:00-18:00",
        "",
        ["", "", "赵"],
        (88, -60),
    ),
    (Kind::Locality, "城关镇", "县城 城关", "", "", "", ["", "", ""], (2, 2)),
    (Kind::Locality, "河东镇", "", "", "", "", ["", "", ""], (30, -25)),
    (Kind::Locality, "西岭乡", "西岭镇", "", "", "", ["", "", ""], (61, -52)),
    (Kind::Locality, "柳树湾村", "", "", "", "", ["", "", ""], (41, -11)),
    (Kind::Locality, "石桥头村", "", "", "", "", ["", "", ""], (54, -36)),
    (Kind::Locality, "桑园村", "", "", "", "", ["", "", ""], (87, -61)),
    (Kind::Locality, "南坪村", "", "", "", "", ["", "", ""], (92, -80)),
    (Kind::Locality, "王家坳村", "", "", "", "", ["", "", ""], (47, -18)),
];

/// list, topic, title, words, source; days from today to its first and its last day
type Notice = (List, &'static str, &'static str, &'static str, &'static str, (i64, i64));

const NOTICES: &[Notice] = &[
    (
        List::Notice,
        "柳树湾村",
        "三季度收支",
        "收入 12.6 万元，支出 9.8 万元，结余 2.8 万元",
        "柳树湾村委会",
        (-30, 60),
    ),
    (
        List::Notice,
        "石桥头村",
        "二季度收支",
        "收入 4.1 万元，支出 3.9 万元",
        "石桥头村委会",
        (-130, -40),
    ),
    (
        List::Subsidy,
        "种粮",
        "耕地地力保护补贴",
        "按确权面积发，抛荒的不补，打到惠农一卡通",
        "县农业农村局",
        (-200, 160),
    ),
    (
        List::Subsidy,
        "农机",
        "农机购置补贴",
        "先买后补，留好发票和合格证，到县农机站申请",
        "县农机站",
        (-200, 160),
    ),
    (
        List::Promo,
        "",
        "周三加油立减",
        "县城两个加油站，周三刷信用卡满 200 元减 20 元",
        "银行卡部",
        (-25, 35),
    ),
    (
        List::Farming,
        "11月",
        "冬小麦浇越冬水",
        "日平均气温降到三四度时浇，浇后划锄保墒",
        "县农技站",
        (-300, 600),
    ),
    (List::Farming, "12月", "大棚防冻", "夜里加盖草帘，晴天中午短时通风", "县农技站", (-300, 600)),
    (List::Farming, "谷雨", "种花生", "五厘米地温稳定在十五度以上再种", "县农技站", (-300, 600)),
];

/// product, market, unit, days before today, lowest and highest in fen
const PRICES: &[(&str, &str, &str, i64, i64, i64)] = &[
    ("玉米", "城关粮食市场", "斤", 9, 110, 114),
    ("玉米", "城关粮食市场", "斤", 2, 112, 116),
    ("玉米", "河东集市", "斤", 3, 110, 110),
    ("生猪", "城关牲畜市场", "斤", 9, 830, 870),
    ("生猪", "城关牲畜市场", "斤", 2, 820, 860),
    ("鸡蛋", "城关农贸市场", "斤", 1, 430, 460),
    ("肉羊", "西岭集市", "斤", 40, 1_350, 1_400),
];

fn bulletin(bank: &Institution, line: &Notice, today: i64) -> Bulletin {
    let (list, topic, title, words, source, (from, to)) = *line;
    Bulletin {
        list,
        topic: topic.to_owned(),
        title: title.to_owned(),
        words: words.to_owned(),
        source: source.to_owned(),
        owner: source.to_owned(),
        contact: bank.phone.clone(),
        from: today + from,
        to: Some(today + to),
    }
}

fn price(bank: &Institution, line: &(&str, &str, &str, i64, i64, i64), today: i64) -> Price {
    let (product, market, unit, ago, low, high) = *line;
    Price {
        product: product.to_owned(),
        market: market.to_owned(),
        day: today - ago,
        unit: unit.to_owned(),
        low: Fen::of(low),
        high: Fen::of(high),
        source: "县价格中心".to_owned(),
        owner: "县价格中心".to_owned(),
        contact: bank.phone.clone(),
    }
}

/// Fills the county of every bank.
pub(super) async fn fill(app: &Arc<App>) -> Result<()> {
    let banks: Vec<Institution> =
        province::institutions().into_iter().filter(|i| i.tenant != UNION).collect();
    for (n, bank) in banks.into_iter().enumerate() {
        let n = i64::try_from(n).unwrap_or(0);
        let tenant = bank.tenant;
        let unit = move |tx: &db::Tx<'_>| {
            let centre = (33_000_000 + n * 210_000, 111_000_000 + n * 170_000);
            let all =
                COUNTY.iter().enumerate().map(|(k, line)| entry(&bank, k, line, centre, tx.now()));
            places::keep(tx, BY, &all.collect::<Vec<_>>(), false)?;
            let today = tx.now().china_day();
            let notices: Vec<Bulletin> =
                NOTICES.iter().map(|line| bulletin(&bank, line, today)).collect();
            rural::keep_bulletins(tx, BY, &notices, false)?;
            let prices: Vec<Price> = PRICES.iter().map(|line| price(&bank, line, today)).collect();
            rural::keep_prices(tx, BY, &prices).map(|_| ())
        };
        app.db.write(Scope::Tenant(tenant), unit).await?;
    }
    Ok(())
}

fn entry(bank: &Institution, k: usize, line: &Line, centre: (i64, i64), now: Time) -> Entry {
    let (kind, name, also, address, hours, services, [step_free, parking, keeper], (lat, lon)) =
        *line;
    let phone = if kind == Kind::Locality {
        String::new()
    } else {
        format!("{}{k}", &bank.phone[..bank.phone.len() - k.to_string().len()])
    };
    let name = if kind == Kind::Branch { format!("{}{name}", bank.short) } else { name.to_owned() };
    let is_keeper = kind == Kind::Point;
    Entry {
        kind,
        name,
        also: also.to_owned(),
        address: address.to_owned(),
        phone,
        spot: (centre.0 + lat * 1_000, centre.1 + lon * 1_000),
        hours: hours.to_owned(),
        services: services.to_owned(),
        step_free: step_free.to_owned(),
        parking: parking.to_owned(),
        keeper: keeper.to_owned(),
        // the first point reports its cash each morning
        cash: is_keeper.then_some((k == 7, now.ms())).filter(|_| k < 9),
    }
}
