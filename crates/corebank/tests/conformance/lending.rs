//! Loans, time deposits and other facts of the seeded province, and what changes them.

use crate::town::{LING, Town, towns};
use base::{DAY_MS, Fen};
use corebank::deposits::{DepositKind, Form, Renewal, TermDeposit};
use corebank::facts::LimitWhy;
use corebank::loans::{GuaranteeState, Loan, Method};
use corebank::sandbox::{Face, Repayment, movement};
use corebank::{CoreBank, CoreError, Ctx, Day, Reject};

impl Town {
    async fn loan(&self, name: &str) -> Loan {
        let who = &self.person(name).cust_no;
        self.core.loans(&self.ctx(LING), who).await.unwrap().remove(0)
    }
    async fn deposit(&self, tail: &str) -> TermDeposit {
        let who = &self.person("陈国富").cust_no;
        let all = self.core.term_deposits(&self.ctx(LING), who).await.unwrap();
        all.into_iter().find(|d| d.tail == tail).unwrap()
    }
    async fn set(&self, id: &str, tail: &str, renewal: Renewal) -> Result<(), CoreError> {
        let account = self.account("陈国富", tail).await;
        let ctx = Ctx { request_id: Some(id.into()), ..self.ctx(LING) };
        self.core.set_renewal(&ctx, &account, renewal).await.map(|_| ())
    }
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_loan_says_what_is_owed_what_comes_next_and_from_where_it_is_paid() {
    for town in towns(8).await {
        let loan = town.loan("王强").await;
        assert_eq!((loan.tail.as_str(), loan.method), ("2091", Method::EqualPayment));
        assert_eq!((loan.principal, loan.months), (Fen::of(5_000_000), 36));
        assert_eq!(loan.repay_from.as_deref(), Some("1122"));
        assert_eq!(loan.late, None);
        let next = loan.next.unwrap();
        assert_eq!((next.due_on, next.seq), (day("2026-12-20"), loan.paid + 1));
        let all = town.core.schedule(&town.ctx(LING), &loan.account).await.unwrap();
        let amounts: Vec<i64> = all.iter().map(|i| i.amount().unwrap().fen()).collect();
        assert!(amounts[..35].iter().all(|a| *a == amounts[0]), "{amounts:?}");
        let account = town.account("王强", "1122").await;
        let not = town.core.schedule(&town.ctx(LING), &account).await;
        assert_eq!(not, Err(Reject::NotFound.into()), "a debit card has no schedule");
    }
}

#[tokio::test]
async fn what_is_late_is_settled_by_a_repayment_done_once() {
    for town in towns(8).await {
        let loan = town.loan("刘建军").await;
        let late = loan.late.unwrap();
        assert_eq!((late.since, late.days, late.count), (day("2026-10-20"), 34, 2));
        assert!(late.penalty > Fen::ZERO && late.penalty < Fen::of(5_000), "{late:?}");

        let all = town.core.schedule(&town.ctx(LING), &loan.account).await.unwrap();
        let due = all.iter().filter(|i| i.is_late(day("2026-11-23")));
        let (principal, interest) =
            due.fold((0, 0), |(p, i), one| (p + one.principal.fen(), i + one.interest.fen()));
        // His own card is frozen; a relative pays.
        let payer = town.account("李芳", "6688").await;
        let acct_id = payer.as_str().parse().unwrap();
        town.core
            .post(LING, "gift", movement::cash_in(acct_id, Fen::of(1_000_000)))
            .await
            .unwrap()
            .unwrap();
        let repayment = Repayment {
            loan: loan.account.as_str().parse().unwrap(),
            from: Face { acct_id, shown: "*芳 6688".into() },
            principal: Fen::of(principal),
            interest: Fen::of(interest),
            penalty: late.penalty,
        };
        for is_repeat in [false, true] {
            let done =
                town.core.repay_loan(LING, "late-1", repayment.clone()).await.unwrap().unwrap();
            assert_eq!(done.is_repeat, is_repeat);
        }
        let after = town.loan("刘建军").await;
        assert_eq!((after.late, after.paid), (None, loan.paid + 2));
        assert_eq!(after.outstanding, Fen::of(loan.outstanding.fen() - principal));
        assert_eq!(town.broken().await, Vec::<String>::new());

        // A part settles a part, and nothing counts as paid until all of it is.
        let part = Repayment {
            principal: Fen::of(100),
            interest: Fen::ZERO,
            penalty: Fen::ZERO,
            ..repayment
        };
        town.core.repay_loan(LING, "part", part.clone()).await.unwrap().unwrap();
        assert_eq!(town.loan("刘建军").await.paid, after.paid);
        assert_eq!(town.broken().await, Vec::<String>::new());
        // Nobody pays back more than is owed.
        let too_much = Repayment { principal: after.outstanding, ..part };
        let got = town.core.repay_loan(LING, "much", too_much).await.unwrap();
        assert!(got.is_err(), "{got:?}");
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_hand_in_a_schedule_is_found() {
    for town in towns(8).await {
        let sql = "UPDATE core_instalment SET paid_principal_fen = 0, paid_on = NULL WHERE tenant_id = $1 AND seq = 2";
        let unit = |tx: &db::Tx<'_>| tx.exec(sql, db::params![tx.tenant()]);
        town.core.db().write(db::Scope::Tenant(LING), unit).await.unwrap();
        let broken = town.broken().await;
        assert!(broken.iter().any(|b| b.contains("I3: loan")), "{broken:?}");
    }
}

#[tokio::test]
async fn who_stands_for_whom_is_told_both_ways() {
    for town in towns(8).await {
        let of = async |name| {
            let who = &town.person(name).cust_no;
            town.core.guarantees(&town.ctx(LING), who).await.unwrap()
        };
        let li = of("李芳").await;
        assert_eq!((li.given.len(), li.received.len()), (1, 0));
        assert_eq!(li.given[0].other.as_str(), "*强");
        assert_eq!((li.given[0].amount, &li.given[0].tail), (Fen::of(5_000_000), &None));
        assert_eq!(li.given[0].state, GuaranteeState::Current);
        let wang = of("王强").await;
        assert_eq!(wang.received[0].other.as_str(), "*芳");
        assert_eq!(wang.received[0].tail.as_deref(), Some("2091"));
        assert_eq!(
            (wang.given[0].other.as_str(), wang.given[0].state),
            ("*建军", GuaranteeState::Late)
        );
    }
}

#[tokio::test]
async fn a_deposit_says_what_it_brings_at_maturity_and_what_is_lost_today() {
    for town in towns(8).await {
        let year = town.deposit("7001").await;
        assert_eq!(
            (year.kind, year.form, year.months),
            (DepositKind::Fixed, Form::Electronic, Some(12))
        );
        assert_eq!((year.opened_on, year.matures_on), (day("2026-04-23"), Some(day("2027-04-23"))));
        assert_eq!((year.interest, year.today), (Fen::of(67_500), Fen::of(1_486)));
        assert_eq!((year.loss(), year.renewal), (Fen::of(66_014), Renewal::SameTerm));
        let notice = town.deposit("7003").await;
        // 80,000.00 for 20 days at 0.65 %, and at 0.05 % without notice.
        assert_eq!((notice.kind, notice.matures_on), (DepositKind::Notice7, None));
        assert_eq!((notice.interest, notice.today), (Fen::of(2_889), Fen::of(222)));
        assert_eq!(town.deposit("7004").await.principal, Fen::of(20_000_000));

        town.clock.advance_ms(151 * DAY_MS);
        let year = town.deposit("7001").await;
        assert!(year.is_mature(Day::at(town.clock.now())));
        assert_eq!((year.loss(), year.today), (Fen::ZERO, Fen::of(67_500)));
    }
}

#[tokio::test]
async fn what_happens_at_maturity_is_set_only_where_it_can_be() {
    for town in towns(8).await {
        assert_eq!(town.set("r1", "7001", Renewal::Off).await, Ok(()));
        assert_eq!(town.deposit("7001").await.renewal, Renewal::Off);
        assert_eq!(
            town.set("r1", "7001", Renewal::SameTerm).await,
            Err(Reject::PayloadMismatch.into())
        );
        assert_eq!(town.set("r2", "7001", Renewal::Months(24)).await, Ok(()));
        assert_eq!(town.deposit("7001").await.renewal, Renewal::Months(24));
        let paper = town.set("r3", "7002", Renewal::SameTerm).await.unwrap_err();
        assert!(
            matches!(&paper, CoreError::Rejected(Reject::Other { code, .. }) if code == "deposit.paper")
        );
        assert_eq!(town.set("r4", "7003", Renewal::Off).await, Err(Reject::Unsupported.into()));
        let cd = town.account("陈国富", "7004").await;
        assert!(town.core.set_state(LING, &cd, corebank::AccountState::Frozen).await.unwrap());
        assert_eq!(
            town.set("r5", "7004", Renewal::Off).await,
            Err(Reject::AccountNotActive.into())
        );
        assert!(town.core.set_state(LING, &cd, corebank::AccountState::Active).await.unwrap());
        assert_eq!(
            town.set("r5", "7004", Renewal::SameTerm).await,
            Ok(()),
            "a refusal is no verdict"
        );
        town.clock.advance_ms(200 * DAY_MS);
        assert_eq!(town.set("r6", "7001", Renewal::Off).await, Err(Reject::Expired.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn interest_is_told_as_credited_and_as_it_grows() {
    for town in towns(8).await {
        let li = town.person("李芳").clone();
        let told = town.core.account_interest(&town.ctx(LING), &li.account).await.unwrap();
        assert_eq!((told.paid[0].on, told.paid[0].amount), (day("2026-09-21"), Fen::of(16)));
        assert_eq!((told.paid.len(), told.next_on), (4, day("2026-12-21")));

        let mut names = Vec::new();
        let face = town.table_account(&mut names, "新户").await;
        let give = movement::cash_in(face.acct_id, Fen::of(100_000_000));
        town.core.post(LING, "give", give).await.unwrap().unwrap();
        let account = corebank::AccountRef::new(face.acct_id.to_string());
        town.clock.advance_ms(10 * DAY_MS);
        let told = town.core.account_interest(&town.ctx(LING), &account).await.unwrap();
        // A million yuan for ten days at 0.05 %: 13.888…
        assert_eq!((told.accrued, told.accrued_to), (Fen::of(1_389), day("2026-12-02")));
        assert_eq!(told.paid, []);
        let loan = town.account("王强", "2091").await;
        let got = town.core.account_interest(&town.ctx(LING), &loan).await;
        assert_eq!(got, Err(Reject::Unsupported.into()));
    }
}

#[tokio::test]
async fn limits_are_the_banks_or_ones_own_and_are_used_up_by_what_leaves() {
    for town in towns(8).await {
        let (li, wang) = (town.account("李芳", "6688").await, town.account("王强", "1122").await);
        let limits = async |account| town.core.limits(&town.ctx(LING), account).await.unwrap();
        let own = limits(&wang).await[0];
        assert_eq!((own.single, own.day), (Some(Fen::of(500_000)), Some(Fen::of(2_000_000))));
        assert_eq!((own.why, own.day_used), (LimitWhy::Own, Fen::ZERO));
        let before = limits(&li).await[0];
        assert_eq!((before.day, before.why), (Some(Fen::of(20_000_000)), LimitWhy::Standard));
        let out = movement::transfer_out(li.as_str().parse().unwrap(), Fen::of(30_000), "*军");
        town.core.post(LING, "out", out).await.unwrap().unwrap();
        let after = limits(&li).await[0];
        assert_eq!((after.day_used, before.day_used), (Fen::of(30_000), Fen::ZERO));
        assert_eq!(after.year_used.fen(), before.year_used.fen() + 30_000);
    }
}

#[tokio::test]
async fn an_account_knows_its_branch_and_a_customer_who_looks_after_them() {
    for town in towns(8).await {
        let ctx = town.ctx(LING);
        let branch = town.core.opening_branch(&ctx, &town.person("李芳").account).await.unwrap();
        assert!(branch.name.starts_with("陵溪农商行"), "{branch:?}");
        assert!(branch.bank_no.len() == 12 && branch.bank_no.bytes().all(|b| b.is_ascii_digit()));
        let mut names = Vec::new();
        let mut stood_in = 0;
        for person in town.seeded.people.iter().filter(|p| p.tenant == LING) {
            let officer = town.core.officer(&ctx, &person.cust_no).await.unwrap();
            assert!(officer.staff_no.len() == 4 && !officer.phone.is_empty());
            stood_in += usize::from(officer.stands_in_until.is_some());
            names.push((officer.staff_no, officer.name));
        }
        // Nobody is looked after by someone on leave.
        assert!(stood_in > 0 && names.iter().all(|(no, _)| no != "2002"), "{names:?}");
        town.clock.advance_ms(7 * DAY_MS);
        let ctx = town.ctx(LING);
        let mut back = 0;
        for person in town.seeded.people.iter().filter(|p| p.tenant == LING) {
            let officer = town.core.officer(&ctx, &person.cust_no).await.unwrap();
            back += usize::from(officer.staff_no == "2002");
        }
        assert_eq!(back, stood_in, "who was on leave is back");
    }
}
