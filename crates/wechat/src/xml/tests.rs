//! Strict where it can be, tolerant where a customer's words broke the XML, never fooled by them.

use super::*;
use proptest::prelude::*;

/// A text message as WeChat writes it, the customer's words unescaped.
fn message(words: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[gh_a]]></ToUserName><FromUserName><![CDATA[oReal]]></FromUserName>\
         <CreateTime>1785000000</CreateTime><MsgType><![CDATA[text]]></MsgType>\
         <Content><![CDATA[{words}]]></Content><MsgId>42</MsgId></xml>"
    )
}

fn content(xml: &str) -> String {
    Doc::parse(xml).unwrap().get("Content").unwrap().to_owned()
}

#[test]
fn absent_and_empty_are_told_apart() {
    let doc = Doc::parse("<xml><A></A><B/><C><![CDATA[]]></C></xml>").unwrap();
    assert_eq!((doc.get("A"), doc.get("B"), doc.get("C")), (Some(""), Some(""), Some("")));
    assert_eq!(doc.get("D"), None);
}

#[test]
fn sections_bare_text_references_and_white_space_are_read() {
    let doc = Doc::parse(
        "<?xml version=\"1.0\"?>\n<xml>\n  <A>\n<![CDATA[ x ]]>\n</A><B>1 &lt; 2 &#x4f60;</B><C> y </C></xml>\n",
    )
    .unwrap();
    assert_eq!(doc.get("A"), Some(" x "));
    assert_eq!(doc.get("B"), Some("1 < 2 你"));
    assert_eq!(doc.get("C"), Some(" y "));
}

#[test]
fn blanks_around_a_section_are_not_part_of_it() {
    let doc =
        Doc::parse("<xml>\n  <A> <![CDATA[gh_1]]> </A>\n  <B> <![CDATA[]]> </B>\n</xml>").unwrap();
    assert_eq!((doc.get("A"), doc.get("B")), (Some("gh_1"), Some("")));
    let broken = "<xml> <A> <![CDATA[gh_1]]> </A> <Content> <![CDATA[x]]>y]]> </Content> </xml>";
    let doc = Doc::parse(broken).unwrap();
    assert_eq!((doc.get("A"), doc.get("Content")), (Some("gh_1"), Some("x]]>y")));
}

#[test]
fn a_properly_split_end_of_section_is_put_together() {
    assert_eq!(content(&message("a]]]]><![CDATA[>b")), "a]]>b");
}

#[test]
fn nested_and_repeated_elements_keep_their_order() {
    let doc =
        Doc::parse("<xml><P><List><T>1</T></List><List><T>2</T></List></P><Q><R>3</R></Q></xml>")
            .unwrap();
    let list: Vec<_> =
        doc.root().child("P").unwrap().children().map(|l| l.get("T").unwrap()).collect();
    assert_eq!(list, ["1", "2"]);
    let leaves = doc.root().leaves();
    let leaves: Vec<_> = leaves.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    assert_eq!(leaves, [("P/List/T", "1"), ("P/List/T", "2"), ("Q/R", "3")]);
}

#[test]
fn an_end_of_section_in_a_customers_words_stays_there() {
    for words in [
        "]]>",
        "a]]>b",
        "]]></Content>",
        "]]></Content><Content><![CDATA[x",
        "]]><b>bold</b><![CDATA[",
        "]]></Content><MsgId>666</MsgId><Content><![CDATA[",
        "]]></FromUserName></Content>",
        "<xml><FromUserName><![CDATA[oFake]]></FromUserName></xml>",
        "]]></Content></xml><xml><FromUserName><![CDATA[oFake]]></FromUserName><Content><![CDATA[",
        "]]></Content><FromUserName><![CDATA[oFake]]></FromUserName><Content><![CDATA[",
        "]]></Content><Encrypt>AAAA</Encrypt><Content><![CDATA[",
        "]]>&xxe;<!DOCTYPE a><!-- <?php",
        "]]>]]>]]>",
    ] {
        let xml = message(words);
        let doc = Doc::parse(&xml).unwrap_or_else(|e| panic!("{words}: {e}"));
        assert_eq!(doc.get("Content"), Some(words));
        assert_eq!(doc.get("FromUserName"), Some("oReal"), "{words}");
        assert_eq!(doc.get("MsgId"), Some("42"), "{words}");
        assert_eq!(doc.get("Encrypt"), None, "{words}");
    }
}

