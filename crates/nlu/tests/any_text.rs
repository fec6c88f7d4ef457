//! What holds for any text at all.

use nlu::secret::{masked, secrets, without_secrets};
use nlu::{amount, dates, normalise, number, slots};
use proptest::prelude::*;

/// 2026-11-23.
const TODAY: i64 = 20_780;

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[0-9]{1,20}",
        "[零一二三四五六七八九十百千万亿两]{1,12}",
        prop::sample::select(vec![
            "年",
            "月",
            "日",
            "号",
            "到",
            "最近",
            "上个月",
            "半",
            "第",
            "个",
            "尾号",
            "密码",
            "元",
            "万",
            "块",
            ".",
            "-",
            " ",
            "　",
            "餘額",
            "去年",
            "今年",
            "x",
            "X",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_span_lies_in_the_text(text in any_text()) {
        let normal = normalise(&text);
        prop_assert_eq!(normal.chars.len(), normal.from.len());
        prop_assert!(normal.from.windows(2).all(|w| w[0] <= w[1]));
        let len = text.chars().count();
        prop_assert!(normal.from.iter().all(|f| *f < len));
        let ranges = dates::find(&normal.chars, TODAY);
        let mut spans = ranges.map(|(range, spans)| {
            assert!(range.from <= range.to, "{text}: {range:?}");
            assert_eq!(dates::DayRange::parse(&range.to_text()), Some(range));
            assert!(!range.words(TODAY).is_empty());
            spans
        }).unwrap_or_default();
        spans.extend(slots::ordinal(&normal).map(|s| s.1));
        spans.extend(slots::tail(&normal).map(|s| s.1));
        spans.extend(slots::mobile(&normal).map(|s| s.1));
        spans.extend(amount::one(&normal).map(|s| s.1));
        spans.extend(slots::flow(&normal).map(|s| s.1));
        prop_assert!(spans.iter().all(|s| s.start < s.end && s.end <= normal.chars.len()), "{:?}", spans);
        let _ = (slots::bare_number(&normal), slots::yes_no(&normal), normal.key());
        for at in 0..normal.chars.len() {
            number::read(&normal.chars, at);
        }
    }

    #[test]
    fn a_found_secret_is_gone_from_the_rest_and_from_the_mask(text in any_text()) {
        let found = secrets(&text);
        let hidden: usize = found.iter().map(|f| f.end - f.start).sum();
        prop_assert_eq!(without_secrets(&text, &found).chars().count() + hidden, text.chars().count());
        let mask: Vec<char> = masked(&text).chars().collect();
        for f in &found {
            prop_assert!(mask[f.start..f.end].iter().all(|c| *c == '*'));
        }
    }
}
