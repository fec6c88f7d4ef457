//! The facts a talk starts from, and a bank tiny enough to answer from them alone.
//!
//! Not for: realism. Grammar, blanks or commas between: a name, `已绑定` or `未绑定`, accounts
//! (`借记卡8821`, `存折0037`, or only `6688`), each followed by `余额 1280.50`, `冻结 200`, `只进不出` and
//! entries `10-28电费-86.00（说明）`; `长辈`, `下班`, `不能登录`, `协议更新`, `已停用`, `有默认`, `有提醒`, `未选机构`, `核心忙`, `拒绝 CODE`,
//! `现在 2026-11-23 09:12`, `收款人 李四（建设银行 0098 大儿子）`, `缴费户 electric 老屋（0231）`, `地点 城关支行（城关所）`,
//! `持有 信用卡`, `持有 贷款`, `持有 号`.

use crate::heard::{Account, Institution, OwnKind, Who};
use crate::known::{Household, Households, Known, Payee, Place};
use crate::turn::{Call, Outcome, Value};
use base::{Fen, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

type Row = BTreeMap<String, Value>;
const PAGE: usize = 5;

/// The facts a talk starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    pub name: String,
    pub bound: bool,
    pub accounts: Vec<WorldAccount>,
    pub now: Time,
    pub elder: bool,
    pub hours_open: bool,
    pub can_link: bool,
    /// An agreement changed since the customer bound.
    pub must_agree: bool,
    /// The customer froze the WeChat channel.
    pub frozen: bool,
    /// The first account is the one the customer chose for questions.
    pub has_default: bool,
    pub tells_postings: bool,
    /// True when a home bank is known.
    pub has_institution: bool,
    /// True while the core does not answer in time.
    pub slow: bool,
    /// Every verb refuses with this code.
    pub refuses: Option<String>,
    pub payees: Vec<Payee>,
    pub households: Vec<Household>,
    /// `credit`, `loan`, `ticket`.
    pub holds: Vec<String>,
    pub places: Vec<Place>,
}

/// One account of a world.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorldAccount {
    /// `借记卡`, `存折`.
    pub label: String,
    pub tail: String,
    pub posted: Fen,
    pub held: Fen,
    /// Money may come in but not go out.
    pub only_in: bool,
    /// Latest last, as written.
    pub entries: Vec<WorldEntry>,
}

/// One entry of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorldEntry {
    /// Noon of its day in China.
    pub at: Time,
    pub label: String,
    /// Negative when money went out.
    pub amount: Fen,
    pub explain: String,
}

const NOON_MS: i64 = 12 * 3_600_000;

impl Default for World {
    fn default() -> Self {
        Self {
            name: String::new(),
            bound: false,
            accounts: vec![],
            now: Time::of_china_date(2026, 11, 23).plus_ms(9 * 3_600_000 + 12 * 60_000),
            elder: false,
            hours_open: true,
            can_link: true,
            must_agree: false,
            frozen: false,
            has_default: false,
            tells_postings: false,
            has_institution: true,
            slow: false,
            refuses: None,
            payees: vec![],
            households: vec![],
            holds: vec![],
            places: vec![],
        }
    }
}

/// Blanks and commas part the words, except inside （）.
fn words_of(text: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut inside = false;
    for c in text.chars() {
        inside = (inside || c == '（') && c != '）';
        if !inside && (c.is_whitespace() || matches!(c, '，' | '；' | '。' | ',')) {
            out.push(String::new());
        } else if let Some(word) = out.last_mut() {
            word.push(c);
        }
    }
    out.retain(|w| !w.is_empty());
    out
}

/// `李四（建设银行 0098 大儿子）`: a name, and what else is said of it.
fn named(word: &str) -> (String, Vec<String>) {
    let (name, rest) = word.split_once('（').unwrap_or((word, ""));
    let also = rest.trim_end_matches('）').split_whitespace().map(str::to_owned).collect();
    (name.to_owned(), also)
}

fn money(text: &str) -> Option<Fen> {
    Fen::parse_yuan(text).ok()
}

