//! Every message and event of the protocol is typed; the unknown is kept; keys tell repeats from news.

use super::*;

/// Header of a message from one invented follower, then `rest`.
fn xml(msg_type: &str, rest: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[gh_10f6c3c3ac5a]]></ToUserName>\
         <FromUserName><![CDATA[oExampleFollower01]]></FromUserName><CreateTime>1785000000</CreateTime>\
         <MsgType><![CDATA[{msg_type}]]></MsgType>{rest}</xml>"
    )
}
fn heard(msg_type: &str, rest: &str) -> Inbound {
    read(xml(msg_type, rest).as_bytes()).unwrap()
}
fn what(msg_type: &str, rest: &str) -> What {
    heard(msg_type, rest).what
}
fn happened(event: &str, rest: &str) -> Event {
    match what("event", &format!("<Event><![CDATA[{event}]]></Event>{rest}")) {
        What::Event(e) => e,
        other => panic!("{other:?}"),
    }
}
fn key_of(event: &str, rest: &str) -> String {
    heard("event", &format!("<Event><![CDATA[{event}]]></Event>{rest}")).key
}

mod messages {
    use super::*;

    #[test]
    fn a_text_has_its_words_and_the_tapped_menu_line() {
        assert_eq!(
            what("text", "<Content><![CDATA[查余额\n谢谢😀]]></Content><MsgId>1</MsgId>"),
            What::Text { content: "查余额\n谢谢😀".into(), menu_id: None }
        );
        assert_eq!(
            what("text", "<Content>是</Content><MsgId>1</MsgId><bizmsgmenuid>102</bizmsgmenuid>"),
            What::Text { content: "是".into(), menu_id: Some("102".into()) }
        );
        assert_eq!(
            what("text", "<MsgId>1</MsgId>"),
            What::Text { content: String::new(), menu_id: None }
        );
    }

    #[test]
    fn a_voice_without_recognition_differs_from_one_that_was_not_understood() {
        let voice = |more: &str| {
            what(
                "voice",
                &format!("<MediaId>m1</MediaId><Format>amr</Format>{more}<MsgId>1</MsgId>"),
            )
        };
        let expected = |recognition: Option<&str>| What::Voice {
            media_id: "m1".into(),
            format: "amr".into(),
            recognition: recognition.map(str::to_owned),
            media_id_16k: None,
        };
        assert_eq!(voice(""), expected(None));
        assert_eq!(voice("<Recognition><![CDATA[]]></Recognition>"), expected(Some("")));
        assert_eq!(voice("<Recognition/>"), expected(Some("")));
        assert_eq!(
            voice("<Recognition><![CDATA[查余额]]></Recognition>"),
            expected(Some("查余额"))
        );
    }

    #[test]
    fn pictures_videos_places_and_links_have_all_their_fields() {
        assert_eq!(
            what("image", "<PicUrl>http://p</PicUrl><MediaId>m</MediaId><MsgId>1</MsgId>"),
            What::Image { pic_url: "http://p".into(), media_id: "m".into() }
        );
        let media = "<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId><MsgId>1</MsgId>";
        assert_eq!(
            what("video", media),
            What::Video { media_id: "m".into(), thumb_media_id: "t".into() }
        );
        assert_eq!(
            what("shortvideo", media),
            What::ShortVideo { media_id: "m".into(), thumb_media_id: "t".into() }
        );
        let What::Location(place) = what(
            "location",
            "<Location_X>23.134521</Location_X><Location_Y>113.358803</Location_Y><Scale>20</Scale>\
             <Label><![CDATA[某镇]]></Label><MsgId>1</MsgId>",
        ) else {
            panic!("not a place")
        };
        assert_eq!((place.scale, place.label.as_str()), (Some(20), "某镇"));
        assert_eq!(place.micro_degrees(), Some((23_134_521, 113_358_803)));
        assert_eq!(
            what(
                "link",
                "<Title>t</Title><Description>d</Description><Url>u</Url><MsgId>1</MsgId>"
            ),
            What::Link { title: "t".into(), description: "d".into(), url: "u".into() }
        );
    }