#[test]
fn header_fields_are_those_that_come_first() {
    let doc = Doc::parse(
        "<xml><FromUserName><![CDATA[oReal]]></FromUserName><FromUserName><![CDATA[oFake]]></FromUserName></xml>",
    )
    .unwrap();
    assert_eq!(doc.get("FromUserName"), Some("oReal"));
}

#[test]
fn a_scanned_code_cannot_end_its_own_element() {
    let xml = "<xml><Event><![CDATA[scancode_push]]></Event><ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType>\
               <ScanResult><![CDATA[x]]></ScanResult></ScanCodeInfo><EventKey>evil</EventKey>]]></ScanResult></ScanCodeInfo>\
               <EventKey><![CDATA[real]]></EventKey></xml>";
    let doc = Doc::parse(xml).unwrap();
    assert_eq!(doc.get("EventKey"), Some("real"));
    assert!(doc.root().child("ScanCodeInfo").unwrap().get("ScanResult").unwrap().contains("evil"));
}

#[test]
fn characters_illegal_in_xml_are_left_out_and_line_ends_are_one() {
    let body = message("a\u{2}b\u{0}c\r\nd\re\u{ffff}\u{fffe}\tf😀");
    let clean = text(body.as_bytes()).unwrap();
    assert_eq!(content(&clean), "abc\nd\ne\tf😀");
    assert!(matches!(text(message("plain 中文").as_bytes()).unwrap(), Cow::Borrowed(_)));
    assert_eq!(content("<xml><Content>a&#2;b</Content></xml>"), "ab");
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let body = format!("\u{feff}{}", message("x"));
    assert_eq!(content(&text(body.as_bytes()).unwrap()), "x");
}

#[test]
fn a_document_type_definition_is_refused_before_anything_is_read() {
    for dtd in [
        "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><Content>&e;</Content></xml>",
        "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><xml><C>&b;</C></xml>",
        "<!DOCTYPE xml SYSTEM \"http://example.com/x.dtd\"><xml><C>1</C></xml>",
    ] {
        assert_eq!(Doc::parse(dtd).unwrap_err(), XmlError::Dtd, "{dtd}");
    }
}

#[test]
fn an_entity_of_ones_own_is_never_expanded() {
    assert_eq!(content("<xml><Content>&e;</Content></xml>"), "&e;");
}

#[test]
fn elements_too_deep_are_refused() {
    let nest = |n: usize| format!("<xml>{}x{}</xml>", "<a>".repeat(n), "</a>".repeat(n));
    assert!(Doc::parse(&nest(DEPTH_MAX - 1)).is_ok());
    assert_eq!(Doc::parse(&nest(DEPTH_MAX)).unwrap_err(), XmlError::TooDeep);
    assert_eq!(Doc::parse(&nest(5000)).unwrap_err(), XmlError::TooDeep);
}

#[test]
fn what_is_not_this_xml_is_refused() {
    for other in [
        "",
        "  ",
        "{\"ToUserName\":\"gh\"}",
        "<html></html>",
        "xml",
        "<a><xml></xml></a>",
        "<xmlx></xmlx>",
    ] {
        assert_eq!(Doc::parse(other).unwrap_err(), XmlError::NotXml, "{other}");
    }
    assert_eq!(text(b"<xml>\xff\xfe</xml>").unwrap_err(), XmlError::NotUtf8);
}

#[test]
fn a_truncated_body_is_never_guessed_at() {
    let whole = message("你好]]>");
    for end in 0..whole.len() {
        if whole.is_char_boundary(end) {
            assert!(Doc::parse(&whole[..end]).is_err(), "{}", &whole[..end]);
        }
    }
}

#[test]
fn thousands_of_unclosed_sections_are_refused_at_once() {
    let many = format!("<xml>{}</xml>", "<Content><![CDATA[".repeat(3_000));
    assert_eq!(Doc::parse(&many).unwrap_err(), XmlError::IllFormed);
}

#[test]
fn written_values_cannot_break_out() {
    let mut out = String::from("<xml>");
    push_cdata(&mut out, "Content", "a]]>b\u{1}\r\nc]]]]>>");
    out.push_str("</xml>");
    assert_eq!(Doc::parse_strict(&out).unwrap().get("Content"), Some("a]]>b\nc]]]]>>"));
}