impl World {
    /// Reads a world line.
    ///
    /// # Errors
    /// The word that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut world = Self::default();
        let words = words_of(text);
        let mut rest = words.iter().map(String::as_str);
        world.name = rest.next().unwrap_or_default().to_owned();
        while let Some(word) = rest.next() {
            match word {
                "已绑定" => world.bound = true,
                "未绑定" => world.bound = false,
                "长辈" => world.elder = true,
                "下班" => world.hours_open = false,
                "不能登录" => world.can_link = false,
                "协议更新" => world.must_agree = true,
                "已停用" => world.frozen = true,
                "有默认" => world.has_default = true,
                "有提醒" => world.tells_postings = true,
                "未选机构" => world.has_institution = false,
                "核心忙" => world.slow = true,
                "收款人" => {
                    let (name, also) = named(rest.next().ok_or_else(|| word.to_owned())?);
                    world.add_payee(name, also);
                }
                "缴费户" => {
                    let kind = rest.next().ok_or_else(|| word.to_owned())?.to_owned();
                    let (name, also) = named(rest.next().ok_or_else(|| word.to_owned())?);
                    let tail = also.into_iter().next().unwrap_or_default();
                    let id = format!("h{}", world.households.len());
                    world.households.push(Household { id, kind, name, tail });
                }
                "持有" => {
                    let what = rest.next().ok_or_else(|| word.to_owned())?;
                    let kinds = [("信用卡", "credit"), ("贷款", "loan"), ("号", "ticket")];
                    let kind = kinds
                        .iter()
                        .find(|(said, _)| *said == what)
                        .ok_or_else(|| what.to_owned())?;
                    world.holds.push(kind.1.to_owned());
                }
                "地点" => {
                    let (name, also) = named(rest.next().ok_or_else(|| word.to_owned())?);
                    let id = format!("w{}", world.places.len());
                    world.places.push(Place { id, name, also });
                }
                "拒绝" => world.refuses = rest.next().map(str::to_owned),
                "现在" => {
                    let (day, clock) =
                        (rest.next().unwrap_or_default(), rest.next().unwrap_or_default());
                    world.now = instant(day, clock).ok_or_else(|| format!("{day} {clock}"))?;
                }
                "余额" | "冻结" => {
                    let amount = rest.next().and_then(money).ok_or_else(|| word.to_owned())?;
                    let account = world.accounts.last_mut().ok_or_else(|| word.to_owned())?;
                    if word == "余额" {
                        account.posted = amount;
                    } else {
                        account.held = amount;
                    }
                }
                "只进不出" => {
                    world.accounts.last_mut().ok_or_else(|| word.to_owned())?.only_in = true;
                }
                other => world.account_or_entry(other)?,
            }
        }
        Ok(world)
    }

    /// Of the words beside a payee one may be a tail, one a bank; the others are what the customer says.
    fn add_payee(&mut self, name: String, also: Vec<String>) {
        let mut payee = Payee { id: format!("p{}", self.payees.len()), name, ..Payee::default() };
        for word in also {
            if word.chars().all(|c| c.is_ascii_digit()) {
                payee.tail = word;
            } else if word.ends_with('行') {
                payee.bank = word;
            } else {
                payee.also.push(word);
            }
        }
        self.payees.push(payee);
    }

    fn account_or_entry(&mut self, word: &str) -> Result<(), String> {
        let chars: Vec<char> = word.chars().collect();
        if let Some(entry) = self.entry(word) {
            let account = self.accounts.last_mut().ok_or_else(|| word.to_owned())?;
            account.entries.push(entry);
            return Ok(());
        }
        let at = chars.len().checked_sub(4).ok_or_else(|| word.to_owned())?;
        let (label, tail) = chars.split_at(at);
        if !tail.iter().all(char::is_ascii_digit) || label.iter().any(char::is_ascii_digit) {
            return Err(word.to_owned());
        }
        let label: String =
            if label.is_empty() { "借记卡".into() } else { label.iter().collect() };
        self.accounts.push(WorldAccount {
            label,
            tail: tail.iter().collect(),
            ..WorldAccount::default()
        });
        Ok(())
    }

    /// `10-28电费-86.00（说明）`; a day that has not come yet lies in the year before.
    fn entry(&self, word: &str) -> Option<WorldEntry> {
        let (word, explain) = match word.split_once('（') {
            Some((before, note)) => (before, note.trim_end_matches('）')),
            None => (word, ""),
        };
        let (month, rest) = word.split_once('-')?;
        let day: String = rest.chars().take_while(char::is_ascii_digit).collect();
        let rest = rest.strip_prefix(&day)?;
        let at = rest.rfind(['+', '-'])?;
        let size = money(rest.get(at + 1..)?)?;
        let amount = if rest[at..].starts_with('-') { Fen::of(-size.fen()) } else { size };
        let (year, ..) = self.now.china();
        let on = |y: i64| {
            Some(Time::of_china_date(y, month.parse().ok()?, day.parse().ok()?).plus_ms(NOON_MS))
        };
        let at_day = on(year).filter(|t| *t <= self.now).or_else(|| on(year - 1))?;
        Some(WorldEntry {
            at: at_day,
            label: rest[..at].to_owned(),
            amount,
            explain: explain.to_owned(),
        })
    }

    /// What the bank would know about the customer.
    pub fn who(&self) -> Who {
        let place = |id: &str, name: &str, short: &str| Institution {
            id: id.into(),
            name: name.into(),
            short: short.into(),
        };
        let institutions = vec![
            place("lingxian", "陵县农村商业银行", "陵县农商行"),
            place("hekou", "河口县农村信用合作联社", "河口农信社"),
            place("dongshan", "东山村镇银行", "东山村镇银行"),
        ];
        let mine = self.accounts.iter().enumerate().filter(|_| self.bound);
        let (accounts, others) = mine
            .map(|(at, a)| Account {
                id: format!("a{at}"),
                label: a.label.clone(),
                tail: a.tail.clone(),
                word: if a.label.contains('折') { "存折".into() } else { "卡".into() },
                kind: a.kind(),
            })
            .partition(|a| a.kind == OwnKind::Everyday);
        Who {
            bound: self.bound,
            accounts,
            others,
            institution: institutions.first().cloned().filter(|_| self.has_institution),
            institutions: institutions.into(),
            account_name: "省农信".into(),
            elder: self.elder,
            hours_open: self.hours_open,
            hours: "每天8:30—17:30".into(),
            phone: "0534-12345".into(),
            can_link: self.can_link,
            must_agree: self.must_agree,
            holds: self.holds.clone(),
            payees: Arc::new(Known::payees(self.payees.clone())),
            households: Arc::new(Households::of(self.households.clone())),
            places: Arc::new(Known::places(self.places.clone())),
            frozen: self.frozen,
            has_default: self.has_default,
            tells_postings: self.tells_postings,
        }
    }

    /// The tiny bank's answer to a verb.
    pub fn call(&mut self, call: &Call) -> Outcome {
        let refuse = |code: &str| Outcome::Refused {
            code: code.to_owned(),
            words: String::new(),
            most: None,
        };
        if self.slow && call.verb.starts_with("core.") {
            return Outcome::Busy;
        }
        if let Some(code) = &self.refuses {
            return refuse(code);
        }
        let arg = |name: &str| call.args.get(name).cloned().unwrap_or_default();
        let at = arg("account").strip_prefix('a').and_then(|n| n.parse::<usize>().ok());
        let account = at.and_then(|at| self.accounts.get(at));
        let done = match (call.verb.as_str(), account) {
            ("core.balance", Some(a)) => a.balance(),
            ("core.statement", Some(a)) => a.statement(&arg),
            ("core.entry_detail", Some(a)) => match a.detail(&arg("entry")) {
                Some(row) => row,
                None => return refuse("entry.missing"),
            },
            ("core.balance_all" | "core.accounts" | "bank.bindings", _) => self.overview(),
            (verb, _) if verb.starts_with("bank.") => self.change(verb, &arg),
            _ => return refuse("account.missing"),
        };
        let as_of = ("as_of".to_owned(), Value::Time(self.now));
        Outcome::Done(done.into_iter().chain([as_of]).collect())
    }

    fn count(&self) -> Value {
        Value::Count(i64::try_from(self.accounts.len()).unwrap_or(0))
    }

    /// All accounts in rows, with what is said above them.
    fn overview(&self) -> Row {
        let total = self.accounts.iter().map(|a| a.available().fen()).sum();
        Row::from([
            (
                "rows".to_owned(),
                Value::Rows(self.accounts.iter().map(|a| a.row(self.now)).collect()),
            ),
            ("total".to_owned(), Value::Money(Fen::of(total))),
            ("count".to_owned(), self.count()),
            ("mobile".to_owned(), Value::Text("139****1234".into())),
            ("seen".to_owned(), Value::Time(self.now.plus_ms(-base::DAY_MS))),
        ])
    }

    /// The verbs that change something.
    fn change(&mut self, verb: &str, arg: &dyn Fn(&str) -> String) -> Row {
        match verb {
            "bank.unbind" => {
                self.bound = false;
                Row::from([("count".to_owned(), self.count())])
            }
            "bank.set_elder" => {
                self.elder = arg("on") == "true";
                Row::new()
            }
            "bank.choose_institution" => {
                self.has_institution = true;
                let chosen =
                    self.who().institutions.iter().find(|i| i.id == arg("institution")).cloned();
                let name = chosen.map(|i| i.short).unwrap_or_default();
                let note = if std::mem::take(&mut self.bound) {
                    "原来绑的账户已经解开，用卡再绑一次就能查。"
                } else {
                    ""
                };
                Row::from([
                    ("name".to_owned(), Value::Text(name)),
                    ("note".to_owned(), Value::Text(note.to_owned())),
                ])
            }
            _ => Row::from([("number".to_owned(), Value::Text("L0001".into()))]),
        }
    }
}

