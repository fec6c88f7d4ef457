//! What must not get in, against the running binary: refused or acknowledged as the protocol wants, never a 5xx, never
//! taken for something else, one log line and a counter each. And wrong settings: no start, and a sentence that helps.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/command.rs"]
mod command;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/process.rs"]
mod process;
#[path = "support/province.rs"]
mod province;
#[path = "bad_input/settings.rs"]
mod wrong_settings;

use base::Random;
use peer::{Answer, Peer, figure};
use process::{Weiyin, free_ports, listens};
use province::{ACCOUNTS, TOKEN, file, set_up, settings};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tempfile::TempDir;
use wechat::crypto::signature;
use wechat::envelope::Query;

const READY_IN: Duration = Duration::from_secs(60);
const REFUSED: &str = "weiyin_callbacks_refused_total";
const MUTATIONS: usize = 1_000;
/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// `weiyin serve` with two accounts and nobody bound. Tests that run at one time share it, one after the other.
struct House {
    port: u16,
    running: Weiyin,
    _folder: TempDir,
}

static HOUSE: Mutex<Weak<House>> = Mutex::new(Weak::new());
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

impl House {
    fn shared() -> Arc<Self> {
        let mut shared = HOUSE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(house) = shared.upgrade() {
            return house;
        }
        let house = Arc::new(Self::start());
        *shared = Arc::downgrade(&house);
        house
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_ports(2);
        let database = format!("sqlite:{}/weiyin.db", folder.path().display());
        let text = settings(folder.path(), port, NOWHERE, &database, "");
        let config = file(folder.path(), "weiyin.toml", &text);
        set_up(folder.path(), &config);
        let args = ["serve", "--config", config.to_str().unwrap()];
        let is_ready = || listens(port) && listens(port + 1);
        let running = Weiyin::start(folder.path(), &args, READY_IN, is_ready);
        Self { port, running, _folder: folder }
    }
}

/// A test's turn at the house.
struct Bank {
    peer: Peer,
    other: Peer,
    port: u16,
    house: Arc<House>,
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

impl Bank {
    async fn open() -> Self {
        // First the house, then the turn: so it stands as long as somebody waits.
        let house = House::shared();
        let turn = TURN.lock().await;
        let port = house.port;
        let peer =
            |[appid, original_id, key]: [&str; 3]| Peer::new(port, appid, TOKEN, key, original_id);
        let (peer, other) = (peer(ACCOUNTS[0]), peer(ACCOUNTS[1]));
        Self { peer, other, port, house, _turn: turn }
    }

    async fn refused(&self, code: &str) -> u64 {
        figure(&self.peer.http, self.port + 1, REFUSED, code).await
    }

    fn refusals_logged(&self) -> usize {
        self.house.running.said().matches("a callback was refused").count()
    }

