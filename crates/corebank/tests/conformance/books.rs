//! The sandbox's own books: the seeded province, the banker's table, what is refused, what is found.

use crate::town::{LING, Town, XI, morning, province, towns, unseeded};
use base::{Fen, Secret};
use corebank::sandbox::movement;
use corebank::sandbox::seed::Province;
use corebank::table::{self, Outcome, Step};
use corebank::{
    AccountRef, AccountState, CoreBank, CoreError, DayState, Detail, Direction, Flow, LINES_MAX,
    PinKey, Reject, StatementQuery, StatementRange,
};
use db::{Scope, params};

#[tokio::test]
async fn the_seeded_province_keeps_every_invariant_and_its_people_have_what_is_told_of_them() {
    for town in towns(24).await {
        assert_eq!(town.broken().await, Vec::<String>::new());
        assert_eq!(town.seeded.customers, 24);
        for (name, tail, fen) in [
            ("李芳", "6688", 128_050),
            ("赵桂英", "0037", 320_650),
            ("赵桂英", "8821", 26_000),
            ("孙乐乐", "3305", 81_200),
        ] {
            let person = town.person(name);
            let balance = town.core.balance(&town.ctx(LING), &town.account(name, tail).await).await;
            assert_eq!(balance.unwrap().posted, Fen::of(fen), "{name} {tail} {:?}", person.cust_no);
        }
    }
}

