//! What a notice says: the account's tail, in or out, how much, when, with whom (masked), the serial's tail; the balance only where
//! the customer wants it there.
//!
//! Not for: whether and how it goes. No full number, name or address is ever in it (DP-08, DP-09).

use super::LATE_MS;
use crate::verbs::moment_words;
use base::{Fen, Time};
use serde::{Deserialize, Serialize};

/// Characters of the serial that are shown, so that a customer sees when something came twice.
const SERIAL_TAIL: usize = 4;
/// Money that people wait for has words of its own: by what the core calls it.
const ARRIVALS: [(&str, &str); 6] = [
    ("工资", "工资到账"),
    ("养老金", "养老金到账"),
    ("补贴", "补贴到账"),
    ("津贴", "津贴到账"),
    ("低保", "低保到账"),
    ("地租", "地租到账"),
];

/// What is told; C2 data, sealed where it is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Facts {
    pub(super) is_in: bool,
    pub(super) amount: Fen,
    /// Only where the customer asked for it.
    pub(super) balance: Option<Fen>,
    /// What it was, in everyday words.
    pub(super) label: String,
    /// Masked when a person.
    pub(super) counterparty: String,
    pub(super) serial: String,
    pub(super) posted_at: Time,
    /// 借记卡
    pub(super) account_label: String,
    pub(super) account_tail: String,
    /// Serial of what it takes back.
    pub(super) reverses: Option<String>,
}

base::unprinted!(Facts);

/// What is known when it goes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    pub(super) now: Time,
    pub(super) is_elder: bool,
    /// When the entry was posted that this one takes back.
    pub(super) original_at: Option<Time>,
}

/// `0012`
fn tail(serial: &str) -> String {
    let chars: Vec<char> = serial.chars().collect();
    chars[chars.len().saturating_sub(SERIAL_TAIL)..].iter().collect()
}

impl Facts {
    fn is_late(&self, telling: Telling) -> bool {
        telling.now.since(self.posted_at) > LATE_MS
    }

    /// 支出 收入 冲正
    pub(super) fn what(&self) -> &'static str {
        match (&self.reverses, self.is_in) {
            (Some(_), true) => "冲正退回",
            (Some(_), false) => "冲正扣回",
            (None, true) => ARRIVALS
                .into_iter()
                .find(|(label, _)| self.label.contains(label))
                .map_or("收入", |(_, words)| words),
            (None, false) => "支出",
        }
    }

    /// 转账 王*强
    fn with_whom(&self) -> String {
        match (self.label.is_empty(), self.counterparty.is_empty()) {
            (false, false) => format!("{} {}", self.label, self.counterparty),
            (false, true) => self.label.clone(),
            (true, _) => self.counterparty.clone(),
        }
    }

    /// 借记卡8821 支出 500.00 元，转账 王*强，11月23日 10:05，流水尾号0012
    pub(super) fn line(&self) -> String {
        let (account, tail_of) = (&self.account_label, &self.account_tail);
        let mut parts = vec![format!("{account}{tail_of} {} {} 元", self.what(), self.amount)];
        parts.extend(Some(self.with_whom()).filter(|w| !w.is_empty()));
        parts.extend([moment_words(self.posted_at), format!("流水尾号{}", tail(&self.serial))]);
        parts.join("，")
    }

    /// 「借记卡8821 支出 500.00 元，转账 王*强，11月23日 10:05，流水尾号0012。不是您办的，请说“这笔不是我”。」
    pub(super) fn text(&self, telling: Telling) -> String {
        let account = format!("{}{}", self.account_label, self.account_tail);
        let (what, amount, posted) = (self.what(), self.amount, moment_words(self.posted_at));
        let mut parts = vec![];
        if telling.is_elder {
            let moved = match self.what() {
                waited if self.is_in && waited.ends_with("到账") => waited,
                _ if self.is_in => "进来了",
                _ => "出去了",
            };
            let took_back = if self.reverses.is_some() { "退账：" } else { "" };
            parts.push(format!("{took_back}您{account}{moved} {amount} 元"));
        } else {
            parts.push(format!("{account} {what} {amount} 元"));
        }
        let whom = self.with_whom();
        if !whom.is_empty() {
            parts.push(whom);
        }
        match &self.reverses {
            Some(original) => {
                let when = telling.original_at.map(|t| format!("{}的", moment_words(t)));
                let (when, tail) = (when.unwrap_or_default(), tail(original));
                parts.push(format!("原来是{when}那笔（流水尾号{tail}）"));
            }
            None if self.is_late(telling) => parts.push(format!("{posted} 记账，消息晚到了")),
            None => parts.push(posted),
        }
        if let Some(balance) = self.balance {
            parts.push(format!("余额 {balance} 元"));
        }
        if !telling.is_elder {
            parts.push(format!("流水尾号{}", tail(&self.serial)));
        }
        let doubt = if self.is_in || self.reverses.is_some() {
            ""
        } else if telling.is_elder {
            "不是您办的，快说“这笔不是我”。"
        } else {
            "不是您办的，请说“这笔不是我”。"
        };
        format!("{}。{doubt}", parts.join("，"))
    }

    /// The value of one of our fields in a template.
    pub(super) fn field(&self, field: Field, telling: Telling) -> String {
        match field {
            Field::Time => {
                let (year, ..) = self.posted_at.china();
                format!("{year}年{}", moment_words(self.posted_at))
            }
            Field::What => self.what().to_owned(),
            Field::Amount => format!("{}元", self.amount),
            Field::Account => self.account_tail.clone(),
            Field::AccountName => format!("{}{}", self.account_label, self.account_tail),
            Field::Serial => tail(&self.serial),
            Field::Note => self.note(telling),
        }
    }

    /// At most twenty characters are shown: what matters most stands first.
    fn note(&self, telling: Telling) -> String {
        if let Some(original) = &self.reverses {
            let day = telling.original_at.map(|t| {
                let (_, month, day, ..) = t.china();
                format!("{month}月{day}日")
            });
            return format!("冲{}流水{}", day.unwrap_or_else(|| "原".to_owned()), tail(original));
        }
        let late = if self.is_late(telling) { "晚到 " } else { "" };
        let tail = tail(&self.serial);
        let room = 20 - late.chars().count() - " 流水".chars().count() - tail.chars().count();
        let whom: String = self.with_whom().chars().take(room).collect();
        format!("{late}{whom} 流水{tail}")
    }
}

