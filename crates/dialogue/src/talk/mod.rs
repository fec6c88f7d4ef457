//! Runs the sample conversations of flow files (`[[talk]]`).
//!
//! Not for: customers. A talk starts from a [`World`]; this crate runs it against the world's own tiny
//! bank, the product runs the same talk against its real sandbox through [`script`] and [`matches`].
//!
//! Lines: `客户：文字` · `客户点：菜单行` · `客户按：项目id` · `客户语音：文字` · `客户发图片/位置/视频` ·
//! `客户关注` · `客户取关` · `客户扫码` · `（过20分钟）` · `（绑定成功）` · `（同意协议）` · `（核心忙）` · `（核心好了）` ·
//! `银行：话` · `转人工：话` · `（没有回答）`. In expected words `…` stands for anything, blanks do not
//! count, `〔1 行〕` is a tappable line and `文字▣` a link.

mod world;

pub use world::{World, WorldAccount, WorldEntry};

use crate::book::{Book, Talk};
use crate::heard::{Heard, Input};
use crate::seat::Seat;
use crate::turn::{Act, Call, LINK_MARK, Outcome, Turn, Words};
use std::fmt;

const MINUTE_MS: i64 = 60_000;

/// One line of a talk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    Says(String),
    /// Taps a line of the last message.
    Taps(String),
    /// Presses a button of the account's menu.
    Presses(String),
    /// A voice message; empty when nothing was recognised.
    Speaks(String),
    SendsPicture,
    SendsLocation,
    SendsVideo,
    Follows,
    Unfollows,
    Scans,
    MinutesPass(i64),
    BindsOnPage,
    AgreesOnPage,
    CoreGetsSlow,
    /// The core answers again; what was asked meanwhile is sent.
    CoreRecovers,
    BankSays(String),
    BankHandsOver(String),
    BankIsQuiet,
}

impl Line {
    /// Whether `said` is what this line expects of the bank; `None` for what a customer does.
    pub fn is_met(&self, said: &str) -> Option<bool> {
        match self {
            Self::BankSays(words) => Some(matches(words, said)),
            Self::BankHandsOver(words) => {
                Some(said.strip_prefix(HANDED_OVER).is_some_and(|s| matches(words, s)))
            }
            Self::BankIsQuiet => Some(said.is_empty()),
            _ => None,
        }
    }

    /// An expectation in the words of a talk.
    pub fn wanted(&self) -> String {
        match self {
            Self::BankSays(words) => words.clone(),
            Self::BankHandsOver(words) => format!("{HANDED_OVER}{words}"),
            _ => "（没有回答）".to_owned(),
        }
    }
}

/// In front of words with which the conversation goes to a person.
pub const HANDED_OVER: &str = "转人工：";

/// Where a talk and the program differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TalkError {
    pub file: String,
    /// Line of the file.
    pub line: usize,
    pub wanted: String,
    pub said: String,
}
impl fmt::Display for TalkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}\n  wanted: {}\n  said:   {}", self.file, self.line, self.wanted, self.said)
    }
}
impl std::error::Error for TalkError {}

/// Reads the lines of a talk: (line number within the talk from 0, line).
///
/// # Errors
/// The line that is none of the known forms.
pub fn script(lines: &str) -> Result<Vec<(usize, Line)>, String> {
    let mut out: Vec<(usize, Line)> = vec![];
    for (at, line) in lines.lines().map(str::trim).enumerate() {
        match (parse(line), out.last_mut()) {
            _ if line.is_empty() => {}
            (Some(line), _) => out.push((at, line)),
            // expected words may go on for several lines
            (None, Some((_, Line::BankSays(words) | Line::BankHandsOver(words)))) => {
                words.push('\n');
                words.push_str(line);
            }
            (None, _) => return Err(line.to_owned()),
        }
    }
    Ok(out)
}

/// Makes a line of what follows its mark.
type Make = fn(String) -> Line;

