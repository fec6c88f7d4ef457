//! The guide's worked examples are recomputed: its numbers are those of the code.

use crate::peer::{mac, sm3};

/// What stands in the guide between two fences, after a heading.
pub(crate) fn block(heading: &str) -> String {
    let guide = include_str!("../../../../docs/core-contract.md");
    let after = guide.split_once(&format!("<!-- {heading} -->\n")).unwrap().1;
    let fenced = after.split_once("```").unwrap().1.split_once('\n').unwrap().1;
    fenced.split_once("\n```").unwrap().0.to_owned()
}

fn secret() -> Vec<u8> {
    (0..32).collect()
}

#[test]
fn the_worked_request_has_the_digest_and_the_signature_it_says() {
    let (body, text) = (block("request body"), block("request text"));
    assert_eq!(text.lines().last().unwrap(), sm3(body.as_bytes()));
    assert_eq!(mac(&secret(), &text), block("request signature"));
}

#[test]
fn the_worked_answer_has_the_digest_and_the_signature_it_says() {
    let (body, text) = (block("answer body"), block("answer text"));
    assert_eq!(text.lines().last().unwrap(), sm3(body.as_bytes()));
    assert_eq!(mac(&secret(), &text), block("answer signature"));
    let nonce = |text: &str, line: usize| text.lines().nth(line).unwrap().to_owned();
    assert_eq!(nonce(&text, 4), nonce(&block("request text"), 5), "bound to the request");
}

#[test]
fn the_worked_push_has_the_digest_and_the_signature_it_says() {
    let (body, text) = (block("push body"), block("push text"));
    assert_eq!(text.lines().last().unwrap(), sm3(body.as_bytes()));
    assert_eq!(mac(&secret(), &text), block("push signature"));
}
