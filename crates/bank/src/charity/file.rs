//! Projects as an institution hands them in (`weiyin import charity`).

use super::{Entry, POINTS_MIN};
use crate::import::csv::{Record, Table};
use corebank::numbers;
use nlu::secret::secrets;

const MUST: &[&str] = &[
    "代码",
    "名称",
    "故事",
    "募捐组织",
    "备案号",
    "每份积分",
    "每份",
    "目标积分",
    "截止日期",
    "状态",
    "登记人",
    "复核人",
];
const MAY: &[&str] = &["收款账号", "收款户名"];
const CODE_CHARS: std::ops::RangeInclusive<usize> = 2..=32;
const TITLE_CHARS_MAX: usize = 16;
const STORY_CHARS_MAX: usize = 60;
const NAME_CHARS_MAX: usize = 30;
/// It goes along with every payment, whose words have sixty characters.
const LICENCE_CHARS_MAX: usize = 20;
const GOAL_MAX: i64 = 1_000_000_000;

/// Reads a list of projects.
///
/// # Errors
/// Every mistake, with file and line.
pub fn projects(file: &str, bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let mut table = Table::read(file, bytes, MUST, MAY);
    let mut out: Vec<Entry> = vec![];
    for row in table.rows() {
        let Some(entry) = project(&mut table, &row) else { continue };
        if out.iter().any(|e| e.code == entry.code) {
            table.wrong(row.line, &format!("“{}”前面写过了", entry.code));
        }
        out.push(entry);
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

fn whole(table: &mut Table, row: &Record, column: &str, least: i64) -> i64 {
    let field = table.must(row, column).to_owned();
    let found = field.parse().ok().filter(|n: &i64| (least..=GOAL_MAX).contains(n));
    if found.is_none() && !field.is_empty() {
        table.wrong(row.line, &format!("{column}“{field}”不对，写 {least} 以上的整数"));
    }
    found.unwrap_or(least)
}

fn project(table: &mut Table, row: &Record) -> Option<Entry> {
    let code = table.must(row, "代码").to_owned();
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !CODE_CHARS.contains(&code.len()) || !code.bytes().all(is_plain) {
        table.wrong(row.line, "代码只用小写字母、数字和“-”，2 到 32 个");
    }
    let is_open = match table.must(row, "状态") {
        "开放" => Some(true),
        "结束" => Some(false),
        _ => None,
    };
    if is_open.is_none() {
        table.wrong(row.line, "状态只有：开放、结束");
    }
    let (maker, checker) =
        (short(table, row, "登记人", NAME_CHARS_MAX), short(table, row, "复核人", NAME_CHARS_MAX));
    if maker == checker && !maker.is_empty() {
        table.wrong(row.line, "登记和复核要两个人");
    }
    let (payee_number, payee_name) =
        (table.field(row, "收款账号").to_owned(), table.field(row, "收款户名").to_owned());
    if payee_number.is_empty() != payee_name.is_empty() {
        table.wrong(row.line, "收款账号和收款户名要一起写");
    }
    let is_number = numbers::is_card(&payee_number) || numbers::is_passbook(&payee_number);
    if !payee_number.is_empty() && !is_number {
        table.wrong(row.line, "收款账号不对，请对着开户回执再看一遍");
    }
    Some(Entry {
        code,
        title: short(table, row, "名称", TITLE_CHARS_MAX),
        story: short(table, row, "故事", STORY_CHARS_MAX),
        fundraiser: short(table, row, "募捐组织", NAME_CHARS_MAX),
        licence: short(table, row, "备案号", LICENCE_CHARS_MAX),
        unit_points: whole(table, row, "每份积分", POINTS_MIN),
        unit_words: short(table, row, "每份", NAME_CHARS_MAX),
        goal_points: whole(table, row, "目标积分", POINTS_MIN),
        ends_on: table.must_day(row, "截止日期"),
        is_open: is_open?,
        payee_number,
        payee_name,
        maker,
        checker,
    })
}
