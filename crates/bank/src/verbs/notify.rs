//! Notices of accounts (动账提醒) in chat: sign-up and threshold, ways, quiet hours.

use super::Doing::Act;
use super::{Verb, done, refused, text};
use crate::followers::{Bound, BoundAccount, FollowerId};
use crate::inbound::store::Recording;
use crate::marketing;
use crate::notices::digest::Digest;
use crate::notices::prefs::{self, Change, Sides, Ways};
use crate::notices::{self, Category, NO_SMS, NOT_OFFERED, Quiet, due, pause, reply};
use base::{Fen, Id, Result};
use db::Tx;
use dialogue::{Call, Outcome};

pub(super) const VERBS: &[Verb] = &[
    ("bank.account_notices", Act(account_notices)),
    ("bank.notice_ways", Act(notice_ways)),
    ("bank.notice_quiet", Act(notice_quiet)),
    ("bank.notice_doubt", Act(notice_doubt)),
    ("bank.remind_tomorrow", Act(remind_tomorrow)),
];

fn arg<'c>(call: &'c Call, name: &str) -> Option<&'c str> {
    call.args.get(name).map(String::as_str).filter(|v| !v.is_empty())
}

fn no(refusal: &base::Refusal) -> Outcome {
    refused(refusal.code, &refusal.words)
}

/// The account this chat is with offers the category.
fn is_offered(turn: &Recording, category: Category) -> bool {
    turn.app.registry().offer(turn.message.account.id, category).is_some()
}

/// What a wish comes to, and what else is said to it; `None`: nothing is to be changed.
fn wish_of(how: Option<&str>, least: Option<Fen>) -> (Option<Change>, &'static str) {
    let on = |sides| Change { is_on: Some(true), sides, least, ..Change::default() };
    let balance = |has| Some(Change { has_balance: Some(has), ..Change::default() });
    match (how, least) {
        (Some("sms"), _) => {
            (None, "这里设的是微信提醒，不收钱。按月收费的短信提醒，开和关到网点办。")
        }
        (Some("other"), _) => {
            (None, "只提醒您自己绑的账户。家人的，请他自己关注我们、绑上卡就有。")
        }
        (Some("missing"), _) => {
            (None, "该收到没收到的，先说「查明细」看账，再看微信里有没有把我们设成不收消息。")
        }
        (Some("balance"), _) => (balance(true), "提醒里带上余额，别人看到您手机时要留心。"),
        (Some("no_balance"), _) => (balance(false), ""),
        (Some(often @ ("hour" | "day")), _) => {
            let digest = if often == "hour" { Digest::Hour } else { Digest::Day };
            let wish = Change { digest: Some(digest), ..on(None) };
            (Some(wish), "一笔满1000元的、工资补贴和出账，照样马上单独告诉您。")
        }
        (Some("in"), _) => (Some(on(Some(Sides::In))), "出账不提醒了，要留心看账。"),
        (Some("out"), _) => (Some(on(Some(Sides::Out))), ""),
        // A sum beside it says from where on, not that nothing is wanted.
        (Some("off"), None) => (
            Some(Change { is_on: Some(false), ..Change::default() }),
            "以后钱动了不再告诉您。想再开，说「打开动账提醒」。",
        ),
        (Some("on"), None) => {
            let wish = on(Some(Sides::Both));
            (Some(Change { least: Some(Fen::ZERO), digest: Some(Digest::Each), ..wish }), "")
        }
        (_, Some(_)) => (Some(on(None)), ""),
        (_, None) => (None, ""),
    }
}

