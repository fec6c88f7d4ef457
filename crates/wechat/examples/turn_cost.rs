//! What one turn costs: open an encrypted callback, read it, write a reply, close it again. Prints microseconds.
//!
//! `cargo run --profile dist -p wechat --example turn_cost`

use base::{Random, Stopwatch, Time};
use std::hint::black_box;
use std::io::Write;
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Mode, Opened, Query, Refused, push};
use wechat::reply::Reply;

const ROUNDS: usize = 200;
const MESSAGES: usize = 500;
const NOW: Time = Time::of_secs(1_785_000_000);

type Failure = Box<dyn std::error::Error>;

/// Microseconds per message of the fastest round: what the work costs when nothing else disturbs it.
fn fastest_us(mut round: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let watch = Stopwatch::start();
        round()?;
        best = best.min(watch.elapsed().as_secs_f64());
    }
    Ok(best * 1e6 / f64::from(u32::try_from(MESSAGES)?))
}

fn pushes(account: &Callback, random: &Random) -> Vec<(Query, String)> {
    let message = |i: usize| {
        format!(
            "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\
             <FromUserName><![CDATA[oExampleFollower{i:012}]]></FromUserName><CreateTime>1785000000</CreateTime>\
             <MsgType><![CDATA[text]]></MsgType><Content><![CDATA[查一下余额]]></Content>\
             <MsgId>{}</MsgId></xml>",
            24_000_000_000_000_000 + i
        )
    };
    (0..MESSAGES)
        .map(|i| push(account, &message(i), "gh_10f6c3c3ac5a", "1320562132", NOW, random.bytes()))
        .collect()
}

fn main() -> Result<(), Failure> {
    let key = AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")?;
    let account = Callback::new("wx2c2769f8efd9abc2", "spamtest", Mode::Secure)
        .with_key(key)
        .with_original_id("gh_10f6c3c3ac5a");
    let random = Random::seeded(1);
    let pushes = pushes(&account, &random);
    let answer = Reply::Text(
        "尾号6688 可用余额 1,280.50 元（11-23 10:00）\n回复「明细」看最近的进出账。".to_owned(),
    );
    let open = |(query, body): &(Query, String)| -> Result<Opened, Refused> {
        account.open(query, body.as_bytes(), NOW)
    };
    let close = |opened: &Opened, nonce: &str| {
        let xml = answer.to_xml(&opened.heard.from, &opened.heard.to, NOW);
        account.seal(&xml, opened.key, nonce, NOW, random.bytes())
    };

    let opening = fastest_us(|| {
        for push in &pushes {
            black_box(open(push)?);
        }
        Ok(())
    })?;
    let turn = fastest_us(|| {
        for push in &pushes {
            let opened = open(push)?;
            black_box(close(&opened, &push.0.nonce));
        }
        Ok(())
    })?;
    let mut out = std::io::stdout();
    writeln!(out, "open and read     {opening:6.2} µs")?;
    writeln!(out, "write and seal    {:6.2} µs", turn - opening)?;
    writeln!(out, "one turn          {turn:6.2} µs")?;
    Ok(())
}
