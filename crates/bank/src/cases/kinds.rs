//! Kinds of cases, read from `forms/*.toml`: steps, fields, what is agreed to, what to bring, who decides and by when.
//!
//! A kind is data: the engine, the page and the officer's desk know no kind by name. The loader refuses what would surprise a
//! customer later, and says in which file. `docs/forms.md` tells how to add one.

use super::pictures::OF_A_FIELD_MAX;
use base::{Error, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// Steps one can keep an eye on.
const STEPS_MAX: usize = 6;
/// Questions on one screen.
const FIELDS_A_STEP_MAX: usize = 6;
/// Sentences a form shows are read on small screens, also by elders.
const LABEL_CHARS_MAX: usize = 24;

const FILES: &[(&str, &str)] = &[
    ("bind_doubt", include_str!("../../../../forms/bind_doubt.toml")),
    ("card_open_prefill", include_str!("../../../../forms/card_open_prefill.toml")),
    ("cc_apply", include_str!("../../../../forms/cc_apply.toml")),
    ("cc_dispute", include_str!("../../../../forms/cc_dispute.toml")),
    ("cc_limit_raise", include_str!("../../../../forms/cc_limit_raise.toml")),
    ("complaint", include_str!("../../../../forms/complaint.toml")),
    ("farm_insurance", include_str!("../../../../forms/farm_insurance.toml")),
    ("form_prefill", include_str!("../../../../forms/form_prefill.toml")),
    ("id_update", include_str!("../../../../forms/id_update.toml")),
    ("loan_apply", include_str!("../../../../forms/loan_apply.toml")),
    ("loan_prequota", include_str!("../../../../forms/loan_prequota.toml")),
    ("loan_renew", include_str!("../../../../forms/loan_renew.toml")),
    ("merchant_apply", include_str!("../../../../forms/merchant_apply.toml")),
    ("merchant_device", include_str!("../../../../forms/merchant_device.toml")),
    ("social_card_activate", include_str!("../../../../forms/social_card_activate.toml")),
    ("social_card_apply", include_str!("../../../../forms/social_card_apply.toml")),
    ("txn_doubt", include_str!("../../../../forms/txn_doubt.toml")),
    ("village_credit", include_str!("../../../../forms/village_credit.toml")),
    ("wrong_transfer", include_str!("../../../../forms/wrong_transfer.toml")),
];

/// One kind of case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    #[serde(skip)]
    pub id: String,
    pub title: String,
    /// What comes of it, before the first question.
    pub intro: String,
    pub audience: Audience,
    pub proof: Proof,
    /// Ends 「用于…」 in the words of the code.
    #[serde(default)]
    pub what_for: String,
    /// Filed by another feature, with what was proved there; no page opens it as a form.
    #[serde(default)]
    pub filed: bool,
    /// A customer may have several open at once.
    #[serde(default)]
    pub many: bool,
    /// What else the decision settles.
    pub settles: Option<Settles>,
    pub within: Within,
    /// Who decides: 信用卡中心.
    pub by: String,
    #[serde(default)]
    pub bring: Vec<String>,
    /// An unfinished form is kept so many days after it was last saved.
    #[serde(default = "draft_days")]
    pub draft_days: i64,
    /// Filled in ahead for the counter: when its day is over it is of no use and goes; nothing is promised.
    #[serde(default)]
    pub lapses: bool,
    /// After a "no" one may ask again when so many days are over.
    #[serde(default)]
    pub again_after_days: i64,
    /// Full years, both included.
    pub age: Option<[i64; 2]>,
    #[serde(default)]
    pub consent: Vec<ConsentText>,
    #[serde(default)]
    pub step: Vec<Step>,
    /// Why more is asked for, or why not: a code for the officer, words for the customer.
    #[serde(default)]
    pub reasons: BTreeMap<String, String>,
    pub words: Words,
    /// What happens after a "yes", in order (制卡, 寄出); empty when the "yes" is the end.
    #[serde(default)]
    pub after: Vec<String>,
}

const fn draft_days() -> i64 {
    7
}

/// Who may fill it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    Anyone,
    Bound,
}

/// What hangs on how a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settles {
    /// A binding that its customer says is not theirs: it ends with a "yes", else it goes on.
    Binding,
}

/// What shows at the submission that it is the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    None,
    /// A code to the number the bank has on file.
    Otp,
}

/// By when the customer hears how it ended.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    pub days: i64,
    pub count: Days,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    Working,
    Calendar,
}

/// A text of its own that is agreed to at the submission, kept by its hash (DP-11).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentText {
    pub id: String,
    pub version: String,
    pub title: String,
    pub text: String,
}

impl ConsentText {
    pub fn text_hash(&self) -> Vec<u8> {
        Sha256::digest(self.text.as_bytes()).to_vec()
    }
}

