//! Which clause of a longer sentence orders something: 电视没台了，帮我把收视费交一年的. What stands before it tells why, and what
//! stands after it tells for whom.
//!
//! Not for: what is ordered; that is the classifier's.

use crate::number;

/// Where a clause ends.
const ENDS: &[char] = &['，', ',', '。', ';', '；', '！', '!', '、', '\n', ' '];
/// May stand before the order itself.
const HASTE: &[&str] = &[
    "那", "就", "快点", "快", "赶紧", "赶快", "现在", "直接", "今天", "先", "请", "麻烦", "我",
    "俺", "咱", "你",
];
/// How an order begins.
const BEGINS: &[&str] = &["把", "帮", "给", "替", "要", "想"];
/// And what makes one anywhere in its clause.
const INSIDE: &[&str] = &[
    "把", "帮我", "帮俺", "帮咱", "帮他", "帮她", "帮忙", "给我", "给俺", "给咱", "替我", "替俺",
    "麻烦",
];
/// Whoever did it, or is said to: 儿子帮我交了.
const SOMEBODY: &str = "子女儿爸妈哥姐弟妹叔姨他她人员们娃孙爷奶伯舅婆公友事谁";
/// How a deed is asked for: 交一下, 交上, 交清.
const GENTLY: &[&str] = &["一下", "下", "上", "清", "掉", "吧", "个"];

/// A hundred points 捐给留守老人.
const GIFTS: &[&str] = &["捐给", "献给"];

/// Whom a tale is about, where one begins so: 我哥买了二十万.
const OTHERS: &[&str] = &[
    "儿子",
    "女儿",
    "闺女",
    "孩子",
    "老公",
    "老婆",
    "媳妇",
    "丈夫",
    "对象",
    "爱人",
    "朋友",
    "同事",
    "邻居",
    "老板",
    "爸",
    "妈",
    "爹",
    "娘",
    "哥",
    "姐",
    "弟",
    "妹",
    "叔",
    "姨",
    "舅",
    "爷",
    "奶",
    "人家",
    "别人",
    "他",
    "她",
    "租客",
    "房东",
    "儿媳",
    "女婿",
    "婆婆",
    "公公",
    "丈人",
    "丈母娘",
    "表哥",
    "表弟",
    "表姐",
    "表妹",
    "堂哥",
    "堂弟",
    "客户",
    "工友",
    "战友",
    "同学",
];
/// And what they do there; what follows else is theirs: 我妈那边的物业钱.
const DO: &str = "买存取转汇打交缴还借贷付充捐支说刚已早昨前上每今明后去就又给把";
/// Plans and conditions that are no order yet, and what was only heard.
const PLANS: &[&str] = &[
    "准备",
    "打算",
    "计划",
    "寻思",
    "琢磨",
    "想着",
    "考虑",
    "过两天",
    "过几天",
    "到时候",
    "等我",
    "等着",
    "以后再",
    "下次",
    "要是",
    "如果",
    "假如",
    "大伙",
    "大家",
    "群里",
    "听说",
    "据说",
    "通知",
];
/// What an order after them waits for: 要是小麦卖得好，我就提前还两万.
const CONDITIONS: &[&str] = &["要是", "如果", "假如", "只要", "等"];
/// When something was.
const PAST: &[&str] = &[
    "昨",
    "前天",
    "上周",
    "上礼拜",
    "上个月",
    "上月",
    "去年",
    "前年",
    "上回",
    "上次",
    "那天",
    "前些",
    "前阵",
    "早就",
];

/// Tells what was done, by whom else it is done, or what is meant to be done one day.
pub(crate) fn is_tale(text: &str, is_deed: impl Fn(char) -> bool + Copy) -> bool {
    let chars: Vec<char> = text.chars().collect();
    // 还了三千
    let done = chars.windows(3).any(|w| is_deed(w[0]) && w[1] == '了' && number::belongs(w[2]));
    let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let ended = chars.windows(2).any(|w| is_deed(w[0]) && "的了过".contains(w[1]));
    done || is_of_others(text)
        || is_to_me(text)
        || says(PLANS)
        || says(PAST) && ended
        || text.starts_with('等') && text.contains(['就', '再', '才'])
        || has_been(&chars, is_deed)
}

/// 捐过五百, where 转过去 says whither.
fn has_been(chars: &[char], is_deed: impl Fn(char) -> bool) -> bool {
    let whither = |at: usize| chars.get(at + 2).is_some_and(|c| "去来户给".contains(*c));
    let been = |(at, w): (usize, &[char])| is_deed(w[0]) && w[1] == '过' && !whither(at);
    chars.windows(2).enumerate().any(been)
}

