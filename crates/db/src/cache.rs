//! Prepared statements, found by the address of their text.
//!
//! A statement is `&'static str`, so its address and length name it for the life of the process:
//! no text is hashed or compared on the hot path.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Past this many, all are dropped and prepared again: only a program that leaks text gets here.
const STATEMENTS_MAX: usize = 2_048;

#[derive(Default)]
pub(crate) struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_usize(usize::from(*b));
        }
    }
    fn write_usize(&mut self, n: usize) {
        self.0 = (self.0 ^ n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

pub(crate) struct Cache<S>(HashMap<(usize, usize), S, BuildHasherDefault<AddressHasher>>);

impl<S> Cache<S> {
    pub(crate) fn new() -> Self {
        Self(HashMap::default())
    }

    /// The statement for `sql`, made by `prepare` the first time.
    pub(crate) fn get<E>(
        &mut self,
        sql: &'static str,
        prepare: impl FnOnce() -> Result<S, E>,
    ) -> Result<&mut S, E> {
        let key = (sql.as_ptr().addr(), sql.len());
        if self.0.len() >= STATEMENTS_MAX && !self.0.contains_key(&key) {
            self.0.clear();
        }
        match self.0.entry(key) {
            std::collections::hash_map::Entry::Occupied(e) => Ok(e.into_mut()),
            std::collections::hash_map::Entry::Vacant(e) => Ok(e.insert(prepare()?)),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
