//! From a 64-bit key to a small number, by open addressing: the model's dictionary of grams and pieces.

const EMPTY: u32 = u32::MAX;

#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    keys: Vec<u64>,
    ids: Vec<u32>,
    len: u32,
}

fn spread(key: u64) -> usize {
    let mixed = (key ^ key >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 20).unwrap_or(0)
}

impl Index {
    pub(super) fn of(keys: &[u64]) -> Self {
        let size = (keys.len() * 2).next_power_of_two().max(16);
        let mut index = Self { keys: vec![0; size], ids: vec![EMPTY; size], len: 0 };
        for key in keys {
            index.add(*key);
        }
        index
    }

    fn add(&mut self, key: u64) {
        let mask = self.keys.len() - 1;
        let mut at = spread(key) & mask;
        while self.ids[at] != EMPTY {
            if self.keys[at] == key {
                return;
            }
            at = (at + 1) & mask;
        }
        (self.keys[at], self.ids[at]) = (key, self.len);
        self.len += 1;
    }

    pub(super) fn get(&self, key: u64) -> Option<u32> {
        let mask = self.keys.len().checked_sub(1)?;
        let mut at = spread(key) & mask;
        loop {
            match self.ids[at] {
                EMPTY => return None,
                id if self.keys[at] == key => return Some(id),
                _ => at = (at + 1) & mask,
            }
        }
    }
}