/// What a state means for the customer. `{by}` and `{due}` are filled in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Two to five characters for a "yes" and a "no": 通过了, 没有通过.
    pub yes: String,
    pub no: String,
    pub submitted: String,
    pub accepted: String,
    pub approved: String,
    pub declined: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub title: String,
    #[serde(default)]
    pub words: String,
    pub field: Vec<Field>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    pub kind: FieldKind,
    pub label: String,
    #[serde(default)]
    pub help: String,
    pub class: Class,
    #[serde(default = "yes")]
    pub required: bool,
    /// Of text: characters; of an amount: yuan; of a number: itself; of photographs: how many.
    pub min: Option<i64>,
    pub max: Option<i64>,
    /// 亩, 头, 年
    #[serde(default)]
    pub unit: String,
    /// What to say when it does not fit.
    #[serde(default)]
    pub wrong: String,
    #[serde(default)]
    pub options: Vec<Choice>,
    /// Of an account and of a posting: which kinds of accounts.
    #[serde(default)]
    pub of: Vec<String>,
    /// Asked only when another answer is one of these.
    pub when: Option<When>,
}

const fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Long,
    Choice,
    /// Whole yuan.
    Amount,
    Number,
    Phone,
    IdCard,
    Date,
    /// One of the customer's accounts.
    Account,
    /// One of the bank's branches.
    Branch,
    /// One of what was posted of late to the customer's accounts.
    Line,
    /// Photographs; `max` says how many.
    Photo,
}

/// Classes of data (JR/T 0171): C1 tells nothing of a person, C2 does. C3 (secrets, faces) is never asked for in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Class {
    C1,
    C2,
    C3,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormChoice)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FormWhen)]
pub struct When {
    pub field: String,
    pub is: Vec<String>,
}

impl Form {
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.step.iter().flat_map(|s| &s.field)
    }

    /// Reads one file.
    ///
    /// # Errors
    /// What is wrong with it, for the person who wrote it.
    pub fn read(id: &str, text: &str) -> std::result::Result<Self, String> {
        let mut form: Self = toml::from_str(text).map_err(|e| format!("forms/{id}.toml: {e}"))?;
        id.clone_into(&mut form.id);
        let found = form.mistakes();
        if found.is_empty() {
            return Ok(form);
        }
        Err(found.iter().map(|m| format!("forms/{id}.toml: {m}")).collect::<Vec<_>>().join("; "))
    }

    fn mistakes(&self) -> Vec<String> {
        let mut found = vec![];
        let mut wrong = |is: bool, words: String| {
            if is {
                found.push(words);
            }
        };
        wrong(self.step.len() > STEPS_MAX, format!("more than {STEPS_MAX} steps"));
        wrong(!(1..=90).contains(&self.within.days), "within: 1 to 90 days".into());
        wrong(!(1..=30).contains(&self.draft_days), "draft_days: 1 to 30".into());
        wrong(
            self.proof == Proof::Otp && self.audience == Audience::Anyone,
            "a code goes to the number of someone bound: audience = \"bound\"".into(),
        );
        wrong(
            (self.proof == Proof::Otp) == self.what_for.is_empty(),
            "what_for belongs to a code, and it has some".into(),
        );
        wrong(
            self.age.is_some() && self.audience == Audience::Anyone,
            "age is known of someone bound only: audience = \"bound\"".into(),
        );
        let by_page = |f: &Field| matches!(f.kind, FieldKind::Line | FieldKind::Photo);
        wrong(
            (self.many || self.filed) && self.fields().any(by_page),
            "photographs and postings are answered on a page: neither many nor filed".into(),
        );
        wrong(
            self.audience == Audience::Anyone && self.fields().any(|f| f.kind == FieldKind::Line),
            "postings are of someone bound: audience = \"bound\"".into(),
        );
        for words in [
            &self.words.submitted,
            &self.words.accepted,
            &self.words.approved,
            &self.words.declined,
        ] {
            let plain = words.replace("{by}", "").replace("{due}", "");
            wrong(
                plain.contains(['{', '}']),
                format!("“{words}”: only {{by}} and {{due}} are filled in"),
            );
        }
        let mut before: Vec<&Field> = vec![];
        for step in &self.step {
            wrong(step.field.is_empty(), format!("“{}” asks nothing", step.title));
            wrong(
                step.field.len() > FIELDS_A_STEP_MAX,
                format!("“{}” asks more than {FIELDS_A_STEP_MAX} things", step.title),
            );
            for field in &step.field {
                for words in field.mistakes(&before) {
                    wrong(true, format!("{}: {words}", field.name));
                }
                before.push(field);
            }
        }
        found
    }
}

