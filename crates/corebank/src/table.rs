//! Tables of postings a banker can read, for tests of the ledger, the sandbox and every adapter.
//!
//! ```text
//! 给   李芳 1000.00
//! 转   李芳 → 王强 300.00 键 k1      成
//! 转   李芳 → 王强 300.00 键 k1      成（同一笔）
//! 转   李芳 → 王强 900.00 键 k2      拒 balance.short
//! 冻   李芳 100.00                   成
//! 解   李芳 100.00                   成
//! 余   李芳 700.00  王强 300.00
//! ```
//!
//! Amounts are yuan; 余 is the posted balance (a hold does not change it). Not for: production input.

use base::{Error, Fen, Result};

/// The table of the house, with holds.
pub const TABLE: &str = "
给   李芳 1000.00
转   李芳 → 王强 300.00 键 k1      成
转   李芳 → 王强 300.00 键 k1      成（同一笔）
转   李芳 → 王强 301.00 键 k1      拒 request.payload
转   李芳 → 王强 900.00 键 k2      拒 balance.short
转   李芳 → 王强 900.00 键 k2      拒 balance.short
余   李芳 700.00  王强 300.00
冻   李芳 650.00                   成
转   李芳 → 王强 50.01 键 k3       拒 balance.short
转   李芳 → 王强 50.00 键 k4       成
冻   李芳 0.01                     拒 balance.short
余   李芳 650.00  王强 350.00
解   李芳 650.01                   拒 hold.short
解   李芳 650.00                   成
转   李芳 → 王强 650.00            成
转   李芳 → 王强 0.01              拒 balance.short
余   李芳 0.00    王强 1000.00
";

/// What a row asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Cash paid in.
    Give {
        to: String,
        amount: Fen,
    },
    Transfer {
        from: String,
        to: String,
        amount: Fen,
        key: Option<String>,
    },
    Hold {
        of: String,
        amount: Fen,
    },
    Release {
        of: String,
        amount: Fen,
    },
    Balances(Vec<(String, Fen)>),
}

/// What a row says must come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done before under the same key; nothing happened again.
    Same,
    Refused(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub step: Step,
    pub outcome: Outcome,
    /// The row as written.
    pub text: String,
}

/// Reads a table; a fault names the row that cannot be read.
pub fn read(text: &str) -> Result<Vec<Row>> {
    let rows = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
    rows.map(|l| row(l).ok_or_else(|| Error::fault(format!("cannot read the row «{l}»")))).collect()
}

fn row(text: &str) -> Option<Row> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (step, rest) = match words.as_slice() {
        ["给", to, amount, rest @ ..] => {
            (Step::Give { to: (*to).into(), amount: yuan(amount)? }, rest)
        }
        ["转", from, "→", to, amount, "键", key, rest @ ..] => {
            (transfer(from, to, amount, Some((*key).into()))?, rest)
        }
        ["转", from, "→", to, amount, rest @ ..] => (transfer(from, to, amount, None)?, rest),
        ["冻", of, amount, rest @ ..] => {
            (Step::Hold { of: (*of).into(), amount: yuan(amount)? }, rest)
        }
        ["解", of, amount, rest @ ..] => {
            (Step::Release { of: (*of).into(), amount: yuan(amount)? }, rest)
        }
        ["余", pairs @ ..] if !pairs.is_empty() && pairs.len().is_multiple_of(2) => {
            let each = pairs.chunks(2).map(|p| Some((p[0].to_owned(), yuan(p[1])?)));
            (Step::Balances(each.collect::<Option<_>>()?), &[][..])
        }
        _ => return None,
    };
    let outcome = match rest {
        [] | ["成"] => Outcome::Done,
        ["成（同一笔）"] => Outcome::Same,
        ["拒", code] => Outcome::Refused((*code).into()),
        _ => return None,
    };
    Some(Row { step, outcome, text: text.into() })
}

fn transfer(from: &str, to: &str, amount: &str, key: Option<String>) -> Option<Step> {
    Some(Step::Transfer { from: from.into(), to: to.into(), amount: yuan(amount)?, key })
}

fn yuan(text: &str) -> Option<Fen> {
    Fen::parse_yuan(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_house_table_is_read() {
        let rows = read(TABLE).unwrap();
        assert_eq!(rows.len(), 17);
        assert_eq!(rows[2].outcome, Outcome::Same);
        assert_eq!(rows[4].outcome, Outcome::Refused("balance.short".into()));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named() {
        for bad in ["转 李芳 王强 300.00", "给 李芳 三百", "余 李芳", "转 李芳 → 王强 1.00 也许"]
        {
            assert!(read(bad).unwrap_err().to_string().contains(bad), "{bad}");
        }
    }
}
