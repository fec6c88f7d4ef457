//! The log of everything that went over the wire, both ways, with the plaintext of encrypted bodies.
//!
//! A bounded ring: the oldest go. Not for: the process's own log; nothing here is printed.

use serde::Serialize;
use std::collections::VecDeque;

/// Bytes kept of one body.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Push,
    Api,
    Oauth,
    Component,
    Sms,
    /// A company the bank buys a service from.
    Vendor,
}

/// One request and its answer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Exchange {
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    pub(crate) kind: Kind,
    pub(crate) appid: String,
    pub(crate) uid: String,
    pub(crate) method: String,
    pub(crate) url: String,
    /// From 1; 0 where there is only one.
    pub(crate) attempt: u32,
    pub(crate) request_body: String,
    pub(crate) request_plain: Option<String>,
    /// 0 when there was no answer.
    pub(crate) status: u16,
    pub(crate) response_body: String,
    pub(crate) response_plain: Option<String>,
    pub(crate) elapsed_ms: u64,
    /// `replied`, `acked`, `failed`, `ok`, `error`, …
    pub(crate) outcome: String,
    pub(crate) note: String,
}

impl Exchange {
    pub(crate) fn new(kind: Kind, at: base::Time, method: &str, url: impl Into<String>) -> Self {
        Self {
            id: String::new(),
            at_ms: at.ms(),
            kind,
            appid: String::new(),
            uid: String::new(),
            method: method.to_owned(),
            url: url.into(),
            attempt: 0,
            request_body: String::new(),
            request_plain: None,
            status: 0,
            response_body: String::new(),
            response_plain: None,
            elapsed_ms: 0,
            outcome: String::new(),
            note: String::new(),
        }
    }
}

/// A body as text, cut at [`BODY_BYTES_MAX`]; bytes that are not text are only counted.
pub(crate) fn body_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.len() <= BODY_BYTES_MAX => text.to_owned(),
        Ok(text) => format!("{}…", &text[..text.floor_char_boundary(BODY_BYTES_MAX)]),
        Err(_) => format!("({} bytes)", bytes.len()),
    }
}

#[derive(Debug)]
pub(crate) struct Ring {
    max: usize,
    items: VecDeque<Exchange>,
}

/// What to look for; empty means any.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    pub(crate) after: String,
    pub(crate) appid: String,
    pub(crate) uid: String,
    pub(crate) kind: String,
    pub(crate) limit: Option<usize>,
}

impl Ring {
    pub(crate) fn new(max: usize) -> Self {
        Self { max: max.max(1), items: VecDeque::new() }
    }
    pub(crate) fn push(&mut self, exchange: Exchange) {
        if self.items.len() >= self.max {
            self.items.pop_front();
        }
        self.items.push_back(exchange);
    }
    /// With `after`: the first ones behind it; without: the latest. Oldest first.
    pub(crate) fn find(&self, wanted: &Wanted) -> Vec<&Exchange> {
        const LIMIT_DEFAULT: usize = 200;
        let limit = wanted.limit.unwrap_or(LIMIT_DEFAULT).min(self.max);
        let number = |text: &str| text.parse::<u64>().ok();
        let after = number(&wanted.after);
        let fits = |e: &&Exchange| {
            let kind = serde_json::to_value(e.kind).ok();
            (wanted.appid.is_empty() || e.appid == wanted.appid)
                && (wanted.uid.is_empty() || e.uid == wanted.uid)
                && (wanted.kind.is_empty() || kind.as_ref().is_some_and(|k| *k == *wanted.kind))
                && after.is_none_or(|a| number(&e.id).is_some_and(|id| id > a))
        };
        if after.is_some() {
            return self.items.iter().filter(fits).take(limit).collect();
        }
        let mut latest: Vec<&Exchange> = self.items.iter().rev().filter(fits).take(limit).collect();
        latest.reverse();
        latest
    }
    /// The API exchange a request id (`rid`) belongs to.
    pub(crate) fn by_rid(&self, rid: &str) -> Option<&Exchange> {
        self.items.iter().rev().find(|e| e.kind != Kind::Push && e.response_body.contains(rid))
    }
}
