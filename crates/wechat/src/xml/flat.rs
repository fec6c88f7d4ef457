//! What WeChat writes nearly always: one level of elements below the root, each with one CDATA section or bare text.
//! Read in one walk. Anything else is `None` and left to the strict parser, which would say the same of what is read here.

use super::strict::is_blank;
use super::{Doc, Node};
use std::borrow::Cow;

pub(super) fn parse(text: &str) -> Option<Doc<'_>> {
    let mut rest = text.strip_prefix("<xml>")?;
    let mut nodes = Vec::with_capacity(16);
    nodes.push(Node { name: "xml", text: Cow::Borrowed(""), depth: 0, end: 0 });
    loop {
        let next = find(rest, b'<')?;
        if !is_blank(&rest[..next]) {
            return None;
        }
        rest = &rest[next..];
        if let Some(after) = rest.strip_prefix("</xml>") {
            nodes[0].end = nodes.len();
            let whole = nodes.len() > 1 && is_blank(after);
            return whole.then_some(Doc { nodes });
        }
        let (name, after) = cut(&rest[1..], b'>')?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphabetic()) {
            return None;
        }
        let (value, after) = match after.strip_prefix("<![CDATA[") {
            Some(inside) => section(inside)?,
            None => bare(after)?,
        };
        rest = after.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')?;
        let end = nodes.len() + 1;
        nodes.push(Node { name, text: Cow::Borrowed(value), depth: 1, end });
    }
}

/// Text up to the next tag, when nothing in it has to be read in another way.
fn bare(after: &str) -> Option<(&str, &str)> {
    let (value, after) = after.split_at(find(after, b'<')?);
    let plain = value.is_empty() || !is_blank(value);
    let signs = value.bytes().any(|b| matches!(b, b'&' | b'>' | b'\r'));
    (plain && !signs).then_some((value, after))
}

/// Where an ASCII byte stands: a boundary between characters, too.
fn find(text: &str, byte: u8) -> Option<usize> {
    memchr::memchr(byte, text.as_bytes())
}

/// The text before and after an ASCII byte.
fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let found = find(text, at)?;
    Some((&text[..found], &text[found + 1..]))
}

/// The inside of a CDATA section, and what follows its end.
fn section(text: &str) -> Option<(&str, &str)> {
    let mut from = 0;
    loop {
        let found = from + find(&text[from..], b']')?;
        if let Some(after) = text[found..].strip_prefix("]]>") {
            return Some((&text[..found], after));
        }
        from = found + 1;
    }
}
