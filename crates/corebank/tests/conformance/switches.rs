//! What a customer locked is refused when it is posted, and nothing else is.

use crate::town::{LING, Town, towns};
use base::Fen;
use corebank::controls::{ControlWish, Hours, LockOn};
use corebank::sandbox::movement::{self, Movement};
use corebank::{CoreBank, CoreError, Ctx, Reject};

const HOUR_MS: i64 = 3_600_000;

impl Town {
    async fn switch(&self, id: &str, wish: ControlWish) {
        let li = self.person("李芳");
        let ctx = Ctx { request_id: Some(id.to_owned()), ..self.ctx(LING) };
        self.core.set_control(&ctx, &li.cust_no, &li.account, wish).await.unwrap();
    }
    async fn lock(&self, on: LockOn, hours: Hours) {
        self.switch(&format!("lock-{on:?}"), ControlWish::Lock { on, hours }).await;
    }
    fn li(&self) -> i64 {
        self.person("李芳").account.as_str().parse().unwrap()
    }
    /// Whether a movement went through.
    async fn posts(&self, id: &str, movement: Movement) -> bool {
        match self.core.post(LING, id, movement).await.unwrap() {
            Ok(_) => true,
            Err(CoreError::Rejected(Reject::SwitchedOff)) => false,
            other => panic!("{other:?}"),
        }
    }
}

fn yuan(n: i64) -> Fen {
    Fen::of(n * 100)
}

#[tokio::test]
async fn at_night_nothing_leaves_by_itself_and_in_the_morning_it_does() {
    for town in towns(8).await {
        town.lock(LockOn::Night, Hours::of(22, 7).unwrap()).await;
        let li = town.li();
        assert!(town.posts("day", movement::transfer_out(li, yuan(1), "*强")).await, "10:00");
        town.clock.advance_ms(12 * HOUR_MS + HOUR_MS / 2);
        assert!(!town.posts("night", movement::transfer_out(li, yuan(1), "*强")).await, "22:30");
        assert!(!town.posts("bill", movement::bill(li, yuan(1), "电费", "供电公司")).await);
        assert!(
            town.posts("in", movement::transfer_in(li, yuan(1), "*强")).await,
            "money comes in"
        );
        assert!(
            town.posts("cash", movement::cash_out(li, yuan(1))).await,
            "cash is the customer's"
        );
        assert!(!town.posts("night", movement::transfer_out(li, yuan(1), "*强")).await, "the same");
        town.clock.advance_ms(9 * HOUR_MS);
        assert!(town.posts("dawn", movement::transfer_out(li, yuan(1), "*强")).await, "7:30");
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn online_and_abroad_are_locked_apart() {
    for town in towns(8).await {
        let li = town.li();
        town.lock(LockOn::Abroad, Hours::ALL_DAY).await;
        assert!(!town.posts("a1", movement::purchase_abroad(li, yuan(1), "商店")).await);
        assert!(town.posts("o1", movement::purchase_online(li, yuan(1), "网店")).await);
        town.lock(LockOn::Online, Hours::ALL_DAY).await;
        assert!(!town.posts("o2", movement::purchase_online(li, yuan(1), "网店")).await);
        assert!(town.posts("s1", movement::purchase(li, yuan(1), "超市")).await, "at a till");
        town.switch("open", ControlWish::Unlock { on: LockOn::Online }).await;
        assert!(town.posts("o3", movement::purchase_online(li, yuan(1), "网店")).await);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn strangers_get_nothing_and_whom_one_paid_before_goes_on_being_paid() {
    for town in towns(8).await {
        let li = town.li();
        assert!(town.posts("t1", movement::transfer_out(li, yuan(1), "*强 6688")).await);
        town.lock(LockOn::Stranger, Hours::ALL_DAY).await;
        assert!(town.posts("t2", movement::transfer_out(li, yuan(1), "*强 6688")).await);
        assert!(!town.posts("t3", movement::transfer_out(li, yuan(1), "*某 0001")).await);
        assert!(town.posts("p1", movement::purchase(li, yuan(1), "超市")).await);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
