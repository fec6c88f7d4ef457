//! Credit cards and batches in the sandbox's own books: bills out of entries, shares into journals.

use crate::town::{LING, Town, towns, unseeded};
use base::Fen;
use corebank::sandbox::movement::{self, Movement};
use corebank::sandbox::{Face, Institution, InstitutionKind, NewAccount, NewBatch, NewShare};
use corebank::{
    AccountKind, AccountRef, AccountState, BatchState, Came, CardFees, CoreBank, CustNo, Day,
    Payout, PayoutClass, PayoutFailure, PayoutQuery,
};
use db::{Scope, params};

const DEBIT: i64 = 100_190_000_101;
const CARD: i64 = 100_190_000_102;
const CUST: i64 = 1_001_900_001;
const DAY_MS: i64 = base::DAY_MS;

fn fen(yuan: i64) -> Fen {
    Fen::of(yuan * 100)
}
fn day(text: &str) -> Day {
    text.parse().unwrap()
}

impl Town {
    /// An institution with one customer, a debit card with 10,000.00, and a credit card billed on the 5th, due on the 25th.
    async fn with_card(&self) -> AccountRef {
        let bank = Institution {
            tenant: LING,
            legal_no: "1001".into(),
            name: "陵溪农商行".into(),
            kind: InstitutionKind::CommercialBank,
            county: "陵溪县".into(),
            towns: vec![],
        };
        self.core.add_institution(&bank).await.unwrap();
        let face = self.table_account(&mut Vec::new(), "李芳").await;
        assert_eq!(face.acct_id, DEBIT);
        let fees = CardFees {
            product: "信用卡".into(),
            annual: fen(80),
            free_after: Some(5),
            cash_percent: 50,
            cash_fee_bp: 100,
            cash_fee_least: fen(10),
            day_rate_bp: 5,
            late_fee_bp: 500,
        };
        self.core.set_card_product(LING, fees).await.unwrap();
        let card = NewAccount {
            acct_id: CARD,
            cust_no: CUST,
            kind: AccountKind::Credit,
            product: "信用卡".into(),
            class: None,
            number: "card-1".into(),
            opened_on: day("2026-06-01"),
            limit: fen(5_000),
            rate_bp: 0,
            ends_on: None,
        };
        self.core.add_card(LING, card, 5, 25).await.unwrap();
        self.post_now("open", movement::opening(DEBIT, fen(10_000))).await;
        AccountRef::new(CARD.to_string())
    }

    async fn post_now(&self, id: &str, movement: Movement) {
        self.core.post(LING, id, movement).await.unwrap().unwrap();
    }

    async fn subsidies(&self, cust: i64) -> Vec<Payout> {
        let ask = PayoutQuery {
            class: PayoutClass::Subsidy,
            from: day("2026-01-01"),
            to: day("2026-12-31"),
        };
        self.core.payouts(&self.ctx(LING), &CustNo::new(cust.to_string()), ask).await.unwrap()
    }
}

fn buy(yuan: i64) -> Movement {
    movement::purchase(CARD, fen(yuan), "惠民超市")
}
fn repay(yuan: i64) -> Movement {
    let face = |acct_id| Face { acct_id, shown: "*芳".into() };
    movement::card_repayment(&face(DEBIT), &face(CARD), fen(yuan))
}

