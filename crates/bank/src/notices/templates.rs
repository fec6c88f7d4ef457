//! Which template of an account tells which category: chosen or made through WeChat's API, kept as a row, looked after each hour.
//!
//! A category is offered through an account when it has a row here; a template that WeChat has withdrawn leaves the row and an
//! alarm, and notices go the next way. Not for: the values' rules (`keyword`).

use super::words::{Facts, Field, Telling};
use super::{Category, keyword};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::tenants::{Account, AccountId};
use base::{Error, Refusal, Result, TenantId};
use db::{Db, Scope, Tx, params};
use std::collections::HashMap;
use std::sync::Arc;
use wechat::api::template::Template;

const UNFIT: Refusal =
    Refusal::invalid("notice.template", "这个模板的字段与动账提醒对不上，请换一个模板");

/// The library's number and the fields we want of it, in their order.
const LIBRARY: (&str, &[&str]) = ("43216", &["变动时间", "变动类型", "变动金额", "账户", "备注"]);
/// Its title, by which a template that is there already is found.
const TITLE: &str = "账户变动提醒";

/// A template as notices use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub template_id: String,
    pub is_live: bool,
    fields: Vec<(String, Field)>,
}

/// By account and category.
pub type Offers = HashMap<(AccountId, Category), Offered>;

/// Which of our fields each keyword of a form is for. Every keyword must be filled, so one that we cannot always fill is none of ours.
///
/// # Errors
/// Refused where a keyword is for nothing we tell, or the amount is missing.
fn read_form(form: &str) -> Result<Vec<(String, Field)>> {
    let mut fields = vec![];
    for line in form.lines() {
        let Some((label, rest)) = line.split_once("{{") else { continue };
        let Some((name, _)) = rest.split_once(".DATA}}") else { continue };
        let says = |words: &[&str]| words.iter().any(|w| label.contains(w));
        let field = match keyword::kind_of(name) {
            // WeChat leaves these out since 2023.
            "first" | "remark" => continue,
            "time" | "date" => Field::Time,
            "amount" if !says(&["余额", "额度"]) => Field::Amount,
            "phrase" => Field::What,
            "character_string" | "number" if says(&["流水", "编号", "单号"]) => Field::Serial,
            "character_string" | "number" => Field::Account,
            "thing" if says(&["账户", "账号", "卡"]) => Field::AccountName,
            "thing" if says(&["类型", "方向"]) => Field::What,
            "thing" => Field::Note,
            _ => return UNFIT.into(),
        };
        fields.push((name.to_owned(), field));
    }
    if fields.iter().any(|(_, f)| *f == Field::Amount) { Ok(fields) } else { UNFIT.into() }
}

impl Offered {
    /// The message's data, each value cut to what its keyword takes.
    pub(super) fn data(&self, facts: &Facts, telling: Telling) -> Vec<(String, String)> {
        let value = |(name, field): &(String, Field)| {
            let fitted = keyword::fit(name, &facts.field(*field, telling));
            // An empty value is refused; a dash says that there is nothing to say.
            (name.clone(), fitted.unwrap_or_else(|| "-".to_owned()))
        };
        self.fields.iter().map(value).collect()
    }
}

/// Every account's.
///
/// # Errors
/// The database.
pub async fn load(db: &Db) -> Result<Offers> {
    let unit = |tx: &Tx<'_>| {
        tx.all::<(AccountId, String, String, String, String)>(
            "SELECT account_id, category, template_id, form, state FROM notice_template ORDER BY tenant_id, account_id",
            params![],
        )
    };
    let mut offers = Offers::new();
    for (account, category, template_id, form, state) in db.read(Scope::House, unit).await? {
        let fields = read_form(&form)?;
        let offered = Offered { template_id, is_live: state == "live", fields };
        offers.insert((account, Category::of_word(&category)?), offered);
    }
    Ok(offers)
}

/// Offers notices through an account: the template it has by our title, else one added from WeChat's library, tells every category.
///
/// # Errors
/// Refused where the form does not fit; faults of WeChat and the database.
pub async fn offer(app: &Arc<App>, account: &Account) -> Result<String> {
    let caller = app.wechat.account(account);
    let find = |all: Vec<Template>| all.into_iter().find(|t| t.title == TITLE);
    let of_call = |e: wechat::api::CallError| Error::fault(format!("templates: {e}"));
    let mut found = find(caller.templates().await.map_err(of_call)?);
    if found.is_none() {
        caller.add_template(LIBRARY.0, LIBRARY.1).await.map_err(of_call)?;
        found = find(caller.templates().await.map_err(of_call)?);
    }
    let template = found.ok_or_else(|| Error::fault("the added template is not listed"))?;
    read_form(&template.content)?;
    let (id, template_id) = (account.id, template.template_id.clone());
    let unit =
        move |tx: &Tx<'_>| Category::ALL.into_iter().try_for_each(|c| put(tx, id, c, &template));
    app.db.write(Scope::Tenant(account.tenant), unit).await?;
    app.reload().await?;
    Ok(template_id)
}

