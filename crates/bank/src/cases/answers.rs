//! What was answered on a form: which questions stand, what fits them, and how an answer reads.
//!
//! Answers travel and are kept as text. An answer whose question no longer stands (`when`) is not kept.

use super::kinds::{Choice, Field, FieldKind, Form, Step};
use base::Fen;
use corebank::{Day, numbers};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// More than the longest answer a form may ask for.
const ANSWER_CHARS_MAX: usize = 500;

/// Name → answer.
pub type Given = BTreeMap<String, String>;
/// Name → what is wrong with it, for the customer.
pub type Wrong = BTreeMap<String, String>;

/// What a case keeps, sealed.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Answers {
    pub given: Given,
    /// The same as a person reads it, masked where it is a number of theirs.
    pub shown: Given,
    /// What was agreed to at the submission: id and version.
    #[serde(default)]
    pub agreed: BTreeMap<String, String>,
}

base::unprinted!(Answers);

/// What a customer may choose from where the form itself cannot know.
#[derive(Debug, Clone, Default)]
pub struct Offers {
    /// Kind of account → choices.
    pub accounts: Vec<(String, Choice)>,
    pub branches: Vec<Choice>,
    /// Kind of account → postings of late.
    pub lines: Vec<(String, Choice)>,
}

impl Offers {
    fn fitting(field: &Field, all: &[(String, Choice)]) -> Vec<Choice> {
        let fits = |kind: &str| field.of.iter().any(|k| k == kind);
        all.iter().filter(|(kind, _)| fits(kind)).map(|(_, choice)| choice.clone()).collect()
    }

    pub fn of(&self, field: &Field) -> Vec<Choice> {
        match field.kind {
            FieldKind::Account => Self::fitting(field, &self.accounts),
            FieldKind::Line => Self::fitting(field, &self.lines),
            FieldKind::Branch => self.branches.clone(),
            _ => field.options.clone(),
        }
    }
}

/// Whether a question stands, given the other answers.
pub fn stands(field: &Field, given: &Given) -> bool {
    field.when.as_ref().is_none_or(|w| given.get(&w.field).is_some_and(|v| w.is.contains(v)))
}

/// Takes what a page sent for one step as it is, without judging: the customer is still typing. True when it changed something.
pub fn keep(form: &Form, step: &Step, kept: &mut Answers, sent: &Given) -> bool {
    let mut changed = false;
    for field in &step.field {
        // Pictures come by their own call.
        if field.kind == FieldKind::Photo {
            continue;
        }
        let Some(answer) = sent.get(&field.name) else { continue };
        let answer: String = answer.trim().chars().take(ANSWER_CHARS_MAX).collect();
        if kept.given.get(&field.name).map_or("", String::as_str) == answer {
            continue;
        }
        changed = true;
        kept.shown.remove(&field.name);
        if answer.is_empty() {
            kept.given.remove(&field.name);
        } else {
            kept.given.insert(field.name.clone(), answer);
        }
    }
    let names: Vec<&str> = form.fields().map(|f| f.name.as_str()).collect();
    kept.given.retain(|name, _| names.contains(&name.as_str()));
    changed
}

/// Judges the answers to these questions; those that fit are brought into one form.
pub fn judge<'f>(
    fields: impl Iterator<Item = &'f Field>,
    kept: &mut Answers,
    offers: &Offers,
) -> Wrong {
    let mut wrong = Wrong::new();
    for field in fields {
        if !stands(field, &kept.given) {
            kept.given.remove(&field.name);
            kept.shown.remove(&field.name);
            continue;
        }
        let Some(answer) = kept.given.get(&field.name).cloned() else {
            kept.shown.remove(&field.name);
            if field.required {
                wrong.insert(field.name.clone(), missing(field).to_owned());
            }
            continue;
        };
        // A posting that was chosen stays chosen when newer ones push it off the list.
        if field.kind == FieldKind::Line && kept.shown.contains_key(&field.name) {
            continue;
        }
        match fit(field, &answer, offers) {
            Ok((answer, shown)) => {
                kept.given.insert(field.name.clone(), answer);
                kept.shown.insert(field.name.clone(), shown);
            }
            Err(words) => {
                let words = if field.wrong.is_empty() { words } else { field.wrong.clone() };
                wrong.insert(field.name.clone(), words);
            }
        }
    }
    wrong
}

fn missing(field: &Field) -> &'static str {
    match field.kind {
        FieldKind::Choice | FieldKind::Account | FieldKind::Branch | FieldKind::Line => "请选一个",
        FieldKind::Photo => "还没拍照片",
        _ => "这一项还没填",
    }
}

/// The answer as it is kept, and as it is read.
fn fit(field: &Field, answer: &str, offers: &Offers) -> Result<(String, String), String> {
    match field.kind {
        FieldKind::Choice | FieldKind::Account | FieldKind::Branch | FieldKind::Line => {
            let offered = offers.of(field);
            let found = offered.iter().find(|o| o.value == answer);
            found.map(|o| (o.value.clone(), o.label.clone())).ok_or_else(|| "请选一个".to_owned())
        }
        FieldKind::Text | FieldKind::Long => sized(field, answer),
        FieldKind::Photo => {
            Ok((answer.to_owned(), format!("{} 张照片", answer.split(',').count())))
        }
        FieldKind::Amount => amount(field, answer),
        FieldKind::Number => number(field, answer),
        FieldKind::Phone => phone(answer),
        FieldKind::IdCard => id_card(answer),
        FieldKind::Date => {
            let day = answer.parse::<Day>().map_err(|_| "请选一个日子".to_owned())?;
            Ok((day.to_string(), day.to_string()))
        }
    }
}

