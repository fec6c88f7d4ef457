//! The figures of understanding that must not fall: sentences that no flow teaches, talk that must open no draft, plain orders that must.

use dialogue::Book;
use dialogue::eval::{BANK_QUESTIONS, Form, NEGATIVES, OPEN_TALK, Tally, slots};
use nlu::policy::Decision;

/// 2026-11-23.
const TODAY: i64 = 20_780;
/// Item and text on each line; see the head of the file.
const HELD_OUT: &str = include_str!("heldout.tsv");
/// The same, written together with a part of the phrases by one hand and divided by lot; nothing was changed after a look at them
/// but for one line's item, when ETC充值 became an item of its own.
const UNSEEN: &str = include_str!("unseen.tsv");
/// Written from the catalogue's titles alone, before anybody looked at what they come to.
const SPOKEN: &str = include_str!("spoken.tsv");
const ORDERED: &str = include_str!("ordered.tsv");
/// Some of each item of the catalogue, by a hand that saw nothing but its titles; nobody has read what they come to one by one.
const STRANGERS: &str = include_str!("strangers.tsv");
/// Orders of every payment, by two such hands, and talk of payments that orders none: to a bank, and tales. The judge's thresholds were
/// set with a look at them; none of them is taught.
const ASKED: &str = include_str!("asked.tsv");
const BANK_TALK: &str = include_str!("bank_talk.txt");
const TALES: &str = include_str!("tales.txt");
/// Item, text and yuan.
const ORDERS: &str = include_str!("orders.tsv");

fn book() -> Book {
    let Ok(book) = Book::embedded() else { panic!("the flows can be read") };
    book
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|l| !l.starts_with('#') && !l.is_empty())
}

#[test]
fn sentences_that_no_flow_teaches_find_their_item() {
    let (book, mut tally) = (book(), Tally::default());
    for line in lines(HELD_OUT) {
        tally.hear(&book, Form::Items, line, TODAY);
    }
    let told = tally.summary(Form::Items);
    assert!(tally.lines >= 600, "{told}");
    assert!(tally.first * 100 >= tally.lines * 95, "first: {told} {:?}", tally.worst(40));
    assert!(tally.three * 100 >= tally.lines * 98, "among three: {told}");
    assert!(tally.calibration_error() <= 0.05, "{told}");
    assert_eq!(tally.false_drafts, 0, "{told}");
}

#[test]
fn sentences_that_nobody_tuned_by_find_their_item() {
    let (book, mut tally) = (book(), Tally::default());
    for line in lines(UNSEEN) {
        tally.hear(&book, Form::Items, line, TODAY);
    }
    let told = tally.summary(Form::Items);
    assert!(tally.lines >= 700, "{told}");
    assert!(tally.first * 100 >= tally.lines * 90, "first: {told} {:?}", tally.worst(60));
    // measured on 888: 93.6 first, 98.4 among three
    assert!(tally.three * 100 >= tally.lines * 97, "among three: {told}");
    assert_eq!(tally.false_drafts, 0, "{told}");
}

#[test]
fn sentences_as_customers_speak_find_their_item() {
    let (book, mut tally) = (book(), Tally::default());
    for line in lines(SPOKEN) {
        tally.hear(&book, Form::Items, line, TODAY);
    }
    let told = tally.summary(Form::Items);
    assert_eq!(tally.lines, 860, "{told}");
    // measured: 96.4 first, 99.1 among three
    assert!(tally.first * 100 >= tally.lines * 93, "first: {told} {:?}", tally.worst(60));
    assert!(tally.three * 100 >= tally.lines * 97, "among three: {told}");
    // Whoever reloads a road card (ETC充值) pays.
    assert!(tally.false_drafts <= 1, "{told}");
}

#[test]
fn orders_as_customers_say_them_open_their_draft_or_are_asked_about() {
    let (book, mut tally) = (book(), Tally::default());
    for line in lines(ORDERED) {
        tally.hear(&book, Form::Items, line, TODAY);
    }
    let (told, orders) = (tally.summary(Form::Items), tally.payments);
    // measured on 224 of flows that pay: 91 a draft, 98.7 a draft or a question
    assert!(orders.lines >= 217, "{told}");
    assert!(orders.drafts * 100 >= orders.lines * 88, "{told}");
    assert!(orders.drafts_or_asks * 100 >= orders.lines * 97, "{told}");
    assert!(tally.first * 100 >= tally.lines * 94, "{told}");
}

