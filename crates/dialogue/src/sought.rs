//! What a line of a statement is looked up by, as customers say it: a sum (三千块的那笔), else a name or a word (给王五的那笔).
//!
//! Not for: reading names exactly. What is left of a sentence when everything that only asks is taken away is looked for; the
//! core finds it or does not.

use nlu::sentence::{Scene, Sentence};

/// Letters of a word that is looked for, at least and at most.
const CHARS: std::ops::RangeInclusive<usize> = 2..=8;

/// Words that ask, count or join and say nothing of the line itself.
const ASKING: &[&str] = &[
    "查一下",
    "查一查",
    "查一",
    "查查",
    "查下",
    "查找",
    "查看",
    "帮我",
    "帮忙",
    "看看",
    "看一下",
    "看下",
    "瞅瞅",
    "瞧瞧",
    "找一下",
    "找找",
    "找下",
    "找出来",
    "翻出来",
    "搜一下",
    "搜搜",
    "有没有",
    "有没",
    "有无",
    "没有",
    "没得",
    "是不是",
    "收没收到",
    "收到",
    "进来",
    "进账",
    "出账",
    "入账",
    "到账",
    "到了",
    "支出",
    "收入",
    "转账",
    "转来",
    "转过来",
    "转给",
    "打给",
    "打来",
    "打过来",
    "打款",
    "打钱",
    "支付",
    "付款",
    "付给",
    "扣过",
    "扣款",
    "那一笔",
    "这一笔",
    "某一笔",
    "那笔",
    "这笔",
    "一笔",
    "单笔",
    "某笔",
    "哪笔",
    "那个",
    "这个",
    "哪个",
    "哪天",
    "什么",
    "交易",
    "明细",
    "流水",
    "记录",
    "应该",
    "好像",
    "大概",
    "就是",
    "单独",
    "具体",
    "一下",
    "对方",
    "名字",
    "姓名",
    "金额",
    "到底",
    "到没",
    "之前",
    "以前",
    "时候",
    "汇给",
    "汇款",
    "汇来",
    "还给",
    "记得",
    "知道",
    "那边",
    "这边",
    "发来",
    "发给",
    "查",
    "帮",
    "找",
    "搜",
    "看",
    "给",
    "我",
    "你",
    "他",
    "她",
    "俺",
    "咱",
    "的",
    "笔",
    "那",
    "这",
    "钱",
    "块",
    "元",
    "账",
    "了",
    "没",
    "吗",
    "呢",
    "吧",
    "啊",
    "呀",
    "过",
    "说",
    "想",
    "要",
    "上",
    "在",
    "是",
    "有",
    "叫",
    "姓",
    "从",
    "跟",
    "和",
    "向",
    "往",
    "按",
    "不",
    "得",
    "把",
    "啥",
    "谁",
    "嗯",
    "转",
    "打",
    "汇",
    "付",
    "扣",
    "收",
    "款",
    "到",
];

/// What a sentence says to look for: the one sum in it as yuan, else a name or word.
pub(crate) fn of(text: &str, today: i64) -> Option<String> {
    let said = Sentence::read(text, Scene::on(today));
    if let Some(fen) = said.sums.one() {
        return Some(fen.to_string().replace(',', ""));
    }
    if let Some(name) = said.payee.as_ref().filter(|n| CHARS.contains(&n.chars().count())) {
        return Some(name.clone());
    }
    let spans: Vec<_> = said.dates.iter().map(|d| d.span).chain(said.sums.spans.clone()).collect();
    let mut left: Vec<String> = vec![String::new()];
    let mut at = 0;
    let chars = &said.normal.chars;
    while let Some(c) = chars.get(at) {
        let over = spans.iter().find(|s| (s.start..s.end).contains(&at)).map(|s| s.end - at);
        let asks =
            || ASKING.iter().filter(|w| begins(&chars[at..], w)).map(|w| w.chars().count()).max();
        match over.or_else(asks) {
            Some(skip) => {
                left.push(String::new());
                at += skip.max(1);
            }
            None => {
                match left.last_mut().filter(|_| c.is_alphanumeric()) {
                    Some(word) => word.push(*c),
                    None => left.push(String::new()),
                }
                at += 1;
            }
        }
    }
    let fits = |w: &String| CHARS.contains(&w.chars().count());
    // the longest; of equals the first
    left.into_iter().filter(fits).rev().max_by_key(|w| w.chars().count())
}

/// An answer to 「多少钱，或者对方是谁」: what it says to look for, else its own few words.
pub(crate) fn answer(text: &str, today: i64) -> Option<String> {
    let whole = || {
        let word: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        CHARS.contains(&word.chars().count()).then_some(word)
    };
    of(text, today).or_else(whole)
}

fn begins(chars: &[char], word: &str) -> bool {
    let mut rest = chars.iter();
    word.chars().all(|c| rest.next() == Some(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_a_name_or_a_word_is_found_in_what_people_say() {
        // 2026-11-23
        const TODAY: i64 = 20_780;
        for (text, want) in [
            ("查下有没有一笔三千块的进账", "3000.00"),
            ("前天老刘应该给我转了八百，看看进来没", "800.00"),
            ("有没有一笔36.5块的退款", "36.50"),
            ("上个月给王五的那笔", "王五"),
            ("看看有没有李军打来的钱", "李军"),
            ("有没有叫孙建国的给我打过款", "孙建国"),
            ("搜一下姓赵的转账", ""),
            ("查对方是张磊的那笔", "张磊"),
            ("帮我找下房租那笔", "房租"),
            ("查某一笔", ""),
            ("找一笔账", ""),
        ] {
            assert_eq!(of(text, TODAY).unwrap_or_default(), want, "{text}");
        }
        for (text, want) in [("五百", "500.00"), ("王五", "王五"), ("是电费。", "电费"), ("？", "")]
        {
            assert_eq!(answer(text, TODAY).unwrap_or_default(), want, "{text}");
        }
    }
}
