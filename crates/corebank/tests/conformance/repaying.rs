//! Paying loans back by a channel: what is due, ahead of time, and all of it; what it does to the schedule and the books.

use crate::town::{LING, Town, towns};
use base::{DAY_MS, Fen};
use corebank::loans::Loan;
use corebank::money::{
    Fate, LoanPart, LoanTrial, LoanTrialAsk, Money, Payee, Payment, Query, Rail, Reversal, Undone,
};
use corebank::sandbox::movement;
use corebank::{AccountRef, CoreBank, CoreError, Ctx, Day, Reject};

impl Town {
    async fn debt(&self, name: &str) -> Loan {
        let who = &self.person(name).cust_no;
        self.core.loans(&self.ctx(LING), who).await.unwrap().remove(0)
    }
    async fn tried(&self, loan: &Loan, part: LoanPart, ahead: i64) -> Result<LoanTrial, CoreError> {
        let ask = LoanTrialAsk { account: loan.account.clone(), part, ahead: Fen::of(ahead) };
        self.core.loan_trial(&self.ctx(LING), &ask).await
    }
    async fn rich(&self, name: &str) -> AccountRef {
        let payer = self.person(name).account.clone();
        let acct_id = payer.as_str().parse().unwrap();
        let cash = movement::cash_in(acct_id, Fen::of(20_000_000));
        self.core.post(LING, format!("rich {name}"), cash).await.unwrap().unwrap();
        payer
    }
    async fn pay_back(
        &self,
        id: &str,
        payer: &AccountRef,
        loan: &Loan,
        (part, ahead, amount): (LoanPart, i64, Fen),
    ) -> Result<(), CoreError> {
        let account = loan.account.clone();
        let payment = Payment {
            payer: payer.clone(),
            payee: Payee::Loan { account, part, ahead: Fen::of(ahead) },
            amount,
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: String::new(),
            valid_until: self.clock.now().plus_ms(60_000),
        };
        let ctx = Ctx { request_id: Some(id.into()), ..self.ctx(LING) };
        self.core.pay(&ctx, &payment).await.map(|_| ())
    }
    async fn open_interest(&self, loan: &Loan) -> i64 {
        let all = self.core.schedule(&self.ctx(LING), &loan.account).await.unwrap();
        all.iter().filter(|i| i.paid_on.is_none()).map(|i| i.interest.fen()).sum()
    }
}

#[tokio::test]
async fn what_is_due_is_paid_as_it_was_agreed_and_the_next_follows() {
    for town in towns(8).await {
        let (loan, payer) = (town.debt("王强").await, town.rich("李芳").await);
        let told = town.tried(&loan, LoanPart::Due, 0).await.unwrap();
        let next = loan.next.unwrap();
        assert_eq!((told.principal, told.interest), (next.principal, next.interest));
        assert_eq!((told.saved, told.penalty), (Fen::ZERO, Fen::ZERO));
        let paid = (LoanPart::Due, 0, told.total().unwrap());
        town.pay_back("due", &payer, &loan, paid).await.unwrap();
        let after = town.debt("王强").await;
        assert_eq!((after.paid, after.outstanding), (loan.paid + 1, told.left));
        assert_eq!(after.next, told.next);
        assert_eq!(town.broken().await, Vec::<String>::new());
        // The month of the one after it has not begun.
        let got = town.tried(&after, LoanPart::Due, 0).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
    }
}