/// The same by AppID, as an operator names it; the template's id.
///
/// # Errors
/// [`Error::fault`] for no account of ours, or one that may not send template messages.
pub async fn offer_by(app: &Arc<App>, appid: &str) -> Result<String> {
    let registry = app.registry();
    let account = registry.account(appid);
    let account =
        account.ok_or_else(|| Error::fault(format!("no account {appid} is connected")))?;
    // Template messages go where logins go: verified service accounts.
    if !account.can_log_in() {
        return Err(Error::fault(format!("{appid} is no verified service account")));
    }
    offer(app, account).await
}

fn put(tx: &Tx<'_>, account: AccountId, category: Category, template: &Template) -> Result<()> {
    tx.exec(
        "INSERT INTO notice_template (tenant_id, account_id, category, template_id, form, state, checked_at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'live', $6) ON CONFLICT (tenant_id, account_id, category) DO UPDATE SET \
         template_id = excluded.template_id, form = excluded.form, state = 'live', checked_at_ms = excluded.checked_at_ms",
        params![
            tx.tenant(),
            account,
            category.word(),
            template.template_id.as_str(),
            template.content.as_str(),
            tx.now()
        ],
    )?;
    let detail = category.word();
    audit::note(tx, Actor::House("notices"), "notice.offer", &account.to_string(), "done", detail)
}

/// Looks whether every template is still there, and says where one is not.
///
/// # Errors
/// The database; an account that does not answer is looked at the next time.
pub async fn check(app: &Arc<App>) -> Result<()> {
    let registry = app.registry();
    for account in registry.accounts().filter(|a| registry.offers_notices(a.id)) {
        let known = match app.wechat.account(account).templates().await {
            Ok(known) => known,
            Err(e) => {
                tracing::warn!(appid = %account.appid, error = %e, "templates could not be looked at");
                continue;
            }
        };
        for category in Category::ALL {
            let Some(offered) = registry.offer(account.id, category) else { continue };
            let is_there = known.iter().any(|t| t.template_id == offered.template_id);
            if is_there != offered.is_live {
                set_live(app, account.tenant, account.id, &offered.template_id, is_there).await?;
            }
        }
    }
    Ok(())
}

/// A template is there, or is not any more.
pub(super) async fn set_live(
    app: &Arc<App>,
    tenant: TenantId,
    account: AccountId,
    template_id: &str,
    is_live: bool,
) -> Result<()> {
    if !is_live {
        metrics::counter!("weiyin_notice_templates_withdrawn_total").increment(1);
        tracing::error!(%tenant, %account, "WeChat has withdrawn a template: notices go the next way");
    }
    let (template_id, state) = (template_id.to_owned(), if is_live { "live" } else { "withdrawn" });
    let unit = move |tx: &Tx<'_>| {
        let changed = tx.exec(
            "UPDATE notice_template SET state = $1, checked_at_ms = $2 \
             WHERE tenant_id = $3 AND account_id = $4 AND template_id = $5 AND state <> $1",
            params![state, tx.now(), tx.tenant(), account, template_id.as_str()],
        )?;
        if changed == 0 {
            return Ok(());
        }
        let subject = account.to_string();
        audit::note(tx, Actor::House("notices"), "notice.template", &subject, "done", state)
    };
    app.db.write(Scope::Tenant(tenant), unit).await?;
    app.reload().await
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "变动时间：{{time1.DATA}}\n变动类型：{{phrase2.DATA}}\n变动金额：{{amount3.DATA}}\n\
                        账户：{{character_string4.DATA}}\n备注：{{thing5.DATA}}\n";

    #[test]
    fn a_form_is_read_by_its_labels_and_types() {
        let fields = read_form(FORM).unwrap();
        let wanted = [Field::Time, Field::What, Field::Amount, Field::Account, Field::Note];
        assert!(fields.iter().map(|f| f.1).eq(wanted), "{fields:?}");
        let other =
            "交易卡：{{thing1.DATA}}\n流水号：{{character_string2.DATA}}\n金额：{{amount3.DATA}}\n";
        let fields = read_form(other).unwrap();
        let wanted = [Field::AccountName, Field::Serial, Field::Amount];
        assert!(fields.iter().map(|f| f.1).eq(wanted), "{fields:?}");
    }

    #[test]
    fn a_form_that_asks_for_what_is_not_always_told_is_refused() {
        for form in [
            "金额：{{amount1.DATA}}\n余额：{{amount2.DATA}}",
            "时间：{{time1.DATA}}\n说明：{{thing2.DATA}}",
            "金额：{{amount1.DATA}}\n车牌：{{car_number2.DATA}}",
            "",
        ] {
            assert!(read_form(form).is_err_and(|e| e.is_refusal(UNFIT.code)), "{form}");
        }
    }
}
