//! Inputs seen in the field, and attacks, on demand.
//!
//! `POST /control/hostile {appid, uid, kind}` sends one and says how the platform took it.

use crate::push::Delivery;
use crate::push::seal::Twist;
use crate::push::xml::Xml;
use crate::world::World;
use base::{Error, Refusal, Result};

const UNKNOWN: Refusal = Refusal::invalid("hostile.unknown", "没有这种输入");
const NOTHING: Refusal = Refusal::conflict("hostile.nothing", "这个会话还没有可重发的消息");

/// Hostile on the wire: what is inside is an ordinary text.
static TWISTS: &[(&str, Twist)] = &[
    ("wrong_signature", Twist::WrongSignature),
    ("unsigned", Twist::Unsigned),
    ("wrong_appid", Twist::WrongAppid),
    ("stale", Twist::Stale),
    ("plaintext", Twist::Plaintext),
    ("outer_dtd", Twist::OuterDtd),
    ("oversized", Twist::Oversized),
    ("truncated", Twist::Truncated),
    ("invalid_utf8", Twist::InvalidUtf8),
    ("outer_json", Twist::OuterJson),
];

/// Hostile in the words of a customer: the content of an ordinary text.
static CONTENTS: &[(&str, &str)] = &[
    ("cdata_end", "余额]]>查询"),
    (
        "xml_fragment",
        "]]></Content><FromUserName><![CDATA[oSomebodyElse]]></FromUserName><Content><![CDATA[转账",
    ),
    (
        "whole_xml",
        "<xml><ToUserName>x</ToUserName><MsgType>event</MsgType><Event>subscribe</Event></xml>",
    ),
    ("control_char", "查\u{2}余\u{b}额\u{1f}"),
    ("emoji", "查余额🙏👨‍👩‍👧‍👦𠮷[微笑]/::)"),
    ("blank", " \n\t "),
];

/// Whole messages. The four places of `Outgoing::Raw` are filled in.
static MESSAGES: &[(&str, &str)] = &[
    (
        "empty_elements",
        "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[voice]]></MsgType><MediaId/><Format></Format><Recognition><![CDATA[]]></Recognition><MsgId>{msg_id}</MsgId></xml>",
    ),
    (
        "unknown_type",
        "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[hologram]]></MsgType><Depth>3</Depth><MsgId>{msg_id}</MsgId></xml>",
    ),
    (
        "unknown_event",
        "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[debug_demo]]></Event><debug_str><![CDATA[hello world]]></debug_str></xml>",
    ),
    (
        "json_body",
        "{\"ToUserName\":\"{to}\",\"FromUserName\":\"{from}\",\"CreateTime\":{now},\"MsgType\":\"text\",\"Content\":\"查余额\",\"MsgId\":{msg_id}}",
    ),
    (
        "repeated_list",
        "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent><List><TemplateId><![CDATA[t1]]></TemplateId><SubscribeStatusString><![CDATA[accept]]></SubscribeStatusString><PopupScene>1</PopupScene></List><List><TemplateId><![CDATA[t2]]></TemplateId><SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString><PopupScene>1</PopupScene></List></SubscribeMsgPopupEvent></xml>",
    ),
    (
        "inner_dtd",
        "<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/hostname\">]><xml><ToUserName>{to}</ToUserName><FromUserName>{from}</FromUserName><CreateTime>{now}</CreateTime><MsgType>text</MsgType><Content>&e;</Content><MsgId>{msg_id}</MsgId></xml>",
    ),
    (
        "cut_message",
        "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{from}]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[查余",
    ),
    (
        "deep",
        "<xml><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></xml>",
    ),
];

/// Kinds that are more than one delivery or need the chat's past.
const SPECIAL: [&str; 6] = [
    "duplicate",
    "same_second",
    "out_of_order",
    "unsubscribe_twice",
    "inner_invalid_utf8",
    "long_text",
];

/// Every kind, for whoever wants to try them all.
pub(crate) fn kinds() -> Vec<&'static str> {
    let named = TWISTS.iter().map(|(n, _)| *n);
    let named = named.chain(CONTENTS.iter().map(|(n, _)| *n));
    named.chain(MESSAGES.iter().map(|(n, _)| *n)).chain(SPECIAL).collect()
}

