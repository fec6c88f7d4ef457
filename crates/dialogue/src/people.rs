//! Who of a family is meant (全家, 孙子, 刘桂英, 1和3), as customers say it.
//!
//! What is said is kept as words with 、 between: numbers of a list, [`ALL`], [`SELF`], one word for each relation, and names.
//! Not for: knowing a family; whoever has the list finds who it is.

use nlu::Normal;

/// Everybody.
pub const ALL: &str = "全家";
/// Whoever speaks.
pub const SELF: &str = "我自己";
const BETWEEN: char = '、';
/// Places of a list that may be said by number.
const NUMBER_MAX: u32 = 20;
/// Letters of a name.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=4;

/// What is said of everybody.
const EVERYBODY: &[&str] = &[
    "全家",
    "一家",
    "家里人都",
    "家里的都",
    "家里都",
    "几口",
    "口人",
    "口子都",
    "所有人",
    "全部人",
    "全交",
    "都交",
    "全部交",
    "全部",
    "都要交",
    "一起交",
    "一块交",
    "一块付",
    "大家",
];
/// What is said of oneself.
const ONESELF: &[&str] =
    &["我自己", "自己", "本人", "我的", "给我交", "给我缴", "帮我本人", "俺自己", "就我"];

/// What somebody is called, the one word for it, and what the office writes of them.
const RELATIONS: &[(&[&str], &str, &[&str])] = &[
    (
        &[
            "老伴",
            "媳妇",
            "老婆",
            "老公",
            "爱人",
            "当家的",
            "丈夫",
            "妻子",
            "配偶",
            "老头子",
            "孩子他爹",
            "孩子他妈",
        ],
        "配偶",
        &["配偶"],
    ),
    (&["儿媳妇", "儿媳"], "儿媳", &["儿媳"]),
    (&["女婿"], "女婿", &["女婿"]),
    (&["外孙女"], "外孙女", &["外孙女"]),
    (&["外孙子", "外孙"], "外孙", &["外孙子", "外孙"]),
    (&["孙女"], "孙女", &["孙女"]),
    (&["孙子", "孙娃"], "孙子", &["孙子"]),
    (&["儿子"], "儿子", &["子"]),
    (&["闺女", "女儿", "姑娘"], "女儿", &["女"]),
    (&["孩子", "娃娃", "宝宝", "小孩", "新生儿", "娃"], "孩子", &["子", "女"]),
    (&["岳父", "丈人", "老丈人"], "岳父", &["岳父"]),
    (&["岳母", "丈母娘"], "岳母", &["岳母"]),
    (&["公公"], "公公", &["公公"]),
    (&["婆婆"], "婆婆", &["婆婆"]),
    (&["外婆", "姥姥"], "外婆", &["外祖母"]),
    (&["外公", "姥爷"], "外公", &["外祖父"]),
    (&["爷爷"], "爷爷", &["祖父"]),
    (&["奶奶"], "奶奶", &["祖母"]),
    (&["老爸", "我爸", "俺爸", "我爹", "俺爹", "老爹", "父亲", "爸爸", "爹"], "父亲", &["父"]),
    (&["老妈", "我妈", "俺妈", "我娘", "俺娘", "老娘", "母亲", "妈妈", "娘"], "母亲", &["母"]),
    (&["弟弟", "我弟", "俺弟"], "弟弟", &["弟"]),
    (&["妹妹", "我妹", "俺妹"], "妹妹", &["妹"]),
    (&["哥哥", "我哥", "俺哥"], "哥哥", &["兄"]),
    (&["姐姐", "我姐", "俺姐"], "姐姐", &["姐"]),
    (&["侄子", "侄女"], "侄子", &["侄"]),
];
/// Two of them in one word.
const COUPLES: &[(&str, [&str; 2])] = &[
    ("两口子", [SELF, "配偶"]),
    ("老两口", [SELF, "配偶"]),
    ("爸妈", ["父亲", "母亲"]),
    ("爹妈", ["父亲", "母亲"]),
    ("爹娘", ["父亲", "母亲"]),
    ("父母", ["父亲", "母亲"]),
];

/// Characters of no name.
const NO_NAME: &str = "吗么呢啊吧不没怎几多少哪什谁查转账卡额元块百千手续费要想能可以帮我你您俺咱他她它的了号网点银行退取存交缴办这那个年月日\
                       里人村队医保养老社合作疗农险给替把都还有在是今去前";
