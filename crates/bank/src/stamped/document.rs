//! How a stamped statement looks: head, lines, totals, seal and verification code on every page.

use super::paper::{self, Hand, Page};
use super::{Facts, purpose, seal};
use base::{Result, Time};
use corebank::{Day, Line};

pub(super) const LEFT: f32 = 40.0;
pub(super) const RIGHT: f32 = paper::WIDTH - 40.0;
const ROW: f32 = 16.0;
const SMALL: f32 = 8.5;
pub(super) const INK: [f32; 3] = [0.12, 0.16, 0.14];
const QUIET: [f32; 3] = [0.36, 0.42, 0.38];
const HEAD: [f32; 3] = [0.91, 0.95, 0.93];
/// Where the table's head stands on the first page and on the others.
const TOP_FIRST: f32 = 652.0;
const TOP: f32 = 782.0;
/// Between two lines of the opening.
const FACT: f32 = 17.0;
/// Lines that fit on the first page, and on each other one, above code, seal and page number.
const ROWS_FIRST: usize = 31;
const ROWS: usize = 39;

/// The statement as PDF, not yet signed. Lines are the latest first, as the core gives them.
pub(super) fn write(
    facts: &Facts,
    lines: &[Line],
    made_at: Time,
    check_url: &str,
) -> Result<Vec<u8>> {
    // What for takes a line of the opening, and the table one less.
    let rows_first = ROWS_FIRST - usize::from(facts.purpose.is_some());
    let english = facts.english.is_some();
    let (first, rest) = lines.split_at(lines.len().min(rows_first));
    let parts: Vec<&[Line]> = std::iter::once(first).chain(rest.chunks(ROWS)).collect();
    let count = parts.len();
    let mut pages = vec![];
    for (n, part) in parts.into_iter().enumerate() {
        let mut page = Page::default();
        // Under the text, so that the text stays readable.
        seal::stamp(&mut page, (RIGHT - 70.0, 112.0), &facts.bank);
        page.ink(INK);
        let mut y = if n == 0 { opening(&mut page, facts, made_at) } else { TOP };
        heading(&mut page, y, english);
        for line in part {
            y -= ROW;
            row(&mut page, y, line, english);
        }
        if n + 1 == count {
            closing(&mut page, y - ROW, lines.is_empty(), english);
        }
        foot(&mut page, facts, check_url, &number(n + 1, count, english))?;
        pages.push(page);
    }
    let hand = Hand { name: &facts.bank, at: made_at };
    Ok(paper::bind(&format!("{}账户交易流水", facts.bank), hand, pages))
}

fn number(page: usize, count: usize, english: bool) -> String {
    let words = if english { format!("　Page {page} of {count}") } else { String::new() };
    format!("第 {page} 页 / 共 {count} 页{words}")
}

/// A fact of the opening: its name, its name in English, what it is.
type Fact = (&'static str, &'static str, String);

fn opening(page: &mut Page, facts: &Facts, made_at: Time) -> f32 {
    let middle = paper::WIDTH / 2.0;
    let english = facts.english.as_deref();
    let bank_y = if english.is_some() && !facts.bank_english.is_empty() {
        page.text_centred(middle, 781.0, 9.5, &paper::fit(&facts.bank_english, 9.5, RIGHT - LEFT));
        795.0
    } else {
        790.0
    };
    page.text_centred(middle, bank_y, 17.0, &facts.bank);
    let title = english.map_or("账户交易流水", |_| "账户交易流水　Account Statement");
    page.text_centred(middle, 764.0, 13.0, title);
    page.rule(LEFT, 750.0, RIGHT, 1.2);
    let currency = english.map_or("人民币（元）", |_| "人民币（元）CNY");
    let account =
        english.map_or_else(|| facts.account.clone(), |e| format!("{}　{e}", facts.account));
    let sum = |count: i64, amount| match english {
        Some(_) => format!("{count} 笔 entries，{amount}"),
        None => format!("{count} 笔，{amount}"),
    };
    let all = facts.in_count + facts.out_count;
    let left: [Fact; 4] = [
        ("户名", "Name", facts.name.clone()),
        ("账户", "Account", account),
        ("进账", "Credit", sum(facts.in_count, facts.inflow)),
        ("出账", "Debit", sum(facts.out_count, facts.outflow)),
    ];
    let right: [Fact; 4] = [
        ("币种", "Currency", currency.to_owned()),
        ("起止日期", "Period", format!("{} 至 {}", facts.first_day, facts.last_day)),
        ("生成时间", "Issued", moment(made_at)),
        (
            "共计",
            "Total",
            english.map_or_else(|| format!("{all} 笔"), |_| format!("{all} 笔 entries")),
        ),
    ];
    let (left_room, right_room) = if english.is_some() { (66.0, 90.0) } else { (45.0, 60.0) };
    let mut y = 730.0;
    for (a, b) in left.iter().zip(&right) {
        fact(page, (LEFT, y), left_room, a, english.is_some());
        fact(page, (middle + 10.0, y), right_room, b, english.is_some());
        y -= FACT;
    }
    let Some(purpose) = facts.purpose else { return TOP_FIRST };
    let mut words = purpose.name().to_owned();
    if !facts.note.is_empty() {
        words = format!("{words}，{}", facts.note);
    }
    if english.is_some() {
        words = format!("{words}　{}", purpose.english());
    }
    // The bank vouches for the entries, not for what they are shown for.
    words += english.map_or("（客户自述，本行未核实）", |_| "（客户自述，未核实 not verified）");
    fact(page, (LEFT, y), left_room, &("用途", "Purpose", words), english.is_some());
    TOP_FIRST - FACT
}

