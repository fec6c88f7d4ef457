//! Answers that are lost, late, broken or wrong: what is known afterwards, and that nothing is done twice.

use crate::town::{TRANSFERS, settings, town};
use base::Fen;
use corebank::adapters::fineract::Fineract;
use corebank::adapters::fineract::mock::{On, Trouble};
use corebank::money::{Fate, Money};
use corebank::{Cause, CoreBank, CoreError, Ctx, Reject, UnknownCause};
use std::net::TcpListener;

const UNDECODABLE: CoreError = CoreError::Unknown(UnknownCause::Undecodable);
const RESET: CoreError = CoreError::Unknown(UnknownCause::Reset);
const IN_PROGRESS: CoreError = CoreError::Unknown(UnknownCause::InProgress);

#[tokio::test]
async fn an_answer_lost_after_the_effect_is_found_by_query_and_the_id_moves_nothing_again() {
    for (trouble, want) in [
        (Trouble::LostAnswer, RESET),
        (Trouble::HalfAnswer, RESET),
        (Trouble::Garbled, UNDECODABLE),
    ] {
        let town = town().await;
        let (payment, before) = (town.payment(12_300), town.books());
        town.mock.trouble(On::Sending(""), trouble);
        assert_eq!(town.pay("p1", &payment).await, Err(want), "{trouble:?}");
        let Fate::Posted(found) = town.fate("p1").await else { panic!("{trouble:?}: not found") };
        assert_eq!(found.echo.differs("p1", &payment), None);
        assert_eq!(town.pay("p1", &payment).await, Ok(found), "{trouble:?}: the same id");
        let after = (before.0 - 12_300, before.1 + 12_300, 0);
        assert_eq!(town.books(), after, "{trouble:?}: moved once");
    }
}

#[tokio::test]
async fn a_key_that_answers_in_progress_for_ever_is_no_reason_to_doubt_what_was_booked() {
    let town = town().await;
    let payment = town.payment(500);
    town.mock.trouble(On::Sending(""), Trouble::Crash);
    assert_eq!(town.pay("p1", &payment).await, Err(RESET));
    for _ in 0..3 {
        assert_eq!(town.pay("p1", &payment).await, Err(IN_PROGRESS));
        assert!(matches!(town.fate("p1").await, Fate::Posted(_)));
    }
}

#[tokio::test]
async fn a_command_under_way_is_unknown_and_its_result_comes_later() {
    let town = town().await;
    let (payment, before) = (town.payment(500), town.books());
    town.mock.trouble(On::Sending(""), Trouble::Slow);
    assert_eq!(town.pay("p1", &payment).await, Err(RESET));
    assert_eq!(town.pay("p1", &payment).await, Err(IN_PROGRESS), "425");
    assert_eq!(town.fate("p1").await, Fate::NotFound, "asked with a fence, and there is none");
    assert_eq!(town.books(), before);
    town.mock.finish();
    let Fate::Posted(found) = town.fate("p1").await else { panic!("not found") };
    assert_eq!(town.pay("p1", &payment).await, Ok(found));
    assert_eq!(town.books(), (before.0 - 500, before.1 + 500, 0));
}

#[tokio::test]
async fn a_request_lost_on_its_way_is_unknown_and_the_same_id_is_done_once() {
    let town = town().await;
    let (payment, before) = (town.payment(500), town.books());
    town.mock.trouble(On::Sending(""), Trouble::LostRequest);
    assert_eq!(town.pay("p1", &payment).await, Err(RESET));
    assert_eq!(town.books(), before);
    assert_eq!(town.fate("p1").await, Fate::NotFound);
    assert!(town.pay("p1", &payment).await.is_ok());
    assert_eq!(town.books(), (before.0 - 500, before.1 + 500, 0));
}

#[tokio::test]
async fn a_core_that_says_nothing_in_time_is_unknown() {
    let town = town().await;
    let payment = town.payment(500);
    town.mock.trouble(On::Sending(""), Trouble::Silent);
    // The clock stands still; the wire waits as long as is left.
    let hurried = Ctx { deadline: town.clock.now().plus_ms(2_000), ..town.command("p1") };
    let got = town.core.pay(&hurried, &payment).await;
    assert_eq!(got, Err(CoreError::Unknown(UnknownCause::Timeout)));
    assert!(matches!(town.fate("p1").await, Fate::Posted(_)));
}

#[tokio::test]
async fn a_connection_that_is_refused_proves_that_nothing_was_sent() {
    let town = town().await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let core = Fineract::new(&settings(&nobody), town.clock.clone()).unwrap();
    let refused = CoreError::NotSent(Cause::ConnectionRefused);
    let got = core.pay(&town.command("p1"), &town.payment(500)).await;
    assert_eq!(got, Err(refused.clone()));
    assert_eq!(core.health(&town.ctx()).await, Err(refused));
}

