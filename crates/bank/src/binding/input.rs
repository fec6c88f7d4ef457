//! What people type when binding, checked before anyone is asked.

use super::Consent;
use crate::followers::FollowerId;
use crate::vault::{Blind, TenantKeys};
use base::{Refusal, Result, Secret};
use serde::{Deserialize, Serialize};

pub(super) const CARD: Refusal =
    Refusal::invalid("input.card", "卡号（存折号）不对，请看着卡或存折再输一遍");
const ID_NO: Refusal = Refusal::invalid("input.id_no", "身份证号不对，请看着身份证再输一遍");
const MOBILE: Refusal = Refusal::invalid("input.mobile", "手机号不对，应当是11位数字");
const NAME: Refusal = Refusal::invalid("input.name", "请填写身份证上的姓名");

const NAME_CHARS_MAX: usize = 30;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityForm)]
pub struct Typed {
    /// Of a card or of a passbook: who has no card has one of these.
    pub card_no: String,
    pub name: String,
    pub id_no: String,
    pub mobile: String,
    /// The customer agreed to be served by the bank the card belongs to.
    #[serde(default)]
    pub switch: bool,
    /// Agreed to before any of this was typed.
    #[serde(default)]
    pub consents: Vec<Consent>,
    #[serde(default)]
    pub aim: Aim,
}

/// What a customer who is bound in another WeChat wants; for everybody else it is to bind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BindAim)]
pub enum Aim {
    #[default]
    Bind,
    /// 换到这个微信: to be bound here instead.
    Swap,
    /// 不是我绑的: that nobody is served there until a person has looked at it.
    Disown,
}

impl Aim {
    /// As it goes into hashes.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Bind => "bind",
            Self::Swap => "swap",
            Self::Disown => "disown",
        }
    }
}

/// The same, clean.
#[derive(Debug, Clone)]
pub struct Elements {
    pub card_no: Secret<String>,
    pub name: Secret<String>,
    pub id_no: Secret<String>,
    pub mobile: Secret<String>,
    pub aim: Aim,
}

/// The same as it is kept, sealed, while the core is silent.
#[derive(Serialize, Deserialize)]
pub(super) struct KeptElements {
    card_no: String,
    name: String,
    id_no: String,
    mobile: String,
    #[serde(default)]
    aim: Aim,
}

impl Elements {
    /// Tells one claim from another without telling what was claimed.
    pub(super) fn index(&self, keys: &TenantKeys, follower: FollowerId, switch: bool) -> Blind {
        let parts =
            [&self.card_no, &self.name, &self.id_no, &self.mobile].map(|p| p.reveal().as_str());
        keys.blind("claim", &format!("{follower}|{}|{switch}|{}", parts.join("|"), self.aim.word()))
    }
    pub(super) fn kept(&self) -> KeptElements {
        KeptElements {
            card_no: self.card_no.reveal().clone(),
            name: self.name.reveal().clone(),
            id_no: self.id_no.reveal().clone(),
            mobile: self.mobile.reveal().clone(),
            aim: self.aim,
        }
    }
}

impl From<KeptElements> for Elements {
    fn from(k: KeptElements) -> Self {
        Self {
            card_no: k.card_no.into(),
            name: k.name.into(),
            id_no: k.id_no.into(),
            mobile: k.mobile.into(),
            aim: k.aim,
        }
    }
}

impl Typed {
    /// Spaces and full-width digits are forgiven, wrong check digits are not.
    pub fn clean(&self) -> Result<Elements> {
        let card_no = digits(&self.card_no);
        if !card(&card_no) {
            return CARD.into();
        }
        let id_no = digits(&self.id_no).to_uppercase();
        if !id_number(&id_no) {
            return ID_NO.into();
        }
        let mobile = digits(&self.mobile);
        if mobile.len() != 11 || !only_digits(&mobile) || !mobile.starts_with('1') {
            return MOBILE.into();
        }
        let name = name(&self.name)?;
        Ok(Elements {
            card_no: card_no.into(),
            name: name.into(),
            id_no: id_no.into(),
            mobile: mobile.into(),
            aim: self.aim,
        })
    }
}

