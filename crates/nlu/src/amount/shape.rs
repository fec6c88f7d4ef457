//! The number of a sum, before its unit: `1,280.50`, `1.2万`, `3k`, `三点五万`, `二十五`.

use crate::normal::{Normal, Span};
use crate::number;
use base::Fen;

/// Millionths, so that 1.2345万 stays whole.
pub(super) const MICRO: i64 = 1_000_000;

/// A number that may be money.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub(super) micro: i64,
    pub(super) end: usize,
    /// 百, 千, 万, 亿, k, w or capital digits: money by its shape.
    pub(super) is_strong: bool,
    pub(super) is_arabic: bool,
    /// Row of plain digits: how many (0 when there is a unit or a decimal point).
    pub(super) digits: usize,
    pub(super) has_point: bool,
    pub(super) has_implied_tail: bool,
}

/// What begins at a place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Figure(Figure),
    /// A stretch of number characters that is vague: 三五百, 百把.
    Vague(usize),
    /// More than one reading, up to here.
    Unclear(usize),
    /// No money; go on from here.
    Other(usize),
}

fn is_digit(chars: &[char], at: usize) -> bool {
    chars.get(at).is_some_and(char::is_ascii_digit)
}

/// Digits beginning at `at`: how many, at most `most` + 1.
fn digits(chars: &[char], at: usize, most: usize) -> usize {
    (0..=most).take_while(|i| is_digit(chars, at + i)).count()
}

fn to_int(chars: &[char]) -> Option<i64> {
    chars.iter().try_fold(0_i64, |n, c| n.checked_mul(10)?.checked_add(number::one(*c)?))
}

/// True when blanks stood between the digits in a way that may join two numbers: 500 600, but not 5 0 0.
fn is_joined(text: &Normal, start: usize, end: usize) -> bool {
    let from = text.from.get(start..end).unwrap_or_default();
    let gaps = from.windows(2).filter(|w| w[1] > w[0] + 1).count();
    gaps > 0 && gaps + 1 < from.len()
}

/// A fraction `.50` or 点五 after a number: its millionths and its end.
fn fraction(chars: &[char], end: usize, is_arabic: bool) -> Option<(i64, usize)> {
    let point = *chars.get(end)?;
    let stop = match point {
        '.' if is_arabic => end + 1 + digits(chars, end + 1, 6),
        '点' if !is_arabic => {
            let stop = (end + 1..chars.len())
                .find(|i| number::one(chars[*i]).is_none())
                .unwrap_or(chars.len());
            let after = chars.get(stop)?;
            // 三点五万 is money, 三点五分 is a time of day
            if !"万千亿元块".contains(*after) {
                return None;
            }
            stop
        }
        _ => return None,
    };
    let n = stop - end - 1;
    if n == 0 || n > 6 {
        return None;
    }
    let scale = 10_i64.checked_pow(u32::try_from(6 - n).ok()?)?;
    Some((to_int(&chars[end + 1..stop])?.checked_mul(scale)?, stop))
}

/// `1,280` and `12,345,678`; the value and the end after all groups.
fn grouped(chars: &[char], mut value: i64, mut end: usize, first: usize) -> Option<(i64, usize)> {
    if first > 3 {
        return None;
    }
    let begun = end;
    while chars.get(end) == Some(&',') && digits(chars, end + 1, 3) == 3 {
        value = value.checked_mul(1_000)?.checked_add(to_int(&chars[end + 1..end + 4])?)?;
        end += 4;
    }
    (end > begun).then_some((value, end))
}

/// The factor of the units after a decimal: 万, 千万, k, w.
fn factor(chars: &[char], mut end: usize) -> (i64, usize) {
    let mut all = 1_i64;
    while let Some(u) = chars.get(end).copied().and_then(number::unit) {
        all = all.saturating_mul(u);
        end += 1;
    }
    let latin = match chars.get(end) {
        Some('k') => 1_000,
        Some('w') => 10_000,
        _ => return (all, end),
    };
    // 3km and 5wifi are something else
    if chars.get(end + 1).is_some_and(char::is_ascii_alphanumeric) {
        return (all, end);
    }
    (all.saturating_mul(latin), end + 1)
}

/// True when a time is counted here: 年, 个月, 天, 号.
fn counts_time(chars: &[char], end: usize) -> bool {
    match chars.get(end) {
        Some('个') => chars.get(end + 1) == Some(&'月'),
        Some(c) => "年月天号日周期".contains(*c),
        None => false,
    }
}

