//! Logarithm and exponential in plain arithmetic, so that a model is the same on every machine, bit for bit.
//!
//! Not for: full precision; both are right to about 1e-7, which is what `f32` holds.

/// Natural logarithm of a positive number.
pub(crate) fn ln(x: f32) -> f32 {
    if x <= 0.0 || !x.is_finite() {
        return f32::MIN / 2.0;
    }
    let x = f64::from(x);
    let bits = x.to_bits();
    let exponent = i32::try_from(bits >> 52 & 0x7ff).unwrap_or(1_023) - 1_023;
    let mantissa = f64::from_bits(bits & 0x000f_ffff_ffff_ffff | 1_023_u64 << 52);
    // ln m = 2 atanh((m − 1) / (m + 1)), and (m − 1) / (m + 1) is below 1/3
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let (square, mut power, mut sum) = (t * t, t, 0.0);
    for n in (1..24).step_by(2) {
        sum += power / f64::from(n);
        power *= square;
    }
    narrow(2.0 * sum + f64::from(exponent) * std::f64::consts::LN_2)
}

/// Added to a small number it leaves no room for a fraction, and the nearest whole number remains.
const NO_FRACTION: f64 = 6_755_399_441_055_744.0;
const NO_FRACTION_NARROW: f32 = 12_582_912.0;

/// e to the power of `x`: 2 to a whole number and a series for the rest.
pub(crate) fn exp(x: f32) -> f32 {
    let x = f64::from(x.clamp(-80.0, 80.0)) * std::f64::consts::LOG2_E;
    let whole = (x + NO_FRACTION) - NO_FRACTION;
    let rest = (x - whole) * std::f64::consts::LN_2;
    // |rest| ≤ 0.35: seven terms are right to 1e-8
    let sum = 1.0
        + rest
            * (1.0
                + rest
                    * (0.5
                        + rest
                            * (1.0 / 6.0
                                + rest * (1.0 / 24.0 + rest * (1.0 / 120.0 + rest / 720.0)))));
    narrow(sum * power_of_two(whole))
}

/// The same of each, right to 1e-5: without a branch, a call or a wider number, so that several are reckoned at once.
pub(crate) fn exps(all: &mut [f32]) {
    for x in all {
        let scaled = x.clamp(-80.0, 80.0) * std::f32::consts::LOG2_E;
        let marked = scaled + NO_FRACTION_NARROW;
        let rest = (scaled - (marked - NO_FRACTION_NARROW)) * std::f32::consts::LN_2;
        let last = 1.0 / 24.0 + rest * (1.0 / 120.0 + rest / 720.0);
        let sum = 1.0 + rest * (1.0 + rest * (0.5 + rest * (1.0 / 6.0 + rest * last)));
        let whole = marked.to_bits().wrapping_sub(NO_FRACTION_NARROW.to_bits());
        *x = sum * f32::from_bits(whole.wrapping_add(127) << 23);
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number between -116 and 116")]
fn power_of_two(whole: f64) -> f64 {
    f64::from_bits(u64::from((1_023 + whole as i32).unsigned_abs()) << 52)
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is wanted")]
fn narrow(x: f64) -> f32 {
    x as f32
}

/// 1 / (1 + e^−x).
pub(crate) fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// A count as a number to reckon with.
pub(crate) fn real(n: usize) -> f32 {
    let of = |n: usize| f32::from(u16::try_from(n).unwrap_or(u16::MAX));
    of(n >> 16) * 65_536.0 + of(n & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_library() {
        for x in [0.001_f32, 0.1, 0.5, 1.0, 1.7, 2.0, 10.0, 1234.5] {
            assert!((ln(x) - x.ln()).abs() < 1e-6, "{x}");
        }
        for x in [-20.0_f32, -1.5, 0.0, 0.3, 1.0, 5.0, 20.0] {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-6, "{x}");
        }
        let mut all = [-90.0_f32, -80.0, -20.0, -1.5, -0.2, 0.0, 0.3, 1.0, 5.0, 20.0];
        let told = all.map(|x| x.max(-80.0).exp());
        exps(&mut all);
        assert!(all.iter().zip(told).all(|(a, b)| (a / b - 1.0).abs() < 1e-5), "{all:?}");
        assert!(logistic(0.0) == 0.5 && exp(-1e9) >= 0.0);
        assert_eq!([real(7), real(65_536), real(100_000)], [7.0, 65_536.0, 100_000.0]);
    }
}
