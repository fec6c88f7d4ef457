//! Loans drawn under credit lines in the sandbox: lines that are stopped, rates that change, many at once, and room that comes
//! back.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::{DAY_MS, Fen};
use corebank::loans::{CreditLine, LineStop, Loan, Method};
use corebank::money::{
    DrawAsk, DrawTrial, LoanPart, LoanTrialAsk, Money, Paid, Payee, Payment, Undone,
};
use corebank::{AccountRef, CoreBank, CoreError, Day, Reject};

const WANG: &str = "王强";

impl Town {
    async fn line(&self, name: &str) -> CreditLine {
        let who = &self.person(name).cust_no;
        self.core.credit_lines(&self.ctx(LING), who).await.unwrap().remove(0)
    }
    async fn drawable(
        &self,
        line: &CreditLine,
        amount: Fen,
        (months, method): (i64, Method),
    ) -> Result<DrawTrial, CoreError> {
        let ask = DrawAsk { line: line.account.clone(), amount, months, method };
        self.money().draw_trial(&self.ctx(LING), &ask).await
    }
    async fn half_a_year(&self, line: &CreditLine, amount: Fen) -> Payment {
        let term = (6, Method::InterestFirst);
        let told = self.drawable(line, amount, term).await.unwrap();
        let payee = Payee::Draw {
            account: self.person(WANG).account.clone(),
            months: 6,
            rate_bp: told.rate_bp,
            method: Method::InterestFirst,
            ends_on: told.ends_on,
        };
        let payer = line.account.clone();
        Payment { payer, payee, purpose: String::new(), ..self.to_wang(amount) }
    }
    async fn debts(&self) -> Vec<Loan> {
        let who = &self.person(WANG).cust_no;
        self.core.loans(&self.ctx(LING), who).await.unwrap()
    }
    async fn has_now(&self) -> i64 {
        self.has(&self.person(WANG).account.clone()).await.fen()
    }
}

#[tokio::test]
async fn interest_of_a_draw_is_what_a_banker_works_out() {
    for town in towns(8).await {
        let line = town.line(WANG).await;
        assert_eq!((line.limit, line.used, line.room), (yuan(50_000), Fen::ZERO, yuan(50_000)));
        // 20,000.00 at 4.50 %: 2.50 a day, 75.00 a month, 450.00 in half a year.
        let told = town.drawable(&line, yuan(20_000), (6, Method::InterestFirst)).await.unwrap();
        assert_eq!((told.day_interest, told.interest), (Fen::of(250), yuan(450)));
        assert_eq!((told.first.principal, told.first.interest), (Fen::ZERO, Fen::of(7_500)));
        assert_eq!((told.ends_on.to_string(), told.left), ("2027-05-23".into(), yuan(30_000)));
        let told = town.drawable(&line, yuan(20_000), (6, Method::EqualPayment)).await.unwrap();
        assert!(told.interest < yuan(300) && told.first.principal > yuan(3_200), "{told:?}");
        for (months, field) in [(25, "months"), (0, "months"), (-1, "months")] {
            let got = town.drawable(&line, yuan(20_000), (months, Method::InterestFirst)).await;
            assert_eq!(got, Err(Reject::Validation { field }.into()), "{months}");
        }
        let got = town.drawable(&line, yuan(20_000), (6, Method::EqualPrincipal)).await;
        assert_eq!(got, Err(Reject::Validation { field: "method" }.into()));
    }
}

