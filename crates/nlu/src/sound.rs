//! How characters sound, roughly: what a mistyped or misheard word still has in common with the right one.
//!
//! Not for: speaking. Tones are left out, and so are the differences that many dialects do not make
//! (zh/z, ch/c, sh/s, ang/an, eng/en, ing/in, n/l at the beginning).

use crate::script::{PLACES, place};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A syllable and its characters on each line.
const SYLLABLES: &str = include_str!("../assets/sounds.txt");

/// The sound of each character of the main block; 0 where it is not known.
static SOUNDS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut table = vec![0; PLACES];
    let mut known: BTreeMap<String, u16> = BTreeMap::new();
    for line in SYLLABLES.lines() {
        let Some((syllable, chars)) = line.split_once(' ') else { continue };
        let next = u16::try_from(known.len() + 1).unwrap_or(0);
        let sound = *known.entry(rough(syllable)).or_insert(next);
        for at in chars.chars().filter_map(place) {
            table[at] = sound;
        }
    }
    table
});

/// A syllable without the differences that are often not made.
fn rough(syllable: &str) -> String {
    let mut all = syllable.replace("zh", "z").replace("ch", "c").replace("sh", "s");
    if all.ends_with("ng") && !all.ends_with("ong") {
        all.pop();
    }
    match all.strip_prefix('n') {
        Some(rest) if !rest.is_empty() => format!("l{rest}"),
        _ => all,
    }
}

/// A number for the rough sound of `c`, from 1; 0 when it has none that is known.
pub fn sound(c: char) -> u16 {
    place(c).and_then(|at| SOUNDS.get(at).copied()).unwrap_or(0)
}

/// True when two words of equal length sound alike.
pub fn alike(a: &[char], b: &[char]) -> bool {
    let same = |(x, y): (&char, &char)| x == y || (sound(*x) != 0 && sound(*x) == sound(*y));
    !a.is_empty() && a.len() == b.len() && a.iter().zip(b).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn mistyped_words_sound_like_the_right_ones() {
        for (typed, right) in [
            ("余鹅", "余额"),
            ("电废", "电费"),
            ("冲话费", "充话费"),
            ("挂矢", "挂失"),
            ("转帐", "转账"),
            ("明系", "明细"),
            ("刘丽", "牛丽"),
            ("四十", "事实"),
        ] {
            assert!(alike(&chars(typed), &chars(right)), "{typed}");
        }
        assert!(!alike(&chars("余额"), &chars("明细")));
        assert!(!alike(&chars("余额"), &chars("余")));
        assert_eq!(sound('a'), 0);
    }
}
