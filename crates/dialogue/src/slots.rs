//! Names and values of an item: a handful of pairs in one piece of memory.
//!
//! A seat holds several of these and is copied with every message, so a tree for each would cost more than the rest of it.
//! Not for: many entries; looking one up walks them all.

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Values by name, in the order of the names. JSON object.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Slots(Vec<(String, String)>);

impl Slots {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        // first the order of bytes, then the place: as `str` compares
        match self.0.iter().position(|(n, _)| n.as_str() >= name) {
            Some(at) if self.0[at].0 == name => Ok(at),
            Some(at) => Err(at),
            None => Err(self.0.len()),
        }
    }

    pub fn get(&self, name: &str) -> Option<&String> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Sets a value; the one before, if there was one.
    pub fn insert(&mut self, name: String, value: String) -> Option<String> {
        match self.place(&name) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// Sets a value unless there is one.
    pub fn insert_new(&mut self, name: &str, value: impl FnOnce() -> String) {
        if let Err(at) = self.place(name) {
            self.0.insert(at, (name.to_owned(), value()));
        }
    }

    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.place(name).ok().map(|at| self.0.remove(at).1)
    }

    /// Keeps the pairs whose name is wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&str) -> bool) {
        self.0.retain(|(name, _)| wanted(name));
    }

    /// Keeps the pairs whose value is wanted.
    pub fn retain_values(&mut self, mut wanted: impl FnMut(&str) -> bool) {
        self.0.retain(|(_, value)| wanted(value));
    }

    pub fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
    pub fn values(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|(_, value)| value)
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Extend<(String, String)> for Slots {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.insert(name, value);
        }
    }
}

impl FromIterator<(String, String)> for Slots {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        let mut slots = Self::new();
        slots.extend(pairs);
        slots
    }
}

impl<const N: usize> From<[(String, String); N]> for Slots {
    fn from(pairs: [(String, String); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl IntoIterator for Slots {
    type Item = (String, String);
    type IntoIter = std::vec::IntoIter<(String, String)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Serialize for Slots {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'d> Deserialize<'d> for Slots {
    fn deserialize<D: Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'d> Visitor<'d> for Pairs {
            type Value = Slots;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("values by name")
            }
            fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<Slots, A::Error> {
                let mut slots = Slots::new();
                while let Some((name, value)) = map.next_entry()? {
                    slots.insert(name, value);
                }
                Ok(slots)
            }
        }
        from.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn it_behaves_like_a_tree_of_the_same_pairs() {
        let names = ["month", "account", "b", "", "月", "account", "a", "month"];
        let (mut slots, mut tree) = (Slots::new(), BTreeMap::new());
        for (n, name) in names.iter().enumerate() {
            let value = n.to_string();
            let before = tree.insert((*name).to_owned(), value.clone());
            assert_eq!(slots.insert((*name).to_owned(), value), before);
            assert!(slots.iter().eq(tree.iter()));
        }
        assert_eq!(slots.remove("b"), tree.remove("b"));
        assert_eq!(slots.remove("b"), None);
        slots.insert_new("a", || "never".into());
        slots.insert_new("z", || "new".into());
        tree.insert("z".into(), "new".into());
        assert!(slots.iter().eq(tree.iter()) && !slots.contains_key("b"));
        let json = serde_json::to_string(&tree).unwrap();
        assert_eq!(serde_json::to_string(&slots).unwrap(), json);
        assert_eq!(serde_json::from_str::<Slots>(&json).unwrap(), slots);
        slots.retain(|n| n == "z");
        assert_eq!(slots.values().collect::<Vec<_>>(), ["new"]);
    }
}
