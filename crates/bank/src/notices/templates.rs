//! Which template of an account tells which category: chosen or made through WeChat's API, kept as a row, looked after each hour.
//!
//! A category is offered through an account when it has a row here; a template that WeChat has withdrawn leaves the row and an
//! alarm, and notices go the next way. Not for: the values' rules (`keyword`).

use super::content::Content;
use super::words::{Field, Telling};
use super::{Category, grants, keyword};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::tenants::{Account, AccountId};
use base::{Error, Refusal, Result, TenantId, Time};
use db::{Db, Scope, Tx, params};
use std::collections::HashMap;
use std::sync::Arc;
use wechat::api::template::{Jump, Template};

const UNFIT: Refusal =
    Refusal::invalid("notice.template", "这个模板的字段与动账提醒对不上，请换一个模板");

/// What tells categories: a title, by which a template that is there already is found, the library's number and the fields we
/// want of it, in their order.
pub(super) struct Wanted {
    categories: &'static [Category],
    pub(super) title: &'static str,
    library: &'static str,
    fields: &'static [&'static str],
}

/// The first is what an account needs to offer notices at all; without another one its kinds go by the other ways.
pub(super) const WANTED: [Wanted; 4] = [
    Wanted {
        categories: &Category::POSTINGS,
        title: "账户变动提醒",
        library: "43216",
        fields: &["变动时间", "变动类型", "变动金额", "账户", "备注"],
    },
    Wanted {
        categories: &[Category::Due],
        title: "到期提醒",
        library: "43223",
        fields: &["业务名称", "到期时间", "到期金额", "备注"],
    },
    Wanted {
        categories: &[Category::Progress],
        title: "业务办理进度通知",
        library: "43219",
        fields: &["业务名称", "办理进度", "受理编号", "时间"],
    },
    Wanted {
        categories: &[Category::Security],
        title: "账户安全提醒",
        library: "43224",
        fields: &["提醒事项", "提醒时间", "备注"],
    },
];

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
/// Refused where a keyword is for nothing we always tell of the category, or what makes it worth telling is missing: the amount, else
/// the thing it is about.
fn read_form(form: &str, category: Category) -> Result<Vec<(String, Field)>> {
    let has_amount = matches!(category, Category::Account | Category::Credit | Category::Due);
    let mut fields = vec![];
    for line in form.lines() {
        let Some((label, rest)) = line.split_once("{{") else { continue };
        let Some((name, _)) = rest.split_once(".DATA}}") else { continue };
        let says = |words: &[&str]| words.iter().any(|w| label.contains(w));
        let field = match keyword::kind_of(name) {
            // WeChat leaves these out since 2023.
            "first" | "remark" => continue,
            "time" | "date" => Field::Time,
            "amount" if has_amount && !says(&["余额", "额度"]) => Field::Amount,
            "phrase" => Field::What,
            "character_string" | "number" if says(&["流水", "编号", "单号"]) => Field::Serial,
            "character_string" | "number" => Field::Account,
            "thing" if says(&["账户", "账号", "卡", "名称", "业务", "事项"]) => {
                Field::AccountName
            }
            "thing" if says(&["类型", "方向"]) => Field::What,
            "thing" => Field::Note,
            _ => return UNFIT.into(),
        };
        fields.push((name.to_owned(), field));
    }
    let core = if has_amount { Field::Amount } else { Field::AccountName };
    if fields.iter().any(|(_, f)| *f == core) { Ok(fields) } else { UNFIT.into() }
}

impl Offered {
    /// # Errors
    /// Refused where the form does not fit the category.
    pub(super) fn of(
        form: &str,
        category: Category,
        template_id: String,
        is_live: bool,
    ) -> Result<Self> {
        Ok(Self { template_id, is_live, fields: read_form(form, category)? })
    }

