//! Replies are what WeChat expects, cannot be broken out of, and never too long.

use super::*;
use proptest::prelude::*;

const NOW: Time = Time::of_secs(1_785_000_000);

fn xml(reply: &Reply) -> String {
    reply.to_xml("oExampleFollower01", "gh_10f6c3c3ac5a", NOW)
}
fn body(reply: &Reply) -> String {
    let xml = xml(reply);
    let (_, after) = xml.split_once("</MsgType>").unwrap();
    after.strip_suffix("</xml>").unwrap().to_owned()
}
fn back(reply: &Reply) -> Read {
    read(xml(reply).as_bytes()).unwrap()
}
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn the_header_swaps_the_names_and_carries_the_second() {
    let read = back(&Reply::Text("好".into()));
    assert_eq!(read.to, "oExampleFollower01");
    assert_eq!(read.from, "gh_10f6c3c3ac5a");
    assert_eq!(read.created_s, 1_785_000_000);
}

#[test]
fn every_kind_is_written_as_the_protocol_shows_it() {
    let media_id = || "m1".to_owned();
    assert_eq!(
        body(&Reply::Image { media_id: media_id() }),
        "<Image><MediaId><![CDATA[m1]]></MediaId></Image>"
    );
    assert_eq!(
        body(&Reply::Voice { media_id: media_id() }),
        "<Voice><MediaId><![CDATA[m1]]></MediaId></Voice>"
    );
    assert_eq!(
        body(&Reply::Video { media_id: media_id(), title: some("t"), description: None }),
        "<Video><MediaId><![CDATA[m1]]></MediaId><Title><![CDATA[t]]></Title></Video>"
    );
    assert_eq!(
        body(&Reply::Music {
            title: None,
            description: some("d"),
            url: some("u"),
            hq_url: some("h"),
            thumb_media_id: media_id(),
        }),
        "<Music><Description><![CDATA[d]]></Description><MusicUrl><![CDATA[u]]></MusicUrl>\
         <HQMusicUrl><![CDATA[h]]></HQMusicUrl><ThumbMediaId><![CDATA[m1]]></ThumbMediaId></Music>"
    );
    let article = Article {
        title: "t".into(),
        description: "d".into(),
        pic_url: "p".into(),
        url: "u".into(),
    };
    assert_eq!(
        body(&Reply::News(vec![article])),
        "<ArticleCount>1</ArticleCount><Articles><item><Title><![CDATA[t]]></Title>\
         <Description><![CDATA[d]]></Description><PicUrl><![CDATA[p]]></PicUrl><Url><![CDATA[u]]></Url></item></Articles>"
    );
    assert_eq!(body(&Reply::TransferToCustomerService { kf_account: None }), "");
    assert_eq!(
        body(&Reply::TransferToCustomerService { kf_account: some("a@b") }),
        "<TransInfo><KfAccount><![CDATA[a@b]]></KfAccount></TransInfo>"
    );
}

#[test]
fn every_kind_reads_back_as_it_was() {
    for reply in [
        Reply::Text("一行\n二行 <a href=\"https://example.com/?a=1&b=2\">看</a>".into()),
        Reply::Image { media_id: "m".into() },
        Reply::Voice { media_id: "m".into() },
        Reply::Video { media_id: "m".into(), title: some("t"), description: some("d") },
        Reply::Music {
            title: some("t"),
            description: None,
            url: None,
            hq_url: None,
            thumb_media_id: "m".into(),
        },
        Reply::News(vec![Article { title: "t".into(), ..Article::default() }; 3]),
        Reply::TransferToCustomerService { kf_account: None },
        Reply::TransferToCustomerService { kf_account: some("a@b") },
    ] {
        assert_eq!(back(&reply).reply, reply);
    }
}

#[test]
fn an_end_of_section_and_a_header_in_a_reply_stay_words() {
    let words = "]]></Content><FromUserName>oFake</FromUserName><Content><![CDATA[";
    let read = back(&Reply::Text(words.into()));
    assert_eq!(read.reply, Reply::Text(words.into()));
    assert_eq!(read.from, "gh_10f6c3c3ac5a");
}

#[test]
fn line_ends_are_one_and_illegal_characters_are_left_out() {
    let read = back(&Reply::Text("a\r\nb\rc\u{1}d\u{ffff}e".into()));
    assert_eq!(read.reply, Reply::Text("a\nb\ncde".into()));
}

#[test]
fn nothing_to_say_is_an_acknowledgement() {
    for empty in [Reply::Text(String::new()), Reply::Text(" \n".into()), Reply::News(vec![])] {
        assert_eq!(xml(&empty), "success");
    }
}

#[test]
fn a_long_text_is_cut_on_a_character_and_the_rest_is_told() {
    let long = Reply::Text("行".repeat(700));
    let Reply::Text(shown) = back(&long).reply else { panic!("not a text") };
    assert_eq!(shown.len(), 2_046);
    assert_eq!(long.overflow(), Some("行".repeat(18).as_str()));
    assert_eq!(Reply::Text("行".repeat(682)).overflow(), None);
    assert_eq!(Reply::Image { media_id: "m".into() }.overflow(), None);
}

#[test]
fn a_cut_prefers_the_end_of_a_line_and_spares_links() {
    assert_eq!(cut("一二\n三四", 12), ("一二\n", "三四"));
    assert_eq!(cut("abcdefg\nhij", 9), ("abcdefg\n", "hij"));
    assert_eq!(cut("a\nbcdefghij", 9), ("a\nbcdefgh", "ij"));
    assert_eq!(cut("看<a href=\"x\">这里</a>", 12), ("看", "<a href=\"x\">这里</a>"));
    assert_eq!(cut("<a href=\"x\">这里</a>", 12), ("<a href=\"x\">", "这里</a>"));
    assert_eq!(cut("短", 12), ("短", ""));
}

#[test]
fn only_eight_articles_are_written() {
    let Reply::News(shown) = back(&Reply::News(vec![Article::default(); 10])).reply else {
        panic!("not news")
    };
    assert_eq!(shown.len(), 8);
}

#[test]
fn a_tappable_line_cannot_be_broken_by_its_words() {
    let line = menu_line("转\"账<b>&\n给我", "1&x=2\"");
    assert_eq!(
        line,
        "<a href=\"weixin://bizmsgmenu?msgmenucontent=转账b给我&msgmenuid=1x=2\">转账b给我</a>"
    );
}

#[test]
fn what_wechat_would_not_show_is_not_read() {
    for bad in [
        "success",
        "",
        "{}",
        "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType><Content></Content></xml>",
        "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>x</CreateTime><MsgType>text</MsgType><Content>c</Content></xml>",
        "<xml><ToUserName>a</ToUserName><FromUserName>b</FromUserName><CreateTime>1</CreateTime><MsgType>odd</MsgType></xml>",
    ] {
        assert!(read(bad.as_bytes()).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn any_text_gives_a_reply_that_reads_back_within_the_limit(words in any::<String>()) {
        let xml = xml(&Reply::Text(words));
        if xml != ACK {
            let Reply::Text(shown) = read(xml.as_bytes()).unwrap().reply else { panic!("not a text") };
            prop_assert!(shown.len() <= TEXT_BYTES_MAX);
        }
    }

    #[test]
    fn cutting_loses_nothing(words in "(\\PC|\n|<a href=\"x\">y</a>){0,80}", max in 4_usize..60) {
        let (head, rest) = cut(&words, max);
        prop_assert!(head.len() <= max);
        prop_assert!(!head.is_empty() || words.is_empty());
        prop_assert_eq!(format!("{head}{rest}"), words);
    }
}
