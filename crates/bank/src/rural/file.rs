//! Notices and prices as a county hands them in (`weiyin import notices`, `weiyin import prices`).

use super::{Bulletin, List, Price, terms};
use crate::import::csv::{Record, Table};
use base::Fen;
use nlu::secret::secrets;

const TITLE_CHARS_MAX: usize = 30;
/// Three of them fit into one message.
const WORDS_CHARS_MAX: usize = 120;
const NAME_CHARS_MAX: usize = 20;

/// Reads rows of lists; `kinds` are the kinds of subsidy customers can ask for.
///
/// # Errors
/// Every mistake, with file and line.
pub fn notices(file: &str, bytes: &[u8], kinds: &[String]) -> Result<Vec<Bulletin>, String> {
    let must = ["栏目", "标题", "内容", "来源", "责任单位", "电话", "起始日期"];
    let mut table = Table::read(file, bytes, &must, &["类别", "截止日期"]);
    let mut out: Vec<Bulletin> = vec![];
    for row in table.rows() {
        let Some(one) = notice(&mut table, &row, kinds) else { continue };
        if out.iter().any(|b| (b.list, &b.topic, &b.title) == (one.list, &one.topic, &one.title)) {
            table.wrong(row.line, &format!("“{}”前面写过了", one.title));
        }
        out.push(one);
    }
    table.finish(out)
}

fn short(table: &mut Table, row: &Record, column: &str, most: usize) -> String {
    let field = table.must(row, column).to_owned();
    if field.chars().count() > most {
        table.wrong(row.line, &format!("{column}太长，最多{most}个字"));
    }
    // What is told to everybody holds nobody's numbers.
    if !secrets(&field).is_empty() {
        table.wrong(row.line, &format!("{column}里像是有证件号、卡号，去掉再来"));
    }
    field
}

fn notice(table: &mut Table, row: &Record, kinds: &[String]) -> Option<Bulletin> {
    let list = List::of_word(table.must(row, "栏目"));
    if list.is_none() {
        table.wrong(row.line, "栏目只有：村务公示、补贴政策、信用卡优惠、农事");
    }
    let topic = table.field(row, "类别").to_owned();
    match list {
        Some(List::Notice) if topic.is_empty() => table.wrong(row.line, "村务公示的类别写村名"),
        Some(List::Subsidy) if !kinds.contains(&topic) => {
            table.wrong(row.line, &format!("补贴政策的类别只有：{}", kinds.join("、")));
        }
        Some(List::Farming) if !is_season(&topic) => {
            table.wrong(row.line, "农事的类别写月份（11月）或节气（小雪）");
        }
        _ => {}
    }
    let (from, to) = (table.must_day(row, "起始日期"), table.day(row, "截止日期"));
    if to.is_some_and(|to| to < from) {
        table.wrong(row.line, "截止日期在起始日期前面");
    }
    if to.is_none() && matches!(list, Some(List::Subsidy | List::Promo)) {
        table.wrong(row.line, "补贴和优惠要写截止日期，到期自己撤下");
    }
    Some(Bulletin {
        list: list?,
        topic,
        title: short(table, row, "标题", TITLE_CHARS_MAX),
        words: short(table, row, "内容", WORDS_CHARS_MAX),
        source: short(table, row, "来源", NAME_CHARS_MAX),
        owner: short(table, row, "责任单位", NAME_CHARS_MAX),
        contact: phone(table, row),
        from,
        to,
    })
}

fn is_season(topic: &str) -> bool {
    let month = topic.strip_suffix('月').and_then(|m| m.parse::<u8>().ok());
    month.is_some_and(|m| (1..=12).contains(&m)) || terms::NAMES.contains(&topic)
}

fn phone(table: &mut Table, row: &Record) -> String {
    let phone = table.must(row, "电话").to_owned();
    if !phone.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ')) {
        table.wrong(row.line, "电话只写数字和“-”");
    }
    phone
}

/// Reads prices; `products` are the names customers can ask for.
///
/// # Errors
/// Every mistake, with file and line.
pub fn prices(file: &str, bytes: &[u8], products: &[String]) -> Result<Vec<Price>, String> {
    let must = ["品种", "市场", "日期", "最低价", "最高价", "单位", "来源", "责任单位", "电话"];
    let mut table = Table::read(file, bytes, &must, &[]);
    let mut out: Vec<Price> = vec![];
    for row in table.rows() {
        let product = table.must(&row, "品种").to_owned();
        if !product.is_empty() && !products.contains(&product) {
            table.wrong(
                row.line,
                &format!("客户问不到“{product}”，品种只有：{}", products.join("、")),
            );
        }
        let (low, high) = (yuan(&mut table, &row, "最低价"), yuan(&mut table, &row, "最高价"));
        if low > high {
            table.wrong(row.line, "最低价比最高价高");
        }
        let one = Price {
            product,
            market: short(&mut table, &row, "市场", NAME_CHARS_MAX),
            day: table.must_day(&row, "日期"),
            unit: short(&mut table, &row, "单位", 4),
            low: low.unwrap_or(Fen::ZERO),
            high: high.unwrap_or(Fen::ZERO),
            source: short(&mut table, &row, "来源", NAME_CHARS_MAX),
            owner: short(&mut table, &row, "责任单位", NAME_CHARS_MAX),
            contact: phone(&mut table, &row),
        };
        if out
            .iter()
            .any(|p| (&p.product, &p.market, p.day) == (&one.product, &one.market, one.day))
        {
            table.wrong(row.line, "这个市场这一天的价前面写过了");
        }
        out.push(one);
    }
    table.finish(out)
}

/// `8.2` → 820 fen.
fn yuan(table: &mut Table, row: &Record, column: &str) -> Option<Fen> {
    let field = table.must(row, column).to_owned();
    let (whole, part) = field.split_once('.').unwrap_or((&field, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let fits =
        !whole.is_empty() && whole.len() <= 7 && part.len() <= 2 && digits(whole) && digits(part);
    let fen =
        fits.then(|| format!("{whole}{part:0<2}").parse().ok()).flatten().filter(|fen| *fen > 0);
    if fen.is_none() && !field.is_empty() {
        table.wrong(row.line, &format!("{column}“{field}”不是价钱，写成 8.20 这样"));
    }
    fen.map(Fen::of)
}