fn account_notices(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let category = Category::of_word(arg(call, "category").unwrap_or_default())?;
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    if !is_offered(turn, category) {
        return Ok(no(&NOT_OFFERED));
    }
    let wanted = arg(call, "account");
    let own: Vec<&BoundAccount> = bound
        .accounts
        .iter()
        .filter(|a| Category::of_account(&a.kind) == Some(category))
        .filter(|a| wanted.is_none_or(|w| a.id == w))
        .collect();
    if own.is_empty() {
        return Ok(refused("account.missing", "没有找到这个账户。"));
    }
    let least = arg(call, "least").and_then(|l| l.parse().ok()).map(Fen::of);
    // 花一分钱也要: every movement.
    let least = least.map(|l| if l < Fen::of(100) { Fen::ZERO } else { l });
    let (wish, note) = wish_of(arg(call, "how"), least);
    let mut lines = vec![];
    for account in own {
        match stand(tx, turn, (bound, account), wish) {
            Ok(line) => lines.push(line),
            Err(base::Error::Refused(refusal)) => return Ok(no(&refusal)),
            Err(e) => return Err(e),
        }
    }
    if !note.is_empty() {
        lines.push(note.to_owned());
    }
    Ok(done([("now", text(lines.join("\n")))]))
}

/// 借记卡8821：进账出账都提醒。
fn stand(
    tx: &Tx<'_>,
    turn: &Recording,
    (bound, account): (&Bound, &BoundAccount),
    wish: Option<Change>,
) -> Result<String> {
    let now = match wish {
        Some(wish) => prefs::change(tx, &turn.keys, turn.standing.id, (bound, account), wish)?,
        None => prefs::of_account(tx, bound, account)?,
    };
    Ok(format!("{}{}：{}。", account.label, account.tail, now.words()))
}

fn notice_ways(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    if !is_offered(turn, Category::Account) {
        return Ok(no(&NOT_OFFERED));
    }
    let follower = turn.standing.id;
    let kind = arg(call, "kind").map(Category::of_word).transpose()?;
    let is_locked = kind.is_some_and(Category::is_locked);
    let wish = match arg(call, "way") {
        Some("none") if is_locked => return Ok(no(&notices::LOCKED)),
        // 只要安全提醒: it is sent anyway, and what else is not to be is not said.
        _ if is_locked => None,
        Some("wechat") => Some(Ways { wechat: true, sms: Some(false) }),
        Some("both") => Some(Ways { wechat: true, sms: Some(true) }),
        Some("sms") => Some(Ways { wechat: false, sms: Some(true) }),
        // Everything at once is not silenced by one word.
        Some("none") if kind.is_some() => Some(Ways { wechat: false, sms: Some(false) }),
        _ => None,
    };
    let meant = kind.map_or_else(|| Category::CHOSEN.to_vec(), |category| vec![category]);
    if let Some(ways) = wish {
        if ways.sms == Some(true) && !notices::sends_texts(&turn.app) {
            return Ok(no(&NO_SMS));
        }
        for category in meant.iter().copied() {
            prefs::choose(tx, follower, category, ways)?;
        }
    }
    let mut lines = vec![];
    for category in Category::CHOSEN {
        let (ways, is_harm) = (prefs::ways(tx, follower, category)?, POSTINGS.contains(&category));
        lines.push(format!("{}：{}。", category.title(), ways_words(ways, is_harm)));
    }
    lines.push(format!("免打扰：{}。", quiet_words(prefs::quiet(tx, follower)?)));
    let offers = if marketing::may_send(tx, follower)? { "收" } else { "不收" };
    lines.push(format!("优惠活动：{offers}。"));
    lines.push("密码、锁卡这些安全提醒，和您办的业务结果，一定会发，关不掉。".to_owned());
    Ok(done([("now", text(lines.join("\n")))]))
}

const POSTINGS: [Category; 2] = Category::POSTINGS;

const fn ways_words(ways: Ways, is_harm: bool) -> &'static str {
    match (ways.wechat, ways.sms) {
        (true, None) if is_harm => "发微信，微信发不到的出账发短信",
        (true, None) => "只发微信",
        (true, Some(true)) => "发微信，微信发不到就发短信",
        (true, Some(false)) => "只发微信",
        (false, Some(true)) => "只发短信",
        (false, _) => "不发",
    }
}

