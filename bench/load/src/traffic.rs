//! What WeChat would send, and whether the answer is one.
//!
//! Every request is made on the fly: a fresh MsgId, a random follower, sealed and signed at that moment. A fixed set of
//! bodies would soon repeat itself and measure the repeats' path instead.

use base::{Random, Time};
use std::io::Write;
use wechat::envelope::{Callback, push, read_reply};

/// One in so many answers is decrypted and read; all are looked at.
const CHECKED_EVERY: u64 = 20;

/// Who writes.
pub(crate) enum Followers {
    /// `prefix` and the follower's number from 0, zero-padded to 28 characters.
    Pattern {
        prefix: String,
        count: u64,
    },
    List(Vec<String>),
}

/// What is sent and what must come back.
pub(crate) struct Traffic {
    pub(crate) callback: Callback,
    pub(crate) original_id: String,
    pub(crate) path: String,
    pub(crate) followers: Followers,
    /// One follower after the other instead of a random one.
    pub(crate) is_walk: bool,
    pub(crate) text: String,
    /// Must be among the answer's words.
    pub(crate) expect: String,
    /// Any answer with status 200 will do.
    pub(crate) is_plain: bool,
    /// Asks the server to close the connection after its answer.
    pub(crate) is_close: bool,
    random: Random,
    next_id: u64,
    sent: u64,
    /// The first answer that was none, for a person to read.
    first_wrong: Option<String>,
}

/// What is remembered of a request until its answer comes.
#[derive(Default)]
pub(crate) struct Asked {
    openid: String,
    is_checked: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Answered,
    /// `success` or nothing: the message was taken, the words would come another way. Not counted as a turn.
    Acked,
    /// Another status than 200.
    Refused,
    /// Not a reply, not for this follower, or without the expected words.
    Wrong,
}

impl Traffic {
    /// Answers are checked, requests keep their connection, followers come at random.
    pub(crate) fn new(callback: Callback, followers: Followers, now: Time) -> Self {
        // Later runs begin above all ids of earlier ones, as WeChat's ids grow too.
        let next_id = u64::try_from(now.ms()).unwrap_or(0) * 1_000_000;
        Self {
            path: format!("/wx/{}", callback.appid),
            callback,
            original_id: String::new(),
            followers,
            is_walk: false,
            text: String::new(),
            expect: String::new(),
            is_plain: false,
            is_close: false,
            random: Random::seeded(next_id),
            next_id,
            sent: 0,
            first_wrong: None,
        }
    }

    /// Writes one whole HTTP request into `out`.
    pub(crate) fn ask(&mut self, now: Time, out: &mut Vec<u8>) -> Asked {
        let openid = self.pick();
        let secs = now.secs();
        let inner = format!(
            "<xml><ToUserName><![CDATA[{}]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>\
             <CreateTime>{secs}</CreateTime><MsgType><![CDATA[text]]></MsgType>\
             <Content><![CDATA[{}]]></Content><MsgId>{}</MsgId></xml>",
            self.original_id, self.text, self.next_id
        );
        let nonce = self.random.below(9_000_000_000).wrapping_add(1_000_000_000).to_string();
        let random16 = self.random.bytes();
        let (query, body) = push(&self.callback, &inner, &self.original_id, &nonce, now, random16);
        out.clear();
        // Writing into a Vec does not fail.
        let _ = write!(
            out,
            "POST {}?signature={}&timestamp={secs}&nonce={nonce}&openid={openid}&encrypt_type=aes\
             &msg_signature={} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Mozilla/4.0\r\n\
             Content-Type: text/xml\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.path,
            query.signature,
            query.msg_signature,
            if self.is_close { "Connection: close\r\n" } else { "" },
            body.len(),
        );
        let is_checked = self.sent.is_multiple_of(CHECKED_EVERY);
        self.next_id += 1;
        self.sent += 1;
        Asked { openid, is_checked }
    }

    fn pick(&self) -> String {
        let number = |count: u64| match self.is_walk {
            true => self.sent % count.max(1),
            false => self.random.below(count),
        };
        match &self.followers {
            Followers::Pattern { prefix, count } => {
                let width = 28_usize.saturating_sub(prefix.len());
                format!("{prefix}{:0width$}", number(*count))
            }
            Followers::List(all) => usize::try_from(number(u64::try_from(all.len()).unwrap_or(0)))
                .ok()
                .and_then(|i| all.get(i))
                .cloned()
                .unwrap_or_default(),
        }
    }

