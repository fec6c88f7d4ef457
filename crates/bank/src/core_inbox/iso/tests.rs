//! What a core tells by ISO 8583, over a real socket: kept once, acknowledged after it is kept, and only when it is the core's.

use super::meaning::AGE_DAYS;
use super::{KEEP_MS, run_on};
use crate::core_inbox::tests::{event, numbers, stream};
use crate::core_inbox::{Via, read, round, take};
use crate::rounds;
use crate::tenants::UNION;
use crate::testing::{LINGXI, TestBank, YUNLU};
use base::{DAY_MS, Fen, TenantId};
use corebank::feed::{Entry, Event, Happened};
use corebank::{Day, EventFeed};
use db::{Scope, params};
use iso8583::{MacKey, Message, Mti, code, frame};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const KEY: [u8; 16] = [9; 16];
/// How the core names 陵溪 and 云麓 in field 100.
const OURS: [(&str, &str); 2] = [("31400001", "lingxi"), ("31400002", "yunlu")];
const CARD: &str = "6299010000000001";

/// A bank with a line, and the core at its other end.
struct Wired {
    bank: TestBank,
    at: SocketAddr,
}

async fn wired() -> Vec<Wired> {
    let mut all = vec![];
    for mut bank in TestBank::each().await {
        let file = bank.app.config.keys.master_file.with_file_name("iso.key");
        std::fs::write(&file, format!("sm4-cmac:{}\n", "09".repeat(16))).unwrap();
        let ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&file, ours).unwrap();
        let change = |config: &mut crate::config::Config| {
            config.iso8583.listen = Some("127.0.0.1:0".parse().unwrap());
            config.iso8583.key_file = file;
            config.iso8583.institutions =
                OURS.iter().map(|(n, c)| ((*n).to_owned(), (*c).to_owned())).collect();
        };
        bank.restart(change, None).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        run_on(&bank.app, listener);
        all.push(Wired { bank, at });
    }
    all
}

/// One end of a line.
struct Core(TcpStream);

impl Core {
    async fn at(at: SocketAddr) -> Self {
        Self(TcpStream::connect(at).await.unwrap())
    }

    async fn put(&mut self, bytes: &[u8]) {
        self.0.write_all(&frame::wrap(bytes).unwrap()).await.unwrap();
    }

    /// The next frame, or nothing when the bank has left.
    async fn get(&mut self) -> Option<Vec<u8>> {
        let mut head = [0; frame::HEAD];
        self.0.read_exact(&mut head).await.ok()?;
        let mut bytes = vec![0; frame::length(head).unwrap()];
        self.0.read_exact(&mut bytes).await.unwrap();
        Some(bytes)
    }

    /// Sends a message; its answer.
    async fn say(&mut self, message: &Message) -> Message {
        self.put(&message.seal(&MacKey::new(KEY)).unwrap()).await;
        Message::open(&self.get().await.expect("an answer"), &MacKey::new(KEY)).unwrap()
    }

    /// Field 39 of the answer.
    async fn told(&mut self, message: &Message) -> String {
        self.say(message).await.text(39).unwrap().to_owned()
    }
}

/// An advice; `with` changes fields.
fn advice(mti: [u8; 4], trace: u32, with: &[(u8, &str)]) -> Message {
    let mut message = Message::new(Mti::new(mti).unwrap());
    let (trace, serial) = (format!("{trace:06}"), format!("{trace:012}"));
    let usual = [
        (2, CARD),
        (3, "010000"),
        (4, "000000050000"),
        (7, "1123093000"),
        (11, &*trace),
        (12, "093000"),
        (13, "1123"),
        (15, "1123"),
        (32, "0000031400009"),
        (37, &*serial),
        (49, "156"),
        (100, "31400001"),
    ];
    for (number, value) in usual.iter().chain(with) {
        // Acquirers have eleven digits at most.
        let value = if *number == 32 { "31400009" } else { value };
        message.set(*number, value.as_bytes()).unwrap();
    }
    message
}

