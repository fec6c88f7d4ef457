//! Names that the caller knows (payees, branches, places) found in a sentence: as written, as they sound, or with one slip.
//!
//! Not for: guessing who is meant. When several fit, all are given, and the customer is asked.

use crate::amend;
use crate::normal::{Normal, Span, normalise};
use crate::number;
use crate::sound::{alike, sound};
use std::collections::BTreeMap;

/// How well a name fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Letter for letter.
    Exact,
    /// It sounds the same: 张立 for 张丽.
    Sound,
    /// One character is other, missing or too much (names of four and more).
    Slip,
}

/// A name found in a sentence and whose it may be (indices into the caller's list).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    pub whose: Vec<usize>,
    pub fit: Fit,
    pub span: Span,
}

/// A list of names to look for.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// First character, or first sound, → (name, whose).
    by_char: BTreeMap<char, Vec<(Vec<char>, usize)>>,
    by_sound: BTreeMap<u16, Vec<(Vec<char>, usize)>>,
}

/// What a branch or place may be called without.
const ENDINGS: &[&str] = &[
    "支行营业部",
    "营业部",
    "分理处",
    "储蓄所",
    "信用社",
    "营业厅",
    "支行",
    "分社",
    "网点",
    "社区",
    "镇",
    "乡",
    "村",
    "县",
];

impl Names {
    /// Each entry: all names of one payee or place, by its place in the list.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut out = Self::default();
        for (at, names) in entries.into_iter().enumerate() {
            for name in names {
                out.add(&normalise(name).chars, at);
            }
        }
        out
    }

    /// The same for branches and places, which people also call without their ending: 城关 for 城关支行.
    pub fn places<'a>(entries: impl IntoIterator<Item = &'a [&'a str]>) -> Self {
        let mut out = Self::default();
        for (at, names) in entries.into_iter().enumerate() {
            for name in names {
                let name = normalise(name).text();
                let bare = ENDINGS.iter().find_map(|e| name.strip_suffix(e));
                for short in [Some(name.as_str()), bare.filter(|b| b.chars().count() >= 2)]
                    .into_iter()
                    .flatten()
                {
                    out.add(&short.chars().collect::<Vec<_>>(), at);
                }
            }
        }
        out
    }

    fn add(&mut self, name: &[char], whose: usize) {
        // one character alone is found everywhere
        if name.len() < 2 {
            return;
        }
        let entry = (name.to_vec(), whose);
        self.by_sound.entry(sound(name[0])).or_default().push(entry.clone());
        self.by_char.entry(name[0]).or_default().push(entry);
    }

    pub fn is_empty(&self) -> bool {
        self.by_char.is_empty()
    }

    /// All names in the text, longest first at each place, not overlapping.
    pub fn find(&self, text: &Normal) -> Vec<Hit> {
        let chars = &text.chars;
        let (mut out, mut at) = (vec![], 0);
        while at < chars.len() && !self.is_empty() {
            match self.at(chars, at) {
                Some(hit) => {
                    at = hit.span.end;
                    out.push(hit);
                }
                None => at += 1,
            }
        }
        out
    }

    fn at(&self, chars: &[char], at: usize) -> Option<Hit> {
        let rest = &chars[at..];
        let none = vec![];
        let written = self.by_char.get(&rest[0]).unwrap_or(&none);
        let heard = match sound(rest[0]) {
            0 => &none,
            s => self.by_sound.get(&s).unwrap_or(&none),
        };
        best(written, Fit::Exact, at, |name| rest.starts_with(name).then_some(name.len()))
            .or_else(|| {
                best(heard, Fit::Sound, at, |name| {
                    alike(rest.get(..name.len())?, name).then_some(name.len())
                })
            })
            .or_else(|| best(written, Fit::Slip, at, |name| slip(rest, name)))
    }
}