fn quiet_words(quiet: Option<Quiet>) -> String {
    let Some(Quiet { from, to }) = quiet else { return "没设".to_owned() };
    let clock = |m: i64| format!("{:02}:{:02}", m / 60, m % 60);
    format!("{}到{}，进账的提醒攒到之后再发，出账照样马上告诉您", clock(from), clock(to))
}

/// `22-7` of hours, `1320-420` of minutes.
fn span_of(word: &str, unit: i64) -> Option<Quiet> {
    let (from, to) = word.split_once('-')?;
    let minutes = |said: &str| said.parse::<i64>().ok()?.checked_mul(unit);
    Some(Quiet { from: minutes(from)?, to: minutes(to)? })
}

fn notice_quiet(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    if !is_offered(turn, Category::Account) {
        return Ok(no(&NOT_OFFERED));
    }
    let follower = turn.standing.id;
    if let Some(days) = arg(call, "hours").and_then(|word| word.strip_suffix('d')) {
        return paused(tx, follower, days.parse().unwrap_or_default());
    }
    // Who only asks changes nothing.
    let span = arg(call, "span").and_then(|span| span_of(span, 1));
    match (span, arg(call, "hours").unwrap_or_default()) {
        (Some(hours), _) => prefs::set_quiet(tx, follower, Some(hours))?,
        (None, "resume") => return resumed(tx, follower),
        (None, "off") => prefs::set_quiet(tx, follower, None)?,
        (None, word) => {
            if let Some(hours) = span_of(word, 60) {
                prefs::set_quiet(tx, follower, Some(hours))?;
            }
        }
    }
    Ok(done([("now", text(rest_words(tx, follower)?))]))
}

/// 没设。另外停到12月1日零点，…
fn rest_words(tx: &Tx<'_>, follower: FollowerId) -> Result<String> {
    let hours = quiet_words(prefs::quiet(tx, follower)?);
    let Some(until) = pause::until(tx, follower)? else { return Ok(hours) };
    let (_, month, day, ..) = until.china();
    Ok(format!(
        "{hours}。另外停到{month}月{day}日零点，进账和办理进度先不发，出账、还款到期照样告诉您，想接着发说「提醒接着发」"
    ))
}

fn paused(tx: &Tx<'_>, follower: FollowerId, days: i64) -> Result<Outcome> {
    match pause::begin(tx, follower, days) {
        Ok(_) => Ok(done([("now", text(rest_words(tx, follower)?))])),
        Err(base::Error::Refused(refusal)) => Ok(no(&refusal)),
        Err(e) => Err(e),
    }
}

fn resumed(tx: &Tx<'_>, follower: FollowerId) -> Result<Outcome> {
    let words = match pause::end(tx, follower)? {
        None => String::new(),
        Some(0) => "。停发结束，这些天没有漏掉的".to_owned(),
        Some(n) => format!("。停发结束，这些天有{n}条没发，说「查明细」能看到"),
    };
    Ok(done([("now", text(rest_words(tx, follower)? + &words))]))
}

fn notice_doubt(tx: &Tx<'_>, turn: &Recording, call: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    let who = (turn.standing.id, &**bound);
    let notice = arg(call, "notice").and_then(|n| n.parse().ok()).map(Id::of);
    let Some(told) = reply::doubt(tx, &turn.keys, who, notice)? else {
        return Ok(refused("notice.none", "最近没有给您发过出账提醒。"));
    };
    Ok(done([
        ("account", text(told.account_key)),
        ("what", text(told.what)),
        ("case", text(told.case)),
    ]))
}

fn remind_tomorrow(tx: &Tx<'_>, turn: &Recording, _: &Call) -> Result<Outcome> {
    let Some(bound) = &turn.standing.bound else {
        return Ok(refused("bind.missing", "您还没有绑定银行卡。"));
    };
    match due::tomorrow_again(tx, &turn.keys, (turn.standing.id, bound)) {
        Ok((what, at)) => {
            let when = super::moment_words(at);
            Ok(done([("what", text(what)), ("when", text(when))]))
        }
        Err(base::Error::Refused(refusal)) => Ok(no(&refusal)),
        Err(e) => Err(e),
    }
}
