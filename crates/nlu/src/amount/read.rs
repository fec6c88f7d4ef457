//! Finds the sums of a sentence: the figure, what stands before and after it, jiao and fen.

use super::shape::{Figure, MICRO, Shape, fen_of, read};
use super::{Mark, Money, Sum};
use crate::normal::{Normal, Span};
use crate::number;
use base::Fen;

/// Words of money moving; a number beside one is money.
pub(super) const VERBS: &str = "转汇打存取充冲交缴还借贷付买提投给花收扣要拿捐寄挣赚补";
/// Said directly before a vague sum. Words of one character are checked for what they may be part of.
const VAGUE_BEFORE: &[&str] = &[
    "几",
    "数",
    "大概",
    "大约",
    "差不多",
    "将近",
    "接近",
    "超过",
    "高于",
    "低于",
    "不到",
    "不超过",
    "至少",
    "最少",
    "最多",
    "起码",
    "顶多",
    "大致",
    "快",
    "近",
    "约",
    "小",
    "好几",
    "上下",
    "估计",
];
const PARTS_OF_WORDS: &[(char, &str)] = &[
    ('近', "最附就"),
    ('约', "预签合节"),
    ('快', "尽赶"),
    ('小', "最大"),
    ('数', "度读总点整次笔基多人位"),
];
/// Said directly after a figure or its unit.
const VAGUE_AFTER: &[&str] = &[
    "左右",
    "上下",
    "以上",
    "以内",
    "以下",
    "之内",
    "不到",
    "出头",
    "开外",
    "几",
    "多",
    "好几",
    "或者",
    "大概",
    "的样子",
];
/// What is counted when it is no money: days, pieces, weights.
const COUNTERS: &str = "年月日号天点时秒个次张笔条本户亩斤里岁人位期折%％‰℅厘度吨方米楼层栋幢室排届级股头只双匹台辆袋包箱瓶名代步种项周星礼季分版路线站岁遍份倍回下些样类家户口座集章页句层件套把积公克升兆";
/// Introduces the tail or number of something.
const INTRODUCES: &[&str] = &[
    "码",
    "尾号",
    "尾数",
    "后四位",
    "末四位",
    "卡号",
    "账号",
    "户号",
    "编号",
    "号码",
    "工号",
    "单号",
    "第",
    "表号",
    "尾",
];
/// May follow the implied tenth: 12块5给他.
const AFTER_TENTH: &str =
    "，,。.！!？?、；;~… 钱的吧呀啊哦呢嘛了给到转充交存取是不现今明从用帮麻我先缴买";
const YUAN: &[&str] = &[
    "元人民币",
    "块大洋",
    "块人民币",
    "人民币",
    "元钱",
    "块钱",
    "元",
    "块",
    "圆",
    "rmb",
    "cny",
    "大洋",
    "¥",
];
const SIGNS: &[&str] = &["¥", "rmb", "cny", "人民币", "$"];
/// 块 of earth, of meat … is no money.
const NO_MONEY_AFTER: &str = "地肉砖布田玉石糖手表屏豆板牌旦宵素";

fn starts(chars: &[char], at: usize, word: &str) -> Option<usize> {
    let mut end = at;
    for c in word.chars() {
        if chars.get(end) != Some(&c) {
            return None;
        }
        end += 1;
    }
    Some(end)
}

fn ends(chars: &[char], at: usize, word: &str) -> bool {
    let n = word.chars().count();
    at >= n && chars[at - n..at].iter().copied().eq(word.chars())
}

struct Scan<'a> {
    text: &'a Normal,
    taken: &'a [Span],
    has_verb: bool,
}

pub(super) fn all(text: &Normal, taken: &[Span]) -> Vec<Sum> {
    let scan =
        Scan {
            text, taken, has_verb: text.chars.iter().any(|c| VERBS.contains(*c) || *c == '钱')
        };
    let mut out: Vec<Sum> = vec![];
    let mut at = 0;
    while at < text.chars.len() {
        if let Some(span) = taken.iter().find(|s| (s.start..s.end).contains(&at)) {
            at = span.end;
        } else if number::belongs(text.chars[at]) || matches!(text.chars[at], '几' | '数' | '半')
        {
            let (sum, end) = scan.at(at);
            // the sign of 500¥300 belongs to the first
            let free = out.last().map_or(0, |s: &Sum| s.span.end);
            out.extend(
                sum.map(|s| Sum { span: Span { start: s.span.start.max(free), ..s.span }, ..s }),
            );
            at = end.max(at + 1);
        } else {
            at += 1;
        }
    }
    ranges(text, &mut out);
    out
}

