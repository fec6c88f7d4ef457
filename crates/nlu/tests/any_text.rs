//! What holds for any text at all.

use base::Fen;
use nlu::Normal;
use nlu::amount::Sums;
use nlu::dates::Look;
use nlu::secret::{masked, secrets, without_secrets};
use nlu::sentence::{Scene, Sentence};
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
            "毛",
            "分",
            "半",
            "几",
            "多",
            "左右",
            "转",
            "给",
            "不对是",
            "¥",
            "，",
            ",",
            "k",
            "点",
            "周",
            "前",
            "腊月",
            "国庆",
            "张三",
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
        spans.extend(slots::term(&normal).map(|s| s.1));
        for look in [Look::Back, Look::Ahead] {
            for said in dates::all(&normal.chars, TODAY, look) {
                prop_assert!(said.range.from <= said.range.to, "{:?}", said);
                spans.push(said.span);
            }
        }
        let sums = amount::all(&normal, &[]);
        prop_assert!(sums.windows(2).all(|w| w[0].span.end <= w[1].span.start), "{:?}", sums);
        spans.extend(sums.iter().map(|s| s.span));
        let sentence = Sentence::read(&text, Scene::on(TODAY));
        spans.extend(&sentence.spans);
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

/// An amount of fen as people may have to read it: up to eight digits of yuan.
fn any_fen() -> impl Strategy<Value = i64> {
    prop_oneof![
        1..1_000_000_i64,
        (1..100_000_i64).prop_map(|n| n * 100),
        (1..2_000_i64).prop_map(|n| n * 100_000),
        1..10_000_000_000_i64
    ]
}

/// All shapes in which `fen` may be written.
fn shapes(fen: i64) -> Vec<String> {
    let (yuan, cents) = (fen / 100, fen % 100);
    let plain = if cents == 0 { yuan.to_string() } else { format!("{yuan}.{cents:02}") };
    let wide: String =
        plain.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xfee0)).collect();
    let spaced: String = plain.chars().flat_map(|c| [c, ' ']).collect();
    let fen = Fen::of(fen);
    let mut all = vec![
        format!("{plain}元"),
        format!("转{plain}块钱"),
        format!("¥{fen}"),
        format!("{fen}元"),
        format!("{wide}元"),
        format!("{spaced}元"),
        format!("人民币{plain}"),
        fen.in_words(),
        format!("给我妈转{}过去", fen.in_words()),
        format!("交{}", fen.spoken()),
    ];
    if cents == 0 {
        let spoken = fen.spoken().trim_end_matches('块').to_owned();
        all.push(format!("{spoken}元整"));
        let spread: String = spoken.chars().flat_map(|c| [c, ' ']).collect();
        all.push(format!("{spread}块"));
    }
    if yuan % 1_000 == 0 && cents == 0 && yuan > 0 {
        all.push(format!("转{}k", yuan / 1_000));
        all.push(format!("{}.{}万", yuan / 10_000, yuan / 1_000 % 10));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn every_shape_of_an_amount_reads_back_exactly(fen in any_fen()) {
        for shape in shapes(fen) {
            let normal = normalise(&shape);
            let sums = Sums::of(&normal, &[]);
            prop_assert_eq!(sums.one(), Some(Fen::of(fen)), "{}: {:?}", shape, sums);
        }
    }

    /// Whatever is heard as a sum stands in the text: its digits, read by themselves, give it again.
    #[test]
    fn no_amount_is_invented(text in any_text()) {
        let normal = normalise(&text);
        for (fen, span) in Sums::of(&normal, &[]).exact {
            let alone = Normal { chars: normal.chars[span.start..span.end].to_vec(), from: normal.from[span.start..span.end].to_vec() };
            prop_assert_eq!(amount::answer(&alone), Some(fen), "{}", text);
            let (first, last) = (normal.from[span.start], normal.from[span.end - 1]);
            let original: String = text.chars().skip(first).take(last - first + 1).collect();
            prop_assert_eq!(normalise(&original).chars, alone.chars, "{}", text);
            prop_assert!(fen.fen() > 0);
        }
    }
}
