//! Products, and their net values.

use super::days::Days;
use crate::day::Day;
use crate::sandbox::queries::{day, maybe_day};
use crate::wealth::{Nav, RiskGrade, WealthProduct};
use base::{Error, Fen, Result};
use db::{FromRow, Row, Tx, params};

/// A product as it is stored.
pub(super) struct Product {
    pub(super) code: String,
    pub(super) name: String,
    issuer: String,
    pub(super) grade: RiskGrade,
    low_bp: i64,
    high_bp: i64,
    pub(super) least: Fen,
    pub(super) step: Fen,
    pub(super) days: Option<i64>,
    sale_from: Day,
    sale_until: Option<Day>,
    quota: Option<Fen>,
    sold: Fen,
    pub(super) redeems_in: i64,
    pub(super) large: Option<Fen>,
    base_day: Day,
    day_micro: i64,
    swing_micro: i64,
}

impl FromRow for Product {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            code: row.next()?,
            name: row.next()?,
            issuer: row.next()?,
            grade: grade(row.next()?)?,
            low_bp: row.next()?,
            high_bp: row.next()?,
            least: row.next()?,
            step: row.next()?,
            days: row.next()?,
            sale_from: day(row.next()?)?,
            sale_until: maybe_day(row.next()?)?,
            quota: row.next()?,
            sold: row.next()?,
            redeems_in: row.next()?,
            large: row.next()?,
            base_day: day(row.next()?)?,
            day_micro: row.next()?,
            swing_micro: row.next()?,
        })
    }
}

fn grade(number: i64) -> Result<RiskGrade> {
    RiskGrade::of_number(number).ok_or_else(|| Error::fault("a product of no known risk"))
}

/// A question for products.
macro_rules! products_where {
    ($which:literal) => {
        concat!(
            "SELECT code, name, issuer, grade, low_bp, high_bp, least_fen, step_fen, days, sale_from, sale_until, quota_fen,
                    sold_fen, redeems_in, large_fen, base_day, day_micro, swing_micro
               FROM core_wealth_product WHERE tenant_id = $1",
            $which
        )
    };
}

pub(super) fn one(tx: &Tx<'_>, code: &str) -> Result<Option<Product>> {
    tx.opt(products_where!(" AND code = $2"), params![tx.tenant(), code])
}

/// Those on sale first, the lowest risk first.
pub(super) fn all(tx: &Tx<'_>) -> Result<Vec<WealthProduct>> {
    let found: Vec<Product> =
        tx.all(products_where!(" ORDER BY grade, least_fen, code"), params![tx.tenant()])?;
    let mut told = found.into_iter().map(|p| p.told(tx)).collect::<Result<Vec<_>>>()?;
    told.sort_by_key(|p| !p.is_on_sale);
    Ok(told)
}

impl Product {
    pub(super) fn is_on_sale(&self, on: Day) -> bool {
        self.sale_from <= on && self.sale_until.is_none_or(|until| on <= until)
    }

    /// What may still be bought.
    pub(super) fn left(&self) -> Option<Fen> {
        self.quota.map(|all| all.checked_sub(self.sold).unwrap_or(Fen::ZERO))
    }

    /// Net value of a day.
    pub(super) fn nav(&self, tx: &Tx<'_>, on: Day) -> Result<Nav> {
        let published: Option<i64> = tx.opt(
            "SELECT micro FROM core_wealth_nav WHERE tenant_id = $1 AND code = $2 AND on_day <= $3
              ORDER BY on_day DESC LIMIT 1",
            params![tx.tenant(), self.code.as_str(), on.number()],
        )?;
        let micro = published.unwrap_or_else(|| {
            let days = on.days_since(self.base_day).max(0);
            let swing = match self.swing_micro {
                0 => 0,
                // Another place between the two ends each day, and the same one whenever it is asked for.
                wide => (on.number() * 7_919).rem_euclid(2 * wide + 1) - wide,
            };
            (1_000_000 + days * self.day_micro + swing).max(1)
        });
        Ok(Nav { micro, on })
    }

    /// The net value that was published last: yesterday's.
    pub(super) fn latest(&self, tx: &Tx<'_>) -> Result<Nav> {
        self.nav(tx, Day::at(tx.now()).plus_days(-1))
    }

    fn told(self, tx: &Tx<'_>) -> Result<WealthProduct> {
        let today = Day::at(tx.now());
        let days = Days::of(tx, &self.code, today)?;
        let begins_on = days.after(days.from(today), 1);
        Ok(WealthProduct {
            nav: self.latest(tx)?,
            is_on_sale: self.is_on_sale(today),
            quota: self.left(),
            closed: days.closed(),
            begins_on,
            code: self.code,
            name: self.name,
            issuer: self.issuer,
            grade: self.grade,
            low_bp: self.low_bp,
            high_bp: self.high_bp,
            least: self.least,
            step: self.step,
            days: self.days,
            sale_from: self.sale_from,
            sale_until: self.sale_until,
            redeems_in: self.redeems_in,
            large: self.large,
        })
    }
}
