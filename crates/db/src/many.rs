//! One change of many rows, written twice: for one row, and for as many as there are.
//!
//! Where each statement is a way to a server and back, many rows travel in one; where the engine is in this process,
//! row by row is cheaper. Both texts mean the same, and [`Tx::exec_many`](crate::Tx::exec_many) chooses.

/// The longer text is kept for 64, 32, … 2 rows: a handful of prepared statements instead of one for every number.
const SIZES: usize = 6;

/// A change of many rows. Keep it in a `static`: its texts name prepared statements.
#[derive(Debug)]
pub struct Many {
    /// How many values a row has.
    pub(crate) width: usize,
    one: &'static str,
    more: [String; SIZES],
}

impl Many {
    /// `one` changes one row with `$1` to `$width`. `before` and `after` stand around `($1, …), ($8, …), …` in the text
    /// for more rows. `types`, where given, are said for each value: a `VALUES` outside an `INSERT` needs them.
    pub fn new(
        width: usize,
        one: &'static str,
        (before, after): (&str, &str),
        types: Option<&[&str]>,
    ) -> Self {
        let place = |at: usize| match types.and_then(|t| t.get(at % width)) {
            Some(kind) => format!("CAST(${} AS {kind})", at + 1),
            None => format!("${}", at + 1),
        };
        let row = |n: usize| {
            let places: Vec<String> = (n * width..(n + 1) * width).map(place).collect();
            format!("({})", places.join(", "))
        };
        let text = |size: usize| {
            let rows: Vec<String> = (0..2 << size).map(row).collect();
            format!("{before}{}{after}", rows.join(", "))
        };
        Self { width, one, more: std::array::from_fn(text) }
    }

    /// The text for the largest part of `rows` that has one, and how many rows that is.
    pub(crate) fn text(&'static self, rows: usize, one_by_one: bool) -> (&'static str, usize) {
        let size = rows.max(1).ilog2() as usize;
        if one_by_one || size == 0 {
            return (self.one, 1);
        }
        let size = size.min(SIZES);
        (&self.more[size - 1], 1 << size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    #[test]
    fn the_text_for_more_rows_numbers_its_places_through() {
        static MANY: LazyLock<Many> =
            LazyLock::new(|| Many::new(2, "one", ("INSERT ", ";"), Some(&["BIGINT", "BYTEA"])));
        let (text, rows) = MANY.text(3, false);
        assert_eq!(rows, 2);
        let wanted = "INSERT (CAST($1 AS BIGINT), CAST($2 AS BYTEA)), (CAST($3 AS BIGINT), CAST($4 AS BYTEA));";
        assert_eq!(text, wanted);
        assert_eq!(MANY.text(3, true), ("one", 1));
        assert_eq!(MANY.text(1, false), ("one", 1));
        assert_eq!(MANY.text(1_000, false).1, 64);
    }
}
