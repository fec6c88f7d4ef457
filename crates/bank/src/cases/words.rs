//! A case in plain words: how it stands, what happened, what comes next. The same in chat, on the page and for staff.

use super::days::day_words;
use super::kinds::Form;
use super::{Case, Happened, State};
use base::{Result, Time};

/// `261123-0018`, as it is read out.
pub fn number(digits: &str) -> String {
    match digits.split_at_checked(6) {
        Some((day, rest)) => format!("{day}-{rest}"),
        None => digits.to_owned(),
    }
}

/// 编号 261123-0018，风险专员11月26日前给您答复。
///
/// # Errors
/// A case of no known kind.
pub fn promise(case: &Case) -> Result<String> {
    let number = case.number.as_deref().map(number).unwrap_or_default();
    let due = case.due_at.map(day_words).unwrap_or_default();
    Ok(format!("编号 {number}，{}{due}前给您答复。", case.form()?.by))
}

/// A few characters for where it is.
pub fn state(form: &Form, case: &Case) -> String {
    match case.state {
        State::Draft => "没填完".into(),
        State::Submitted => "已收到".into(),
        State::Accepted => "正在办".into(),
        State::NeedMore => "要补充".into(),
        State::Approved => form.words.yes.clone(),
        State::Declined => form.words.no.clone(),
        State::Withdrawn => "已撤回".into(),
        State::Expired => "已过期".into(),
    }
}

/// The stage after a "yes" that is reached, if one is.
fn stage(form: &Form, stage: i64) -> Option<&str> {
    let at = usize::try_from(stage).ok()?.checked_sub(1)?;
    form.after.get(at).map(String::as_str)
}

fn sentence(words: &str) -> String {
    let words = words.trim();
    let ends = words.is_empty() || words.ends_with(['。', '！', '？']);
    if ends { words.to_owned() } else { format!("{words}。") }
}

/// Why more is asked for, or why not: the form's words for the code, and what the officer added.
pub fn why(form: &Form, reason: &str, note: &str) -> String {
    let known = form.reasons.get(reason).map_or("", String::as_str);
    format!("{}{}", sentence(known), sentence(note))
}

fn filled(template: &str, form: &Form, case: &Case) -> String {
    let due = case.due_at.map(day_words).unwrap_or_default();
    template.replace("{by}", &form.by).replace("{due}", &due)
}

/// How a case stands, in a sentence or two: what is so, who acts, by when. `last` is what the officer said at the last move.
pub fn standing(form: &Form, case: &Case, last: &str, now: Time) -> String {
    match case.state {
        State::Draft => {
            let (steps, at) = (form.step.len(), case.at_step.max(0));
            let until = day_words(case.ends_at(form));
            format!("填好 {at} 步，共 {steps} 步，还没提交。{until}前都能接着填。")
        }
        State::Submitted => late(form, case, filled(&form.words.submitted, form, case), now),
        State::Accepted => late(form, case, filled(&form.words.accepted, form, case), now),
        State::NeedMore => format!("{last}补好再提交一次就行。"),
        State::Approved => match stage(form, case.stage) {
            Some(stage) => sentence(stage),
            None => format!("{}{last}", filled(&form.words.approved, form, case)),
        },
        State::Declined => declined(form, case, last),
        State::Withdrawn => "您撤回了。想办随时再来。".into(),
        State::Expired => "过了期限，填过的内容已经删掉。要办再填一次。".into(),
    }
}

/// A promise that was not kept is said to be so.
fn late(form: &Form, case: &Case, words: String, now: Time) -> String {
    match case.due_at.filter(|due| now > *due) {
        Some(due) => format!(
            "说好{}前答复，晚了，对不起。{}还在办，可以点「催一下」。",
            day_words(due),
            form.by
        ),
        None => words,
    }
}

fn declined(form: &Form, case: &Case, last: &str) -> String {
    let again = match case.ended_at.filter(|_| form.again_after_days > 0) {
        Some(at) => {
            let day = day_words(at.plus_ms(form.again_after_days * base::DAY_MS));
            format!("{day}以后可以再申请。")
        }
        None => String::new(),
    };
    let because = if last.is_empty() { String::new() } else { format!("原因：{last}") };
    format!("{because}{again}{}", filled(&form.words.declined, form, case))
}

/// What the officer said at the last move, as the customer reads it.
pub fn last_said(form: &Form, events: &[Happened]) -> String {
    let moves = ["ask_more", "approve", "advance", "decline"];
    let last = events.iter().rev().find(|e| moves.contains(&e.event.as_str()));
    last.map_or_else(String::new, |e| why(form, &e.reason, &e.note))
}

/// One thing that happened, for a timeline: a name, and more about it.
pub fn happened(form: &Form, event: &Happened) -> (String, String) {
    let name = match event.event.as_str() {
        "begin" => "开始填",
        "submit" => "交给银行",
        "accept" => "开始办",
        "ask_more" => "要补充",
        "approve" => form.words.yes.as_str(),
        "advance" => stage(form, event.stage).unwrap_or("办了一步"),
        "decline" => form.words.no.as_str(),
        "withdraw" => "您撤回了",
        "urge" => "您催了一次",
        _ => "有了变化",
    };
    (name.to_owned(), why(form, &event.reason, &event.note))
}
