//! Money in the sandbox: what goes beyond the sentences of the port. Races, lost answers, days, switches, payees.

use crate::town::{LING, Town, XI, towns};
use base::{Fen, Random};
use corebank::controls::{ControlWish, Hours, LockOn};
use corebank::facts::LimitOn;
use corebank::money::{
    Bank, Fate, Held, HoldAsk, HoldState, Money, Paid, Payee, PayeeAsk, PayeeFound, Payment, Query,
    QuoteAsk, Rail, Reversal, Undone,
};
use corebank::sandbox::movement;
use corebank::{
    AccountRef, AccountState, CoreBank, CoreError, Ctx, Day, Direction, Flaky, Flow, Reject,
    StatementQuery, StatementRange, UnknownCause, Weather, numbers,
};
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn yuan(n: i64) -> Fen {
    Fen::of(n * 100)
}

/// A card's number with these digits before and behind, and a right check digit.
pub(crate) fn card(head: &str, tail: &str) -> String {
    let mut numbers = (0..10).map(|n| format!("{head}00000{n}{tail}"));
    numbers.find(|n| numbers::is_card(n)).unwrap()
}

impl Town {
    pub(crate) fn money(&self) -> &dyn Money {
        self.core.money().unwrap()
    }
    pub(crate) fn order(&self, id: &str) -> Ctx {
        let channel = Some((format!("serial-{id}"), Day::at(self.clock.now())));
        Ctx { request_id: Some(id.to_owned()), channel, ..self.ctx(LING) }
    }
    pub(crate) fn payer(&self) -> AccountRef {
        self.person("李芳").account.clone()
    }
    pub(crate) fn payee(&self) -> AccountRef {
        self.person("王强").account.clone()
    }
    pub(crate) fn to_wang(&self, amount: Fen) -> Payment {
        Payment {
            payer: self.payer(),
            payee: Payee::Here { account: self.payee() },
            amount,
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: "房租".into(),
            valid_until: self.clock.now().plus_ms(20_000),
        }
    }
    pub(crate) async fn has(&self, account: &AccountRef) -> Fen {
        self.core.balance(&self.ctx(LING), account).await.unwrap().posted
    }
    pub(crate) async fn give(&self, account: &AccountRef, amount: Fen) {
        let acct = account.as_str().parse().unwrap();
        let id = format!("give-{}", self.core.db().random().hex(8));
        let _ = self.core.post(LING, id, movement::cash_in(acct, amount)).await.unwrap().unwrap();
    }
    pub(crate) async fn pay(&self, id: &str, payment: &Payment) -> Result<Paid, CoreError> {
        self.money().pay(&self.order(id), payment).await
    }
    pub(crate) async fn fate(&self, id: &str, fence: bool) -> Fate {
        let request_id = id.to_owned();
        let ask = Query { request_id, channel_date: Day::at(self.clock.now()), fence };
        self.money().query(&self.ctx(LING), &ask).await.unwrap()
    }
    pub(crate) fn reversal(&self, original: &str) -> Reversal {
        let channel_date = Day::at(self.clock.now());
        Reversal { original: original.into(), channel_date, reason: "timeout".into() }
    }
    pub(crate) async fn reverse(&self, id: &str, original: &str) -> Undone {
        self.money().reverse(&self.order(id), &self.reversal(original)).await.unwrap()
    }
    pub(crate) async fn hold(&self, id: &str, amount: Fen) -> Result<Held, CoreError> {
        let until = self.clock.now().plus_ms(600_000);
        let ask = HoldAsk { account: self.payer(), amount, until, reason: "缴费".into() };
        self.money().hold(&self.order(id), &ask).await
    }
    async fn find(&self, number: &str, name: &str, bank_no: Option<&str>) -> Found {
        let (number, name) = (number.to_owned(), name.to_owned());
        let ask = PayeeAsk { number, name, bank_no: bank_no.map(str::to_owned) };
        self.money().payee(&self.ctx(LING), &ask).await
    }
}
type Found = Result<PayeeFound, CoreError>;

