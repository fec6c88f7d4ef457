//! Writing messages the way WeChat's samples look: CDATA for texts, bare numbers, a line for each element.
//!
//! *Invariant*: like WeChat itself this does **not** escape `]]>` inside a customer's words, so the result can be ill-formed.

use std::fmt::Write;

/// A message being written.
#[derive(Debug)]
pub(crate) struct Xml(String);

impl Xml {
    /// With the four elements every message begins with.
    pub(crate) fn message(to: &str, from: &str, created_s: i64, msg_type: &str) -> Self {
        Self::open()
            .text("ToUserName", to)
            .text("FromUserName", from)
            .number("CreateTime", created_s)
            .text("MsgType", msg_type)
    }
    /// An event.
    pub(crate) fn event(to: &str, from: &str, created_s: i64, event: &str) -> Self {
        Self::message(to, from, created_s, "event").text("Event", event)
    }
    /// `<xml>` and nothing in it.
    pub(crate) fn open() -> Self {
        Self(String::from("<xml>"))
    }
    pub(crate) fn text(mut self, name: &str, text: &str) -> Self {
        // writing to a String cannot fail
        let _ = writeln!(self.0, "<{name}><![CDATA[{text}]]></{name}>");
        self
    }
    pub(crate) fn number(mut self, name: &str, number: impl std::fmt::Display) -> Self {
        let _ = writeln!(self.0, "<{name}>{number}</{name}>");
        self
    }
    /// Elements as they are.
    pub(crate) fn raw(mut self, xml: &str) -> Self {
        self.0.push_str(xml);
        self
    }
    /// An element with others inside.
    pub(crate) fn part(mut self, name: &str, inside: impl FnOnce(Self) -> Self) -> Self {
        let _ = write!(self.0, "<{name}>");
        let mut xml = inside(self);
        let _ = writeln!(xml.0, "</{name}>");
        xml
    }
    pub(crate) fn end(mut self) -> String {
        self.0.push_str("</xml>");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_message_looks_like_the_official_sample() {
        let xml = Xml::message("toUser", "fromUser", 1_348_831_860, "text")
            .text("Content", "this is a test")
            .number("MsgId", 1_234_567_890_123_456_u64)
            .end();
        assert_eq!(
            xml,
            "<xml><ToUserName><![CDATA[toUser]]></ToUserName>\n\
             <FromUserName><![CDATA[fromUser]]></FromUserName>\n\
             <CreateTime>1348831860</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n\
             <Content><![CDATA[this is a test]]></Content>\n<MsgId>1234567890123456</MsgId>\n</xml>"
        );
    }
}
