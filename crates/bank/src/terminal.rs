//! What tools show on a terminal: widths of Chinese text, lines broken to fit, tables, a bar while one waits, colours.
//!
//! Colours and bars appear only where a person looks; a pipe gets plain lines. Not for: what is said, that is the tools'.

use std::io::{IsTerminal, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What fits on every terminal there is.
pub const COLUMNS: usize = 80;
const BAR: usize = 24;

/// Columns a text takes. Signs of unsure width (①, ▣, …) count as wide: a line may end early, never late.
pub fn width(text: &str) -> usize {
    text.width_cjk()
}

/// `text` and blanks up to `columns`.
pub fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Breaks a text into lines of at most `columns`: at a blank where there is one, else between two characters.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut out = vec![];
    for line in text.split('\n') {
        let (mut now, mut wide) = (String::new(), 0);
        for c in line.chars() {
            let next = c.width_cjk().unwrap_or(0);
            if wide + next > columns && !now.is_empty() {
                let rest = match now
                    .rfind(' ')
                    .filter(|at| *at > 0 && c != ' ' && is_latin_after(&now, *at))
                {
                    Some(at) => now.split_off(at).trim_start().to_owned(),
                    None => String::new(),
                };
                out.push(std::mem::take(&mut now).trim_end().to_owned());
                wide = width(&rest);
                now = rest;
            }
            if now.is_empty() && c == ' ' && !out.is_empty() && wide == 0 {
                continue;
            }
            now.push(c);
            wide += next;
        }
        out.push(now);
    }
    out
}

/// True when what stands behind the blank is one Latin word, which is not to be cut.
fn is_latin_after(line: &str, at: usize) -> bool {
    line[at..].trim_start().chars().all(|c| c.is_ascii_graphic())
}

/// How something is shown where a person looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Bold,
    Soft,
    Green,
    Amber,
    Red,
}

/// Whether a person looks at standard output: then there are colours.
pub fn is_seen() -> bool {
    std::io::stdout().is_terminal()
}

/// `text` in a colour, or as it is where nobody looks.
pub fn inked(text: &str, ink: Ink, is_seen: bool) -> String {
    if !is_seen || text.is_empty() {
        return text.to_owned();
    }
    let code = match ink {
        Ink::Bold => "1",
        Ink::Soft => "2",
        Ink::Green => "32",
        Ink::Amber => "33",
        Ink::Red => "31",
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// A table: the first row is its head; columns in `right` are set to the right.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |n: usize| rows.iter().filter_map(|r| r.get(n)).map(|c| width(c)).max();
    let widths: Vec<usize> = (0..columns).map(|n| widest(n).unwrap_or(0)).collect();
    let mut out = String::new();
    for (at, row) in rows.iter().enumerate() {
        let mut line = String::new();
        for (n, cell) in row.iter().enumerate() {
            let blank = " ".repeat(widths[n].saturating_sub(width(cell)));
            if right.contains(&n) {
                line.push_str(&blank);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&blank);
            }
            line.push_str("  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
        if at == 0 {
            let total: usize = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
            out.push_str(&"-".repeat(total.min(COLUMNS)));
            out.push('\n');
        }
    }
    out
}

/// A bar on standard error while something takes time; nothing where nobody looks.
#[derive(Debug)]
pub struct Bar {
    what: String,
    all: usize,
    shown: Option<usize>,
    is_seen: bool,
}

impl Bar {
    pub fn new(what: &str, all: usize) -> Self {
        let is_seen = std::io::stderr().is_terminal();
        let mut bar = Self { what: what.to_owned(), all: all.max(1), shown: None, is_seen };
        bar.at(0);
        bar
    }

    /// So many of all are done.
    pub fn at(&mut self, done: usize) {
        let full = BAR * done.min(self.all) / self.all;
        if !self.is_seen || self.shown == Some(full) {
            return;
        }
        self.shown = Some(full);
        let bar = format!("{}{}", "#".repeat(full), " ".repeat(BAR - full));
        let _ = write!(std::io::stderr(), "\r{} [{bar}] {done}/{}", self.what, self.all);
        let _ = std::io::stderr().flush();
    }

    /// The same bar for the next piece of work.
    pub fn on(&mut self, what: &str, done: usize) {
        self.clear();
        self.what = what.to_owned();
        self.shown = None;
        self.at(done);
    }

    /// The same bar for other work with a count of its own.
    pub fn of(&mut self, what: &str, all: usize) {
        self.all = all.max(1);
        self.on(what, 0);
    }

    fn clear(&mut self) {
        if self.is_seen {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
            let _ = std::io::stderr().flush();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_is_two_columns_wide_and_no_line_is_wider_than_asked() {
        assert_eq!(width("余额 1.50"), 9);
        let text = "尾号6688 可用余额 1,280.50 元（11-23 10:00），这一笔是代发工资，荣盛纺织厂";
        for columns in [12, 20, 33, 78] {
            let lines = wrapped(text, columns);
            assert!(lines.iter().all(|l| width(l) <= columns), "{lines:?}");
            let bare = |s: &str| s.replace(' ', "");
            assert_eq!(bare(&lines.concat()), bare(text));
        }
        assert_eq!(wrapped("一\n二", 10), ["一", "二"]);
    }

    #[test]
    fn a_table_keeps_its_columns_under_chinese_heads() {
        let row = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        let shown = table(&[row("项目", "句数"), row("余额查询", "7"), row("A", "120")], &[1]);
        let ends: Vec<usize> = shown.lines().filter(|l| !l.contains('-')).map(width).collect();
        assert_eq!(ends, [14, 14, 14], "{shown}");
    }

    #[test]
    fn there_are_no_colours_where_nobody_looks() {
        assert_eq!(inked("好", Ink::Green, false), "好");
        assert!(inked("好", Ink::Green, true).starts_with("\x1b[32m"));
    }
}
