//! One line of a chat: words, or a command that begins with a colon.
//!
//! Not for: carrying it out ([`super::stage`]).

use base::Refusal;

const UNKNOWN: Refusal = Refusal::invalid("chat.command", "");

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Say(String),
    Voice(String),
    Picture,
    Video,
    Location(String),
    /// Taps a line of the last message, by its number or its words.
    Tap(String),
    /// Presses a button of the account's menu: the id of an item.
    Press(String),
    Scan(String),
    Follow,
    Unfollow,
    /// The clock goes on, in milliseconds.
    Pass(i64),
    /// As if the customer had bound, or unbound, on the page.
    Bind,
    Unbind,
    /// The core is silent, or answers again.
    Core(bool),
    /// Another of the seeded customers; none given: who there is.
    Who(String),
    Help,
    Quit,
}

pub(super) const HELP: &str = "\
:who [名字]        看有哪些客户，换一位
:bind / :unbind    像在页面上绑好卡 / 解绑
:voice 一句话      发语音（写下听到的字；不写就是没听清）
:picture  :video   发图片、视频
:location [地方]   发位置
:tap 2             点上一条消息里的第 2 行（直接打 2 也行）
:press 项目        按公众号菜单，如 :press account_balance
:scan 码  :follow  :unfollow   扫码、关注、取关
:pass 20m          时间过去 20 分钟（s 秒 m 分 h 时 d 天）
:core busy / :core ok          核心没有回音 / 好了
:quit 或 Ctrl-D    结束；Ctrl-C 不要这一行";

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// `chat.command`: a command that does not exist, or lacks what it needs.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let Some(command) = text.strip_prefix([':', '：']) else {
            return Ok(Self::Say(text.to_owned()));
        };
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let rest = rest.trim().to_owned();
        Ok(match (name, rest.as_str()) {
            ("voice", _) => Self::Voice(rest),
            ("picture" | "image", _) => Self::Picture,
            ("video", _) => Self::Video,
            ("location", _) => Self::Location(rest),
            ("tap", what) if !what.is_empty() => Self::Tap(rest),
            ("press" | "menu", what) if !what.is_empty() => Self::Press(rest),
            ("scan", _) => Self::Scan(rest),
            ("follow", _) => Self::Follow,
            ("unfollow", _) => Self::Unfollow,
            ("pass", what) => Self::Pass(milliseconds(what).ok_or_else(|| {
                UNKNOWN.say(format!("“{text}”: how long? :pass 20m, 90s, 2h or 3d"))
            })?),
            ("bind" | "bound", _) => Self::Bind,
            ("unbind" | "unbound", _) => Self::Unbind,
            ("core", "busy") => Self::Core(true),
            ("core", "ok") => Self::Core(false),
            ("who", _) => Self::Who(rest),
            ("help" | "h" | "?", _) => Self::Help,
            ("quit" | "q" | "exit", _) => Self::Quit,
            _ => return Err(UNKNOWN.say(format!("“{text}” is no command; :help lists them"))),
        })
    }

    /// The name of what was done, for scripts.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Say(_) => "text",
            Self::Voice(_) => "voice",
            Self::Picture => "picture",
            Self::Video => "video",
            Self::Location(_) => "location",
            Self::Tap(_) => "tap",
            Self::Press(_) => "press",
            Self::Scan(_) => "scan",
            Self::Follow => "follow",
            Self::Unfollow => "unfollow",
            Self::Pass(_) => "pass",
            Self::Bind => "bind",
            Self::Unbind => "unbind",
            Self::Core(_) => "core",
            Self::Who(_) => "who",
            Self::Help => "help",
            Self::Quit => "quit",
        }
    }
}

/// `20m`, `90s`, `2h`, `3d`; not more than ten years.
fn milliseconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number = text.strip_suffix(unit)?.trim();
    let each = match unit {
        's' => 1_000,
        'm' => 60_000,
        'h' => 3_600_000,
        'd' => base::DAY_MS,
        _ => return None,
    };
    let n: i64 = number.parse().ok().filter(|n| (0..=3_650 * 86_400).contains(n))?;
    n.checked_mul(each).filter(|ms| *ms <= 3_650 * base::DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_words_unless_it_begins_with_a_colon() {
        assert_eq!(Line::read(" 查余额 "), Ok(Line::Say("查余额".into())));
        assert_eq!(Line::read(":voice 查 余额"), Ok(Line::Voice("查 余额".into())));
        assert_eq!(Line::read("：pass 20m"), Ok(Line::Pass(1_200_000)));
        assert_eq!(Line::read(":tap 2"), Ok(Line::Tap("2".into())));
        assert_eq!(Line::read(":unbound"), Ok(Line::Unbind));
    }

    #[test]
    fn a_command_that_does_not_exist_says_where_to_look() {
        for (line, why) in [
            (":fly", ":help"),
            (":pass soon", "20m"),
            (":pass 99999999d", "20m"),
            (":tap", ":help"),
        ] {
            let refused = Line::read(line).unwrap_err();
            assert!(refused.words.contains(why) && refused.words.contains(line), "{refused:?}");
        }
    }
}