#[test]
fn what_wechat_writes_is_read_in_one_walk_and_what_it_does_not_is_not() {
    for read in [
        message("余额").as_str(),
        message("a ]> b & < c\n").as_str(),
        "<xml>\n<A>1</A>\n<B><![CDATA[]]></B><C></C> </xml>\n",
    ] {
        assert_eq!(flat::parse(read).unwrap().nodes, strict::parse(read).unwrap().nodes, "{read}");
    }
    for left in [
        message("]]>").as_str(),
        "<xml><A>1 &lt; 2</A></xml>",
        "<xml><A> </A></xml>",
        "<xml><A><B>1</B></A></xml>",
        "<xml><A>1</B></xml>",
        "<xml><A>1</A>",
        "<xml><A>1</A></xml>x",
        "<!DOCTYPE xml><xml></xml>",
        "<xml a='1'></xml>",
    ] {
        assert!(flat::parse(left).is_none(), "{left}");
    }
}

proptest! {
    #[test]
    fn what_is_read_in_one_walk_is_what_the_strict_parser_reads(
        pieces in proptest::collection::vec(prop::sample::select(vec![
            "<xml>", "</xml>", "<A>", "</A>", "<Bc>", "</Bc>", "<![CDATA[", "]]>", "x", " ", "\n", "\r", "&lt;", "&", "<", ">", "]]",
            "<A/>", "<!-- -->", "<?pi?>", "<A b='c'>", "余", "<!DOCTYPE x>",
        ]), 0..14),
        whole in any::<bool>(),
    ) {
        let inner = pieces.concat();
        let text = if whole { format!("<xml>{inner}</xml>") } else { inner };
        if let Some(doc) = flat::parse(&text) {
            prop_assert_eq!(doc.nodes, strict::parse(&text).unwrap().nodes);
        }
    }

    #[test]
    fn fields_of_any_words_are_read_alike(words in proptest::collection::vec(("[A-Za-z]{1,4}", any::<bool>(), "\\PC{0,12}"), 0..6)) {
        let mut text = "<xml>".to_owned();
        for (name, cdata, value) in words {
            text += &if cdata { format!("<{name}><![CDATA[{value}]]></{name}>") } else { format!("<{name}>{value}</{name}>") };
        }
        text += "</xml>";
        if let Some(doc) = flat::parse(&text) {
            prop_assert_eq!(doc.nodes, strict::parse(&text).unwrap().nodes);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        if let Ok(t) = text(&bytes) {
            let _ = Doc::parse(&t).map(|d| d.root().leaves());
        }
    }

    #[test]
    fn pieces_of_markup_in_any_order_never_panic(
        pieces in proptest::collection::vec(prop::sample::select(vec![
            "<xml>", "</xml>", "<![CDATA[", "]]>", "<Content>", "</Content>", "<a>", "</a>", "<a/>", "&", "&amp;",
            "<!--", "-->", "<!DOCTYPE", "<?", "?>", "<", ">", "x", "中", "\n", "<FromUserName>", "</FromUserName>",
        ]), 0..40),
    ) {
        let body = format!("<xml>{}</xml>", pieces.concat());
        let _ = Doc::parse(&body).map(|d| d.root().leaves());
    }

    #[test]
    fn no_words_of_a_customer_change_the_header(words in "(\\PC|]]>|</?(Content|xml|FromUserName|MsgId)>|<!\\[CDATA\\[){0,12}") {
        let xml = message(&words);
        if let Ok(doc) = Doc::parse(&xml) {
            prop_assert_eq!(doc.get("FromUserName"), Some("oReal"));
            prop_assert_eq!(doc.get("ToUserName"), Some("gh_a"));
            prop_assert_eq!(doc.get("MsgType"), Some("text"));
        }
    }

    #[test]
    fn written_text_reads_back_but_for_illegal_characters(words in any::<String>()) {
        let mut out = String::from("<xml>");
        push_cdata(&mut out, "Content", &words);
        out.push_str("</xml>");
        let clean: String = words.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| !illegal(*c)).collect();
        let doc = Doc::parse_strict(&out).unwrap();
        prop_assert_eq!(doc.get("Content").unwrap(), clean);
    }
}
