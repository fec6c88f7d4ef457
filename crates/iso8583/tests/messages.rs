//! Messages as hosts send them, bytes for bytes.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use iso8583::{Form, MESSAGE_MAX, MacKey, Message, Mti, Problem, form, frame};
use proptest::prelude::*;

fn key() -> MacKey {
    MacKey::new([
        0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32,
        0x10,
    ])
}

/// A sign of life.
fn echo() -> Message {
    let mut echo = Message::new(Mti::new(*b"0800").unwrap());
    echo.set(7, b"1127093000").unwrap();
    echo.set(11, b"000001").unwrap();
    echo.set(70, b"301").unwrap();
    echo
}

/// Bytes with the right code behind them.
fn sealed(said: &[u8], code: &[u8; 8]) -> Vec<u8> {
    [said, code].concat()
}

#[test]
fn a_message_is_the_bytes_that_another_implementation_makes() {
    let mut said = b"0800".to_vec();
    said.extend_from_slice(&[0x82, 0x20, 0, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0, 0, 1]);
    said.extend_from_slice(b"1127093000000001301");
    // `openssl mac -cipher SM4-CBC -macopt hexkey:0123456789abcdeffedcba9876543210 CMAC` of OpenSSL 3.0.19, its first 8 bytes.
    let code = [0x20, 0xa0, 0x17, 0xb3, 0xc2, 0xf2, 0x5e, 0xd8];
    let bytes = sealed(&said, &code);
    assert_eq!(echo().seal(&key()).unwrap(), bytes);
    assert_eq!(Message::open(&bytes, &key()).unwrap(), echo());
    assert_eq!(frame::wrap(&bytes).unwrap()[..4], *b"0047");
    assert_eq!(frame::length(*b"0047"), Ok(bytes.len()));
}

#[test]
fn one_bitmap_is_enough_up_to_field_64() {
    let mut told = Message::new(Mti::new(*b"0220").unwrap());
    told.set(2, b"6299010000000001").unwrap();
    told.set(4, b"000000012345").unwrap();
    told.set(
        43,
        "城关镇第一超市"
            .as_bytes()
            .iter()
            .chain(&[b' '; 19])
            .copied()
            .collect::<Vec<_>>()
            .as_slice(),
    )
    .unwrap();
    let bytes = told.seal(&key()).unwrap();
    assert_eq!(bytes[4..12], [0x50, 0, 0, 0, 0, 0x20, 0, 1]);
    assert_eq!(&bytes[12..30], b"166299010000000001");
    let heard = Message::open(&bytes, &key()).unwrap();
    assert_eq!(heard.text(43), Some("城关镇第一超市"));
    assert_eq!(heard.numbers().collect::<Vec<_>>(), [2, 4, 43]);
}

#[test]
fn whoever_has_not_the_key_is_not_understood() {
    let bytes = echo().seal(&key()).unwrap();
    assert_eq!(Message::open(&bytes, &MacKey::new([7; 16])), Err(Problem::Mac));
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert_eq!(Message::open(&changed, &key()), Err(Problem::Mac), "byte {at}");
        assert_eq!(Message::open(&bytes[..at], &key()), Err(Problem::Mac), "cut at {at}");
    }
    assert_eq!(Message::open(&[], &key()), Err(Problem::Mac));
}

#[test]
fn types_say_what_is_a_repeat_and_what_answers() {
    let of = |digits: &[u8; 4]| Mti::new(*digits).unwrap();
    assert_eq!(of(b"0220").answer(), of(b"0230"));
    assert_eq!(of(b"0221").answer(), of(b"0230"));
    assert_eq!(of(b"0421").first(), of(b"0420"));
    assert_eq!(of(b"0800").answer(), of(b"0810"));
    assert!(of(b"0421").is_repeat() && !of(b"0420").is_repeat());
    assert_eq!(of(b"0420").to_string(), "0420");
    assert_eq!(Mti::new(*b"08x0"), Err(Problem::Type));
}

#[test]
fn a_value_that_has_not_the_fields_form_is_refused() {
    let mut m = Message::new(Mti::new(*b"0220").unwrap());
    for (number, value) in [
        (4, "12345"),
        (4, "00000001234x"),
        (2, ""),
        (2, "62990100000000012345"),
        (28, "00000100"),
        (28, "X00000100"),
        (54, ""),
        (64, "12345678"),
        (128, "12345678"),
        (39, "000"),
    ] {
        assert_eq!(
            m.set(number, value.as_bytes()),
            Err(Problem::Field(number)),
            "{number}: {value}"
        );
    }
    assert_eq!(m.set(1, b"x"), Err(Problem::Unknown(1)));
    assert_eq!(m.set(200, b"x"), Err(Problem::Unknown(200)));
    m.set(28, b"D00000100").unwrap();
    let words = format!("{m:?}");
    assert!(!words.contains("100"), "values are not printed: {words}");
}

#[test]
fn a_stream_with_a_wrong_head_cannot_be_read_on() {
    assert_eq!(frame::length(*b"12x4"), Err(Problem::Type));
    assert_eq!(frame::length(*b"9999"), Err(Problem::Long));
    assert_eq!(frame::length(*b"0000"), Ok(0));
    assert_eq!(frame::wrap(&vec![0; MESSAGE_MAX + 1]), Err(Problem::Long));
}

/// Any value of a form.
fn value(form: Form) -> BoxedStrategy<Vec<u8>> {
    let digits = |n: std::ops::RangeInclusive<usize>| prop::collection::vec(b'0'..=b'9', n);
    match form {
        Form::Digits(n) => digits(n..=n).boxed(),
        Form::DigitsUpTo(max) => digits(1..=max).boxed(),
        Form::Text(n) => prop::collection::vec(b' '..=b'~', n).boxed(),
        Form::Bytes(n) => prop::collection::vec(any::<u8>(), n).boxed(),
        Form::TextUpTo(max) => prop::collection::vec(any::<u8>(), 1..=max.min(60)).boxed(),
        Form::Signed(n) => (prop::sample::select(vec![b'C', b'D']), digits(n..=n))
            .prop_map(|(sign, rest)| [vec![sign], rest].concat())
            .boxed(),
    }
}

fn field() -> impl Strategy<Value = (u8, Vec<u8>)> {
    let known: Vec<u8> = (2..=127).filter(|n| *n != 64 && form(*n).is_some()).collect();
    prop::sample::select(known).prop_flat_map(|n| (Just(n), value(form(n).unwrap())))
}

proptest! {
    #[test]
    fn what_was_sealed_is_opened(fields in prop::collection::vec(field(), 0..24)) {
        let mut told = Message::new(Mti::new(*b"0220").unwrap());
        for (number, value) in &fields {
            told.set(*number, value).unwrap();
        }
        let bytes = told.seal(&key()).unwrap();
        prop_assert_eq!(Message::open(&bytes, &key()).unwrap(), told);
    }

    /// Whoever has the key may still send nonsense: it is refused, whatever it is.
    #[test]
    fn nonsense_from_the_right_hand_is_refused_or_understood(
        map in any::<[u8; 8]>(), rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let said = [b"0220".as_slice(), &map, &rest].concat();
        let code = iso8583::code(&said, &key());
        if let Ok(told) = Message::open(&sealed(&said, &code), &key()) {
            prop_assert_eq!(told.seal(&key()).unwrap(), sealed(&said, &code));
        }
    }
}
