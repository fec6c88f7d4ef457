//! Notice deposits and certificates in the sandbox: days that pass, to the fen, and a quota that many want at once.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::{DAY_MS, Fen};
use corebank::deposits::{DepositKind, DepositOffer, NoticeSet, NoticeWish, TermDeposit};
use corebank::money::{Money, Paid, Payee, Payment, Undone, WithdrawalAsk, WithdrawalTrial};
use corebank::sandbox::NewOffer;
use corebank::{AccountRef, CoreBank, CoreError, Ctx, Day, Reject};

const WAN: i64 = 10_000;

impl Town {
    async fn on_offer(&self, code: &str) -> DepositOffer {
        let all = self.money().deposit_offers(&self.ctx(LING)).await.unwrap();
        all.into_iter().find(|o| o.code == code).unwrap()
    }
    async fn offer_order(&self, code: &str, amount: Fen) -> Payment {
        let offer = self.on_offer(code).await;
        let today = Day::at(self.clock.now());
        let payee = Payee::Offered {
            code: code.into(),
            rate_bp: offer.rate_bp,
            matures_on: offer.months.map(|m| today.plus_months(m)),
        };
        Payment { payee, purpose: String::new(), ..self.to_wang(amount) }
    }
    /// A notice deposit for seven days.
    async fn noticed(&self, id: &str, wan: i64) -> AccountRef {
        self.give(&self.payer(), yuan(wan * WAN)).await;
        let payment = self.offer_order("notice-7", yuan(wan * WAN)).await;
        self.pay(id, &payment).await.unwrap().opened.unwrap().account
    }
    async fn tell(
        &self,
        id: &str,
        account: &AccountRef,
        wish: NoticeWish,
    ) -> Result<NoticeSet, CoreError> {
        let ctx = Ctx { request_id: Some(id.into()), ..self.ctx(LING) };
        self.core.set_notice(&ctx, account, wish).await
    }
    async fn gives(&self, id: &str, account: &AccountRef, wan: i64) {
        let wish = NoticeWish::Give { amount: Some(yuan(wan * WAN)) };
        self.tell(id, account, wish).await.unwrap();
    }
    async fn trial_of(&self, account: &AccountRef, wan: i64) -> WithdrawalTrial {
        let ask = WithdrawalAsk { account: account.clone(), amount: Some(yuan(wan * WAN)) };
        self.money().withdrawal_trial(&self.ctx(LING), &ask).await.unwrap()
    }
    async fn takes(&self, id: &str, account: &AccountRef, told: &WithdrawalTrial) {
        let payee = Payee::Withdrawal { account: self.payer(), interest: told.interest };
        let payer = account.clone();
        let payment = Payment { payer, payee, purpose: String::new(), ..self.to_wang(told.amount) };
        self.pay(id, &payment).await.unwrap();
    }
    async fn held(&self, account: &AccountRef) -> Option<TermDeposit> {
        let who = &self.person("李芳").cust_no;
        let all = self.core.term_deposits(&self.ctx(LING), who).await.unwrap();
        all.into_iter().find(|d| d.account == *account)
    }
    async fn has_certificate(&self, quota: Option<Fen>) {
        let new = NewOffer {
            code: "large-test".into(),
            kind: DepositKind::LargeCd,
            name: "试发行".into(),
            months: Some(12),
            rate_bp: 150,
            least: yuan(20 * WAN),
            quota,
        };
        self.core.set_offer(LING, new).await.unwrap();
    }
}