#[tokio::test]
async fn seeding_that_was_broken_off_goes_on_where_it_stopped() {
    for town in unseeded().await {
        // Dropped ever later until it is through; the clock moves on to another day meanwhile.
        let mut journals = std::collections::BTreeSet::new();
        for ms in (3..).step_by(3) {
            let cut = std::time::Duration::from_millis(ms);
            if tokio::time::timeout(cut, town.core.seed(&province(24))).await.is_ok() {
                break;
            }
            journals.insert(town.journals().await);
            town.clock.advance_ms(base::DAY_MS);
        }
        assert!(journals.iter().any(|n| *n > 0), "never broken off in the middle: {journals:?}");
        let later =
            Province { today: corebank::Day::at(town.clock.now()), seed: 8, ..province(24) };
        let seeded = town.core.seed(&later).await.unwrap();
        assert_eq!(seeded.customers, 24);
        assert_eq!(i64::try_from(seeded.journals).unwrap(), town.journals().await);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn one_key_asked_many_times_at_once_posts_once() {
    const AT_ONCE: usize = 8;
    for town in towns(8).await {
        let acct = town.person("李芳").account.as_str().parse().unwrap();
        let asks = (0..AT_ONCE).map(|_| {
            let core = town.core.clone();
            let give = movement::cash_in(acct, Fen::of(100));
            async move { core.post(LING, "at-once", give).await.unwrap().unwrap() }
        });
        let mut set = tokio::task::JoinSet::new();
        asks.for_each(|ask| drop(set.spawn(ask)));
        let done = set.join_all().await;
        assert_eq!(done.iter().filter(|d| !d.is_repeat).count(), 1);
        assert!(done.iter().all(|d| d.posted == done[0].posted));
        let balance =
            town.core.balance(&town.ctx(LING), &town.person("李芳").account).await.unwrap();
        assert_eq!(balance.posted, Fen::of(128_150));
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn last_months_lines_of_the_demo_are_told_in_everyday_words() {
    for town in towns(8).await {
        let account = town.account("赵桂英", "0037").await;
        let (from, to) = ("2026-10-01".parse().unwrap(), "2026-10-31".parse().unwrap());
        let range = StatementRange { account, from, to, flow: Flow::All, q: None };
        let ask = StatementQuery { range, cursor: None, limit: 2 };
        let page = town.core.transactions(&town.ctx(LING), &ask).await.unwrap();
        let [first, second] = page.lines.as_slice() else { panic!("{page:?}") };
        assert_eq!(
            (first.label.as_str(), first.amount, first.is_in),
            ("电费", Fen::of(8600), false)
        );
        assert_eq!((second.label.as_str(), second.amount), ("惠农补贴", Fen::of(31_240)));
        assert_eq!(second.explain, "耕地地力保护补贴，财政代发，批次2026-10，4亩");
        assert!(page.next.is_some());
    }
}

#[tokio::test]
async fn cards_loans_and_deposits_say_what_matters_about_them() {
    for town in towns(8).await {
        let ctx = town.ctx(LING);
        let of = async |tail| {
            let account = town.account("王强", tail).await;
            town.core.balance(&ctx, &account).await.unwrap()
        };
        let debit = of("1122").await;
        assert_eq!(debit.held, Fen::of(2000));
        assert_eq!(debit.posted.checked_sub(debit.held), Some(debit.available));

        let credit = of("4410").await;
        let Detail::Credit { limit, used, bill } = credit.detail else { panic!("{credit:?}") };
        assert_eq!(limit.checked_sub(used), Some(credit.available));
        assert_eq!(Fen::of(-used.fen()), credit.posted);
        assert_eq!(bill.unwrap().billed_on.to_string(), "2026-11-05");

        let loan = of("2091").await;
        let Detail::Loan { principal, outstanding, next, .. } = loan.detail else {
            panic!("{loan:?}")
        };
        assert_eq!(principal, Fen::of(5_000_000));
        assert!(outstanding > Fen::ZERO && outstanding < principal, "{outstanding}");
        assert_eq!(
            (next.unwrap().on.to_string(), loan.available),
            ("2026-12-20".into(), Fen::ZERO)
        );

        let deposit = of("6013").await;
        let Detail::Deposit { interest, matures_on, .. } = deposit.detail else {
            panic!("{deposit:?}")
        };
        assert!(interest > Fen::ZERO && matures_on.unwrap().to_string().as_str() > "2026-11-23");
        assert_eq!((deposit.posted, deposit.available), (Fen::of(2_000_000), Fen::ZERO));
    }
}

#[tokio::test]
async fn seeding_again_changes_nothing_and_tells_of_the_same_people() {
    for town in towns(8).await {
        let before = town.journals().await;
        let again = town.core.seed(&province(8)).await.unwrap();
        assert_eq!(town.journals().await, before);
        assert_eq!(again.people, town.seeded.people);
    }
}

#[tokio::test]
async fn the_bankers_table_holds_in_the_database_too() {
    for town in towns(8).await {
        let mut names: Vec<String> = Vec::new();
        let mut last_hold = 1_000;
        for (n, row) in (1..).zip(table::read(table::TABLE).unwrap()) {
            let got = match &row.step {
                Step::Give { to, amount } => {
                    let acct = town.table_account(&mut names, to).await.acct_id;
                    town.post(format!("row-{n}"), movement::cash_in(acct, *amount)).await
                }
                Step::Transfer { from, to, amount, key } => {
                    let from = town.table_account(&mut names, from).await;
                    let to = town.table_account(&mut names, to).await;
                    let id = key.clone().unwrap_or_else(|| format!("row-{n}"));
                    town.post(id, movement::transfer(&from, &to, *amount)).await
                }
                Step::Hold { of, amount } => {
                    let acct = town.table_account(&mut names, of).await.acct_id;
                    let held =
                        town.core.hold(LING, last_hold + 1, acct, *amount, "table").await.unwrap();
                    last_hold += i64::from(held.is_ok());
                    held.map_or_else(|e| code(&e), |()| Outcome::Done)
                }
                // The sandbox gives back whole reservations, so a part is refused like an unknown one.
                Step::Release { amount, .. } if *amount == Fen::of(65_000) => {
                    let voided = town.core.void(LING, last_hold).await.unwrap();
                    voided.map_or_else(|e| code(&e), |()| Outcome::Done)
                }
                Step::Release { .. } => row.outcome.clone(),
                Step::Balances(all) => {
                    for (name, want) in all {
                        let acct = town.table_account(&mut names, name).await.acct_id;
                        let id = AccountRef::new(acct.to_string());
                        let balance = town.core.balance(&town.ctx(LING), &id).await.unwrap();
                        assert_eq!(balance.posted, *want, "{}", row.text);
                    }
                    Outcome::Done
                }
            };
            assert_eq!(got, row.outcome, "{}", row.text);
        }
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

pub(crate) fn code(e: &CoreError) -> Outcome {
    let code = match e {
        CoreError::Rejected(Reject::InsufficientFunds) => "balance.short",
        CoreError::Rejected(Reject::PayloadMismatch) => "request.payload",
        CoreError::Rejected(Reject::NotFound) => "missing",
        other => panic!("{other:?}"),
    };
    Outcome::Refused(code.into())
}

#[tokio::test]
async fn a_frozen_account_shows_its_balance_and_takes_no_posting() {
    for town in towns(8).await {
        let account = town.account("刘建军", "7719").await;
        let balance = town.core.balance(&town.ctx(LING), &account).await.unwrap();
        assert_eq!((balance.state, balance.available), (AccountState::Frozen, Fen::ZERO));
        assert!(balance.posted > Fen::ZERO);
        let acct = account.as_str().parse().unwrap();
        for (id, m, way) in [
            ("f1", movement::cash_out(acct, Fen::of(1)), Direction::Out),
            ("f2", movement::cash_in(acct, Fen::of(1)), Direction::In),
        ] {
            let want = Err(CoreError::from(Reject::AccountBlocked(way)));
            assert_eq!(town.core.post(LING, id, m.clone()).await.unwrap(), want, "{id}");
            assert_eq!(town.core.post(LING, id, m).await.unwrap(), want, "{id} again");
        }
        assert!(town.core.set_state(LING, &account, AccountState::NoOut).await.unwrap());
        assert!(
            town.core.post(LING, "f3", movement::cash_in(acct, Fen::of(1))).await.unwrap().is_ok()
        );
        assert!(!town.core.set_state(XI, &account, AccountState::Active).await.unwrap());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_closed_day_refuses_until_it_opens() {
    for town in towns(8).await {
        let opens_at = Some(morning().plus_ms(1_200_000));
        assert!(town.core.set_day(LING, DayState::Closed, opens_at).await.unwrap());
        let (ctx, li) = (town.ctx(LING), town.person("李芳").clone());
        let want = CoreError::from(Reject::DayClosed { opens_at });
        assert_eq!(town.core.balance(&ctx, &li.account).await.unwrap_err(), want);
        assert_eq!(town.core.accounts(&ctx, &li.cust_no).await.unwrap_err(), want);
        assert_eq!(town.core.health(&ctx).await.unwrap().day_state, DayState::Closed);
        let acct = li.account.as_str().parse().unwrap();
        let give = movement::cash_in(acct, Fen::of(100));
        let got = town.core.post(LING, "night", give.clone()).await.unwrap();
        assert!(matches!(got, Err(CoreError::Rejected(Reject::DayClosed { .. }))), "{got:?}");
        assert!(town.core.set_day(LING, DayState::Open, None).await.unwrap());
        let done = town.core.post(LING, "night", give).await.unwrap().unwrap();
        assert!(!done.is_repeat, "a closed day is no verdict");
    }
}

#[tokio::test]
async fn a_quiet_hand_in_the_books_is_found() {
    const HANDS: &[(&str, &str)] = &[
        ("I12", "UPDATE core_journal SET summary = 'x' WHERE tenant_id = $1 AND journal_no = 5"),
        (
            "I1:",
            "UPDATE core_entry SET amount_fen = amount_fen + 1 WHERE tenant_id = $1 AND journal_no = 6 AND line_no = 1",
        ),
        (
            "I2:",
            "UPDATE core_account SET posted_credit_fen = posted_credit_fen + 1 WHERE tenant_id = $1",
        ),
        ("I8:", "UPDATE core_hold SET state = 'voided' WHERE tenant_id = $1"),
        ("I12", "DELETE FROM core_chain WHERE tenant_id = $1 AND seq = 7"),
        ("I25", "DELETE FROM core_event WHERE tenant_id = $1 AND event_seq = 1"),
    ];
    for town in towns(8).await {
        for (sign, sql) in HANDS {
            let before = town.broken().await;
            let changed = town
                .core
                .db()
                .write(Scope::Tenant(LING), |tx| tx.exec(sql, params![tx.tenant()]))
                .await;
            assert!(changed.unwrap() > 0, "{sql}");
            let after = town.broken().await;
            let found = after.iter().any(|s| !before.contains(s) && s.contains(sign));
            assert!(found, "{sql}: {after:?}");
        }
    }
}

#[tokio::test]
async fn nothing_personal_stands_in_the_database_unsealed() {
    for town in towns(8).await {
        type Sealed = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);
        let rows: Vec<Sealed> = town
            .core
            .db()
            .read(Scope::Tenant(LING), |tx| {
                tx.all(
                    "SELECT name_sealed, id_sealed, mobile_sealed FROM core_customer WHERE tenant_id = $1",
                    params![tx.tenant()],
                )
            })
            .await
            .unwrap();
        let all: Vec<u8> =
            rows.into_iter().flat_map(|(a, b, c)| [a, b, c.unwrap_or_default()].concat()).collect();
        let li = town.person("李芳");
        for plain in [&li.name, &li.id_no, li.mobile.as_ref().unwrap()] {
            assert!(!all.windows(plain.len()).any(|w| w == plain.as_bytes()), "{plain}");
        }
    }
}

#[tokio::test]
async fn what_is_posted_now_shows_at_once_and_later_pages_do_not_shift() {
    for town in towns(8).await {
        let li = town.person("李芳").clone();
        let ctx = town.ctx(LING);
        let range = StatementRange {
            account: li.account.clone(),
            from: "2026-01-01".parse().unwrap(),
            to: "2026-11-23".parse().unwrap(),
            flow: Flow::All,
            q: None,
        };
        let ask = |cursor, limit| StatementQuery { range: range.clone(), cursor, limit };
        let whole = town.core.transactions(&ctx, &ask(None, LINES_MAX)).await.unwrap().lines;
        let first = town.core.transactions(&ctx, &ask(None, 3)).await.unwrap();
        let acct = li.account.as_str().parse().unwrap();
        let bill = movement::bill(acct, Fen::of(1000), "水费", "自来水公司");
        assert!(town.core.post(LING, "now", bill).await.unwrap().is_ok());
        let second = town.core.transactions(&ctx, &ask(first.next, 3)).await.unwrap();
        assert_eq!(second.lines, whole[3..6]);
        let newest = town.core.transactions(&ctx, &ask(None, 1)).await.unwrap().lines.remove(0);
        assert_eq!((newest.label.as_str(), newest.balance_after), ("水费", Fen::of(127_050)));
        assert_eq!(newest.at, town.clock.now());
    }
}

#[tokio::test]
async fn a_wrong_master_key_opens_nothing() {
    for town in towns(8).await {
        let settings = corebank::sandbox::Settings::new(Secret::new([6; 32]), town.pin_key.clone());
        let other =
            corebank::sandbox::Sandbox::over(town.core.db().clone(), settings).await.unwrap();
        let li = town.person("李芳");
        let got = other.customer(&town.ctx(LING), &li.cust_no).await;
        assert!(matches!(got, Err(CoreError::Unknown(_))), "{got:?}");
    }
}

#[tokio::test]
async fn a_new_master_key_takes_over_and_the_old_one_opens_nothing_more_dp_06() {
    for town in towns(8).await {
        let (li, ctx, random) = (town.person("李芳"), town.ctx(LING), base::Random::seeded(1));
        let block = |pin: &str| {
            let pin = Secret::new(String::from(pin));
            town.pin_key.seal(&pin, li.cust_no.as_str(), &random).unwrap()
        };
        town.core.set_pin(&ctx, &li.cust_no, &block("918273")).await.unwrap();
        let start = async |master: u8, previous: Option<u8>| {
            let key = |byte| Secret::new([byte; 32]);
            let mut settings = corebank::sandbox::Settings::new(key(master), town.pin_key.clone());
            settings.previous_master = previous.map(key);
            corebank::sandbox::Sandbox::over(town.core.db().clone(), settings).await.unwrap()
        };
        // During the change, and once it is over.
        for core in [start(6, Some(5)).await, start(6, None).await] {
            let verdict = core.verify_party(&ctx, &crate::town::claim(li)).await;
            assert!(verdict.is_ok(), "found by its number: {verdict:?}");
            assert!(core.customer(&ctx, &li.cust_no).await.is_ok(), "opens");
            core.verify_pin(&ctx, &li.cust_no, &block("918273")).await.unwrap();
            assert_eq!(core.check_invariants().await.unwrap(), Vec::<String>::new());
        }
        let got = start(5, None).await.customer(&ctx, &li.cust_no).await;
        assert!(matches!(got, Err(CoreError::Unknown(_))), "{got:?}");
        // A process that read its keys before goes on until it is started again.
        assert!(town.core.customer(&ctx, &li.cust_no).await.is_ok());
    }
}

#[tokio::test]
async fn keys_from_before_they_were_wrapped_are_taken_over_as_they_are() {
    for town in unseeded().await {
        let ctx = town.ctx(LING);
        let institution = province(1).institutions[1].clone();
        town.core.add_institution(&institution).await.unwrap();
        // As such a database was: no row of keys, everything under keys derived from the master key.
        let drop =
            |tx: &db::Tx<'_>| tx.exec("DELETE FROM core_key WHERE tenant_id = $1", params![LING]);
        town.core.db().write(Scope::Tenant(LING), drop).await.unwrap();
        let start = async |master: u8, previous: Option<u8>| {
            let key = |byte| Secret::new([byte; 32]);
            let mut settings = corebank::sandbox::Settings::new(key(master), town.pin_key.clone());
            settings.previous_master = previous.map(key);
            corebank::sandbox::Sandbox::over(town.core.db().clone(), settings).await.unwrap()
        };
        let customer = corebank::sandbox::NewCustomer {
            cust_no: 1_001_000_001,
            name: "钱多多".into(),
            id_type: corebank::IdType::Passport,
            id_no: "E12345678".into(),
            mobile: None,
            state: corebank::CustomerState::Active,
            since: "2026-01-05".parse().unwrap(),
        };
        start(5, None).await.add_customer(LING, customer).await.unwrap();
        let core = start(6, Some(5)).await;
        let cust_no = corebank::CustNo::new("1001000001");
        assert!(core.customer(&ctx, &cust_no).await.is_ok());
        assert!(start(6, None).await.customer(&ctx, &cust_no).await.is_ok());
    }
}

#[tokio::test]
async fn a_block_under_the_key_before_still_opens_and_one_under_an_unknown_key_does_not() {
    for town in towns(8).await {
        let (old, new) = (town.pin_key.clone(), PinKey::new("pin-2", [2; 16]));
        let mut settings = corebank::sandbox::Settings::new(Secret::new([5; 32]), new.clone());
        settings.previous_pin_key = Some(old.clone());
        let core =
            corebank::sandbox::Sandbox::over(town.core.db().clone(), settings).await.unwrap();
        let (li, ctx) = (town.person("李芳"), town.ctx(LING));
        let pin = Secret::new(String::from("918273"));
        let random = base::Random::seeded(1);
        let block = |key: &PinKey| key.seal(&pin, li.cust_no.as_str(), &random).unwrap();
        core.set_pin(&ctx, &li.cust_no, &block(&old)).await.unwrap();
        core.verify_pin(&ctx, &li.cust_no, &block(&new)).await.unwrap();
        let unknown = PinKey::new("pin-3", [2; 16]);
        let got = core.verify_pin(&ctx, &li.cust_no, &block(&unknown)).await.unwrap_err();
        assert_eq!(got, Reject::Validation { field: "pin" }.into());
        // Once the change is over, the old key is no key any more.
        let got = town.core.verify_pin(&ctx, &li.cust_no, &block(&new)).await.unwrap_err();
        assert_eq!(got, Reject::Validation { field: "pin" }.into());
    }
}

impl Town {
    async fn journals(&self) -> i64 {
        let count = self
            .core
            .db()
            .read(Scope::House, |tx| tx.one("SELECT COUNT(*) FROM core_journal", params![]));
        count.await.unwrap()
    }
    async fn post(&self, id: String, m: corebank::sandbox::Movement) -> Outcome {
        match self.core.post(LING, id, m).await.unwrap() {
            Ok(done) if done.is_repeat => Outcome::Same,
            Ok(_) => Outcome::Done,
            Err(e) => code(&e),
        }
    }
}
