//! What is taken, what is refused, and that nobody outside can tell why.

use super::*;
use crate::inbound::What;
use crate::reply::Reply;
use base::Random;

mod hostile;

const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const OTHER_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const APPID: &str = "wx2c2769f8efd9abc2";
const GH: &str = "gh_10f6c3c3ac5a";
const NOW: Time = Time::of_secs(1_785_000_000);

fn key(text: &str) -> AesKey {
    AesKey::parse(text).unwrap()
}
fn account(mode: Mode) -> Callback {
    Callback::new(APPID, "spamtest", mode).with_key(key(KEY))
}
fn message(words: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[{GH}]]></ToUserName><FromUserName><![CDATA[oExampleFollower01]]></FromUserName>\
         <CreateTime>1785000000</CreateTime><MsgType><![CDATA[text]]></MsgType>\
         <Content><![CDATA[{words}]]></Content><MsgId>42</MsgId></xml>"
    )
}
fn pushed(to: &Callback, words: &str) -> (Query, String) {
    push(to, &message(words), GH, "nonce1", NOW, [7; 16])
}
fn words(opened: &Opened) -> &str {
    match &opened.heard.what {
        What::Text { content, .. } => content,
        other => panic!("{other:?}"),
    }
}

/// All refusals but these two kinds must look alike from outside.
fn assert_refused(refused: &Refused, code: &str, cause: &str) {
    assert_eq!((refused.code(), refused.cause()), (code, cause));
    assert_eq!((refused.status(), refused.body()), (403, ""));
}

#[test]
fn each_mode_opens_what_wechat_sends_in_it() {
    for (mode, is_sealed) in [(Mode::Plain, false), (Mode::Compat, true), (Mode::Secure, true)] {
        let account = account(mode);
        let (query, body) = pushed(&account, "查余额");
        let opened = account.open(&query, body.as_bytes(), NOW).unwrap();
        assert_eq!(words(&opened), "查余额");
        assert_eq!(opened.heard.key, format!("{GH}/oExampleFollower01/m42"));
        assert_eq!(opened.key.is_sealed(), is_sealed);
        assert!(!opened.key.is_previous());
    }
}

#[test]
fn the_compat_sample_of_the_official_library_opens() {
    let encrypt = "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=";
    let body = format!(
        "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\n<FromUserName><![CDATA[oyORnuP8q7ou2gfYjqLzSIWZf0rs]]></FromUserName>\n\
         <CreateTime>1409735668</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[abcdteT]]></Content>\n\
         <MsgId>6054768590064713728</MsgId>\n<Encrypt><![CDATA[{encrypt}]]></Encrypt>\n</xml>"
    );
    let query = Query {
        signature: "16120ec1b8dbb870f510d87ce6bc2463eae6ca1a".into(),
        timestamp: "1409735669".into(),
        nonce: "1320562132".into(),
        msg_signature: "5d197aaffba7e9b25a30732f161a50dee96bd5fa".into(),
        encrypt_type: "aes".into(),
        ..Query::default()
    };
    let now = Time::of_secs(1_409_735_669);
    let opened = account(Mode::Compat).open(&query, body.as_bytes(), now).unwrap();
    assert_eq!(words(&opened), "abcdteT");
    let secure = format!("<xml><ToUserName>{GH}</ToUserName><Encrypt>{encrypt}</Encrypt></xml>");
    let opened = account(Mode::Secure).open(&query, secure.as_bytes(), now).unwrap();
    assert_eq!(words(&opened), "abcdteT");
}

#[test]
fn the_url_check_answers_the_official_example() {
    let account = Callback::new(APPID, "AAAAA", Mode::Secure);
    let query = Query {
        signature: "f464b24fc39322e44b38aa78f5edd27bd1441696".into(),
        timestamp: "1714036504".into(),
        nonce: "1514711492".into(),
        echostr: "4375120948345356249".into(),
        ..Query::default()
    };
    let now = Time::of_secs(1_714_036_504);
    assert_eq!(account.verify_url(&query, now), Ok("4375120948345356249".into()));
    let with = |change: fn(&mut Query)| {
        let mut query = query.clone();
        change(&mut query);
        account.verify_url(&query, now).unwrap_err()
    };
    assert_refused(&with(|q| q.signature.clear()), "wechat.unsigned", "token");
    assert_refused(&with(|q| q.nonce.push('0')), "wechat.signature", "token");
    assert_refused(&with(|q| q.echostr.clear()), "wechat.echo", "echostr");
    assert_refused(&with(|q| q.echostr = "<script>".into()), "wechat.echo", "echostr");
    let late = account.verify_url(&query, now.plus_ms(301_000)).unwrap_err();
    assert_refused(&late, "wechat.stale", "time");
}