/// 五百到六百, 三百或者五百: both are vague.
fn ranges(text: &Normal, sums: &mut [Sum]) {
    for at in 1..sums.len() {
        let between: String =
            text.chars[sums[at - 1].span.end..sums[at].span.start].iter().collect();
        let joins = ["到", "至", "-", "~", "—", "或", "或者", "或是", "还是", "~~", "--"]
            .contains(&between.as_str());
        if joins {
            sums[at - 1].money = Money::Vague;
            sums[at].money = Money::Vague;
        }
    }
}

impl Scan<'_> {
    /// The characters up to the next stretch that is something else.
    fn free(&self, at: usize) -> &[char] {
        let stop =
            self.taken.iter().find(|s| s.start > at).map_or(self.text.chars.len(), |s| s.start);
        &self.text.chars[..stop]
    }

    fn at(&self, at: usize) -> (Option<Sum>, usize) {
        let chars = self.free(at);
        if matches!(chars[at], '几' | '数') {
            return self.several(chars, at);
        }
        if chars[at] == '半' {
            return (None, at + 1);
        }
        match read(self.text, chars, at) {
            Shape::Other(end) => (None, end),
            Shape::Vague(end) => {
                let end = self.to_unit(chars, end).0;
                // 一千三千, 三五百: only when it can be money at all
                let counted = is_counter(chars, end) && !self.has_yuan(chars, end);
                ((!counted).then(|| sum(Money::Vague, Mark::Shape, at, end)), end)
            }
            Shape::Unclear(end) => {
                let end = self.to_unit(chars, end).0;
                (self.has_verb.then(|| sum(Money::Unclear, Mark::Shape, at, end)), end)
            }
            Shape::Figure(figure) => self.figure(chars, at, figure),
        }
    }

    /// 几百, 数万, 几块钱.
    fn several(&self, chars: &[char], at: usize) -> (Option<Sum>, usize) {
        let run = number::run_end(chars, at + 1);
        let (end, has_unit) = self.to_unit(chars, run);
        // 几块 alone asks how much; it offers no sum
        let is_sum = run > at + 1 && chars[at + 1..run].iter().all(|c| number::unit(*c).is_some());
        let counted = !has_unit && is_counter(chars, end);
        let sum = (is_sum && !counted).then(|| sum(Money::Vague, Mark::Shape, at, end));
        (sum, end.max(at + 1))
    }

    /// Past small vague words and a unit of yuan.
    fn to_unit(&self, chars: &[char], end: usize) -> (usize, bool) {
        let small = ["来", "多", "把", "几", "余"]
            .iter()
            .find_map(|w| starts(chars, end, w))
            .unwrap_or(end);
        // 十余万
        let mut stop = small;
        while small > end && chars.get(stop).copied().and_then(number::unit).is_some() {
            stop += 1;
        }
        match yuan(chars, stop) {
            Some(end) => (end, true),
            None => (stop, stop > small),
        }
    }

    fn has_yuan(&self, chars: &[char], end: usize) -> bool {
        yuan(chars, end).is_some()
    }

    fn is_vague_before(&self, at: usize) -> bool {
        let chars = &self.text.chars;
        VAGUE_BEFORE.iter().any(|word| {
            if !ends(chars, at, word) {
                return false;
            }
            let mut letters = word.chars();
            let (first, only) = (letters.next().unwrap_or(' '), letters.next().is_none());
            let before = at.checked_sub(2).map(|i| chars[i]);
            let part = PARTS_OF_WORDS.iter().find(|(c, _)| *c == first && only);
            !part.is_some_and(|(_, parts)| before.is_some_and(|b| parts.contains(b)))
        })
    }

    fn figure(&self, chars: &[char], at: usize, f: Figure) -> (Option<Sum>, usize) {
        let all = &self.text.chars;
        let signed = SIGNS.iter().find(|s| ends(all, at, s));
        let start = signed.map_or(at, |s| at - s.chars().count());
        let open = |money: Money, end: usize| (Some(sum(money, Mark::Shape, start, end)), end);
        let unit = yuan(chars, f.end);
        if signed == Some(&"$") || signed.is_none() && self.belongs_to_other(at) {
            return (None, f.end);
        }
        // 007元, 0500: no sum is written like that
        if f.digits > 1 && matches!(all[at], '0' | '〇' | '零') {
            let is_money = signed.is_some() || unit.is_some();
            return if is_money { open(Money::Unclear, f.end) } else { (None, f.end) };
        }
        if is_vague_after(chars, f.end, true)
            || self.is_vague_before(start)
            || self.is_spread(start)
            || begins_spread(self.text, chars, f)
        {
            let (end, has_unit) = self.to_unit(chars, f.end);
            let counted = !self.has_yuan(chars, end) && counts(chars, end) && unit.is_none();
            let is_money = unit.is_some() || f.is_strong || signed.is_some();
            let said = is_money || has_unit || self.is_bare(chars, at, f);
            return if said && !counted { open(Money::Vague, end) } else { (None, f.end) };
        }
        if let Some(end) = unit {
            return self.with_unit(chars, start, f, end);
        }
        if let Some(cents) = coins(chars, at, f) {
            return match cents {
                Ok((_, end)) if is_vague_after(chars, end, false) => open(Money::Vague, end),
                Ok((fen, end)) => (Some(sum(exact(fen), Mark::Unit, start, end)), end),
                Err(end) => open(Money::Unclear, end),
            };
        }
        let end = ["整", "正"].iter().find_map(|w| starts(chars, f.end, w)).unwrap_or(f.end);
        let counted = end == f.end && counts(chars, end) && starts(chars, end, "户号").is_none();
        let mark = match () {
            () if signed.is_some() => Mark::Unit,
            () if counted => return (None, end),
            () if f.is_strong => Mark::Shape,
            () if self.is_bare(chars, at, f) => Mark::Bare,
            () => return (None, end),
        };
        let money = fen_of(f.micro).map_or(Money::Unclear, exact);
        (Some(sum(money, mark, start, end)), end)
    }

    /// True when the number is the end of something longer, or a tail or number by name.
    fn belongs_to_other(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let all = &self.text.chars;
        // 尾号8821五百: the tail is known to be one
        let is_known = self.taken.iter().any(|s| s.end == at);
        let glued = !is_known
            && (all[before].is_ascii_alphanumeric() || matches!(all[before], '.' | ':' | '/'));
        let named = if all[before] == '是' { before } else { at };
        glued || INTRODUCES.iter().any(|w| ends(all, named, w))
    }

    /// True after `500-` or `五百到`: the second end of a range, or a sign.
    fn is_spread(&self, at: usize) -> bool {
        let chars = &self.text.chars;
        let joint = at > 0 && "-~—至到".contains(chars[at - 1]);
        let number_before =
            at > 1 && number::belongs(chars[at - 2]) && !self.taken.iter().any(|s| s.end == at - 1);
        joint && (number_before || chars[at - 1] == '-')
    }

    /// True when a plain number can only be money here.
    fn is_bare(&self, chars: &[char], at: usize, f: Figure) -> bool {
        let all = &self.text.chars;
        if f.digits > 7 || all[at] == '0' && !f.has_point {
            return false;
        }
        let of_account = ["那", "这", "的卡", "卡", "折", "账", "户", "尾", "的那", "@", "_"];
        let names_account =
            f.digits >= 4 && of_account.iter().any(|w| starts(chars, f.end, w).is_some());
        if names_account || chars.get(f.end).is_some_and(char::is_ascii_alphabetic) {
            return false;
        }
        let skip = |mut i: usize| {
            while i > 0 && "了个它他她我".contains(all[i - 1]) {
                i -= 1;
            }
            i
        };
        let before = skip(at);
        let beside = before > 0 && VERBS.contains(all[before - 1])
            || ends(all, at, "金额")
            || ends(all, at, "是")
            || ends(all, at, "额");
        let like_tail = f.digits == 4 && f.micro % (10 * MICRO) != 0;
        // 转1000给8821: that is who gets it
        if ends(all, at, "给") && like_tail {
            return false;
        }
        if beside && !ends(all, at, "号是") {
            return f.is_arabic || f.digits == 0 || f.digits >= 3;
        }
        // 给张三转了2000: a verb somewhere, and nothing else it could be
        let shape = f.has_point || (2..=7).contains(&f.digits) && f.is_arabic;
        self.has_verb
            && shape
            && !like_tail
            && !ends(all, at, "到")
            && !ends(all, at, "从")
            && !ends(all, at, "用")
    }

    fn with_unit(
        &self,
        chars: &[char],
        start: usize,
        f: Figure,
        end: usize,
    ) -> (Option<Sum>, usize) {
        let open = |money: Money, end: usize| (Some(sum(money, Mark::Unit, start, end)), end);
        let at_last = chars.get(end - 1) == Some(&'块');
        // 两千五块: 2500 or 2005?
        if f.has_implied_tail {
            return open(Money::Unclear, end);
        }
        // 二三块 is vague; 一块去 means "together"
        if !f.is_arabic && f.digits == 2 && f.micro / MICRO % 10 != 0 {
            return open(Money::Vague, end);
        }
        let tail = match tenths(chars, end, f) {
            Ok(tail) => tail,
            Err(stop) => return open(Money::Unclear, stop),
        };
        let alone = !f.is_arabic && f.digits == 1 && f.micro == MICRO && at_last && tail.is_none();
        let beside = start > 0 && VERBS.contains(self.text.chars[start - 1]);
        let is_all = start == 0 && end == self.text.chars.len();
        if alone && !beside && !is_all {
            return (None, end);
        }
        let (more, end) = tail.unwrap_or((0, end));
        let end = ["整", "正", "钱"].iter().find_map(|w| starts(chars, end, w)).unwrap_or(end);
        if is_vague_after(chars, end, false) {
            return open(Money::Vague, end);
        }
        match fen_of(f.micro).and_then(|fen| fen.checked_add(more)) {
            Some(fen) => (Some(sum(exact(fen), Mark::Unit, start, end)), end),
            None => open(Money::Unclear, end),
        }
    }
}