/// What looks like a name and is none.
const NO_NAMES: &[&str] = &["刚生", "新生", "邻居", "亲戚", "朋友", "外地"];

/// The words that were kept, one by one.
pub fn parts(kept: &str) -> Vec<&str> {
    kept.split(BETWEEN).filter(|part| !part.is_empty()).collect()
}

/// Whether a word is what somebody is called: a name or a relation, and neither a number nor everybody.
pub fn is_name(word: &str) -> bool {
    word != ALL && word != SELF && word.parse::<u32>().is_err()
}

/// The same words with names masked.
pub(crate) fn masked(kept: &str) -> String {
    let one = |word: &str| {
        let is_plain = !is_name(word) || !relations(word).is_empty();
        if is_plain { word.to_owned() } else { base::mask_name(word) }
    };
    parts(kept).into_iter().map(one).collect::<Vec<_>>().join(&BETWEEN.to_string())
}

/// What the office may write of whom this word means.
pub fn relations(word: &str) -> &'static [&'static str] {
    RELATIONS.iter().find(|(_, one, _)| *one == word).map_or(&[], |(.., written)| *written)
}

fn keep(all: Vec<String>) -> Option<String> {
    let mut kept: Vec<String> = vec![];
    for word in all {
        if !kept.contains(&word) {
            kept.push(word);
        }
    }
    (!kept.is_empty()).then(|| kept.join(&BETWEEN.to_string()))
}

/// Relations in a text, in their order; of one in another the longer.
fn related(text: &str) -> Vec<String> {
    let mut found: Vec<(usize, usize, &str)> = vec![];
    let said = RELATIONS.iter().flat_map(|(words, one, _)| words.iter().map(move |w| (*w, *one)));
    for (word, one) in said {
        found.extend(text.match_indices(word).map(|(at, w)| (at, at + w.len(), one)));
    }
    let held = |a: &(usize, usize, &str), b: &(usize, usize, &str)| {
        b.0 <= a.0 && a.1 <= b.1 && (b.1 - b.0) > (a.1 - a.0)
    };
    let mut kept: Vec<_> =
        found.iter().filter(|a| !found.iter().any(|b| held(a, b))).copied().collect();
    kept.sort_unstable();
    kept.into_iter().map(|(.., one)| one.to_owned()).collect()
}

fn is_name_like(word: &str) -> bool {
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    NAME_CHARS.contains(&word.chars().count())
        && word.chars().all(|c| is_han(c) && !NO_NAME.contains(c))
        && !NO_NAMES.contains(&word)
}

/// Names: 给王小宝和李梅交, 她叫刘桂英.
fn named(text: &str) -> Vec<String> {
    let mut found = vec![];
    let until =
        |rest: &str, ends: &[char]| rest.split(ends).next().map(str::to_owned).unwrap_or_default();
    for opener in ["叫", "名字是"] {
        for (at, o) in text.match_indices(opener) {
            let name = until(&text[at + o.len()..], &['，', ',', '。', '.', '的', '交', '缴', ' ']);
            found.extend(Some(name).filter(|n| is_name_like(n)));
        }
    }
    for opener in ['给', '替', '帮'] {
        for (at, _) in text.match_indices(opener) {
            let rest = &text[at + opener.len_utf8()..];
            let some =
                until(rest, &['交', '缴', '把', '续', '补', '参', '办', '的', '，', ',', '。']);
            let parts = some.split(['和', '跟', '与', '、']).map(str::to_owned);
            found.extend(parts.filter(|p| is_name_like(p) && related(p).is_empty()));
        }
    }
    found
}

/// What a sentence says without having been asked.
pub(crate) fn said(text: &str) -> Option<String> {
    let names = named(text);
    let relations = related(text);
    // 给我妈交，她叫刘桂英 is one person
    let is_one = text.contains('叫') && names.len() == 1 && relations.len() == 1;
    if is_one {
        return keep(names);
    }
    if let Some((_, two)) = COUPLES.iter().find(|(word, _)| text.contains(word)) {
        let two = two.iter().map(|w| (*w).to_owned());
        return keep(two.chain(names).collect());
    }
    let others = relations.into_iter().chain(names).collect::<Vec<_>>();
    if others.is_empty() && EVERYBODY.iter().any(|w| text.contains(w)) {
        return Some(ALL.to_owned());
    }
    let is_oneself = ONESELF.iter().any(|w| text.contains(w));
    let own = is_oneself.then(|| SELF.to_owned());
    keep(own.into_iter().chain(others).collect())
}