/// 主家每月给我转五千: somebody else does it.
fn is_to_me(text: &str) -> bool {
    let at = ["给我转", "给我打", "给我汇", "给俺转", "给俺打"].iter().find_map(|w| text.find(w));
    let mut who = at.map_or("", |at| &text[..at]);
    while let Some(rest) = HASTE.iter().find_map(|h| who.strip_prefix(h)) {
        who = rest;
    }
    !who.is_empty() && !who.starts_with(['从', '用', '帮', '把'])
}

fn is_of_others(text: &str) -> bool {
    let bare = text.trim_start_matches(['我', '俺', '咱', '家']);
    let does =
        |who: &str| bare.strip_prefix(who).is_some_and(|rest| rest.starts_with(|c| DO.contains(c)));
    OTHERS.iter().any(|who| does(who))
}

/// The clause that orders a deed, and all that comes after it. `is_deed` says which characters are deeds.
pub(crate) fn ordering(text: &str, is_deed: impl Fn(char) -> bool) -> Option<&str> {
    let mut from = 0;
    for clause in text.split(ENDS) {
        if orders(clause, &is_deed) {
            let is_free = !CONDITIONS.iter().any(|c| text[..from].contains(c));
            return text.get(from..).filter(|_| is_free);
        }
        from += clause.len();
        from += text[from..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

fn orders(clause: &str, is_deed: &impl Fn(char) -> bool) -> bool {
    if is_tale(clause, is_deed) {
        return false;
    }
    let mut bare = clause;
    while let Some(rest) = HASTE.iter().find_map(|h| bare.strip_prefix(h)) {
        bare = rest;
    }
    let Some(first) = bare.chars().next() else { return false };
    // 交学费的季节 and 转得快 order nothing.
    if is_deed(first) && !bare.contains(['的', '得', '真']) {
        return true;
    }
    if BEGINS.iter().any(|b| bare.starts_with(b)) {
        return bare.contains(is_deed);
    }
    let inside = INSIDE.iter().filter_map(|word| bare.find(word)).any(|at| {
        let who = bare[..at].chars().next_back();
        who.is_none_or(|c| !SOMEBODY.contains(c)) && bare[at..].contains(is_deed)
    });
    let chars: Vec<char> = bare.chars().collect();
    // 现在给交了
    let given = chars.windows(2).any(|w| w[0] == '给' && is_deed(w[1]));
    let donated = GIFTS.iter().any(|g| bare.contains(g));
    inside || given || donated || gently(bare, is_deed)
}

/// 电费交一下: the deed with what makes it an order, at the end or before what is left.
fn gently(clause: &str, is_deed: &impl Fn(char) -> bool) -> bool {
    clause.char_indices().filter(|(_, c)| is_deed(*c)).any(|(at, c)| {
        let after = &clause[at + c.len_utf8()..];
        let after = after.strip_prefix('了').unwrap_or(after);
        GENTLY.iter().any(|g| after.starts_with(g))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clause_that_orders_is_found_wherever_it_stands() {
        let deed = |c: char| "交缴充续".contains(c);
        for (text, order) in [
            ("电视没台了 帮我把收视费交一年的", "帮我把收视费交一年的"),
            ("俺家水管子被停了,赶紧把水费给交上,户主俺老伴", "赶紧把水费给交上,户主俺老伴"),
            ("手机没话费了打不出去，充个五十先", "充个五十先"),
            ("镇水厂的水费 现在给交了", "现在给交了"),
            ("暖气费帮我交了，面积九十八平", "暖气费帮我交了，面积九十八平"),
            ("我妈那边的物业钱也交了吧", "我妈那边的物业钱也交了吧"),
            ("交一下自来水公司的水费", "交一下自来水公司的水费"),
        ] {
            assert_eq!(ordering(text, deed), Some(order), "{text}");
        }
        for text in [
            "我儿子帮我交了电费",
            "电费昨天交了",
            "水费都交了",
            "家里没水了",
            "他们说电费要交",
            "交学费的季节",
            "要是小麦卖得好,我就把电费交上",
        ] {
            assert_eq!(ordering(text, deed), None, "{text}");
        }
    }

    #[test]
    fn tales_are_told_from_orders() {
        let deed = |c: char| "交缴充续转还买存".contains(c);
        for tale in [
            "我昨天给儿子转了两千",
            "我爸每个月给我交一千五",
            "我哥买了二十万大额存单",
            "过两天卖了玉米就把贷款还上",
            "等西红柿卖了就把电费交上",
            "村支书叫大伙儿下周一交电费",
            "大前天我交的电费",
            "主家每月十号给我转五千",
            "我准备明年存大额存单",
        ] {
            assert!(is_tale(tale, deed), "{tale}");
        }
        for order in [
            "我妈那边的物业钱也交了吧",
            "给我转五百给李芳",
            "明天给我爸转一千",
            "从8821给我转五百给李芳",
        ] {
            assert!(!is_tale(order, deed), "{order}");
        }
    }
}
