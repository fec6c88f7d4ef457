//! Forged, broken and downgraded callbacks.

use super::*;
use crate::xml::XmlError;
use proptest::prelude::*;

/// A body with this `Encrypt` element and a `msg_signature` that fits it.
fn signed(encrypt: &str) -> (Query, String) {
    let timestamp = NOW.secs().to_string();
    let query = Query {
        msg_signature: crate::crypto::signature(&["spamtest", &timestamp, "n", encrypt]),
        nonce: "n".into(),
        timestamp,
        ..Query::default()
    };
    let body =
        format!("<xml><ToUserName>{GH}</ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>");
    (query, body)
}
fn refused(account: &Callback, query: &Query, body: impl AsRef<[u8]>) -> Refused {
    account.open(query, body.as_ref(), NOW).unwrap_err()
}

#[test]
fn plaintext_is_refused_where_all_must_be_encrypted_however_well_it_is_signed() {
    let plain = Callback { key: None, ..account(Mode::Plain) };
    let (query, body) = pushed(&plain, "转账");
    for mode in [Mode::Compat, Mode::Secure] {
        assert_refused(&refused(&account(mode), &query, &body), "wechat.plain", "mode");
        let raw = Query { encrypt_type: "raw".into(), ..query.clone() };
        assert_refused(&refused(&account(mode), &raw, &body), "wechat.plain", "mode");
        let both = Query { msg_signature: query.signature.clone(), ..query.clone() };
        assert_refused(&refused(&account(mode), &both, &body), "wechat.plain", "mode");
    }
}

#[test]
fn the_plain_signature_never_stands_in_for_the_message_signature() {
    for mode in [Mode::Compat, Mode::Secure] {
        let account = account(mode);
        let (query, body) = pushed(&account, "转账");
        let without = Query { msg_signature: String::new(), ..query.clone() };
        assert_refused(&refused(&account, &without, &body), "wechat.unsigned", "token");
        let swapped = Query { msg_signature: query.signature.clone(), ..query };
        assert_refused(&refused(&account, &swapped, &body), "wechat.signature", "token");
    }
}

#[test]
fn the_mode_is_never_taken_from_the_query() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "查余额");
    for encrypt_type in ["", "raw", "aes", "none"] {
        let query = Query { encrypt_type: encrypt_type.into(), ..query.clone() };
        assert!(account.open(&query, body.as_bytes(), NOW).is_ok(), "{encrypt_type}");
    }
}

#[test]
fn in_compat_mode_the_plain_fields_are_not_believed() {
    let account = account(Mode::Compat);
    let (query, body) = pushed(&account, "查余额");
    let forged =
        body.replacen("查余额", "转账给我", 1).replacen("oExampleFollower01", "oForged", 1);
    assert_ne!(forged, body);
    let opened = account.open(&query, forged.as_bytes(), NOW).unwrap();
    assert_eq!((words(&opened), opened.heard.from.as_str()), ("查余额", "oExampleFollower01"));
}

#[test]
fn in_compat_mode_a_customers_words_cannot_bring_their_own_encrypt() {
    let account = account(Mode::Compat);
    let words_of = "]]></Content><Encrypt>AAAA</Encrypt><Content><![CDATA[";
    let (query, body) = pushed(&account, words_of);
    let opened = account.open(&query, body.as_bytes(), NOW).unwrap();
    assert_eq!(words(&opened), words_of);
}

#[test]
fn openid_in_the_query_is_not_looked_at() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "x");
    let query = Query { openid: "oForged".into(), ..query };
    let opened = account.open(&query, body.as_bytes(), NOW).unwrap();
    assert_eq!(opened.heard.from, "oExampleFollower01");
}

#[test]
fn every_failure_to_decrypt_looks_the_same_outside_and_is_named_inside() {
    let account = account(Mode::Secure);
    let seal = |k: &str, appid: &str| key(k).seal([7; 16], message("x").as_bytes(), appid);
    for (encrypt, cause) in [
        (seal(OTHER_KEY, APPID), "padding"),
        (seal(KEY, "wxforeign00000001"), "appid"),
        (seal(KEY, ""), "appid"),
        ("AAAA".to_owned(), "base64"),
        ("not base64".to_owned(), "base64"),
    ] {
        let (query, body) = signed(&encrypt);
        assert_refused(&refused(&account, &query, body), "wechat.sealed", cause);
    }
}

