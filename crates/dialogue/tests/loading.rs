//! What the loader refuses, and that each refusal names its file and line.

use dialogue::{Book, BookError, Needs, VERBS};

const GOOD: &str = r#"
title = "余额查询"
say = ["查余额"]
needs = "bound"

[ask.account]
kind = "own_account"
prompt = "查哪个？"

[do]
verb = "core.balance"
with = { account = "{account}" }

[reply]
done = "{account.tail} {available} {as_of}"
refused = { "account.frozen" = "不能查" }
"#;

fn errors_of(files: &[(&str, &str)]) -> Vec<BookError> {
    Book::load(files, &VERBS).err().unwrap_or_default()
}

fn refused(change: (&str, &str), at_line: usize, says: &str) {
    assert!(GOOD.contains(change.0), "{}", change.0);
    let bad = GOOD.replace(change.0, change.1);
    let errors = errors_of(&[("flows/a/account_balance.toml", &bad)]);
    let found = errors.iter().any(|e| {
        e.file == "flows/a/account_balance.toml" && e.line == at_line && e.message.contains(says)
    });
    assert!(found, "wanted line {at_line} “{says}”, got {errors:?}");
}

#[test]
fn a_good_file_is_read() {
    let book = Book::load(&[("flows/a/account_balance.toml", GOOD)], &VERBS).unwrap();
    let item = book.item("account_balance").unwrap();
    assert_eq!((item.title.as_str(), item.needs), ("余额查询", Needs::Bound));
}

#[test]
fn unknown_names_are_refused_with_their_line() {
    refused(("title =", "titel ="), 2, "titel");
    refused(("core.balance\"", "core.balanse\""), 11, "unknown verb");
    refused(("\"own_account\"", "\"my_account\""), 7, "unknown slot kind");
    refused(("{available}", "{availible}"), 15, "unknown placeholder {availible}");
    refused(("{account.tail}", "{account.tale}"), 15, "has no “.tale”");
    refused(("\"account.frozen\"", "\"account.frosen\""), 16, "never refuses");
    refused(("account = \"{account}\"", "acount = \"{account}\""), 12, "no argument “acount”");
    refused(("prompt =", "promt ="), 8, "promt");
    refused(("prompt =", "of_kind = \"gold\"\nprompt ="), 8, "unknown kind of account");
    refused(("{as_of}", "{as_of"), 15, "not closed");
    refused(
        ("[do]", "[reply.link]\npage = \"bind\"\nlabel = \"x\"\nwhen = \"bound\"\n[do]"),
        13,
        "when",
    );
}

#[test]
fn missing_parts_are_refused() {
    refused(("with = { account = \"{account}\" }", ""), 11, "needs the argument “account”");
    refused(("prompt = \"查哪个？\"", ""), 6, "no prompt");
    refused(("done =", "elder ="), 1, "no “done”");
    refused(("say = [\"查余额\"]", "say = [\"，。\"]"), 3, "says nothing");
    refused(("needs = \"bound\"", "order = [\"给我查余额\"]"), 4, "only what moves money");
    refused(("needs = \"bound\"", "needs = \"pin\""), 1, "belong on a page");
    refused(("needs = \"bound\"", "when_bound = \"elsewhere\""), 4, "unknown item “elsewhere”");
}

#[test]
fn what_does_not_exist_yet_says_so_and_asks_for_nothing() {
    let soon = "title = \"转账\"\nsoon = true\nsay = [\"转账\"]\n[reply]\ndone = \"转账即将开通。\"\n\
        next = [{ text = \"人工\", control = \"person\" }]\n";
    let book = Book::load(&[("flows/a/transfer.toml", soon)], &VERBS).unwrap();
    assert!(book.item("transfer").unwrap().is_soon);
    let wrong = [
        ("即将开通", "办好了", 5, "must say"),
        ("say =", "needs = \"bound\"\nsay =", 1, "nobody has to bind"),
        ("next = [{ text = \"人工\", control = \"person\" }]", "", 1, "no “next”"),
    ];
    for (from, to, line, says) in wrong {
        let errors = errors_of(&[("flows/a/transfer.toml", &soon.replace(from, to))]);
        let found = errors.iter().any(|e| e.line == line && e.message.contains(says));
        assert!(found, "wanted line {line} “{says}”, got {errors:?}");
    }
}

/// A question in the place of the good file's own.
fn asks(lines: &str) -> String {
    let question = "[ask.account]\nkind = \"own_account\"\nprompt = \"查哪个？\"\n";
    assert!(GOOD.contains(question));
    GOOD.replace(question, &format!("{question}[ask.it]\n{lines}\nprompt = \"说吧\"\n"))
}

