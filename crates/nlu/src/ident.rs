//! Numbers that name something: cards, citizens, telephones, households at a biller.
//!
//! Not for: keeping them out of the chat; that is [`crate::secret`].

use crate::normal::{Normal, Span};
use crate::secret::{citizen_check, luhn};

/// What a biller's household numbers look like.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BillRule {
    pub shortest: usize,
    pub longest: usize,
    /// What every number begins with; empty for anything.
    pub prefix: String,
    /// The last digit is a Luhn check digit.
    pub has_check: bool,
}

/// Runs of digits, as they stand in one shape; blanks between them are gone.
fn runs(text: &Normal) -> Vec<(String, Span)> {
    let (mut out, mut at) = (vec![], 0);
    while at < text.chars.len() {
        let end = (at..text.chars.len())
            .find(|i| !text.chars[*i].is_ascii_digit())
            .unwrap_or(text.chars.len());
        if end > at {
            out.push((text.chars[at..end].iter().collect(), Span { start: at, end }));
        }
        at = end.max(at) + 1;
    }
    out
}

/// A full card number: 13 to 19 digits with a right check digit.
pub fn card(text: &Normal) -> Option<(String, Span)> {
    runs(text)
        .into_iter()
        .find(|(d, _)| (13..=19).contains(&d.len()) && !citizen_check(d) && luhn(d))
}

/// A citizen's number with a right check character.
pub fn citizen(text: &Normal) -> Option<(String, Span)> {
    runs(text).into_iter().find_map(|(digits, span)| {
        let x = digits.len() == 17 && text.chars.get(span.end) == Some(&'x');
        let (number, end) =
            if x { (format!("{digits}x"), span.end + 1) } else { (digits, span.end) };
        citizen_check(&number).then_some((number, Span { end, ..span }))
    })
}

/// A household number that follows the biller's rule; none when several do.
pub fn bill_no(text: &Normal, rule: &BillRule) -> Option<(String, Span)> {
    let fits = |d: &str| {
        (rule.shortest..=rule.longest).contains(&d.len())
            && d.starts_with(&rule.prefix)
            && (!rule.has_check || luhn(d))
    };
    let mut all = runs(text).into_iter().filter(|(d, _)| fits(d));
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise;

    #[test]
    fn check_digits_decide() {
        assert_eq!(
            card(&normalise("卡号 6230 9100 1234 6683")).map(|c| c.0.len()),
            luhn("6230910012346683").then_some(16)
        );
        assert!(card(&normalise("4111 1111 1111 1111")).is_some());
        assert!(card(&normalise("4111 1111 1111 1112")).is_none());
        assert_eq!(citizen(&normalise("我是11010519491231002X")).unwrap().0, "11010519491231002x");
        assert!(citizen(&normalise("110105194912310021")).is_none());
    }

    #[test]
    fn household_numbers_follow_their_biller() {
        let rule = BillRule { shortest: 10, longest: 10, prefix: "05".into(), has_check: false };
        assert_eq!(bill_no(&normalise("户号0512 345 678交电费"), &rule).unwrap().0, "0512345678");
        assert!(bill_no(&normalise("户号1512345678"), &rule).is_none());
        assert!(bill_no(&normalise("0512345678还是0512345679"), &rule).is_none());
    }
}
