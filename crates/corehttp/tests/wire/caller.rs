//! What the adapter makes of servers: the class of every failure.

use crate::peer::{Act, FORGERIES, KEY, SECRET, Server, mac, mismatch, sm3, unknown};
use base::{Fen, TenantId};
use corebank::money::{Fate, Paid, Payee, Payment, Query, Rail};
use corebank::{
    AccountRef, Cause, CoreBank, CoreError, Ctx, CustNo, Day, Health, Operator, Reject,
    UnknownCause,
};
use corehttp::ANSWER_BYTES_MAX;
use serde_json::{Value, json};

fn today() -> Day {
    "2026-11-23".parse().unwrap()
}

fn payment(server: &Server) -> Payment {
    Payment {
        payer: AccountRef::new("100100000101"),
        payee: Payee::Here { account: AccountRef::new("100100000201") },
        amount: Fen::of(12_300),
        fee: Fen::of(200),
        rail: Rail::Book,
        purpose: "房租".into(),
        valid_until: server.clock.now().plus_ms(20_000),
    }
}

fn command(server: &Server) -> Ctx {
    Ctx {
        request_id: Some("WX1001-1P".into()),
        channel: Some(("WX1001".into(), today())),
        operator: Operator::Staff("李 芳".into()),
        ..server.ctx()
    }
}

/// What a core that did exactly this tells.
fn paid() -> Value {
    json!({ "done": {
        "core_serial": "20261123000000000001", "core_date": "2026-11-23", "posted_at": 1_795_399_200_123_i64,
        "is_final": true, "available": { "fen": 500 },
        "echo": {
            "request_id": "WX1001-1P", "payer": "100100000101",
            "payee": { "at": "here", "account": "100100000201" },
            "amount": { "fen": 12_300 }, "fee": { "fen": 200 },
        },
    } })
}

async fn pay(server: &Server) -> Result<Paid, CoreError> {
    let payment = payment(server);
    server.core.money().unwrap().pay(&command(server), &payment).await
}

async fn health(server: &Server) -> Result<Health, CoreError> {
    server.core.health(&server.ctx()).await
}

/// What paying comes to with a server that does this.
async fn paying(act: Act) -> Result<Paid, CoreError> {
    let server = Server::that(act).await;
    let answer = pay(&server).await;
    assert_eq!(server.came().len(), 1, "a command is sent once, whatever comes of it");
    answer
}

#[tokio::test]
async fn a_payment_goes_out_signed_as_the_guide_says_and_its_answer_is_read() {
    let server = Server::that(Act::Tell(paid())).await;
    let paid = pay(&server).await.unwrap();
    assert_eq!(
        (paid.core_serial.as_str(), paid.available),
        ("20261123000000000001", Some(Fen::of(500)))
    );
    let asked = server.came().remove(0);
    let head = [
        KEY.to_owned(),
        "1795399200000".into(),
        asked.header("weiyin-nonce").into(),
        "2".into(),
        "1795399210000".into(),
        "staff:%e6%9d%8e%20%e8%8a%b3".into(),
        "test".into(),
        "WX1001-1P".into(),
        "WX1001".into(),
        "2026-11-23".into(),
    ];
    let text = format!("WEIYIN1-REQUEST\nPOST\n/v1/pay\n{}\n{}", head.join("\n"), sm3(&asked.body));
    assert_eq!(asked.header("weiyin-signature"), mac(&SECRET, &text));
    assert_eq!(asked.header("weiyin-nonce").len(), 32);
    assert_eq!(
        asked.json(),
        json!({
            "payer": "100100000101", "payee": { "at": "here", "account": "100100000201" },
            "amount": { "fen": 12_300 }, "fee": { "fen": 200 }, "rail": "book", "purpose": "房租",
            "valid_until": 1_795_399_220_000_i64,
        })
    );
}

#[tokio::test]
async fn an_answer_that_is_not_signed_for_this_request_is_unknown() {
    for forgery in FORGERIES {
        let answer = paying(Act::Signed(paid(), forgery)).await;
        assert_eq!(answer, mismatch("signature"), "{forgery:?}");
        // A forged refusal would let an order fail that was paid.
        let no = json!({ "refused": { "code": "wrong_pin", "left": 2 } });
        let answer = paying(Act::Signed(no, forgery)).await;
        assert_eq!(answer, mismatch("signature"), "{forgery:?}");
    }
}

