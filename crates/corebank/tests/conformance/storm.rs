//! Random commands about money in bad weather: requests and answers are lost, whoever is in doubt sends again or asks and
//! fences. At the end the books must say exactly what was told. A failure names its seed.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::{Fen, Random};
use corebank::money::{Fate, HoldAsk, Money, Payment, Query, Undone};
use corebank::sandbox::Sandbox;
use corebank::{CoreBank, CoreError, Day, Flaky, Reject, Weather};

const COMMANDS: usize = 120;
const STORM: Weather =
    Weather { lost_request_percent: 25, lost_answer_percent: 25, ..Weather::FINE };

/// A command, and what it is about.
#[derive(Debug, Clone)]
enum Command {
    Pay(Fen),
    Hold(Fen),
    Commit { hold: String, amount: Fen },
    Void { hold: String },
    Reverse { original: String },
}

/// What a command certainly came to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum End {
    Done,
    Refused(Reject),
    /// It was fenced before it came.
    Never,
}

/// What the books must say: of the payer posted and held, of the payee posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stand {
    posted: i64,
    held: i64,
    payee: i64,
}

struct Storm<'a> {
    town: &'a Town,
    core: Flaky<Sandbox>,
    random: Random,
    /// Payments and holds that may still be undone or used, with their amounts.
    payments: Vec<(String, i64)>,
    holds: Vec<(String, i64)>,
    want: Stand,
    lost: usize,
}

impl Town {
    async fn stands(&self) -> Stand {
        let payer = self.core.balance(&self.ctx(LING), &self.payer()).await.unwrap();
        let payee = self.has(&self.payee()).await.fen();
        Stand { posted: payer.posted.fen(), held: payer.held.fen(), payee }
    }
}

impl Storm<'_> {
    fn below(&self, n: usize) -> usize {
        usize::try_from(self.random.below(u64::try_from(n).unwrap())).unwrap()
    }
    fn coin(&self) -> bool {
        self.random.below(2) == 0
    }

    fn draw(&self) -> Command {
        // Now and then more than there is.
        let amount = match self.below(12) {
            0 => yuan(1_000_000),
            n => Fen::of(i64::try_from(n).unwrap() * 111),
        };
        match self.below(5) {
            1 => Command::Hold(amount),
            2 if !self.holds.is_empty() => {
                let (hold, whole) = self.holds[self.below(self.holds.len())].clone();
                Command::Commit { hold, amount: amount.min(Fen::of(whole + 1)) }
            }
            3 if !self.holds.is_empty() => {
                Command::Void { hold: self.holds[self.below(self.holds.len())].0.clone() }
            }
            4 if !self.payments.is_empty() => {
                let original = self.payments[self.below(self.payments.len())].0.clone();
                Command::Reverse { original }
            }
            _ => Command::Pay(amount),
        }
    }

    async fn send(&self, id: &str, command: &Command, hold: &HoldAsk, pay: &Payment) -> Sent {
        let (money, ctx) = (CoreBank::money(&self.core).unwrap(), self.town.order(id));
        match command {
            Command::Pay(_) => money.pay(&ctx, pay).await.map(|_| End::Done),
            Command::Hold(_) => money.hold(&ctx, hold).await.map(|_| End::Done),
            Command::Commit { hold, .. } => money.commit(&ctx, hold, pay).await.map(|_| End::Done),
            Command::Void { hold } => money.void(&ctx, hold).await.map(|_| End::Done),
            Command::Reverse { original } => {
                let undone = money.reverse(&ctx, &self.town.reversal(original)).await?;
                Ok(match undone {
                    Undone::Reversed { .. } => End::Done,
                    Undone::Nothing => End::Never,
                    Undone::Refused(reject) => End::Refused(reject),
                })
            }
        }
    }

    /// Sends and asks until it is known what became of a command.
    async fn end(&mut self, id: &str, command: &Command) -> End {
        let amount = match command {
            Command::Pay(amount) | Command::Hold(amount) | Command::Commit { amount, .. } => {
                *amount
            }
            Command::Void { .. } | Command::Reverse { .. } => yuan(1),
        };
        let pay = self.town.to_wang(amount);
        let (account, until) = (self.town.payer(), self.town.clock.now().plus_ms(86_000_000));
        let hold = HoldAsk { account, amount, until, reason: "storm".into() };
        loop {
            match self.send(id, command, &hold, &pay).await {
                Ok(end) => return end,
                Err(CoreError::Rejected(reject)) => return End::Refused(reject),
                Err(_) => self.lost += 1,
            }
            if self.coin() {
                continue;
            }
            let (channel_date, fence) = (Day::at(self.town.clock.now()), self.coin());
            let ask = Query { request_id: id.to_owned(), channel_date, fence };
            match self.core.query(&self.town.ctx(LING), &ask).await {
                Ok(Fate::Posted(_) | Fate::Hold(_)) => return End::Done,
                Ok(Fate::Rejected(reject)) => return End::Refused(reject),
                Ok(Fate::Fenced) => {
                    // Whatever is still under way is refused.
                    self.core.set_weather(Weather::FINE);
                    let late = self.send(id, command, &hold, &pay).await;
                    assert_eq!(late, Err(Reject::Expired.into()), "{command:?}");
                    self.core.set_weather(STORM);
                    return End::Never;
                }
                Ok(Fate::NotFound) | Err(_) => {}
                Ok(other) => panic!("{command:?}: {other:?}"),
            }
        }
    }

    /// What was told goes into what the books must say.
    fn note(&mut self, id: String, command: Command, end: &End) {
        if *end != End::Done {
            return;
        }
        let taken = |all: &mut Vec<(String, i64)>, id: &str| {
            let at = all.iter().position(|(known, _)| known == id);
            all.remove(at.unwrap()).1
        };
        match command {
            Command::Pay(amount) => {
                self.want.posted -= amount.fen();
                self.want.payee += amount.fen();
                self.payments.push((id, amount.fen()));
            }
            Command::Hold(amount) => {
                self.want.held += amount.fen();
                self.holds.push((id, amount.fen()));
            }
            Command::Commit { hold, amount } => {
                self.want.held -= taken(&mut self.holds, &hold);
                self.want.posted -= amount.fen();
                self.want.payee += amount.fen();
                self.payments.push((id, amount.fen()));
            }
            Command::Void { hold } => self.want.held -= taken(&mut self.holds, &hold),
            Command::Reverse { original } => {
                let amount = taken(&mut self.payments, &original);
                self.want.posted += amount;
                self.want.payee -= amount;
            }
        }
    }
}
type Sent = Result<End, CoreError>;

#[tokio::test]
async fn whatever_the_weather_loses_the_books_say_what_was_told() {
    for town in towns(8).await {
        for seed in 1..=4 {
            let core = Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(seed));
            core.set_weather(STORM);
            let mut storm = Storm {
                town: &town,
                core,
                random: Random::seeded(seed * 1_000),
                payments: Vec::new(),
                holds: Vec::new(),
                want: town.stands().await,
                lost: 0,
            };
            for n in 0..COMMANDS {
                let (id, command) = (format!("s{seed}-{n}"), storm.draw());
                let end = storm.end(&id, &command).await;
                storm.note(id, command, &end);
            }
            assert!(storm.lost > COMMANDS / 4, "a calm day: {} lost", storm.lost);
            assert_eq!(town.stands().await, storm.want, "seed {seed}");
            assert_eq!(town.broken().await, Vec::<String>::new(), "seed {seed}");
        }
    }
}
