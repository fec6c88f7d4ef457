//! How the phrases of the flow files become the classifier's examples. The build script trains on them, the loader
//! recalls what it trained; so this file is part of both.

use nlu::Example;
use nlu::sentence::key_of;

/// Seed of the classifier's shuffles; any constant will do.
pub(crate) const MODEL_SEED: u64 = 20_261_123;
/// The item whose phrases mean "none of ours"; it teaches the classifier to stay quiet.
pub(crate) const NONE_ITEM: &str = "none_of_ours";
/// Marks a control word among the classifier's items.
pub(crate) const CONTROL_MARK: char = '!';

/// What is plainly ordered, and all else, for the judge of orders.
const ORDER: &str = nlu::policy::ORDER;
/// Sentences that tell of payments and order none, one a line.
const TALES: &str = include_str!("tales.txt");

/// The lessons of the judge of orders: `orders` are phrases that order a payment, `others` those of what is no payment.
pub(crate) fn lessons<'a>(
    orders: impl Iterator<Item = &'a str>,
    others: impl Iterator<Item = &'a str>,
) -> Vec<Example> {
    let of = |item: &'static str| move |text| Example { text: key_of(text), item: item.to_owned() };
    orders.map(of(ORDER)).chain(others.chain(TALES.lines()).map(of(""))).collect()
}

/// A phrase of an item.
pub(crate) fn of_item(item: &str, phrase: &str) -> Example {
    let item = if item == NONE_ITEM { String::new() } else { item.to_owned() };
    Example { text: key_of(phrase), item }
}

/// A control word, by its name in the files (`person`) and its key.
pub(crate) fn of_control(control: &str, key: String) -> Example {
    Example { text: key, item: format!("{CONTROL_MARK}{control}") }
}
