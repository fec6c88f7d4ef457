//! Which clause of a longer sentence orders something: 电视没台了，帮我把收视费交一年的. What stands before it tells why, and what
//! stands after it tells for whom.
//!
//! Not for: what is ordered; that is the classifier's.

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

/// The clause that orders a deed, and all that comes after it. `is_deed` says which characters are deeds.
pub(crate) fn ordering(text: &str, is_deed: impl Fn(char) -> bool) -> Option<&str> {
    let mut from = 0;
    for clause in text.split(ENDS) {
        if orders(clause, &is_deed) {
            return text.get(from..);
        }
        from += clause.len();
        from += text[from..].chars().next().map_or(0, char::len_utf8);
    }
    None
}

fn orders(clause: &str, is_deed: &impl Fn(char) -> bool) -> bool {
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
        for text in
            ["我儿子帮我交了电费", "电费昨天交了", "水费都交了", "家里没水了", "他们说电费要交"]
        {
            assert_eq!(ordering(text, deed), None, "{text}");
        }
    }
}
