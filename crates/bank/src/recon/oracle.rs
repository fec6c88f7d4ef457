//! Days with differences whose number and class are known, against what the comparison says of them (reliability.md §3.10).

use super::file::{self, Checked, Wanted};
use super::join::{Item, Join, Tally};
use super::made::{Own, Pair, Whose, write};
use super::matching::{Class, When};
use crate::payments::evidence::Facts;
use crate::payments::state::State;
use base::{Fen, Random, TenantId};
use corebank::Day;
use corebank::recon::{Kind, SOURCE};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

pub(super) const TENANT: TenantId = TenantId::of(11);
const LINES: i64 = 2_000;
const RUNS: u64 = 150;
const MINUTE_MS: i64 = 60_000;

pub(super) fn whose() -> Whose {
    Whose { tenant: TENANT, date: Day::of(2026, 11, 23).unwrap() }
}

fn pick<T: Copy>(random: &Random, of: &[T]) -> T {
    of[usize::try_from(random.below(of.len() as u64)).unwrap()]
}

/// A balanced day of so many payments, with those of the neighbouring days among them.
pub(super) fn balanced(count: i64, random: &Random) -> Vec<Pair> {
    let day = whose();
    let beside = |days: i64| Whose { date: day.date.plus_days(days), ..day };
    (0..count)
        .map(|n| {
            let plain = day.plain(n, random);
            match random.below(40) {
                0 => plain.standing(State::Failed).without_lines(),
                1 => plain.standing(State::Ended).without_lines(),
                2 => plain.standing(State::Reversed).undone(Kind::Reversal),
                3 => plain.standing(State::Returned).undone(Kind::Return),
                4 => plain.standing(State::Accepted),
                // Near the cut, and booked on the day all the same.
                5 => day.at(n, day.date.end().plus_ms(-2 * MINUTE_MS), random),
                6 => beside(-1).plain(n, random).without_lines(),
                7 => beside(1).plain(n, random).without_lines(),
                8 => beside(1).plain(n, random).standing(State::Unknown).without_lines(),
                _ => plain,
            }
        })
        .collect()
}

/// One difference of a class at random.
pub(super) fn odd(n: i64, random: &Random) -> Pair {
    let day = whose();
    let plain = day.plain(n, random);
    let class = pick(random, &Class::ALL[1..]);
    let doubtful = pick(random, &[State::Unknown, State::Manual, State::Submitting]);
    let pair = match class {
        Class::M0 | Class::M1 if random.below(4) > 0 => plain.standing(doubtful),
        Class::M0 | Class::M1 => {
            plain.standing(pick(random, &[State::Unknown, State::Manual])).undone(Kind::Reversal)
        }
        Class::M2 => plain.standing(doubtful).without_lines(),
        Class::M3 => match random.below(3) {
            0 => Pair { facts: None, ..plain },
            1 => {
                let mut stray = Pair { facts: None, ..plain };
                stray.lines[0].request_id = format!("POS{n:08}");
                stray.lines[0].serial = format!("POS{n:08}");
                stray
            }
            _ => plain.standing(pick(random, &[State::Failed, State::Ended])),
        },
        Class::M4 => {
            plain.standing(pick(random, &[State::Succeeded, State::Accepted])).without_lines()
        }
        Class::M5 => differing(plain, random),
        Class::M6 => {
            let mut half = plain.standing(State::Reversed);
            if random.below(2) == 0 {
                half = half.undone(Kind::Reversal);
                half.lines.remove(0);
            }
            half
        }
        Class::M7 => {
            let mut twice = plain;
            let again = twice.lines[0].clone();
            twice.lines.push(Own { core_serial: format!("{}7", again.core_serial), ..again });
            twice
        }
        Class::M8 => across(n, random),
    };
    pair.of(class)
}

fn differing(mut pair: Pair, random: &Random) -> Pair {
    let line = &mut pair.lines[0];
    match random.below(5) {
        0 => line.amount = Fen::of(line.amount.fen() + 1),
        1 => line.fee = Fen::of(line.fee.fen() + 1),
        2 => line.parties.payer.push('1'),
        3 => line.parties.payee.push('1'),
        _ => line.core_serial.push('1'),
    }
    pair
}

