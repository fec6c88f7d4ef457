//! Settings of credit cards in the sandbox's own books: wrong digits counted exactly, what needs a person, the end of a card.

use crate::town::{LING, Town, towns};
use base::{Fen, Random, Secret};
use corebank::sandbox::{Movement, NewPrint, movement};
use corebank::{
    AccountRef, AccountState, CardCame, CardDone, CardWish, CoreBank, CoreError, Ctx, DayState,
    Flaky, PinBlock, Reject, Weather,
};

impl Town {
    async fn new_card(&self) -> AccountRef {
        self.account("陈国富", "5517").await
    }
    async fn set_card(&self, id: &str, wish: CardWish) -> Result<CardDone, CoreError> {
        let ctx = Ctx { request_id: Some(id.to_owned()), ..self.ctx(LING) };
        let chen = &self.person("陈国富").cust_no;
        self.core.change_card(&ctx, chen, &self.new_card().await, wish).await
    }
    fn digits(&self, digits: &str) -> PinBlock {
        let chen = self.person("陈国富").cust_no.as_str();
        let digits = Secret::new(digits.to_owned());
        self.pin_key.seal(&digits, chen, &Random::seeded(5)).unwrap()
    }
    async fn cvv(&self, digits: &str) -> Result<(), CoreError> {
        let (ctx, block) = (self.ctx(LING), self.digits(digits));
        let chen = &self.person("陈国富").cust_no;
        let card = self.new_card().await;
        self.core.verify_cvv(&ctx, chen, &card, &block).await.map(|_| ())
    }
    async fn post_card(&self, id: &str, movement: Movement) -> Result<(), CoreError> {
        self.core.post(LING, id, movement).await.unwrap().map(|_| ())
    }
    async fn buy(&self, id: &str, yuan: i64) -> Result<(), CoreError> {
        let acct_id: i64 = self.new_card().await.as_str().parse().unwrap();
        self.post_card(id, movement::purchase(acct_id, Fen::of(yuan * 100), "农资店")).await
    }
    async fn card_state(&self) -> AccountState {
        self.core.balance(&self.ctx(LING), &self.new_card().await).await.unwrap().state
    }
}

#[tokio::test]
async fn five_wrong_digits_lock_a_card_for_the_day_however_many_come_at_once() {
    for town in towns(8).await {
        let mut set = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let (core, ctx, block) = (town.core.clone(), town.ctx(LING), town.digits("000"));
            let (chen, card) = (town.person("陈国富").cust_no.clone(), town.new_card().await);
            let ask = async move { core.verify_cvv(&ctx, &chen, &card, &block).await };
            drop(set.spawn(ask));
        }
        let all = set.join_all().await;
        let count = |f: fn(&Reject) -> bool| {
            all.iter().filter(|r| r.as_ref().is_err_and(|e| e.rejected().is_some_and(f))).count()
        };
        assert_eq!(count(|r| matches!(r, Reject::WrongPin { .. })), 5);
        assert_eq!(count(|r| matches!(r, Reject::PinLocked { .. })), 27);
        let locked = town.cvv("517").await.unwrap_err();
        assert!(matches!(locked.rejected(), Some(Reject::PinLocked { .. })), "{locked:?}");
        town.clock.advance_ms(base::DAY_MS);
        town.cvv("517").await.unwrap();
    }
}

