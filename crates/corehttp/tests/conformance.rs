//! Every sentence of the port over the wire: adapter, HTTP on loopback, server, sandbox; on every engine there is.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

#[path = "../../corebank/tests/conformance/cells.rs"]
mod cells;
#[path = "../../corebank/tests/conformance/fixture.rs"]
mod fixture;
#[path = "chaos/proxy.rs"]
#[expect(dead_code, reason = "shared with the sweep, which uses more of it")]
mod proxy;
#[path = "../../corebank/tests/conformance/town.rs"]
#[expect(dead_code, reason = "shared with the tests of the sandbox, which use more of it")]
mod town;

use base::{Clock, Fen, Random, Secret};
use corebank::bills::BillAsk;
use corebank::conformance::{Anew, Finding, Fixture, Trouble, TroubleSwitch, check};
use corebank::money::{Payee, PayeeAsk, Payment, Rail};
use corebank::sandbox::Sandbox;
use corebank::{CoreBank, Ctx, Day, PartyClaim, Reject};
use corehttp::{HttpCore, Key, Keys, Mock, Peer};
use proxy::{End, Fault, Proxy};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use town::{LING, Town, XI, seeded, towns, unseeded_by};

fn hmac(id: &str, fill: u8) -> Key {
    Key::hmac(id, Secret::new(vec![fill; 32])).unwrap()
}

/// SM2 by the secrets of this side and the other.
fn sm2(id: &str, own: u8, other: u8) -> Key {
    let secret = sm2::SecretKey::from_slice(&[other; 32]).unwrap();
    Key::sm2(id, &Secret::new(vec![own; 32]), &secret.public_key().to_sec1_bytes()).unwrap()
}

/// A core behind the wire on loopback: where it is.
async fn served(core: Sandbox, theirs: Vec<Key>, clock: &Clock) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let mock = Mock::new(Arc::new(core), Keys::new(theirs).unwrap(), clock.clone());
    for_good(mock, listener);
    at
}

#[expect(clippy::disallowed_methods, reason = "it lives as long as the test's runtime")]
fn for_good(mock: Mock, listener: TcpListener) {
    tokio::spawn(mock.serve(listener));
}

async fn met(url: String, mine: Key, clock: &Clock) -> HttpCore {
    let peer = Peer { url, keys: Keys::new(vec![mine]).unwrap() };
    let ctx = Ctx::new(LING, clock.now().plus_ms(30_000), "test");
    HttpCore::meet(peer, clock.clone(), Random::seeded(5), &ctx).await.unwrap()
}

/// The town's core behind the wire, with one key on the caller's side.
async fn wired(town: &Town, mine: Key, theirs: Vec<Key>) -> HttpCore {
    let at = served(town.core.clone(), theirs, &town.clock).await;
    met(format!("http://{at}"), mine, &town.clock).await
}

fn broken(findings: &[Finding]) -> Vec<String> {
    findings.iter().filter(|f| f.broken.is_some()).map(ToString::to_string).collect()
}

/// The line is cut before the command, after it, or stands still until nobody waits any more.
fn trouble(proxy: Arc<Proxy>) -> TroubleSwitch {
    let is_held = Arc::new(Mutex::new(false));
    Arc::new(move |trouble| {
        let (proxy, is_held) = (proxy.clone(), is_held.clone());
        Box::pin(async move {
            let was_held =
                std::mem::replace(&mut *is_held.lock().unwrap(), trouble == Trouble::Slow);
            if was_held {
                proxy.release().await;
            }
            proxy.next(match trouble {
                Trouble::None => Fault::None,
                Trouble::Unreachable => Fault::CutRequest(0, End::Close),
                Trouble::LostAnswer => Fault::CutAnswer(0, End::Reset),
                Trouble::Slow => Fault::HoldAnswer,
            });
        })
    })
}

/// Another server over the same books, with nothing of the first one's memory, and an adapter that meets it.
fn anew(town: &Town) -> Anew {
    let (again, clock) = (Arc::new(town.reopened()), town.clock.clone());
    Arc::new(move || {
        let (again, clock) = (again.clone(), clock.clone());
        Box::pin(async move {
            let at = served(again().await, vec![hmac("bank-1", 7)], &clock).await;
            let core = met(format!("http://{at}"), hmac("bank-1", 7), &clock).await;
            Arc::new(core) as Arc<dyn CoreBank>
        })
    })
}