    #[test]
    fn a_message_from_an_article_says_which() {
        let from = heard(
            "text",
            "<Content>x</Content><MsgId>1</MsgId><MsgDataId>9</MsgDataId><Idx>2</Idx>",
        );
        assert_eq!(from.article, Some(FromArticle { data_id: "9".into(), index: 2 }));
        assert_eq!(heard("text", "<Content>x</Content><MsgId>1</MsgId>").article, None);
    }

    #[test]
    fn an_unknown_kind_keeps_all_its_fields() {
        let What::Unknown { msg_type, fields } =
            what("file", "<Title>a.pdf</Title><Deep><Size>3</Size></Deep><MsgId>1</MsgId>")
        else {
            panic!("known?")
        };
        assert_eq!(msg_type, "file");
        assert!(fields.contains(&("Title".into(), "a.pdf".into())));
        assert!(fields.contains(&("Deep/Size".into(), "3".into())));
    }

    #[test]
    fn a_body_without_a_header_field_is_refused_by_name() {
        for name in ["ToUserName", "FromUserName", "MsgType"] {
            let body = xml("text", "").replace(name, "Other");
            assert_eq!(read(body.as_bytes()).unwrap_err(), XmlError::Missing(name));
        }
    }

    #[test]
    fn degrees_are_exact_or_nothing() {
        assert_eq!(micro_degrees("-0.5"), Some(-500_000));
        assert_eq!(micro_degrees("36"), Some(36_000_000));
        assert_eq!(micro_degrees("36.1234567"), Some(36_123_456));
        for bad in ["", ".5", "1e3", "1,5", "abc", "1000", "１"] {
            assert_eq!(micro_degrees(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_a_customer_wrote_is_not_in_the_debug_text() {
        let text =
            format!("{:?}", heard("text", "<Content>密码是123456</Content><MsgId>5</MsgId>"));
        assert!(text.contains("text") && text.contains("m5") && !text.contains("123456"), "{text}");
    }
}

mod keys {
    use super::*;

    #[test]
    fn a_message_is_known_by_account_sender_and_number() {
        let key = heard("text", "<Content>a</Content><MsgId>18446744073709551615</MsgId>");
        assert_eq!(key.key, "gh_10f6c3c3ac5a/oExampleFollower01/m18446744073709551615");
        assert_eq!(key.msg_id, Some(u64::MAX));
    }

    #[test]
    fn two_followers_with_one_number_are_two_messages() {
        let one = xml("text", "<Content>a</Content><MsgId>7</MsgId>");
        let other = one.replace("oExampleFollower01", "oExampleFollower02");
        let key = |x: &str| read(x.as_bytes()).unwrap().key;
        assert_ne!(key(&one), key(&other));
    }

    #[test]
    fn two_events_of_one_second_differ_by_event_or_by_key() {
        let click = key_of("CLICK", "<EventKey>a</EventKey>");
        assert_eq!(click, "gh_10f6c3c3ac5a/oExampleFollower01/e1785000000/click/a");
        assert_ne!(click, key_of("CLICK", "<EventKey>b</EventKey>"));
        assert_ne!(click, key_of("VIEW", "<EventKey>a</EventKey>"));
        assert_eq!(click, key_of("click", "<EventKey><![CDATA[a]]></EventKey>"));
    }

    #[test]
    fn events_without_a_key_of_their_own_are_told_apart_by_their_subject() {
        let result = |id: &str| key_of("TEMPLATESENDJOBFINISH", &format!("<MsgID>{id}</MsgID>"));
        assert_ne!(result("1"), result("2"));
        let gone =
            |id: &str| key_of("user_authorization_cancellation", &format!("<OpenID>{id}</OpenID>"));
        assert_ne!(gone("o1"), gone("o2"));
        let notice = |id: &str| {
            key_of(
                "subscribe_msg_sent_event",
                &format!(
                    "<SubscribeMsgSentEvent><List><MsgID>{id}</MsgID></List></SubscribeMsgSentEvent>"
                ),
            )
        };
        assert_ne!(notice("1"), notice("2"));
    }

    #[test]
    fn long_or_odd_parts_are_hashed_so_that_keys_stay_short_and_never_mix() {
        let url = format!("https://example.com/{}", "x".repeat(900));
        let long = key_of("VIEW", &format!("<EventKey><![CDATA[{url}]]></EventKey>"));
        assert!(long.len() < 200 && long.is_ascii(), "{long}");
        let a = key_of("CLICK", "<EventKey>a/b</EventKey>");
        assert!(!a.ends_with("a/b"), "{a}");
        assert_ne!(a, key_of("CLICK", "<EventKey>a</EventKey>"));
    }

    #[test]
    fn a_message_without_a_number_is_known_by_second_and_kind() {
        assert_eq!(
            heard("device_text", "<Content>a</Content>").key,
            "gh_10f6c3c3ac5a/oExampleFollower01/t1785000000/device_text"
        );
    }
}

mod component {
    use super::*;

    fn push(rest: &str) -> ComponentPush {
        let body = format!(
            "<xml><AppId><![CDATA[wxplatform]]></AppId><CreateTime>1785000000</CreateTime>{rest}</xml>"
        );
        read_component(body.as_bytes()).unwrap()
    }
    const AUTHORIZED: &str = "<AuthorizerAppid>wxbank</AuthorizerAppid><AuthorizationCode>code1</AuthorizationCode>\
        <AuthorizationCodeExpiredTime>1785003600</AuthorizationCodeExpiredTime><PreAuthCode>pre1</PreAuthCode>";

    #[test]
    fn a_verify_ticket_is_read_and_never_printed() {
        let ticket = push(
            "<InfoType>component_verify_ticket</InfoType><ComponentVerifyTicket>ticket@@@1</ComponentVerifyTicket>",
        );
        assert!(!format!("{ticket:?}").contains("ticket@@@"), "{ticket:?}");
        assert_eq!(ticket.key(), "wxplatform/component.verify_ticket//1785000000");
        let ComponentPush::VerifyTicket { appid, created_s, ticket } = ticket else {
            panic!("{ticket:?}")
        };
        assert_eq!((appid.as_str(), created_s), ("wxplatform", 1_785_000_000));
        assert_eq!(ticket.reveal(), "ticket@@@1");
    }

    #[test]
    fn an_authorisation_and_its_change_are_read() {
        for (info_type, is_update) in [("authorized", false), ("updateauthorized", true)] {
            let read = push(&format!("<InfoType>{info_type}</InfoType>{AUTHORIZED}"));
            assert_eq!(matches!(read, ComponentPush::UpdateAuthorized(_)), is_update);
            assert!(!format!("{read:?}").contains("code1"));
            let (ComponentPush::Authorized(a) | ComponentPush::UpdateAuthorized(a)) = read else {
                panic!("{read:?}")
            };
            assert_eq!(a.authorizer_appid, "wxbank");
            assert_eq!((a.code.reveal().as_str(), a.code_expires_s), ("code1", 1_785_003_600));
            assert_eq!(a.pre_auth_code.reveal(), "pre1");
        }
    }

    #[test]
    fn an_end_of_authorisation_and_the_unknown_are_read() {
        let gone =
            push("<InfoType>unauthorized</InfoType><AuthorizerAppid>wxbank</AuthorizerAppid>");
        assert!(
            matches!(&gone, ComponentPush::Unauthorized { authorizer_appid, .. } if authorizer_appid == "wxbank")
        );
        assert_eq!(gone.name(), "component.unauthorized");
        let other = push("<InfoType>notify_third_fasteregister</InfoType><status>0</status>");
        let ComponentPush::Unknown { info_type, fields, .. } = other else { panic!("{other:?}") };
        assert_eq!(info_type, "notify_third_fasteregister");
        assert!(fields.contains(&("status".into(), "0".into())));
    }

    #[test]
    fn a_push_without_its_kind_is_refused() {
        assert_eq!(
            read_component(b"<xml><AppId>a</AppId></xml>").unwrap_err(),
            XmlError::Missing("InfoType")
        );
    }
}

mod events;
