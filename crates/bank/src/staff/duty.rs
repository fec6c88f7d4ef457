//! Two people for one change (双人复核): who proposes, and who, being somebody else and allowed to, decides.
//!
//! Not for: what is changed; each feature keeps its own proposals.

use super::{Role, Staff};
use base::{Refusal, Result, TenantId};

pub const NOT_A_CHECKER: Refusal =
    Refusal::forbidden("staff.not_a_checker", "要由本机构的管理员来审批");
pub const OWN_CHANGE: Refusal =
    Refusal::forbidden("staff.own_change", "自己提交的要由另一位管理员审批");

#[derive(Debug, Clone, Copy)]
struct MadeHere;

/// Whoever may propose a change at their institution: any member of staff.
#[derive(Debug, Clone, Copy)]
pub struct Maker {
    pub tenant: TenantId,
    pub id: i64,
    /// Only a login makes one.
    _made_here: MadeHere,
}

/// Whoever may decide about changes of others there.
#[derive(Debug, Clone, Copy)]
pub struct Checker {
    pub tenant: TenantId,
    pub id: i64,
    /// Only a login makes one.
    _made_here: MadeHere,
}

impl Staff {
    pub fn maker(&self) -> Maker {
        Maker { tenant: self.tenant, id: self.id.raw(), _made_here: MadeHere }
    }

    /// # Errors
    /// Refused to all but administrators.
    pub fn checker(&self) -> Result<Checker> {
        match self.role {
            Role::CountyAdmin | Role::ProvinceAdmin => {
                Ok(Checker { tenant: self.tenant, id: self.id.raw(), _made_here: MadeHere })
            }
            Role::Agent => NOT_A_CHECKER.into(),
        }
    }
}

impl Checker {
    /// *Invariant*: nobody decides about what they proposed themselves.
    ///
    /// # Errors
    /// Refused when they did.
    pub fn is_not(&self, maker: i64) -> Result<()> {
        if self.id == maker { OWN_CHANGE.into() } else { Ok(()) }
    }
}
