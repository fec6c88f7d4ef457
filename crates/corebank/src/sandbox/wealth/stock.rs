//! Products and holdings as the sandbox is told of them, and those of the generated province.

use super::deal::{Order, hold};
use super::{large, products};
use crate::day::Day;
use crate::sandbox::Sandbox;
use crate::wealth::{RiskGrade, bought};
use base::{Error, Fen, Result, TenantId};
use db::{Tx, params};

/// A product to be sold.
#[derive(Debug, Clone)]
pub struct NewWealth {
    /// Letters and digits; one that ends in `X` is never confirmed, and its money comes back.
    pub code: String,
    pub name: String,
    pub issuer: String,
    pub grade: RiskGrade,
    pub low_bp: i64,
    pub high_bp: i64,
    pub least: Fen,
    pub step: Fen,
    /// How long it is closed; none: on any dealing day.
    pub days: Option<i64>,
    pub sale_from: Day,
    pub sale_until: Option<Day>,
    pub quota: Option<Fen>,
    pub redeems_in: i64,
    pub large: Option<Fen>,
    /// What a unit is worth more each day, and how far from that it is at most, in millionths of a yuan.
    pub day_micro: i64,
    pub swing_micro: i64,
    pub closed: Vec<Day>,
}

/// Units that a customer bought at a branch before the books began here.
#[derive(Debug, Clone)]
pub struct NewWealthHolding {
    pub cust_no: i64,
    /// Where its money goes when it ends.
    pub acct_id: i64,
    pub code: String,
    /// What was paid for them.
    pub cost: Fen,
    pub begun_on: Day,
}

impl Sandbox {
    /// Sells a product from now on; false when it is there already.
    pub async fn add_wealth(&self, tenant: TenantId, new: NewWealth) -> Result<bool> {
        self.unit(tenant, move |tx, _| add(tx, &new)).await
    }

    /// Keeps units that were bought at a branch; false when they are there already.
    pub async fn carry_wealth(&self, tenant: TenantId, new: NewWealthHolding) -> Result<bool> {
        self.unit(tenant, move |tx, _| carry(tx, &new)).await
    }

    /// Publishes the net value of a day, good until the next one.
    pub async fn publish_nav(
        &self,
        tenant: TenantId,
        code: &str,
        on: Day,
        micro: i64,
    ) -> Result<()> {
        let code = code.to_owned();
        self.unit(tenant, move |tx, _| {
            tx.exec(
                "INSERT INTO core_wealth_nav (tenant_id, code, on_day, micro) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (tenant_id, code, on_day) DO UPDATE SET micro = $4",
                params![tx.tenant(), code.as_str(), on.number(), micro],
            )
            .map(|_| ())
        })
        .await
    }
}

fn add(tx: &Tx<'_>, new: &NewWealth) -> Result<bool> {
    let fresh = tx.exec(
        "INSERT INTO core_wealth_product (tenant_id, code, name, issuer, grade, low_bp, high_bp, least_fen, step_fen, days,
                sale_from, sale_until, quota_fen, sold_fen, redeems_in, large_fen, base_day, day_micro, swing_micro)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, $11, $16, $17)
         ON CONFLICT (tenant_id, code) DO NOTHING",
        params![
            tx.tenant(),
            new.code.as_str(),
            new.name.as_str(),
            new.issuer.as_str(),
            new.grade.number(),
            new.low_bp,
            new.high_bp,
            new.least,
            new.step,
            new.days,
            new.sale_from.number(),
            new.sale_until.map(Day::number),
            new.quota,
            new.redeems_in,
            new.large,
            new.day_micro,
            new.swing_micro
        ],
    )?;
    for day in &new.closed {
        tx.exec(
            "INSERT INTO core_wealth_closed (tenant_id, code, on_day) VALUES ($1, $2, $3)
             ON CONFLICT (tenant_id, code, on_day) DO NOTHING",
            params![tx.tenant(), new.code.as_str(), day.number()],
        )?;
    }
    Ok(fresh == 1)
}