fn instant(day: &str, clock: &str) -> Option<Time> {
    let day = nlu::dates::from_iso(day)?;
    let (hour, minute) = clock.split_once(':')?;
    let minutes = hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?;
    Some(Time::of_ms(day * base::DAY_MS - base::CHINA_OFFSET_MS + minutes * 60_000))
}

impl WorldAccount {
    /// By its label: 信用卡, 贷款, 定期; anything else is an everyday account.
    fn kind(&self) -> OwnKind {
        let kinds =
            [("信用卡", OwnKind::Credit), ("贷", OwnKind::Loan), ("定期", OwnKind::Deposit)];
        let found = kinds.iter().find(|(sign, _)| self.label.contains(sign));
        found.map_or(OwnKind::Everyday, |(_, kind)| *kind)
    }

    fn available(&self) -> Fen {
        if self.only_in {
            return Fen::ZERO;
        }
        self.posted.checked_sub(self.held).unwrap_or(Fen::ZERO)
    }

    fn row(&self, now: Time) -> Row {
        let state = if self.only_in { "只收不付" } else { "正常" };
        Row::from([
            ("label".to_owned(), Value::Text(self.label.clone())),
            ("tail".to_owned(), Value::Text(self.tail.clone())),
            (
                "word".to_owned(),
                Value::Text(if self.label.contains('折') { "存折" } else { "卡" }.into()),
            ),
            ("available".to_owned(), Value::Money(self.available())),
            ("state".to_owned(), Value::Text(state.into())),
            ("at".to_owned(), Value::Time(now)),
        ])
    }

