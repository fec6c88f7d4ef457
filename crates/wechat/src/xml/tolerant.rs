//! The tolerant extractor, for bodies that a customer's own words made ill-formed.
//!
//! WeChat does not escape `]]>` in what customers type, so `Content` may close its own CDATA, invent elements, or even a
//! second `<xml>`. Rule: an element that customers write ends at the **last** place where it can end, every other one
//! at the first; so a customer's words stay inside their element, and header fields are those that come first.
//! Runs in linear time: every search either moves forward or ends the parse.

use super::{DEPTH_MAX, Doc, Node, XmlError};
use std::borrow::Cow;

/// Elements whose text a customer (or a code that a customer scanned) writes.
const WRITTEN_BY_CUSTOMERS: [&str; 8] =
    ["Content", "Label", "Title", "Description", "Url", "Recognition", "ScanResult", "Poiname"];

const CDATA: &str = "<![CDATA[";

pub(super) fn parse(text: &str) -> Result<Doc<'_>, XmlError> {
    let inner = inside_root(text)?;
    let mut nodes = vec![Node { name: "xml", text: Cow::Borrowed(""), depth: 0, end: 0 }];
    let mut open: Vec<usize> = vec![0];
    let mut rest = inner;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        if let Some(after) = skip_markup(rest)? {
            rest = after;
            continue;
        }
        if let Some((name, after)) = tag(rest, "</") {
            rest = after;
            close(&mut nodes, &mut open, name);
            continue;
        }
        let Some((name, after)) = tag(rest, "<") else {
            rest = &rest[1..];
            continue;
        };
        let depth = open.len();
        if depth >= DEPTH_MAX {
            return Err(XmlError::TooDeep);
        }
        let at = nodes.len();
        nodes.push(Node { name, text: Cow::Borrowed(""), depth, end: at + 1 });
        rest = match value(name, after)? {
            Value::Leaf(text, after) => {
                nodes[at].text = text;
                after
            }
            Value::Parent => {
                open.push(at);
                after
            }
        };
    }
    let end = nodes.len();
    for at in open {
        nodes[at].end = end;
    }
    Ok(Doc { nodes })
}

/// What is between `<xml>` and the last `</xml>`. A body without its end is truncated and not guessed at.
fn inside_root(text: &str) -> Result<&str, XmlError> {
    let start = text.find("<xml").ok_or(XmlError::NotXml)?;
    let (name, inner) = tag(&text[start..], "<").ok_or(XmlError::NotXml)?;
    if name != "xml" {
        return Err(XmlError::NotXml);
    }
    inner.trim_end().strip_suffix("</xml>").ok_or(XmlError::IllFormed)
}

/// Comments, processing instructions and stray sections are passed over.
fn skip_markup(rest: &str) -> Result<Option<&str>, XmlError> {
    for (begins, ends) in [("<!--", "-->"), (CDATA, "]]>"), ("<?", "?>")] {
        if let Some(after) = rest.strip_prefix(begins) {
            let at = after.find(ends).ok_or(XmlError::IllFormed)?;
            return Ok(Some(&after[at + ends.len()..]));
        }
    }
    Ok(None)
}

/// `<Name>` or `</Name>` at the start of `rest`: its name and what follows.
fn tag<'a>(rest: &'a str, begins: &str) -> Option<(&'a str, &'a str)> {
    let rest = rest.strip_prefix(begins)?;
    let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let length = rest.bytes().position(|b| !is_name(b))?;
    if !rest.as_bytes().first()?.is_ascii_alphabetic() {
        return None;
    }
    let (name, after) = rest.split_at(length);
    Some((name, after.trim_ascii_start().strip_prefix('>')?))
}

enum Value<'a> {
    Leaf(Cow<'a, str>, &'a str),
    Parent,
}

fn value<'a>(name: &str, after: &'a str) -> Result<Value<'a>, XmlError> {
    let trimmed = after.trim_ascii_start();
    if let Some(content) = trimmed.strip_prefix(CDATA) {
        let (text, after) = cdata_end(name, content).ok_or(XmlError::IllFormed)?;
        return Ok(Value::Leaf(unsplit(text), after));
    }
    if tag(trimmed, "<").is_some() {
        return Ok(Value::Parent);
    }
    let (text, after) = first_close(name, after).ok_or(XmlError::IllFormed)?;
    Ok(Value::Leaf(unescape(text), after))
}

/// The end of a CDATA element: the last `]]></Name>` for what customers write, the first for all others.
fn cdata_end<'a>(name: &str, content: &'a str) -> Option<(&'a str, &'a str)> {
    let close = format!("</{name}>");
    let split = |at: usize| {
        let text = content[..at].trim_ascii_end().strip_suffix("]]>")?;
        Some((text, &content[at + close.len()..]))
    };
    if WRITTEN_BY_CUSTOMERS.contains(&name) {
        content.rmatch_indices(&close).find_map(|(at, _)| split(at))
    } else {
        content.match_indices(&close).find_map(|(at, _)| split(at))
    }
}

fn first_close<'a>(name: &str, content: &'a str) -> Option<(&'a str, &'a str)> {
    let close = format!("</{name}>");
    content.split_once(&close)
}

fn close(nodes: &mut [Node<'_>], open: &mut Vec<usize>, name: &str) {
    let Some(&at) = open.last() else { return };
    if open.len() > 1 && nodes[at].name == name {
        nodes[at].end = nodes.len();
        open.pop();
    }
}

/// Puts a properly split `]]>` together again.
fn unsplit(text: &str) -> Cow<'_, str> {
    const SPLIT: &str = "]]]]><![CDATA[>";
    if text.contains(SPLIT) { Cow::Owned(text.replace(SPLIT, "]]>")) } else { Cow::Borrowed(text) }
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    // what is not a known entity was typed by a customer and stays as it is
    match quick_xml::escape::unescape(text) {
        Ok(plain) => Cow::Owned(plain.chars().filter(|c| !super::illegal(*c)).collect()),
        Err(_) => Cow::Borrowed(text),
    }
}