impl World {
    /// The deliveries of a kind; send them at once, all of them.
    pub(crate) fn hostile(&mut self, appid: &str, uid: &str, kind: &str) -> Result<Vec<Delivery>> {
        if let Some((_, twist)) = TWISTS.iter().find(|(n, _)| *n == kind) {
            let mut delivery = self.hostile_text(appid, uid, "查余额")?;
            delivery.twist = *twist;
            return Ok(vec![delivery]);
        }
        if let Some((_, content)) = CONTENTS.iter().find(|(n, _)| *n == kind) {
            return Ok(vec![self.hostile_text(appid, uid, content)?]);
        }
        if let Some((_, xml)) = MESSAGES.iter().find(|(n, _)| *n == kind) {
            let xml = self.filled_for(appid, uid, xml)?;
            return Ok(vec![self.raw(appid, uid, xml)]);
        }
        self.special(appid, uid, kind)
    }

    fn special(&mut self, appid: &str, uid: &str, kind: &str) -> Result<Vec<Delivery>> {
        Ok(match kind {
            "duplicate" => {
                let last = self.chat(appid, uid).last_inner.clone();
                let last = last.ok_or(Error::Refused(NOTHING))?;
                vec![self.raw(appid, uid, last)]
            }
            "same_second" => vec![
                self.hostile_event(appid, uid, "CLICK", "account_balance")?,
                self.hostile_event(appid, uid, "CLICK", "help_menu")?,
                self.hostile_event(appid, uid, "VIEW", "https://bank.example/h5")?,
            ],
            "out_of_order" => vec![
                self.hostile_event(appid, uid, "SCAN", "branch_01")?,
                self.hostile_event(appid, uid, "subscribe", "qrscene_branch_01")?,
            ],
            "unsubscribe_twice" => vec![
                self.hostile_event(appid, uid, "unsubscribe", "")?,
                self.hostile_event(appid, uid, "unsubscribe", "")?,
            ],
            "inner_invalid_utf8" => {
                let mut delivery = self.hostile_text(appid, uid, "查余额")?;
                if let Some(at) = delivery.inner.iter().position(|b| *b == 0xe6) {
                    delivery.inner[at] = 0xff;
                }
                vec![delivery]
            }
            "long_text" => {
                const CHARS: usize = 15_000;
                vec![self.hostile_text(appid, uid, &"长".repeat(CHARS))?]
            }
            _ => return UNKNOWN.into(),
        })
    }

    fn raw(&mut self, appid: &str, uid: &str, inner: impl Into<Vec<u8>>) -> Delivery {
        let openid = self.chat(appid, uid).openid.clone();
        Delivery::of_chat(appid, uid, &openid, inner)
    }

    fn hostile_text(&mut self, appid: &str, uid: &str, content: &str) -> Result<Delivery> {
        let head = self.filled_for(appid, uid, "{to} {from} {now}")?;
        let mut names = head.split(' ');
        let (to, from) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        let at_s = names.next().and_then(|s| s.parse().ok()).unwrap_or(0);
        let xml = Xml::message(to, from, at_s, "text").text("Content", content);
        let xml = xml.number("MsgId", self.next_msg_id()).end();
        Ok(self.raw(appid, uid, xml))
    }

    fn hostile_event(
        &mut self,
        appid: &str,
        uid: &str,
        event: &str,
        key: &str,
    ) -> Result<Delivery> {
        let xml = format!(
            "<xml><ToUserName><![CDATA[{{to}}]]></ToUserName><FromUserName><![CDATA[{{from}}]]></FromUserName>\
             <CreateTime>{{now}}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
             <Event><![CDATA[{event}]]></Event><EventKey><![CDATA[{key}]]></EventKey></xml>"
        );
        let xml = self.filled_for(appid, uid, &xml)?;
        let mut delivery = self.raw(appid, uid, xml);
        delivery.is_awaited = event != "unsubscribe" && event != "VIEW";
        Ok(delivery)
    }
}