    pub(crate) fn judge(&mut self, asked: &Asked, status: u16, body: &[u8]) -> Verdict {
        match body {
            _ if status != 200 => Verdict::Refused,
            _ if self.is_plain => Verdict::Answered,
            b"" | b"success" => Verdict::Acked,
            _ if !asked.is_checked && body.starts_with(b"<xml>") => Verdict::Answered,
            _ => {
                let words = self.open(body);
                let is_right = |w: &str| {
                    w.contains(&asked.openid) && w.contains(&self.expect) && w.contains("<Content>")
                };
                if words.as_deref().is_some_and(is_right) {
                    return Verdict::Answered;
                }
                let seen = || words.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
                self.first_wrong.get_or_insert_with(seen);
                Verdict::Wrong
            }
        }
    }

    /// The reply inside its envelope; `None` when it is none.
    fn open(&self, body: &[u8]) -> Option<String> {
        String::from_utf8(read_reply(&self.callback, body).ok()?).ok()
    }

    pub(crate) fn first_wrong(&self) -> Option<&str> {
        self.first_wrong.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wechat::crypto::AesKey;
    use wechat::envelope::{Mode, Query};
    use wechat::reply::Reply;

    const NOW: Time = Time::of_secs(1_795_000_000);

    fn traffic(count: u64) -> Traffic {
        let key = AesKey::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG").unwrap();
        let callback = Callback::new("wxbench0000000001", "benchtoken", Mode::Secure).with_key(key);
        let followers = Followers::Pattern { prefix: "oBENCH".to_owned(), count };
        let mut traffic = Traffic::new(callback, followers, NOW);
        traffic.original_id = "gh_bench0000001".to_owned();
        traffic.text = "余额".to_owned();
        traffic.expect = "可用余额".to_owned();
        traffic
    }

    /// The query and the body of a written request.
    fn read(request: &[u8]) -> (Query, Vec<u8>) {
        let text = String::from_utf8(request.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let target = head.split(' ').nth(1).unwrap();
        let mut query = Query::default();
        for pair in target.split_once('?').unwrap().1.split('&') {
            let (name, value) = pair.split_once('=').unwrap();
            match name {
                "timestamp" => query.timestamp = value.to_owned(),
                "nonce" => query.nonce = value.to_owned(),
                "msg_signature" => query.msg_signature = value.to_owned(),
                _ => {}
            }
        }
        assert!(head.contains(&format!("Content-Length: {}", body.len())));
        (query, body.as_bytes().to_vec())
    }

    #[test]
    fn a_request_opens_as_a_text_message_of_a_follower() {
        let mut traffic = traffic(1);
        let mut out = vec![];
        traffic.ask(NOW, &mut out);
        let (query, body) = read(&out);
        let opened = traffic.callback.open(&query, &body, NOW).unwrap();
        assert_eq!(opened.heard.from, "oBENCH0000000000000000000000");
        assert_eq!(opened.heard.to, "gh_bench0000001");
    }

    #[test]
    fn no_two_requests_have_one_key() {
        let mut traffic = traffic(3);
        let mut keys = std::collections::BTreeSet::new();
        let mut out = vec![];
        for _ in 0..100 {
            traffic.ask(NOW, &mut out);
            let (query, body) = read(&out);
            keys.insert(traffic.callback.open(&query, &body, NOW).unwrap().heard.key);
        }
        assert_eq!(keys.len(), 100);
    }

    #[test]
    fn a_walk_meets_every_follower_once() {
        let mut traffic = traffic(50);
        traffic.is_walk = true;
        let mut out = vec![];
        let met: std::collections::BTreeSet<_> =
            (0..50).map(|_| traffic.ask(NOW, &mut out).openid).collect();
        assert_eq!(met.len(), 50);
    }

    #[test]
    fn only_the_right_words_to_the_right_follower_are_an_answer() {
        let mut traffic = traffic(1);
        let mut out = vec![];
        traffic.ask(NOW, &mut out);
        let (query, body) = read(&out);
        let key = traffic.callback.open(&query, &body, NOW).unwrap().key;
        let callback = traffic.callback.clone();
        let asked = Asked { openid: "oBENCH1".to_owned(), is_checked: true };
        let reply = |to: &str, words: &str| {
            let xml = Reply::Text(words.to_owned()).to_xml(to, "gh_bench0000001", NOW);
            callback.seal(&xml, key, "1", NOW, [2; 16])
        };
        let mut judge = |status, body: &str| traffic.judge(&asked, status, body.as_bytes());
        assert_eq!(judge(200, &reply("oBENCH1", "可用余额 1.00 元")), Verdict::Answered);
        assert_eq!(judge(200, &reply("oBENCH2", "可用余额 1.00 元")), Verdict::Wrong);
        assert_eq!(judge(200, &reply("oBENCH1", "没听明白")), Verdict::Wrong);
        assert_eq!(judge(200, "<xml></xml>"), Verdict::Wrong);
        assert_eq!(judge(200, "hello"), Verdict::Wrong);
        assert_eq!(judge(200, "success"), Verdict::Acked);
        assert_eq!(judge(500, "busy"), Verdict::Refused);
    }
}
