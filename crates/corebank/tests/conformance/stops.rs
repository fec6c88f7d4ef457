//! Stops and switches in the sandbox's own books: the end of an oral loss, a closed day, a lost answer, the books after it all.

use crate::town::{LING, Town, towns};
use base::Random;
use corebank::{
    AccountState, CoreBank, CoreError, Ctx, DayState, Flaky, StateDone, StateWish, UnknownCause,
    Weather,
};

impl Town {
    fn command(&self, id: &str) -> Ctx {
        Ctx { request_id: Some(id.to_owned()), ..self.ctx(LING) }
    }
    async fn wish(&self, id: &str, wish: StateWish) -> Result<StateDone, CoreError> {
        let li = self.person("李芳");
        self.core.set_card_state(&self.command(id), &li.cust_no, &li.account, wish).await
    }
    async fn state(&self) -> AccountState {
        let li = self.person("李芳");
        self.core.balance(&self.ctx(LING), &li.account).await.unwrap().state
    }
}

#[tokio::test]
async fn an_oral_loss_ends_with_its_fifth_day_by_itself() {
    for town in towns(8).await {
        let done = town.wish("l1", StateWish::ReportLoss).await.unwrap();
        let ends_at = done.ends_at.unwrap();
        // The engines share one clock: on the second it is later.
        assert_eq!(ends_at, corebank::Day::at(town.clock.now()).plus_days(5).end());
        town.clock.advance_ms(ends_at.since(town.clock.now()) - 1);
        assert_eq!(town.state().await, AccountState::Lost);
        town.clock.advance_ms(1);
        assert_eq!(town.state().await, AccountState::Active);
        let li = town.person("李芳").clone();
        let all = town.core.accounts(&town.ctx(LING), &li.cust_no).await.unwrap();
        let own = all.iter().find(|a| a.id == li.account).unwrap();
        assert_eq!(own.state, AccountState::Active);
        let again = town.wish("l2", StateWish::ReportLoss).await.unwrap();
        assert!(again.changed && again.stop_no != done.stop_no, "{again:?}");
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_loss_is_taken_while_the_books_are_closed() {
    for town in towns(8).await {
        town.core.set_day(LING, DayState::Closed, None).await.unwrap();
        let done = town.wish("l1", StateWish::ReportLoss).await.unwrap();
        assert_eq!(done.state, AccountState::Lost);
        town.core.set_day(LING, DayState::Open, None).await.unwrap();
        assert_eq!(town.state().await, AccountState::Lost);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_lost_answer_is_found_again_under_its_id_and_nothing_happens_twice() {
    for town in towns(8).await {
        let core = Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(1));
        core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        let li = town.person("李芳").clone();
        let ask = async || {
            let ctx = town.command("l1");
            core.set_card_state(&ctx, &li.cust_no, &li.account, StateWish::ReportLoss).await
        };
        assert_eq!(ask().await, Err(CoreError::Unknown(UnknownCause::Timeout)));
        assert_eq!(town.state().await, AccountState::Lost, "it happened all the same");
        core.set_weather(Weather::default());
        town.clock.advance_ms(60_000);
        let found = ask().await.unwrap();
        assert!(found.changed, "{found:?}");
        assert_eq!(ask().await.unwrap(), found);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn two_copies_at_once_stop_once() {
    for town in towns(8).await {
        let (one, two) =
            tokio::join!(town.wish("l1", StateWish::Lock), town.wish("l1", StateWish::Lock));
        assert_eq!(one.unwrap(), two.unwrap());
        let other = town.wish("l2", StateWish::Lock).await.unwrap();
        assert!(!other.changed, "{other:?}");
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