#[tokio::test]
async fn a_new_card_buys_nothing_until_it_is_activated() {
    for town in towns(8).await {
        town.buy("p1", 10).await.unwrap_err();
        assert_eq!(town.set_card("a1", CardWish::Activate).await.unwrap().came, CardCame::Done);
        town.buy("p2", 10).await.unwrap();
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_card_that_waits_for_a_signature_is_activated_at_the_counter() {
    for town in towns(8).await {
        let acct_id = town.new_card().await.as_str().parse().unwrap();
        let cvv = Secret::new("517".to_owned());
        let granted = Fen::of(1_500_000);
        let print = NewPrint { acct_id, cvv, is_active: false, needs_signing: true, granted };
        town.core.print_card(LING, print).await.unwrap();
        let refused = town.set_card("a1", CardWish::Activate).await;
        assert_eq!(refused, Err(Reject::CounterOnly.into()));
    }
}

#[tokio::test]
async fn more_than_was_granted_needs_a_person_and_changes_nothing() {
    for town in towns(8).await {
        town.set_card("a1", CardWish::Activate).await.unwrap();
        let up = |yuan: i64| CardWish::RaiseLimit(Fen::of(yuan * 100));
        assert_eq!(town.set_card("r1", up(15_000)).await.unwrap().came, CardCame::Done);
        let review = town.set_card("r2", up(15_100)).await.unwrap();
        assert_eq!((review.came, review.limit), (CardCame::Review, Fen::of(1_500_000)));
        let odd = town.set_card("r3", up(15_050)).await;
        assert_eq!(odd, Err(Reject::Validation { field: "amount" }.into()));
    }
}

#[tokio::test]
async fn a_limit_raised_for_a_time_comes_down_by_itself_and_never_below_what_is_used() {
    for town in towns(8).await {
        town.set_card("a1", CardWish::Activate).await.unwrap();
        let raised = CardWish::RaiseForATime(Fen::of(1_500_000));
        let until = town.set_card("r1", raised).await.unwrap().until.unwrap();
        town.buy("p1", 12_000).await.unwrap();
        town.clock.advance_ms(until.end().since(town.clock.now()) - 1);
        assert_eq!(town.core.end_card_days(LING).await.unwrap(), 0);
        town.clock.advance_ms(1);
        assert_eq!(town.core.end_card_days(LING).await.unwrap(), 1);
        assert_eq!(town.core.end_card_days(LING).await.unwrap(), 0, "twice does nothing more");
        let card = town.core.card(&town.ctx(LING), &town.new_card().await).await.unwrap();
        assert_eq!((card.limit, card.available), (Fen::of(1_200_000), Fen::ZERO));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn whoever_is_late_with_a_bill_gets_no_higher_limit() {
    for town in towns(8).await {
        town.set_card("a1", CardWish::Activate).await.unwrap();
        town.buy("p1", 100).await.unwrap();
        town.clock.advance_ms(70 * base::DAY_MS);
        let got = town.set_card("r1", CardWish::RaiseLimit(Fen::of(1_100_000))).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
    }
}

#[tokio::test]
async fn a_card_being_closed_is_gone_on_its_day_and_kept_before() {
    for town in towns(8).await {
        town.set_card("a1", CardWish::Activate).await.unwrap();
        let on = town.set_card("c1", CardWish::Close).await.unwrap().until.unwrap();
        assert_eq!(on.days_since(corebank::Day::at(town.clock.now())), 45);
        town.buy("p1", 10).await.unwrap_err();
        assert_eq!(town.core.end_card_days(LING).await.unwrap(), 0);
        town.clock.advance_ms(on.start().since(town.clock.now()) - 1);
        town.set_card("k1", CardWish::KeepOpen).await.unwrap();
        assert_eq!(town.card_state().await, AccountState::Active);
        let on = town.set_card("c2", CardWish::Close).await.unwrap().until.unwrap();
        town.clock.advance_ms(on.start().since(town.clock.now()));
        assert_eq!(town.set_card("k2", CardWish::KeepOpen).await, Err(Reject::Expired.into()));
        assert_eq!(town.core.end_card_days(LING).await.unwrap(), 1);
        assert_eq!(town.card_state().await, AccountState::Closed);
        let late = town.set_card("a2", CardWish::AskPin(true)).await;
        assert_eq!(late, Err(Reject::AccountNotActive.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_card_that_owes_or_was_overpaid_is_not_closed() {
    for town in towns(8).await {
        town.set_card("a1", CardWish::Activate).await.unwrap();
        town.buy("p1", 10).await.unwrap();
        let owes = town.set_card("c1", CardWish::Close).await;
        assert_eq!(owes, Err(Reject::BalanceNotZero.into()));
        let acct_id: i64 = town.new_card().await.as_str().parse().unwrap();
        town.post_card("p2", movement::transfer_in(acct_id, Fen::of(2_000), "*海涛"))
            .await
            .unwrap();
        let over = town.set_card("c2", CardWish::Close).await;
        assert_eq!(over, Err(Reject::BalanceNotZero.into()));
    }
}

#[tokio::test]
async fn a_closed_day_sets_nothing_and_a_lost_answer_is_found_again() {
    for town in towns(8).await {
        let (chen, card) = (town.person("陈国富").cust_no.clone(), town.new_card().await);
        let ctx = Ctx { request_id: Some("a1".into()), ..town.ctx(LING) };
        town.core.set_day(LING, DayState::Closed, None).await.unwrap();
        let shut = town.core.change_card(&ctx, &chen, &card, CardWish::Activate).await.unwrap_err();
        assert!(matches!(shut.rejected(), Some(Reject::DayClosed { .. })), "{shut:?}");
        town.core.set_day(LING, DayState::Open, None).await.unwrap();
        let core = Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(1));
        core.set_weather(Weather { lost_answer_percent: 100, ..Weather::default() });
        let lost = core.change_card(&ctx, &chen, &card, CardWish::Activate).await.unwrap_err();
        assert!(lost.is_busy(), "{lost:?}");
        core.set_weather(Weather::default());
        let found = core.change_card(&ctx, &chen, &card, CardWish::Activate).await.unwrap();
        assert_eq!(found.came, CardCame::Done);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