impl Field {
    fn mistakes(&self, before: &[&Field]) -> Vec<String> {
        let mut found = vec![];
        let mut wrong = |is: bool, words: &str| {
            if is {
                found.push(words.to_owned());
            }
        };
        wrong(before.iter().any(|f| f.name == self.name), "stands twice");
        wrong(self.class == Class::C3, "class C3 (secrets, faces) is never asked for in a form");
        wrong(self.label.chars().count() > LABEL_CHARS_MAX, "its label is too long");
        let is_of_accounts = matches!(self.kind, FieldKind::Account | FieldKind::Line);
        let is_personal = is_of_accounts
            || matches!(self.kind, FieldKind::Phone | FieldKind::IdCard | FieldKind::Photo);
        wrong(is_personal && self.class == Class::C1, "this kind is class C2");
        wrong(
            (self.kind == FieldKind::Choice) == self.options.is_empty(),
            "options belong to a choice, and it has some",
        );
        wrong(
            is_of_accounts == self.of.is_empty(),
            "of belongs to an account or a posting, and it has some",
        );
        let sized = matches!(
            self.kind,
            FieldKind::Text
                | FieldKind::Long
                | FieldKind::Amount
                | FieldKind::Number
                | FieldKind::Photo
        );
        wrong(
            self.kind == FieldKind::Photo && !(1..=OF_A_FIELD_MAX).contains(&self.max.unwrap_or(0)),
            "1 to 6 photographs",
        );
        wrong(sized && self.max.is_none(), "max is missing");
        wrong(
            !sized && (self.min.is_some() || self.max.is_some()),
            "min and max belong to text and numbers",
        );
        wrong(self.min > self.max && self.max.is_some(), "min is above max");
        if let Some(when) = &self.when {
            let on = before.iter().find(|f| f.name == when.field);
            let fits =
                on.is_some_and(|f| when.is.iter().all(|v| f.options.iter().any(|o| o.value == *v)));
            wrong(!fits || when.is.is_empty(), "when names an earlier choice and values it has");
        }
        found
    }
}

/// Every kind of the product.
struct Kinds(BTreeMap<String, Form>);

static KINDS: LazyLock<std::result::Result<Kinds, String>> = LazyLock::new(|| {
    let read = FILES.iter().map(|(id, text)| Ok(((*id).to_owned(), Form::read(id, text)?)));
    read.collect::<std::result::Result<_, String>>().map(Kinds)
});

/// All kinds; a form file with a mistake stops the start.
pub fn all() -> Result<&'static BTreeMap<String, Form>> {
    match &*KINDS {
        Ok(kinds) => Ok(&kinds.0),
        Err(wrong) => Err(Error::fault(wrong.clone())),
    }
}

pub fn of(kind: &str) -> Result<Option<&'static Form>> {
    Ok(all()?.get(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_file_is_read_and_has_no_mistake() {
        let all = all().unwrap();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../forms");
        let mut kept: Vec<String> = std::fs::read_dir(root)
            .unwrap()
            .filter_map(|f| {
                f.unwrap().file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)
            })
            .filter(|name| name != "calendar")
            .collect();
        kept.sort();
        assert_eq!(all.keys().cloned().collect::<Vec<_>>(), kept, "FILES names every form");
    }

    const GOOD: &str = r#"
title = "申请"
intro = "两分钟填完"
audience = "bound"
proof = "otp"
what_for = "申请"
within = { days = 3, count = "working" }
by = "客户经理"
[words]
yes = "通过了"
no = "没通过"
submitted = "等{by}看"
accepted = "{by}在看，{due}前有结果"
approved = "通过了"
declined = "没通过"
[[step]]
title = "情况"
[[step.field]]
name = "job"
kind = "choice"
label = "做什么"
class = "C2"
options = [{ value = "farm", label = "种地" }]
[[step.field]]
name = "acres"
kind = "number"
label = "种多少"
class = "C2"
max = 1000
when = { field = "job", is = ["farm"] }
"#;

    #[test]
    fn a_form_that_would_surprise_a_customer_is_refused_with_its_reason() {
        assert!(Form::read("good", GOOD).is_ok(), "{:?}", Form::read("good", GOOD).err());
        for (from, to, why) in [
            ("class = \"C2\"\nmax", "class = \"C3\"\nmax", "acres: class C3"),
            ("is = [\"farm\"]", "is = [\"fish\"]", "acres: when names an earlier choice"),
            ("name = \"acres\"", "name = \"job\"", "job: stands twice"),
            ("max = 1000\n", "", "acres: max is missing"),
            ("kind = \"number\"", "kind = \"photo\"", "acres: 1 to 6 photographs"),
            ("audience = \"bound\"", "audience = \"anyone\"", "a code goes to the number"),
            ("{due}前", "{when}前", "only {by} and {due}"),
            ("days = 3", "days = 0", "1 to 90 days"),
            ("by = ", "whom = ", "unknown field"),
        ] {
            let error = Form::read("bad", &GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(why) && error.contains("forms/bad.toml"), "{error}");
        }
        let photo = GOOD.replace("kind = \"number\"", "kind = \"photo\"").replace("1000", "2");
        assert!(Form::read("good", &photo).is_ok(), "{:?}", Form::read("good", &photo).err());
        let said = Form::read("bad", &photo.replace("by = ", "many = true\nby = ")).unwrap_err();
        assert!(said.contains("answered on a page"), "{said}");
    }
}
