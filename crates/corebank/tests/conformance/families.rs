//! Insurance of families (城乡居民养老、医保): who may be paid for, and that nobody's year is paid twice.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::Fen;
use corebank::levy::{Levy, LevyAsk, LevyOf, Stands};
use corebank::money::{Fate, Payee, Payment, Rail, Undone};
use corebank::sandbox::bills;
use corebank::{CoreBank, CoreError, CustNo, Insurance, Reject};
use db::{Scope, params};

const SOON_MS: i64 = 6_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

fn number(tail: &str) -> LevyOf {
    LevyOf::Number(bills::family_number("1001", tail))
}
fn ask(biller: &str, of: LevyOf, chosen: &[i64]) -> LevyAsk {
    LevyAsk { biller: biller.into(), of, year: None, chosen: chosen.to_vec(), tier: None }
}

impl Town {
    async fn levy(&self, ask: &LevyAsk) -> Result<Levy, CoreError> {
        self.core.bill_desk().unwrap().levy(&self.ctx(LING), ask).await
    }
    async fn medical(&self, tail: &str, chosen: &[i64]) -> Levy {
        self.levy(&ask("medical", number(tail), chosen)).await.unwrap()
    }
    fn premium(&self, biller: &str, levy: &Levy) -> Payment {
        let payee = Payee::Biller {
            biller: biller.into(),
            number: levy.number.clone(),
            bill: levy.bill.clone(),
        };
        Payment { payee, rail: Rail::Biller, purpose: String::new(), ..self.to_wang(levy.owed) }
    }
    async fn confirmed(&self) {
        self.clock.advance_ms(SOON_MS);
        assert_eq!(self.core.settle_rails().await.unwrap(), 1);
    }
    async fn contributions(&self, who: &str) -> Vec<(Insurance, i64, Fen, bool)> {
        let person = self.person(who);
        let all = self.core.contributions(&self.ctx(LING), &person.cust_no).await.unwrap();
        all.into_iter().map(|c| (c.insurance, c.year, c.amount, c.is_here)).collect()
    }
}

fn stands(levy: &Levy) -> Vec<Stands> {
    levy.members.iter().map(|m| m.stands).collect()
}
/// Numbers of those who may be paid for.
fn open(levy: &Levy) -> Vec<i64> {
    levy.members.iter().filter(|m| m.stands == Stands::Open).map(|m| m.no).collect()
}