/// Sent within minutes of the cut, and booked on the other side of it.
fn across(n: i64, random: &Random) -> Pair {
    let day = whose();
    let minutes = i64::try_from(1 + random.below(4)).unwrap();
    let before = day.date.end().plus_ms(-minutes * MINUTE_MS);
    match random.below(3) {
        0 => day.at(n, before, random).without_lines(),
        1 => day.at(n, before, random).standing(State::Unknown).without_lines(),
        _ => {
            let mut early = day.at(n, before, random);
            if let Some(f) = &mut early.facts {
                f.core_date = Some(day.date.plus_days(1));
            }
            early
        }
    }
}

/// The lines of all, in no order.
pub(super) fn shuffled(pairs: &[Pair], random: &Random) -> Vec<Own> {
    let mut lines: Vec<Own> = pairs.iter().flat_map(|p| p.lines.clone()).collect();
    for at in (1..lines.len()).rev() {
        lines.swap(at, usize::try_from(random.below(at as u64 + 1)).unwrap());
    }
    lines
}

/// A file that is open at its beginning.
pub(super) fn opened(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    file
}

pub(super) fn wanted() -> Wanted {
    Wanted { tenant: TENANT, source: SOURCE.into(), date: Some(whose().date) }
}

pub(super) fn bytes_of(lines: &[Own]) -> Vec<u8> {
    let mut bytes = vec![];
    write(&whose(), lines.iter(), &mut bytes).unwrap();
    bytes
}

fn compared(checked: Checked, facts: &[Facts], page: usize) -> (Vec<Item>, Tally) {
    let mut tally = Tally::begin(&checked.digest);
    let when = When { date: whose().date, cut_minutes: 1_440, next_is_done: false };
    let mut join = Join::new(checked, when, HashMap::new(), None).unwrap();
    let (from, until) = join.range();
    let inside: Vec<Facts> =
        facts.iter().filter(|f| f.serial > from && f.serial < until).cloned().collect();
    let mut items = vec![];
    for some in inside.chunks(page) {
        items.extend(join.merge(some.to_vec(), false).unwrap());
    }
    items.extend(join.merge(vec![], true).unwrap());
    loop {
        let groups = join.strangers().unwrap();
        if groups.is_empty() {
            break;
        }
        for group in groups {
            let known = |f: &&Facts| file::key_of(&f.serial) == Some(group.key);
            let facts = facts.iter().find(known).cloned();
            items.extend(join.item(facts, group).unwrap());
        }
    }
    for item in &items {
        tally.note(item, item.verdict.class, item.verdict.why);
    }
    (items, tally)
}

fn one_run(seed: u64) {
    let random = Random::seeded(seed);
    let mut pairs = balanced(LINES, &random);
    let odds = i64::try_from(1 + random.below(50)).unwrap();
    pairs.extend((0..odds).map(|n| odd(LINES + n, &random)));
    let bytes = bytes_of(&shuffled(&pairs, &random));
    let mut facts: Vec<Facts> = pairs.iter().filter_map(|p| p.facts.clone()).collect();
    facts.sort_by(|a, b| a.serial.cmp(&b.serial));
    let page = 1 + usize::try_from(random.below(700)).unwrap();

    let (items, tally) = compared(file::check(opened(&bytes), &wanted()).unwrap(), &facts, page);
    let mut found: BTreeMap<String, Class> = BTreeMap::new();
    let mut strays = 0;
    for item in &items {
        let is_stray = !item.name.starts_with("WX");
        strays += usize::from(is_stray);
        assert!(!is_stray || item.verdict.class == Class::M3, "seed {seed}: {item:?}");
        assert!(
            found.insert(item.name.clone(), item.verdict.class).is_none(),
            "seed {seed}: {} has two classes",
            item.name
        );
    }
    let mut expected = 0;
    for pair in &pairs {
        let serial =
            pair.facts.as_ref().map(|f| &f.serial).or(pair.lines.first().map(|l| &l.serial));
        let serial = serial.unwrap();
        if !serial.starts_with("WX") {
            strays -= 1;
            expected += 1;
            continue;
        }
        match found.get(serial) {
            Some(class) => {
                expected += 1;
                assert_eq!(*class, pair.class, "seed {seed}: {pair:?}");
            }
            // What had no effect, or is another day's, is no matter of this one.
            None => {
                assert!(pair.class == Class::M0 && pair.lines.is_empty(), "seed {seed}: {pair:?}");
            }
        }
    }
    assert_eq!((strays, expected), (0, items.len()), "seed {seed}: I30");
    assert_eq!(tally.counts.iter().sum::<i64>(), i64::try_from(items.len()).unwrap());

    let (_, again) =
        compared(file::check(opened(&bytes), &wanted()).unwrap(), &facts, 1 + page / 2);
    assert_eq!(again.digest(), tally.digest(), "seed {seed}: I31");
}

