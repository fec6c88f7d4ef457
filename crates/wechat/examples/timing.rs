//! Does the time a refusal takes tell how much of a signature was right? (CH-02)
//!
//! ```sh
//! make timing
//! ```
//!
//! As dudect does: two classes of wrong signatures, one whose first digit is wrong and one whose last digit is, in random
//! order, 100,000 samples, Welch's t over what is left after the slowest tenth is cut off. |t| < 4.5 says that no difference
//! was seen. The last line is a control: a comparison that stops early must be caught. Not a test: a busy machine would
//! make it fail.

#![expect(clippy::print_stdout, reason = "a report to the terminal")]
#![expect(clippy::cast_precision_loss, reason = "a statistic over nanoseconds")]

use base::{Random, Stopwatch, Time};
use std::hint::black_box;
use std::process::ExitCode;
use wechat::crypto::{AesKey, same};
use wechat::envelope::{Callback, Mode, Query, push};

const SAMPLES: usize = 100_000;
/// dudect's line between "nothing seen" and "probably leaks".
const T_MAX: f64 = 4.5;
const KEPT_PERCENT: usize = 90;

fn main() -> ExitCode {
    let random = Random::system();
    let key = match AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG") {
        Ok(key) => key,
        Err(e) => {
            println!("{e}");
            return ExitCode::FAILURE;
        }
    };
    let account = Callback::new("wx2c2769f8efd9abc2", "spamtest", Mode::Secure).with_key(key);
    let now = Time::of_secs(1_785_000_000);
    let inner = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName>\
                 <CreateTime>1785000000</CreateTime><MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>";
    let (right, body) = push(&account, inner, "gh_1", "nonce1", now, [7; 16]);
    let classes = [0, 39].map(|at| wrong_at(&right.msg_signature, at));
    let query = Query { msg_signature: String::with_capacity(64), ..right.clone() };
    let put = |query: &mut Query, class: usize| {
        query.msg_signature.clear();
        query.msg_signature.push_str(&classes[class]);
    };
    let right = right.msg_signature.as_str();
    let measure = |run: &dyn Fn(&Query) -> bool| t_of(&random, query.clone(), put, run);
    let opening = measure(&|q| account.open(q, body.as_bytes(), now).is_err());
    let comparing = measure(&|q| same(&q.msg_signature, right));
    let early = measure(&|q| stops_early(&q.msg_signature, right));
    println!("refusing a callback        t = {opening:+7.2}");
    println!("comparing two signatures   t = {comparing:+7.2}");
    println!("control, stopping early    t = {early:+7.2}");
    let is_good = opening.abs() < T_MAX && comparing.abs() < T_MAX;
    let is_seen = early.abs() > T_MAX;
    println!(
        "{SAMPLES} samples each: {}{}",
        if is_good { "no difference seen" } else { "A DIFFERENCE IS SEEN" },
        if is_seen { "" } else { ", but THE CONTROL WAS NOT CAUGHT: the machine is too busy" },
    );
    if is_good && is_seen { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The signature with one digit changed.
fn wrong_at(signature: &str, at: usize) -> String {
    let mut bytes = signature.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What must not be done.
#[inline(never)]
fn stops_early(a: &str, b: &str) -> bool {
    a.bytes().zip(b.bytes()).all(|(a, b)| black_box(a) == black_box(b))
}

/// Welch's t between the times of class 0 and class 1. Both are put into the same place in memory: where something lies
/// is seen in its times, too.
fn t_of(
    random: &Random,
    mut query: Query,
    put: impl Fn(&mut Query, usize),
    run: &dyn Fn(&Query) -> bool,
) -> f64 {
    let mut times: [Vec<u64>; 2] = [vec![], vec![]];
    for _ in 0..SAMPLES {
        let class = usize::from(random.below(2) == 1);
        put(&mut query, class);
        let watch = Stopwatch::start();
        black_box(run(black_box(&query)));
        times[class].push(u64::try_from(watch.elapsed().as_nanos()).unwrap_or(u64::MAX));
    }
    let mut all: Vec<u64> = times.iter().flatten().copied().collect();
    all.sort_unstable();
    let limit = all[all.len() * KEPT_PERCENT / 100];
    let [a, b] = times.map(|t| moments(t.into_iter().filter(|ns| *ns <= limit)));
    (a.0 - b.0) / (a.1 / a.2 + b.1 / b.2).sqrt()
}

/// Mean, variance and count.
fn moments(times: impl Iterator<Item = u64>) -> (f64, f64, f64) {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for ns in times {
        n += 1.0;
        let off = ns as f64 - mean;
        mean += off / n;
        squares += off * (ns as f64 - mean);
    }
    (mean, squares / (n - 1.0), n)
}