#[tokio::test]
async fn the_wire_changes_no_sentence_of_the_port_whatever_happens_on_it() {
    for town in towns(8).await {
        let at = served(town.core.clone(), vec![hmac("bank-1", 7)], &town.clock).await;
        let proxy = Arc::new(Proxy::before(at).await);
        let core = met(proxy.url.clone(), hmac("bank-1", 7), &town.clock).await;
        assert_eq!(core.capabilities(), town.core.capabilities());
        let mut fixture = town.fixture().await;
        let money = fixture.money.as_mut().unwrap();
        (money.trouble, money.anew) = (Some(trouble(proxy)), Some(anew(&town)));
        let findings = check(&core, &fixture).await;
        assert_eq!(broken(&findings), Vec::<String>::new());
        cells::assert_shown(&findings);
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

/// As a bank tries it against a system of its own (the examples `mock` and `conformance`).
#[tokio::test]
async fn the_suite_holds_by_a_clock_that_nobody_turns() {
    for town in seeded(unseeded_by(|| Clock::System).await, 8).await {
        let core = wired(&town, hmac("bank-1", 7), vec![hmac("bank-1", 7)]).await;
        let findings = check(&core, &town.fixture().await).await;
        assert_eq!(broken(&findings), Vec::<String>::new());
        assert_eq!(town.broken().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn sm2_signs_as_well_as_a_shared_secret() {
    for town in towns(8).await {
        let core = wired(&town, sm2("bank-2", 1, 2), vec![sm2("bank-2", 2, 1)]).await;
        let (ctx, li) = (town.ctx(LING), town.person("李芳"));
        assert_eq!(
            core.balance(&ctx, &li.account).await,
            town.core.balance(&ctx, &li.account).await
        );
    }
}

#[tokio::test]
async fn while_keys_change_the_old_and_the_new_are_both_good() {
    for town in towns(8).await {
        for key in [("old", 7), ("new", 8)] {
            let theirs = vec![hmac("new", 8), hmac("old", 7)];
            let core = wired(&town, hmac(key.0, key.1), theirs).await;
            core.health(&town.ctx(LING)).await.unwrap();
        }
    }
}

/// What is told over the wire is what the sandbox tells, to the last field.
#[tokio::test]
async fn nothing_is_lost_or_changed_on_the_way() {
    for town in towns(8).await {
        let wire = wired(&town, hmac("bank-1", 7), vec![hmac("bank-1", 7)]).await;
        let ctx = town.ctx(LING);
        for person in town.seeded.people.iter().filter(|p| p.tenant == LING) {
            assert_eq!(told(&wire, &ctx, person).await, told(&town.core, &ctx, person).await);
        }
        let far = town.ctx(XI);
        let there = town.person("周海燕");
        assert_eq!(told(&wire, &far, there).await, told(&town.core, &far, there).await);
    }
}

/// Everything that can be asked about someone, printed.
async fn told(
    core: &dyn CoreBank,
    ctx: &Ctx,
    person: &corebank::sandbox::seed::DemoPerson,
) -> Vec<String> {
    let cust = &person.cust_no;
    let mut all = vec![
        format!("{:?}", core.customer(ctx, cust).await),
        format!("{:?}", core.assets(ctx, cust).await),
        format!("{:?}", core.loans(ctx, cust).await),
        format!("{:?}", core.credit_lines(ctx, cust).await),
        format!("{:?}", core.guarantees(ctx, cust).await),
        format!("{:?}", core.term_deposits(ctx, cust).await),
        format!("{:?}", core.officer(ctx, cust).await),
        format!("{:?}", core.pension(ctx, cust).await),
        format!("{:?}", core.medical_account(ctx, cust).await),
        format!("{:?}", core.contributions(ctx, cust).await),
        format!("{:?}", core.social_card(ctx, cust).await),
        format!("{:?}", core.pin_state(ctx, cust).await),
        format!("{:?}", core.issuer(ctx, &person.card_no).await),
        format!("{:?}", core.card_products(ctx).await),
    ];
    for account in core.accounts(ctx, cust).await.unwrap() {
        let id = &account.id;
        all.extend([
            format!("{account:?}"),
            format!("{:?}", core.balance(ctx, id).await),
            format!("{:?}", core.account_interest(ctx, id).await),
            format!("{:?}", core.limits(ctx, id).await),
            format!("{:?}", core.opening_branch(ctx, id).await),
            format!("{:?}", core.controls(ctx, cust, id).await),
            format!("{:?}", core.card(ctx, id).await),
            format!("{:?}", core.bills(ctx, id, 3).await),
            format!("{:?}", core.card_plans(ctx, id).await),
            format!("{:?}", core.points(ctx, id).await),
            format!("{:?}", core.schedule(ctx, id).await),
        ]);
    }
    all
}

#[tokio::test]
async fn a_days_file_is_the_same_byte_by_byte() {
    for town in towns(8).await {
        let core = wired(&town, hmac("bank-1", 7), vec![hmac("bank-1", 7)]).await;
        let day = Day::at(town.clock.now());
        let payment = Payment {
            payer: town.person("李芳").account.clone(),
            payee: Payee::Here { account: town.person("王强").account.clone() },
            amount: Fen::of(12_300),
            fee: Fen::ZERO,
            rail: Rail::Book,
            purpose: "房租".into(),
            valid_until: town.clock.now().plus_ms(60_000),
        };
        let channel = Some(("serial-1".to_owned(), day));
        let ctx = Ctx { request_id: Some("file-1".into()), channel, ..town.ctx(LING) };
        let money = core.money().unwrap();
        money.pay(&ctx, &payment).await.unwrap();

        let mut none = Vec::new();
        let early = money.recon_file(&town.ctx(LING), day, &mut none).await;
        assert_eq!(early, Err(Reject::NotEligible.into()), "the day is not over");
        assert!(none.is_empty());

        town.clock.advance_ms(base::DAY_MS);
        let (mut here, mut there) = (Vec::new(), Vec::new());
        let ctx = town.ctx(LING);
        let made = town.core.money().unwrap().recon_file(&ctx, day, &mut here).await.unwrap();
        let came = money.recon_file(&ctx, day, &mut there).await.unwrap();
        assert_eq!(made.totals.count, 1);
        assert_eq!((came, there), (made, here));
    }
}

fn claimed(claim: &PartyClaim) -> Value {
    json!({
        "name": claim.name.reveal(), "id_type": "resident_id", "id_no": claim.id_no.reveal(),
        "account_no": claim.account_no.reveal(), "mobile": claim.mobile.reveal(),
    })
}

fn written(f: &Fixture) -> Value {
    let (money, bills) = (f.money.as_ref().unwrap(), f.bills.as_ref().unwrap());
    let family = bills.family.as_ref().unwrap();
    let payee =
        |ask: &PayeeAsk| json!({ "number": ask.number, "name": ask.name, "bank_no": ask.bank_no });
    let bill = |ask: &BillAsk| json!({ "biller": ask.biller, "number": ask.number });
    let project = f.project.as_ref().unwrap();
    json!({
        "tenant": f.tenant.raw(), "pin_key": { "id": f.pin_key.id(), "key": "09".repeat(16) },
        "claim": claimed(&f.claim), "cust_no": f.cust_no.as_str(), "account": f.account.as_str(),
        "from": f.from.to_string(), "to": f.to.to_string(),
        "other_tenant": f.other_tenant.raw(), "other_cust_no": f.other_cust_no.as_str(),
        "other_account": f.other_account.as_str(), "other_claim": claimed(&f.other_claim),
        "passbook_claim": claimed(&f.passbook_claim),
        "card": f.card.as_str(), "card_cust": f.card_cust.as_str(),
        "fresh_card": f.fresh_card.as_str(), "fresh_cust": f.fresh_cust.as_str(), "fresh_cvv": f.fresh_cvv,
        "project": { "owner": project.owner.raw(), "code": project.code },
        "paid_cust": f.paid_cust.as_str(), "pension_cust": f.pension_cust.as_str(),
        "borrower": f.borrower.as_str(), "saver": f.saver.as_str(), "renewable": f.renewable.as_str(),
        "spare_claim": claimed(&f.spare_claim),
        "money": {
            "payer": money.payer.as_str(), "payee": money.payee.as_str(),
            "here": payee(&money.here), "elsewhere": payee(&money.elsewhere),
        },
        "bills": {
            "kind": "electric", "owes": bill(&bills.owes), "unknown": bill(&bills.unknown),
            "family": { "biller": family.biller, "number": family.number, "unknown": family.unknown },
        },
    })
}

/// The file that a bank begins with names the people of the small province, and is read as what they are.
#[tokio::test]
async fn the_kept_fixture_is_that_of_the_small_province() {
    let kept = include_str!("../../../docs/api/core-fixture.json");
    for town in towns(8).await {
        let mine = town.fixture().await;
        let made = serde_json::to_string_pretty(&written(&mine)).unwrap();
        assert!(serde_json::from_str::<Value>(kept).unwrap() == written(&mine), "wanted: {made}");
        let read = corehttp::fixture(kept, town.clock.clone(), Random::seeded(3)).unwrap();
        assert_eq!(written(&read), written(&mine));
    }
}
