//! Tables that people hand in as CSV (UTF-8), with every mistake named by file and line.
//!
//! Not for: what the columns mean; each list says so itself.

use nlu::dates;

/// The most rows of one file.
pub const ROWS_MAX: usize = 20_000;
/// Mistakes told at once.
const MISTAKES_SHOWN: usize = 20;

/// A table by its header, with what is wrong with it so far.
#[derive(Debug)]
pub struct Table {
    file: String,
    header: Vec<String>,
    rows: Vec<Record>,
    mistakes: Vec<String>,
}

/// A row and the line it begins in.
#[derive(Debug, Clone)]
pub struct Record {
    pub line: usize,
    fields: Vec<String>,
}

impl Table {
    /// Reads a file whose header has all of `must` and nothing beside `must` and `may`.
    pub fn read(file: &str, bytes: &[u8], must: &[&str], may: &[&str]) -> Self {
        let mut out =
            Self { file: file.to_owned(), header: vec![], rows: vec![], mistakes: vec![] };
        let Ok(text) = std::str::from_utf8(bytes) else {
            out.wrong(1, "不是 UTF-8 编码。在 Excel 里选“另存为 CSV UTF-8（逗号分隔）”再来");
            return out;
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut rows = match records(text) {
            Ok(rows) => rows,
            Err(line) => {
                out.wrong(line, "引号没有合上");
                return out;
            }
        };
        if rows.is_empty() {
            out.wrong(1, "是空的，第一行要写列名");
            return out;
        }
        out.header = rows.remove(0).fields;
        for column in
            must.iter().filter(|c| !out.header.iter().any(|h| h == *c)).copied().collect::<Vec<_>>()
        {
            out.wrong(1, &format!("缺一列“{column}”"));
        }
        for (at, column) in out.header.clone().iter().enumerate() {
            if !must.contains(&column.as_str()) && !may.contains(&column.as_str()) {
                out.wrong(
                    1,
                    &format!("不认识“{column}”这一列，只有：{}", [must, may].concat().join("、")),
                );
            } else if out.header[..at].contains(column) {
                out.wrong(1, &format!("“{column}”这一列写了两遍"));
            }
        }
        if rows.len() > ROWS_MAX {
            out.wrong(ROWS_MAX + 2, &format!("一次最多{ROWS_MAX}行"));
            rows.truncate(ROWS_MAX);
        }
        let columns = out.header.len();
        for row in rows.iter().filter(|r| r.fields.len() != columns) {
            out.mistakes.push(format!(
                "{file}:{}: 有{}列，列名有{columns}列",
                row.line,
                row.fields.len()
            ));
        }
        out.rows = rows;
        out
    }

    /// Rows to go through; none when the table itself is wrong.
    pub fn rows(&self) -> Vec<Record> {
        if self.mistakes.is_empty() { self.rows.clone() } else { vec![] }
    }

    /// A field without blanks around it; empty when there is no such column.
    pub fn field<'r>(&self, row: &'r Record, column: &str) -> &'r str {
        let at = self.header.iter().position(|h| h == column);
        at.and_then(|at| row.fields.get(at)).map(|f| f.trim()).unwrap_or_default()
    }

    /// A field that must be there.
    pub fn must<'r>(&mut self, row: &'r Record, column: &str) -> &'r str {
        let field = self.field(row, column);
        if field.is_empty() {
            self.wrong(row.line, &format!("没有写{column}"));
        }
        field
    }

    /// A day, `2026-11-26`.
    pub fn day(&mut self, row: &Record, column: &str) -> Option<i64> {
        let field = self.field(row, column);
        if field.is_empty() {
            return None;
        }
        let day = dates::from_iso(field).filter(|d| dates::iso(*d) == field);
        if day.is_none() {
            self.wrong(row.line, &format!("{column}“{field}”不是日子，写成 2026-11-26 这样"));
        }
        day
    }

    /// A day that must be there.
    pub fn must_day(&mut self, row: &Record, column: &str) -> i64 {
        self.must(row, column);
        self.day(row, column).unwrap_or_default()
    }

    pub fn wrong(&mut self, line: usize, words: &str) {
        self.mistakes.push(format!("{}:{line}: {words}", self.file));
    }

    /// What was read, or all mistakes.
    ///
    /// # Errors
    /// A line for each mistake.
    pub fn finish<T>(self, read: Vec<T>) -> Result<Vec<T>, String> {
        if self.mistakes.is_empty() {
            return Ok(read);
        }
        let more = self.mistakes.len().saturating_sub(MISTAKES_SHOWN);
        let mut lines: Vec<String> = self.mistakes.into_iter().take(MISTAKES_SHOWN).collect();
        if more > 0 {
            lines.push(format!("还有{more}处"));
        }
        Err(lines.join("\n"))
    }
}

/// Fields with commas between; quotes around a field may hold commas and lines, and two quotes are one. The line where a quote is
/// never closed is the error.
fn records(text: &str) -> Result<Vec<Record>, usize> {
    let mut out = vec![];
    let (mut fields, mut field) = (vec![], String::new());
    let (mut line, mut began, mut quoted) = (1, 1, None);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('"', Some(_)) if chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            ('"', Some(_)) => quoted = None,
            ('"', None) if field.trim().is_empty() => {
                field.clear();
                quoted = Some(line);
            }
            (',', None) => fields.push(std::mem::take(&mut field)),
            ('\r', None) => {}
            ('\n', None) => {
                fields.push(std::mem::take(&mut field));
                let fields = std::mem::take(&mut fields);
                if fields.iter().any(|f| !f.trim().is_empty()) {
                    out.push(Record { line: began, fields });
                }
                line += 1;
                began = line;
            }
            (c, _) => {
                line += usize::from(c == '\n');
                field.push(c);
            }
        }
    }
    if let Some(line) = quoted {
        return Err(line);
    }
    if !field.is_empty() || !fields.is_empty() {
        fields.push(field);
        out.push(Record { line: began, fields });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Vec<(usize, String, String)>, String> {
        let mut table = Table::read("a.csv", text, &["名称"], &["备注"]);
        let mut out = vec![];
        for row in table.rows() {
            let name = table.must(&row, "名称").to_owned();
            out.push((row.line, name, table.field(&row, "备注").to_owned()));
        }
        table.finish(out)
    }

    #[test]
    fn a_table_is_read_with_quotes_blank_lines_and_the_mark_of_excel() {
        let text = "\u{feff}名称,备注\r\n 河东 ,\"一,\"\"二\"\"\n三\"\r\n\r\n西岭,\n";
        let want = [
            (2, "河东".to_owned(), "一,\"二\"\n三".to_owned()),
            (5, "西岭".to_owned(), String::new()),
        ];
        assert_eq!(read(text.as_bytes()).unwrap(), want);
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let wrong = |text: &[u8]| read(text).unwrap_err();
        assert_eq!(wrong(b""), "a.csv:1: 是空的，第一行要写列名");
        assert!(wrong(&[0xc3, 0xfb, 0x2c]).contains("不是 UTF-8"), "as Excel saves CSV by itself");
        assert!(
            wrong("名字\n河东\n".as_bytes())
                .starts_with("a.csv:1: 缺一列“名称”\na.csv:1: 不认识“名字”")
        );
        assert_eq!(wrong("名称,备注\n河东\n,有\n".as_bytes()), "a.csv:2: 有1列，列名有2列");
        assert_eq!(wrong("名称,备注\n河东,\n,有\n".as_bytes()), "a.csv:3: 没有写名称");
        assert_eq!(wrong("名称\n河东\n\"西岭\n".as_bytes()), "a.csv:3: 引号没有合上");
    }
}