#[test]
fn with_two_keys_the_most_telling_cause_is_named() {
    let account = account(Mode::Secure).with_previous_key(key(OTHER_KEY));
    let (query, body) = signed(&key(OTHER_KEY).seal([7; 16], b"x", "wxforeign00000001"));
    assert_refused(&refused(&account, &query, body), "wechat.sealed", "appid");
}

#[test]
fn an_account_without_a_key_says_so() {
    let (query, body) = pushed(&account(Mode::Secure), "x");
    let keyless = Callback { key: None, ..account(Mode::Secure) };
    assert_refused(&refused(&keyless, &query, &body), "wechat.no_key", "key");
    let plain = Callback { key: None, ..account(Mode::Plain) };
    assert_refused(&refused(&plain, &query, &body), "wechat.mode", "mode");
}

#[test]
fn the_outer_name_must_be_the_inner_one() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "x");
    let forged = body.replace(GH, "gh_neighbour");
    assert_refused(&refused(&account, &query, forged), "wechat.account", "appid");
}

#[test]
fn bodies_over_the_limit_are_refused_unread_and_those_at_it_are_read() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "x");
    let padded = |size: usize| format!("{body}{}", " ".repeat(size - body.len()));
    assert!(account.open(&query, padded(65_536).as_bytes(), NOW).is_ok());
    let large = refused(&account, &query, padded(65_537));
    assert_eq!((large.status(), large.code(), large.body()), (413, "wechat.too_large", ""));
    let push = account.open_component(&query, padded(65_537).as_bytes(), NOW).unwrap_err();
    assert_eq!(push, Refused::TooLarge);
}

#[test]
fn outer_bodies_that_are_not_xml_are_refused_by_what_is_wrong() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "x");
    let dtd = format!("<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>{body}");
    let deep = format!("<xml>{}{}</xml>", "<a>".repeat(99), "</a>".repeat(99));
    let bad: [(Vec<u8>, &str); 6] = [
        (dtd.into_bytes(), "dtd"),
        (deep.into_bytes(), "depth"),
        (vec![0xff, 0xfe, b'<'], "utf8"),
        (body.as_bytes()[..body.len() - 9].to_vec(), "ill_formed"),
        (br#"{"ToUserName":"gh","Encrypt":"AAAA"}"#.to_vec(), "not_xml"),
        (vec![], "not_xml"),
    ];
    for (body, cause) in bad {
        assert_refused(&refused(&account, &query, body), "wechat.malformed", cause);
    }
}

