//! Personal data as it may be shown (DP-08): last four of a card, 3+4 of a mobile, first character of a name hidden.

use serde::{Serialize, Serializer};
use std::fmt;

/// Personal data that prints only its mask. Shape: the mask was made when the value was built.
#[derive(Clone, PartialEq, Eq)]
pub struct Masked(String);

impl Masked {
    pub fn card(number: &str) -> Self {
        Self(mask_card(number))
    }
    pub fn mobile(number: &str) -> Self {
        Self(mask_mobile(number))
    }
    pub fn name(name: &str) -> Self {
        Self(mask_name(name))
    }
    pub fn id_number(number: &str) -> Self {
        Self(mask_id_number(number))
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl Serialize for Masked {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

fn last(s: &str, n: usize) -> String {
    let all: Vec<char> = s.chars().collect();
    all[all.len().saturating_sub(n)..].iter().collect()
}

/// `6688`: the last four characters.
pub fn mask_card(number: &str) -> String {
    last(number, 4)
}
/// `139****1234`.
pub fn mask_mobile(number: &str) -> String {
    if number.chars().count() < 8 {
        return "****".into();
    }
    let head: String = number.chars().take(3).collect();
    format!("{head}****{}", last(number, 4))
}
/// `*芳`, `*小明`: the first character hidden.
pub fn mask_name(name: &str) -> String {
    let mut out = String::from("*");
    out.extend(name.chars().skip(1));
    out
}
/// `3****************X`: first and last character.
pub fn mask_id_number(number: &str) -> String {
    let n = number.chars().count();
    if n < 6 {
        return "****".into();
    }
    let head: String = number.chars().take(1).collect();
    format!("{head}{}{}", "*".repeat(n - 2), last(number, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_only_what_the_rules_allow() {
        assert_eq!(mask_card("6230910012346688"), "6688");
        assert_eq!(mask_mobile("13900001234"), "139****1234");
        assert_eq!(mask_name("李小芳"), "*小芳");
        assert_eq!(mask_id_number("37142119550101003X"), "3****************X");
        assert_eq!(mask_mobile("12"), "****");
    }
}