/// How many days are made; more are wished for outside.
#[expect(clippy::disallowed_methods, reason = "how much is tested is said outside")]
fn runs() -> u64 {
    std::env::var("WEIYIN_RECON_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(RUNS)
}

#[test]
fn every_difference_of_a_day_is_found_and_called_by_its_class_and_nothing_else_is_i30_i31() {
    let (runs, first) = (runs(), 1_000);
    let threads: Vec<_> = (0..2)
        .map(|half| {
            std::thread::spawn(move || (first + half..first + runs).step_by(2).for_each(one_run))
        })
        .collect();
    for thread in threads {
        thread.join().expect("the seed is printed above");
    }
}

fn refusal(bytes: &[u8]) -> &'static str {
    match file::check(opened(bytes), &wanted()) {
        Ok(_) => "taken",
        Err(e) => e.code(),
    }
}

#[test]
fn a_file_that_is_cut_short_anywhere_is_refused() {
    let random = Random::seeded(7);
    let bytes = bytes_of(&shuffled(&balanced(120, &random), &random));
    assert_eq!(refusal(&bytes), "taken");
    let ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1);
    let ends: Vec<usize> = ends.collect();
    let (last, ends) = ends.split_last().unwrap();
    assert_eq!(*last, bytes.len());
    for end in ends {
        assert_eq!(refusal(&bytes[..*end]), "recon.cut_short");
    }
    for at in (0..bytes.len()).step_by(101) {
        assert_ne!(refusal(&bytes[..at]), "taken", "{at}");
    }
    assert_eq!(refusal(&[&bytes[..], b"\n"].concat()), "recon.malformed");
}

#[test]
fn one_changed_digit_anywhere_is_refused() {
    let random = Random::seeded(8);
    let bytes = bytes_of(&shuffled(&balanced(60, &random), &random));
    let digits = bytes.iter().enumerate().filter(|(_, b)| b.is_ascii_digit()).map(|(at, _)| at);
    for at in digits.step_by(7) {
        let mut wrong = bytes.clone();
        wrong[at] = b'0' + (wrong[at] - b'0' + 1 + u8::try_from(random.below(9)).unwrap()) % 10;
        assert_ne!(refusal(&wrong), "taken", "byte {at}");
    }
}

#[test]
fn a_line_twice_or_left_out_or_in_another_place_is_refused() {
    let random = Random::seeded(9);
    let bytes = bytes_of(&shuffled(&balanced(60, &random), &random));
    let text = String::from_utf8(bytes).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for at in 1..lines.len() - 1 {
        let mut twice = lines.clone();
        twice.insert(at, lines[at]);
        assert_ne!(refusal(twice.concat().as_bytes()), "taken");
        let mut gone = lines.clone();
        gone.remove(at);
        assert_ne!(refusal(gone.concat().as_bytes()), "taken");
        let mut moved = lines.clone();
        moved.swap(at, 1 + at % (lines.len() - 2));
        assert!(moved == lines || refusal(moved.concat().as_bytes()) != "taken");
    }
}

#[test]
fn a_file_of_another_day_bank_or_source_is_refused_and_so_is_one_that_does_not_add_up() {
    let random = Random::seeded(10);
    let bytes = bytes_of(&shuffled(&balanced(20, &random), &random));
    let with = |change: &dyn Fn(&mut Wanted)| {
        let mut wanted = wanted();
        change(&mut wanted);
        file::check(opened(&bytes), &wanted).unwrap_err().code()
    };
    assert_eq!(with(&|w| w.tenant = TenantId::of(12)), "recon.tenant");
    assert_eq!(with(&|w| w.source = "rail".into()), "recon.source");
    assert_eq!(with(&|w| w.date = Some(whose().date.plus_days(1))), "recon.date");
    // A line of another date in a file that is right otherwise.
    let mut lines = shuffled(&balanced(20, &random), &random);
    lines[3].core_date = whose().date.plus_days(-1);
    assert_eq!(refusal(&bytes_of(&lines)), "recon.date");
}
