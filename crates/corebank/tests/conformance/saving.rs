//! Time deposits in the sandbox by a channel: rates that change, days that pass, many at once, to the fen.

use crate::money::yuan;
use crate::town::{LING, Town, towns};
use base::{DAY_MS, Fen, Random};
use corebank::controls::ControlWish;
use corebank::deposits::{Renewal, TermDeposit};
use corebank::facts::LimitOn;
use corebank::money::{
    DepositAsk, DepositQuote, Money, Paid, Payee, Payment, WithdrawalAsk, WithdrawalTrial,
};
use corebank::recon::Line;
use corebank::{AccountRef, CoreBank, CoreError, Ctx, Day, DayState, Reject};

impl Town {
    async fn deposit_quote(&self, amount: Fen, months: i64) -> Result<DepositQuote, CoreError> {
        self.money().deposit_quote(&self.ctx(LING), &DepositAsk { amount, months }).await
    }
    async fn opening(&self, amount: Fen, months: i64) -> Payment {
        let told = self.deposit_quote(amount, months).await.unwrap();
        let payee = Payee::Deposit {
            months,
            rate_bp: told.rate_bp,
            matures_on: told.matures_on,
            renewal: Renewal::Off,
        };
        Payment { payee, purpose: String::new(), ..self.to_wang(amount) }
    }
    async fn taking_trial(
        &self,
        account: &AccountRef,
        amount: Option<Fen>,
    ) -> Result<WithdrawalTrial, CoreError> {
        let ask = WithdrawalAsk { account: account.clone(), amount };
        self.money().withdrawal_trial(&self.ctx(LING), &ask).await
    }
    fn taking(&self, account: &AccountRef, told: &WithdrawalTrial) -> Payment {
        let payee = Payee::Withdrawal { account: self.payer(), interest: told.interest };
        let payer = account.clone();
        Payment { payer, payee, purpose: String::new(), ..self.to_wang(told.amount) }
    }
    async fn deposits(&self) -> Vec<TermDeposit> {
        let who = &self.person("李芳").cust_no;
        self.core.term_deposits(&self.ctx(LING), who).await.unwrap()
    }
    async fn saved(&self, id: &str, amount: Fen, months: i64) -> AccountRef {
        self.give(&self.payer(), amount).await;
        let payment = self.opening(amount, months).await;
        self.pay(id, &payment).await.unwrap().opened.unwrap().account
    }
}

