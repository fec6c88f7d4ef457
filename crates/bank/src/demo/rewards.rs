//! What points of a credit card buy in the demo, at every bank. Invented.

use base::{Result, TenantId};
use corebank::rewards::{Handover, Ware};
use corebank::sandbox::Sandbox;

/// Code, name, points for one, how many, how it is handed over.
type Line = (&'static str, &'static str, i64, i64, &'static [Handover]);

const WARES: &[Line] = &[
    ("towel", "毛巾两条", 600, 400, &[Handover::Branch]),
    ("soap", "洗衣液 2 公斤", 1_200, 300, &[Handover::Branch, Handover::Post]),
    ("fee20", "二十元话费", 2_000, 1_000, &[Handover::Mobile]),
    ("rice", "大米 5 公斤", 2_600, 200, &[Handover::Branch]),
    ("kettle", "电水壶", 6_800, 60, &[Handover::Branch, Handover::Post]),
];

/// Puts them on the shelves of institutions; what is there from an earlier start stays.
pub(super) async fn core(sandbox: &Sandbox, tenants: impl Iterator<Item = TenantId>) -> Result<()> {
    for tenant in tenants {
        for (code, name, points, left, handovers) in WARES {
            let (code, name) = ((*code).to_owned(), (*name).to_owned());
            let (points, left, handovers) = (*points, *left, handovers.to_vec());
            let ware = Ware { code, name, points, left, handovers };
            sandbox.add_ware(tenant, ware).await?;
        }
    }
    Ok(())
}
