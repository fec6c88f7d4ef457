//! What a sentence may mean when the book itself is unsure: for a chooser outside, which may only point at one of these.
//!
//! *Invariant*: a choice becomes a question to the customer (「您是要…吗？」) and nothing else: it begins nothing, opens no draft,
//! and none of the chooser's words are said. What leaves is masked: values by their class, names and places by the rules below.
//! Not for: asking the chooser; the bank does that.

use crate::book::Book;
use crate::lines;
use crate::scene::{Draft, Scene, go};
use crate::seat::{Control, Offered, Pick, Task};
use crate::turn::Turn;
use crate::understand::{Reading, Wish};
use crate::values::is_aside;
use nlu::sentence::legible;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// Who writes more tells a story, and stories name people: nothing of it leaves.
const TEXT_CHARS_MAX: usize = 60;
/// Items and known questions a chooser may point at.
const ITEMS_MAX: usize = 5;
const QUESTIONS_MAX: usize = 3;
/// Questions further off than this are no candidates.
const NEAR: f32 = 0.25;
/// Two characters that so many phrases have side by side are the bank's words, not somebody's name.
const COMMON: usize = 3;
/// Marks a known question among the ids.
const QUESTION: &str = "faq:";

/// Whether somebody outside may help with what is unclear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choosing<'a> {
    /// No.
    #[default]
    No,
    /// Say what is in doubt: [`Turn::doubt`].
    Ask,
    /// This id of the doubt was pointed at.
    Chosen(&'a str),
}

/// A sentence that nobody is sure of, masked, and what it may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    pub text: String,
    /// Id and plain name, likeliest first. Nothing else may be chosen.
    pub options: Vec<(String, String)>,
}

impl Scene<'_> {
    /// Notes what is in doubt for a chooser; what it has pointed at, when that is one of these.
    pub(crate) fn considered(&mut self, wish: &Wish, reading: &Reading) -> Option<String> {
        let is_unsure = matches!(wish, Wish::Perhaps(_) | Wish::Unclear(_));
        if self.choosing == Choosing::No || !is_unsure || self.stale_tap || self.redact {
            return None;
        }
        let doubt = self.doubt_of(wish, reading)?;
        match self.choosing {
            Choosing::Chosen(id) if doubt.options.iter().any(|(own, _)| own == id) => {
                Some(id.to_owned())
            }
            Choosing::Ask => {
                self.doubt = Some(doubt);
                None
            }
            _ => None,
        }
    }

    /// Asks whether what was chosen is meant.
    pub(crate) fn ask_about(self, id: &str, reading: &Reading) -> Turn {
        match id.strip_prefix(QUESTION) {
            Some(entry) => self.ask_whether_asked(entry),
            None => self.ask_whether(id, reading),
        }
    }

    /// Asks whether an item is meant. Nothing begins before the answer; then it takes what was said.
    pub(crate) fn ask_whether(mut self, id: &str, reading: &Reading) -> Turn {
        let Some(item) = self.book.items.get(id) else {
            return self.not_understood(&[]);
        };
        self.seat.misses = 0;
        let mut said = Task { item: id.to_owned(), ..Task::default() };
        let target = self.fill(item, &mut said, reading).unwrap_or_else(|| id.to_owned());
        let asked = self.book.items.get(&target).unwrap_or(item);
        let ask = format!("您是要“{}”吗？", Self::command(asked));
        said.slots
            .retain(|name| is_aside(name) || item.ask(name).is_some_and(|a| !a.kind.is_private()));
        let yes = Offered { text: lines::YES.into(), pick: Pick::Item(target, said.slots) };
        self.say(Draft::yes_no(ask, yes, go(lines::NO, Control::None)))
    }

    fn doubt_of(&self, wish: &Wish, reading: &Reading) -> Option<Doubt> {
        if reading.key.is_empty() || reading.key.chars().nth(TEXT_CHARS_MAX).is_some() {
            return None;
        }
        let book = self.book;
        let first = match wish {
            Wish::Perhaps(id) => Some(id.as_str()),
            _ => None,
        };
        let ranked = book.rank(&reading.key);
        let mut ids: Vec<&str> = first.into_iter().collect();
        for s in &ranked {
            if ids.len() < ITEMS_MAX && !ids.contains(&s.item) {
                ids.push(s.item);
            }
        }
        let items = ids.into_iter().filter_map(|id| book.items.get(id));
        let mut options: Vec<(String, String)> =
            items.filter(|i| self.may_offer(i)).map(|i| (i.id.clone(), i.title.clone())).collect();
        let near = book.knowledge.find(&reading.normal.text(), QUESTIONS_MAX);
        options.extend(near.into_iter().filter(|h| h.score >= NEAR).filter_map(|h| {
            Some((format!("{QUESTION}{}", h.entry.id), h.entry.ask.first()?.clone()))
        }));
        let text = masked(book, reading);
        (options.len() > 1).then_some(Doubt { text, options })
    }

    fn ask_whether_asked(mut self, entry: &str) -> Turn {
        let Some(line) = self.question_line(entry) else { return self.not_understood(&[]) };
        self.seat.misses = 0;
        let ask = format!("您是想问“{}”吗？", line.text);
        let yes = Offered { text: lines::YES.into(), pick: line.pick };
        self.say(Draft::yes_no(ask, yes, go(lines::NO, Control::None)))
    }
}