async fn events(bank: &TestBank, tenant: TenantId) -> Vec<Event> {
    read(&bank.app, tenant, 0, 1_000).await.unwrap()
}

fn entry(event: &Event) -> &Entry {
    match &event.what {
        Happened::Entry(entry) => entry,
        other => panic!("no entry: {other:?}"),
    }
}

/// Audit rows of the line: what they are about, how it ended and why.
async fn audited(bank: &TestBank, tenant: TenantId) -> Vec<(String, String)> {
    let unit = |tx: &db::Tx<'_>| {
        tx.all(
            "SELECT subject, detail FROM audit WHERE tenant_id = $1 AND act = 'core.iso8583' ORDER BY id",
            params![tx.tenant()],
        )
    };
    bank.app.db.read(Scope::Tenant(tenant), unit).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_advice_is_kept_once_however_often_it_is_sent_ch_15() {
    for Wired { bank, at } in wired().await {
        let mut core = Core::at(at).await;
        let balance = "1001156C000000123400".to_owned() + "1002156C000000120000";
        let first =
            advice(*b"0220", 1, &[(54, &balance), (43, &format!("{:<37}", "城关镇")[..40])]);
        let answer = core.say(&first).await;
        assert_eq!(answer.mti().to_string(), "0230");
        assert_eq!((answer.text(39), answer.text(11)), (Some("00"), Some("000001")));
        // The same again, as a repeat and over another line at once.
        let mut other = Core::at(at).await;
        let again =
            advice(*b"0221", 1, &[(54, &balance), (43, &format!("{:<37}", "城关镇")[..40])]);
        let (one, two) = tokio::join!(core.told(&again), other.told(&again));
        assert_eq!((one.as_str(), two.as_str()), ("00", "00"));

        let all = events(&bank, LINGXI).await;
        assert_eq!(all.iter().map(|e| e.seq).collect::<Vec<_>>(), [1]);
        let out = entry(&all[0]);
        assert_eq!(
            (all[0].account.as_str(), out.is_in, out.amount),
            (CARD, false, Fen::of(50_000))
        );
        assert_eq!((out.label.as_str(), out.counterparty.as_str()), ("取款", "城关镇"));
        assert_eq!(out.balance_after, Some(Fen::of(123_400)));
        assert_eq!(out.core_serial, "000000000001");
        assert_eq!(out.core_date, Day::of(2026, 11, 23).unwrap());
        let nine_thirty = Day::of(2026, 11, 23).unwrap().start().plus_ms(34_200_000);
        assert_eq!(all[0].at, nine_thirty, "the clock of China");
        assert!(audited(&bank, UNION).await.is_empty());
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_message_with_something_else_in_it_is_refused_and_audited_ch_15() {
    for Wired { bank, at } in wired().await {
        let mut core = Core::at(at).await;
        assert_eq!(core.told(&advice(*b"0220", 1, &[])).await, "00");
        assert_eq!(core.told(&advice(*b"0221", 1, &[(4, "000000999999")])).await, "94");
        assert_eq!(entry(&events(&bank, LINGXI).await[0]).amount, Fen::of(50_000));
        assert_eq!(stream(&bank).await.contradicted, 1);
        let rows = audited(&bank, LINGXI).await;
        assert_eq!(rows.iter().map(|r| r.1.as_str()).collect::<Vec<_>>(), ["contradicted"]);
        // Another acquirer's number is another message, and another institution's stream another stream.
        assert_eq!(core.told(&advice(*b"0220", 2, &[(100, "0031400002")])).await, "00");
        assert_eq!(events(&bank, YUNLU).await.len(), 1);
        assert_eq!(numbers(&bank).await, [1]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reversal_goes_the_other_way_and_names_what_it_takes_back() {
    for Wired { bank, at } in wired().await {
        let mut core = Core::at(at).await;
        core.told(&advice(*b"0220", 1, &[])).await;
        let original =
            format!("{}{}{}{:0>11}{:0>11}", "0220", "000001", "1123093000", "31400009", "");
        let back = [(90, original.as_str()), (7, "1123093100"), (37, "000000000077")];
        assert_eq!(core.told(&advice(*b"0420", 2, &back)).await, "00");
        assert_eq!(core.told(&advice(*b"0421", 2, &back)).await, "00", "stored and forwarded");
        let all = events(&bank, LINGXI).await;
        assert_eq!(all.len(), 2);
        let undone = entry(&all[1]);
        assert!(undone.is_in, "money came back");
        assert_eq!(undone.label, "冲正");
        assert_eq!(undone.reverses.as_deref(), Some("000000000001"), "by field 90");
        // One that comes before its original, or without field 90, names its own serial.
        core.told(&advice(*b"0420", 3, &[(7, "1123093200")])).await;
        let third = events(&bank, LINGXI).await;
        assert_eq!(entry(&third[2]).reverses.as_deref(), Some("000000000003"));
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_processing_code_is_the_account_and_the_way_it_says() {
    for Wired { bank, at } in wired().await {
        let mut core = Core::at(at).await;
        let (from, to) = ("101100000101", "101100000202");
        let over = [(3, "400000"), (102, from), (103, to), (62, "W202611230000000001")];
        assert_eq!(core.told(&advice(*b"0220", 1, &over)).await, "00");
        assert_eq!(core.told(&advice(*b"0220", 2, &[(3, "210000"), (103, to)])).await, "00");
        assert_eq!(core.told(&advice(*b"0220", 3, &[(3, "500000")])).await, "00");
        assert_eq!(core.told(&advice(*b"0220", 4, &[(3, "310000")])).await, "00", "an inquiry");
        for refused in ["05", "91", "96"] {
            let sent = format!("11230930{refused}");
            let message = advice(*b"0220", 5, &[(39, refused), (7, &sent)]);
            // 91 is no time of day, but when it was booked is said by 12 and 13.
            assert_eq!(core.told(&message).await, "00", "nothing was booked: {refused}");
        }
        let seen: Vec<_> = events(&bank, LINGXI)
            .await
            .iter()
            .map(|e| (e.account.as_str().to_owned(), entry(e).is_in, entry(e).label.clone()))
            .collect();
        let of = |account: &str, is_in, label: &str| (account.to_owned(), is_in, label.to_owned());
        assert_eq!(
            seen,
            [
                of(from, false, "转账"),
                of(to, true, "转账"),
                of(to, true, "存款"),
                of(CARD, false, "缴费")
            ]
        );
        let first = events(&bank, LINGXI).await;
        assert_eq!(entry(&first[0]).channel_serial.as_deref(), Some("W202611230000000001"));
        // What is in another currency, or not told apart, is kept and named.
        core.told(&advice(*b"0220", 8, &[(49, "840")])).await;
        core.told(&advice(*b"0220", 9, &[(3, "910000")])).await;
        let words: Vec<_> = events(&bank, LINGXI).await[4..]
            .iter()
            .map(|e| match &e.what {
                Happened::Other { word } => word.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(words, ["iso:currency:840", "iso:910000"]);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_cores_or_cannot_be_read_changes_nothing_ch_15() {
    for Wired { bank, at } in wired().await {
        // Another key, a changed byte, noise: no answer, and the line is closed.
        let right = advice(*b"0220", 1, &[]).seal(&MacKey::new(KEY)).unwrap();
        let mut changed = right.clone();
        changed[30] ^= 1;
        let foreign = advice(*b"0220", 1, &[]).seal(&MacKey::new([1; 16])).unwrap();
        for bytes in [changed, foreign, b"GET / HTTP/1.1".to_vec()] {
            let mut core = Core::at(at).await;
            core.put(&bytes).await;
            assert_eq!(core.get().await, None);
        }
        let mut core = Core::at(at).await;
        core.0.write_all(b"9999xxxx").await.unwrap();
        assert_eq!(core.get().await, None, "a head that is none");
        assert_eq!(audited(&bank, UNION).await, [("message".to_owned(), "mac".to_owned())]);

        // The right key, and yet nothing that can be kept.
        let mut core = Core::at(at).await;
        let said = [b"0220".as_slice(), &[0x40, 0, 0, 0, 0, 0, 0, 1], b"99"].concat();
        let mac = code(&said, &MacKey::new(KEY));
        core.put(&[said.as_slice(), &mac].concat()).await;
        assert_eq!(core.get().await, None, "not the form of a message");
        let mut core = Core::at(at).await;
        for (with, answer) in [
            (vec![(100, "31499999")], "92"),
            (vec![(13, "1332")], "30"),
            (vec![(7, "1020093000")], "30"),
            (vec![(7, "1125093000")], "30"),
            (vec![(12, "250000")], "30"),
            (vec![(54, "12345")], "30"),
        ] {
            assert_eq!(core.told(&advice(*b"0220", 1, &with)).await, answer, "{with:?}");
        }
        assert_eq!(core.told(&advice(*b"0200", 1, &[])).await, "40", "nothing is authorised here");
        assert_eq!(core.told(&advice(*b"0800", 1, &[(70, "301")])).await, "00", "a sign of life");
        core.put(&[]).await;
        assert_eq!(core.get().await, Some(vec![]));
        assert_eq!(stream(&bank).await.last, 0);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_numbered_by_one_side_only() {
    for Wired { bank, at } in wired().await {
        // The sandbox keeps a list of its own, and is not asked for this institution's.
        assert_eq!(bank.app.core.capabilities().events, EventFeed::Poll);
        round(&bank.app).await.unwrap();
        assert_eq!(stream(&bank).await.last, 0);
        let mut core = Core::at(at).await;
        assert_eq!(core.told(&advice(*b"0220", 1, &[])).await, "00");
        assert!(stream(&bank).await.is_numbered_here);
        let foreign = take(&bank.app, LINGXI, Via::Poll, vec![event(&bank, 2, 100)]).await;
        assert!(foreign.is_err(), "a core's own numbers");
        assert_eq!(numbers(&bank).await, [1]);

        // And where the core's numbers came first, messages wait at the core.
        take(&bank.app, YUNLU, Via::Poll, vec![event(&bank, 1, 100)]).await.unwrap();
        assert_eq!(core.told(&advice(*b"0220", 2, &[(100, "31400002")])).await, "96");
        assert_eq!(events(&bank, YUNLU).await.len(), 1);
        bank.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_known_for_longer_than_they_are_taken_ch_15() {
    for Wired { bank, at } in wired().await {
        let mut core = Core::at(at).await;
        core.told(&advice(*b"0220", 1, &[])).await;
        bank.clock.advance_ms((AGE_DAYS - 1) * DAY_MS);
        rounds::sweep(&bank.app).await.unwrap();
        assert_eq!(core.told(&advice(*b"0221", 1, &[])).await, "00");
        assert_eq!(stream(&bank).await.last, 1, "still the first");
        bank.clock.advance_ms(DAY_MS);
        assert_eq!(core.told(&advice(*b"0221", 1, &[])).await, "30", "too old to be new");
        bank.clock.advance_ms(KEEP_MS - AGE_DAYS * DAY_MS + 1);
        rounds::sweep(&bank.app).await.unwrap();
        assert_eq!(core.told(&advice(*b"0221", 1, &[])).await, "30");
        let left = |tx: &db::Tx<'_>| {
            tx.one("SELECT COUNT(*) FROM core_iso WHERE tenant_id = $1", params![tx.tenant()])
        };
        let left: i64 = bank.app.db.read(Scope::Tenant(LINGXI), left).await.unwrap();
        assert_eq!(left, 0);
        bank.stop().await;
    }
}
