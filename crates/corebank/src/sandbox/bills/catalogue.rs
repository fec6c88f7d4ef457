//! The billers that the sandbox plays: their numbers, and what they take. Invented; real ones differ from county to county.

use crate::bills::{BillKind, Biller, NumberRule};
use base::Fen;

/// A biller as the program knows it.
pub(crate) struct Known {
    pub(crate) id: &'static str,
    pub(crate) kind: BillKind,
    /// `{county}` and `{town}` stand for where it is.
    name: &'static str,
    /// What its numbers are called.
    label: &'static str,
    digits: usize,
    has_check: bool,
    is_prepaid: bool,
    presets: &'static [i64],
    /// What its household 0231 owes; others about as much. Nothing: its numbers owe nothing, and it has no households.
    pub(crate) usual: Option<Fen>,
}

const MIN: Fen = Fen::of(100);
const MAX: Fen = Fen::of(2_000_000);
const NUMBER: &str = "户号";

const fn known(
    id: &'static str,
    kind: BillKind,
    name: &'static str,
    label: &'static str,
    digits: usize,
    fen: i64,
) -> Known {
    let usual = Some(Fen::of(fen));
    Known {
        id,
        kind,
        name,
        label,
        digits,
        has_check: false,
        is_prepaid: false,
        presets: &[],
        usual,
    }
}

impl Known {
    const fn prepaid(mut self) -> Self {
        self.is_prepaid = true;
        self
    }
    const fn checked(mut self) -> Self {
        self.has_check = true;
        self
    }

    pub(crate) fn called(&self, county: &str, town: &str) -> String {
        self.name.replace("{county}", county).replace("{town}", town)
    }

    pub(crate) fn rule(&self) -> NumberRule {
        let prefix = if self.kind == BillKind::Mobile { "1" } else { "" };
        NumberRule {
            shortest: self.digits,
            longest: self.digits,
            prefix: prefix.to_owned(),
            has_check: self.has_check,
        }
    }

    pub(crate) fn shown(&self, name: String) -> Biller {
        Biller {
            id: self.id.to_owned(),
            kind: self.kind,
            name,
            label: self.label.to_owned(),
            rule: self.rule(),
            is_prepaid: self.is_prepaid,
            presets: self.presets.iter().map(|yuan| Fen::of(yuan * 100)).collect(),
            min: MIN,
            max: MAX,
        }
    }

    pub(crate) const fn is_prepaid(&self) -> bool {
        self.is_prepaid
    }

    /// Whether it takes a sum at once.
    pub(crate) fn takes(amount: Fen) -> bool {
        (MIN..=MAX).contains(&amount)
    }

    /// The number that ends in these four digits.
    pub(crate) fn number(&self, legal_no: &str, tail: &str) -> Option<String> {
        let is_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if self.usual.is_none() || tail.len() != 4 || !is_digits(tail) || !is_digits(legal_no) {
            return None;
        }
        let middle = self.digits.checked_sub(legal_no.len() + tail.len())?;
        let rule = self.rule();
        let mut all = (0..10_u32).map(|n| format!("{legal_no}{n:0middle$}{tail}"));
        if middle == 0 {
            return Some(format!("{legal_no}{tail}")).filter(|n| rule.fits(n));
        }
        all.find(|number| rule.fits(number))
    }
}

use BillKind::{
    Broadband, Electric, Etc, Fine, Gas, Heating, Medical, Mobile, Party, Pension, Property,
    School, Tv, Village, Water,
};

/// Billers of one kind stand in the order in which they are asked.
pub(crate) const BILLERS: &[Known] = &[
    known("electric", Electric, "{county}供电公司", NUMBER, 10, 8_600).prepaid(),
    known("water", Water, "{county}自来水公司", NUMBER, 8, 3_650).prepaid(),
    known("waterworks", Water, "{town}水厂", NUMBER, 9, 2_400),
    known("gas", Gas, "{county}燃气公司", NUMBER, 9, 12_300).prepaid(),
    known("heating", Heating, "{county}热力公司", NUMBER, 9, 184_000),
    known("cable", Tv, "{county}广电网络", "卡号", 12, 24_000).prepaid().checked(),
    known("telecom", Broadband, "电信宽带", "账号", 9, 60_000).prepaid(),
    known("unicom", Broadband, "联通宽带", "账号", 10, 36_000).prepaid(),
    Known {
        presets: &[30, 50, 100, 200, 500],
        usual: None,
        ..known("mobile", Mobile, "手机充值", "手机号", 11, 0).prepaid()
    },
    known("school", School, "{county}实验小学", "学号", 8, 120_000),
    known("middle_school", School, "{county}第一中学", "学号", 10, 168_000),
    known("property", Property, "{county}阳光物业", NUMBER, 8, 90_000),
    known("fine", Fine, "{county}交警大队", "决定书编号", 12, 20_000),
    known("party", Party, "{county}党费代收", "党员编号", 8, 1_200),
    known("village", Village, "{town}村级代收", NUMBER, 8, 6_000),
    known("etc", Etc, "ETC通行卡", "卡号", 12, 0).prepaid(),
    // Families, not households.
    Known {
        usual: None,
        ..known("medical", Medical, "{county}税务局（居民医保）", "缴费编号", 10, 0)
    },
    Known {
        usual: None,
        ..known("pension", Pension, "{county}税务局（居民养老）", "缴费编号", 10, 0)
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_follows_its_billers_rule_and_ends_as_it_should() {
        for known in BILLERS.iter().filter(|k| k.usual.is_some()) {
            for tail in ["0231", "0404", "0808", "9999"] {
                let number = known.number("1011", tail).unwrap_or_else(|| panic!("{}", known.id));
                assert!(known.rule().fits(&number), "{} {number}", known.id);
                // A check digit in front of the tail keeps the tail.
                assert!(number.ends_with(tail) && number.starts_with("1011"), "{number}");
            }
        }
        assert_eq!(BILLERS[0].number("1011", "0231").as_deref(), Some("1011000231"));
        assert_eq!(BILLERS[0].number("1011", "231"), None);
    }

    #[test]
    fn every_kind_has_a_biller_and_every_biller_an_id_of_its_own() {
        let mut ids: Vec<&str> = BILLERS.iter().map(|k| k.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), BILLERS.len());
        for kind in BillKind::ALL {
            assert!(BILLERS.iter().any(|k| k.kind == *kind), "{kind:?}");
        }
    }
}