#[tokio::test]
async fn a_line_may_be_drawn_until_it_is_used_up_and_what_is_paid_back_may_be_drawn_again() {
    for town in towns(8).await {
        let (line, had) = (town.line(WANG).await, town.has_now().await);
        for (id, amount) in [("a", yuan(30_000)), ("b", yuan(20_000))] {
            let draw = town.half_a_year(&line, amount).await;
            let paid = town.pay(id, &draw).await.unwrap();
            assert_eq!(paid.available, Some(town.line(WANG).await.room));
        }
        assert_eq!(town.has_now().await - had, yuan(50_000).fen());
        let got = town.drawable(&line, yuan(1_000), (6, Method::InterestFirst)).await;
        assert_eq!(got, Err(Reject::LimitExceeded.into()));
        let loan = town.debts().await.into_iter().find(|l| l.principal == yuan(30_000)).unwrap();
        assert_eq!(loan.repay_from.as_deref(), Some("1122"));
        let part = LoanPart::Settle;
        let ask = LoanTrialAsk { account: loan.account.clone(), part, ahead: Fen::ZERO };
        let owed = town.money().loan_trial(&town.ctx(LING), &ask).await.unwrap();
        let payee = Payee::Loan { account: loan.account.clone(), part, ahead: Fen::ZERO };
        // 王强 himself lets no more than 5,000 leave at once.
        let (payer, amount) = (town.payer(), owed.total().unwrap());
        town.give(&payer, amount).await;
        let back = Payment { payer, payee, purpose: String::new(), ..town.to_wang(amount) };
        town.pay("back", &back).await.unwrap();
        assert_eq!(town.line(WANG).await.room, yuan(30_000));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_line_that_is_cut_ended_or_whose_borrower_is_late_lends_nothing_and_says_why() {
    for town in towns(8).await {
        let late = town.line("刘建军").await;
        assert_eq!((late.stopped, late.room), (Some(LineStop::Overdue), Fen::ZERO));
        let got = town.drawable(&late, yuan(1_000), (6, Method::InterestFirst)).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));

        let line = town.line(WANG).await;
        let draw = town.half_a_year(&line, yuan(5_000)).await;
        assert!(town.core.cut_credit_line(LING, &line.account, true).await.unwrap());
        assert_eq!(town.line(WANG).await.stopped, Some(LineStop::Cut));
        let before = (town.debts().await, town.has_now().await);
        for _ in 0..2 {
            assert_eq!(town.pay("cut", &draw).await, Err(Reject::NotEligible.into()));
        }
        assert!(town.core.cut_credit_line(LING, &line.account, false).await.unwrap());
        assert_eq!(town.pay("cut", &draw).await, Err(Reject::NotEligible.into()), "it sticks");
        assert_eq!((town.debts().await, town.has_now().await), before);
        town.core.set_line_rate(LING, &line.account, 500).await.unwrap();
        assert_eq!(town.pay("dearer", &draw).await, Err(Reject::NotEligible.into()));
        assert_eq!((town.debts().await, town.has_now().await), before);

        let who = town.core.credit_lines(&town.ctx(LING), &town.person("陈国富").cust_no).await;
        let saver = who.unwrap().remove(0);
        let days = saver.ends_on.days_since(Day::at(town.clock.now()));
        town.clock.advance_ms(days * DAY_MS);
        assert_eq!(town.line("陈国富").await.stopped, Some(LineStop::Ended));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_draws_at_once_only_as_many_are_lent_as_there_is_room_for() {
    for town in towns(8).await {
        let (line, had) = (town.line(WANG).await, town.has_now().await);
        let draw = town.half_a_year(&line, yuan(20_000)).await;
        let mut asks = tokio::task::JoinSet::new();
        for n in 0..16 {
            let (core, draw) = (town.core.clone(), draw.clone());
            let ctx = town.order(&format!("d{}", n % 8));
            asks.spawn(async move { core.pay(&ctx, &draw).await });
        }
        let all: Vec<Result<Paid, CoreError>> = asks.join_all().await;
        let lent = all.iter().filter(|a| a.is_ok()).count();
        assert_eq!(lent, 4, "two ids, each asked twice: {all:?}");
        assert_eq!(town.has_now().await - had, yuan(40_000).fen());
        assert_eq!(town.line(WANG).await.room, yuan(10_000));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_draw_is_not_undone_by_its_channel() {
    for town in towns(8).await {
        let line = town.line(WANG).await;
        let draw = town.half_a_year(&line, yuan(5_000)).await;
        town.pay("d1", &draw).await.unwrap();
        let before = (town.debts().await, town.has_now().await);
        let got = town.reverse("u1", "d1").await;
        assert_eq!(got, Undone::Refused(Reject::NotEligible));
        assert_eq!((town.debts().await, town.has_now().await), before);
        // Nor is it an account that could be asked for its balance.
        let line: AccountRef = line.account;
        let got = town.core.balance(&town.ctx(LING), &line).await;
        assert_eq!(got, Err(Reject::NotFound.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
