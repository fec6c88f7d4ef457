//! The sandbox's own machine: it gives booked cash out once, counts wrong tries, and says never what was wrong.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::{Fen, Secret};
use corebank::cash::{self, STEP};
use corebank::money::{Fate, Payee, Payment, Rail};
use corebank::sandbox::{Dispensed, NoCash, TillAsk};
use corebank::{CoreError, DayState, Reject};
use std::sync::atomic::{AtomicUsize, Ordering};

const CODE: &str = "40718263";
const WORD: &str = "246810";
const MINUTE_MS: i64 = 60_000;
static SALTS: AtomicUsize = AtomicUsize::new(0);

impl Town {
    fn booking(&self, amount: Fen) -> Payment {
        let salt = format!("{:032x}", SALTS.fetch_add(1, Ordering::SeqCst));
        let verifier = cash::verifier(&salt, CODE, WORD);
        let payee = Payee::Cash { salt, verifier, minutes: 30 };
        Payment { payee, rail: Rail::Till, purpose: String::new(), ..self.to_wang(amount) }
    }
    async fn books(&self, id: &str, amount: Fen) {
        self.pay(id, &self.booking(amount)).await.unwrap();
    }
    async fn types(&self, code: &str, word: &str, amount: Fen) -> Result<Dispensed, NoCash> {
        let mobile = self.person("李芳").mobile.clone().unwrap();
        self.types_for(&mobile, code, word, amount).await
    }
    async fn types_for(
        &self,
        mobile: &str,
        code: &str,
        word: &str,
        amount: Fen,
    ) -> Result<Dispensed, NoCash> {
        let ask = TillAsk {
            machine: "ATM0917".into(),
            mobile: mobile.into(),
            code: Secret::new(code.into()),
            word: Secret::new(word.into()),
            amount,
        };
        self.core.dispense(LING, &ask).await.unwrap()
    }
}

#[tokio::test]
async fn a_machine_gives_booked_cash_out_once_and_the_books_hold() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        town.books("c1", yuan(500)).await;
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(yuan(500)).unwrap());
        let given = town.types(CODE, WORD, yuan(500)).await;
        assert_eq!(given, Ok(Dispensed { request_id: "c1".into(), amount: yuan(500) }));
        assert_eq!(town.types(CODE, WORD, yuan(500)).await, Err(NoCash::Wrong));
        let Fate::Posted(told) = town.fate("c1", false).await else { panic!("it was taken") };
        assert!(told.is_final);
        // Too late for calling off, and for running out.
        let told = town.money().call_off(&town.ctx(LING), "c1").await.unwrap();
        assert!(matches!(told, Fate::Posted(_)), "{told:?}");
        town.clock.advance_ms(31 * MINUTE_MS);
        assert_eq!(town.core.settle_rails().await.unwrap(), 0);
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(yuan(500)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn three_wrong_tries_end_a_booking_and_the_money_is_back() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        town.books("c1", yuan(500)).await;
        assert_eq!(town.types("00000000", WORD, yuan(500)).await, Err(NoCash::Wrong));
        assert_eq!(town.types(CODE, WORD, yuan(400)).await, Err(NoCash::Wrong), "another sum");
        assert_eq!(town.types(CODE, "000000", yuan(500)).await, Err(NoCash::Locked));
        assert_eq!(town.types(CODE, WORD, yuan(500)).await, Err(NoCash::Wrong), "it has ended");
        assert!(matches!(town.fate("c1", false).await, Fate::Returned(..)));
        assert_eq!(town.has(&town.payer()).await, before);
        // A number that nobody has is answered alike, and costs nobody a try.
        town.books("c2", yuan(100)).await;
        for _ in 0..5 {
            let got = town.types_for("19900000099", CODE, WORD, yuan(100)).await;
            assert_eq!(got, Err(NoCash::Wrong));
        }
        assert!(town.types(CODE, WORD, yuan(100)).await.is_ok());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_nobody_takes_in_time_comes_back_and_cannot_be_taken_any_more() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        town.books("c1", yuan(500)).await;
        town.clock.advance_ms(30 * MINUTE_MS);
        assert_eq!(town.types(CODE, WORD, yuan(500)).await, Err(NoCash::Wrong));
        assert_eq!(town.core.settle_rails().await.unwrap(), 1);
        assert!(matches!(town.fate("c1", false).await, Fate::Returned(..)));
        assert_eq!(town.has(&town.payer()).await, before);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn while_the_day_is_closed_no_cash_is_booked_given_out_or_called_off() {
    for town in towns(8).await {
        town.books("c1", yuan(500)).await;
        assert!(town.core.set_day(LING, DayState::Closed, None).await.unwrap());
        let closed =
            |e: Option<CoreError>| matches!(e, Some(CoreError::Rejected(Reject::DayClosed { .. })));
        assert!(closed(town.pay("c2", &town.booking(yuan(100))).await.err()));
        assert_eq!(town.types(CODE, WORD, yuan(500)).await, Err(NoCash::Closed));
        assert!(closed(town.money().call_off(&town.ctx(LING), "c1").await.err()));
        assert!(town.core.set_day(LING, DayState::Open, None).await.unwrap());
        assert!(town.types(CODE, WORD, yuan(500)).await.is_ok());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_days_cash_is_bounded_and_what_came_back_does_not_count() {
    for town in towns(8).await {
        town.give(&town.payer(), yuan(30_000)).await;
        town.books("c1", yuan(19_900)).await;
        let got = town.pay("c2", &town.booking(yuan(200))).await;
        assert_eq!(got, Err(Reject::LimitExceeded.into()));
        town.money().call_off(&town.ctx(LING), "c1").await.unwrap();
        town.books("c3", yuan(200)).await;
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn calling_off_and_taking_at_once_end_a_booking_once() {
    for town in towns(8).await {
        for n in 0..6 {
            let (id, before) = (format!("c{n}"), town.has(&town.payer()).await);
            town.books(&id, STEP).await;
            let ctx = town.ctx(LING);
            let (given, told) =
                tokio::join!(town.types(CODE, WORD, STEP), town.money().call_off(&ctx, &id));
            let left = before.checked_sub(town.has(&town.payer()).await).unwrap();
            match told.unwrap() {
                Fate::Posted(_) => assert_eq!((given.is_ok(), left), (true, STEP)),
                Fate::Returned(..) => assert_eq!((given.is_ok(), left), (false, Fen::ZERO)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
