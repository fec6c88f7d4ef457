//! Instalments of credit cards in the sandbox: what the following bills ask for, single purchases, and what may not be split.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::{DAY_MS, Fen};
use corebank::instalments::CardPlan;
use corebank::money::{Money, Payee, Payment, SplitAsk, SplitTrial, Undone};
use corebank::sandbox::{Face, movement};
use corebank::{
    AccountRef, Bill, CoreBank, CoreError, Day, Flow, LineId, Reject, StatementQuery,
    StatementRange,
};

impl Town {
    /// 王强's card, even but for a purchase of so much in the bill of the 5th of December: the clock stands on the 8th.
    async fn card_owing(&self, amount: Fen) -> AccountRef {
        let card = self.account("王强", "4410").await;
        let owed = -self.has(&card).await.fen();
        if owed > 0 {
            self.repaid(&card, Fen::of(owed)).await;
        }
        self.bought(&card, amount).await;
        self.clock.advance_ms(15 * DAY_MS);
        card
    }
    async fn repaid(&self, card: &AccountRef, amount: Fen) {
        let id = format!("back-{}", self.core.db().random().hex(8));
        let face = |acct_id: &AccountRef| Face {
            acct_id: acct_id.as_str().parse().unwrap(),
            shown: "*强".into(),
        };
        self.give(&self.payee(), amount).await;
        let back = movement::card_repayment(&face(&self.payee()), &face(card), amount);
        self.core.post(LING, id, back).await.unwrap().unwrap();
    }
    async fn bought(&self, card: &AccountRef, amount: Fen) {
        let id = format!("buy-{}", self.core.db().random().hex(8));
        let acct_id = card.as_str().parse().unwrap();
        let buy = movement::purchase(acct_id, amount, "电器城");
        self.core.post(LING, id, buy).await.unwrap().unwrap();
    }
    async fn splits(
        &self,
        card: &AccountRef,
        line: Option<LineId>,
        (amount, months): (Fen, i64),
    ) -> Result<SplitTrial, CoreError> {
        let ask = SplitAsk { card: card.clone(), line, amount, months };
        self.money().split_trial(&self.ctx(LING), &ask).await
    }
    fn splitting(
        &self,
        card: &AccountRef,
        line: Option<LineId>,
        (amount, months, fee): (Fen, i64, Fen),
    ) -> Payment {
        let payee = Payee::Split { line, months };
        Payment { payer: card.clone(), payee, fee, purpose: String::new(), ..self.to_wang(amount) }
    }
    async fn card_bills(&self, card: &AccountRef, count: usize) -> Vec<Bill> {
        self.core.bills(&self.ctx(LING), card, count).await.unwrap()
    }
    async fn card_plans(&self, card: &AccountRef) -> Vec<CardPlan> {
        self.core.card_plans(&self.ctx(LING), card).await.unwrap()
    }
    /// The line of the card's latest purchase.
    async fn last_line(&self, card: &AccountRef) -> LineId {
        let today = Day::at(self.clock.now());
        let range = StatementRange {
            account: card.clone(),
            from: today.plus_days(-30),
            to: today,
            flow: Flow::Out,
            q: None,
        };
        let ask = StatementQuery { range, cursor: None, limit: 1 };
        let page = self.core.transactions(&self.ctx(LING), &ask).await.unwrap();
        page.lines[0].id.clone()
    }
}