#[tokio::test]
async fn a_bill_is_what_was_owed_when_its_day_began_and_repaying_pays_it() {
    for town in unseeded().await {
        // 2026-11-23, 10:00
        let card = town.with_card().await;
        let bills = async || town.core.bills(&town.ctx(LING), &card, 13).await.unwrap();
        assert_eq!(bills().await, [], "no entry, no bill");
        town.post_now("b1", buy(300)).await;
        town.post_now("b2", buy(150)).await;
        assert_eq!(bills().await, [], "the day of its first bill has not come");
        town.clock.advance_ms(12 * DAY_MS);
        // 2026-12-05: what is bought today is of the next month
        town.post_now("b3", buy(70)).await;
        let [first] = &bills().await[..] else { panic!("{:?}", bills().await) };
        let b = &first.bill;
        assert_eq!((b.billed_on, b.due_on), (day("2026-12-05"), day("2026-12-25")));
        assert_eq!((b.amount, b.minimum, first.paid), (fen(450), fen(45), Fen::ZERO));
        town.post_now("r1", repay(100)).await;
        assert_eq!(bills().await[0].left(), fen(350));
        town.post_now("r2", repay(500)).await;
        let paid = &bills().await[0];
        assert_eq!((paid.bill.amount, paid.paid, paid.left()), (fen(450), fen(450), Fen::ZERO));
        let now = town.core.card(&town.ctx(LING), &card).await.unwrap();
        assert_eq!((now.used, now.surplus), (Fen::ZERO, fen(80)), "overpaid by the rest");
        assert_eq!(now.available, fen(5_080));
        town.clock.advance_ms(31 * DAY_MS);
        // 2027-01-05
        let [second, before] = &bills().await[..] else { panic!("{:?}", bills().await) };
        assert_eq!(before, paid, "an old bill never changes");
        assert_eq!((second.carried, second.spent, second.repaid), (fen(450), fen(70), fen(600)));
        assert_eq!(second.bill.amount, Fen::ZERO);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn purchases_bring_points_with_their_bill_and_the_points_end_two_years_later() {
    for town in unseeded().await {
        let card = town.with_card().await;
        town.post_now("b1", buy(300)).await;
        let points = async || town.core.points(&town.ctx(LING), &card).await.unwrap();
        assert_eq!((points().await.total, points().await.to_come), (0, 300));
        town.clock.advance_ms(12 * DAY_MS);
        let told = points().await;
        assert_eq!((told.total, told.to_come), (300, 0));
        assert_eq!(told.lots[0].ends_on, day("2028-12-05"));
        assert_eq!(town.core.card(&town.ctx(LING), &card).await.unwrap().purchases, 1);
        town.clock.advance_ms(731 * DAY_MS);
        assert_eq!(points().await.total, 300, "2028-12-05 is their last day");
        town.clock.advance_ms(DAY_MS);
        assert_eq!(points().await.total, 0);
    }
}

#[tokio::test]
async fn a_batch_pays_each_share_once_and_says_of_every_other_why_not() {
    for town in unseeded().await {
        town.with_card().await;
        let mut names = vec!["李芳".to_owned()];
        let mut shares = vec![NewShare { cust_no: CUST, acct_id: DEBIT, amount: fen(312) }];
        for (name, state) in [
            ("王强", AccountState::Frozen),
            ("刘洋", AccountState::Dormant),
            ("周敏", AccountState::Lost),
        ] {
            let face = town.table_account(&mut names, name).await;
            let account = AccountRef::new(face.acct_id.to_string());
            town.core.set_state(LING, &account, state).await.unwrap();
            let cust_no = face.acct_id / 100;
            shares.push(NewShare { cust_no, acct_id: face.acct_id, amount: fen(100) });
        }
        // The list names 李芳's account for someone else.
        shares.push(NewShare { cust_no: CUST + 9, acct_id: DEBIT, amount: fen(1) });
        let batch = NewBatch {
            batch_no: 7,
            class: PayoutClass::Subsidy,
            title: "耕地地力保护补贴".into(),
            payer: "陵溪县财政局".into(),
            period: "2026".into(),
            expected_on: day("2026-11-30"),
            is_dated: false,
        };
        town.core.announce(LING, batch).await.unwrap();
        assert!(!town.core.pay_batch(LING, 7).await.unwrap(), "no list yet");
        let told = &town.subsidies(CUST).await[0];
        assert_eq!((told.state, told.on, &told.share), (BatchState::Announced, None, &None));
        assert!(town.core.hand_in(LING, 7, shares.clone()).await.unwrap());
        assert!(!town.core.hand_in(LING, 7, shares).await.unwrap(), "a list comes once");
        let waiting = town.subsidies(CUST).await[0].share.clone().unwrap();
        assert_eq!((waiting.came, waiting.amount), (Came::Waiting, fen(312)));

        assert!(town.core.pay_batch(LING, 7).await.unwrap());
        assert!(!town.core.pay_batch(LING, 7).await.unwrap(), "a batch is paid once");
        let mut came = Vec::new();
        for cust in [CUST, CUST + 1, CUST + 2, CUST + 3, CUST + 9] {
            came.push(town.subsidies(cust).await[0].share.clone().unwrap().came);
        }
        let now = town.clock.now();
        let failed = Came::Failed;
        let want = [
            Came::Paid(now),
            failed(PayoutFailure::Frozen),
            failed(PayoutFailure::Dormant),
            Came::Paid(now),
            failed(PayoutFailure::NameMismatch),
        ];
        assert_eq!(came, want);
        assert_eq!(town.subsidies(CUST + 5).await[0].share, None, "the list has nothing for them");
        let debit = AccountRef::new(DEBIT.to_string());
        let balance = town.core.balance(&town.ctx(LING), &debit).await.unwrap();
        assert_eq!(balance.posted, fen(10_312));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_share_that_says_more_than_its_journal_is_found() {
    for town in towns(8).await {
        let more = town.core.db().write(Scope::Tenant(LING), |tx| {
            tx.exec(
                "UPDATE core_share SET amount_fen = amount_fen + 1 WHERE tenant_id = $1 AND state = 'paid'",
                params![tx.tenant()],
            )
        });
        assert!(more.await.unwrap() > 0);
        assert!(town.broken().await.iter().any(|s| s.contains("has no entry")));
    }
}

#[tokio::test]
async fn the_demo_has_a_share_that_failed_one_that_waits_and_a_batch_still_to_come() {
    for town in towns(8).await {
        let of = |name: &str| town.person(name).cust_no.as_str().parse().unwrap();
        let story = async |name: &str, title: &str| {
            let all = town.subsidies(of(name)).await;
            let found = all.into_iter().find(|p| p.title == title).unwrap();
            (found.state, found.share.map(|s| s.came))
        };
        let failed = Some(Came::Failed(PayoutFailure::Frozen));
        assert_eq!(story("刘建军", "农机购置补贴").await, (BatchState::Paid, failed));
        let waits = Some(Came::Waiting);
        assert_eq!(story("王强", "种粮大户补贴").await, (BatchState::HandedIn, waits));
        assert_eq!(story("李芳", "秸秆综合利用补贴").await, (BatchState::Announced, None));
        assert!(matches!(
            story("李芳", "耕地地力保护补贴").await,
            (BatchState::Paid, Some(Came::Paid(_)))
        ));
    }
}