    fn balance(&self) -> Row {
        let note = if self.only_in { "账户目前只能进不能出。" } else { "" };
        Row::from([
            ("posted".to_owned(), Value::Money(self.posted)),
            ("held".to_owned(), Value::Money(self.held)),
            ("available".to_owned(), Value::Money(self.available())),
            ("note".to_owned(), Value::Text(note.into())),
        ])
    }

    fn statement(&self, arg: &dyn Fn(&str) -> String) -> Row {
        let mut out = Row::new();
        let days = (nlu::dates::from_iso(&arg("from")), nlu::dates::from_iso(&arg("to")));
        let within = |e: &WorldEntry| match days {
            (Some(from), Some(to)) => (from..=to).contains(&e.at.china_day()),
            _ => false,
        };
        let flows = |e: &WorldEntry| match arg("flow").as_str() {
            "in" => !e.amount.is_negative(),
            "out" => e.amount.is_negative(),
            _ => true,
        };
        let mut all: Vec<(usize, &WorldEntry)> =
            self.entries.iter().enumerate().filter(|(_, e)| within(e) && flows(e)).collect();
        all.sort_by_key(|(at, e)| (std::cmp::Reverse(e.at), *at));
        let sum = |out_going: bool| {
            let side = all.iter().filter(|(_, e)| e.amount.is_negative() == out_going);
            Fen::of(side.map(|(_, e)| e.amount.fen().abs()).sum())
        };
        let from = arg("cursor").parse::<usize>().unwrap_or(0);
        let page: Vec<Row> = all.iter().skip(from).take(PAGE).map(|(at, e)| e.row(*at)).collect();
        let next = if all.len() > from + PAGE { (from + PAGE).to_string() } else { String::new() };
        let count = |n: usize| Value::Count(i64::try_from(n).unwrap_or(0));
        out.insert("in".into(), Value::Money(sum(false)));
        out.insert("out".into(), Value::Money(sum(true)));
        out.insert("count".into(), count(all.len()));
        out.insert("shown".into(), count(page.len()));
        out.insert("next".into(), Value::Text(next));
        out.insert("rows".into(), Value::Rows(page));
        out
    }

    fn detail(&self, id: &str) -> Option<Row> {
        let at = id.strip_prefix('e')?.parse::<usize>().ok()?;
        let entry = self.entries.get(at)?;
        let mut row = entry.row(at);
        row.insert("balance".into(), Value::Money(self.posted));
        row.insert("counterparty".into(), Value::Text(String::new()));
        row.insert("summary".into(), Value::Text(entry.label.clone()));
        row.insert("explain".into(), Value::Text(entry.explain.clone()));
        Some(row)
    }
}

impl WorldEntry {
    fn row(&self, at: usize) -> Row {
        Row::from([
            ("id".to_owned(), Value::Text(format!("e{at}"))),
            ("at".to_owned(), Value::Time(self.at)),
            ("label".to_owned(), Value::Text(self.label.clone())),
            ("amount".to_owned(), Value::Money(self.amount)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_is_read_from_one_line() {
        let world =
            World::parse("李芳 已绑定 6688，余额 1280.50 10-28电费-86.00（抄表，10月） 存折0037")
                .unwrap();
        assert!(world.bound);
        assert_eq!(world.accounts.len(), 2);
        assert_eq!(world.accounts[0].posted, Fen::of(128_050));
        assert_eq!(world.accounts[0].entries[0].amount, Fen::of(-8_600));
        assert_eq!(world.accounts[0].entries[0].explain, "抄表，10月");
        assert_eq!(World::parse("李芳 什么"), Err("什么".to_owned()));
    }
}