fn fact(
    page: &mut Page,
    (x, y): (f32, f32),
    room: f32,
    (name, name_en, value): &Fact,
    english: bool,
) {
    let name = if english { format!("{name} {name_en}") } else { format!("{name}：") };
    page.text(x, y, 9.5, &name);
    page.text(x + room, y, 9.5, value);
}

/// Left edges of the columns that are words, right edges of those that are amounts.
const DAY_X: f32 = LEFT + 4.0;
const LABEL_X: f32 = 122.0;
const OTHER_X: f32 = 200.0;
const IN_X: f32 = 386.0;
const OUT_X: f32 = 466.0;
const AFTER_X: f32 = RIGHT - 4.0;

/// English words need room beside the label.
const OTHER_ENGLISH_X: f32 = 238.0;

fn heading(page: &mut Page, y: f32, english: bool) {
    page.ink(HEAD);
    page.fill_box(LEFT, y - 4.5, RIGHT - LEFT, ROW);
    page.ink(INK);
    let name = |chinese: &str, name_en: &str| match english {
        true => format!("{chinese} {name_en}"),
        false => chinese.to_owned(),
    };
    let other_x = if english { OTHER_ENGLISH_X } else { OTHER_X };
    page.text(DAY_X, y, SMALL, &name("日期时间", "Date"));
    page.text(LABEL_X, y, SMALL, &name("摘要", "Item"));
    page.text(other_x, y, SMALL, &name("对方", "Other party"));
    page.text_right(IN_X, y, SMALL, &name("进账", "Credit"));
    page.text_right(OUT_X, y, SMALL, &name("出账", "Debit"));
    page.text_right(AFTER_X, y, SMALL, &name("账面余额", "Balance"));
}

fn row(page: &mut Page, y: f32, line: &Line, english: bool) {
    let other_x = if english { OTHER_ENGLISH_X } else { OTHER_X };
    let label = match purpose::label(&line.label).filter(|_| english) {
        Some(name_en) => format!("{} {name_en}", line.label),
        None => line.label.clone(),
    };
    page.text(DAY_X, y, SMALL, &moment(line.at));
    page.text(LABEL_X, y, SMALL, &paper::fit(&label, SMALL, other_x - LABEL_X - 6.0));
    let room = IN_X - other_x - 66.0;
    page.text(other_x, y, SMALL, &paper::fit(&line.counterparty, SMALL, room));
    let amount_x = if line.is_in { IN_X } else { OUT_X };
    page.text_right(amount_x, y, SMALL, &line.amount.to_string());
    page.text_right(AFTER_X, y, SMALL, &line.balance_after.to_string());
    page.ink(HEAD);
    page.rule(LEFT, y - 4.5, RIGHT, 0.4);
    page.ink(INK);
}

fn closing(page: &mut Page, y: f32, is_empty: bool, english: bool) {
    let (words, words_en) = if is_empty {
        ("这段时间没有进出账", "　No entries in this period")
    } else {
        ("以下空白", "　End of statement")
    };
    let words_en = if english { words_en } else { "" };
    page.text_centred(paper::WIDTH / 2.0, y, SMALL, &format!("{words}{words_en}"));
}