fn best(
    names: &[(Vec<char>, usize)],
    fit: Fit,
    at: usize,
    len_of: impl Fn(&[char]) -> Option<usize>,
) -> Option<Hit> {
    let fits: Vec<(usize, usize)> =
        names.iter().filter_map(|(name, whose)| Some((len_of(name)?, *whose))).collect();
    let longest = fits.iter().map(|f| f.0).max()?;
    let mut whose: Vec<usize> = fits.iter().filter(|f| f.0 == longest).map(|f| f.1).collect();
    whose.sort_unstable();
    whose.dedup();
    Some(Hit { whose, fit, span: Span { start: at, end: at + longest } })
}

/// The length of `name` in `text` with one slip after its first character.
fn slip(text: &[char], name: &[char]) -> Option<usize> {
    if name.len() < 4 {
        return None;
    }
    let same = text.iter().zip(name).take_while(|(a, b)| a == b).count();
    if same == 0 {
        return None;
    }
    let follows = |from: usize, rest: &[char]| text.get(from..from + rest.len()) == Some(rest);
    let left = &name[same..];
    if left.len() > 1 && follows(same + 1, &left[1..]) {
        return Some(name.len());
    }
    if follows(same + 1, left) {
        return Some(name.len() + 1);
    }
    (left.len() > 1 && follows(same, &left[1..])).then_some(name.len() - 1)
}

/// Names that hold a numeral, so that no sum swallows it: 张三, 李四, 老五, 二娃.
pub(crate) fn with_numerals(text: &Normal) -> Vec<Span> {
    const PAIRS: &[&str] = &["张三", "李四", "王五", "赵六", "孙七", "周八", "吴九", "郑十"];
    const KIN: &str = "叔伯哥姐姨舅姑娃妹弟婶爷奶嫂妞丫狗蛋孃爸妈毛";
    let chars = &text.chars;
    let mut out: Vec<Span> = vec![];
    for at in 1..chars.len() {
        let two = |w: &&str| w.chars().eq(chars[at - 1..=at].iter().copied());
        let is_numeral = |c: char| !c.is_ascii_digit() && number::one(c).is_some();
        let elder = "老小".contains(chars[at - 1])
            && is_numeral(chars[at])
            && at >= 2
            && "给转汇打跟帮我".contains(chars[at - 2]);
        let kin = is_numeral(chars[at - 1])
            && KIN.contains(chars[at])
            && !(at >= 2 && number::belongs(chars[at - 2]))
            && !matches!((chars[at - 1], chars[at]), (_, '毛'))
            && chars[at - 1] != '一';
        if (PAIRS.iter().any(two) || elder || kin) && out.last().is_none_or(|l| l.end < at) {
            out.push(Span { start: at - 1, end: at + 1 });
        }
    }
    out
}

/// Where somebody's money is: 转到张会计那, 打到老婆卡上.
const THEIRS: &[&str] = &["那", "这边", "手上", "手里", "名下", "的卡", "卡上", "卡里", "账上"];
/// What is nobody: an account of one's own, a bank, another card.
const NOBODY: &str = "卡折户行社活定存款理财微信零基保金资自本另别新旧常用这那哪";

/// Whether that word stands there.
fn stands(chars: &[char], at: usize, word: &str) -> bool {
    chars[at..].iter().copied().take(word.chars().count()).eq(word.chars())
}

/// X of 到X那, 到X卡上, where money is moved there.
fn at_theirs(chars: &[char], at: usize) -> Option<Span> {
    let before = &chars[at.saturating_sub(8)..at];
    if chars[at] != '到' || !before.iter().any(|c| "转汇打".contains(*c)) {
        return None;
    }
    let start = if chars.get(at + 1) == Some(&'我') { at + 2 } else { at + 1 };
    let is_end = |i: &usize| THEIRS.iter().any(|w| stands(chars, *i, w));
    let end = (start + 1..chars.len().min(start + 6)).find(is_end)?;
    let name = &chars[start..end];
    let is_name = name.iter().all(|c| !NOBODY.contains(*c) && !number::belongs(*c));
    let pronoun = "我他她它你您咱".contains(name[0]);
    (is_name && !pronoun).then_some(Span { start, end })
}