    /// The message's data, each value cut to what its keyword takes.
    pub(super) fn data(&self, content: &Content, telling: Telling) -> Vec<(String, String)> {
        let value = |(name, field): &(String, Field)| {
            let fitted = keyword::fit(name, &content.field(*field, telling));
            // An empty value is refused; a dash says that there is nothing to say.
            (name.clone(), fitted.unwrap_or_else(|| "-".to_owned()))
        };
        self.fields.iter().map(value).collect()
    }
}

/// What tells a category.
pub(super) fn wanted(category: Category) -> &'static Wanted {
    static ALL: &[Wanted] = &WANTED;
    ALL.iter().find(|w| w.categories.contains(&category)).unwrap_or(&ALL[0])
}

/// A template of an account as it is kept.
pub(super) struct Row {
    pub(super) account: AccountId,
    pub(super) category: Category,
    pub(super) template_id: String,
    pub(super) form: String,
    pub(super) is_live: bool,
    pub(super) checked_at: Time,
}

/// Every account's. House scope.
pub(super) fn rows(tx: &Tx<'_>) -> Result<Vec<Row>> {
    let rows: Vec<(AccountId, String, String, String, String, Time)> = tx.all(
        "SELECT account_id, category, template_id, form, state, checked_at_ms FROM notice_template ORDER BY tenant_id, account_id",
        params![],
    )?;
    let row = |(account, category, template_id, form, state, checked_at): (
        _,
        String,
        _,
        _,
        String,
        _,
    )| {
        let (category, is_live) = (Category::of_word(&category)?, state == "live");
        Ok(Row { account, category, template_id, form, is_live, checked_at })
    };
    rows.into_iter().map(row).collect()
}

pub(super) fn of_row(row: &Row) -> Result<Offered> {
    Offered::of(&row.form, row.category, row.template_id.clone(), row.is_live)
}

/// Label and keyword of each field of a form.
pub(super) fn labels(form: &str) -> Vec<(String, String)> {
    let of_line = |line: &str| {
        let (label, rest) = line.split_once("{{")?;
        let (name, _) = rest.split_once(".DATA}}")?;
        Some((label.trim_end_matches(['：', ':']).to_owned(), name.to_owned()))
    };
    form.lines().filter_map(of_line).collect()
}

/// Every account's, as they are offered.
///
/// # Errors
/// The database.
pub async fn load(db: &Db) -> Result<Offers> {
    let mut offers = Offers::new();
    for row in db.read(Scope::House, rows).await? {
        offers.insert((row.account, row.category), of_row(&row)?);
    }
    Ok(offers)
}

/// Offers notices through an account: of each title the template it has, else one added from WeChat's library. The id of the one
/// that tells postings.
///
/// # Errors
/// Refused where the form for postings does not fit; faults of WeChat and the database. What else is wanted and cannot be had is
/// logged: its kinds go the other ways.
pub async fn offer(app: &Arc<App>, account: &Account) -> Result<String> {
    let mut first = None;
    for wanted in Category::ALL.map(wanted) {
        match offer_one(app, account, wanted, Actor::House("notices")).await {
            Ok(id) => first = first.or(Some(id)),
            Err(e) if first.is_none() => return Err(e),
            Err(e) => {
                tracing::warn!(appid = %account.appid, title = wanted.title, error = %e, "a template cannot be had");
            }
        }
    }
    grants::offer(app, account).await;
    app.reload().await?;
    first.ok_or_else(|| Error::fault("no template is wanted"))
}

