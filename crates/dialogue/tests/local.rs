//! An institution's own phrases and words: what is refused, what publishing finds out, and that the flows of all stay as they are.

use dialogue::Book;
use dialogue::local::PHRASES_MAX;

/// 2026-11-23.
const TODAY: i64 = 20_780;
const FILE: &str = "[say]
account_balance = [\"瞄哈我折子头还剩好多\", \"我那折子头米米还有好多\", \"瞄一哈卡头的米米\"]
branch_search = [\"你们屋头挨到哪点\"]

[words]
\"折子头\" = \"存折里\"
\"米米\" = \"钱\"
";

fn book() -> Book {
    let Ok(book) = Book::embedded() else { panic!("the flows can be read") };
    book
}

fn refused(text: &str) -> String {
    let Err(errors) = book().read_local("x.toml", text) else {
        panic!("a mistake is found: {text}")
    };
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_cannot_be_used_is_named_with_its_line_and_what_to_do() {
    for (text, told) in [
        ("[say]\naccount_balance = [\"查余额\"]", "x.toml:2: “查余额”已经认识"),
        (
            "[say]\naccount_statement = [\n\"查余额\"]",
            "x.toml:3: “查余额”已经是“余额查询”（account_balance）的说法",
        ),
        ("[say]\nno_such = [\"哈哈\"]", "x.toml:2: 没有业务项“no_such”"),
        ("[say]\naccount_balance = [\"转人工\"]", "控制词"),
        ("[say]\naccount_balance = [\"我的卡丢了赶紧的\"]", "紧急情况"),
        ("[say]\naccount_balance = [\"卡号6222021234567890128的钱\"]", "请删掉"),
        ("[say]\naccount_balance = [\"\"]", "要有 1 到 40 个字"),
        ("[say]\naccount_balance = [\"瞄哈米米\"]\naccount_statement = [\"瞄哈米米\"]", "只留一处"),
        ("[say]\ncolour = 1", "写法不对"),
        ("[colours]\na = 1", "写法不对"),
        ("[words]\n\"余额\" = \"明细\"", "x.toml:2: “余额”已经是"),
        ("[words]\n\"米米子\" = \"没有这个词的呀\"", "不是系统认识的词"),
        ("[words]\n\"票\" = \"钱\"", "要有 2 到 8 个字"),
        ("[words]\n\"米米些\" = \"钱\"\n\"米些\" = \"钱\"", "重叠"),
    ] {
        let said = refused(text);
        assert!(said.contains(told), "{text}\n→ {said}");
    }
    let signs: Vec<char> = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉".chars().collect();
    let sign =
        |n: usize| format!("\"瞄哈{}{}堆堆\"", signs[n / signs.len()], signs[n % signs.len()]);
    let many: Vec<String> = (0..=PHRASES_MAX).map(sign).collect();
    let said = refused(&format!("[say]\naccount_balance = [{}]", many.join(",")));
    assert!(said.contains("最多 300 句"), "{said}");
    assert!(refused(&"#".repeat(70_000)).contains("文件太大"));
}

#[test]
fn a_phrase_that_the_flows_surely_take_for_another_is_refused() {
    let said = refused("[say]\nbranch_search = [\"帮我查下余额还剩多少\"]");
    assert!(said.contains("现在会当作“余额查询”") || said.contains("已经是“余额查询”"), "{said}");
}

#[test]
fn published_phrases_and_words_are_understood_and_all_else_stays() {
    let book = book();
    let file = book.read_local("x.toml", FILE).unwrap();
    let published = book.publish_local(&file).unwrap();
    let (own, is_whole) = book.with_local(&file, &published.kept);
    assert!(is_whole);
    for (text, item) in [
        ("瞄哈我折子头还剩好多", "account_balance"),
        ("瞄一哈卡头的米米", "account_balance"),
        ("你们屋头挨到哪点", "branch_search"),
        ("你们屋头到底挨到哪点哟", "branch_search"),
    ] {
        let insight = own.insight(text, TODAY);
        assert_eq!(insight.top[0].0, item, "{text}: {:?}", &insight.top[..3]);
    }
    let figures = published.figures;
    assert_eq!((figures.phrases, figures.words, figures.false_drafts), (4, 2, 0));
    assert!(figures.negatives > 1_000 && figures.calibration_error < 0.05, "{figures:?}");
    assert!(figures.bytes < 64 * 1024, "{figures:?}");
    assert_eq!(book.local_bytes(), 0);
    for text in ["查余额", "转五百给张丽", "帮我看看这个月工资到了没", "今天天气怎么样"]
    {
        let (plain, with) = (book.insight(text, TODAY), own.insight(text, TODAY));
        assert_eq!((plain.decision, &plain.top[0].0), (with.decision, &with.top[0].0), "{text}");
    }
}

#[test]
fn what_was_published_over_other_flows_counts_word_for_word_only() {
    let book = book();
    let file = book.read_local("x.toml", FILE).unwrap();
    let (own, is_whole) = book.with_local(&file, b"of other flows");
    assert!(!is_whole);
    let insight = own.insight("你们屋头挨到哪点", TODAY);
    assert_eq!((insight.top[0].0.as_str(), insight.why), ("branch_search", "exact phrase"));
}

#[test]
fn phrases_that_make_payments_of_talk_are_not_published() {
    let book = book();
    let of = |texts: &[&str]| format!("[say]\ntransfer_inner = [\"{}\"]", texts.join("\",\""));
    // talk that the flows do not surely take for something else
    let mut texts = vec!["转过头看看", "转圈跳舞", "转眼就老了", "转行做木匠"];
    texts.retain(|t| book.read_local("x.toml", &of(&[t])).is_ok());
    assert!(!texts.is_empty(), "some of it can be proposed");
    texts.push("转去我屋头幺儿那点");
    let file = book.read_local("x.toml", &of(&texts)).unwrap();
    let drafts = book.publish_local(&file).unwrap_err();
    assert!(texts.iter().any(|t| drafts.iter().any(|d| d == t)), "{drafts:?}");
    assert!(drafts.iter().all(|t| t != "转去我屋头幺儿那点"), "{drafts:?}");
}