fn parse(line: &str) -> Option<Line> {
    let spoken: &[(&str, Make)] = &[
        ("客户：", Line::Says),
        ("客户点：", Line::Taps),
        ("客户按：", Line::Presses),
        ("客户语音：", Line::Speaks),
        ("银行：", Line::BankSays),
        ("转人工：", Line::BankHandsOver),
    ];
    for (mark, make) in spoken {
        if let Some(words) = line.strip_prefix(mark) {
            return Some(make(words.trim().to_owned()));
        }
    }
    if let Some(n) = line.strip_prefix("（过").and_then(|r| r.strip_suffix("分钟）")) {
        return n.parse().ok().map(Line::MinutesPass);
    }
    Some(match line {
        "客户发图片" => Line::SendsPicture,
        "客户发位置" => Line::SendsLocation,
        "客户发视频" => Line::SendsVideo,
        "客户关注" => Line::Follows,
        "客户取关" => Line::Unfollows,
        "客户扫码" => Line::Scans,
        "（绑定成功）" => Line::BindsOnPage,
        "（同意协议）" => Line::AgreesOnPage,
        "（核心忙）" => Line::CoreGetsSlow,
        "（核心好了）" => Line::CoreRecovers,
        "（没有回答）" => Line::BankIsQuiet,
        _ => return None,
    })
}

/// Words as a talk writes them: `查哪个？〔1 借记卡8821〕〔2 存折0037〕`.
pub fn shown(words: &Words) -> String {
    let mut out = words.text.clone();
    if let Some(link) = &words.link {
        let anchor = format!("{}{LINK_MARK}", link.label);
        if out.contains(LINK_MARK) {
            out = out.replacen(LINK_MARK, &anchor, 1);
        } else {
            out.push('\n');
            out.push_str(&anchor);
        }
    }
    for (at, choice) in words.choices.iter().enumerate() {
        let number = if words.numbered { format!("{} ", at + 1) } else { String::new() };
        out.push_str(&format!("〔{number}{}〕", choice.text));
    }
    out
}

/// True when `said` is what a talk wanted; blanks do not count and `…` stands for anything.
pub fn matches(wanted: &str, said: &str) -> bool {
    let bare = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let (wanted, said) = (bare(wanted), bare(said));
    let parts: Vec<&str> = wanted.split('…').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return wanted == said;
    };
    let Some(mut rest) = said.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Runs one talk against its world's tiny bank.
///
/// # Errors
/// The first line that differs.
pub fn run(book: &Book, file: &str, talk: &Talk) -> Result<(), TalkError> {
    let fail = |line: usize, wanted: &str, said: String| TalkError {
        file: file.to_owned(),
        line: talk.line + line,
        wanted: wanted.to_owned(),
        said,
    };
    let world = World::parse(&talk.world).map_err(|bad| fail(0, "a world", bad))?;
    let lines = script(&talk.lines).map_err(|bad| fail(0, "a known line", bad))?;
    let mut stage =
        Stage { book, world, talk, seat: Seat::default(), words: Words::default(), waiting: None };
    let mut said = String::new();
    for (at, line) in lines {
        match line.is_met(&said) {
            Some(true) => said.clear(),
            Some(false) => return Err(fail(at, &line.wanted(), said)),
            None if !said.is_empty() => {
                return Err(fail(at, "the bank's words before the next line", said));
            }
            None => {
                said =
                    stage.play(&line).map_err(|why| fail(at, "a line that can be played", why))?;
            }
        }
    }
    if said.is_empty() { Ok(()) } else { Err(fail(0, "the bank's last words", said)) }
}

/// A conversation being played.
struct Stage<'a> {
    book: &'a Book,
    world: World,
    talk: &'a Talk,
    seat: Seat,
    words: Words,
    waiting: Option<Call>,
}