#[tokio::test]
async fn what_fails_before_the_command_leaves_it_unsent() {
    let town = town().await;
    let (payment, before) = (town.payment(500), town.books());
    for (trouble, cause) in [
        (Trouble::Page(502), Cause::CircuitOpen),
        (Trouble::LostRequest, Cause::CircuitOpen),
        (Trouble::Garbled, Cause::CircuitOpen),
    ] {
        for path in ["/savingsaccounts/", "/clients/", "/businessdate/"] {
            town.mock.trouble(On::Asking(path), trouble);
            let got = town.pay("p1", &payment).await;
            assert_eq!(got, Err(CoreError::NotSent(cause)), "{trouble:?} at {path}");
        }
    }
    assert_eq!(town.asked(TRANSFERS), 0);
    assert_eq!(town.books(), before);
}

#[tokio::test]
async fn what_fails_after_the_command_leaves_it_unknown() {
    for trouble in [Trouble::Page(502), Trouble::Page(404), Trouble::LostRequest, Trouble::Garbled]
    {
        let town = town().await;
        let payment = town.payment(500);
        town.mock.trouble(On::Asking("/accounttransfers"), trouble);
        let got = town.pay("p1", &payment).await;
        assert!(matches!(got, Err(CoreError::Unknown(_))), "{trouble:?}: {got:?}");
        assert!(matches!(town.fate("p1").await, Fate::Posted(_)), "{trouble:?}");
    }
}

#[tokio::test]
async fn a_page_from_something_on_the_way_is_neither_success_nor_refusal() {
    let town = town().await;
    let (payment, before) = (town.payment(500), town.books());
    for status in [400, 401, 403, 404, 429] {
        town.mock.trouble(On::Sending(""), Trouble::Page(status));
        assert_eq!(town.pay("p1", &payment).await, Err(UNDECODABLE), "{status}");
    }
    for status in [500, 502, 503, 504] {
        town.mock.trouble(On::Sending(""), Trouble::Page(status));
        let want = CoreError::Unknown(UnknownCause::ServerError(status));
        assert_eq!(town.pay("p1", &payment).await, Err(want));
    }
    assert_eq!(town.books(), before);
}

#[tokio::test]
async fn a_row_changed_by_another_is_asked_about_and_never_sent_under_its_key_again() {
    let town = town().await;
    let (payment, before) = (town.payment(500), town.books());
    town.mock.trouble(On::Sending(""), Trouble::Conflict);
    for _ in 0..2 {
        // The error sticks to the key.
        let want = CoreError::Unknown(UnknownCause::ServerError(409));
        assert_eq!(town.pay("p1", &payment).await, Err(want));
    }
    assert_eq!(town.fate("p1").await, Fate::NotFound);
    assert_eq!(town.books(), before);
}

#[tokio::test]
async fn a_success_that_waits_for_approval_is_none() {
    let town = town().await;
    let (payment, before) = (town.payment(500), town.books());
    town.mock.trouble(On::Sending(""), Trouble::Approval);
    assert_eq!(town.pay("p1", &payment).await, Err(IN_PROGRESS));
    assert_eq!(town.books(), before);
}

#[tokio::test]
async fn another_amount_than_asked_for_is_told_as_it_was_booked() {
    let town = town().await;
    let payment = town.payment(500);
    town.mock.trouble(On::Sending(""), Trouble::Skewed);
    let paid = town.pay("p1", &payment).await.unwrap();
    assert_eq!(paid.echo.differs("p1", &payment), Some("amount"));
    assert_eq!(paid.echo.amount, Fen::of(501));
    assert_eq!(town.fate("p1").await, Fate::Posted(paid));
}

#[tokio::test]
async fn a_command_past_its_time_is_not_sent_and_told_if_it_was_done_in_time() {
    let town = town().await;
    let (early, late) = (town.payment(500), town.payment(700));
    let paid = town.pay("p1", &early).await.unwrap();
    town.clock.advance_ms(3_600_000);
    assert_eq!(town.pay("p2", &late).await, Err(Reject::Expired.into()));
    assert_eq!(town.asked(TRANSFERS), 1);
    assert_eq!(town.pay("p1", &early).await, Ok(paid));
    let other = Err(Reject::PayloadMismatch.into());
    assert_eq!(town.pay("p1", &late).await, other, "another payload under the first id");
    assert_eq!(town.asked(TRANSFERS), 1);
}

#[tokio::test]
async fn without_the_account_there_is_nowhere_to_look() {
    let town = town().await;
    town.pay("p1", &town.payment(500)).await.unwrap();
    let ask = corebank::money::Query {
        request_id: "p1".into(),
        channel_date: corebank::Day::at(town.clock.now()),
        fence: false,
    };
    let got = town.core.query(&town.ctx(), &ask).await;
    assert_eq!(got, Err(Reject::Validation { field: "account" }.into()));
}
