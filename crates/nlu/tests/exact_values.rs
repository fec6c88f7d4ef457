//! Sums and days in many shapes, from tables that a banker can read: exactly what was said, or a question.

use base::Fen;
use nlu::sentence::{Scene, Sentence};
use nlu::{dates, secret};

/// 2026-11-23, a Monday.
const TODAY: i64 = 20_780;
const AMOUNTS: &str = include_str!("amounts.tsv");
const DAYS: &str = include_str!("days.tsv");

fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(|l| l.split('\t').collect())
}

fn read(text: &str) -> Sentence {
    Sentence::read(text, Scene::on(TODAY))
}

#[test]
fn a_sum_is_read_exactly_or_asked_for() {
    let (mut all, mut wrong) = (0, vec![]);
    for row in rows(AMOUNTS) {
        let [text, said] = row[..] else { panic!("{row:?}") };
        let sums = read(text).sums;
        let fits = match said {
            // asked for: no sum is shown, whatever else was heard
            "?" => sums.one().is_none(),
            "-" => sums.exact.is_empty() && !sums.is_open,
            yuan => sums.one() == Fen::parse_yuan(yuan).ok(),
        };
        all += 1;
        if !fits {
            wrong.push(format!("{text}: {said}, but {sums:?}"));
        }
    }
    assert!(all >= 150 && wrong.is_empty(), "{all}\n{}", wrong.join("\n"));
}

#[test]
fn a_day_is_read_as_it_is_meant_when_looking_back() {
    let (mut all, mut wrong) = (0, vec![]);
    for row in rows(DAYS) {
        let [text, from, to] = row[..] else { panic!("{row:?}") };
        let range = read(text).range();
        let heard = range.map(|r| (dates::iso(r.from), dates::iso(r.to)));
        let meant = (from != "-").then(|| (from.to_owned(), to.to_owned()));
        all += 1;
        if heard != meant {
            wrong.push(format!("{text}: {meant:?}, but {heard:?}"));
        }
    }
    assert!(all >= 100 && wrong.is_empty(), "{all}\n{}", wrong.join("\n"));
}

#[test]
fn what_is_written_as_money_is_no_secret_and_six_digits_are() {
    for text in ["1,200.50", "￥ 1,200.50", "¥258369", "￥1200.50"] {
        assert!(secret::secrets(text).is_empty(), "{text}");
    }
    for text in ["258369", "258,369", "2583.69", "25,83,69", "密码是1,200.50"] {
        assert!(!secret::secrets(text).is_empty(), "{text}");
    }
}

#[test]
fn three_months_in_dialect_are_a_term_and_a_time() {
    assert_eq!(read("存款存仨月").term_months, Some(3));
    assert_eq!(read("存两万五三年死期").sums.one(), Some(Fen::of(2_500_000)));
}