#[tokio::test]
async fn on_its_day_what_was_told_bears_the_own_rate_and_what_goes_beyond_it_that_at_call() {
    for town in towns(8).await {
        let account = town.noticed("n1", 20).await;
        town.clock.advance_ms(10 * DAY_MS);
        town.gives("g1", &account, 6).await;
        town.clock.advance_ms(7 * DAY_MS);
        // 17 days at 0.65 %: of 60,000.00 it is 18.42; of 20,000 more at 0.05 %: 0.47.
        let just = town.trial_of(&account, 6).await;
        assert_eq!((just.at_own, just.interest), (yuan(6 * WAN), Fen::of(1_842)));
        assert_eq!((just.rate_bp, just.left, just.lost), (65, yuan(14 * WAN), Fen::ZERO));
        let more = town.trial_of(&account, 8).await;
        assert_eq!((more.at_own, more.interest), (yuan(6 * WAN), Fen::of(1_842 + 47)));
        assert_eq!(more.rate_bp, 5);
        // Less than the least bears the rate at call, told or not.
        let little = town.trial_of(&account, 4).await;
        assert_eq!((little.at_own, little.interest), (Fen::ZERO, Fen::of(94)));
        town.takes("t1", &account, &more).await;
        let rest = town.held(&account).await.unwrap();
        assert_eq!((rest.principal, rest.notice), (yuan(12 * WAN), None));
        // The notice is used up: the same again today is without one.
        let again = town.trial_of(&account, 6).await;
        assert_eq!(again.at_own, Fen::ZERO);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_day_early_or_late_it_bears_the_rate_at_call() {
    for town in towns(8).await {
        let account = town.noticed("n1", 10).await;
        town.gives("g1", &account, 10).await;
        town.clock.advance_ms(6 * DAY_MS);
        // 100,000.00 for six days at 0.05 %: 0.83; eight: 1.11.
        let early = town.trial_of(&account, 10).await;
        assert_eq!((early.at_own, early.interest), (Fen::ZERO, Fen::of(83)));
        town.clock.advance_ms(2 * DAY_MS);
        let late = town.trial_of(&account, 10).await;
        assert_eq!((late.at_own, late.interest), (Fen::ZERO, Fen::of(111)));
        assert_eq!(town.held(&account).await.unwrap().notice, None);
        // Told again, the seven days that led to nothing bear nothing: 15 days less 7, at 0.65 %: 14.44.
        town.gives("g2", &account, 10).await;
        town.clock.advance_ms(7 * DAY_MS);
        let then = town.trial_of(&account, 10).await;
        assert_eq!((then.at_own, then.interest), (yuan(10 * WAN), Fen::of(1_444)));
        town.takes("t1", &account, &then).await;
        assert!(town.held(&account).await.is_none());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_notice_that_is_taken_back_costs_the_days_it_stood() {
    for town in towns(8).await {
        let account = town.noticed("n1", 10).await;
        town.gives("g1", &account, 5).await;
        town.clock.advance_ms(3 * DAY_MS);
        town.tell("b1", &account, NoticeWish::TakeBack).await.unwrap();
        town.gives("g2", &account, 10).await;
        town.clock.advance_ms(7 * DAY_MS);
        // 100,000.00 for ten days less 50,000.00 for three, at 0.65 %: 15.35.
        let then = town.trial_of(&account, 10).await;
        assert_eq!((then.at_own, then.interest), (yuan(10 * WAN), Fen::of(1_535)));
        town.takes("t1", &account, &then).await;
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_would_stay_below_the_least_goes_along_and_a_part_alone_is_refused() {
    for town in towns(8).await {
        let account = town.noticed("n1", 10).await;
        town.gives("g1", &account, 6).await;
        town.clock.advance_ms(7 * DAY_MS);
        // 60,000.00 at 0.65 % and 40,000.00 at 0.05 %, seven days: 7.58 and 0.39.
        let told = town.trial_of(&account, 6).await;
        assert_eq!((told.amount, told.left), (yuan(10 * WAN), Fen::ZERO));
        assert_eq!((told.at_own, told.interest), (yuan(6 * WAN), Fen::of(758 + 39)));
        let part = Payment {
            payer: account.clone(),
            payee: Payee::Withdrawal { account: town.payer(), interest: told.interest },
            purpose: String::new(),
            ..town.to_wang(yuan(6 * WAN))
        };
        assert_eq!(town.pay("part", &part).await, Err(Reject::NotEligible.into()));
        town.takes("t1", &account, &told).await;
        assert!(town.held(&account).await.is_none());
        // Undone on its day, the deposit and its notice are back.
        assert!(matches!(town.reverse("r1", "t1").await, Undone::Reversed { .. }));
        let back = town.held(&account).await.unwrap();
        assert_eq!((back.principal, back.notice.unwrap().amount), (yuan(10 * WAN), yuan(6 * WAN)));
        assert_eq!(town.trial_of(&account, 6).await, told);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_notice_deposit_bears_what_the_institution_pays_on_the_day_it_is_taken() {
    for town in towns(8).await {
        let account = town.noticed("n1", 10).await;
        town.gives("g1", &account, 10).await;
        town.clock.advance_ms(7 * DAY_MS);
        let new = NewOffer {
            code: "notice-7".into(),
            kind: DepositKind::Notice7,
            name: "七天通知存款".into(),
            months: None,
            rate_bp: 80,
            least: yuan(5 * WAN),
            quota: None,
        };
        town.core.set_offer(LING, new).await.unwrap();
        // 100,000.00 for seven days at 0.80 %: 15.56.
        assert_eq!(town.trial_of(&account, 10).await.interest, Fen::of(1_556));
        assert_eq!(town.held(&account).await.unwrap().rate_bp, 80);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_buyers_at_once_as_many_get_one_as_there_is_quota() {
    for town in towns(8).await {
        town.has_certificate(Some(yuan(60 * WAN))).await;
        town.give(&town.payer(), yuan(400 * WAN)).await;
        let had = town.has(&town.payer()).await;
        let payment = town.offer_order("large-test", yuan(20 * WAN)).await;
        let mut asks = tokio::task::JoinSet::new();
        for n in 0..16 {
            let (core, ctx) = (town.core.clone(), town.order(&format!("cd{n}")));
            let payment = payment.clone();
            asks.spawn(async move { core.pay(&ctx, &payment).await });
        }
        let told: Vec<Result<Paid, CoreError>> = asks.join_all().await;
        let bought = told.iter().filter(|t| t.is_ok()).count();
        let sold_out = told.iter().filter(|t| **t == Err(Reject::SoldOut.into())).count();
        assert_eq!((bought, sold_out), (3, 13), "{told:?}");
        assert_eq!(town.on_offer("large-test").await.left, Some(Fen::ZERO));
        assert_eq!(town.has(&town.payer()).await, had.checked_sub(yuan(60 * WAN)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_is_undone_goes_back_into_the_quota_and_what_is_taken_early_does_not() {
    for town in towns(8).await {
        town.has_certificate(Some(yuan(40 * WAN))).await;
        town.give(&town.payer(), yuan(40 * WAN)).await;
        let payment = town.offer_order("large-test", yuan(20 * WAN)).await;
        town.pay("cd1", &payment).await.unwrap();
        assert!(matches!(town.reverse("r1", "cd1").await, Undone::Reversed { .. }));
        assert_eq!(town.on_offer("large-test").await.left, Some(yuan(40 * WAN)));
        let account = town.pay("cd2", &payment).await.unwrap().opened.unwrap().account;
        town.clock.advance_ms(DAY_MS);
        let told = town.trial_of(&account, 20).await;
        assert_eq!((told.at_own, told.interest), (Fen::ZERO, Fen::of(28)));
        town.takes("t1", &account, &told).await;
        assert_eq!(town.on_offer("large-test").await.left, Some(yuan(20 * WAN)));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn who_cannot_pay_uses_up_no_quota() {
    for town in towns(8).await {
        town.has_certificate(Some(yuan(40 * WAN))).await;
        let payment = town.offer_order("large-test", yuan(30 * WAN)).await;
        for _ in 0..2 {
            let got = town.pay("cd1", &payment).await;
            assert_eq!(got, Err(Reject::InsufficientFunds.into()));
        }
        assert_eq!(town.on_offer("large-test").await.left, Some(yuan(40 * WAN)));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}