/// Numbers of a list and nothing else: 1、3, 第一个和第三个, 一三五.
fn numbers(text: &str) -> Option<Vec<String>> {
    const HAN: &str = "零一二三四五六七八九";
    const BESIDE: &str = "第个和跟与、，,.。号位 人";
    let mut found: Vec<u32> = vec![];
    let mut is_within = false;
    for c in text.chars() {
        let digit = c.to_digit(10);
        let han = HAN.chars().position(|h| h == c).and_then(|at| u32::try_from(at).ok());
        match (digit, han.or_else(|| (c == '两').then_some(2))) {
            (Some(d), _) => match found.last_mut().filter(|_| is_within) {
                Some(last) => *last = last.checked_mul(10)?.checked_add(d)?,
                None => found.push(d),
            },
            (None, Some(n)) => found.push(n),
            (None, None) if BESIDE.contains(c) => {}
            (None, None) => return None,
        }
        is_within = digit.is_some();
    }
    let is_place = |n: &u32| (1..=NUMBER_MAX).contains(n);
    (!found.is_empty() && found.iter().all(is_place))
        .then(|| found.iter().map(ToString::to_string).collect())
}

/// What an answer to 「给谁交」 says.
pub(crate) fn answered(text: &Normal) -> Option<String> {
    let text = text.text();
    let text = text.trim();
    if let Some(numbers) = numbers(text) {
        return keep(numbers);
    }
    let own = || matches!(text, "我" | "俺" | "本人").then(|| SELF.to_owned());
    said(text).or_else(own)
}

/// The same of bare names, where they can be nothing else: 王小宝, 王小宝和李梅.
pub(crate) fn bare(text: &Normal) -> Option<String> {
    let text = text.text();
    let trimmed = text.trim_matches(|c: char| !c.is_alphanumeric());
    let all: Vec<String> = trimmed
        .split(['和', '跟', '与', '、', '，', ',', ' '])
        .filter(|p| !p.is_empty())
        .map(str::to_owned)
        .collect();
    all.iter().all(|p| is_name_like(p)).then(|| keep(all)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_meant_is_heard_in_a_sentence() {
        for (text, want) in [
            ("给孙子交医保", "孙子"),
            ("全家五口的合作医疗一起交", "全家"),
            ("给我妈交医保 她叫刘桂英", "刘桂英"),
            ("给爹妈把医保缴了", "父亲、母亲"),
            ("我两口子的养老一起交", "我自己、配偶"),
            ("给王小宝和李梅交医保", "王小宝、李梅"),
            ("帮儿媳妇把医保续上", "儿媳"),
            ("给外孙参保医保", "外孙"),
            ("给刚生的娃交医保", "孩子"),
            ("交自己的养老钱一千", "我自己"),
            ("给儿子闺女交医保", "儿子、女儿"),
            ("交医保", ""),
            ("医保现在还能交吗", ""),
            ("村干部让交养老钱在哪交", ""),
        ] {
            assert_eq!(said(text).unwrap_or_default(), want, "{text}");
        }
    }

    #[test]
    fn an_answer_may_be_numbers_everybody_or_names() {
        let answer = |text: &str| {
            let normal = nlu::normalise(text);
            answered(&normal).or_else(|| bare(&normal)).unwrap_or_default()
        };
        for (text, want) in [
            ("1、3", "1、3"),
            ("第一个和第三个", "1、3"),
            ("2", "2"),
            ("全家", "全家"),
            ("都交", "全家"),
            ("我", "我自己"),
            ("王小宝", "王小宝"),
            ("王小宝、李梅", "王小宝、李梅"),
            ("1011000231", ""),
            ("查余额", ""),
            ("怎么交", ""),
        ] {
            assert_eq!(answer(text), want, "{text}");
        }
    }

    #[test]
    fn every_relation_has_a_word_of_its_own_that_is_found() {
        for (said_as, one, _) in RELATIONS {
            for word in *said_as {
                assert_eq!(related(word), [(*one).to_owned()], "{word}");
            }
        }
        assert!(is_name("孙子") && !is_name(ALL) && !is_name("3"));
        assert_eq!(masked("孙子、刘桂英、3"), "孙子、*桂英、3");
    }
}
