//! The headers of a request: who asks, for whom, until when, and what makes it fresh.
//!
//! Values are percent-encoded (RFC 3986: letters, digits, `-._~` and `:` stay). Not for: the body.

use base::{TenantId, Time};
use corebank::{Ctx, Day, Operator};

/// Headers that are signed, in the order in which they are.
pub const SIGNED: [&str; 10] = [
    "weiyin-key",
    "weiyin-timestamp",
    "weiyin-nonce",
    "weiyin-tenant",
    "weiyin-deadline",
    "weiyin-operator",
    "weiyin-trace",
    "weiyin-request-id",
    "weiyin-channel-serial",
    "weiyin-channel-date",
];
/// Those that may be absent stand from here on.
pub(crate) const OPTIONAL_FROM: usize = 7;
/// Beside a request and beside its answer.
pub const SIGNATURE: &str = "weiyin-signature";
/// Random bytes of a nonce, written as hex.
pub(crate) const NONCE_BYTES: usize = 16;
/// Characters of one value, at most.
const VALUE_MAX: usize = 512;

/// The signed values, in the order of [`SIGNED`]; absent ones are empty.
#[derive(Clone)]
pub(crate) struct Head([String; SIGNED.len()]);

/// A head that says nothing a request could mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadHead;

impl Head {
    pub(crate) fn of(ctx: &Ctx, key: &str, now: Time, nonce: String) -> Self {
        let operator = match &ctx.operator {
            Operator::Customer => "customer".to_owned(),
            Operator::System => "system".to_owned(),
            Operator::Staff(login) => format!("staff:{}", encode(login)),
        };
        let channel = ctx.channel.as_ref();
        Self([
            key.to_owned(),
            now.ms().to_string(),
            nonce,
            ctx.tenant.raw().to_string(),
            ctx.deadline.ms().to_string(),
            operator,
            encode(&ctx.trace),
            ctx.request_id.as_deref().map(encode).unwrap_or_default(),
            channel.map(|(serial, _)| encode(serial)).unwrap_or_default(),
            channel.map(|(_, day)| day.to_string()).unwrap_or_default(),
        ])
    }

    /// Reads them as they came; `find` gives a header's value.
    pub(crate) fn read(find: impl Fn(&str) -> Option<String>) -> Result<Self, BadHead> {
        let mut values = [const { String::new() }; SIGNED.len()];
        for (n, (value, name)) in values.iter_mut().zip(SIGNED).enumerate() {
            match find(name) {
                Some(text) if text.len() <= VALUE_MAX && text.bytes().all(is_written) => {
                    *value = text;
                }
                None if n >= OPTIONAL_FROM => {}
                _ => return Err(BadHead),
            }
        }
        Ok(Self(values))
    }

    /// Names and values of the headers that are there.
    pub(crate) fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = SIGNED.iter().copied().zip(self.0.iter().map(String::as_str)).enumerate();
        all.filter(|(n, (_, value))| *n < OPTIONAL_FROM || !value.is_empty()).map(|(_, pair)| pair)
    }
    pub(crate) fn values(&self) -> [&str; SIGNED.len()] {
        self.0.each_ref().map(String::as_str)
    }
    pub(crate) fn key(&self) -> &str {
        &self.0[0]
    }
    pub(crate) fn nonce(&self) -> &str {
        &self.0[2]
    }
    pub(crate) fn timestamp(&self) -> Result<Time, BadHead> {
        Ok(Time::of_ms(number(&self.0[1])?))
    }

    /// What goes along with the question, as the port has it.
    pub(crate) fn ctx(&self) -> Result<Ctx, BadHead> {
        let text = |n: usize| decode(&self.0[n]).ok_or(BadHead);
        let some = |n: usize| (!self.0[n].is_empty()).then(|| text(n)).transpose();
        let operator = match self.0[5].split_once(':') {
            None if self.0[5] == "customer" => Operator::Customer,
            None if self.0[5] == "system" => Operator::System,
            Some(("staff", login)) => Operator::Staff(decode(login).ok_or(BadHead)?),
            _ => return Err(BadHead),
        };
        let channel = match (some(8)?, some(9)?) {
            (None, None) => None,
            (Some(serial), Some(day)) => Some((serial, day.parse::<Day>().map_err(|_| BadHead)?)),
            _ => return Err(BadHead),
        };
        Ok(Ctx {
            tenant: TenantId::of(number(&self.0[3])?),
            deadline: Time::of_ms(number(&self.0[4])?),
            trace: text(6)?,
            operator,
            request_id: some(7)?,
            channel,
            // A core of the contract finds commands by their ids.
            account: None,
        })
    }
}

fn number(text: &str) -> Result<i64, BadHead> {
    text.parse().map_err(|_| BadHead)
}

fn stays(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~:".contains(&b)
}

fn is_written(b: u8) -> bool {
    stays(b) || b == b'%'
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for b in text.bytes() {
        if stays(b) {
            out.push(char::from(b));
        } else {
            out.push_str(&format!("%{b:02x}"));
        }
    }
    out
}

fn decode(text: &str) -> Option<String> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            out.push(*first);
            rest = after;
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Ctx {
        Ctx {
            tenant: TenantId::of(11),
            deadline: Time::of_ms(1_795_399_205_000),
            trace: "turn 7/甲".into(),
            operator: Operator::Staff("li:fang 芳".into()),
            request_id: Some("WX1001-1P".into()),
            channel: Some(("WX1001".into(), "2026-11-23".parse().unwrap())),
            account: None,
        }
    }

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let bare = Ctx::new(TenantId::of(2), Time::of_ms(5), "t");
        for ctx in [full(), Ctx { operator: Operator::System, ..bare.clone() }, bare] {
            let head = Head::of(&ctx, "bank-1", Time::of_ms(7), "00ff".into());
            let sent: Vec<(&str, String)> =
                head.headers().map(|(name, value)| (name, value.to_owned())).collect();
            let find = |name: &str| sent.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
            let read = Head::read(find).unwrap();
            assert_eq!(read.values(), head.values());
            assert_eq!(format!("{:?}", read.ctx().unwrap()), format!("{ctx:?}"));
            assert_eq!(read.timestamp(), Ok(Time::of_ms(7)));
        }
    }

    #[test]
    fn what_is_missing_or_not_well_written_is_no_head() {
        let head = Head::of(&full(), "bank-1", Time::of_ms(7), "00ff".into());
        let sent: Vec<(&str, String)> =
            head.headers().map(|(name, value)| (name, value.to_owned())).collect();
        for (n, name) in SIGNED.iter().enumerate().take(OPTIONAL_FROM) {
            let without = |ask: &str| {
                sent.iter().find(|(n, _)| *n == ask && ask != *name).map(|(_, v)| v.clone())
            };
            assert!(Head::read(without).is_err(), "{n}");
            let broken = |ask: &str| {
                let value = sent.iter().find(|(n, _)| *n == ask).map(|(_, v)| v.clone());
                if ask == *name { value.map(|v| v + "\n") } else { value }
            };
            assert!(Head::read(broken).is_err(), "{n}");
        }
        for bad in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
