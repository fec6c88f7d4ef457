//! Values that must never be printed.

use std::fmt;
use zeroize::Zeroize;

/// Holds a secret: wiped on drop, prints `***`, has no `Serialize`.
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    pub const fn new(value: T) -> Self {
        Self(value)
    }
    /// The one way to the value; grep for it to see who reads secrets.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}
impl<T: Zeroize + Clone> Clone for Secret<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
impl<T: Zeroize> From<T> for Secret<T> {
    fn from(v: T) -> Self {
        Self(v)
    }
}

/// Types whose values are never printed: only their name.
#[macro_export]
macro_rules! unprinted {
    ($($name:ident),* $(,)?) => { $(
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )* };
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Card {
        _number: &'static str,
    }
    crate::unprinted!(Card);

    #[test]
    fn a_type_that_is_not_printed_prints_its_name() {
        assert_eq!(format!("{:?}", Card { _number: "0098" }), "Card(…)");
    }

    #[test]
    fn a_secret_prints_stars() {
        assert_eq!(format!("{:?}", Secret::new(String::from("918273"))), "***");
    }
}
