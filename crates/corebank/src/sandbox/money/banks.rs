//! Banks that can be paid to: the province's institutions and a small table of well-known banks.
//!
//! Bank numbers are invented: the three digits of the kind of bank are real, the rest is made up. Prefixes of cards are
//! a few of many. Not for: finding an account, which only its own bank can.

use crate::model::Issuer;
use crate::money::Bank;

/// Banks in one answer, at most.
const BANKS_MAX: usize = 10;

/// A bank of the country as people and cards name it.
struct Known {
    bank_no: &'static str,
    name: &'static str,
    /// What people say.
    also: &'static [&'static str],
    /// Leading digits of its cards.
    cards: &'static [&'static str],
}

const fn known(
    bank_no: &'static str,
    name: &'static str,
    also: &'static [&'static str],
    cards: &'static [&'static str],
) -> Known {
    Known { bank_no, name, also, cards }
}

const BANKS: &[Known] = &[
    known(
        "102900000017",
        "中国工商银行",
        &["工行", "工商"],
        &["622202", "621226", "622208", "621558"],
    ),
    known(
        "103900000025",
        "中国农业银行",
        &["农行", "农业"],
        &["622848", "622841", "623052", "622845"],
    ),
    known("104900000033", "中国银行", &["中行"], &["621661", "621660", "456351", "601382"]),
    known(
        "105900000041",
        "中国建设银行",
        &["建行", "建设"],
        &["621700", "622700", "436742", "621081"],
    ),
    known("301900000058", "交通银行", &["交行"], &["622260", "622262", "622258"]),
    known(
        "403900000066",
        "中国邮政储蓄银行",
        &["邮储", "邮政"],
        &["621799", "622188", "621098", "622150"],
    ),
    known("308900000074", "招商银行", &["招行"], &["622588", "621483", "622575"]),
    known("309900000082", "兴业银行", &[], &["622908", "622909"]),
    known("310900000099", "上海浦东发展银行", &["浦发"], &["622521", "622522"]),
    known("305900000105", "中国民生银行", &["民生"], &["622622", "622617"]),
    known("302900000113", "中信银行", &[], &["622690", "622698"]),
    known("303900000121", "中国光大银行", &["光大"], &["622660", "622663"]),
    known("304900000138", "华夏银行", &[], &["622630", "622631"]),
    known("306900000146", "广发银行", &[], &["622568"]),
    known("307900000154", "平安银行", &[], &["622298", "622986"]),
    known("313900000162", "北京银行", &[], &["622163"]),
    known("402900000179", "北京农商银行", &[], &["622138"]),
    known("402900000187", "上海农商银行", &[], &["622478"]),
    known("402900000195", "广东省农村信用社联合社", &["广东农信"], &["622728"]),
    known("402900000201", "山东省农村信用社联合社", &["山东农信"], &["622319"]),
];

/// Kinds of bank, by the first three digits: 农商行, 农信社.
const RURAL: [&str; 2] = ["314", "402"];

/// Whether the rural banks' own rail reaches it.
pub(super) fn is_rural(bank_no: &str) -> bool {
    RURAL.iter().any(|kind| bank_no.starts_with(kind))
}

/// The number of an institution of this province, as its branches' numbers begin.
pub(super) fn bank_no_of(legal_no: &str) -> String {
    format!("314{legal_no}00000")
}

/// An institution of this province as a bank.
pub(super) fn of_issuer(issuer: &Issuer) -> Bank {
    Bank { bank_no: bank_no_of(&issuer.legal_no), name: issuer.name.clone() }
}

/// Whose cards begin so, outside the province.
pub(super) fn by_card(number: &str) -> Option<Bank> {
    BANKS.iter().find(|b| b.cards.iter().any(|c| number.starts_with(c))).map(bank)
}

/// A bank by its number, outside the province.
pub(super) fn by_no(bank_no: &str) -> Option<Bank> {
    BANKS.iter().find(|b| b.bank_no == bank_no).map(bank)
}

fn bank(known: &Known) -> Bank {
    Bank { bank_no: known.bank_no.to_owned(), name: known.name.to_owned() }
}

/// How well words fit a bank: less is better.
fn fits(words: &[&str], name: &str, also: &[&str]) -> Option<u8> {
    let all = |f: &dyn Fn(&str) -> bool| words.iter().all(|w| f(w));
    if all(&|w| w == name || also.contains(&w)) {
        return Some(0);
    }
    if all(&|w| name.starts_with(w)) {
        return Some(1);
    }
    all(&|w| name.contains(w) || also.iter().any(|a| a.contains(w))).then_some(2)
}

/// Banks whose name has all of these words: whole names first, then those that begin so; the province's own before others.
pub(super) fn search(words: &str, issuers: &[Issuer]) -> Vec<Bank> {
    let words: Vec<&str> = words.split_whitespace().collect();
    let own = issuers.iter().map(|i| (fits(&words, &i.name, &[]), of_issuer(i)));
    let others = BANKS.iter().map(|b| (fits(&words, b.name, b.also), bank(b)));
    let mut found: Vec<(u8, Bank)> =
        own.chain(others).filter_map(|(fit, bank)| Some((fit?, bank))).collect();
    found.sort_by_key(|(fit, _)| *fit);
    found.into_iter().map(|(_, bank)| bank).take(BANKS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NumberKind;
    use base::TenantId;

    fn names(words: &str) -> Vec<String> {
        let own = Issuer {
            tenant: TenantId::of(2),
            legal_no: "1001".into(),
            name: "陵溪农商行".into(),
            kind: NumberKind::Debit,
        };
        search(words, &[own]).into_iter().map(|b| b.name).collect()
    }

    #[test]
    fn a_bank_is_found_by_what_people_call_it() {
        assert_eq!(names("建行"), ["中国建设银行"]);
        assert_eq!(names("中国银行")[0], "中国银行");
        assert_eq!(names("农商"), ["陵溪农商行", "北京农商银行", "上海农商银行"]);
        assert_eq!(names("中国 邮政"), ["中国邮政储蓄银行"]);
        assert_eq!(names("没有这家"), Vec::<String>::new());
        assert_eq!(names("").len(), BANKS_MAX);
    }

    #[test]
    fn every_bank_has_a_number_of_its_own_and_no_card_is_two_banks() {
        let mut numbers: Vec<&str> = BANKS.iter().map(|b| b.bank_no).collect();
        let mut cards: Vec<&str> = BANKS.iter().flat_map(|b| b.cards.iter().copied()).collect();
        for all in [&mut numbers, &mut cards] {
            let before = all.len();
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), before);
        }
        assert!(numbers.iter().all(|n| n.len() == 12 && n.bytes().all(|b| b.is_ascii_digit())));
        let ours = |c: &&str| c.starts_with("6299") || c.starts_with("6298");
        assert_eq!(cards.iter().find(|c| ours(c)), None, "the province's own");
        assert!(is_rural(&bank_no_of("1001")) && bank_no_of("1001").len() == 12);
    }
}
