//! `weiyin recon run` on generated days: a balanced one, and one in which every kind of difference was planted.

use super::made::{self, Pair};
use super::matching::Class;
use super::oracle::{balanced, odd, shuffled, whose};
use super::tests::keep;
use super::tool::{self, Errand, Told};
use crate::payments::state::State;
use crate::testing::{LINGXI, OUTAGE, TestBank};
use base::{DAY_MS, Random};
use std::path::PathBuf;

const ITEM_WIDTH: usize = 32;

/// The file that the core would have written of these, in a folder that holds it.
pub(super) fn day_file(pairs: &[Pair], random: &Random) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.txt");
    let lines = shuffled(pairs, random);
    made::write(&whose(), lines.iter(), std::fs::File::create(&path).unwrap()).unwrap();
    (folder, path)
}

/// The command on the core's file of these.
async fn told(bank: &TestBank, pairs: &[Pair], random: &Random) -> Told {
    // Payments of an invented day are unknown to the core: it is not to be asked.
    bank.core.set_weather(OUTAGE);
    let desk = super::desk(&bank.app, LINGXI).await.unwrap();
    keep(&desk, pairs).await;
    let (_folder, path) = day_file(pairs, random);
    let (date, file) = (whose().date, Some(path));
    let errand = Errand::Run { date, file, institution: None, supersede: false };
    serde_json::from_value(tool::run(&bank.app, errand).await.unwrap()).unwrap()
}

/// What a difference is known by in the list: our request id, or of what is not ours the sum (its id may name an account, and
/// is shown as a hash).
fn listed_as(pair: &Pair) -> String {
    match (&pair.facts, pair.lines.first()) {
        (Some(facts), _) => format!("{}-1P", facts.serial).chars().take(ITEM_WIDTH).collect(),
        (None, Some(line)) => format!(" {}", line.amount),
        (None, None) => panic!("a difference of nothing"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generated_day_balances() {
    for bank in TestBank::each().await {
        bank.clock.advance_ms(DAY_MS);
        let random = Random::seeded(31);
        let mut pairs = balanced(200, &random);
        // Tomorrow's that nobody knows of are not this day's, and are said to be past their time.
        pairs.retain(|p| p.facts.as_ref().is_none_or(|f| f.state != State::Unknown));
        let said = told(&bank, &pairs, &random).await;
        assert_eq!(said.open, 0, "{}", said.text);
        assert!(said.text.starts_with("lingxi 2026-11-23  BALANCED  M0 "), "{}", said.text);
        assert!(said.text.lines().all(|l| l.chars().count() <= 80), "{}", said.text);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_difference_that_was_planted_is_named_with_its_class() {
    for bank in TestBank::each().await {
        bank.clock.advance_ms(DAY_MS);
        let random = Random::seeded(32);
        let mut pairs = balanced(100, &random);
        pairs.extend((100..180).map(|n| odd(n, &random)));
        let said = told(&bank, &pairs, &random).await;
        for (number, class) in Class::ALL.iter().enumerate().skip(1) {
            let planted: Vec<_> = pairs.iter().filter(|p| p.class == *class).collect();
            assert!(!planted.is_empty(), "nothing of M{number} was planted");
            let count = format!("M{number} {}", planted.len());
            assert!(said.text.lines().next().unwrap().contains(&count), "{count}: {}", said.text);
            for pair in planted {
                let (class, item) = (format!("  M{number} "), listed_as(pair));
                let is_named = |l: &str| l.starts_with(&class) && l.contains(&item);
                assert!(said.text.lines().any(is_named), "M{number} {item}: {}", said.text);
            }
        }
        // What evidence settled by itself, and what waits for the next file, is not open; what contradicts is.
        let open = said.text.lines().filter(|l| l.trim_start().starts_with("open ")).count();
        let odd = |p: &&Pair| Class::ALL[3..8].contains(&p.class);
        assert_eq!(open, pairs.iter().filter(odd).count(), "{}", said.text);
        assert!(said.open >= open, "the command would end well: {}", said.text);
        bank.stop().await;
    }
}