#[test]
fn a_question_has_what_its_kind_wants_and_nothing_else() {
    for good in [
        "kind = \"amount\"",
        "kind = \"amount\"\noptions = [\"30元\", \"50元\"]\ndefault = \"30元\"",
        "kind = \"term\"\ndefault = \"一年\"",
        "kind = \"choice\"\noptions = [\"马上到\", { text = \"明天到\", value = \"next\", also = [\"次日\"] }]\ndefault = \"明天到\"",
        "kind = \"day\"\nlook = \"future\"\ndefault = \"明天\"",
        "kind = \"payee\"\nlabel = \"转给\"\nchange = \"换人\"\nagain = \"没听清名字。\"",
        "kind = \"bill_no\"\nrule = { digits = [8, 10], prefix = \"05\", check = true }",
        "kind = \"bill_no\"\nrule = { digits = [10] }\nbiller = \"electric\"",
        "kind = \"place\"\noptional = true",
    ] {
        let errors = errors_of(&[("flows/a/x.toml", &asks(good))]);
        assert!(errors.is_empty(), "{good}: {errors:?}");
    }
    for (bad, says) in [
        ("kind = \"amount\"\noptions = [\"几百\"]", "no exact sum"),
        ("kind = \"amount\"\ndefault = \"几百\"", "no value of this kind"),
        ("kind = \"term\"\noptions = [\"一年\", \"两年\"]", "no options"),
        ("kind = \"choice\"\noptions = [\"一个\"]", "two options"),
        (
            "kind = \"choice\"\noptions = [\"马上\", { text = \"明天\", also = [\"马上\"] }]",
            "called “马上”",
        ),
        (
            "kind = \"choice\"\noptions = [\"甲甲\", \"乙乙\"]\ndefault = \"丙丙\"",
            "no value of this kind",
        ),
        ("kind = \"day\"", "wants look"),
        ("kind = \"day\"\nlook = \"ahead\"", "neither past nor future"),
        ("kind = \"text\"\nlook = \"past\"", "only a day"),
        ("kind = \"bill_no\"", "no rule"),
        ("kind = \"bill_no\"\nrule = { digits = [19] }", "at most 12"),
        ("kind = \"text\"\nrule = { digits = [8] }", "only a bill_no"),
        ("kind = \"text\"\nbiller = \"electric\"", "only a bill_no has a biller"),
    ] {
        let errors = errors_of(&[("flows/a/x.toml", &asks(bad))]);
        assert!(
            errors.iter().any(|e| e.line >= 9 && e.message.contains(says)),
            "{bad}: {errors:?}"
        );
    }
}

#[test]
fn two_flows_cannot_claim_one_phrase() {
    let other = "title = \"别的\"\nsay = [\"看看\", \"帮我查余额吧\"]\n[reply]\ndone = \"好\"\n";
    let errors =
        errors_of(&[("flows/a/account_balance.toml", GOOD), ("flows/b/other.toml", other)]);
    assert_eq!(errors.len(), 1);
    assert_eq!((errors[0].file.as_str(), errors[0].line), ("flows/b/other.toml", 2));
    assert!(errors[0].message.contains("account_balance"), "{}", errors[0]);
}

#[test]
fn two_files_cannot_be_one_item() {
    let errors = errors_of(&[("flows/a/x.toml", GOOD), ("flows/b/x.toml", GOOD)]);
    assert!(errors.iter().any(|e| e.message.contains("already is the item")), "{errors:?}");
}

#[test]
fn the_version_changes_with_any_word() {
    let one = Book::load(&[("flows/a/x.toml", GOOD)], &VERBS).unwrap();
    let same = Book::load(&[("flows/a/x.toml", GOOD)], &VERBS).unwrap();
    let other =
        Book::load(&[("flows/a/x.toml", &GOOD.replace("不能查", "查不了"))], &VERBS).unwrap();
    assert_eq!(one.version(), same.version());
    assert_ne!(one.version(), other.version());
}

#[test]
fn every_flow_has_phrases_and_talks_enough() {
    let book = Book::embedded().unwrap();
    for item in book.items() {
        assert!(item.talks.len() >= 2, "{} has {} talks", item.file, item.talks.len());
        // items that only events or other items lead to have no phrases at all
        assert!(
            item.say.is_empty() || item.say.len() >= 40,
            "{} has {} phrases",
            item.file,
            item.say.len()
        );
    }
    assert!(book.items().count() >= 20);
}