#[tokio::test]
async fn one_payment_pays_for_those_chosen_and_each_of_them_is_paid_once() {
    for town in towns(8).await {
        town.give(&town.payer(), yuan(5_000)).await;
        let all = town.medical("0231", &[]).await;
        let mother = all.members.last().unwrap();
        assert_eq!(all.year, 2027);
        // Householder, spouse, child, and a mother for whom the treasury pays half.
        assert_eq!((open(&all), all.owed), (vec![1, 2, 3, 4], yuan(1_400)));
        assert_eq!((mother.pays, mother.subsidy), (yuan(200), yuan(900)));

        let two = town.medical("0231", &[1, 3]).await;
        assert_eq!(two.owed, yuan(800));
        let before = town.has(&town.payer()).await;
        town.pay("m1", &town.premium("medical", &two)).await.unwrap();
        let now = town.medical("0231", &[]).await;
        assert_eq!(stands(&now), [Stands::Paying, Stands::Open, Stands::Paying, Stands::Open]);

        // Who is in both payments makes the second one none, for the others of it, too.
        let other = Payment { amount: all.owed, ..town.premium("medical", &all) };
        assert_eq!(town.pay("m2", &other).await, Err(Reject::BillPaid.into()));
        let rest = town.medical("0231", &[2, 4]).await;
        town.pay("m3", &town.premium("medical", &rest)).await.unwrap();
        town.clock.advance_ms(SOON_MS);
        assert_eq!(town.core.settle_rails().await.unwrap(), 2);
        let now = town.medical("0231", &[]).await;
        assert_eq!((stands(&now), now.owed), (vec![Stands::Paid; 4], Fen::ZERO));
        assert_eq!(before.checked_sub(town.has(&town.payer()).await), Some(yuan(1_400)));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_was_paid_for_a_customer_is_among_their_contributions() {
    for town in towns(8).await {
        town.give(&town.payer(), yuan(5_000)).await;
        let wang = LevyOf::Customer(town.person("王强").cust_no.clone());
        let all = town.levy(&ask("medical", wang.clone(), &[])).await.unwrap();
        let own = all.members.iter().find(|m| m.is_asking).unwrap().clone();
        assert_eq!((own.name.to_string().as_str(), own.stands), ("*强", Stands::Open));
        let levy = town.levy(&ask("medical", wang.clone(), &[own.no])).await.unwrap();
        town.pay("m1", &town.premium("medical", &levy)).await.unwrap();
        let paid = (Insurance::Medical, 2027, yuan(400), true);
        assert!(!town.contributions("王强").await.contains(&paid), "not confirmed yet");
        town.confirmed().await;
        assert!(town.contributions("王强").await.contains(&paid));
        let again = town.levy(&ask("medical", wang, &[own.no])).await;
        assert_eq!(again, Err(Reject::BillPaid.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn an_employer_pays_for_whom_it_insures_and_a_stranger_has_no_family() {
    for town in towns(8).await {
        let of = |cust_no: &CustNo| LevyOf::Customer(cust_no.clone());
        let li = of(&town.person("李芳").cust_no);
        let levy = town.levy(&ask("medical", li.clone(), &[])).await.unwrap();
        let own = levy.members.iter().find(|m| m.is_asking).unwrap();
        assert_eq!(own.stands, Stands::Employed);
        let no = town.levy(&ask("medical", li, &[own.no])).await;
        assert_eq!(no, Err(Reject::NotEligible.into()));
        let child = of(&town.person("孙乐乐").cust_no);
        assert_eq!(town.levy(&ask("medical", child, &[])).await, Err(Reject::NotFound.into()));
        let exempt = town.medical("0118", &[]).await;
        assert!(exempt.members.iter().all(|m| m.stands == Stands::Exempt), "{exempt:?}");
        assert_eq!((exempt.owed, exempt.bill.as_str()), (Fen::ZERO, ""));
    }
}

#[tokio::test]
async fn a_pension_is_paid_by_tier_also_for_years_before() {
    for town in towns(8).await {
        town.give(&town.payer(), yuan(5_000)).await;
        let of = || ask("pension", number("0231"), &[]);
        let all = town.levy(&of()).await.unwrap();
        assert_eq!((all.year, all.years.clone()), (2026, vec![2026, 2025, 2024, 2023]));
        // The child is 22; the mother is too old.
        let want = [Stands::Open, Stands::Open, Stands::Open, Stands::TooOld];
        assert_eq!((stands(&all), all.bill.as_str()), (want.to_vec(), ""), "nobody has to");
        let odd = LevyAsk { chosen: vec![1], tier: Some(yuan(201)), ..of() };
        assert_eq!(town.levy(&odd).await, Err(Reject::Validation { field: "tier" }.into()));
        let old = LevyAsk { chosen: vec![4], tier: Some(yuan(200)), ..of() };
        assert_eq!(town.levy(&old).await, Err(Reject::NotEligible.into()));

        let both = LevyAsk { chosen: vec![1, 2], tier: Some(yuan(500)), ..of() };
        let levy = town.levy(&both).await.unwrap();
        assert_eq!((levy.owed, levy.member(1).unwrap().subsidy), (yuan(1_000), yuan(60)));
        let cheap = Payment { amount: yuan(400), ..town.premium("pension", &levy) };
        let no = town.pay("p0", &cheap).await;
        assert_eq!(no, Err(Reject::Validation { field: "amount" }.into()));
        town.pay("p1", &town.premium("pension", &levy)).await.unwrap();
        town.confirmed().await;
        // Another year of the same person is another payment.
        let before = LevyAsk { year: Some(2024), chosen: vec![1], tier: Some(yuan(300)), ..of() };
        let levy = town.levy(&before).await.unwrap();
        town.pay("p2", &town.premium("pension", &levy)).await.unwrap();
        town.confirmed().await;
        assert_eq!(town.levy(&before).await, Err(Reject::BillPaid.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_the_office_refuses_may_be_paid_again_and_an_offline_one_takes_nothing() {
    for town in towns(8).await {
        town.give(&town.payer(), yuan(5_000)).await;
        for (tail, after_ms) in [("0404", SOON_MS), ("0505", 31 * MINUTE_MS)] {
            let before = town.has(&town.payer()).await;
            let levy = town.medical(tail, &[]).await;
            town.pay(tail, &town.premium("medical", &levy)).await.unwrap();
            town.clock.advance_ms(after_ms);
            assert_eq!(town.core.settle_rails().await.unwrap(), 1, "{tail}");
            let fate = town.fate(tail, true).await;
            assert!(matches!(fate, Fate::Returned(..)), "{tail}: {fate:?}");
            assert_eq!(town.has(&town.payer()).await, before);
            assert_eq!(town.medical(tail, &[]).await, levy);
        }
        let levy = town.medical("0231", &[1]).await;
        town.pay("u1", &town.premium("medical", &levy)).await.unwrap();
        assert!(matches!(town.reverse("r1", "u1").await, Undone::Reversed { .. }));
        assert_eq!(town.medical("0231", &[1]).await, levy);
        let offline = town.levy(&ask("medical", number("0707"), &[])).await;
        assert_eq!(offline, Err(Reject::BillerOffline.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn after_the_season_nothing_is_taken_and_what_was_drafted_in_it_is_refused() {
    for town in towns(8).await {
        town.give(&town.payer(), yuan(5_000)).await;
        let drafted = town.medical("0231", &[1]).await;
        assert!(drafted.closes_on.to_string().ends_with("-12-31"), "{drafted:?}");
        // 2026-11-23 and six weeks.
        town.clock.advance_ms(42 * DAY_MS);
        let now = town.medical("0231", &[]).await;
        assert_eq!((now.opens_on.to_string().as_str(), now.bill.as_str()), ("2027-09-01", ""));
        assert_eq!((now.year, now.owed), (2028, Fen::ZERO));
        let late = town.pay("late", &town.premium("medical", &drafted)).await;
        assert_eq!(late, Err(Reject::NotEligible.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_year_called_paid_that_was_not_is_found() {
    for town in towns(8).await {
        let spoil = |tx: &db::Tx<'_>| {
            tx.exec(
                "INSERT INTO core_levy (tenant_id, family_no, member_no, insurance, year, amount_fen, state, paid_by)
                 VALUES ($1, 1, 1, 'medical', 2027, 40000, 'paid', 'nobody')",
                params![tx.tenant()],
            )
        };
        assert_eq!(town.core.db().write(Scope::Tenant(LING), spoil).await.unwrap(), 1);
        let broken = town.broken().await;
        let says = |b: &String| b.contains("a year of insurance does not fit its payment");
        assert!(broken.iter().any(says), "{broken:?}");
    }
}