#[test]
fn an_authentic_body_that_is_no_message_is_acknowledged_and_never_processed() {
    let account = account(Mode::Secure);
    let mut invalid = message("x").into_bytes();
    let at = invalid.windows(3).position(|w| w == b"x]]").unwrap();
    invalid[at] = 0xff;
    let dtd = format!("<!DOCTYPE xml [<!ENTITY e \"y\">]>{}", message("&e;"));
    let inner: [(Vec<u8>, XmlError); 5] = [
        (invalid, XmlError::NotUtf8),
        (dtd.into_bytes(), XmlError::Dtd),
        (br#"{"MsgType":"event","Event":"debug_demo"}"#.to_vec(), XmlError::NotXml),
        (message("x").into_bytes()[..150].to_vec(), XmlError::IllFormed),
        (b"<xml></xml>".to_vec(), XmlError::Missing("ToUserName")),
    ];
    for (inner, error) in inner {
        let (query, body) = signed(&key(KEY).seal([7; 16], &inner, APPID));
        let refused = refused(&account, &query, body);
        assert_eq!(refused, Refused::Unreadable(error));
        assert_eq!((refused.status(), refused.body()), (200, "success"));
    }
}

#[test]
fn ill_formed_words_of_a_customer_are_opened_as_they_are() {
    for mode in [Mode::Plain, Mode::Compat, Mode::Secure] {
        for text in
            ["a]]>b", "<xml><FromUserName>oForged</FromUserName></xml>", "]]></Content></xml>"]
        {
            let account = account(mode);
            let (query, body) = pushed(&account, text);
            let opened = account.open(&query, body.as_bytes(), NOW).unwrap();
            assert_eq!((words(&opened), opened.heard.from.as_str()), (text, "oExampleFollower01"));
        }
    }
}

/// Changes one thing that the signature or the shape of the envelope covers.
fn mutate(random: &Random, query: &mut Query, body: &mut Vec<u8>) {
    let pick = |n: usize| usize::try_from(random.below(u64::try_from(n).unwrap())).unwrap();
    let flip = |text: &mut String| {
        let at = pick(text.len());
        let mut bytes = std::mem::take(text).into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        *text = String::from_utf8(bytes).unwrap();
    };
    match pick(8) {
        0 => flip(&mut query.msg_signature),
        1 => flip(&mut query.timestamp),
        2 => flip(&mut query.nonce),
        3 => query.msg_signature.clear(),
        4 => body.truncate(pick(body.len())),
        5 => {
            let at = pick(body.len());
            body.remove(at);
        }
        6 => {
            let at = pick(body.len());
            body[at] ^= 1 << pick(8);
        }
        _ => {
            let (a, b) = (pick(body.len()), pick(body.len()));
            body.swap(a, b);
        }
    }
}

#[test]
fn of_ten_thousand_changed_messages_none_is_taken() {
    let account = account(Mode::Secure);
    let random = Random::seeded(20_261_123);
    let mut tried = 0;
    while tried < 10_000 {
        let (query, body) = push(&account, &message("查余额"), GH, "nonce1", NOW, random.bytes());
        let (mut changed_query, mut changed_body) = (query.clone(), body.clone().into_bytes());
        mutate(&random, &mut changed_query, &mut changed_body);
        if changed_query == query && changed_body == body.as_bytes() {
            continue;
        }
        tried += 1;
        let taken = account.open(&changed_query, &changed_body, NOW);
        let refused = taken.err().unwrap_or_else(|| {
            panic!("{changed_query:?} {}", String::from_utf8_lossy(&changed_body))
        });
        assert_eq!((refused.status(), refused.body()), (403, ""), "{refused}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bodies_never_panic_and_are_never_taken(
        body in proptest::collection::vec(any::<u8>(), 0..300),
        signature in "[0-9a-f]{40}",
    ) {
        let query = Query { msg_signature: signature.clone(), signature, timestamp: NOW.secs().to_string(), ..Query::default() };
        for mode in [Mode::Plain, Mode::Compat, Mode::Secure] {
            prop_assert!(account(mode).open(&query, &body, NOW).is_err());
            prop_assert!(account(mode).open_component(&query, &body, NOW).is_err());
        }
    }

    #[test]
    fn arbitrary_insides_never_panic(inner in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (query, body) = signed(&key(KEY).seal([7; 16], &inner, APPID));
        let _ = account(Mode::Secure).open(&query, body.as_bytes(), NOW);
        let _ = account(Mode::Secure).open_component(&query, body.as_bytes(), NOW);
    }

    #[test]
    fn any_words_come_through_and_any_reply_goes_back(said in "\\PC{1,80}", answer in "\\PC{1,80}") {
        let account = account(Mode::Secure);
        let (query, body) = pushed(&account, &said);
        let opened = account.open(&query, body.as_bytes(), NOW).unwrap();
        prop_assert_eq!(words(&opened), said);
        let xml = Reply::Text(answer).to_xml(&opened.heard.from, &opened.heard.to, NOW);
        let response = account.seal(&xml, opened.key, &query.nonce, NOW, [9; 16]);
        let plain = if response == ACK { response.into_bytes() } else { read_reply(&account, response.as_bytes()).unwrap() };
        prop_assert_eq!(plain, xml.as_bytes());
    }
}