/// Before a name, as on a form: 收款人孟庆河.
const FORM_WORDS: &[&str] = &["收款人", "收款方", "对方叫", "对方名字", "收款户名"];

/// What follows it there.
const FIELDS: &[&str] = &["金额", "备注", "账号", "卡号", "开户", "手机", "尾号", "用途", "附言"];

/// Who stands in a form.
fn in_form(chars: &[char], at: usize) -> Option<Span> {
    let word = FORM_WORDS.iter().find(|word| stands(chars, at, word))?;
    let mut start = at + word.chars().count();
    while chars.get(start).is_some_and(|c| "是叫：: ".contains(*c)) {
        start += 1;
    }
    let is_name = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
    let is_end = |i: &usize| !is_name(&chars[*i]) || FIELDS.iter().any(|f| stands(chars, *i, f));
    let end = (start..chars.len()).find(is_end).unwrap_or(chars.len());
    // 收款人备注改一下 names nobody; 行内转账 收款人孟庆河 moves something.
    let moves = chars[..at].iter().any(|c| "转汇打付".contains(*c));
    (moves && (2..=4).contains(&(end - start))).then_some(Span { start, end })
}

/// Who is to get money, as it was said: 给X转, 转给X, 转到X那. Of several that stand, the last.
pub fn payee_said(text: &Normal, taken: &[Span]) -> Option<(String, Span)> {
    let chars = &text.chars;
    let mut found: Vec<Span> = vec![];
    for at in 0..chars.len() {
        let start = at + 1;
        found.extend(at_theirs(chars, at).or_else(|| in_form(chars, at)));
        // 给我儿子转, 转给张丽, and after a correction 是李四
        let is_given = chars[at] == '给' || chars[at] == '跟' && chars[at..].contains(&'转');
        let corrects = |c: &char| "对错不哦噢".contains(*c);
        let is_corrected = chars[at] == '是'
            && !found.is_empty()
            && chars[at.saturating_sub(3)..at].iter().any(corrects);
        if !is_given && !is_corrected {
            continue;
        }
        let end = (start..chars.len()).find(|i| ends_name(chars, *i, taken)).unwrap_or(chars.len());
        let end = if end > start && chars[end - 1] == '的' { end - 1 } else { end };
        let start =
            if chars.get(start) == Some(&'我') && end - start > 2 { start + 1 } else { start };
        let name = &chars[start.min(end)..end];
        let plain = ["我", "他", "她", "你", "它", "人", "别人", "我的", "你们", "他们", "人家"];
        let text: String = name.iter().collect();
        let pronoun = name.first().is_some_and(|c| "他她它你您咱".contains(*c));
        let moves = is_corrected || moves_money(chars, at, end);
        if (1..=8).contains(&name.len()) && !plain.contains(&text.as_str()) && !pronoun && moves {
            found.push(Span { start, end });
        }
    }
    let kept = amend::kept(text, &found);
    let span = found.iter().zip(kept).rev().find(|(_, kept)| *kept).map(|(s, _)| *s)?;
    Some((text.slice(span), span))
}

fn moves_money(chars: &[char], at: usize, end: usize) -> bool {
    const VERBS: &str = "转汇付寄充交缴存还";
    let before = &chars[at.saturating_sub(12)..at];
    let after = &chars[end..(end + 4).min(chars.len())];
    // 打钱, 打五百, 划两百, but not 打分 and 打电话
    let is_sum = |c: char| "钱款".contains(c) || number::belongs(c);
    let sends = chars.windows(2).any(|w| match w[0] {
        '打' => is_sum(w[1]) || w[1] == '了',
        '划' | '拨' => is_sum(w[1]),
        _ => false,
    });
    sends || before.iter().chain(after).any(|c| VERBS.contains(*c))
}

