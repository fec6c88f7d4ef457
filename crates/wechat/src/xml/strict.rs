//! The strict parser: quick-xml's events into a [`Doc`]. What is ill-formed is an error here.

use super::{DEPTH_MAX, Doc, Node, XmlError};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use std::borrow::Cow;

/// What the parser remembers about an element that is still open.
#[derive(Clone, Copy, Default)]
struct Open {
    at: usize,
    cdata: bool,
    parent: bool,
}

struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    stack: [Open; DEPTH_MAX],
    depth: usize,
    closed: bool,
}

pub(super) fn parse(text: &str) -> Result<Doc<'_>, XmlError> {
    let mut reader = Reader::from_str(text);
    let mut build = Builder {
        nodes: Vec::with_capacity(16),
        stack: [Open::default(); DEPTH_MAX],
        depth: 0,
        closed: false,
    };
    loop {
        let before = usize::try_from(reader.buffer_position()).map_err(|_| XmlError::IllFormed)?;
        let event = reader.read_event();
        let Ok(event) = event else {
            return Err(build.stage(XmlError::IllFormed));
        };
        match event {
            Event::Start(e) => build.open(name_at(text, before, e.name().0)?)?,
            Event::Empty(e) => {
                build.open(name_at(text, before, e.name().0)?)?;
                build.close()?;
            }
            Event::End(_) => build.close()?,
            Event::Text(t) => build.text(t.into_inner())?,
            Event::CData(t) => build.cdata(t.into_inner())?,
            Event::GeneralRef(r) => build.reference(&r)?,
            Event::DocType(_) => return Err(build.stage(XmlError::Dtd)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => return build.finish(),
        }
    }
}

/// The tag as a part of the text itself, so that it lives as long as the text.
fn name_at<'a>(text: &'a str, before: usize, name: &str) -> Result<&'a str, XmlError> {
    let from = before + 1;
    text.get(from..from + name.len()).filter(|n| *n == name).ok_or(XmlError::IllFormed)
}

impl<'a> Builder<'a> {
    /// Before the root has begun nothing of a customer's can be the reason, so there is nothing to be tolerant about.
    fn stage(&self, error: XmlError) -> XmlError {
        match (self.nodes.is_empty(), error) {
            (true, XmlError::Dtd) => XmlError::Dtd,
            (true, _) => XmlError::NotXml,
            (false, _) => XmlError::IllFormed,
        }
    }

    fn top(&mut self) -> Option<&mut Open> {
        self.depth.checked_sub(1).and_then(|d| self.stack.get_mut(d))
    }

    fn open(&mut self, name: &'a str) -> Result<(), XmlError> {
        if self.nodes.is_empty() && name != "xml" {
            return Err(XmlError::NotXml);
        }
        if self.closed {
            return Err(XmlError::IllFormed);
        }
        if let Some(parent) = self.top() {
            parent.parent = true;
        }
        let at = self.nodes.len();
        let slot = self.stack.get_mut(self.depth).ok_or(XmlError::TooDeep)?;
        *slot = Open { at, cdata: false, parent: false };
        self.nodes.push(Node { name, text: Cow::Borrowed(""), depth: self.depth, end: at + 1 });
        self.depth += 1;
        Ok(())
    }

    fn close(&mut self) -> Result<(), XmlError> {
        let end = self.nodes.len();
        let open = *self.top().ok_or(XmlError::IllFormed)?;
        let node = self.nodes.get_mut(open.at).ok_or(XmlError::IllFormed)?;
        node.end = end;
        if open.parent {
            // text beside elements: not WeChat's writing
            if open.cdata || !is_blank(&node.text) {
                return Err(XmlError::IllFormed);
            }
            node.text = Cow::Borrowed("");
        }
        self.depth -= 1;
        self.closed = self.depth == 0;
        Ok(())
    }

    fn text(&mut self, text: Cow<'a, str>) -> Result<(), XmlError> {
        let blank = is_blank(&text);
        let Some(open) = self.top().copied() else {
            return if blank { Ok(()) } else { Err(self.stage(XmlError::IllFormed)) };
        };
        if text.contains("]]>") {
            return Err(XmlError::IllFormed);
        }
        if blank && (open.cdata || open.parent) {
            return Ok(());
        }
        self.append(open.at, text);
        Ok(())
    }

    fn cdata(&mut self, text: Cow<'a, str>) -> Result<(), XmlError> {
        let open = self.top().ok_or(XmlError::IllFormed)?;
        let at = open.at;
        let first = !std::mem::replace(&mut open.cdata, true);
        if first && let Some(node) = self.nodes.get_mut(at).filter(|n| is_blank(&n.text)) {
            node.text = text;
            return Ok(());
        }
        self.append(at, text);
        Ok(())
    }

    fn reference(&mut self, r: &BytesRef<'_>) -> Result<(), XmlError> {
        let at = self.top().ok_or(XmlError::IllFormed)?.at;
        match r.resolve_char_ref() {
            Ok(Some(c)) if super::illegal(c) => {}
            Ok(Some(c)) => self.append(at, Cow::Owned(c.to_string())),
            Ok(None) => {
                let text = resolve_predefined_entity(r).ok_or(XmlError::IllFormed)?;
                self.append(at, Cow::Borrowed(text));
            }
            Err(_) => return Err(XmlError::IllFormed),
        }
        Ok(())
    }

    fn append(&mut self, at: usize, text: Cow<'a, str>) {
        let Some(node) = self.nodes.get_mut(at) else {
            return;
        };
        if node.text.is_empty() {
            node.text = text;
        } else {
            node.text.to_mut().push_str(&text);
        }
    }

    fn finish(self) -> Result<Doc<'a>, XmlError> {
        match (self.nodes.is_empty(), self.closed) {
            (true, _) => Err(XmlError::NotXml),
            (false, true) => Ok(Doc { nodes: self.nodes }),
            (false, false) => Err(XmlError::IllFormed),
        }
    }
}

pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_whitespace())
}
