use super::*;
use nlu::dates::from_iso;

const TABLE: &str = "owner = \"财务\"\nsource = \"价目表\"\nfrom = \"2026-01-01\"\nto = \"2026-12-31\"\nrow = [\n  \
    { key = \"fee.sms\", kind = \"money\", name = \"短信费\", value = \"2\" },\n  \
    { key = \"fee.send\", kind = \"tiers\", name = \"转账\", value = \"*:0\" },\n]\n";
const QUESTION: &str = "owner = \"运营\"\nsource = \"规定\"\nfrom = \"2026-01-01\"\n\n[[entry]]\nid = \"sms\"\n\
    ask = [\"短信费多少\", \"短信收费吗\", \"短信要钱不\"]\nanswer = \"每月{fee.sms}，问{phone}。\"\n";

fn load(question: &str) -> Result<Knowledge, Vec<BookError>> {
    Knowledge::load(&[("knowledge/card.toml", question), ("knowledge/tables/fee.toml", TABLE)])
}

fn day(iso: &str) -> i64 {
    from_iso(iso).unwrap()
}

fn tell(knowledge: &Knowledge, on: &str) -> Option<String> {
    let entry = knowledge.entry("sms").unwrap();
    entry.words.tell(knowledge.rows(), day(on), |name| format!("<{name}>")).map(|t| t.answer)
}

#[test]
fn a_number_comes_from_its_table_and_the_answer_goes_when_the_row_has_gone() {
    let knowledge = load(QUESTION).unwrap();
    assert_eq!(tell(&knowledge, "2026-11-23").as_deref(), Some("每月2元，问<phone>。"));
    assert_eq!(tell(&knowledge, "2025-12-31"), None, "not yet");
    assert_eq!(tell(&knowledge, "2027-01-01"), None, "the fee is past its date");
    let ends = QUESTION.replace("answer =", "to = \"2026-11-22\"\nanswer =");
    assert_eq!(tell(&load(&ends).unwrap(), "2026-11-23"), None, "the answer is past its date");
}

#[test]
fn an_answer_names_its_source_and_since_when() {
    let newer = TABLE.replace("value = \"2\"", "value = \"2\", from = \"2026-03-05\"");
    let files = [("knowledge/card.toml", QUESTION), ("knowledge/tables/fee.toml", newer.as_str())];
    let knowledge = Knowledge::load(&files).unwrap();
    let words = &knowledge.entry("sms").unwrap().words;
    let told = words.tell(knowledge.rows(), day("2026-11-23"), |_| String::new()).unwrap();
    assert_eq!(told.basis, "依据：《规定》，2026年3月5日起");
    assert_eq!(told.elder, told.answer);
}

#[test]
fn what_could_mislead_is_refused_with_file_and_line() {
    for (from, to, line, why) in [
        ("{fee.sms}", "两元", 8, "“两元”: a number belongs into a table"),
        ("{fee.sms}", "2元", 8, "“2”: a number"),
        ("{fee.sms}", "十六岁", 8, "十六岁"),
        ("{fee.sms}", "{fee.none}", 8, "unknown row {fee.none}"),
        ("{fee.sms}", "{fee.send}", 8, "a table of its own"),
        ("{fee.sms}", "{fee.sms", 8, "unknown row"),
        ("{phone}。\"", "{phone\"", 8, "not closed"),
        ("\"短信要钱不\"", "\"短信费多少？\"", 7, "already asks for sms (knowledge/card.toml:7)"),
        (", \"短信要钱不\"", "", 6, "fewer than 3 ways"),
        ("\"短信要钱不\"", "\"？\"", 7, "says nothing"),
        ("2026-01-01", "2026-13-01", 3, "is no day"),
        ("answer =", "to = \"2025-01-01\"\nanswer =", 9, "ends before it begins"),
        ("id = \"sms\"", "id = \"Sms\"", 6, "is no id"),
        ("source = \"规定\"", "source = \" \"", 8, "a source and an owner"),
        ("answer =", "anwser =", 8, "unknown field"),
    ] {
        let text = QUESTION.replace(from, to);
        assert_ne!(text, QUESTION, "{from}");
        let errors = load(&text).unwrap_err();
        let fits = |e: &BookError| e.file == "knowledge/card.toml" && e.message.contains(why);
        let found = errors.iter().find(|e| fits(e));
        assert_eq!(found.map(|e| e.line), Some(line), "{from} → {to}: {errors:?}");
    }
    let twice =
        format!("{QUESTION}\n{}", QUESTION.split_once("\n\n").unwrap().1.replace("短信", "信"));
    assert!(load(&twice).unwrap_err()[0].message.contains("there is another sms"));
}

#[test]
fn words_that_hold_a_numeral_but_no_number_pass() {
    for prose in
        ["千万别说", "万一停了", "一起来", "一年一次", "三两句话", "两个人", "一样", "半额"]
    {
        let text = QUESTION.replace("每月", prose);
        assert!(load(&text).is_ok(), "{prose}: {:?}", load(&text).err());
    }
}

#[test]
fn a_row_of_a_wrong_kind_or_value_is_refused() {
    for (from, to, why) in [
        ("value = \"2\"", "value = \"two\"", "“two” is no money"),
        ("kind = \"money\"", "kind = \"monney\"", "unknown kind"),
        ("fee.sms", "fee sms", "is no key"),
        ("*:0", "5:1", "is no tiers"),
    ] {
        let table = TABLE.replace(from, to);
        let errors = Knowledge::load(&[("knowledge/tables/fee.toml", &table)]).unwrap_err();
        assert!(errors[0].message.contains(why) && errors[0].line > 4, "{errors:?}");
    }
}

#[test]
fn the_products_questions_can_all_be_answered_and_lead_to_items_that_exist() {
    let knowledge = Knowledge::embedded().unwrap_or_else(|e| panic!("{e:#?}"));
    assert!(knowledge.entries().count() >= 150);
    let book = crate::Book::embedded().unwrap();
    for entry in knowledge.entries() {
        let told = entry.words.tell(knowledge.rows(), day("2026-11-23"), |_| "某".into());
        let told = told.unwrap_or_else(|| panic!("{} is withdrawn", entry.id));
        assert!(!told.answer.contains(['{', '}']), "{}: {}", entry.id, told.answer);
        assert!(told.answer.chars().count() <= 220, "{}: {}", entry.id, told.answer);
        if let Some(item) = &entry.item {
            assert!(book.item(item).is_some(), "{}: no item {item}", entry.id);
        }
        for ask in &entry.ask {
            assert_eq!(knowledge.find(ask, 1)[0].entry.id, entry.id, "{ask}");
        }
    }
}
