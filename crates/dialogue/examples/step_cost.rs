//! What one turn of the dialogue costs: `cargo run --profile dist -p dialogue --example step_cost`. Prints, never judges.

use base::{Fen, Stopwatch, Time};
use dialogue::{Account, Act, Book, Heard, Input, Outcome, Seat, Value, Who};
use std::collections::BTreeMap;
use std::io::Write;

const TURNS: u32 = 20_000;

fn main() {
    let Ok(book) = Book::embedded() else { return };
    let now = Time::of_ms(1_795_400_000_000);
    let account = Account {
        id: "a1".into(),
        label: "存折".into(),
        tail: "0037".into(),
        word: "存折".into(),
        ..Account::default()
    };
    let who = Who { bound: true, accounts: vec![account], can_link: true, ..Who::default() };
    let outputs = || {
        BTreeMap::from([
            ("available".to_owned(), Value::Money(Fen::of(320_650))),
            ("posted".to_owned(), Value::Money(Fen::of(320_650))),
            ("held".to_owned(), Value::Money(Fen::ZERO)),
            ("as_of".to_owned(), Value::Time(now)),
            ("note".to_owned(), Value::Text(String::new())),
        ])
    };
    for text in ["余额", "卡里还有多少钱呀", "今天天气不错"] {
        let mut seat = Seat::default();
        let (mut step_ns, mut resume_ns) = (0_u128, 0_u128);
        for _ in 0..TURNS {
            let heard = Heard { input: Input::Text { text, menu_id: None }, who: who.clone(), now };
            let watch = Stopwatch::start();
            let turn = dialogue::step(&book, &seat, &heard);
            step_ns += watch.elapsed().as_nanos();
            seat = match &turn.act {
                Act::Do(call) => {
                    let outcome = Outcome::Done(outputs());
                    let watch = Stopwatch::start();
                    let resumed = dialogue::resume(&book, &turn.seat, call, &outcome, &heard);
                    resume_ns += watch.elapsed().as_nanos();
                    resumed.seat
                }
                _ => turn.seat,
            };
        }
        let turns = u128::from(TURNS);
        let _ = writeln!(
            std::io::stdout(),
            "{text}: step {} ns, resume {} ns a turn; seat {} bytes",
            step_ns / turns,
            resume_ns / turns,
            serde_json::to_vec(&seat).map_or(0, |v| v.len())
        );
    }
}