/// True for the 500 of 500到1000; not before what looks like a tail: 500到8821.
fn begins_spread(text: &Normal, chars: &[char], f: Figure) -> bool {
    let joined = ["到", "至", "-", "~", "—"].iter().find_map(|j| starts(chars, f.end, j));
    let Some(next) = joined.filter(|n| chars.get(*n).is_some_and(|c| number::begins(*c))) else {
        return false;
    };
    let is_sum = |other: Figure| {
        let like_tail = other.digits == 4 && other.micro % (10 * MICRO) != 0;
        let like_number = like_tail || other.digits > 7 || matches!(chars[next], '0' | '零');
        !like_number && !counts(chars, other.end)
    };
    matches!(read(text, chars, next), Shape::Figure(other) if is_sum(other))
}

/// True when days, pieces or weights are counted here.
fn counts(chars: &[char], end: usize) -> bool {
    // 二十万分三年还: what is paid in parts is money
    let parts = chars.get(end) == Some(&'分')
        && chars.get(end + 1).is_some_and(|c| number::begins(*c) || *c == '期');
    !parts && is_counter(chars, end)
}

fn is_counter(chars: &[char], at: usize) -> bool {
    let is_day_after = |c: char| matches!(c, '日' | '月') && chars[at] == '次';
    chars.get(at).is_some_and(|c| COUNTERS.contains(*c))
        // 转五百次日到账: arriving the next day, not five hundred times
        && !chars.get(at + 1).is_some_and(|c| is_day_after(*c))
}

