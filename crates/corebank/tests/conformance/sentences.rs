//! The sentences of the port against the sandbox, in fine weather and behind weather.

use crate::bills::electric;
use crate::town::{LING, Town, UNION, XI, claim, towns};
use base::Random;
use corebank::bills::BillKind;
use corebank::conformance::{BillsFixture, DaySwitch, Fixture, MoneyFixture, check};
use corebank::gifts::ProjectRef;
use corebank::money::PayeeAsk;
use corebank::sandbox::NewProject;
use corebank::{AccountRef, Cause, CoreBank, CoreError, Flaky, UnknownCause, Weather};
use std::sync::Arc;

impl Town {
    fn money_fixture(&self) -> MoneyFixture {
        let ask = |name: &str| {
            let number = self.person(name).card_no.clone();
            PayeeAsk { number, name: name.into(), bank_no: None }
        };
        let core = self.core.clone();
        let day: DaySwitch = Arc::new(move |state| {
            let core = core.clone();
            Box::pin(async move {
                assert!(core.set_day(LING, state, None).await.unwrap());
            })
        });
        MoneyFixture {
            payer: self.person("李芳").account.clone(),
            payee: self.person("王强").account.clone(),
            here: ask("王强"),
            elsewhere: ask("周海燕"),
            day: Some(day),
        }
    }
    /// The union's project, which customers of every institution give to.
    async fn project(&self) -> ProjectRef {
        let code = "blue-lamp".to_owned();
        let new = NewProject { code: code.clone(), carried_lamps: 41, carried_points: 9_000 };
        assert!(self.core.add_project(UNION, new).await.unwrap());
        ProjectRef { owner: UNION, code }
    }
    async fn fixture(&self) -> Fixture {
        let (li, other) = (self.person("李芳"), self.person("周海燕"));
        let wang = self.person("王强");
        // The second account of 王强.
        let card = AccountRef::new(format!("{}02", wang.cust_no.as_str()));
        Fixture {
            clock: self.clock.clone(),
            random: Random::seeded(3),
            pin_key: self.pin_key.clone(),
            tenant: LING,
            claim: claim(li),
            cust_no: li.cust_no.clone(),
            account: li.account.clone(),
            from: "2026-09-01".parse().unwrap(),
            to: "2026-11-23".parse().unwrap(),
            other_tenant: XI,
            other_cust_no: other.cust_no.clone(),
            other_account: other.account.clone(),
            other_claim: claim(other),
            passbook_claim: claim(self.person("杨桂兰")),
            card,
            card_cust: wang.cust_no.clone(),
            fresh_card: self.account("陈国富", "5517").await,
            fresh_cust: self.person("陈国富").cust_no.clone(),
            fresh_cvv: "517".into(),
            paid_cust: wang.cust_no.clone(),
            pension_cust: self.person("赵桂英").cust_no.clone(),
            borrower: self.person("王强").cust_no.clone(),
            saver: self.person("陈国富").cust_no.clone(),
            renewable: self.account("陈国富", "7001").await,
            spare_claim: claim(self.person("王强")),
            money: Some(self.money_fixture()),
            bills: Some(BillsFixture {
                kind: BillKind::Electric,
                owes: electric("0231"),
                unknown: electric("0999"),
            }),
            project: Some(self.project().await),
        }
    }
}

async fn broken(core: &dyn CoreBank, fixture: &Fixture) -> Vec<String> {
    let findings = check(core, fixture).await;
    assert!(findings.len() >= 113, "{} sentences", findings.len());
    findings.iter().filter(|f| f.broken.is_some()).map(ToString::to_string).collect()
}

#[tokio::test]
async fn the_sandbox_keeps_every_sentence_of_the_port() {
    for town in towns(8).await {
        assert_eq!(broken(&town.core, &town.fixture().await).await, Vec::<String>::new());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn fine_weather_changes_no_sentence() {
    for town in towns(8).await {
        let core: Arc<dyn CoreBank> =
            Arc::new(Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(1)));
        assert_eq!(broken(&core, &town.fixture().await).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn someone_without_a_reserved_number_or_under_age_is_told_apart_only_after_all_fits() {
    for town in towns(8).await {
        let ctx = town.ctx(LING);
        let none = town.core.verify_party(&ctx, &claim(town.person("吴秀英"))).await;
        assert!(matches!(
            none,
            Err(CoreError::Rejected(corebank::Reject::PartyMismatch { left: 4 }))
        ));
        let child = town.core.verify_party(&ctx, &claim(town.person("孙乐乐"))).await.unwrap();
        assert_eq!(child.age, Some(11));
        let elder = town.person("赵桂英");
        let profile = town.core.customer(&ctx, &elder.cust_no).await.unwrap();
        assert_eq!((profile.birth_year, profile.age), (Some(1951), Some(75)));
        assert_eq!(profile.name.as_str(), "*桂英");
    }
}

#[tokio::test]
async fn weather_is_told_by_where_it_struck() {
    for town in towns(8).await {
        let core = Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(1));
        let (ctx, li) = (town.ctx(LING), town.person("李芳").clone());
        let ask = async || core.balance(&ctx, &li.account).await.map(|b| b.posted);
        assert!(ask().await.is_ok());

        core.set_weather(Weather { outage: true, ..Weather::default() });
        assert_eq!(ask().await, Err(CoreError::NotSent(Cause::ConnectionRefused)));

        core.set_weather(Weather { lost_request_percent: 100, ..Weather::default() });
        assert_eq!(ask().await, Err(CoreError::Unknown(UnknownCause::Reset)));

        // The answer is lost, but the core did it: the try was counted.
        core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        let mut wrong = claim(&li);
        wrong.name = "诸葛不知".to_owned().into();
        let lost = core.verify_party(&ctx, &wrong).await;
        assert_eq!(lost, Err(CoreError::Unknown(UnknownCause::Timeout)));
        core.set_weather(Weather::default());
        let next = core.verify_party(&ctx, &wrong).await;
        assert_eq!(next, Err(corebank::Reject::PartyMismatch { left: 3 }.into()));

        core.set_weather(Weather { delay_ms: 60_000, ..Weather::default() });
        let mut hurried = ctx.clone();
        hurried.deadline = town.clock.now().plus_ms(20);
        let late = core.balance(&hurried, &li.account).await;
        assert_eq!(late, Err(CoreError::Unknown(UnknownCause::Timeout)));
        assert_eq!(core.calls(), 6);
    }
}
