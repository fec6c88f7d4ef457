//! Random bytes: the machine's, or a seeded stream that tests own.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex};

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<u64>>),
}

/// Where unguessable bytes come from.
#[derive(Clone)]
pub struct Random(Source);

impl Random {
    pub const fn system() -> Self {
        Self(Source::System)
    }
    /// Repeatable bytes for tests and generated data. Never for secrets of a real deployment.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(seed))))
    }

    /// Fills `out`. Panics when the machine has no randomness: nothing safe can be done then.
    pub fn fill(&self, out: &mut [u8]) {
        match &self.0 {
            Source::System if out.len() <= SMALL => {
                STOCK.with_borrow_mut(|stock| stock.hand_out(out));
            }
            Source::System => from_machine(out),
            Source::Seeded(state) => {
                let mut s = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                for chunk in out.chunks_mut(8) {
                    let word = split_mix(&mut s).to_le_bytes();
                    chunk.copy_from_slice(&word[..chunk.len()]);
                }
            }
        }
    }
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
    pub fn u64(&self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }
    /// Evenly distributed in `0..below` (0 when `below` is 0).
    pub fn below(&self, below: u64) -> u64 {
        if below == 0 {
            return 0;
        }
        let zone = u64::MAX - u64::MAX % below;
        loop {
            let v = self.u64();
            if v < zone {
                return v % below;
            }
        }
    }
    /// `n` random bytes as lower-case hex: an unguessable token.
    pub fn hex(&self, n: usize) -> String {
        let mut buf = vec![0; n];
        self.fill(&mut buf);
        buf.iter().map(|b| format!("{b:02x}")).collect()
    }
}

/// Nonces, keys and codes are at most this long; a call to the kernel for each is a fiftieth of a turn.
const SMALL: usize = 32;
const STOCK_BYTES: usize = 1024;

/// The machine's bytes, fetched ahead. Each is handed out once and wiped where it stood.
struct Stock {
    bytes: [u8; STOCK_BYTES],
    used: usize,
}

thread_local! {
    static STOCK: RefCell<Stock> = const { RefCell::new(Stock { bytes: [0; STOCK_BYTES], used: STOCK_BYTES }) };
}

impl Stock {
    fn hand_out(&mut self, out: &mut [u8]) {
        if STOCK_BYTES - self.used < out.len() {
            from_machine(&mut self.bytes);
            self.used = 0;
        }
        let from = &mut self.bytes[self.used..self.used + out.len()];
        out.copy_from_slice(from);
        from.fill(0);
        self.used += out.len();
    }
}

#[expect(clippy::panic, reason = "without randomness no secret may be made; stopping is right")]
fn from_machine(out: &mut [u8]) {
    if let Err(e) = getrandom::fill(out) {
        panic!("the machine gives no random bytes: {e}");
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Random(system)",
            Source::Seeded(_) => "Random(seeded)",
        })
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let (a, b) = (Random::seeded(7), Random::seeded(7));
        assert_eq!(a.hex(16), b.hex(16));
        assert_ne!(a.hex(16), Random::seeded(8).hex(16));
    }

    #[test]
    fn the_machines_bytes_are_each_handed_out_once() {
        let random = Random::system();
        let mut seen = std::collections::HashSet::new();
        assert!((0..1_000).all(|_| seen.insert(random.bytes::<16>())));
        assert!(seen.iter().all(|bytes| *bytes != [0; 16]));
        // Longer than the stock, and of odd lengths that leave a rest in it.
        let mut long = [0; 2 * STOCK_BYTES];
        random.fill(&mut long);
        assert!(long.windows(16).all(|w| w != [0; 16]));
        for n in 1..=SMALL {
            let mut out = vec![0; n];
            (0..200).for_each(|_| random.fill(&mut out));
        }
    }

    #[test]
    fn below_stays_below() {
        let r = Random::seeded(1);
        assert!((0..1000).all(|_| r.below(10) < 10));
        assert_eq!(r.below(0), 0);
    }
}
