//! What is read: pages that stay in place, and what a line tells.

use crate::town::{LING, day, town};
use base::Fen;
use corebank::adapters::fineract::mock::{On, Trouble};
use corebank::{
    AccountKind, AccountState, CoreBank, CoreError, Day, Flow, StatementQuery, StatementRange,
    UnknownCause,
};
use std::collections::BTreeSet;

#[tokio::test]
async fn entries_made_while_somebody_reads_repeat_and_hide_no_line() {
    let town = town().await;
    let (ling, account) = ("ling", town.li.account);
    for n in 0..240 {
        town.mock.post(ling, account, day("2026-11-20"), Fen::of(100 + n), "存入");
    }
    let range = StatementRange {
        account: town.li.account_ref.clone(),
        from: day("2026-09-01"),
        to: day("2026-11-23"),
        flow: Flow::All,
        q: None,
    };
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let ask = StatementQuery { range: range.clone(), cursor, limit: 37 };
        let page = town.core.transactions(&town.ctx(), &ask).await.unwrap();
        seen.extend(page.lines.into_iter().map(|l| l.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
        for n in 0..25 {
            town.mock.post(ling, account, day("2026-11-22"), Fen::of(9_000 + n), "存入");
        }
    }
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), distinct.len()), (248, 248));
}

#[tokio::test]
async fn a_search_goes_through_many_pages_and_sums_them() {
    let town = town().await;
    for n in 0..230 {
        let note = if n % 50 == 0 { "卖茶叶" } else { "存入" };
        town.mock.post("ling", town.li.account, day("2026-11-20"), Fen::of(100), note);
    }
    let range = StatementRange {
        account: town.li.account_ref.clone(),
        from: day("2026-09-01"),
        to: day("2026-11-23"),
        flow: Flow::In,
        q: Some("茶叶".into()),
    };
    let total = town.core.totals(&town.ctx(), &range).await.unwrap();
    assert_eq!((total.inflow, total.in_count, total.out_count), (Fen::of(500), 5, 0));
}

#[tokio::test]
async fn a_payment_is_told_by_both_lines_with_its_purpose_and_id() {
    let town = town().await;
    let paid = town.pay("WX1-P", &town.payment(4_500)).await.unwrap();
    let today = Day::at(town.clock.now());
    for (who, is_in, label) in [(&town.li, false, "转出"), (&town.wang, true, "转入")] {
        let range = StatementRange {
            account: who.account_ref.clone(),
            from: today,
            to: today,
            flow: Flow::All,
            q: None,
        };
        let ask = StatementQuery { range, cursor: None, limit: 10 };
        let page = town.core.transactions(&town.ctx(), &ask).await.unwrap();
        let line = page.lines.first().unwrap();
        assert_eq!(
            (line.is_in, line.label.as_str(), line.summary.as_str()),
            (is_in, label, "房租")
        );
        assert_eq!(line.channel_serial.as_deref(), Some("WX1-P"));
        assert_eq!(line.core_serial, paid.core_serial);
    }
}

#[tokio::test]
async fn an_account_is_a_card_or_a_passbook_by_its_number_and_stands_as_it_is_blocked() {
    let town = town().await;
    let all = town.core.accounts(&town.ctx(), &town.yang.cust_no).await.unwrap();
    assert_eq!((all.len(), all[0].kind), (1, AccountKind::Passbook));
    assert!(town.yang.number().ends_with(&all[0].tail));
    for (sub_status, state) in [
        (0, AccountState::Active),
        (200, AccountState::Dormant),
        (400, AccountState::Frozen),
        (500, AccountState::Frozen),
        (600, AccountState::NoOut),
        (777, AccountState::Frozen),
    ] {
        town.change(&town.li, |terms| terms.sub_status = sub_status);
        let told = town.core.balance(&town.ctx(), &town.li.account_ref).await.unwrap();
        assert_eq!((told.kind, told.state), (AccountKind::Debit, state), "{sub_status}");
    }
    town.change(&town.li, |terms| terms.is_closed = true);
    let told = town.core.balance(&town.ctx(), &town.li.account_ref).await.unwrap();
    assert_eq!(told.state, AccountState::Closed);
}

#[tokio::test]
async fn a_question_that_is_not_answered_is_busy_and_moves_nothing() {
    let town = town().await;
    let before = town.books();
    for (trouble, cause) in [
        (Trouble::LostRequest, UnknownCause::Reset),
        (Trouble::HalfAnswer, UnknownCause::Reset),
        (Trouble::Garbled, UnknownCause::Undecodable),
        (Trouble::Page(404), UnknownCause::Undecodable),
        (Trouble::Page(503), UnknownCause::ServerError(503)),
    ] {
        town.mock.trouble(On::Asking("/savingsaccounts/"), trouble);
        let got = town.core.balance(&town.ctx(), &town.li.account_ref).await;
        assert_eq!(got, Err(CoreError::Unknown(cause)), "{trouble:?}");
    }
    assert_eq!(town.available().await, Fen::of(before.0));
    let other = town.core.issuer(&town.ctx(), &town.li.number()).await.unwrap().unwrap();
    assert_eq!(other.tenant, LING);
}
