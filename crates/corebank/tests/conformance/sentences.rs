//! The sentences of the port against the sandbox, in fine weather and behind weather.

use crate::cells;
use crate::town::{LING, Town, claim, towns};
use base::Random;
use corebank::conformance::{Finding, Fixture, Trouble, check};
use corebank::sandbox::Sandbox;
use corebank::{Cause, CoreBank, CoreError, Flaky, UnknownCause, Weather};
use std::sync::Arc;

fn broken(findings: &[Finding]) -> Vec<String> {
    findings.iter().filter(|f| f.broken.is_some()).map(ToString::to_string).collect()
}

/// The town's fixture, with weather for trouble, and a sandbox that is begun anew.
async fn in_weather(town: &Town, core: &Flaky<Sandbox>) -> Fixture {
    let mut fixture = town.fixture().await;
    let money = fixture.money.as_mut().unwrap();
    let sky = core.clone();
    money.trouble = Some(Arc::new(move |trouble| {
        let fine = Weather::default();
        sky.set_weather(match trouble {
            Trouble::None => fine,
            Trouble::Unreachable => Weather { outage: true, ..fine },
            Trouble::LostAnswer => Weather { lost_answer_percent: 100, ..fine },
            Trouble::Slow => Weather { delay_ms: 600_000, ..fine },
        });
        Box::pin(async {})
    }));
    let again = town.reopened();
    money.anew = Some(Arc::new(move || {
        let core = again();
        Box::pin(async move { Arc::new(core.await) as Arc<dyn CoreBank> })
    }));
    fixture
}

#[tokio::test]
async fn the_sandbox_keeps_every_sentence_of_the_port() {
    for town in towns(8).await {
        let findings = check(&town.core, &town.fixture().await).await;
        assert_eq!(broken(&findings), Vec::<String>::new());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn weather_and_restarts_change_no_sentence() {
    for town in towns(8).await {
        let core = Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(1));
        let findings = check(&core, &in_weather(&town, &core).await).await;
        assert_eq!(broken(&findings), Vec::<String>::new());
        assert_eq!(town.broken().await, Vec::<String>::new());
        cells::assert_shown(&findings);
    }
}

#[tokio::test]
async fn someone_without_a_reserved_number_or_under_age_is_told_apart_only_after_all_fits() {
    for town in towns(8).await {
        let ctx = town.ctx(LING);
        let wu = claim(town.person("吴秀英"));
        let none = town.core.verify_party(&ctx, &wu).await.unwrap();
        assert_eq!(none.mobile, None, "the other three fit, and there is none to compare");
        let other = corebank::PartyClaim { name: "诸葛不知".to_owned().into(), ..wu };
        let wrong = town.core.verify_party(&ctx, &other).await;
        let is_no =
            matches!(wrong, Err(CoreError::Rejected(corebank::Reject::PartyMismatch { left: 4 })));
        assert!(is_no, "{wrong:?}");
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
