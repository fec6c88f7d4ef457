//! Places and their days as a county hands them in (`weiyin import places`, `weiyin import days`).

use super::hours::Hours;
use super::{DayEntry, Entry, Kind};
use crate::import::csv::{Record, Table};
use base::Time;
use nlu::dates;
use std::collections::BTreeSet;

const MUST: &[&str] = &["类别", "名称", "纬度", "经度"];
const MAY: &[&str] =
    &["别名", "地址", "电话", "营业时间", "业务", "无障碍", "停车", "店主姓", "现金", "现金时间"];
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=24;
const WORDS_CHARS_MAX: usize = 60;
/// China, roughly: what lies outside is a slip (latitude and longitude changed places, say).
const LAT_E6: std::ops::RangeInclusive<i64> = 3_000_000..=54_000_000;
const LON_E6: std::ops::RangeInclusive<i64> = 73_000_000..=136_000_000;

/// Reads a list of places.
///
/// # Errors
/// Every mistake, with file and line.
pub fn places(file: &str, bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let mut table = Table::read(file, bytes, MUST, MAY);
    let mut out = vec![];
    let mut seen = BTreeSet::new();
    for row in table.rows() {
        if let Some(entry) = place(&mut table, &row) {
            if !seen.insert((entry.kind.stored(), entry.name.clone())) {
                table.wrong(row.line, &format!("“{}”前面写过了", entry.name));
            }
            out.push(entry);
        }
    }
    table.finish(out)
}

fn place(table: &mut Table, row: &Record) -> Option<Entry> {
    let words = |table: &mut Table, column: &str| {
        let field = table.field(row, column).to_owned();
        if field.chars().count() > WORDS_CHARS_MAX {
            table.wrong(row.line, &format!("{column}太长，最多{WORDS_CHARS_MAX}个字"));
        }
        field
    };
    let kind = Kind::of_word(table.must(row, "类别"));
    if kind.is_none() {
        table.wrong(row.line, "类别只有：网点、自助银行、助农点、村镇");
    }
    let name = table.must(row, "名称").to_owned();
    if !NAME_CHARS.contains(&name.chars().count()) || name.contains([' ', ',']) {
        table.wrong(row.line, "名称要有2到24个字，中间没有空格和逗号");
    }
    let also = words(table, "别名").replace(['、', '，', '；'], " ");
    let (address, phone) = (words(table, "地址"), words(table, "电话"));
    let is_counter = matches!(kind, Some(Kind::Branch | Kind::Point));
    if is_counter && (address.is_empty() || phone.is_empty()) {
        table.wrong(row.line, "网点和助农点要写地址、电话");
    }
    if !phone.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ')) {
        table.wrong(row.line, "电话只写数字和“-”");
    }
    let spot = (degrees(table, row, "纬度", LAT_E6), degrees(table, row, "经度", LON_E6));
    let hours = table.field(row, "营业时间").to_owned();
    if !(hours.is_empty() && kind == Some(Kind::Locality))
        && let Err(why) = Hours::parse(&hours)
    {
        table.wrong(row.line, &format!("营业时间：{why}"));
    }
    let keeper = table.field(row, "店主姓").to_owned();
    if keeper.chars().count() > 2 {
        table.wrong(row.line, "店主只写姓，不写全名");
    }
    let cash = cash(table, row);
    Some(Entry {
        kind: kind?,
        name,
        also,
        address,
        phone,
        spot: (spot.0?, spot.1?),
        hours,
        services: words(table, "业务").replace(['、', '，', '；'], " "),
        step_free: words(table, "无障碍"),
        parking: words(table, "停车"),
        keeper,
        cash,
    })
}

fn degrees(
    table: &mut Table,
    row: &Record,
    column: &str,
    within: std::ops::RangeInclusive<i64>,
) -> Option<i64> {
    let field = table.must(row, column).to_owned();
    let found = micro_degrees(&field).filter(|e6| within.contains(e6));
    if found.is_none() && !field.is_empty() {
        table.wrong(row.line, &format!("{column}“{field}”不对，写成 33.123456 这样，纬度在前"));
    }
    found
}

/// `33.1234` → 33123400. Past the sixth decimal nothing is kept.
fn micro_degrees(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let part: String = part.chars().chain("000000".chars()).take(6).collect();
    whole.parse::<i64>().ok()?.checked_mul(1_000_000)?.checked_add(part.parse().ok()?)
}

/// Whether there is cash, and when that was said: `2026-11-26 9:10`.
fn cash(table: &mut Table, row: &Record) -> Option<(bool, i64)> {
    let (said, at) = (table.field(row, "现金").to_owned(), table.field(row, "现金时间").to_owned());
    let has = match said.as_str() {
        "" => return None,
        "有" => true,
        "没有" | "无" => false,
        _ => {
            table.wrong(row.line, "现金只写“有”或“没有”");
            return None;
        }
    };
    let time = at.split_once(' ').and_then(|(day, clock)| {
        let (hour, minute) = clock.trim().split_once(':')?;
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        let (year, month, of_month) = dates::civil(dates::from_iso(day)?);
        let fits = (0..24).contains(&hour) && (0..60).contains(&minute);
        fits.then(|| {
            Time::of_china_date(year, month, of_month).plus_ms((hour * 60 + minute) * 60_000).ms()
        })
    });
    if time.is_none() {
        table.wrong(row.line, "现金是什么时候报的？现金时间写成 2026-11-26 9:10");
    }
    time.map(|at| (has, at))
}

/// Reads days with hours of their own; no name is every branch.
///
/// # Errors
/// Every mistake, with file and line.
pub fn days(file: &str, bytes: &[u8]) -> Result<Vec<DayEntry>, String> {
    let mut table = Table::read(file, bytes, &["日期", "营业时间"], &["名称", "说明"]);
    let mut out = vec![];
    for row in table.rows() {
        let day = table.must_day(&row, "日期");
        let mut hours = table.must(&row, "营业时间").to_owned();
        if hours == "休息" {
            hours.clear();
        } else if let Err(why) = Hours::parse(&hours) {
            table.wrong(row.line, &format!("营业时间：{why}"));
        }
        let reason = table.field(&row, "说明").to_owned();
        out.push(DayEntry { day, place: table.field(&row, "名称").to_owned(), hours, reason });
    }
    table.finish(out)
}