fn carry(tx: &Tx<'_>, new: &NewWealthHolding) -> Result<bool> {
    let request_id = format!("wealth:carried:{}:{}", new.cust_no, new.code);
    let known: i64 = tx.one(
        "SELECT COUNT(*) FROM core_wealth_order WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id.as_str()],
    )?;
    if known > 0 {
        return Ok(false);
    }
    let product = products::one(tx, &new.code)?;
    let product = product.ok_or_else(|| Error::fault("a holding of no known product"))?;
    let nav = product.nav(tx, new.begun_on)?;
    let units = bought(new.cost, nav.micro).ok_or_else(large)?;
    let mut order = Order {
        kind: "carried".into(),
        cust_no: new.cust_no,
        acct_id: new.acct_id,
        code: new.code.clone(),
        holding_id: None,
        amount: new.cost,
        units: Some(units),
        cost: new.cost,
        on: new.begun_on,
        state: "done".into(),
    };
    let matures_on = product.days.map(|n| new.begun_on.plus_days(n));
    order.holding_id = Some(hold(tx, &order, (units, new.cost), (new.begun_on, matures_on))?);
    order.add(tx, &request_id, new.begun_on)?;
    Ok(true)
}

const fn yuan(n: i64) -> Fen {
    Fen::of(n * 100)
}

/// What the province's wealth company sells everywhere. Everything of it is invented.
pub(crate) fn catalogue(today: Day) -> Vec<NewWealth> {
    let listed = today.plus_months(-12).first_of_month();
    let one = |code: &str, name: &str, grade: RiskGrade, bp: (i64, i64), least: i64| NewWealth {
        code: code.into(),
        name: name.into(),
        issuer: "云岭理财有限责任公司".into(),
        grade,
        low_bp: bp.0,
        high_bp: bp.1,
        least: yuan(least),
        step: yuan(100),
        days: None,
        sale_from: listed,
        sale_until: None,
        quota: None,
        redeems_in: 1,
        large: Some(yuan(1_000_000)),
        day_micro: bp.0 * 100 / 365,
        swing_micro: 0,
        closed: vec![],
    };
    vec![
        NewWealth {
            step: yuan(1),
            ..one("YL1001", "活钱宝现金管理", RiskGrade::R1, (150, 190), 1)
        },
        NewWealth {
            swing_micro: 300,
            ..one("YL2001", "稳享1号", RiskGrade::R2, (230, 310), 1_000)
        },
        NewWealth {
            days: Some(182),
            swing_micro: 300,
            quota: Some(yuan(50_000_000)),
            sale_until: Some(today.plus_months(12)),
            ..one("YL2182", "稳盈半年封闭式", RiskGrade::R2, (265, 330), 10_000)
        },
        NewWealth {
            swing_micro: 4_000,
            redeems_in: 2,
            ..one("YL3001", "增利混合", RiskGrade::R3, (320, 420), 1_000)
        },
        NewWealth {
            swing_micro: 12_000,
            redeems_in: 3,
            ..one("YL4001", "远航权益精选", RiskGrade::R4, (400, 600), 10_000)
        },
    ]
}

/// The catalogue, and what customers of the demo bought at a branch: number, account, code, yuan, months ago.
pub(crate) fn seed(tx: &Tx<'_>, today: Day, held: &[(i64, i64, &str, i64, i64)]) -> Result<()> {
    for new in catalogue(today) {
        add(tx, &new)?;
    }
    for (cust_no, acct_id, code, cost, months) in held {
        let begun_on = today.plus_months(-months);
        let (code, cost) = ((*code).to_owned(), yuan(*cost));
        carry(
            tx,
            &NewWealthHolding { cust_no: *cust_no, acct_id: *acct_id, code, cost, begun_on },
        )?;
    }
    Ok(())
}