/// 左右, 以上 …; directly after a figure also 来, 把, 余 (but not 余额).
fn is_vague_after(chars: &[char], end: usize, is_figure: bool) -> bool {
    let is = |w: &&str| starts(chars, end, w).is_some();
    let small = ["来", "把", "余"].iter().any(is) && !["余额", "来着"].iter().any(is);
    VAGUE_AFTER.iter().any(is) && !["多少", "以内的"].iter().any(is) || is_figure && small
}

fn sum(money: Money, mark: Mark, start: usize, end: usize) -> Sum {
    Sum { money, mark, span: Span { start, end } }
}

fn exact(fen: i64) -> Money {
    // nobody moves nothing
    if fen > 0 { Money::Exact(Fen::of(fen)) } else { Money::Unclear }
}

fn yuan(chars: &[char], end: usize) -> Option<usize> {
    let stop = YUAN.iter().find_map(|u| starts(chars, end, u))?;
    let plain = stop == end + 1 && matches!(chars[end], '块' | '元');
    let other = plain && chars.get(stop).is_some_and(|c| NO_MONEY_AFTER.contains(*c));
    (!other).then_some(stop)
}

/// One digit before 毛, 角 or 分: its value and where it ends.
fn digit_at(chars: &[char], at: usize) -> Option<(i64, usize)> {
    let n = number::one(*chars.get(at)?)?;
    Some((n, at + 1))
}

