//! What is refused, by whom, and what is not even sent.

use crate::town::{LING, TRANSFERS, institution, settings, town};
use base::Fen;
use corebank::adapters::fineract::Fineract;
use corebank::money::{Money, Payee, QuoteAsk, Reversal};
use corebank::{CoreBank, CoreError, Ctx, Day, Direction, Reject};

#[tokio::test]
async fn an_id_that_comes_with_another_payload_is_refused_though_fineract_says_done() {
    let town = town().await;
    let first = town.payment(500);
    let paid = town.pay("p1", &first).await.unwrap();
    let books = town.books();
    let mut other = town.payment(500);
    other.payee = Payee::Here { account: town.zhou.account_ref.clone() };
    for payload in [town.payment(501), other] {
        // Under this key Fineract answers 200 with the first result.
        assert_eq!(town.pay("p1", &payload).await, Err(Reject::PayloadMismatch.into()));
    }
    assert_eq!(town.pay("p1", &first).await, Ok(paid));
    assert_eq!(town.books(), books);
}

#[tokio::test]
async fn a_refusal_sticks_to_its_id_though_money_has_come() {
    let town = town().await;
    let all = town.books().0;
    let payment = town.payment(all + 1);
    let short = Err(CoreError::from(Reject::InsufficientFunds));
    assert_eq!(town.pay("p1", &payment).await, short);
    town.mock.post("ling", town.li.account, Day::at(town.clock.now()), Fen::of(100), "存入");
    assert_eq!(town.pay("p1", &payment).await, short, "the same id");
    assert!(town.pay("p2", &payment).await.is_ok(), "another one");
}

#[tokio::test]
async fn a_tenant_that_is_spelt_otherwise_is_another_tenant() {
    let town = town().await;
    let mut wrong = settings(town.mock.url());
    wrong.institutions = vec![institution(LING, "LING", "1")];
    let core = Fineract::new(&wrong, town.clock.clone()).unwrap();
    let got = core.health(&town.ctx()).await;
    let code = match got {
        Err(CoreError::Rejected(Reject::Other { code, .. })) => code,
        other => panic!("{other:?}"),
    };
    assert_eq!(code, "error.msg.invalid.tenant.identifier");
    wrong = settings(town.mock.url());
    wrong.password = "another".to_owned().into();
    let core = Fineract::new(&wrong, town.clock.clone()).unwrap();
    let got = core.health(&town.ctx()).await;
    assert!(matches!(got, Err(CoreError::Rejected(Reject::Other { .. }))), "{got:?}");
}

#[tokio::test]
async fn an_account_of_the_other_institution_with_the_same_number_is_left_alone() {
    let town = town().await;
    let far_before = town.mock.balance("xi", town.far.account);
    assert_eq!(town.far.account, town.li.account, "both number from one");
    let there = Ctx { tenant: crate::town::XI, ..town.command("p1") };
    let got = town.core.pay(&there, &town.payment(500)).await;
    assert_eq!(got, Err(Reject::NotFound.into()));
    let mut abroad = town.payment(500);
    abroad.payee = Payee::Here { account: town.far.account_ref.clone() };
    assert_eq!(town.pay("p2", &abroad).await, Err(Reject::NotFound.into()));
    assert_eq!(town.asked(TRANSFERS), 0);
    assert_eq!(town.mock.balance("xi", town.far.account), far_before);
}

#[tokio::test]
async fn a_blocked_account_is_told_by_its_direction() {
    let blocked = |way| Err(CoreError::from(Reject::AccountBlocked(way)));
    for (sub_status, is_payer, want) in [
        (600, true, blocked(Direction::Out)),
        (400, true, blocked(Direction::Out)),
        (500, false, blocked(Direction::In)),
    ] {
        let town = town().await;
        let who = if is_payer { &town.li } else { &town.wang };
        town.change(who, |terms| terms.sub_status = sub_status);
        assert_eq!(town.pay("p1", &town.payment(500)).await, want, "{sub_status}");
    }
    let town = town().await;
    town.change(&town.li, |terms| terms.is_closed = true);
    let got = town.pay("p1", &town.payment(500)).await;
    assert_eq!(got, Err(Reject::AccountNotActive.into()));
}

#[tokio::test]
async fn a_transfer_that_would_cost_an_unknown_fee_is_neither_quoted_nor_made() {
    let town = town().await;
    town.change(&town.li, |terms| terms.charges_transfers = true);
    let payment = town.payment(500);
    let (payer, payee) = (payment.payer.clone(), payment.payee.clone());
    let ask = QuoteAsk { payer, payee, amount: payment.amount };
    let unsupported = CoreError::from(Reject::Unsupported);
    assert_eq!(town.core.quote(&town.ctx(), &ask).await, Err(unsupported.clone()));
    assert_eq!(town.pay("p1", &payment).await, Err(unsupported));
    let mut charged = town.payment(500);
    charged.fee = Fen::of(1);
    assert_eq!(town.pay("p2", &charged).await, Err(Reject::Validation { field: "fee" }.into()));
    assert_eq!(town.asked(TRANSFERS), 0);
}

#[tokio::test]
async fn what_fineract_cannot_do_is_refused_without_asking_it() {
    let town = town().await;
    let mut elsewhere = town.payment(500);
    elsewhere.payee = Payee::Elsewhere {
        number: town.far.number(),
        name: town.far.name(),
        bank_no: "402000000002".into(),
    };
    let unsupported = CoreError::from(Reject::Unsupported);
    assert_eq!(town.pay("p1", &elsewhere).await, Err(unsupported.clone()));
    let original = "p1".into();
    let channel_date = Day::at(town.clock.now());
    let undo = Reversal { original, channel_date, reason: "timeout".into() };
    let got = town.core.reverse(&town.command("r1"), &undo).await;
    assert_eq!(got, Err(unsupported.clone()));
    assert_eq!(town.core.loans(&town.ctx(), &town.li.cust_no).await, Err(unsupported));
    assert!(town.mock.asked().is_empty(), "{:?}", town.mock.asked());
}

#[tokio::test]
async fn an_id_too_long_for_a_key_is_refused_before_it_is_cut_short() {
    let town = town().await;
    for id in ["x".repeat(51), "a b".into(), "编号".into(), String::new()] {
        let got = town.pay(&id, &town.payment(500)).await;
        assert_eq!(got, Err(Reject::Validation { field: "request_id" }.into()), "{id}");
    }
    assert!(town.pay(&"x".repeat(50), &town.payment(500)).await.is_ok());
}