impl Stage<'_> {
    fn play(&mut self, line: &Line) -> Result<String, String> {
        let input = match line {
            Line::Says(text) => Input::Text { text, menu_id: None },
            Line::Taps(text) => {
                let choice = self.words.choices.iter().find(|c| c.text == *text);
                let id = choice
                    .map(|c| c.id.clone())
                    .ok_or_else(|| format!("no line 〔{text}〕 was offered"))?;
                return Ok(self.hear(&Input::Text { text, menu_id: Some(&id) }));
            }
            Line::Presses(key) => Input::Click { key },
            Line::Speaks(text) => Input::Voice { recognised: Some(text) },
            Line::SendsPicture => Input::Picture,
            Line::SendsLocation => Input::Location { lat_e6: 1, lon_e6: 1, label: "" },
            Line::SendsVideo => Input::OtherMedia,
            Line::Follows => Input::Followed { scene: None },
            Line::Unfollows => Input::Unfollowed,
            Line::Scans => Input::Scanned { scene: "counter" },
            Line::MinutesPass(n) => {
                self.world.now = self.world.now.plus_ms(n * MINUTE_MS);
                return Ok(String::new());
            }
            Line::BindsOnPage => {
                self.world.bound = true;
                let heard = self.heard(&Input::Other);
                let turn = crate::after_binding(self.book, &self.seat, &heard);
                return Ok(self.act(turn, &heard));
            }
            Line::AgreesOnPage => {
                self.world.must_agree = false;
                let heard = self.heard(&Input::Other);
                let turn = crate::after_agreeing(self.book, &self.seat, &heard);
                return Ok(self.act(turn, &heard));
            }
            Line::CoreGetsSlow => {
                self.world.slow = true;
                return Ok(String::new());
            }
            Line::CoreRecovers => {
                self.world.slow = false;
                let Some(call) = self.waiting.take() else {
                    return Ok(String::new());
                };
                let outcome = self.answer(&call);
                let heard = self.heard(&Input::Other);
                return Ok(shown(&crate::late(self.book, &call, &outcome, &heard)));
            }
            Line::BankSays(_) | Line::BankHandsOver(_) | Line::BankIsQuiet => {
                return Err("an expectation cannot be played".to_owned());
            }
        };
        Ok(self.hear(&input))
    }

    fn heard<'i>(&self, input: &Input<'i>) -> Heard<'i> {
        Heard { input: *input, who: self.world.who(), now: self.world.now }
    }

    /// What the talk says the verb answers, else what the tiny bank does.
    fn answer(&mut self, call: &Call) -> Outcome {
        match self.talk.answers.get(&call.verb) {
            Some(_) if self.world.slow => Outcome::Busy,
            Some(outcome) => outcome.clone(),
            None => self.world.call(call),
        }
    }

    fn hear(&mut self, input: &Input<'_>) -> String {
        let heard = self.heard(input);
        let turn = crate::step(self.book, &self.seat, &heard);
        self.act(turn, &heard)
    }

    fn act(&mut self, turn: Turn, heard: &Heard<'_>) -> String {
        self.seat = turn.seat;
        let (mark, words) = match turn.act {
            Act::Quiet => return String::new(),
            Act::Say(words) => ("", words),
            Act::HandOver { words, .. } => (HANDED_OVER, words),
            Act::Do(call) => {
                let outcome = self.answer(&call);
                if outcome == Outcome::Busy {
                    self.waiting = Some(call.clone());
                }
                let heard = Heard { who: self.world.who(), ..heard.clone() };
                let turn = crate::resume(self.book, &self.seat, &call, &outcome, &heard);
                return self.act(turn, &heard);
            }
        };
        self.words = words;
        format!("{mark}{}", shown(&self.words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_talk_of_every_flow_goes_as_written() {
        let book = &Book::embedded().unwrap();
        let mut wrong = vec![];
        let mut count = 0;
        for item in book.items() {
            for talk in &item.talks {
                count += 1;
                wrong.extend(run(book, &item.file, talk).err().map(|e| e.to_string()));
            }
        }
        assert!(wrong.is_empty(), "{} of {count} talks differ\n{}", wrong.len(), wrong.join("\n"));
        assert!(count >= 40, "only {count} talks");
    }

    #[test]
    fn a_talk_that_differs_is_reported_with_its_line() {
        let book = &Book::embedded().unwrap();
        let talk = Talk {
            world: "李芳 未绑定".into(),
            answers: BTreeMap::new(),
            lines: "客户：你好\n银行：再见\n".into(),
            line: 10,
        };
        let error = run(book, "x.toml", &talk).unwrap_err();
        assert_eq!((error.line, error.wanted.as_str()), (11, "再见"));
    }

    #[test]
    fn expected_words_may_have_gaps() {
        assert!(matches("可用 … 元", "可用1,280.50元"));
        assert!(matches("…元", "1 元"));
        assert!(!matches("可用…元", "可用 1,280.50"));
        assert!(!matches("好", "好的"));
    }

    #[test]
    fn unknown_lines_are_refused() {
        assert_eq!(script("路人：你好"), Err("路人：你好".to_owned()));
    }
}