fn ends_name(chars: &[char], at: usize, taken: &[Span]) -> bool {
    let c = chars[at];
    let name = taken
        .iter()
        .any(|s| (s.start..s.end).contains(&at) && s.end - s.start == 2 && !c.is_ascii_digit());
    !name
        && (number::belongs(c)
            || "转汇打划拨付寄充交缴存还发查代办看手开用做弄是，,。.!！?？、；;…那账帐卡吧了的行¥哦不 "
                .contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payees() -> Names {
        let all: [&[&str]; 4] =
            [&["张丽", "丽丽"], &["李国强", "大儿子"], &["张力"], &["刘桂英", "我妈", "妈"]];
        Names::of(all)
    }

    #[test]
    fn payees_are_found_as_written_or_as_they_sound() {
        let book = payees();
        let hit = |text: &str| {
            book.find(&normalise(text)).into_iter().map(|h| (h.whose, h.fit)).collect::<Vec<_>>()
        };
        assert_eq!(hit("转给张丽五百"), [(vec![0], Fit::Exact)]);
        assert_eq!(hit("转给李国墙五百"), [(vec![1], Fit::Sound)]);
        assert_eq!(hit("转给大儿子"), [(vec![1], Fit::Exact)]);
        assert_eq!(hit("转给章莉"), [(vec![0, 2], Fit::Sound)], "two sound like that");
        assert_eq!(hit("給劉桂英交醫保"), [(vec![3], Fit::Exact)]);
        assert!(hit("查余额").is_empty());
    }

    #[test]
    fn places_have_short_names_and_slips() {
        let all: [&[&str]; 3] = [&["城关支行"], &["王家坳助农服务点", "王家坳"], &["临江镇信用社"]];
        let book = Names::places(all);
        let whose = |text: &str| {
            book.find(&normalise(text)).into_iter().flat_map(|h| h.whose).collect::<Vec<_>>()
        };
        assert_eq!(whose("明天城关那边人多不多"), [0]);
        assert_eq!(whose("我在王家坳哪里能取钱"), [1]);
        assert_eq!(whose("临江信用社几点开门"), [2]);
        assert_eq!(whose("城官支行"), [0]);
        assert!(whose("你们几点开门").is_empty());
    }

    #[test]
    fn whoever_is_to_get_money_is_heard() {
        for (text, name) in [
            ("给张丽转五百", "张丽"),
            ("转给张三五百…哦不对是李四", "李四"),
            ("转给我儿子两千", "儿子"),
            ("给我妈转2000", "我妈"),
            ("转500给李国强", "李国强"),
            ("帮我转五百块钱给我妈", "我妈"),
            ("给我妈手机充一百", "我妈"),
            ("给村头老李划两百", "村头老李"),
            ("给小燕拨三百过去", "小燕"),
            ("把一万转到张会计那", "张会计"),
            ("转两千到我老婆卡上", "老婆"),
            ("打五百到孩子的卡里", "孩子"),
            ("行内转账 收款人孟庆河 金额680", "孟庆河"),
            ("汇6500，对方叫席志刚，货款", "席志刚"),
        ] {
            let normal = normalise(text);
            let taken = with_numerals(&normal);
            assert_eq!(payee_said(&normal, &taken).map(|p| p.0).as_deref(), Some(name), "{text}");
        }
        for text in [
            "给我查余额",
            "转给我",
            "把钱给他",
            "给柜员打分",
            "我要转5万给他他说是公安",
            "这个号码打给我是真的吗",
            "给你们经理留言",
            "转到存折上",
            "转五百到我另一张卡上",
            "转到工资卡里",
            "把钱转到建行卡上",
            "打到他卡上",
            "走到哪那里都行",
        ] {
            assert_eq!(payee_said(&normalise(text), &[]), None, "{text}");
        }
    }
}
