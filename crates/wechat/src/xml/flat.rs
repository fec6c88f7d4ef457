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
        let next = rest.find('<')?;
        if !is_blank(&rest[..next]) {
            return None;
        }
        rest = &rest[next..];
        if let Some(after) = rest.strip_prefix("</xml>") {
            nodes[0].end = nodes.len();
            let whole = nodes.len() > 1 && is_blank(after);
            return whole.then_some(Doc { nodes });
        }
        let (name, after) = rest[1..].split_once('>')?;
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphabetic()) {
            return None;
        }
        let (value, after) = match after.strip_prefix("<![CDATA[") {
            Some(inside) => inside.split_once("]]>")?,
            None => bare(after)?,
        };
        rest = after.strip_prefix("</")?.strip_prefix(name)?.strip_prefix('>')?;
        let end = nodes.len() + 1;
        nodes.push(Node { name, text: Cow::Borrowed(value), depth: 1, end });
    }
}

/// Text up to the next tag, when nothing in it has to be read in another way.
fn bare(after: &str) -> Option<(&str, &str)> {
    let (value, after) = after.split_at(after.find('<')?);
    let plain = value.is_empty() || !is_blank(value);
    (plain && !value.contains(['&', '>', '\r'])).then_some((value, after))
}