/// One of them, on behalf of somebody. The registry is as it was.
pub(super) async fn offer_one(
    app: &Arc<App>,
    account: &Account,
    wanted: &'static Wanted,
    by: Actor<'_>,
) -> Result<String> {
    let caller = app.wechat.account(account);
    let find = |all: Vec<Template>| all.into_iter().find(|t| t.title == wanted.title);
    let of_call = |e: wechat::api::CallError| Error::fault(format!("templates: {e}"));
    let mut found = find(caller.templates().await.map_err(of_call)?);
    if found.is_none() {
        caller.add_template(wanted.library, wanted.fields).await.map_err(of_call)?;
        found = find(caller.templates().await.map_err(of_call)?);
    }
    let template = found.ok_or_else(|| Error::fault("the added template is not listed"))?;
    for category in wanted.categories {
        read_form(&template.content, *category)?;
    }
    let (id, template_id) = (account.id, template.template_id.clone());
    let staff = if let Actor::Staff(id) = by { Some(id) } else { None };
    let unit = move |tx: &Tx<'_>| {
        let by = staff.map_or(Actor::House("notices"), Actor::Staff);
        wanted.categories.iter().try_for_each(|category| put(tx, by, id, *category, &template))
    };
    app.db.write(Scope::Tenant(account.tenant), unit).await?;
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

fn put(
    tx: &Tx<'_>,
    by: Actor<'_>,
    account: AccountId,
    category: Category,
    template: &Template,
) -> Result<()> {
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
    audit::note(tx, by, "notice.offer", &account.to_string(), "done", detail)
}

/// Where a notice of WeChat's leads: a page behind WeChat's login; no token and no data in it.
pub(super) fn page(app: &App, account: &Account, category: Category) -> Jump {
    let public = &app.config.server.public_url;
    let page = match category {
        Category::Progress => "cases",
        Category::Due | Category::Security => "accounts",
        Category::Account | Category::Credit => "statement",
    };
    Jump::Page { url: format!("{public}/h5/go/{}/{page}", account.appid) }
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
        grants::check(app, account).await?;
        let id = account.id;
        let unit = move |tx: &Tx<'_>| looked_at(tx, id);
        app.db.write(Scope::Tenant(account.tenant), unit).await?;
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

fn looked_at(tx: &Tx<'_>, account: AccountId) -> Result<()> {
    tx.exec(
        "UPDATE notice_template SET checked_at_ms = $1 WHERE tenant_id = $2 AND account_id = $3",
        params![tx.now(), tx.tenant(), account],
    )?;
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
        let fields = read_form(FORM, Category::Account).unwrap();
        let wanted = [Field::Time, Field::What, Field::Amount, Field::Account, Field::Note];
        assert!(fields.iter().map(|f| f.1).eq(wanted), "{fields:?}");
        let other =
            "交易卡：{{thing1.DATA}}\n流水号：{{character_string2.DATA}}\n金额：{{amount3.DATA}}\n";
        let fields = read_form(other, Category::Credit).unwrap();
        let wanted = [Field::AccountName, Field::Serial, Field::Amount];
        assert!(fields.iter().map(|f| f.1).eq(wanted), "{fields:?}");
    }

    #[test]
    fn what_has_no_sum_needs_no_amount_and_takes_none() {
        let progress = "业务名称：{{thing1.DATA}}\n办理进度：{{phrase2.DATA}}\n受理编号：{{character_string3.DATA}}\n时间：{{time4.DATA}}\n";
        let fields = read_form(progress, Category::Progress).unwrap();
        let wanted = [Field::AccountName, Field::What, Field::Serial, Field::Time];
        assert!(fields.iter().map(|f| f.1).eq(wanted), "{fields:?}");
        assert!(read_form(progress, Category::Due).is_err(), "what is due has a sum");
        let sum = "业务名称：{{thing1.DATA}}\n金额：{{amount2.DATA}}\n";
        assert!(
            read_form(sum, Category::Security).is_err() && read_form(sum, Category::Due).is_ok()
        );
    }

    #[test]
    fn a_form_that_asks_for_what_is_not_always_told_is_refused() {
        for form in [
            "金额：{{amount1.DATA}}\n余额：{{amount2.DATA}}",
            "时间：{{time1.DATA}}\n说明：{{thing2.DATA}}",
            "金额：{{amount1.DATA}}\n车牌：{{car_number2.DATA}}",
            "",
        ] {
            let read = read_form(form, Category::Account);
            assert!(read.is_err_and(|e| e.is_refusal(UNFIT.code)), "{form}");
        }
    }
}