pub(super) fn foot(page: &mut Page, facts: &Facts, check_url: &str, number: &str) -> Result<()> {
    let url = format!("{check_url}{}", facts.code);
    seal::square_code(page, (LEFT, 46.0), 62.0, &url)?;
    let x = LEFT + 74.0;
    page.text(x, 98.0, SMALL, "验真码");
    page.text(x + 34.0, 98.0, SMALL, &facts.code);
    page.ink(QUIET);
    page.text(x, 84.0, 7.5, "扫左边的码，或打开下面的网址，核对本单是否为本行出具、有没有改动：");
    page.text(x, 73.0, 7.5, &paper::fit(&url, 7.5, RIGHT - x));
    page.text(x, 61.0, 7.5, "账号、对方姓名已隐去一部分。以本行账户记录为准。");
    if facts.english.is_some() {
        page.text(x, 50.0, 7.0, "Scan the code or open the address to check that this statement is genuine and unchanged.");
        page.text(x, 40.0, 7.0, "Numbers and names are partly hidden. The bank's own records prevail; the Chinese text decides.");
    }
    page.ink(INK);
    page.text_centred(paper::WIDTH / 2.0, 26.0, SMALL, number);
    Ok(())
}

/// `2026-11-23 10:00`, in China.
pub(super) fn moment(at: Time) -> String {
    let (.., hour, minute) = at.china();
    format!("{} {hour:02}:{minute:02}", Day::at(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamped::Paper;
    use base::Fen;
    use corebank::LineId;

    fn facts() -> Facts {
        Facts {
            code: format!("bx{}", "0123456789abcdef".repeat(2)),
            bank: "陵溪农村商业银行股份有限公司".into(),
            bank_english: String::new(),
            name: "*芳".into(),
            account: "借记卡 尾号6688".into(),
            first_day: "2026-05-24".into(),
            last_day: "2026-11-23".into(),
            in_count: 40,
            out_count: 41,
            inflow: Fen::of(1_234_567_890),
            outflow: Fen::of(987_654),
            purpose: None,
            note: String::new(),
            english: None,
            paper: Paper::Statement,
            made_at: None,
            copy: 0,
            signed_by: None,
        }
    }

    fn lines(count: i64) -> Vec<Line> {
        let at = Time::of_ms(1_795_363_200_000);
        (0..count)
            .map(|n| Line {
                id: LineId::new(n.to_string()),
                core_serial: n.to_string(),
                core_date: Day::at(at),
                at: at.plus_ms(-n * 7_200_000),
                is_in: n % 2 == 0,
                amount: Fen::of(8_600 + 12_345 * n),
                balance_after: Fen::of(100_000_000 - n),
                label: if n % 3 == 0 { "耕地地力保护补贴" } else { "电费" }.into(),
                counterparty: if n % 3 == 0 {
                    "陵溪县财政局惠农补贴专户"
                } else {
                    "*小强 6688"
                }
                .into(),
                summary: String::new(),
                explain: String::new(),
                channel_serial: None,
            })
            .collect()
    }

    fn paper(count: i64) -> Vec<u8> {
        let made_at = Time::of_ms(1_795_399_200_000);
        write(&facts(), &lines(count), made_at, "https://wx.lingxi.example/v/").unwrap()
    }

    #[test]
    fn every_line_is_on_exactly_one_page_and_the_same_lines_give_the_same_file() {
        for (count, wanted) in [(0, 1), (31, 1), (32, 2), (70, 2), (71, 3), (1_000, 26)] {
            let file = paper(count);
            let text = String::from_utf8_lossy(&file);
            assert_eq!(text.matches("/Type /Page\n").count(), wanted, "{count} lines");
            assert_eq!(file, paper(count));
        }
    }

    #[test]
    fn what_for_takes_a_line_and_english_changes_no_page() {
        let facts = Facts {
            purpose: Some(purpose::Purpose::Visa),
            note: "去看女儿".into(),
            english: Some("Debit card *6688".into()),
            bank_english: "Lingxi Rural Commercial Bank".into(),
            ..facts()
        };
        let at = Time::of_ms(1_795_399_200_000);
        for (count, wanted) in [(0, 1), (30, 1), (31, 2), (69, 2), (70, 3)] {
            let file = write(&facts, &lines(count), at, "https://wx.lingxi.example/v/").unwrap();
            let text = String::from_utf8_lossy(&file);
            assert_eq!(text.matches("/Type /Page\n").count(), wanted, "{count} lines");
        }
    }

    #[test]
    fn a_year_of_lines_is_small_enough_for_a_telephone() {
        let bytes = paper(1_000).len();
        assert!(bytes < 200_000, "{bytes} bytes");
    }
}
