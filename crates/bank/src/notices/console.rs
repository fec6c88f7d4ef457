//! Templates as staff see them: which of an account's templates tells what, how it stands, and how it would look; taken anew by
//! hand.
//!
//! A county administrator sees and changes the own bank's accounts, the province's all. Not for: when templates are looked at by
//! themselves (`templates::check`).

use super::content::{Content, Word};
use super::templates::{self, Row, WANTED};
use super::words::{Facts, Telling};
use super::{Category, keyword};
use crate::app::App;
use crate::audit::Actor;
use crate::staff::{Role, Staff};
use crate::tenants::{Account, AccountId};
use base::{Error, Fen, Refusal, Result, Time};
use db::{Scope, Tx};
use std::sync::Arc;

pub const NOT_YOURS: Refusal =
    Refusal::forbidden("notice.not_yours", "通知模板由县行管理员管本行的、省联社管理员管全省的");
pub const NO_ACCOUNT: Refusal =
    Refusal::missing("notice.account", "没有找到这个公众号，或者它不能发模板消息");
const NOT_TAKEN: Refusal = Refusal::conflict(
    "notice.not_taken",
    "微信没有给这个模板：类目不对、模板满了25个，或字段对不上。没有改",
);

/// One category of an account.
#[derive(Debug)]
pub struct Line {
    pub category: Category,
    /// As WeChat's library calls what we want.
    pub title: &'static str,
    /// None where the account has none for it: its kinds go by the other ways.
    pub template: Option<Shown>,
}

#[derive(Debug)]
pub struct Shown {
    pub template_id: String,
    pub is_live: bool,
    pub checked_at: Time,
    pub rows: Vec<Sample>,
}

/// A field with a sample, as it would be sent.
#[derive(Debug)]
pub struct Sample {
    pub label: String,
    /// 最多20个字
    pub limit: String,
    pub value: String,
}

/// An account with all categories.
#[derive(Debug)]
pub struct OfAccount {
    pub id: AccountId,
    pub name: String,
    pub appid: String,
    pub lines: Vec<Line>,
}

impl OfAccount {
    pub fn is_alarmed(&self) -> bool {
        self.lines.iter().filter_map(|l| l.template.as_ref()).any(|t| !t.is_live)
    }
}

fn may_see(by: &Staff, account: &Account) -> bool {
    match by.role {
        Role::Agent => false,
        Role::CountyAdmin => account.tenant == by.tenant,
        Role::ProvinceAdmin => true,
    }
}

/// Every account this member of staff answers for.
///
/// # Errors
/// Refused for whoever answers for none.
pub async fn overview(app: &Arc<App>, by: &Staff) -> Result<Vec<OfAccount>> {
    if by.role == Role::Agent {
        return NOT_YOURS.into();
    }
    let rows = app.db.read(Scope::House, templates::rows).await?;
    let (registry, now) = (app.registry(), app.clock().now());
    let mut accounts: Vec<&Arc<Account>> =
        registry.accounts().filter(|a| a.can_log_in() && may_see(by, a)).collect();
    accounts.sort_by_key(|a| a.id);
    let of = |account: &Account| {
        let line = |category: Category| {
            let row = rows.iter().find(|r| r.account == account.id && r.category == category);
            let template = row.map(|r| shown(r, now)).transpose()?;
            Ok(Line { category, title: templates::wanted(category).title, template })
        };
        Ok(OfAccount {
            id: account.id,
            name: account.name.clone(),
            appid: account.appid.clone(),
            lines: Category::ALL.into_iter().map(line).collect::<Result<_>>()?,
        })
    };
    accounts.into_iter().map(|a| of(a)).collect()
}

fn shown(row: &Row, now: Time) -> Result<Shown> {
    let offered = templates::of_row(row)?;
    let labels = templates::labels(&row.form);
    let data = offered.data(&sample(row.category, now), telling(now));
    let rows = data.into_iter().map(|(name, value)| {
        let label = labels.iter().find(|(_, n)| *n == name).map(|(l, _)| l.clone());
        Sample { label: label.unwrap_or_default(), limit: keyword::limit(&name), value }
    });
    Ok(Shown {
        template_id: row.template_id.clone(),
        is_live: row.is_live,
        checked_at: row.checked_at,
        rows: rows.collect(),
    })
}

const fn telling(now: Time) -> Telling {
    Telling { now, is_elder: false, original_at: None }
}

/// Something made up of the kind, as long as such things are.
fn sample(category: Category, now: Time) -> Content {
    let (subject, state, note) = match category {
        Category::Account | Category::Credit => {
            return Content::Posting(Box::new(Facts {
                is_in: false,
                amount: Fen::of(128_050),
                balance: None,
                label: "转账".into(),
                counterparty: "王*强".into(),
                serial: "20261123000000000012".into(),
                posted_at: now,
                account_label: category.sample_account().into(),
                account_tail: "8821".into(),
                reverses: None,
            }));
        }
        Category::Due => ("惠农贷2091", "待还款", "12月7日要还，请把钱存够"),
        Category::Progress => ("信用卡申请", "通过了", "信用卡申请通过了"),
        Category::Security => ("微信银行密码", "已锁定", "输错太多次，不能付款"),
    };
    Content::Word(Word {
        subject: subject.into(),
        state: state.into(),
        amount: Some(Fen::of(128_050)),
        at: now,
        is_day: category == Category::Due,
        number: "261123-0018".into(),
        note: note.into(),
        text: String::new(),
        elder: String::new(),
        of: String::new(),
    })
}

/// Takes the wanted template of a category for an account, or finds that it is there; what else it tells goes with it.
///
/// # Errors
/// Refused for whoever does not answer for the account, and where WeChat does not give it.
pub async fn renew(
    app: &Arc<App>,
    by: &Staff,
    account: AccountId,
    category: Category,
) -> Result<()> {
    let registry = app.registry();
    let found = registry.account_by_id(account).filter(|a| a.can_log_in());
    let Some(account) = found else { return NO_ACCOUNT.into() };
    if !may_see(by, account) {
        return NOT_YOURS.into();
    }
    let actor = Actor::Staff(by.id.raw());
    match templates::offer_one(app, account, templates::wanted(category), actor).await {
        Ok(_) => app.reload().await,
        Err(e) => {
            tracing::warn!(appid = %account.appid, error = %e, "a template cannot be had");
            let (tenant, subject) = (account.tenant, account.id.to_string());
            let staff = by.id.raw();
            let unit = move |tx: &Tx<'_>| {
                let by = Actor::Staff(staff);
                crate::audit::note(tx, by, "notice.offer", &subject, "refused", category.word())
            };
            app.db.write(Scope::Tenant(tenant), unit).await?;
            Err(Error::from(NOT_TAKEN))
        }
    }
}

/// Titles that are wanted, for a page that says what there should be.
pub fn titles() -> impl Iterator<Item = &'static str> {
    WANTED.iter().map(|w| w.title)
}