/// What a field of a template is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Time,
    What,
    Amount,
    /// Digits only.
    Account,
    AccountName,
    Serial,
    Note,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64, minute: i64) -> Time {
        Time::of_china_date(2026, 11, 23).plus_ms((hour * 60 + minute) * 60_000)
    }

    fn facts() -> Facts {
        Facts {
            is_in: false,
            amount: Fen::of(50_000),
            balance: None,
            label: "转账".into(),
            counterparty: "王*强".into(),
            serial: "20261123000000000012".into(),
            posted_at: at(10, 5),
            account_label: "借记卡".into(),
            account_tail: "8821".into(),
            reverses: None,
        }
    }

    const fn telling(now: Time) -> Telling {
        Telling { now, is_elder: false, original_at: None }
    }

    #[test]
    fn a_posting_is_told_with_its_tails_and_nothing_in_full() {
        let told = facts().text(telling(at(10, 6)));
        assert_eq!(
            told,
            "借记卡8821 支出 500.00 元，转账 王*强，11月23日 10:05，流水尾号0012。不是您办的，请说“这笔不是我”。"
        );
        let wage =
            Facts { is_in: true, counterparty: String::new(), label: "工资".into(), ..facts() };
        let with_balance = Facts { balance: Some(Fen::of(128_050)), ..wage };
        assert_eq!(
            with_balance.text(telling(at(10, 6))),
            "借记卡8821 工资到账 500.00 元，工资，11月23日 10:05，余额 1,280.50 元，流水尾号0012。"
        );
    }

    #[test]
    fn what_comes_late_says_when_it_was_posted() {
        let on_time = at(10, 15);
        assert!(!facts().text(telling(on_time)).contains("晚到"));
        let late = telling(on_time.plus_ms(1));
        assert!(
            facts().text(late).contains("11月23日 10:05 记账，消息晚到了"),
            "{}",
            facts().text(late)
        );
        assert_eq!(facts().field(Field::Note, late), "晚到 转账 王*强 流水0012");
    }

    #[test]
    fn a_reversal_names_what_it_takes_back() {
        let back = Facts { is_in: true, reverses: Some("2026112300000009".into()), ..facts() };
        let told = back.text(Telling { original_at: Some(at(9, 30)), ..telling(at(10, 6)) });
        assert!(told.contains("冲正退回 500.00 元"), "{told}");
        assert!(told.contains("原来是11月23日 09:30的那笔（流水尾号0009）"), "{told}");
        let alone = back.text(telling(at(10, 6)));
        assert!(alone.contains("原来是那笔（流水尾号0009）"), "{alone}");
        assert_eq!(back.field(Field::What, telling(at(10, 6))), "冲正退回");
    }

    #[test]
    fn elders_read_short_words() {
        let telling = Telling { is_elder: true, ..telling(at(10, 6)) };
        let told = facts().text(telling);
        assert_eq!(
            told,
            "您借记卡8821出去了 500.00 元，转账 王*强，11月23日 10:05。不是您办的，快说“这笔不是我”。"
        );
        assert!(told.split('。').all(|sentence| sentence.chars().count() <= 60));
    }

    #[test]
    fn a_note_keeps_the_serial_however_long_the_rest_is() {
        let long = Facts {
            label: "批量代付惠农补贴资金二〇二六年第二批".into(), ..facts()
        };
        for now in [at(10, 6), at(12, 0)] {
            let note = long.field(Field::Note, telling(now));
            assert!(note.chars().count() <= 20 && note.ends_with("流水0012"), "{note}");
        }
    }
}