#[tokio::test]
async fn a_rate_that_changed_since_it_was_told_opens_nothing() {
    for town in towns(8).await {
        let (before, had) = (town.deposits().await, town.has(&town.payer()).await);
        let payment = town.opening(yuan(100), 12).await;
        town.core.set_deposit_rate(LING, 12, 115).await.unwrap();
        for _ in 0..2 {
            assert_eq!(town.pay("stale", &payment).await, Err(Reject::NotEligible.into()));
        }
        assert_eq!((town.deposits().await, town.has(&town.payer()).await), (before, had));
        // Asked again, it is the new one; what is open keeps the rate it was opened with.
        let payment = town.opening(yuan(100), 12).await;
        let new = town.pay("fresh", &payment).await.unwrap().opened.unwrap();
        town.core.set_deposit_rate(LING, 12, 110).await.unwrap();
        let all = town.deposits().await;
        let rate = all.iter().find(|d| d.account == new.account).unwrap().rate_bp;
        assert_eq!(rate, 115);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_was_told_before_midnight_moves_nothing_after_it() {
    for town in towns(8).await {
        let account = town.saved("s1", yuan(100_000), 12).await;
        let (opening, told) =
            (town.opening(yuan(100), 6).await, town.taking_trial(&account, None).await.unwrap());
        let taking = town.taking(&account, &told);
        town.clock.advance_ms(14 * 3_600_000);
        let later = |p: Payment| Payment { valid_until: town.clock.now().plus_ms(20_000), ..p };
        let got = town.pay("open", &later(opening)).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
        // One day at 0.05 % of 100,000.00 is 0.14.
        let told = town.taking_trial(&account, None).await.unwrap();
        assert_eq!(told.interest, Fen::of(14));
        let got = town.pay("take", &later(taking)).await;
        assert_eq!(got, Err(Reject::NotEligible.into()));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn interest_is_exact_to_the_fen_half_upwards_for_a_thousand_sums() {
    let random = Random::seeded(11);
    let below = |n: u64| i64::try_from(random.below(n)).unwrap();
    for town in towns(8).await {
        for _ in 0..1_000 {
            let months = [3, 6, 12, 24, 36, 60][usize::try_from(below(6)).unwrap()];
            let amount = Fen::of(5_000 + below(5_000_000_000));
            let told = town.deposit_quote(amount, months).await.unwrap();
            // What twice the exact interest comes to, in parts of a fen: of 12 months, of 10,000 hundredths of a per cent.
            let (exact, whole) = (
                2 * i128::from(amount.fen()) * i128::from(told.rate_bp * months),
                i128::from(12 * 10_000),
            );
            let fen = i128::from(told.interest.fen());
            let is_nearest =
                2 * whole * fen - whole <= exact && exact < 2 * whole * (fen + 1) - whole;
            assert!(is_nearest, "{amount} for {months}: {}", told.interest);
        }
    }
}

#[tokio::test]
async fn what_is_taken_early_bears_the_rate_at_call_by_the_day_and_the_parts_add_up() {
    let random = Random::seeded(12);
    let below = |n: u64| i64::try_from(random.below(n)).unwrap();
    for town in towns(8).await {
        let principal = yuan(1_000_000);
        let account = town.saved("s1", principal, 60).await;
        let mut days = 0;
        for _ in 0..50 {
            let more = below(30);
            days += more;
            town.clock.advance_ms(more * DAY_MS);
            for _ in 0..20 {
                let amount = Fen::of(1 + below(99_000_000));
                let told = town.taking_trial(&account, Some(amount)).await.unwrap();
                let exact = 2 * i128::from(amount.fen()) * i128::from(5 * days);
                let (fen, whole) = (i128::from(told.interest.fen()), i128::from(360 * 10_000));
                let is_nearest =
                    2 * whole * fen - whole <= exact && exact < 2 * whole * (fen + 1) - whole;
                assert!(is_nearest, "{amount} after {days} days: {}", told.interest);
                assert_eq!(told.left.fen() + amount.fen(), principal.fen());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixteen_openings_at_once_under_one_id_one_is_opened() {
    for town in towns(8).await {
        let (before, had) = (town.deposits().await.len(), town.has(&town.payer()).await);
        let payment = town.opening(yuan(100), 12).await;
        let mut asks = tokio::task::JoinSet::new();
        for _ in 0..16 {
            let (core, ctx, payment) = (town.core.clone(), town.order("d1"), payment.clone());
            asks.spawn(async move { core.pay(&ctx, &payment).await });
        }
        let told: Vec<Result<Paid, CoreError>> = asks.join_all().await;
        assert!(told.iter().all(|t| t == &told[0] && t.is_ok()), "{told:?}");
        assert_eq!(town.deposits().await.len(), before + 1);
        assert_eq!(town.has(&town.payer()).await, had.checked_sub(yuan(100)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn deposits_opened_one_after_another_have_numbers_of_their_own() {
    for town in towns(8).await {
        let mut tails = vec![];
        for n in 0..5 {
            let account = town.saved(&format!("d{n}"), yuan(50), 3).await;
            let all = town.deposits().await;
            tails.push(all.into_iter().find(|d| d.account == account).unwrap().tail);
        }
        tails.sort();
        tails.dedup();
        assert_eq!(tails.len(), 5, "{tails:?}");
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_closed_day_is_no_verdict_and_leaves_no_empty_deposit() {
    for town in towns(8).await {
        let before = town.deposits().await;
        let payment = town.opening(yuan(100), 12).await;
        assert!(town.core.set_day(LING, DayState::Closed, None).await.unwrap());
        let shut = Reject::DayClosed { opens_at: None };
        assert_eq!(town.pay("d1", &payment).await, Err(shut.clone().into()));
        assert_eq!(town.deposit_quote(yuan(100), 12).await, Err(shut.into()));
        assert!(town.core.set_day(LING, DayState::Open, None).await.unwrap());
        assert_eq!(town.deposits().await, before);
        assert!(town.pay("d1", &payment).await.is_ok());
        assert_eq!(town.deposits().await.len(), before.len() + 1);
    }
}

#[tokio::test]
async fn a_deposit_that_has_matured_is_taken_with_all_its_interest() {
    for town in towns(8).await {
        let account = town.saved("d1", yuan(10_000), 3).await;
        let had = town.has(&town.payer()).await;
        // 10,000.00 for three months at 0.80 %: 20.00; 92 days, then eight more at 0.05 %: 0.11.
        town.clock.advance_ms(100 * DAY_MS);
        let told = town.taking_trial(&account, None).await.unwrap();
        assert_eq!((told.interest, told.lost), (Fen::of(2_011), Fen::ZERO));
        town.pay("t1", &town.taking(&account, &told)).await.unwrap();
        let has = town.has(&town.payer()).await;
        assert_eq!(has.fen() - had.fen(), 1_000_000 + 2_011);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn paper_is_for_the_counter_and_what_is_gone_is_not_found() {
    for town in towns(8).await {
        let paper = town.account("陈国富", "7002").await;
        let got = town.taking_trial(&paper, None).await;
        assert_eq!(got, Err(Reject::CounterOnly.into()));
        let got = town.taking_trial(&town.payer(), None).await;
        assert_eq!(got, Err(Reject::NotFound.into()));
    }
}

#[tokio::test]
async fn ones_own_limit_on_transfers_does_not_keep_one_from_saving() {
    for town in towns(8).await {
        let (li, account) = (town.person("李芳").clone(), town.payer());
        let ctx = Ctx { request_id: Some("limit".into()), ..town.ctx(LING) };
        let wish = ControlWish::Limit {
            on: LimitOn::Transfer,
            single: Some(yuan(10)),
            day: Some(yuan(10)),
        };
        town.core.set_control(&ctx, &li.cust_no, &account, wish).await.unwrap();
        let got = town.pay("p1", &town.to_wang(yuan(11))).await;
        assert_eq!(got, Err(Reject::LimitExceeded.into()));
        let payment = town.opening(yuan(100), 12).await;
        assert!(town.pay("d1", &payment).await.is_ok());
    }
}

#[tokio::test]
async fn a_reconciliation_file_has_the_lines_of_deposits() {
    for town in towns(8).await {
        let date = Day::at(town.clock.now());
        let account = town.saved("d1", yuan(1_000), 12).await;
        let told = town.taking_trial(&account, Some(yuan(400))).await.unwrap();
        town.pay("t1", &town.taking(&account, &told)).await.unwrap();
        let _ = town.saved("d2", yuan(100), 6).await;
        town.reverse("r2", "d2").await;
        town.clock.advance_ms(DAY_MS);
        let mut out = vec![];
        town.money().recon_file(&town.ctx(LING), date, &mut out).await.unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<Line<'_>> = text.lines().filter_map(Line::parse).collect();
        let payer = town.payer();
        let told = |l: &Line<'_>| (l.request_id.to_owned(), l.payer.to_owned(), l.payee.to_owned());
        let wanted = [
            ("d1", payer.as_str(), "deposit:12"),
            ("t1", account.as_str(), payer.as_str()),
            ("d2", payer.as_str(), "deposit:6"),
            ("r2", payer.as_str(), "deposit:6"),
        ];
        let wanted = wanted.map(|(id, from, to)| (id.to_owned(), from.to_owned(), to.to_owned()));
        assert_eq!(lines.iter().map(told).collect::<Vec<_>>(), wanted);
        assert_eq!(lines[1].amount, yuan(400));
    }
}
