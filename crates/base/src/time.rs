//! Instants as milliseconds UTC, and where they come from.

use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const DAY_MS: i64 = 86_400_000;
/// China Standard Time is UTC+8 all year, so a fixed offset is exact.
pub const CHINA_OFFSET_MS: i64 = 8 * 3_600_000;

/// An instant: milliseconds since 1970 UTC.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(i64);

impl Time {
    pub const fn of_ms(ms: i64) -> Self {
        Self(ms)
    }
    pub const fn of_secs(s: i64) -> Self {
        Self(s * 1000)
    }
    pub const fn ms(self) -> i64 {
        self.0
    }
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0 + ms)
    }
    /// `self - earlier` in milliseconds.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }
    /// Days since 1970-01-01 in China.
    pub const fn china_day(self) -> i64 {
        (self.0 + CHINA_OFFSET_MS).div_euclid(DAY_MS)
    }
    /// (year, month, day, hour, minute) on a clock in China.
    pub fn china(self) -> (i64, i64, i64, i64, i64) {
        let (y, m, d) = civil(self.china_day());
        let in_day = (self.0 + CHINA_OFFSET_MS).rem_euclid(DAY_MS);
        (y, m, d, in_day / 3_600_000, in_day / 60_000 % 60)
    }
    /// Midnight in China of a calendar day.
    pub fn of_china_date(year: i64, month: i64, day: i64) -> Self {
        Self(days_from_civil(year, month, day) * DAY_MS - CHINA_OFFSET_MS)
    }
}

// Howard Hinnant's civil-day arithmetic, proleptic Gregorian.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// Where time comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    System,
    /// Stands still until moved: tests own it.
    Manual(Arc<AtomicI64>),
    /// The system's time plus a knob in milliseconds: the demo can jump ahead.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    pub fn manual(start: Time) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(start.ms())))
    }
    pub fn shifted() -> Self {
        Self::Shifted(Arc::new(AtomicI64::new(0)))
    }
    pub fn now(&self) -> Time {
        Time(match self {
            Self::System => system_ms(),
            Self::Manual(t) => t.load(Ordering::SeqCst),
            Self::Shifted(by) => system_ms() + by.load(Ordering::SeqCst),
        })
    }
    /// Moves a manual or shifted clock; the system's clock does not move.
    pub fn advance_ms(&self, ms: i64) {
        if let Self::Manual(t) | Self::Shifted(t) = self {
            t.fetch_add(ms, Ordering::SeqCst);
        }
    }
    pub fn is_movable(&self) -> bool {
        !matches!(self, Self::System)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
fn system_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// Measures how long something took; never used to decide business.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);
impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "the one place where the stopwatch is started")]
    pub fn start() -> Self {
        Self(Instant::now())
    }
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_in_china_begins_at_sixteen_utc() {
        let t = Time::of_china_date(2026, 11, 23);
        assert_eq!(t.ms(), 1_795_363_200_000);
        assert_eq!(t.china(), (2026, 11, 23, 0, 0));
        assert_eq!(t.plus_ms(-1).china(), (2026, 11, 22, 23, 59));
    }

    #[test]
    fn calendar_days_go_there_and_back_over_leap_years() {
        for (y, m, d) in [(2024, 2, 29), (2000, 2, 29), (2026, 12, 31), (1999, 3, 1)] {
            let (a, b, c, ..) = Time::of_china_date(y, m, d).china();
            assert_eq!((a, b, c), (y, m, d));
        }
    }
}