#[tokio::test]
async fn both_sides_read_of_a_payment_with_its_purpose_and_the_channels_serial() {
    for town in towns(8).await {
        let paid = town.pay("p1", &town.to_wang(yuan(100))).await.unwrap();
        for (account, is_in, label, other) in
            [(town.payer(), false, "转出", "*强 1122"), (town.payee(), true, "转入", "*芳 6688")]
        {
            let today = Day::at(town.clock.now());
            let range =
                StatementRange { account, from: today, to: today, flow: Flow::All, q: None };
            let ask = StatementQuery { range, cursor: None, limit: 1 };
            let page = town.core.transactions(&town.ctx(LING), &ask).await.unwrap();
            let line = &page.lines[0];
            let told = (line.is_in, line.label.as_str(), line.counterparty.as_str(), line.amount);
            assert_eq!(told, (is_in, label, other, yuan(100)));
            assert_eq!(
                (line.core_serial.as_str(), line.core_date),
                (&*paid.core_serial, paid.core_date)
            );
            assert_eq!(line.explain, "附言：房租");
            assert_eq!(line.channel_serial.as_deref(), Some("serial-p1"));
        }
    }
}

#[tokio::test]
async fn a_fee_goes_to_the_bank_and_comes_back_with_the_payment() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        let payment = Payment { fee: yuan(2), ..town.to_wang(yuan(10)) };
        let paid = town.pay("p1", &payment).await.unwrap();
        assert_eq!(paid.available, before.checked_sub(yuan(12)));
        assert!(matches!(town.reverse("r1", "p1").await, Undone::Reversed { .. }));
        assert_eq!(town.has(&town.payer()).await, before);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_was_fenced_stays_fenced_also_for_the_banks_own_commands() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        assert_eq!(town.fate("late", true).await, Fate::Fenced);
        let acct = town.payer().as_str().parse().unwrap();
        let late = town.core.post(LING, "late", movement::cash_in(acct, yuan(1))).await.unwrap();
        assert_eq!(late.map(|d| d.posted), Err(Reject::Expired.into()));
        assert_eq!(town.has(&town.payer()).await, before);
        // An id of another kind of command is seen, but no payment.
        town.give(&town.payer(), yuan(1)).await;
        let _ = town.core.post(LING, "cash", movement::cash_in(acct, yuan(1))).await.unwrap();
        assert_eq!(town.fate("cash", true).await, Fate::Rejected(Reject::PayloadMismatch));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_two_at_once_under_one_id_one_pays_and_all_are_told_the_same() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        let payment = town.to_wang(yuan(1));
        let mut asks = tokio::task::JoinSet::new();
        for _ in 0..32 {
            let (core, ctx, payment) = (town.core.clone(), town.order("p1"), payment.clone());
            asks.spawn(async move { core.pay(&ctx, &payment).await });
        }
        let told = asks.join_all().await;
        assert!(told.iter().all(|t| t == &told[0] && t.is_ok()), "{told:?}");
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(yuan(1)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_fence_and_the_late_original_never_both_win() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        let mut paid = 0;
        for n in 0..16 {
            let id = format!("p{n}");
            let (core, ctx, payment) = (town.core.clone(), town.order(&id), town.to_wang(yuan(1)));
            let mut late = tokio::task::JoinSet::new();
            late.spawn(async move { core.pay(&ctx, &payment).await });
            let fate = town.fate(&id, true).await;
            match late.join_next().await.unwrap().unwrap() {
                Ok(done) => assert_eq!(fate, Fate::Posted(done)),
                Err(e) => assert_eq!((e, fate), (Reject::Expired.into(), Fate::Fenced)),
            }
            paid += i64::from(matches!(town.fate(&id, false).await, Fate::Posted(_)));
        }
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(yuan(paid)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn reversals_that_race_with_their_original_and_with_each_other_leave_nothing_moved() {
    for town in towns(8).await {
        let (before, there) = (town.has(&town.payer()).await, town.has(&town.payee()).await);
        for n in 0..12 {
            let original = format!("p{n}");
            let (core, ctx) = (town.core.clone(), town.order(&original));
            let (payment, ask) = (town.to_wang(yuan(1)), town.reversal(&original));
            let mut late = tokio::task::JoinSet::new();
            late.spawn(async move { core.pay(&ctx, &payment).await.is_ok() });
            let mut undoing = tokio::task::JoinSet::new();
            for rival in 0..3 {
                let (core, ctx) = (town.core.clone(), town.order(&format!("r{n}-{rival}")));
                let ask = ask.clone();
                undoing.spawn(async move { core.reverse(&ctx, &ask).await.unwrap() });
            }
            let (paid, undone) = (late.join_all().await == [true], undoing.join_all().await);
            assert!(undone.iter().all(|u| u == &undone[0]), "{undone:?}");
            let fits = match &undone[0] {
                Undone::Reversed { .. } => paid,
                Undone::Nothing => !paid,
                Undone::Refused(_) => false,
            };
            assert!(fits, "paid {paid}: {undone:?}");
        }
        assert_eq!((town.has(&town.payer()).await, town.has(&town.payee()).await), (before, there));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hold_that_many_use_and_give_back_at_once_ends_once() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        town.hold("h1", yuan(50)).await.unwrap();
        let mut asks = tokio::task::JoinSet::new();
        for n in 0..16 {
            let (core, payment) = (town.core.clone(), town.to_wang(yuan(30)));
            let (commit, void) = (town.order(&format!("c{n}")), town.order(&format!("v{n}")));
            asks.spawn(async move {
                let used = core.commit(&commit, "h1", &payment).await.is_ok();
                (used, Money::void(&core, &void, "h1").await.is_ok())
            });
        }
        let ended = asks.join_all().await;
        let used = ended.iter().filter(|(used, _)| *used).count();
        let voided = ended.iter().filter(|(_, voided)| *voided).count();
        assert_eq!(used + voided, 1, "{ended:?}");
        let now = town.core.balance(&town.ctx(LING), &town.payer()).await.unwrap();
        let spent = if used == 1 { yuan(30) } else { Fen::ZERO };
        assert_eq!((now.held, before.checked_sub(spent)), (Fen::ZERO, Some(now.posted)));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_payer_who_stopped_waiting_asks_again_and_has_paid_once() {
    for town in towns(8).await {
        let before = town.has(&town.payer()).await;
        let payment = town.to_wang(yuan(1));
        // Dropped ever later, until an answer was waited for.
        let mut told = None;
        for us in (0..).step_by(100) {
            let cut = Duration::from_micros(us);
            if let Ok(paid) = tokio::time::timeout(cut, town.pay("p1", &payment)).await {
                told = Some(paid.unwrap());
                break;
            }
        }
        assert_eq!(town.fate("p1", true).await, Fate::Posted(told.unwrap()));
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(yuan(1)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_lost_answer_means_done_and_a_lost_request_means_nothing_for_every_command() {
    const COMMANDS: [&str; 5] = ["pay", "hold", "commit", "void", "reverse"];
    for town in towns(8).await {
        let core = Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(1));
        let money = CoreBank::money(&core).unwrap();
        let until = town.clock.now().plus_ms(600_000);
        let hold = HoldAsk { account: town.payer(), amount: yuan(9), until, reason: String::new() };
        let send = async |what: &str, id: &str, of: &str| {
            let (ctx, payment) = (town.order(id), town.to_wang(yuan(3)));
            match what {
                "pay" => money.pay(&ctx, &payment).await.map(drop),
                "hold" => money.hold(&ctx, &hold).await.map(drop),
                "commit" => money.commit(&ctx, of, &payment).await.map(drop),
                "void" => money.void(&ctx, of).await.map(drop),
                _ => money.reverse(&ctx, &town.reversal(of)).await.map(drop),
            }
        };
        for (n, what) in COMMANDS.into_iter().enumerate() {
            let before_it = match what {
                "commit" | "void" => Some("hold"),
                "reverse" => Some("pay"),
                _ => None,
            };
            for lost in ["request", "answer"] {
                let (id, of) = (format!("{lost}{n}"), format!("{lost}{n}-of"));
                if let Some(first) = before_it {
                    send(first, &of, "").await.unwrap();
                }
                let share = |which| if lost == which { 100 } else { 0 };
                core.set_weather(Weather {
                    lost_request_percent: share("request"),
                    lost_answer_percent: share("answer"),
                    ..Weather::FINE
                });
                let cause =
                    if lost == "request" { UnknownCause::Reset } else { UnknownCause::Timeout };
                assert_eq!(send(what, &id, &of).await, Err(CoreError::Unknown(cause)), "{what}");
                core.set_weather(Weather::FINE);
                let fate = town.fate(&id, false).await;
                assert_eq!(fate == Fate::NotFound, lost == "request", "{what}: {fate:?}");
                assert_eq!(send(what, &id, &of).await, Ok(()), "{what} again");
            }
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_core_that_tells_another_amount_is_found_out_by_its_echo_ta_12() {
    for town in towns(8).await {
        let core = Flaky::new(town.core.clone(), town.clock.clone(), Random::seeded(1));
        core.set_weather(Weather { wrong_amount_percent: 100, ..Weather::FINE });
        let core: Arc<dyn CoreBank> = Arc::new(core);
        let money = core.money().unwrap();
        let payment = town.to_wang(yuan(3));
        let paid = money.pay(&town.order("p1"), &payment).await.unwrap();
        assert_eq!(paid.echo.differs("p1", &payment), Some("amount"));
        let ask = Query { request_id: "p1".into(), channel_date: paid.core_date, fence: false };
        let told = money.query(&town.ctx(LING), &ask).await.unwrap();
        assert_eq!(told, Fate::Posted(paid));
        let Fate::Posted(real) = town.fate("p1", false).await else { panic!("not posted") };
        assert_eq!(real.echo.differs("p1", &payment), None);
    }
}

#[tokio::test]
async fn what_a_customer_locked_holds_for_payments_and_the_bank_itself_is_no_stranger() {
    for town in towns(8).await {
        let li = town.person("李芳");
        let (on, hours) = (LockOn::Stranger, Hours::ALL_DAY);
        let switch = async |id: &str, wish: ControlWish| {
            town.core.set_control(&town.order(id), &li.cust_no, &li.account, wish).await.unwrap();
        };
        let to_chen = |amount| {
            let account = town.person("陈国富").account.clone();
            Payment { payee: Payee::Here { account }, ..town.to_wang(amount) }
        };
        switch("l1", ControlWish::Lock { on, hours }).await;
        let stranger = town.pay("p1", &to_chen(yuan(1))).await;
        assert_eq!(stranger, Err(Reject::SwitchedOff.into()));
        switch("l2", ControlWish::Unlock { on }).await;
        assert_eq!(town.pay("p1", &to_chen(yuan(1))).await, stranger, "the same id");
        assert!(town.pay("p2", &to_chen(yuan(1))).await.is_ok());
        switch("l3", ControlWish::Lock { on, hours }).await;
        let known = Payment { fee: yuan(1), ..to_chen(yuan(1)) };
        assert!(town.pay("p3", &known).await.is_ok(), "paid before, and a fee beside it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_payments_at_a_limit_never_pass_it_ta_04() {
    for town in towns(8).await {
        let (li, before) = (town.person("李芳"), town.has(&town.payer()).await);
        let used = async || {
            let limits = town.core.limits(&town.ctx(LING), &li.account).await.unwrap();
            limits.into_iter().find(|l| l.on == LimitOn::Transfer).unwrap().day_used
        };
        let day = used().await.checked_add(yuan(5));
        let wish = ControlWish::Limit { on: LimitOn::Transfer, single: Some(yuan(2)), day };
        town.core.set_control(&town.order("l1"), &li.cust_no, &li.account, wish).await.unwrap();
        let over: CoreError = Reject::LimitExceeded.into();
        assert_eq!(town.pay("single", &town.to_wang(Fen::of(201))).await, Err(over.clone()));
        let mut asks = tokio::task::JoinSet::new();
        for n in 0..32 {
            let (core, payment) = (town.core.clone(), town.to_wang(yuan(1)));
            let ctx = town.order(&format!("p{n}"));
            asks.spawn(async move { core.pay(&ctx, &payment).await.map(drop) });
        }
        let told = asks.join_all().await;
        assert_eq!(told.iter().filter(|t| t.is_ok()).count(), 5, "{told:?}");
        assert_eq!(told.iter().filter(|t| **t == Err(over.clone())).count(), 27, "{told:?}");
        assert_eq!(Some(used().await), day);
        assert_eq!(town.has(&town.payer()).await, before.checked_sub(yuan(5)).unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_day_after_nothing_is_undone_any_more() {
    for town in towns(8).await {
        town.pay("p1", &town.to_wang(yuan(1))).await.unwrap();
        town.clock.advance_ms(base::DAY_MS);
        let over = Undone::Refused(Reject::DayClosed { opens_at: None });
        for id in ["r1", "r1", "r2"] {
            assert_eq!(town.reverse(id, "p1").await, over, "{id}");
        }
        assert!(matches!(town.fate("p1", false).await, Fate::Posted(_)));
        assert_eq!(
            town.fate("r1", false).await,
            Fate::Rejected(Reject::DayClosed { opens_at: None })
        );
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_the_payee_has_spent_is_not_taken_back() {
    for town in towns(8).await {
        let wang = town.payee();
        town.pay("p1", &town.to_wang(yuan(7))).await.unwrap();
        let all = town.core.balance(&town.ctx(LING), &wang).await.unwrap().available;
        let spent = movement::cash_out(wang.as_str().parse().unwrap(), all);
        let _ = town.core.post(LING, "spent", spent).await.unwrap().unwrap();
        let short = Undone::Refused(Reject::InsufficientFunds);
        assert_eq!(town.reverse("r1", "p1").await, short);
        town.give(&wang, yuan(7)).await;
        assert_eq!(town.reverse("r1", "p1").await, short, "the same id");
        assert!(matches!(town.reverse("r2", "p1").await, Undone::Reversed { .. }));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_payee_is_told_by_bank_and_a_stopped_account_says_so() {
    for town in towns(8).await {
        let (wang, zhou) =
            (town.person("王强").card_no.clone(), town.person("周海燕").card_no.clone());
        let spaced = format!("{} {}", &wang[..6], &wang[6..]);
        let here = town.find(&spaced, "王 强", None).await.unwrap();
        assert_eq!(here.payee, Payee::Here { account: town.payee() });
        assert_eq!((here.bank.name.as_str(), here.tail.as_str()), ("陵溪农商行", "1122"));

        let there = town.find(&zhou, "周海燕", None).await.unwrap();
        assert!(there.is_name_checked && matches!(there.payee, Payee::Elsewhere { .. }));
        assert_eq!(there.bank.name, "西岭农信社");
        assert_eq!(town.find(&zhou, "周海", None).await, Err(Reject::PayeeMismatch.into()));

        let icbc = card("622202", "7771");
        let known = town.find(&icbc, "郑生", None).await.unwrap();
        assert_eq!((known.bank.name.as_str(), known.is_name_checked), ("中国工商银行", false));
        let unknown = card("620000", "7771");
        assert_eq!(town.find(&unknown, "郑生", None).await, Err(Reject::NotFound.into()));
        let Bank { bank_no, .. } = known.bank;
        let named = town.find(&unknown, "郑生", Some(&bank_no)).await.unwrap();
        assert_eq!(named.bank.name, "中国工商银行");
        // A company's account number has no check digit; a card's does, whatever bank is named.
        assert!(town.find("1207001000000012", "宏发商行", Some(&bank_no)).await.is_ok());
        let mistyped = format!("{}8", &icbc[..icbc.len() - 1]);
        let number = Err(Reject::Validation { field: "number" }.into());
        assert_eq!(town.find(&mistyped, "郑生", Some(&bank_no)).await, number);

        let account = town.payee();
        for (state, want) in [
            (AccountState::Frozen, Reject::AccountBlocked(Direction::In)),
            (AccountState::Closed, Reject::AccountNotActive),
        ] {
            town.core.set_state(LING, &account, state).await.unwrap();
            assert_eq!(town.find(&wang, "王强", None).await, Err(want.clone().into()));
            let paid = town.pay(&format!("p{state:?}"), &town.to_wang(yuan(1))).await;
            assert_eq!(paid, Err(want.into()));
        }
    }
}

#[tokio::test]
async fn money_is_neither_paid_out_of_nor_into_what_is_no_account_at_call() {
    for town in towns(8).await {
        let (loan, deposit) =
            (town.account("王强", "2091").await, town.account("王强", "6013").await);
        let credit = town.account("王强", "4410").await;
        let kind: CoreError = Reject::Validation { field: "account" }.into();
        for (n, account) in [&loan, &deposit].into_iter().enumerate() {
            let payee = Payee::Here { account: account.clone() };
            let into = Payment { payee, ..town.to_wang(yuan(1)) };
            assert_eq!(town.pay(&format!("into{n}"), &into).await, Err(kind.clone()));
        }
        let out = Payment { payer: credit.clone(), ..town.to_wang(yuan(1)) };
        assert_eq!(town.pay("out", &out).await, Err(kind));
        let card = Payment { payee: Payee::Here { account: credit }, ..town.to_wang(yuan(1)) };
        assert!(town.pay("card", &card).await.is_ok(), "a credit card takes money");
    }
}

#[tokio::test]
async fn holds_whose_time_is_over_are_swept() {
    for town in towns(8).await {
        let before = town.core.balance(&town.ctx(LING), &town.payer()).await.unwrap();
        town.hold("h1", yuan(5)).await.unwrap();
        town.hold("h2", yuan(6)).await.unwrap();
        assert_eq!(town.core.end_holds().await.unwrap(), 0);
        town.clock.advance_ms(600_000);
        assert_eq!(town.core.end_holds().await.unwrap(), 2);
        assert_eq!(town.core.end_holds().await.unwrap(), 0);
        let after = town.core.balance(&town.ctx(LING), &town.payer()).await.unwrap();
        assert_eq!((after.held, after.available), (before.held, before.available));
        assert_eq!(town.fate("h1", false).await, Fate::Hold(HoldState::Ended));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_hold_whose_time_is_over_is_in_nobodys_way_before_it_is_swept() {
    for town in towns(8).await {
        let all = town.core.balance(&town.ctx(LING), &town.payer()).await.unwrap().available;
        for id in ["asked", "voided", "spent", "held"] {
            town.hold(id, all).await.unwrap();
            town.clock.advance_ms(600_000);
            match id {
                "asked" => assert_eq!(town.fate(id, false).await, Fate::Hold(HoldState::Ended)),
                "voided" => {
                    let late = town.money().void(&town.order("v1"), id).await;
                    assert_eq!(late, Err(Reject::NotFound.into()));
                }
                "spent" => {
                    assert!(town.pay("p1", &town.to_wang(all)).await.is_ok());
                    assert!(matches!(town.reverse("r1", "p1").await, Undone::Reversed { .. }));
                }
                _ => assert!(town.hold("again", all).await.is_ok()),
            }
            assert_eq!(town.broken().await, Vec::<String>::new(), "{id}");
        }
    }
}

#[tokio::test]
async fn a_large_sum_goes_only_in_working_hours() {
    for town in towns(8).await {
        let Ok(found) = town.find(&card("622202", "7771"), "郑生", None).await else {
            panic!("no payee")
        };
        let (payer, amount) = (town.payer(), yuan(2_000_000));
        let ask = QuoteAsk { payer, payee: found.payee.clone(), amount };
        let quote = town.money().quote(&town.ctx(LING), &ask).await.unwrap();
        assert_eq!(quote.rail, Rail::Hvps);
        town.give(&town.payer(), yuan(3_000_000)).await;
        // From Monday morning to Saturday.
        town.clock.advance_ms(5 * base::DAY_MS);
        let shut = town.money().quote(&town.ctx(LING), &ask).await;
        assert_eq!(shut, Err(Reject::Unsupported.into()));
        let (fee, rail) = (quote.fee, quote.rail);
        let late = Payment { payee: found.payee, fee, rail, ..town.to_wang(amount) };
        assert_eq!(town.pay("p1", &late).await, Err(Reject::Unsupported.into()));
        assert_eq!(town.fate("p1", false).await, Fate::Rejected(Reject::Unsupported));
    }
}

#[tokio::test]
async fn the_books_of_another_institution_are_not_touched_by_ours() {
    for town in towns(8).await {
        let zhou = town.person("周海燕").account.clone();
        let before = town.core.balance(&town.ctx(XI), &zhou).await.unwrap();
        let theirs = Payment { payer: zhou.clone(), ..town.to_wang(yuan(1)) };
        assert_eq!(town.pay("p1", &theirs).await, Err(Reject::NotFound.into()));
        let after = town.core.balance(&town.ctx(XI), &zhou).await.unwrap();
        assert_eq!(after.posted, before.posted);
    }
}
