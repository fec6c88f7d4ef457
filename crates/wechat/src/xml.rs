//! WeChat's XML: a small tree out of untrusted bytes, and safe text into replies.
//!
//! What it is for: reading callback bodies. A strict parser first; when the text is ill-formed because WeChat put a
//! customer's words into it unescaped (`]]>`, whole `<xml>` fragments), a tolerant extractor (`xml/tolerant.rs`) that
//! keeps those words inside their own element. Writing values so that no text can break out of its element.
//! What it is not for: XML in general: no attributes, no namespaces, no DTD, no custom entities.
//!
//! *Invariant*: what stands inside an element that a customer writes (`Content`, `Label`, …) never becomes another
//! field, and the header fields are those that come first.

mod flat;
mod strict;
mod tolerant;
mod write;

pub(crate) use write::push_known;
pub use write::{illegal, push_bare, push_cdata, push_text};

use std::borrow::Cow;
use std::fmt;

/// Elements inside elements are refused beyond this.
pub const DEPTH_MAX: usize = 16;

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XmlError {
    /// Invalid UTF-8.
    NotUtf8,
    /// A document type definition: never read, whatever it says.
    Dtd,
    /// Deeper than [`DEPTH_MAX`].
    TooDeep,
    /// The root is not `<xml>` (JSON, HTML, nothing at all).
    NotXml,
    /// Truncated or not XML enough even for the tolerant extractor.
    IllFormed,
    /// An element that every message has is not there.
    Missing(&'static str),
}
impl XmlError {
    /// A stable word for log lines and counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotUtf8 => "utf8",
            Self::Dtd => "dtd",
            Self::TooDeep => "depth",
            Self::NotXml => "not_xml",
            Self::IllFormed => "ill_formed",
            Self::Missing(_) => "missing",
        }
    }
}
impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("not UTF-8"),
            Self::Dtd => f.write_str("a document type definition is not allowed"),
            Self::TooDeep => write!(f, "more than {DEPTH_MAX} elements inside each other"),
            Self::NotXml => f.write_str("the root is not <xml>"),
            Self::IllFormed => f.write_str("ill-formed or truncated XML"),
            Self::Missing(name) => write!(f, "<{name}> is missing"),
        }
    }
}
impl std::error::Error for XmlError {}

/// The bytes as text: UTF-8 only, without byte order mark and characters illegal in XML 1.0, line ends as `\n`.
/// Borrows when there is nothing to change, which is nearly always.
///
/// # Errors
/// [`XmlError::NotUtf8`].
pub fn text(body: &[u8]) -> Result<Cow<'_, str>, XmlError> {
    let text = std::str::from_utf8(body).map_err(|_| XmlError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if !write::needs_cleaning(text) {
        return Ok(Cow::Borrowed(text));
    }
    let mut clean = String::with_capacity(text.len());
    write::push_clean(&mut clean, text);
    Ok(Cow::Owned(clean))
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node<'a> {
    name: &'a str,
    text: Cow<'a, str>,
    depth: usize,
    /// Index after the last node inside this one.
    end: usize,
}

/// A parsed body: a flat list of elements in document order, borrowed from the text.
#[derive(Debug, Clone)]
pub struct Doc<'a> {
    nodes: Vec<Node<'a>>,
}

impl<'a> Doc<'a> {
    /// Reads a body strictly and, when that cannot be right, tolerantly.
    ///
    /// # Errors
    /// [`XmlError`]; a DTD before the root is refused at once.
    pub fn parse(text: &'a str) -> Result<Self, XmlError> {
        match Self::parse_strict(text) {
            Ok(doc) if !doc.is_ambiguous() => Ok(doc),
            Ok(doc) => tolerant::parse(text).or(Ok(doc)),
            Err(hard @ (XmlError::Dtd | XmlError::NotXml)) => Err(hard),
            Err(_) => tolerant::parse(text),
        }
    }

    /// Reads a body strictly: for what no customer writes into.
    ///
    /// # Errors
    /// [`XmlError`].
    pub fn parse_strict(text: &'a str) -> Result<Self, XmlError> {
        flat::parse(text).map_or_else(|| strict::parse(text), Ok)
    }

    /// The root, `<xml>`.
    pub fn root(&self) -> Element<'_, 'a> {
        Element { doc: self, at: 0 }
    }

    /// Text of the first element of this name directly below the root. `None` when absent, `""` when empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.root().get(name)
    }

    /// An element twice below the root: nothing WeChat sends has that, a customer's text that closes its own element
    /// and opens another has.
    fn is_ambiguous(&self) -> bool {
        const FIELDS_MAX: usize = 64;
        let mut seen: [&str; FIELDS_MAX] = [""; FIELDS_MAX];
        for (count, child) in self.root().children().enumerate() {
            if count == FIELDS_MAX || seen[..count].contains(&child.name()) {
                return true;
            }
            seen[count] = child.name();
        }
        false
    }
}

/// One element of a [`Doc`].
#[derive(Debug, Clone, Copy)]
pub struct Element<'d, 'a> {
    doc: &'d Doc<'a>,
    at: usize,
}

impl<'d, 'a> Element<'d, 'a> {
    fn node(self) -> Option<&'d Node<'a>> {
        self.doc.nodes.get(self.at)
    }
    /// Its tag.
    pub fn name(self) -> &'d str {
        self.node().map_or("", |n| n.name)
    }
    /// Its text; `""` for one that holds elements.
    pub fn text(self) -> &'d str {
        self.node().map_or("", |n| n.text.as_ref())
    }
    /// The elements directly inside, in order.
    pub fn children(self) -> impl Iterator<Item = Self> + use<'d, 'a> {
        let doc = self.doc;
        let end = self.node().map_or(0, |n| n.end);
        let mut next = self.at + 1;
        std::iter::from_fn(move || {
            let at = next;
            next = doc.nodes.get(at).filter(|_| at < end)?.end;
            Some(Self { doc, at })
        })
    }
    /// The first element of this name directly inside.
    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|c| c.name() == name)
    }
    /// Text of the first element of this name directly inside. `None` when absent, `""` when empty.
    pub fn get(self, name: &str) -> Option<&'d str> {
        self.child(name).map(Self::text)
    }
    /// Every leaf below as (path, text), the path joined with `/`: how unknown messages are kept.
    pub fn leaves(self) -> Vec<(String, String)> {
        let mut out = vec![];
        let mut path: Vec<&str> = vec![];
        let Some(root) = self.node() else { return out };
        for (at, node) in self.doc.nodes.iter().enumerate().take(root.end).skip(self.at + 1) {
            path.truncate(node.depth.saturating_sub(root.depth + 1));
            path.push(node.name);
            if node.end == at + 1 {
                out.push((path.join("/"), node.text.as_ref().to_owned()));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests;