#[tokio::test]
async fn the_bills_after_a_split_ask_for_its_instalments_one_by_one() {
    for town in towns(8).await {
        let card = town.card_owing(yuan(3_000)).await;
        let bill = town.card_bills(&card, 1).await.remove(0);
        assert_eq!((bill.bill.amount, bill.left()), (yuan(3_000), yuan(3_000)));
        let told = town.splits(&card, None, (yuan(2_000), 3)).await.unwrap();
        // 0.80 % of 2,000.00 for each of three bills: 16.00; 666.66 and 666.68 of principal.
        assert_eq!((told.fee, told.fees), (yuan(16), yuan(48)));
        assert_eq!((told.each, told.last), (Fen::of(68_266), Fen::of(68_268)));
        assert_eq!(told.first_bill.to_string(), "2027-01-05");
        let free = town.core.card(&town.ctx(LING), &card).await.unwrap().available;
        let split = town.splitting(&card, None, (yuan(2_000), 3, told.fees));
        let paid = town.pay("s1", &split).await.unwrap();
        // What was split still takes up the limit, and so does the fee.
        assert_eq!(paid.available, Some(free.checked_sub(told.fees).unwrap()));
        assert_eq!(town.card_bills(&card, 1).await[0].left(), yuan(1_000));
        let got = town.splits(&card, None, (yuan(1_000), 3)).await;
        assert_eq!(got, Err(Reject::NotEligible.into()), "once for a bill");
        town.repaid(&card, yuan(1_000)).await;

        for (billed, ask, left) in [(1, 68_266, 133_334), (2, 68_266, 66_668), (3, 68_268, 0)] {
            town.clock.advance_ms(31 * DAY_MS);
            let bill = town.card_bills(&card, 1).await.remove(0);
            assert_eq!(bill.bill.amount, Fen::of(ask), "{billed}: {bill:?}");
            let balance = town.core.balance(&town.ctx(LING), &card).await.unwrap();
            assert!(format!("{:?}", balance.detail).contains(&format!("{:?}", bill.bill.amount)));
            let plan = town.card_plans(&card).await.remove(0);
            assert_eq!((plan.billed, plan.left), (billed, Fen::of(left)));
            town.repaid(&card, bill.left()).await;
            assert_eq!(town.card_bills(&card, 1).await[0].left(), Fen::ZERO);
        }
        town.clock.advance_ms(31 * DAY_MS);
        assert_eq!(town.card_bills(&card, 1).await[0].bill.amount, Fen::ZERO);
        assert_eq!(town.has(&card).await, Fen::ZERO);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_purchase_is_split_before_it_is_billed_and_pays_nothing_of_the_bill_before_it() {
    for town in towns(8).await {
        let card = town.card_owing(yuan(1_000)).await;
        town.bought(&card, yuan(2_400)).await;
        let line = town.last_line(&card).await;
        let got = town.splits(&card, Some(line.clone()), (yuan(2_000), 12)).await;
        assert_eq!(got, Err(Reject::Validation { field: "amount" }.into()), "whole or not at all");
        let told = town.splits(&card, Some(line.clone()), (yuan(2_400), 12)).await.unwrap();
        let split = town.splitting(&card, Some(line.clone()), (yuan(2_400), 12, told.fees));
        town.pay("p1", &split).await.unwrap();
        let bill = town.card_bills(&card, 1).await.remove(0);
        assert_eq!((bill.paid, bill.left()), (Fen::ZERO, yuan(1_000)));
        let got = town.splits(&card, Some(line), (yuan(2_400), 12)).await;
        assert_eq!(got, Err(Reject::NotEligible.into()), "once for a purchase");
        town.repaid(&card, yuan(1_000)).await;
        town.clock.advance_ms(31 * DAY_MS);
        assert_eq!(town.card_bills(&card, 1).await[0].bill.amount, told.each);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_is_late_paid_or_too_little_is_not_split() {
    for town in towns(8).await {
        let card = town.card_owing(yuan(1_000)).await;
        let got = town.splits(&card, None, (yuan(299), 3)).await;
        assert_eq!(got, Err(Reject::Validation { field: "amount" }.into()));
        let got = town.splits(&card, None, (yuan(1_001), 3)).await;
        assert_eq!(got, Err(Reject::LimitExceeded.into()));
        let got = town.splits(&town.payee(), None, (yuan(500), 3)).await;
        assert_eq!(got, Err(Reject::NotFound.into()), "a debit card has no bill");
        let told = town.splits(&card, None, (yuan(1_000), 24)).await.unwrap();
        let split = town.splitting(&card, None, (yuan(1_000), 24, told.fees));
        // The 26th: its due day is over.
        town.clock.advance_ms(18 * DAY_MS);
        let got = town.splits(&card, None, (yuan(1_000), 24)).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
        let late = Payment { valid_until: town.clock.now().plus_ms(20_000), ..split };
        for _ in 0..2 {
            assert_eq!(town.pay("late", &late).await, Err(Reject::NotEligible.into()));
        }
        town.repaid(&card, yuan(1_000)).await;
        let got = town.splits(&card, None, (yuan(1_000), 24)).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
        assert_eq!(town.card_plans(&card).await, vec![]);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_at_once_one_splits_the_bill_and_its_channel_does_not_undo_it() {
    for town in towns(8).await {
        let card = town.card_owing(yuan(1_000)).await;
        let told = town.splits(&card, None, (yuan(1_000), 6)).await.unwrap();
        let split = town.splitting(&card, None, (yuan(1_000), 6, told.fees));
        let mut asks = tokio::task::JoinSet::new();
        for n in 0..16 {
            let (core, split, ctx) =
                (town.core.clone(), split.clone(), town.order(&format!("s{n}")));
            asks.spawn(async move { core.pay(&ctx, &split).await.is_ok() });
        }
        let made: Vec<bool> = asks.join_all().await;
        assert_eq!(made.iter().filter(|m| **m).count(), 1);
        assert_eq!(town.card_plans(&card).await.len(), 1);
        let which = made.iter().position(|m| *m);
        assert!(which.is_some());
        let mut undone = vec![];
        for n in 0..16 {
            undone.push(town.reverse(&format!("u{n}"), &format!("s{n}")).await);
        }
        assert!(undone.contains(&Undone::Refused(Reject::NotEligible)));
        assert_eq!(town.card_plans(&card).await.len(), 1);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