#[test]
fn sentences_of_strangers_find_their_item_and_their_orders_open_a_draft() {
    let book = book();
    let heard = |texts: &str| {
        let mut tally = Tally::default();
        for line in lines(texts) {
            tally.hear(&book, Form::Items, line, TODAY);
        }
        (tally.summary(Form::Items), tally)
    };
    let (told, all) = heard(STRANGERS);
    assert_eq!(all.lines, 737, "{told}");
    // measured: 96.6 first, 99.7 among three, 2.8 calibration error
    assert!(all.first * 100 >= all.lines * 95, "first: {told} {:?}", all.worst(30));
    assert!(all.three * 100 >= all.lines * 99, "among three: {told}");
    assert!(all.calibration_error() <= 0.03, "{told}");

    let (told, all) = heard(ASKED);
    let orders = all.payments;
    assert!(orders.lines >= 770, "{told}");
    // measured: 84.9 a draft, 97.7 a draft or a question
    assert!(orders.drafts * 100 >= orders.lines * 82, "{told}");
    assert!(orders.drafts_or_asks * 100 >= orders.lines * 97, "{told}");
}

#[test]
fn talk_of_payments_opens_a_draft_once_in_a_thousand_and_a_tale_once_in_a_hundred() {
    let book = book();
    for (texts, all, most) in [(BANK_TALK, 2_000, 2), (TALES, 500, 5)] {
        assert_eq!(texts.lines().count(), all);
        let drafts = decided(&book, texts, Decision::Draft);
        assert!(drafts.len() <= most, "{drafts:?}");
    }
}

#[test]
fn sentences_kept_apart_are_nobodys_phrases() {
    let book = book();
    let known: std::collections::BTreeSet<&str> =
        book.items().flat_map(|i| i.say.iter().map(String::as_str)).collect();
    let apart = [HELD_OUT, UNSEEN, STRANGERS, ASKED];
    for text in apart.into_iter().flat_map(lines).filter_map(|l| l.split('\t').nth(1)) {
        assert!(!known.contains(text), "{text}");
    }
}

fn decided(book: &Book, texts: &str, decision: Decision) -> Vec<String> {
    let all = texts.lines().filter(|t| book.insight(t, TODAY).decision == decision);
    all.map(str::to_owned).collect()
}

#[test]
fn no_draft_opens_for_what_orders_no_payment() {
    let book = book();
    for (texts, least) in [(NEGATIVES, 100), (OPEN_TALK, 500), (BANK_QUESTIONS, 500)] {
        assert!(texts.lines().count() >= least);
        let drafts = decided(&book, texts, Decision::Draft);
        assert!(drafts.is_empty(), "{drafts:?}");
    }
}

#[test]
fn talk_of_other_things_is_seldom_taken_for_business() {
    let answered = decided(&book(), OPEN_TALK, Decision::Answer);
    let all = OPEN_TALK.lines().count();
    // measured: 30 of 504; the aim is 5 of 100
    assert!(answered.len() * 100 <= all * 7, "{} of {all}: {answered:?}", answered.len());
}

#[test]
fn plain_orders_open_their_draft_with_the_sum_that_was_said() {
    let book = book();
    let (mut all, mut drafts, mut asked, mut missed) = (0, 0, 0, vec![]);
    for line in lines(ORDERS) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [item, text, yuan] = fields[..] else { panic!("{line}") };
        let insight = book.insight(text, TODAY);
        let is_own = insight.top.first().is_some_and(|(i, _)| i == item);
        all += 1;
        drafts += usize::from(is_own && insight.decision == Decision::Draft);
        asked += usize::from(is_own && insight.decision == Decision::Confirm);
        if !is_own || insight.decision != Decision::Draft {
            missed.push((text, insight.top[0].clone(), insight.decision));
        }
        let fen = yuan.parse::<i64>().unwrap() * 100;
        let heard = slots(&insight.sentence).get("amount").and_then(serde_json::Value::as_i64);
        assert_eq!(heard.unwrap_or(0), fen, "{text}");
    }
    assert!(drafts * 100 >= all * 80, "{drafts} of {all} open a draft: {missed:?}");
    // measured: 96 of 99; the aim is 97 of 100
    assert!((drafts + asked) * 100 >= all * 96, "{drafts} + {asked} of {all}: {missed:?}");
}

#[test]
fn no_phrase_is_surely_taken_for_another_flow() {
    let misplaced: Vec<String> = book().misplaced().iter().map(ToString::to_string).collect();
    assert!(misplaced.is_empty(), "{}", misplaced.join("\n"));
}
