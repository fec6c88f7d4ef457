//! The tools that measure understanding say what the book would do.

use dialogue::Book;
use dialogue::eval::{Form, Tally};
use serde_json::{Value, json};

/// 2026-11-23.
const TODAY: i64 = 20_780;

fn json_of(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or(Value::Null)
}

fn hear(form: Form, lines: &[&str]) -> (Vec<Value>, Value) {
    let Ok(book) = Book::embedded() else { panic!("the flows can be read") };
    let mut tally = Tally::default();
    let heard: Vec<Value> = lines
        .iter()
        .filter_map(|l| tally.hear(&book, form, l, TODAY))
        .map(|l| json_of(&l))
        .collect();
    (heard, json_of(&tally.summary(form)))
}

#[test]
fn each_line_names_its_items_and_what_would_follow() {
    let (lines, all) = hear(
        Form::Items,
        &["account_balance\t查余额", "human_agent\t转人工", "talk_control\t取消", "no tab here"],
    );
    assert_eq!(lines[0]["top"][0], json!({ "item": "account_balance", "score": 1.0 }));
    assert_eq!(lines[0]["decision"], "answer");
    assert_eq!(lines[1]["decision"], "person");
    assert_eq!(lines[2]["top"][0]["item"], "talk_control");
    assert_eq!((lines.len(), &all["summary"]["top1"]), (3, &json!(1.0)));
}

#[test]
fn values_are_compared_one_by_one() {
    let (lines, all) = hear(
        Form::Slots,
        &[
            "x\t给张三转五百不对是五千\t{\"amount\": 500000, \"payee\": \"张三\"}",
            "x\t转1.2万\t{\"amount\": \"12000\"}",
            "x\t转几百\t{\"amount_open\": true}",
            "x\t尾号8821上个月的明细\t{\"tail\": \"8821\", \"from\": \"2026-10-01\", \"to\": \"2026-10-31\"}",
            "x\t转五百\t{\"amount\": 60000}",
        ],
    );
    let wrong: Vec<_> = lines.iter().map(|l| l["wrong"].as_array().unwrap().len()).collect();
    assert_eq!(wrong, [0, 0, 0, 0, 1]);
    assert_eq!(
        (&all["summary"]["right"], &all["summary"]["wrong_amounts"]),
        (&json!(4), &json!(1))
    );
}

#[test]
fn days_are_compared_with_the_day_at_hand() {
    let (lines, all) = hear(
        Form::Dates,
        &[
            "上个月\t2026-10-01\t2026-10-31",
            "下周一\t2026-11-30\t2026-11-30",
            "昨天\t2026-11-21\t2026-11-21",
        ],
    );
    assert_eq!(lines[2]["wrong"], json!(["from", "to"]));
    assert_eq!(all["summary"]["right"], 2);
}

/// A question about a payment is none of its orders.
#[test]
fn payments_are_counted_with_and_without_questions() {
    let (_, all) = hear(
        Form::Items,
        &["pay_electric\t交电费", "pay_electric\t电费怎么交", "account_balance\t查余额"],
    );
    let (payments, orders) = (&all["summary"]["payments"], &all["summary"]["orders"]);
    assert_eq!((&payments["lines"], &orders["lines"]), (&json!(2), &json!(1)));
    assert_eq!((&payments["draft"], &orders["draft"]), (&json!(0.5), &json!(1.0)));
}

#[test]
fn a_secret_is_not_repeated() {
    let (lines, _) = hear(Form::Items, &["x\t密码是258369帮我查余额"]);
    assert!(!lines[0].to_string().contains("258369"), "{}", lines[0]);
}

/// The surer the first, the less there is for the others: they were all as sure as it, where it was far ahead.
#[test]
fn what_all_items_score_together_is_no_more_than_certainty() {
    let Ok(book) = Book::embedded() else { panic!("the flows can be read") };
    let lines = [include_str!("heldout.tsv"), include_str!("orders.tsv")].concat();
    for text in lines.lines().filter_map(|line| line.split('\t').nth(1)) {
        let top = book.insight(text, TODAY).top;
        let sum: f32 = top.iter().map(|(_, score)| score).sum();
        assert!(sum < 1.001, "{text}: {top:?}");
    }
}
