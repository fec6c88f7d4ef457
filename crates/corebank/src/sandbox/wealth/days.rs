//! Dealing days (开放日): working days of the week but for those that a product is closed on.

use crate::day::Day;
use crate::sandbox::queries::day;
use base::{Result, Time};
use db::{Tx, params};
use std::collections::BTreeSet;

/// At nine in the morning what is due is confirmed.
const CONFIRMED_MS: i64 = 9 * 3_600_000;

/// When the wealth company says what became of what is due on a day.
pub(crate) fn clock_of(due_on: Day) -> Time {
    due_on.start().plus_ms(CONFIRMED_MS)
}

/// The days on which a product is dealt.
pub(super) struct Days(BTreeSet<Day>);

impl Days {
    /// Those of a product from a day on.
    pub(super) fn of(tx: &Tx<'_>, code: &str, from: Day) -> Result<Self> {
        let found: Vec<i64> = tx.all(
            "SELECT on_day FROM core_wealth_closed WHERE tenant_id = $1 AND code = $2 AND on_day >= $3",
            params![tx.tenant(), code, from.number()],
        )?;
        found.into_iter().map(day).collect::<Result<_>>().map(Self)
    }

    pub(super) fn closed(self) -> Vec<Day> {
        self.0.into_iter().collect()
    }

    /// The first dealing day from `on` on.
    pub(super) fn from(&self, mut on: Day) -> Day {
        while on.weekday() >= 5 || self.0.contains(&on) {
            on = on.plus_days(1);
        }
        on
    }

    /// The `n`th dealing day after `on`.
    pub(super) fn after(&self, mut on: Day, n: i64) -> Day {
        for _ in 0..n {
            on = self.from(on.plus_days(1));
        }
        on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_a_weekend_nor_a_closed_day_is_a_dealing_day() {
        let on = |text: &str| text.parse::<Day>().unwrap();
        // 2026-11-27 is a Friday.
        let days = Days([on("2026-11-30")].into());
        assert_eq!(days.from(on("2026-11-27")), on("2026-11-27"));
        assert_eq!(days.from(on("2026-11-28")), on("2026-12-01"));
        assert_eq!(days.after(on("2026-11-27"), 1), on("2026-12-01"));
        assert_eq!(days.after(on("2026-11-27"), 3), on("2026-12-03"));
        assert_eq!(days.after(on("2026-11-27"), 0), on("2026-11-27"));
    }
}