#[test]
fn a_reply_goes_out_as_the_message_came_in() {
    let xml = Reply::Text("好".into()).to_xml("oExampleFollower01", GH, NOW);
    for mode in [Mode::Plain, Mode::Compat, Mode::Secure] {
        let account = account(mode);
        let (query, body) = pushed(&account, "查余额");
        let used = account.open(&query, body.as_bytes(), NOW).unwrap().key;
        let response = account.seal(&xml, used, &query.nonce, NOW, [9; 16]);
        assert_eq!(response.contains("<Encrypt>"), mode != Mode::Plain);
        assert_eq!(read_reply(&account, response.as_bytes()).unwrap(), xml.as_bytes());
    }
}

#[test]
fn the_reply_envelope_is_written_as_the_official_page_shows_it() {
    let account =
        Callback::new("wxba5fad812f8e6fb9", "AAAAA", Mode::Secure).with_key(key(&"A".repeat(43)));
    let used = KeyUsed { key: Slot::Current, token: Slot::Current };
    let response = account.seal(
        r#"{"demo_resp":"good luck"}"#,
        used,
        "415670741",
        Time::of_secs(1_713_424_427),
        *b"707722b803182950",
    );
    assert_eq!(
        response,
        "<xml><Encrypt><![CDATA[ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==]]></Encrypt>\
         <MsgSignature><![CDATA[1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1]]></MsgSignature>\
         <TimeStamp>1713424427</TimeStamp><Nonce><![CDATA[415670741]]></Nonce></xml>"
    );
}

#[test]
fn an_acknowledgement_is_never_encrypted() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "x");
    let used = account.open(&query, body.as_bytes(), NOW).unwrap().key;
    assert_eq!(account.seal(ACK, used, "n", NOW, [9; 16]), "success");
    assert_eq!(account.seal("", used, "n", NOW, [9; 16]), "");
}

#[test]
fn a_nonce_cannot_break_out_of_the_reply() {
    let account = account(Mode::Secure);
    let used = KeyUsed { key: Slot::Current, token: Slot::Current };
    let response = account.seal("<xml></xml>", used, "]]><a>1", NOW, [9; 16]);
    assert!(response.contains("<Nonce><![CDATA[a1]]></Nonce>"), "{response}");
    assert!(read_reply(&account, response.as_bytes()).is_ok());
}

#[test]
fn the_previous_key_opens_and_its_reply_goes_out_under_it() {
    let before = account(Mode::Secure);
    let after = Callback::new(APPID, "spamtest", Mode::Secure)
        .with_key(key(OTHER_KEY))
        .with_previous_key(key(KEY));
    let (query, body) = pushed(&before, "换钥匙");
    let opened = after.open(&query, body.as_bytes(), NOW).unwrap();
    assert!(opened.key.is_previous());
    let response = after.seal("<xml></xml>", opened.key, "n", NOW, [9; 16]);
    assert!(read_reply(&before, response.as_bytes()).is_ok());
    assert!(read_reply(&after, response.as_bytes()).is_err());
}

#[test]
fn the_previous_token_is_taken_and_its_reply_is_signed_with_it() {
    let before = account(Mode::Secure);
    let after = Callback::new(APPID, "another", Mode::Secure)
        .with_key(key(KEY))
        .with_previous_token("spamtest");
    let (query, body) = pushed(&before, "换口令");
    let opened = after.open(&query, body.as_bytes(), NOW).unwrap();
    assert!(opened.key.is_previous());
    let response = after.seal("<xml></xml>", opened.key, "n", NOW, [9; 16]);
    assert!(read_reply(&before, response.as_bytes()).is_ok());
    let gone = Callback::new(APPID, "another", Mode::Secure).with_key(key(KEY));
    let refused = gone.open(&query, body.as_bytes(), NOW).unwrap_err();
    assert_refused(&refused, "wechat.signature", "token");
}

#[test]
fn five_minutes_either_way_are_fresh_and_a_second_more_is_not() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "x");
    let at = |off_s: i64| account.open(&query, body.as_bytes(), NOW.plus_ms(off_s * 1000));
    for off in [-300, -299, 0, 299, 300] {
        assert!(at(off).is_ok(), "{off}");
    }
    for off in [-301, 301, 1_000_000] {
        assert_refused(&at(off).unwrap_err(), "wechat.stale", "time");
    }
}

#[test]
fn a_stale_but_authentic_message_is_handed_over_for_its_stored_answer_only() {
    let account = account(Mode::Secure);
    let (query, body) = pushed(&account, "密码123456");
    let refused = account.open(&query, body.as_bytes(), NOW.plus_ms(400_000)).unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains("123456"));
    let Refused::Stale { message: Some(message) } = refused else { panic!("{refused}") };
    assert_eq!(message.heard.key, format!("{GH}/oExampleFollower01/m42"));
    let plain = Callback { mode: Mode::Plain, ..account };
    let (query, body) = pushed(&plain, "x");
    let refused = plain.open(&query, body.as_bytes(), NOW.plus_ms(400_000)).unwrap_err();
    assert_eq!(refused, Refused::Stale { message: None });
}

