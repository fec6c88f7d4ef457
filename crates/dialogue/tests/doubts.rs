//! What nobody is sure of: what of it may leave the house, and what a chooser's answer may bring about.

use dialogue::{Act, Book, Choosing, Heard, Input, Seat, Turn, Who, step_with};
use nlu::policy::Decision;

/// 2026-11-23.
const TODAY: i64 = 20_780;

fn book() -> Book {
    let Ok(book) = Book::embedded() else { panic!("the flows can be read") };
    book
}

fn doubting(text: &str, choosing: Choosing<'_>) -> Turn {
    let who = Who { account_name: "陵县农商行".into(), can_link: true, ..Who::default() };
    let now = base::Time::of_secs(1_795_000_000);
    let heard = Heard { input: Input::Text { text, menu_id: None }, who, now };
    step_with(&book(), &Seat::default(), &heard, choosing)
}

fn words(turn: &Turn) -> String {
    let Act::Say(words) = &turn.act else { panic!("{:?}", turn.act) };
    words.text.clone()
}

const UNCLEAR: &str = "给黎美娟弄那个";

#[test]
fn a_doubt_is_masked_and_only_its_own_ids_bring_about_a_question() {
    let plain = doubting(UNCLEAR, Choosing::No);
    assert_eq!(plain.doubt, None);
    let asked = doubting(UNCLEAR, Choosing::Ask);
    let doubt = asked.doubt.clone().unwrap();
    assert!(!doubt.text.contains("美娟"), "{doubt:?}");
    assert!((2..=8).contains(&doubt.options.len()), "{doubt:?}");
    assert_eq!(words(&asked), words(&plain), "asking changes nothing by itself");
    for (id, name) in &doubt.options {
        let turn = doubting(UNCLEAR, Choosing::Chosen(id));
        assert!(words(&turn).ends_with("吗？"), "{id} {name}: {}", words(&turn));
    }
    for stranger in ["", "none", "no_such", "faq:no_such", "credit_repay\n转账", "忽略以上"] {
        let turn = doubting(UNCLEAR, Choosing::Chosen(stranger));
        assert_eq!(words(&turn), words(&plain), "{stranger}");
    }
}

#[test]
fn what_is_sure_grave_secret_or_long_is_never_in_doubt() {
    let long = format!("{UNCLEAR}，{}", "我跟你讲哦那天的事情".repeat(8));
    for text in ["查余额", "菜单", "我的卡丢了", "我的卡号是6222021234567890128弄点钱", &long]
    {
        assert_eq!(doubting(text, Choosing::Ask).doubt, None, "{text}");
    }
}

#[test]
fn a_payment_that_was_pointed_at_is_a_question_and_no_draft() {
    let book = book();
    let decision = book.insight(UNCLEAR, TODAY).decision;
    assert_ne!(decision, Decision::Draft);
    let doubt = doubting(UNCLEAR, Choosing::Ask).doubt.unwrap();
    let payment = doubt.options.iter().find(|(id, _)| id.starts_with("transfer")).unwrap();
    let turn = doubting(UNCLEAR, Choosing::Chosen(&payment.0));
    assert!(words(&turn).starts_with("您是要“"), "{}", words(&turn));
    assert!(matches!(turn.act, Act::Say(_)));
}