    /// A good message, sealed now.
    fn sealed(&self, words: &str) -> (Query, String) {
        self.peer.sealed(&self.peer.text("oHonest", fresh_id(), words), 0)
    }
}

fn fresh_id() -> i64 {
    let id = Random::system().below(1 << 40);
    7_000_000_000_000_000_000 + i64::try_from(id).unwrap()
}

fn encrypt_of(body: &str) -> &str {
    body.split("<Encrypt><![CDATA[").nth(1).unwrap().split("]]>").next().unwrap()
}

/// The same delivery, `Encrypt` replaced and signed with the right Token: what only the seal itself can refuse.
fn resigned(query: &Query, body: &str, encrypt: &str) -> (Query, String) {
    let body = body.replace(encrypt_of(body), encrypt);
    let signed = signature(&[TOKEN, &query.timestamp, &query.nonce, encrypt]);
    (Query { msg_signature: signed, ..query.clone() }, body)
}

/// (what it is, the counter's code, status, query, body)
type Delivery = (&'static str, &'static str, u16, Query, Vec<u8>);

fn wrong_in_their_signature(bank: &Bank) -> Vec<Delivery> {
    let (query, body) = bank.sealed("余额");
    let with = |change: fn(&mut Query)| {
        let mut query = query.clone();
        change(&mut query);
        query
    };
    let raw = || body.clone().into_bytes();
    let (_, another) = bank.sealed("别的话");
    let forged = Peer::new(bank.port, ACCOUNTS[0][0], "wrongtoken", ACCOUNTS[0][2], ACCOUNTS[0][1]);
    let (forged_query, forged_body) = forged.sealed(&bank.peer.text("oX", fresh_id(), "余额"), 0);
    let plain = bank.peer.text("oHonest", fresh_id(), "余额");
    let signed_plainly = Query {
        signature: signature(&[TOKEN, &query.timestamp, &query.nonce]),
        timestamp: query.timestamp.clone(),
        nonce: query.nonce.clone(),
        ..Query::default()
    };
    vec![
        ("no msg_signature", "wechat.unsigned", 403, with(|q| q.msg_signature.clear()), raw()),
        (
            "a short msg_signature",
            "wechat.signature",
            403,
            with(|q| q.msg_signature.truncate(39)),
            raw(),
        ),
        ("another nonce", "wechat.signature", 403, with(|q| q.nonce.push('1')), raw()),
        ("another timestamp", "wechat.signature", 403, with(|q| q.timestamp.push('1')), raw()),
        ("another message's body", "wechat.signature", 403, query.clone(), another.into_bytes()),
        (
            "signed with another Token",
            "wechat.signature",
            403,
            forged_query,
            forged_body.into_bytes(),
        ),
        ("plaintext", "wechat.plain", 403, signed_plainly.clone(), plain.clone().into_bytes()),
        ("plaintext under a sealed query", "wechat.plain", 403, query.clone(), plain.into_bytes()),
        (
            "an empty Encrypt",
            "wechat.plain",
            403,
            query.clone(),
            b"<xml><Encrypt></Encrypt></xml>".to_vec(),
        ),
    ]
}

fn wrong_in_their_seal(bank: &Bank) -> Vec<Delivery> {
    let (query, body) = bank.sealed("余额");
    let mut all = vec![];
    let mut add = |what, code, sealed: (Query, String)| {
        all.push((what, code, 403, sealed.0, sealed.1.into_bytes()));
    };
    let encrypt = encrypt_of(&body).to_owned();
    let cut = &encrypt[..encrypt.len() - 8];
    add("ciphertext cut within a block", "wechat.sealed", resigned(&query, &body, cut));
    let cut = &encrypt[..44];
    add("ciphertext cut at a block", "wechat.sealed", resigned(&query, &body, cut));
    add("no base64", "wechat.sealed", resigned(&query, &body, "%%%%not*base64%%%%"));

    let mut wrong_appid = bank.peer.clone();
    wrong_appid.account.appid = "wx0000000000000bad".into();
    let inner = bank.peer.text("oHonest", fresh_id(), "余额");
    add("another appid at the end", "wechat.sealed", wrong_appid.sealed(&inner, 0));
    // Sealed for the second account (its key, its appid), posted to the first; both share the Token.
    let theirs = bank.other.text("oTheirs", fresh_id(), "余额");
    add("another account's ciphertext", "wechat.sealed", bank.other.sealed(&theirs, 0));
    let mut mixed = bank.peer.clone();
    mixed.original_id.clone_from(&bank.other.original_id);
    add("sealed for us, addressed to another", "wechat.account", mixed.sealed(&theirs, 0));
    add("another outside than inside", "wechat.account", mixed.sealed(&inner, 0));
    add("a stale timestamp", "wechat.stale", bank.peer.sealed(&inner, 301));
    add("a timestamp of tomorrow", "wechat.stale", bank.peer.sealed(&inner, -86_400));
    all
}

fn no_callback_at_all(bank: &Bank) -> Vec<Delivery> {
    let (query, body) = bank.sealed("余额");
    let with = |text: String| (query.clone(), text.into_bytes());
    let dtd = "<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let laughs = "<!DOCTYPE xml [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let mut all = vec![];
    let mut add = |what, code, status, (query, body)| all.push((what, code, status, query, body));
    add("an external entity", "wechat.malformed", 403, with(format!("{dtd}{body}")));
    let used = body.replace("<Encrypt>", "<Encrypt>&x;");
    add("an external entity in use", "wechat.malformed", 403, with(format!("{dtd}{used}")));
    add("a billion laughs", "wechat.malformed", 403, with(format!("{laughs}{body}")));
    add("half a body", "wechat.malformed", 403, with(body[..body.len() / 2].to_owned()));
    add("no end tag", "wechat.malformed", 403, with(body.replace("</xml>", "")));
    add("JSON", "wechat.malformed", 403, with(r#"{"ToUserName":"x","Encrypt":"y"}"#.into()));
    add("nothing", "wechat.malformed", 403, with(String::new()));
    add("blanks", "wechat.malformed", 403, with(" \r\n ".into()));
    add("HTML", "wechat.", 403, with("<html><body>hello</body></html>".into()));
    let mut bytes = body.clone().into_bytes();
    bytes[20] = 0xff;
    add("invalid UTF-8", "wechat.malformed", 403, (query.clone(), bytes));
    add("nulls", "wechat.", 403, (query.clone(), vec![0; 512]));
    add("64 KiB and one byte", "wechat.too_large", 413, with(exactly(&body, 64 * 1024 + 1)));
    add("65 KiB and one byte", "wechat.too_large", 413, with(exactly(&body, 65 * 1024 + 1)));
    all
}

/// The body made exactly `n` bytes long, still XML.
fn exactly(body: &str, n: usize) -> String {
    let pad = n - body.len() - "<Pad></Pad>".len();
    body.replace("</xml>", &format!("<Pad>{}</Pad></xml>", "x".repeat(pad)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_from_wechat_is_refused_with_one_log_line_and_a_counter() {
    let bank = Bank::open().await;
    let mut all = wrong_in_their_signature(&bank);
    all.extend(wrong_in_their_seal(&bank));
    all.extend(no_callback_at_all(&bank));
    let mut wrong = vec![];
    for (what, code, status, query, body) in all {
        let (counted, logged) = (bank.refused(code).await, bank.refusals_logged());
        let answer = bank.peer.post(&query, body).await;
        let counted = bank.refused(code).await - counted;
        let logged = bank.refusals_logged() - logged;
        if (&answer, counted, logged) != (&Answer::Refused(status), 1, 1) {
            let got = format!("{answer:?}, counted {counted}, {logged} log lines");
            wrong.push(format!("{what}: wanted {status} {code:?}, got {got}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // Far too much is not even read to its end: the sender may see a cut connection instead of the 413.
    let (query, body) = bank.sealed("余额");
    let answer = bank.peer.post(&query, exactly(&body, 5 << 20).into()).await;
    assert!(matches!(answer, Answer::Refused(413) | Answer::Lost), "5 MiB: {answer:?}");
    let good = bank.peer.send(&bank.peer.text("oHonest", fresh_id(), "你好")).await;
    assert!(matches!(good, Answer::Words { .. }), "the server no longer answers: {good:?}");
    let said = bank.house.running.said();
    assert!(!said.contains("oHonest") && !said.contains("余额"), "the log names people or words");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authentic_message_is_answered_or_acknowledged_whatever_its_words() {
    let bank = Bank::open().await;
    let peer = &bank.peer;
    let long = "长".repeat(6_000);
    for words in [
        "]]>",
        "你好]]>再见",
        "]]></Content><FromUserName>oVictim</FromUserName><Content>",
        "<xml><ToUserName>gh_x</ToUserName><FromUserName><![CDATA[oVictim]]></FromUserName></xml>",
        "</xml>",
        "&lt;&amp;&unknown;&#0;&#x110000;",
        "\u{2}\u{8}控制\u{b}符\u{fffe}",
        "'; DROP TABLE turn; --",
        "{available} {account.tail} %s ${jndi:ldap://x}",
        "\u{202e}右到左\u{200b}零宽",
        "👨‍👩‍👧‍👦🏳️‍🌈",
        "",
        long.as_str(),
    ] {
        let answer = peer.send(&peer.text("oHonest", fresh_id(), words)).await;
        let Answer::Words { to, words: said } = &answer else { panic!("{words:?}: {answer:?}") };
        assert_eq!(to, "oHonest", "{words:?} was answered to somebody else");
        assert!(!said.is_empty(), "{words:?}");
        assert!(!said.contains("oVictim") && !said.contains("jndi"), "{words:?} → {said}");
    }
    let good = peer.text("oHonest", fresh_id(), "你好");
    let odd = [
        ("no MsgId", good.replace("<MsgId>", "<Id>").replace("</MsgId>", "</Id>")),
        ("a MsgId of 20 digits", with_field(&good, "MsgId", "18446744073709551615")),
        ("a MsgId of 40 digits", with_field(&good, "MsgId", &"9".repeat(40))),
        ("a MsgId in words", with_field(&good, "MsgId", "]]>'; --")),
        ("no CreateTime", with_field(&good, "CreateTime", "")),
        ("a CreateTime beyond all time", with_field(&good, "CreateTime", "99999999999999999999")),
        ("a negative CreateTime", with_field(&good, "CreateTime", "-5")),
        ("a FromUserName of 10 KB", good.replace("oHonest", &"o".repeat(10_000))),
        ("MsgType in capitals", good.replace("[text]", "[TEXT]")),
        ("two of each field", good.replace("<xml>", "").replace("</xml>", "").repeat(2)),
    ];
    for (what, inner) in odd {
        let inner = if inner.starts_with("<xml>") { inner } else { format!("<xml>{inner}</xml>") };
        let answer = peer.send(&inner).await;
        let fine = matches!(answer, Answer::Words { .. } | Answer::Acknowledged);
        assert!(fine, "{what}: {answer:?}");
    }
}

fn with_field(xml: &str, name: &str, value: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (before, rest) = xml.split_once(&open).unwrap();
    let (_, after) = rest.split_once(&close).unwrap();
    format!("{before}{open}{value}{close}{after}")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_but_no_message_is_acknowledged_and_counted() {
    let bank = Bank::open().await;
    let good = bank.peer.text("oHonest", fresh_id(), "你好");
    let inners: [(&str, Vec<u8>); 8] = [
        ("a DTD inside", format!("<!DOCTYPE xml>{good}").into()),
        (
            "an external entity inside",
            format!("<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>{good}").into(),
        ),
        (
            "invalid UTF-8 inside",
            [&good.as_bytes()[..60], &[0xc3, 0x28], &good.as_bytes()[60..]].concat(),
        ),
        ("JSON inside", b"{\"MsgType\":\"text\"}".to_vec()),
        ("nothing inside", vec![]),
        ("no FromUserName", good.replace("FromUserName", "Nobody").into()),
        ("no MsgType", good.replace("MsgType", "Kind").into()),
        ("plain words inside", b"hello".to_vec()),
    ];
    let key = bank.peer.account.key.as_ref().unwrap();
    let mut sealed: Vec<(&str, String)> = vec![];
    for (what, inner) in inners {
        let random = Random::system().bytes();
        sealed.push((what, key.seal(random, &inner, &bank.peer.account.appid)));
    }
    // One block garbled: the appid at the end still fits, the beginning is no XML.
    let mut garbled = encrypt_of(&bank.sealed("余额").1).to_owned();
    garbled.replace_range(60..61, if &garbled[60..61] == "A" { "B" } else { "A" });
    sealed.push(("a garbled block", garbled));
    for (what, encrypt) in sealed {
        let before = bank.refused("wechat.unreadable").await;
        let logged = bank.refusals_logged();
        let (query, body) = bank.sealed("x");
        let (query, body) = resigned(&query, &body, &encrypt);
        let answer = bank.peer.post(&query, body.into()).await;
        let counted = bank.refused("wechat.unreadable").await - before;
        let logged = bank.refusals_logged() - logged;
        assert_eq!((&answer, counted, logged), (&Answer::Acknowledged, 1, 1), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_gets_the_stored_answer_and_does_nothing_more() {
    let bank = Bank::open().await;
    let peer = &bank.peer;
    let inner = peer.text("oHonest", fresh_id(), "紫色的拖拉机在月亮上唱歌");
    let (query, body) = peer.sealed(&inner, 0);
    let first = peer.post(&query, body.clone().into()).await;
    assert!(matches!(first, Answer::Words { .. }), "{first:?}");
    // The answer to these words changes with the conversation: anything but the record would say another thing.
    let second = peer.send(&peer.text("oHonest", fresh_id(), "紫色的拖拉机在月亮上唱歌")).await;
    assert_ne!(first, second, "the words of this test no longer depend on the conversation");
    assert_eq!(peer.post(&query, body.into()).await, first, "byte for byte the same delivery");
    assert_eq!(peer.send(&inner).await, first, "a new attempt at the same message");
    let (query, body) = peer.sealed(&inner, 600);
    assert_eq!(peer.post(&query, body.into()).await, first, "old, but answered before");

    let never = peer.text("oHonest", fresh_id(), "你好");
    for age_s in [301, 86_400, -301] {
        let (query, body) = peer.sealed(&never, age_s);
        assert_eq!(peer.post(&query, body.into()).await, Answer::Refused(403), "{age_s} s");
    }
    // The refused one left nothing behind: it is answered when it comes in time.
    let repeats = figure(&peer.http, bank.port + 1, "weiyin_turns_repeated_total", "").await;
    assert!(matches!(peer.send(&never).await, Answer::Words { .. }));
    let now = figure(&peer.http, bank.port + 1, "weiyin_turns_repeated_total", "").await;
    assert_eq!(now, repeats, "a refused message was kept");
    // Somebody else's message with the same MsgId is another message.
    let same_id = inner.replace("oHonest", "oSomebodyElse");
    let Answer::Words { to, .. } = peer.send(&same_id).await else { panic!("no answer") };
    assert_eq!(to, "oSomebodyElse");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_url_check_echoes_only_to_wechat() {
    let bank = Bank::open().await;
    let (query, _) = bank.sealed("x");
    let url = &bank.peer.url;
    let right = signature(&[TOKEN, &query.timestamp, &query.nonce]);
    let get = |url: String, signature: String, echo: &'static str| {
        let (http, stamp, nonce) = (&bank.peer.http, &query.timestamp, &query.nonce);
        let all = [
            ("signature", signature.as_str()),
            ("timestamp", stamp),
            ("nonce", nonce),
            ("echostr", echo),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()));
        http.get(url).query(&all).send()
    };
    let answer = get(url.clone(), right.clone(), "4375120948345356249").await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain"), "{kind}");
    assert_eq!(answer.text().await.unwrap(), "4375120948345356249");
    for echo in ["<script>alert(1)</script>", "", "a b", "é", "x\r\ny"] {
        let answer = get(url.clone(), right.clone(), echo).await.unwrap();
        assert_eq!(answer.status(), 403, "{echo:?}");
        assert_eq!(answer.text().await.unwrap(), "", "{echo:?}");
    }
    let answer = get(url.clone(), "0".repeat(40), "42").await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (403, ""));

    let unknown = bank.refused("unknown_account").await;
    for appid in ["wxnobody0000000001", "..%2f..%2fetc%2fpasswd", "%00", "'%20OR%201=1"] {
        let url = format!("http://127.0.0.1:{}/wx/{appid}", bank.port);
        let answer = get(url.clone(), right.clone(), "42").await.unwrap();
        assert_eq!(answer.status(), 404, "GET {appid}");
        let answer = bank.peer.http.post(url).body("<xml/>").send().await.unwrap();
        assert_eq!(answer.status(), 404, "POST {appid}");
    }
    assert_eq!(bank.refused("unknown_account").await - unknown, 8);
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let answer = bank.peer.http.request(method.clone(), url).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{method}");
    }
}

/// Changes one authenticated part of a delivery; the part changed, for the report.
fn mutate(query: &mut Query, body: &mut String, random: &Random) -> &'static str {
    let encrypt = encrypt_of(body).to_owned();
    let (what, text) = match random.below(5) {
        0 => ("msg_signature", query.msg_signature.clone()),
        1 => ("timestamp", query.timestamp.clone()),
        2 => ("nonce", query.nonce.clone()),
        3 => ("outer ToUserName", ACCOUNTS[0][1].to_owned()),
        _ => ("Encrypt", encrypt.clone()),
    };
    let mut changed = text.clone();
    while changed == text {
        let at = usize::try_from(random.below(u64::try_from(text.len()).unwrap())).unwrap();
        let letter = b"0123456789abcdefABCDEFxyzXYZ"[usize::try_from(random.below(28)).unwrap()];
        let letter = char::from(letter).to_string();
        match random.below(5) {
            0 => changed.replace_range(at..=at, &letter),
            1 => changed.replace_range(at..=at, ""),
            2 => changed.insert_str(at, &letter),
            // The outer ToUserName may be absent: the one inside is sealed and must be ours.
            3 => changed.truncate(if what == "outer ToUserName" { at.max(1) } else { at }),
            _ => changed = changed.chars().rev().collect(),
        }
    }
    match what {
        "msg_signature" => query.msg_signature = changed,
        "timestamp" => query.timestamp = changed,
        "nonce" => query.nonce = changed,
        "Encrypt" => *body = body.replace(&encrypt, &changed),
        _ => *body = body.replace(&text, &changed),
    }
    what
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_mutated_messages_none_is_accepted_and_none_breaks_the_server() {
    let bank = Bank::open().await;
    let seed = Random::system().u64();
    let random = Random::seeded(seed);
    let before = bank.refused("wechat.").await;
    let mut accepted = vec![];
    for _ in 0..MUTATIONS {
        let (mut query, mut body) = bank.sealed("余额");
        let what = mutate(&mut query, &mut body, &random);
        let answer = bank.peer.post(&query, body.clone().into()).await;
        if answer != Answer::Refused(403) {
            accepted.push(format!("{what}: {answer:?} for {query:?} {body}"));
        }
    }
    assert!(accepted.is_empty(), "seed {seed}: {} not refused: {accepted:#?}", accepted.len());
    let counted = bank.refused("wechat.").await - before;
    assert_eq!(counted, u64::try_from(MUTATIONS).unwrap());
    println!("{MUTATIONS} mutated, 0 accepted (seed {seed})");
    let good = bank.peer.send(&bank.peer.text("oHonest", fresh_id(), "你好")).await;
    assert!(matches!(good, Answer::Words { .. }), "the server no longer answers: {good:?}");
}