#[test]
fn a_platform_receives_under_its_own_appid_for_its_accounts() {
    let platform = Callback::new("wxplatform0000001", "spamtest", Mode::Secure).with_key(key(KEY));
    let (query, body) = pushed(&platform, "县行");
    let county = platform.clone().with_original_id(GH);
    assert_eq!(words(&county.open(&query, body.as_bytes(), NOW).unwrap()), "县行");
    // the same message at another account's address
    let neighbour = platform.with_original_id("gh_neighbour");
    let refused = neighbour.open(&query, body.as_bytes(), NOW).unwrap_err();
    assert_refused(&refused, "wechat.account", "appid");
    // an account connected directly does not take a platform's message
    let refused = account(Mode::Secure).open(&query, body.as_bytes(), NOW).unwrap_err();
    assert_refused(&refused, "wechat.sealed", "appid");
}

#[test]
fn a_platforms_own_pushes_open() {
    let platform = Callback::new("wxplatform0000001", "spamtest", Mode::Secure).with_key(key(KEY));
    let inner = "<xml><AppId>wxplatform0000001</AppId><CreateTime>1785000000</CreateTime>\
                 <InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket></xml>";
    let (query, body) = push_component(&platform, inner, "n", NOW, [7; 16]);
    let ticket = platform.open_component(&query, body.as_bytes(), NOW).unwrap();
    assert_eq!(ticket.name(), "component.verify_ticket");
    let late = platform.open_component(&query, body.as_bytes(), NOW.plus_ms(301_000)).unwrap_err();
    assert_refused(&late, "wechat.stale", "time");
    // an ordinary message is not a push, and a push inside for another platform is refused
    let (query, body) = pushed(&platform, "x");
    let refused = platform.open_component(&query, body.as_bytes(), NOW).unwrap_err();
    assert_eq!(refused, Refused::Unreadable(crate::xml::XmlError::Missing("InfoType")));
    let inner = inner.replace("<AppId>wxplatform0000001", "<AppId>wxplatform0000002");
    let (query, body) = push_component(&platform, &inner, "n", NOW, [7; 16]);
    let refused = platform.open_component(&query, body.as_bytes(), NOW).unwrap_err();
    assert_refused(&refused, "wechat.account", "appid");
}

#[test]
fn a_wrong_configuration_is_told_in_words_that_help() {
    assert_eq!(account(Mode::Secure).complaint(), None);
    assert_eq!(Callback::new(APPID, "spamtest", Mode::Plain).complaint(), None);
    let bad = |callback: Callback| callback.complaint().unwrap();
    assert!(bad(Callback::new("", "spamtest", Mode::Plain)).contains("appid"));
    assert!(bad(Callback::new(APPID, "ab", Mode::Plain)).contains("Token"));
    assert!(bad(Callback::new(APPID, "spam test", Mode::Plain)).contains("Token"));
    assert!(bad(Callback::new(APPID, "spamtest", Mode::Secure)).contains("EncodingAESKey"));
    assert!(bad(Callback { window_s: 0, ..account(Mode::Secure) }).contains("window"));
}

#[test]
fn no_secret_is_printed() {
    let text = format!("{:?}", account(Mode::Secure));
    assert!(!text.contains("spamtest") && text.contains("***"), "{text}");
}

#[test]
fn a_query_string_is_read_with_whatever_is_in_it() {
    let query: Query =
        serde_json::from_str(r#"{"timestamp":"1","nonce":"2","unknown":"3"}"#).unwrap();
    assert_eq!((query.timestamp.as_str(), query.openid.as_str()), ("1", ""));
}

#[test]
fn a_query_is_read_as_wechat_writes_it_and_nothing_in_it_breaks_the_reading() {
    let query = Query::of(
        "signature=a1&timestamp=1409659813&nonce=n%2B1&encrypt_type=aes&msg_signature=b2&openid=oX&more=1",
    );
    assert_eq!((query.signature.as_str(), query.timestamp.as_str()), ("a1", "1409659813"));
    assert_eq!((query.nonce.as_str(), query.msg_signature.as_str()), ("n+1", "b2"));
    assert_eq!(Query::of("echostr=a+b%20c%3d").echostr, "a b c=");
    for odd in
        ["", "&&", "=", "nonce", "nonce=%", "nonce=%4", "nonce=%zz", "nonce=%ff%fe", "nonce=é"]
    {
        let read = Query::of(odd);
        assert_eq!(read.signature, "", "{odd}");
    }
    assert_eq!(Query::of("nonce=%ff").nonce, "%ff");
    assert_eq!(Query::of("nonce=1&nonce=2").nonce, "1");
}
