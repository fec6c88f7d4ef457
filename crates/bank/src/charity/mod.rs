//! Good causes (公益): projects, points given to them, gifts of money, and the certificates of both.
//!
//! Points are the core's ([`corebank::gifts`]): a gift is offered in chat, confirmed there, and told to the core once under its
//! own id; what the core has not answered is asked after until it is known ([`give`]). The same may be done each month
//! ([`monthly`]). A gift of money is an ordinary payment
//! to the project's account ([`cash`]), now or each month. What anyone may read of it is in [`public`]. *Invariants.* A lamp's number is said only after the core gave it; time alone never turns
//! an unknown gift into a failure. Not for: raising funds; the fundraiser named in each project does, under its licence.

pub mod cash;
pub mod file;
pub mod give;
pub mod http;
#[cfg(test)]
mod lamp_tests;
pub mod monthly;
#[cfg(test)]
mod monthly_tests;
pub mod offer;
pub mod public;
pub mod show;
mod store;
#[cfg(test)]
pub(crate) mod tests;
pub mod thanks;

pub use give::settle_later;
pub use show::{Lately, lately};
pub use store::load;
pub use thanks::thank;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::places::Kept;
use crate::tenants::UNION;
use crate::verbs::core_ctx;
use base::{Error, Id, Named, Refusal, Result, TenantId};
use corebank::gifts::{GiftTally, Gifts, ProjectRef};
use corebank::{CoreError, Reject};
use db::Tx;
use serde::{Deserialize, Serialize};
use std::ops::Deref;
use std::sync::Arc;

#[derive(Debug)]
pub enum GiftRow {}
impl Named for GiftRow {
    const PREFIX: &'static str = "gft";
}
pub type GiftId = Id<GiftRow>;

/// Points of one gift at least, and of a customer's gifts of one day at most (by the chat's own confirmation).
pub const POINTS_MIN: i64 = 100;
pub const POINTS_DAY_MAX: i64 = 2_000;
/// The same where they are proved with the PIN on a page.
pub const POINTS_DAY_PIN_MAX: i64 = 50_000;

pub const NO_PROJECT: Refusal =
    Refusal::missing("charity.none", "现在没有在收的公益项目，分和钱都没有动。");
pub const CLOSED: Refusal =
    Refusal::conflict("charity.closed", "这个项目已经不收了，分和钱都没有动。");
pub const NO_GIFTS: Refusal =
    Refusal::unavailable("core.lacks", "这家银行还不能在微信里捐积分，请到网点问。");
pub const BUSY: Refusal =
    Refusal::unavailable("gift.busy", "分没有动。银行系统没有回话，请过一会儿再捐。");

/// A project as it is handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Small letters, digits and `-`: the same at the core.
    pub code: String,
    pub title: String,
    pub story: String,
    /// 募捐组织, and the number under which it may raise funds (公开募捐备案号).
    pub fundraiser: String,
    pub licence: String,
    /// So many points are what `unit_words` says: 500, 给孩子一节康复课.
    pub unit_points: i64,
    pub unit_words: String,
    pub goal_points: i64,
    /// Last day, as a day of China.
    pub ends_on: i64,
    pub is_open: bool,
    /// The fundraiser's account; empty when the project takes no money.
    pub payee_number: String,
    pub payee_name: String,
    pub maker: String,
    pub checker: String,
}

/// A project and who keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    pub owner: TenantId,
    pub entry: Entry,
}

impl Deref for Project {
    type Target = Entry;
    fn deref(&self) -> &Entry {
        &self.entry
    }
}

impl Project {
    /// As chats name it.
    pub fn id(&self) -> String {
        format!("{}:{}", self.owner.raw(), self.code)
    }
    pub fn at_core(&self) -> ProjectRef {
        ProjectRef { owner: self.owner, code: self.code.clone() }
    }
    /// Whether it takes gifts on this day, its goal apart.
    pub fn is_open_on(&self, today: i64) -> bool {
        self.is_open && today <= self.ends_on
    }
}

/// Projects that customers of `tenant` see: the province's, then their bank's own.
pub fn visible(app: &App, tenant: TenantId) -> Vec<Project> {
    let registry = app.registry();
    let mut all: Vec<Project> = registry
        .projects
        .iter()
        .filter(|p| p.owner == UNION || p.owner == tenant)
        .cloned()
        .collect();
    all.sort_by_key(|p| (p.owner != UNION, p.code.clone()));
    all
}

/// Keeps projects; a known code is changed.
///
/// # Errors
/// The database.
pub fn keep(tx: &Tx<'_>, by: Actor<'_>, entries: &[Entry]) -> Result<Kept> {
    for entry in entries {
        store::put(tx, entry)?;
        let persons = format!("maker {} checker {}", entry.maker, entry.checker);
        audit::note(tx, by, "charity.project", &entry.code, "done", &persons)?;
    }
    Ok(Kept { kept: entries.len(), removed: 0 })
}

/// Has the core open the ledgers of an institution's projects.
///
/// # Errors
/// A core that does not answer: the same import once more puts it right.
pub async fn open_at_core(app: &Arc<App>, owner: TenantId, entries: &[Entry]) -> Result<()> {
    let Some(core) = app.core.gifts() else { return Ok(()) };
    let ctx = core_ctx(app, owner, 0);
    for entry in entries {
        core.open_project(&ctx, &entry.code)
            .await
            .map_err(|e| Error::fault(format!("the core did not open “{}”: {e}", entry.code)))?;
    }
    Ok(())
}

pub(crate) fn gifts(app: &App) -> Result<&dyn Gifts> {
    app.core.gifts().ok_or_else(|| NO_GIFTS.into())
}

/// How a project stands; `None` when the core does not say now or keeps no such ledger.
pub(crate) async fn tally(app: &Arc<App>, tenant: TenantId, p: &Project) -> Option<GiftTally> {
    let core = app.core.gifts()?;
    core.tally(&core_ctx(app, tenant, 0), &p.at_core()).await.ok()
}

/// A core's no, before anything was given.
pub(crate) fn of_core(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::DayClosed { opens_at }) => {
            let no = Refusal::unavailable("core.maintenance", "银行正在结账");
            no.say(format!("分没有动。{}", crate::verbs::shut_words(opens_at))).into()
        }
        CoreError::Rejected(Reject::Unsupported) => NO_GIFTS.into(),
        e => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not answer before a gift");
            BUSY.into()
        }
    }
}

/// `18,342`
pub fn grouped(n: i64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && c.is_ascii_digit() && (digits.len() - at).is_multiple_of(3) && out != "-" {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// 第 18,342 盏灯 of 「点亮蓝灯」
pub(crate) fn lamp_words(title: &str, lamp: i64) -> String {
    format!("「{title}」第 {} 盏灯", grouped(lamp))
}