/// 两毛五, 五角, 八分钱 without any yuan. `Err`: more than one reading, up to there.
fn coins(chars: &[char], at: usize, f: Figure) -> Option<Result<(i64, usize), usize>> {
    let unit = *chars.get(f.end)?;
    let is_plain = f.digits == 1 && f.end == at + 1;
    match unit {
        '毛' | '角' if is_plain => {
            let jiao = f.micro / MICRO * 10;
            let stop = f.end + 1;
            let (fen, end) = match digit_at(chars, stop) {
                Some((n, end)) if closes(chars, end) => {
                    (n, starts(chars, end, "分").unwrap_or(end))
                }
                Some((_, end)) => return Some(Err(end)),
                None => (0, stop),
            };
            Some(Ok((jiao + fen, starts(chars, end, "钱").unwrap_or(end))))
        }
        // 三万五毛: is it 三万五 or 五毛?
        '毛' | '角' if f.has_implied_tail => Some(Err(f.end + 1)),
        '分' if is_plain => starts(chars, f.end + 1, "钱").map(|end| Ok((f.micro / MICRO, end))),
        _ => None,
    }
}

/// True when a digit at the end of a sum is not the beginning of something else.
fn closes(chars: &[char], end: usize) -> bool {
    chars.get(end).is_none_or(|c| AFTER_TENTH.contains(*c) || *c == '分')
}

/// What follows the yuan: 5毛2, 零五分, 5, 50, 半. `Err`: more than one reading, up to there.
fn tenths(chars: &[char], end: usize, f: Figure) -> Result<Option<(i64, usize)>, usize> {
    if chars.get(end) == Some(&'半') {
        return Ok(Some((50, end + 1)));
    }
    let zero = chars.get(end).is_some_and(|c| matches!(c, '零' | '0' | '〇'));
    let at = if zero { end + 1 } else { end };
    let Some((n, stop)) = digit_at(chars, at) else {
        return Ok(None);
    };
    let unit = chars.get(stop).copied().unwrap_or('\0');
    if matches!(unit, '毛' | '角') {
        let next = stop + 1;
        let skip = starts(chars, next, "零").unwrap_or(next);
        return Ok(Some(match digit_at(chars, skip) {
            Some((m, last)) if closes(chars, last) => {
                (n * 10 + m, starts(chars, last, "分").unwrap_or(last))
            }
            Some((_, last)) => return Err(last),
            None => (n * 10, next),
        }));
    }
    if unit == '分' && chars.get(stop + 1) != Some(&'钟') {
        return Ok(Some((n, stop + 1)));
    }
    if f.has_point {
        return Ok(None);
    }
    if zero {
        return if closes(chars, stop) { Ok(Some((n, stop))) } else { Ok(None) };
    }
    // 12块50
    if let Some((m, last)) = digit_at(chars, stop)
        && chars[at].is_ascii_digit()
        && chars[stop].is_ascii_digit()
    {
        return if closes(chars, last) { Ok(Some((n * 10 + m, last))) } else { Ok(None) };
    }
    if closes(chars, stop) {
        return Ok(Some((n * 10, stop)));
    }
    // 五百块3天 counts days; 两百块二娃 could be a name or the tenth
    let counted = number::belongs(unit) || COUNTERS.contains(unit);
    if counted { Ok(None) } else { Err(stop) }
}