fn sized(field: &Field, answer: &str) -> Result<(String, String), String> {
    let plain: String = answer.chars().filter(|c| !c.is_control() || *c == '\n').collect();
    let length = i64::try_from(plain.chars().count()).unwrap_or(i64::MAX);
    if let Some(max) = field.max.filter(|max| length > *max) {
        return Err(format!("最多 {max} 个字"));
    }
    if let Some(min) = field.min.filter(|min| length < *min) {
        return Err(format!("至少写 {min} 个字"));
    }
    Ok((plain.clone(), plain))
}

fn digits(answer: &str) -> String {
    answer.chars().filter(|c| !matches!(c, ' ' | '-' | ',' | '，')).collect()
}

/// 5万 is how people write it.
fn amount(field: &Field, answer: &str) -> Result<(String, String), String> {
    let plain = digits(answer);
    let plain = plain.trim_end_matches('元');
    let (plain, times) = plain.strip_suffix('万').map_or((plain, 1), |p| (p, 10_000));
    let yuan = Fen::parse_yuan(plain).ok().and_then(|f| f.fen().checked_mul(times));
    let whole = yuan.filter(|fen| fen % 100 == 0).map(|fen| fen / 100);
    let yuan = whole.ok_or("写数字，比如 50000")?;
    bounds(field, yuan, "元")?;
    let shown = Fen::of(yuan * 100).to_string();
    Ok((yuan.to_string(), format!("{} 元", shown.trim_end_matches(".00"))))
}

fn number(field: &Field, answer: &str) -> Result<(String, String), String> {
    let plain = digits(answer);
    let plain = plain.strip_suffix(field.unit.as_str()).unwrap_or(&plain);
    let number: i64 = plain.parse().map_err(|_| "写数字就行".to_owned())?;
    bounds(field, number, &field.unit)?;
    Ok((number.to_string(), format!("{number} {}", field.unit).trim_end().to_owned()))
}

fn bounds(field: &Field, value: i64, unit: &str) -> Result<(), String> {
    if let Some(max) = field.max.filter(|max| value > *max) {
        return Err(format!("最多 {max} {unit}").trim_end().to_owned());
    }
    let min = field.min.unwrap_or(0);
    if value < min {
        return Err(format!("最少 {min} {unit}").trim_end().to_owned());
    }
    Ok(())
}

fn phone(answer: &str) -> Result<(String, String), String> {
    let plain = digits(answer);
    let fits =
        plain.len() == 11 && plain.starts_with('1') && plain.bytes().all(|b| b.is_ascii_digit());
    if !fits {
        return Err("手机号是 11 位数字".into());
    }
    let shown = format!("{}****{}", &plain[..3], &plain[7..]);
    Ok((plain, shown))
}

fn id_card(answer: &str) -> Result<(String, String), String> {
    let plain = digits(answer).to_uppercase();
    if !numbers::is_resident_id(&plain) {
        return Err("身份证号不对，请对着证件再看一遍".into());
    }
    let shown = format!("{}***********{}", &plain[..3], &plain[14..]);
    Ok((plain, shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::kinds::Class;

    fn field(kind: FieldKind, min: Option<i64>, max: Option<i64>, unit: &str) -> Field {
        Field {
            name: "f".into(),
            kind,
            label: "问".into(),
            help: String::new(),
            class: Class::C2,
            required: true,
            min,
            max,
            unit: unit.into(),
            wrong: String::new(),
            options: vec![],
            of: vec![],
            when: None,
        }
    }

    fn judged(field: &Field, answer: &str) -> Result<(String, String), String> {
        fit(field, answer, &Offers::default())
    }

    #[test]
    fn sums_are_read_as_people_write_them() {
        let field = field(FieldKind::Amount, Some(1_000), Some(300_000), "");
        let good = |answer: &str| judged(&field, answer).unwrap();
        assert_eq!(good("5万"), ("50000".into(), "50,000 元".into()));
        assert_eq!(good("12,000 元"), ("12000".into(), "12,000 元".into()));
        for (answer, why) in [
            ("九万九", "写数字"),
            ("0.5", "写数字"),
            ("999", "最少 1000 元"),
            ("30万1", "写数字"),
            ("3000000", "最多 300000 元"),
            ("-5", "最少 1000 元"),
            ("999999999999999999万", "写数字"),
        ] {
            let words = judged(&field, answer).unwrap_err();
            assert!(words.contains(why), "{answer}: {words}");
        }
    }

    #[test]
    fn numbers_of_a_person_are_checked_and_masked() {
        let phone = field(FieldKind::Phone, None, None, "");
        assert_eq!(judged(&phone, "190 0000 1234").unwrap().1, "190****1234");
        assert!(judged(&phone, "2900001234").is_err());
        let id = field(FieldKind::IdCard, None, None, "");
        let check = numbers::id_check("99010219900312004").unwrap();
        let number = format!("99010219900312004{check}");
        assert!(judged(&id, &number).unwrap().1.starts_with("990***"));
        let other = if check == '1' { '2' } else { '1' };
        assert!(judged(&id, &format!("99010219900312004{other}")).is_err());
    }

    #[test]
    fn text_has_its_room_and_a_number_its_unit() {
        let text = field(FieldKind::Text, Some(2), Some(4), "");
        assert_eq!(judged(&text, "张").unwrap_err(), "至少写 2 个字");
        assert_eq!(judged(&text, "一二三四五").unwrap_err(), "最多 4 个字");
        let acres = field(FieldKind::Number, None, Some(1_000), "亩");
        assert_eq!(judged(&acres, "12亩").unwrap(), ("12".into(), "12 亩".into()));
        assert_eq!(judged(&acres, "1001").unwrap_err(), "最多 1000 亩");
    }
}
