//! Row identity: one `BIGINT` of 42 bits milliseconds, 8 bits node, 13 bits sequence.
//!
//! Ids are not secrets; what must not be guessed is 128 random bits from [`crate::Random`].

use crate::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::cmp::Ordering as Cmp;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// A kind of thing that has ids; `PREFIX` is what is printed before the number (`tic_…`).
pub trait Named {
    const PREFIX: &'static str;
}

/// The id of a `T`. Printed as its prefix and 13 characters of base 32.
pub struct Id<T>(i64, PhantomData<fn() -> T>);

impl<T> Id<T> {
    pub const fn of(raw: i64) -> Self {
        Self(raw, PhantomData)
    }
    pub const fn raw(self) -> i64 {
        self.0
    }
}
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Cmp> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> Cmp {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// A map by ids: the house makes them itself, so nobody can choose ones that collide, and one multiplication spreads them.
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// The hash of [`IdMap`].
#[derive(Debug, Default)]
pub struct IdHasher(u64);

impl IdHasher {
    fn mix(&mut self, n: u64) {
        self.0 = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}
impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.mix(u64::from(*b)));
    }
    fn write_u32(&mut self, n: u32) {
        self.mix(u64::from(n));
    }
    fn write_i64(&mut self, n: i64) {
        self.mix(n.cast_unsigned());
    }
}

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl<T: Named> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_", T::PREFIX)?;
        for k in (0..13).rev() {
            let digit = (self.0 >> (k * 5)) & 31;
            write!(f, "{}", char::from(DIGITS[usize::try_from(digit).unwrap_or(0)]))?;
        }
        Ok(())
    }
}
impl<T: Named> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnId;
impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an id of the wanted kind")
    }
}
impl std::error::Error for NotAnId {}

impl<T: Named> FromStr for Id<T> {
    type Err = NotAnId;
    fn from_str(s: &str) -> Result<Self, NotAnId> {
        let digits = s.strip_prefix(T::PREFIX).and_then(|r| r.strip_prefix('_')).ok_or(NotAnId)?;
        if digits.len() != 13 {
            return Err(NotAnId);
        }
        let mut raw: i64 = 0;
        for b in digits.bytes() {
            let d = DIGITS.iter().position(|x| *x == b).ok_or(NotAnId)?;
            raw = (raw << 5) | i64::try_from(d).map_err(|_| NotAnId)?;
        }
        Ok(Self::of(raw))
    }
}
impl<T: Named> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de, T: Named> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(de::Error::custom)
    }
}

/// An institution (机构): a county bank or the union itself.
#[derive(Debug)]
pub enum Tenant {}
impl Named for Tenant {
    const PREFIX: &'static str = "ten";
}
pub type TenantId = Id<Tenant>;

/// Makes ids that grow with time and never repeat within one node number.
#[derive(Debug)]
pub struct IdGen {
    node: i64,
    last: AtomicI64,
}

impl IdGen {
    pub fn new(node: u8) -> Self {
        Self { node: i64::from(node), last: AtomicI64::new(0) }
    }

    /// A new id not before `now`. Invariant: grows strictly, even when the clock steps back.
    pub fn next(&self, now: Time) -> i64 {
        const EPOCH_MS: i64 = 1_704_067_200_000; // 2024-01-01
        let floor = (now.ms() - EPOCH_MS).max(0) << 13;
        let step = |last: i64| (last + 1).max(floor);
        let before = self
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(step(last)))
            .unwrap_or_else(|last| last);
        let n = step(before);
        ((n >> 13) << 21) | (self.node << 13) | (n & 0x1fff)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_prints_and_reads_back() {
        let id = TenantId::of(IdGen::new(3).next(Time::of_ms(1_785_000_000_000)));
        let text = id.to_string();
        assert!(text.starts_with("ten_") && text.len() == 17, "{text}");
        assert_eq!(text.parse(), Ok(id));
        assert_eq!("tic_0000000000000".parse::<TenantId>(), Err(NotAnId));
    }

    #[test]
    fn ids_grow_even_when_the_clock_steps_back() {
        let ids = IdGen::new(0);
        let a = ids.next(Time::of_ms(1_785_000_000_000));
        let b = ids.next(Time::of_ms(1_784_000_000_000));
        assert!(b > a);
    }
}
