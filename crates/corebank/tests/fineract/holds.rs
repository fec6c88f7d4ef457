//! Holds: the swapped codes, and payments out of them whose answers are lost half-way.

use crate::town::{TRANSFERS, Town, town};
use base::Fen;
use corebank::adapters::fineract::mock::{On, Trouble};
use corebank::money::{Fate, Held, HoldAsk, HoldState, Money};
use corebank::{CoreError, Reject, UnknownCause};

const INTEROP: &str = "/interoperation/transfers";

impl Town {
    async fn hold(&self, id: &str, fen: i64) -> Result<Held, CoreError> {
        let ask = HoldAsk {
            account: self.li.account_ref.clone(),
            amount: Fen::of(fen),
            until: self.clock.now().plus_ms(3_600_000),
            reason: "跨行转账".into(),
        };
        self.core.hold(&self.command(id), &ask).await
    }
}

#[tokio::test]
async fn the_swapped_codes_of_a_repeated_hold_are_not_believed() {
    let town = town().await;
    let all = town.books().0;
    let first = town.hold("h1", 500).await.unwrap();
    assert_eq!(first, Held { state: HoldState::Open, available: Fen::of(all - 500) });
    town.mock.forget_keys();
    // Fineract says that it was committed. It is on hold.
    assert_eq!(town.hold("h1", 500).await, Ok(first));
    assert_eq!(town.hold("h1", 501).await, Err(Reject::PayloadMismatch.into()));
    assert_eq!(town.books().2, 500, "held once");
}

#[tokio::test]
async fn a_repeated_hold_that_is_told_that_money_is_short_stands() {
    let town = town().await;
    let all = town.books().0;
    let first = town.hold("h1", all).await.unwrap();
    town.mock.forget_keys();
    assert_eq!(town.hold("h1", all).await, Ok(first));
    assert_eq!(town.hold("h2", 1).await, Err(Reject::InsufficientFunds.into()));
}

#[tokio::test]
async fn a_hold_whose_answer_was_lost_is_found_by_its_id() {
    for trouble in [Trouble::LostAnswer, Trouble::Garbled, Trouble::Crash] {
        let town = town().await;
        town.mock.trouble(On::Sending(INTEROP), trouble);
        let got = town.hold("h1", 500).await;
        assert!(matches!(got, Err(CoreError::Unknown(_))), "{got:?}");
        assert_eq!(town.fate("h1").await, Fate::Hold(HoldState::Open), "{trouble:?}");
        let void = town.core.void(&town.command("v1"), "h1").await.unwrap();
        assert_eq!(void.state, HoldState::Ended);
        assert_eq!(town.fate("h1").await, Fate::Hold(HoldState::Ended), "{trouble:?}");
        assert_eq!(town.books().2, 0);
    }
}

#[tokio::test]
async fn a_payment_out_of_a_hold_that_stopped_half_way_goes_on_under_the_same_id() {
    for (path, trouble) in [
        (INTEROP, Trouble::LostAnswer),
        ("/accounttransfers", Trouble::LostRequest),
        ("/accounttransfers", Trouble::LostAnswer),
    ] {
        let town = town().await;
        let before = town.books();
        town.hold("h1", 800).await.unwrap();
        let payment = town.payment(500);
        town.mock.trouble(On::Sending(path), trouble);
        let got = town.core.commit(&town.command("c1"), "h1", &payment).await;
        assert_eq!(got, Err(CoreError::Unknown(UnknownCause::Reset)), "{path} {trouble:?}");
        let paid = town.core.commit(&town.command("c1"), "h1", &payment).await.unwrap();
        assert_eq!(paid.echo.differs("c1", &payment), None);
        assert_eq!(town.books(), (before.0 - 500, before.1 + 500, 0), "{path} {trouble:?}");
        assert_eq!(town.fate("c1").await, Fate::Posted(paid));
        assert_eq!(town.fate("h1").await, Fate::Hold(HoldState::Used));
        // Nobody else pays out of it.
        let other = town.core.commit(&town.command("c2"), "h1", &payment).await;
        assert_eq!(other, Err(Reject::NotFound.into()));
    }
}

#[tokio::test]
async fn a_void_that_comes_again_for_another_hold_is_refused() {
    let town = town().await;
    town.hold("h1", 500).await.unwrap();
    town.hold("h2", 700).await.unwrap();
    let first = town.core.void(&town.command("v1"), "h1").await.unwrap();
    // Fineract answers the key with its first result.
    let other = town.core.void(&town.command("v1"), "h2").await;
    assert_eq!(other, Err(Reject::PayloadMismatch.into()));
    assert_eq!(town.core.void(&town.command("v1"), "h1").await, Ok(first));
    assert_eq!(town.books().2, 700);
    assert_eq!(town.fate("h2").await, Fate::Hold(HoldState::Open));
}

#[tokio::test]
async fn more_than_is_held_is_not_paid_out_of_it() {
    let town = town().await;
    town.hold("h1", 500).await.unwrap();
    let got = town.core.commit(&town.command("c1"), "h1", &town.payment(501)).await;
    assert_eq!(got, Err(Reject::Validation { field: "amount" }.into()));
    assert_eq!((town.books().2, town.asked(TRANSFERS)), (500, 0));
}