/// Whether this may be the number of a card or a passbook.
pub(super) fn card(number: &str) -> bool {
    let well_formed = (12..=22).contains(&number.len()) && only_digits(number);
    well_formed && (!is_union_pay(number) || luhn(number))
}

/// A person's name without blanks.
pub(super) fn name(typed: &str) -> Result<String> {
    let name: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = |c: char| !c.is_control() && !c.is_ascii_digit();
    let long = name.chars().count();
    if !(2..=NAME_CHARS_MAX).contains(&long) || !name.chars().all(plain) {
        return NAME.into();
    }
    Ok(name)
}

/// Without blanks and dashes, full-width digits made narrow.
pub(super) fn digits(text: &str) -> String {
    let narrow = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
        'Ｘ' | 'ｘ' => 'X',
        other => other,
    };
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(narrow).collect()
}
fn only_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a number is plainly a card's. Passbook numbers have no check digit; whose they are the core knows.
fn is_union_pay(number: &str) -> bool {
    number.starts_with("62") && (16..=19).contains(&number.len())
}

/// The card's check digit (GB/T 17552, Luhn).
fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = u32::from(b - b'0');
            if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Eighteen characters with the check digit of GB 11643.
pub(super) fn id_number(number: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = number.as_bytes();
    if bytes.len() != 18 || !only_digits(number.get(..17).unwrap_or("x")) {
        return false;
    }
    let sum: u32 = bytes.iter().zip(WEIGHTS).map(|(b, w)| u32::from(b - b'0') * w).sum();
    usize::try_from(sum % 11).is_ok_and(|at| CHECKS[at] == bytes[17])
}

base::unprinted!(Typed);

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(card: &str, name: &str, id: &str, mobile: &str) -> Typed {
        Typed {
            card_no: card.into(),
            name: name.into(),
            id_no: id.into(),
            mobile: mobile.into(),
            switch: false,
            consents: vec![],
            aim: Aim::Bind,
        }
    }
    const ID: &str = "990102195501010034";

    fn with_check(id17: &str) -> String {
        "0123456789X".chars().map(|c| format!("{id17}{c}")).find(|id| id_number(id)).unwrap()
    }

    #[test]
    fn blanks_and_full_width_digits_are_forgiven() {
        let id = with_check(&ID[..17]);
        let e = typed("6299 0100 0000 0006", " 李 芳 ", &id.to_lowercase(), "１９０ 0000 1234");
        // The card's last digit is whatever makes the sum right.
        let card = (0..10).map(|d| format!("629901000000000{d}")).find(|c| luhn(c)).unwrap();
        let e = Typed { card_no: card.clone(), ..e }.clean().unwrap();
        assert_eq!(e.card_no.reveal(), &card);
        assert_eq!(e.mobile.reveal(), "19000001234");
        assert_eq!(e.name.reveal(), "李芳");
    }

    #[test]
    fn each_wrong_element_says_which_it_is() {
        let id = with_check(&ID[..17]);
        let card = (0..10).map(|d| format!("629901000000000{d}")).find(|c| luhn(c)).unwrap();
        let code = |t: Typed| t.clean().unwrap_err().code();
        assert_eq!(code(typed("6299010000000000", "李芳", &id, "19000001234")), "input.card");
        assert_eq!(code(typed("12345678901", "李芳", &id, "19000001234")), "input.card");
        assert!(typed("101101000000050052", "李芳", &id, "19000001234").clean().is_ok());
        assert_eq!(code(typed(&card, "李芳", "990102195501010030", "19000001234")), "input.id_no");
        assert_eq!(code(typed(&card, "李芳", "９", "19000001234")), "input.id_no");
        assert_eq!(code(typed(&card, "李芳", &id, "1900000123")), "input.mobile");
        assert_eq!(code(typed(&card, "李", &id, "19000001234")), "input.name");
        assert_eq!(code(typed(&card, "李4芳", &id, "19000001234")), "input.name");
    }
}
