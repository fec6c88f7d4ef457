//! Money in a sentence, exactly or not at all: 两万五, 三百五, 1.2万, 3k, 叁仟元整, 两毛五, 12块5.
//!
//! *Invariant*: an amount that is given is the only one that the words can mean. What is vague (几百, 五百多,
//! 三五百) or has two readings is reported as such, so that the customer is asked. Whole fen, no floating point.

mod read;
mod shape;

use crate::amend;
use crate::normal::{Normal, Span};
use base::Fen;

/// What a sentence says of one sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Money {
    Exact(Fen),
    /// 几百, 十来块, 五百多, 三五百, 五百到六百.
    Vague,
    /// It could be read in two ways.
    Unclear,
}

/// How plainly a number is money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Only because money is spoken of: 转500.
    Bare,
    /// By its shape: 五百, 两万五, 3k.
    Shape,
    /// By its unit: 500元, ¥500, 两毛五.
    Unit,
}

/// One sum in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub money: Money,
    pub mark: Mark,
    pub span: Span,
}

/// All sums in the order they were said, before corrections. `taken`: stretches that are something else
/// (days, telephone numbers, names), in order; no number reaches into them.
pub fn all(text: &Normal, taken: &[Span]) -> Vec<Sum> {
    read::all(text, taken)
}

/// The sums that are left after what the customer corrected: 转五百不对是五千 leaves 五千.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums {
    pub exact: Vec<(Fen, Span)>,
    /// A sum was spoken of that must be asked for.
    pub is_open: bool,
    /// Every stretch that speaks of a sum, corrected or not.
    pub spans: Vec<Span>,
}

impl Sums {
    pub fn of(text: &Normal, taken: &[Span]) -> Self {
        let sums = all(text, taken);
        let spans: Vec<Span> = sums.iter().map(|s| s.span).collect();
        let kept = amend::kept(text, &spans);
        let mut out = Self { spans, ..Self::default() };
        for (sum, is_kept) in sums.iter().zip(kept) {
            match sum.money {
                _ if !is_kept => {}
                Money::Exact(fen) => out.exact.push((fen, sum.span)),
                Money::Vague | Money::Unclear => out.is_open = true,
            }
        }
        out
    }

    /// The one sum that is meant; none when there are several, or when one must be asked for.
    pub fn one(&self) -> Option<Fen> {
        match self.exact[..] {
            [(fen, _)] if !self.is_open => Some(fen),
            _ => None,
        }
    }
}

/// The one sum a sentence speaks of.
pub fn one(text: &Normal) -> Option<(Fen, Span)> {
    let sums = Sums::of(text, &[]);
    sums.one().and_then(|fen| Some((fen, sums.exact.first()?.1)))
}

/// The answer to "how much?": a sum, or a number and nothing else.
pub fn answer(text: &Normal) -> Option<Fen> {
    let sums = all(text, &[]);
    if !sums.is_empty() {
        return Sums::of(text, &[]).one();
    }
    let end = text.chars.iter().rposition(|c| !"。.!！~ ".contains(*c)).map_or(0, |i| i + 1);
    let start = text.chars[..end].iter().position(|c| !"就是要转存取充，, ".contains(*c))?;
    shape::whole(text, Span { start, end })
}

#[cfg(test)]
mod tests;