/// Most people are called one of these.
const SURNAMES: &str = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝";
const FAMILIAR: &str = "老小阿";
const PLACE_ENDS: &str = "村镇乡屯庄路街巷栋弄寨湾";
const NUMERALS: &str = "〇零一二三四五六七八九十百千万亿两幺";

/// The bank's own vocabulary: pairs of characters that many of its phrases and known questions have.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary(OnceLock<HashSet<(char, char)>>);

impl Vocabulary {
    fn has(&self, book: &Book, a: char, b: char) -> bool {
        self.0.get_or_init(|| pairs(book)).contains(&(a, b))
    }
}

fn pairs(book: &Book) -> HashSet<(char, char)> {
    let phrases = book.items.values().flat_map(|i| i.say.iter());
    let asked = book.knowledge.entries().flat_map(|e| e.ask.iter());
    let mut counts: HashMap<(char, char), usize> = HashMap::new();
    for text in phrases.chain(asked) {
        let chars = nlu::normalise(text).chars;
        let own: HashSet<(char, char)> = chars.windows(2).map(|w| (w[0], w[1])).collect();
        own.into_iter().for_each(|pair| *counts.entry(pair).or_default() += 1);
    }
    counts.into_iter().filter(|(_, n)| *n >= COMMON).map(|(pair, _)| pair).collect()
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// The text with everything left out that may say who somebody is, or where they live.
fn masked(book: &Book, reading: &Reading) -> String {
    let chars: Vec<char> = reading.key.chars().collect();
    let payee: Vec<char> = reading.payee.as_deref().unwrap_or_default().chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while at < chars.len() {
        let rest = &chars[at..];
        let found = if !payee.is_empty() && rest.starts_with(&payee) {
            Some((payee.len(), "〈人名〉"))
        } else {
            private_at(book, rest)
        };
        match found {
            Some((length, class)) => {
                out.push_str(class);
                at += length;
            }
            None => {
                out.push(chars[at]);
                at += 1;
            }
        }
    }
    legible(&out)
}

/// How many characters here are somebody's own, and what stands for them.
fn private_at(book: &Book, rest: &[char]) -> Option<(usize, &'static str)> {
    let run = |fits: &dyn Fn(char) -> bool| rest.iter().take_while(|c| fits(**c)).count();
    let is_ours = |a: char, b: char| book.vocabulary.has(book, a, b);
    let latin = run(&|c| c.is_ascii_alphanumeric() || "@._-+/:".contains(c));
    if latin > 0 {
        let word = &rest[..latin];
        let is_word = latin > 1
            && word.iter().all(char::is_ascii_alphabetic)
            && word.windows(2).all(|w| is_ours(w[0], w[1]));
        return if is_word { None } else { Some((latin, "〈字母数字〉")) };
    }
    let numerals = run(&|c| NUMERALS.contains(c));
    if numerals > 1 {
        return Some((numerals, "〈数字〉"));
    }
    let [first, second, ..] = rest else { return None };
    if !is_han(*first) || !is_han(*second) || is_ours(*first, *second) {
        return None;
    }
    let place = (2..=4).find(|n| {
        let Some(name) = rest.get(..*n) else { return false };
        let ends = PLACE_ENDS.contains(name[n - 1]);
        ends && name.iter().all(|c| is_han(*c)) && !is_ours(name[n - 2], name[n - 1])
    });
    if let Some(length) = place {
        return Some((length, "〈地名〉"));
    }
    let is_familiar = FAMILIAR.contains(*first) && SURNAMES.contains(*second);
    if !SURNAMES.contains(*first) && !is_familiar {
        return None;
    }
    let third = rest.get(2).filter(|c| is_han(**c) && !is_ours(*second, **c));
    Some((2 + usize::from(third.is_some()), "〈人名〉"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        let book = Book::embedded().unwrap();
        masked(&book, &Reading::of(text, 20_780))
    }

    #[test]
    fn nothing_that_says_who_or_where_leaves_the_house() {
        for (text, private) in [
            ("给欧阳娜娜转五百块钱", &["欧阳", "娜娜", "五百"][..]),
            ("我是陆雪婷的钱咋回事", &["陆雪", "雪婷"]),
            ("住在柳沟村的钱没到", &["柳沟"]),
            ("卡号6222021234567890123里头咋样", &["6222", "0123"]),
            ("电话13800005678打不通咋整", &["1381", "5678"]),
            ("微信号abc_2020那个咋弄", &["abc", "2020"]),
            ("尾号六六八八的那张咋样了", &["六六八八"]),
            ("小郝说的那个东西咋整", &["小郝"]),
        ] {
            let shown = mask(text);
            for word in private {
                assert!(!shown.contains(word), "{text} → {shown}");
            }
        }
    }

    #[test]
    fn what_is_the_banks_own_language_stays() {
        assert_eq!(mask("存款利息咋算的"), "存款利息咋算的");
        assert!(mask("高利率的存款").contains("利率的存款"));
    }
}
