//! Writing values into XML so that nothing breaks out of its element, and cleaning text both ways.

/// Whether XML 1.0 forbids the character (`\r` is allowed but never written: WeChat shows it badly).
pub const fn illegal(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether [`push_clean`] would change anything. Looks at bytes: U+FFFE and U+FFFF are `EF BF BE`, `EF BF BF`.
pub(super) fn needs_cleaning(text: &str) -> bool {
    // whole chunks without an early exit, so that the compiler compares many bytes at once
    let has_control = |chunk: &[u8]| {
        chunk.iter().fold(false, |found, b| found | ((*b < 0x20) & (*b != b'\n') & (*b != b'\t')))
    };
    let bytes = text.as_bytes();
    let is_illegal = |at: usize| matches!(bytes.get(at + 1..at + 3), Some([0xbf, 0xbe | 0xbf]));
    bytes.chunks(64).any(has_control) || memchr::memchr_iter(0xef, bytes).any(is_illegal)
}

/// Appends `text` without illegal characters and with `\n` for `\r\n` and `\r`.
pub(super) fn push_clean(out: &mut String, text: &str) {
    let mut before = '\0';
    for c in text.chars() {
        match c {
            '\r' => out.push('\n'),
            '\n' if before == '\r' => {}
            c if illegal(c) => {}
            c => out.push(c),
        }
        before = c;
    }
}

/// Appends `text` as the inside of one or more CDATA sections: `]]>` is split, line ends are `\n`, illegal characters
/// are left out.
pub fn push_text(out: &mut String, text: &str) {
    if needs_cleaning(text) {
        let mut clean = String::with_capacity(text.len());
        push_clean(&mut clean, text);
        push_split(out, &clean);
    } else {
        push_split(out, text);
    }
}

fn push_split(out: &mut String, text: &str) {
    out.push_str("<![CDATA[");
    if !text.as_bytes().contains(&b']') {
        out.push_str(text);
        out.push_str("]]>");
        return;
    }
    let mut parts = text.split("]]>");
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push_str("]]]]><![CDATA[>");
        out.push_str(part);
    }
    out.push_str("]]>");
}

/// Appends `<name><![CDATA[text]]></name>`.
pub fn push_cdata(out: &mut String, name: &str, text: &str) {
    tag(out, "<", name);
    push_text(out, text);
    tag(out, "</", name);
}

/// Like [`push_cdata`] for text known to be of letters, digits and `+/=-_` only.
pub(crate) fn push_known(out: &mut String, name: &str, text: &str) {
    tag(out, "<", name);
    out.push_str("<![CDATA[");
    out.push_str(text);
    out.push_str("]]>");
    tag(out, "</", name);
}

/// Appends `<name>number</name>`.
pub fn push_bare(out: &mut String, name: &str, number: i64) {
    use std::fmt::Write;
    tag(out, "<", name);
    // writing to a String cannot fail
    let _ = write!(out, "{number}");
    tag(out, "</", name);
}

fn tag(out: &mut String, begins: &str, name: &str) {
    out.push_str(begins);
    out.push_str(name);
    out.push('>');
}