/// A run of number characters that is no number: vague (三五百, 百把块, 千儿八百) or nothing at all (万一).
fn unread(chars: &[char], at: usize, run: usize) -> Shape {
    if number::unit(chars[at]).is_none() {
        let has_unit = chars[at..run].iter().any(|c| number::unit(*c).is_some());
        return if has_unit { Shape::Vague(run) } else { Shape::Other(run) };
    }
    let after = chars.get(run).copied().unwrap_or(' ');
    if after == '儿' && chars.get(run + 1).is_some_and(|c| number::belongs(*c)) {
        return Shape::Vague(number::run_end(chars, run + 1));
    }
    let counts_money =
        "把来多余".contains(after) && chars.get(run + 1).is_some_and(|c| "块元".contains(*c));
    if counts_money || "块元".contains(after) { Shape::Vague(run) } else { Shape::Other(run) }
}

/// 两万五三年: the last one counts years.
fn without_a_term(chars: &[char], at: usize, run: usize) -> Option<number::Said> {
    let is_time = run > at + 1 && counts_time(chars, run);
    let said = is_time.then(|| number::said(&chars[..run - 1], at)).flatten();
    said.filter(|said| said.end == run - 1)
}

/// 五万三年: the three counts years.
fn less_a_count_of_years(chars: &[char], at: usize, said: number::Said) -> Option<number::Said> {
    if said.has_implied_tail && counts_time(chars, said.end) {
        return number::said(&chars[..said.end - 1], at);
    }
    Some(said)
}

/// What begins at `at` (the first character of a run of number characters). `chars` ends where
/// something that is no money begins.
pub(super) fn read(text: &Normal, chars: &[char], at: usize) -> Shape {
    let run = number::run_end(chars, at);
    let Some(said) = number::said(chars, at).or_else(|| without_a_term(chars, at, run)) else {
        return unread(chars, at, run);
    };
    let Some(said) = less_a_count_of_years(chars, at, said) else { return Shape::Other(run) };
    let mut figure = Figure {
        micro: 0,
        end: said.end,
        is_strong: said.has_unit
            && chars[at..said.end].iter().any(|c| "百千万亿佰仟拾".contains(*c)),
        is_arabic: said.is_arabic,
        digits: said.digits,
        has_point: false,
        has_implied_tail: said.has_implied_tail,
    };
    let mut value = said.value;
    if said.is_arabic && said.digits > 0 {
        if let Some((all, end)) = grouped(chars, value, said.end, said.digits) {
            (value, figure.end, figure.digits) = (all, end, 0);
            figure.has_point = true;
        } else if chars.get(said.end) == Some(&'，')
            && said.digits <= 3
            && digits(chars, said.end + 1, 3) == 3
        {
            return Shape::Unclear(said.end + 4);
        }
    }
    let Some(mut micro) = value.checked_mul(MICRO) else {
        return Shape::Other(run.max(figure.end));
    };
    if let Some((part, end)) = fraction(chars, figure.end, said.is_arabic) {
        // 十二点五 is a number, 两万五点三 nothing we know
        let is_odd = said.has_unit && (said.is_arabic || said.has_implied_tail);
        if is_odd || chars.get(end) == Some(&'.') && is_digit(chars, end + 1) {
            // 3.15.20 is a day or an address
            return Shape::Other(
                (end..chars.len())
                    .find(|i| !(chars[*i] == '.' || is_digit(chars, *i)))
                    .unwrap_or(chars.len()),
            );
        }
        micro = micro.saturating_add(part);
        (figure.end, figure.digits, figure.has_point) = (end, 0, true);
    }
    if is_joined(text, at, figure.end) {
        return Shape::Unclear(figure.end);
    }
    let (times, end) = factor(chars, figure.end);
    if times > 1 {
        (figure.end, figure.digits, figure.is_strong) = (end, 0, true);
        if chars.get(end).is_some_and(|c| number::belongs(*c)) {
            return Shape::Unclear(number::run_end(chars, end));
        }
    }
    match micro.checked_mul(times) {
        Some(micro) if micro <= i64::MAX / 1_000 => Shape::Figure(Figure { micro, ..figure }),
        _ => Shape::Other(figure.end),
    }
}

/// Whole fen of a number of yuan.
pub(super) fn fen_of(micro: i64) -> Option<i64> {
    let each = MICRO / 100;
    (micro % each == 0).then_some(micro / each)
}

/// A stretch that is one number and nothing else, as yuan.
pub(super) fn whole(text: &Normal, span: Span) -> Option<Fen> {
    let chars = &text.chars[..span.end];
    if span.start >= span.end
        || chars[span.start] == '0' && chars.get(span.start + 1).is_some_and(|c| *c != '.')
    {
        return None;
    }
    match read(text, chars, span.start) {
        Shape::Figure(f) if f.end == span.end => {
            fen_of(f.micro).map(Fen::of).filter(|f| *f > Fen::ZERO)
        }
        _ => None,
    }
}
