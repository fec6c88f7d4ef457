//! Traditional characters to simplified ones, by a table of our own, one character to one.
//!
//! Not for: words that differ between regions.

use std::sync::LazyLock;

/// Pairs of characters: traditional, simplified. Where one traditional form has several simplified
/// ones, the one that customers of a bank write.
const PAIRS: &str = include_str!("../assets/traditional.txt");

const FIRST: u32 = 0x4e00;
const LAST: u32 = 0x9fff;

/// For each character of the main block its simplified form, 0 for itself.
static SIMPLE: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut table = vec!['\0'; place(char::from_u32(LAST).unwrap_or('\0')).map_or(0, |i| i + 1)];
    let all: Vec<char> = PAIRS.chars().filter(|c| !c.is_whitespace()).collect();
    for pair in all.chunks_exact(2) {
        if let Some(at) = place(pair[0]) {
            table[at] = pair[1];
        }
    }
    table
});

/// The index of a character in a table of the main block.
pub(crate) fn place(c: char) -> Option<usize> {
    let code = u32::from(c);
    (FIRST..=LAST).contains(&code).then(|| usize::try_from(code - FIRST).unwrap_or(0))
}

/// How many characters [`place`] knows.
pub(crate) const PLACES: usize = 0x9fff - 0x4e00 + 1;

pub(crate) fn simplified(c: char) -> char {
    match place(c).and_then(|at| SIMPLE.get(at)) {
        Some('\0') | None => c,
        Some(simple) => *simple,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_made_of_pairs_that_end() {
        let all: Vec<char> = PAIRS.chars().filter(|c| !c.is_whitespace()).collect();
        assert_eq!(all.len() % 2, 0);
        for pair in all.chunks_exact(2) {
            assert_eq!(simplified(pair[0]), pair[1]);
            assert_eq!(simplified(pair[1]), pair[1], "{}", pair[1]);
        }
    }

    #[test]
    fn sentences_become_simplified() {
        let text: String = "請問賬戶餘額還剩幾萬塊錢，轉給張麗華".chars().map(simplified).collect();
        assert_eq!(text, "请问账户余额还剩几万块钱，转给张丽华");
    }
}