#[tokio::test]
async fn principal_paid_ahead_bears_interest_by_the_day_and_saves_the_rest() {
    for town in towns(8).await {
        let (loan, payer) = (town.debt("王强").await, town.rich("李芳").await);
        let before = town.open_interest(&loan).await;
        let told = town.tried(&loan, LoanPart::Part, 1_000_000).await.unwrap();
        // 10,000.00 for the three days since the 20th.
        let by_hand = (1_000_000 * loan.rate_bp * 3 * 2 + 3_600_000) / (3_600_000 * 2);
        assert_eq!(told.interest, Fen::of(by_hand));
        let paid = (LoanPart::Part, 1_000_000, told.total().unwrap());
        town.pay_back("part", &payer, &loan, paid).await.unwrap();
        let after = town.debt("王强").await;
        assert_eq!(after.outstanding, Fen::of(loan.outstanding.fen() - 1_000_000));
        assert_eq!((after.ends_on, after.next), (loan.ends_on, told.next));
        let saved = before - town.open_interest(&after).await - told.interest.fen();
        assert_eq!(Fen::of(saved), told.saved);
        assert!(told.saved > Fen::ZERO);
        assert_eq!(town.broken().await, Vec::<String>::new());
        // Once more on the same day: the row of today grows.
        let told = town.tried(&after, LoanPart::Part, 500_000).await.unwrap();
        let paid = (LoanPart::Part, 500_000, told.total().unwrap());
        town.pay_back("part-2", &payer, &after, paid).await.unwrap();
        let last = town.debt("王强").await;
        assert_eq!((last.months, last.outstanding), (after.months, told.left));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_loan_is_settled_to_the_fen_and_no_more_is_owed() {
    for town in towns(8).await {
        let (loan, payer) = (town.debt("王强").await, town.rich("李芳").await);
        let told = town.tried(&loan, LoanPart::Settle, 0).await.unwrap();
        assert_eq!((told.principal, told.left, told.next), (loan.outstanding, Fen::ZERO, None));
        // Another day is another sum: what was shown yesterday is not taken.
        town.clock.advance_ms(DAY_MS);
        let stale = (LoanPart::Settle, 0, told.total().unwrap());
        let got = town.pay_back("stale", &payer, &loan, stale).await;
        assert_eq!(got, Err(Reject::Validation { field: "amount" }.into()));
        let told = town.tried(&loan, LoanPart::Settle, 0).await.unwrap();
        let paid = (LoanPart::Settle, 0, told.total().unwrap());
        town.pay_back("all", &payer, &loan, paid).await.unwrap();
        let after = town.debt("王强").await;
        assert_eq!((after.outstanding, after.paid), (Fen::ZERO, after.months));
        assert_eq!(town.open_interest(&after).await, 0);
        assert_eq!(town.broken().await, Vec::<String>::new());
        let got = town.tried(&after, LoanPart::Settle, 0).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
    }
}

#[tokio::test]
async fn who_is_late_pays_the_penalty_and_nothing_ahead_before() {
    for town in towns(8).await {
        let (loan, payer) = (town.debt("刘建军").await, town.rich("李芳").await);
        let late = loan.late.unwrap();
        let got = town.tried(&loan, LoanPart::Part, 10_000).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
        let told = town.tried(&loan, LoanPart::Settle, 0).await.unwrap();
        assert_eq!(told.penalty, late.penalty);
        let told = town.tried(&loan, LoanPart::Due, 0).await.unwrap();
        assert_eq!(told.penalty, late.penalty);
        let paid = (LoanPart::Due, 0, told.total().unwrap());
        town.pay_back("late", &payer, &loan, paid).await.unwrap();
        let after = town.debt("刘建军").await;
        assert_eq!((after.late, after.outstanding), (None, told.left));
        assert!(after.paid > loan.paid + 1, "{after:?}");
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_repayment_is_told_by_its_id_and_never_undone() {
    for town in towns(8).await {
        let (loan, payer) = (town.debt("王强").await, town.rich("李芳").await);
        let told = town.tried(&loan, LoanPart::Part, 10_000).await.unwrap();
        let paid = (LoanPart::Part, 10_000, told.total().unwrap());
        town.pay_back("known", &payer, &loan, paid).await.unwrap();
        let channel_date = Day::at(town.clock.now());
        let ask = Query { request_id: "known".into(), channel_date, fence: true };
        let Fate::Posted(posted) = town.core.query(&town.ctx(LING), &ask).await.unwrap() else {
            panic!("not posted");
        };
        let account = loan.account.clone();
        let payee = Payee::Loan { account, part: LoanPart::Part, ahead: Fen::of(10_000) };
        assert_eq!(posted.echo.payee, payee);
        let undo = Reversal { original: "known".into(), channel_date, reason: "timeout".into() };
        let ctx = Ctx { request_id: Some("undo".into()), ..town.ctx(LING) };
        let got = town.core.reverse(&ctx, &undo).await.unwrap();
        assert_eq!(got, Undone::Refused(Reject::NotEligible));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