#[tokio::test]
async fn any_status_but_200_is_unknown_and_leads_nowhere() {
    for status in [201, 202, 204, 302, 307, 400, 401, 404, 409, 429, 500, 502, 503, 504] {
        let answer = paying(Act::Status(status)).await;
        assert_eq!(answer, unknown(UnknownCause::ServerError(status)), "{status}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_first_byte_is_unknown() {
    assert_eq!(paying(Act::Half(paid())).await, unknown(UnknownCause::Reset));
    assert_eq!(paying(Act::Close).await, unknown(UnknownCause::Reset));
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let mut server = Server::that(Act::Tell(paid())).await;
    server.gone().await;
    assert_eq!(pay(&server).await, Err(CoreError::NotSent(Cause::ConnectionRefused)));
}

#[tokio::test]
async fn a_server_that_is_late_is_unknown_and_one_asked_too_late_is_not_asked() {
    let server = Server::that(Act::Silence).await;
    let (payment, mut ctx) = (payment(&server), command(&server));
    ctx.deadline = server.clock.now().plus_ms(50);
    let late = server.core.money().unwrap().pay(&ctx, &payment).await;
    assert_eq!(late, unknown(UnknownCause::Timeout));
    assert_eq!(server.came().len(), 1);

    ctx.deadline = server.clock.now();
    let passed = server.core.money().unwrap().pay(&ctx, &payment).await;
    assert_eq!(passed, Err(CoreError::NotSent(Cause::DeadlinePassed)));
    assert_eq!(server.came().len(), 1, "not a byte of the second");
}

#[tokio::test]
async fn a_core_that_says_it_did_something_else_is_unknown() {
    for (field, value) in [
        ("amount", json!({ "fen": 12_301 })),
        ("fee", json!({ "fen": 0 })),
        ("payer", json!("100100000102")),
        ("payee", json!({ "at": "here", "account": "100100000202" })),
        ("request_id", json!("WX1001-2P")),
    ] {
        let mut told = paid();
        told["done"]["echo"][field] = value;
        assert_eq!(paying(Act::Tell(told)).await, mismatch(field), "{field}");
    }
    // The same for what is told later, and for a balance of someone else.
    let server =
        Server::that(Act::Tell(json!({ "done": { "fate": "posted", "paid": paid()["done"] } })))
            .await;
    let ask = |id: &str| Query { request_id: id.into(), channel_date: today(), fence: false };
    let money = server.core.money().unwrap();
    let own = money.query(&server.ctx(), &ask("WX1001-1P")).await;
    assert!(matches!(own, Ok(Fate::Posted(_))), "{own:?}");
    assert_eq!(money.query(&server.ctx(), &ask("WX1001-7P")).await, mismatch("request_id"));
}

#[tokio::test]
async fn what_cannot_be_read_for_certain_is_unknown() {
    let mut unread: Vec<Value> = vec![
        json!({}),
        json!({ "done": null }),
        json!({ "perhaps": {} }),
        json!({ "refused": {} }),
        json!({ "refused": { "code": "" } }),
        json!({ "refused": { "code": "wrong_pin" } }),
        json!([paid()]),
    ];
    for field in ["core_serial", "core_date", "posted_at", "is_final", "echo"] {
        let mut told = paid();
        told["done"].as_object_mut().unwrap().remove(field);
        unread.push(told);
    }
    for (field, value) in [
        ("core_date", json!("2026-02-30")),
        ("core_date", json!(20_261_123)),
        ("posted_at", json!("2026-11-23T10:00:00+08:00")),
        ("available", json!(5.0)),
        ("available", json!({ "fen": 5.5 })),
        ("available", json!({ "fen": "500" })),
    ] {
        let mut told = paid();
        told["done"][field] = value;
        unread.push(told);
    }
    for told in unread {
        let shown = told.to_string();
        assert_eq!(paying(Act::Tell(told)).await, unknown(UnknownCause::Undecodable), "{shown}");
    }
    for text in ["", "ok", "{\"done\":"] {
        let answer = paying(Act::Text("application/json", text.into())).await;
        assert_eq!(answer, unknown(UnknownCause::Undecodable), "{text}");
    }
    let endless = vec![b' '; ANSWER_BYTES_MAX + 1];
    let answer = paying(Act::Text("application/json", endless)).await;
    assert_eq!(answer, unknown(UnknownCause::Undecodable));
}

#[tokio::test]
async fn a_core_may_tell_more_than_is_asked_and_refuse_by_codes_of_its_own() {
    let mut told = paid();
    told["done"]["teller"] = json!("0417");
    told["done"]["echo"]["payee"]["branch"] = json!({ "no": 7 });
    told["took_ms"] = json!(12);
    // A second name beside `done` is no longer one outcome.
    assert_eq!(paying(Act::Tell(told.clone())).await, unknown(UnknownCause::Undecodable));
    told.as_object_mut().unwrap().remove("took_ms");
    assert!(paying(Act::Tell(told)).await.is_ok());

    let own = json!({ "refused": { "code": "E0417", "message": "账户类别不符", "hint": 1 } });
    let want = Reject::Other { code: "E0417".into(), message: "账户类别不符".into() };
    assert_eq!(paying(Act::Tell(own)).await, Err(want.into()));
    let bare = json!({ "refused": { "code": "insufficient_funds" } });
    assert_eq!(paying(Act::Tell(bare)).await, Err(Reject::InsufficientFunds.into()));
}

#[tokio::test]
async fn a_core_older_than_the_contract_is_met_and_not_asked_for_what_it_does_not_know() {
    let server = Server::older(Act::Tell(paid())).await;
    assert!(pay(&server).await.is_ok());
    let can = server.core.capabilities();
    assert!(can.loans && can.money && !can.cash && !can.wealth && !can.controls, "{can:?}");
    assert!(server.core.wealth().is_none() && server.core.gifts().is_none());
}

#[tokio::test]
async fn a_core_that_does_not_know_yet_says_so() {
    for (why, cause) in [
        ("in_progress", UnknownCause::InProgress),
        ("timeout", UnknownCause::Timeout),
        ("fault", UnknownCause::ServerError(500)),
        ("moonlight", UnknownCause::ServerError(500)),
    ] {
        let answer = paying(Act::Tell(json!({ "unknown": { "why": why } }))).await;
        assert_eq!(answer, unknown(cause), "{why}");
    }
}

#[tokio::test]
async fn nobody_elses_profile_is_taken_for_the_one_asked_for() {
    let server = Server::that(Act::Tell(json!({ "done": {
        "cust_no": "1001000002", "name": "王强", "id_type": "resident_id", "id_no": "110105194912310021",
        "mobile": "19400001234", "birth_year": 1949, "age": 76, "state": "active", "since": "2020-01-02",
    } })))
    .await;
    let wrong = server.core.customer(&server.ctx(), &CustNo::new("1001000001")).await;
    assert_eq!(wrong, mismatch("cust_no"));
    // A core that forgot to mask shows nothing all the same.
    let right = server.core.customer(&server.ctx(), &CustNo::new("1001000002")).await.unwrap();
    let shown = format!("{} {} {:?}", right.name, right.id_no, right.mobile);
    assert_eq!(shown, "*强 1****************1 Some(194****1234)");
}

#[tokio::test]
async fn every_request_has_a_nonce_of_its_own() {
    let told = json!({ "done": { "core_date": "2026-11-23", "day_state": "open", "as_of": 1 } });
    let server = Server::that(Act::Tell(told)).await;
    for _ in 0..3 {
        health(&server).await.unwrap();
    }
    let nonces: std::collections::BTreeSet<String> =
        server.came().iter().map(|a| a.header("weiyin-nonce").to_owned()).collect();
    assert_eq!(nonces.len(), 3);
}

/// A file of one line, for a tenant and a day.
fn file(tenant: i64, day: i64) -> Vec<u8> {
    let line = "D|1|WX1-1P|WX1|20261122|c1|20261122|5|pay|1|2|100|0|posted|";
    let text = format!("H|v1|{tenant}|core|{day}|1|1|100|0\n{line}\nT|1|100|0|");
    format!("{text}{}\n", sm3(text.as_bytes())).into_bytes()
}

/// What comes of a file, and what was written.
async fn filed(act: Act) -> (Result<i64, CoreError>, Vec<u8>) {
    let server = Server::that(act).await;
    let (mut out, day) = (Vec::new(), "2026-11-22".parse().unwrap());
    let ctx = Ctx { tenant: TenantId::of(2), ..server.ctx() };
    let came = server.core.money().unwrap().recon_file(&ctx, day, &mut out).await;
    (came.map(|w| w.totals.count), out)
}

#[tokio::test]
async fn a_file_that_is_not_authentic_or_not_the_one_asked_for_has_no_last_line() {
    let (good, kind) = (file(2, 20_261_122), "text/plain; charset=utf-8");
    assert_eq!(filed(Act::Text(kind, good.clone())).await, (Ok(1), good.clone()));
    let has_end = |out: &[u8]| String::from_utf8_lossy(out).contains("\nT|");
    for (act, want) in [
        (Act::Text(kind, file(3, 20_261_122)), mismatch("tenant")),
        (Act::Text(kind, file(2, 20_261_121)), mismatch("core_date")),
        (Act::Text(kind, good[..good.len() - 1].to_vec()), unknown(UnknownCause::Undecodable)),
        (Act::Text(kind, Vec::new()), unknown(UnknownCause::Undecodable)),
        (Act::Text("application/json", good.clone()), unknown(UnknownCause::Undecodable)),
        (Act::Tell(json!({ "done": {} })), unknown(UnknownCause::Undecodable)),
        (
            Act::Tell(json!({ "refused": { "code": "not_eligible" } })),
            Err(Reject::NotEligible.into()),
        ),
    ] {
        let shown = format!("{act:?}");
        let (came, out) = filed(act).await;
        assert_eq!(came, want, "{shown}");
        assert!(!has_end(&out), "{shown}");
    }
    for forgery in FORGERIES {
        let (came, out) = filed(Act::Signed(json!({ "refused": { "code": "x1" } }), forgery)).await;
        assert_eq!((came, out.len()), (mismatch("signature"), 0), "{forgery:?}");
    }
}
