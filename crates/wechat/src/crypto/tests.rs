//! Known answers of Tencent's own pages and samples (V1–V5), and what the cipher must refuse.

use super::*;
use base::Random;
use proptest::prelude::*;

const ZERO_KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Its last character carries spare bits that are not zero.
const SAMPLE_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const CORP_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

fn key(text: &str) -> AesKey {
    AesKey::parse(text).unwrap()
}
fn opened(key_text: &str, appid: &str, encrypt: &str) -> String {
    String::from_utf8(key(key_text).open(encrypt, appid).unwrap()).unwrap()
}

mod v1_official_secure_mode {
    use super::*;

    const APPID: &str = "wxba5fad812f8e6fb9";
    const ENCRYPT: &str = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";
    const PLAIN: &str = r#"{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}"#;

    #[test]
    fn both_signatures_are_as_documented() {
        let (time, nonce) = ("1714112445", "415670741");
        assert_eq!(signature(&["AAAAA", time, nonce]), "6c5c811b55cc85e0e1b54100749188c20beb3f5d");
        assert_eq!(
            signature(&["AAAAA", time, nonce, ENCRYPT]),
            "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
        );
    }

    #[test]
    fn the_message_opens_and_seals_again_byte_for_byte() {
        assert_eq!(opened(ZERO_KEY, APPID, ENCRYPT), PLAIN);
        assert_eq!(key(ZERO_KEY).seal(*b"a8eedb185eb2fecf", PLAIN.as_bytes(), APPID), ENCRYPT);
    }

    #[test]
    fn the_reply_is_sealed_and_signed_byte_for_byte() {
        let reply =
            key(ZERO_KEY).seal(*b"707722b803182950", br#"{"demo_resp":"good luck"}"#, APPID);
        assert_eq!(
            reply,
            "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
        );
        assert_eq!(
            signature(&["AAAAA", "1713424427", "415670741", &reply]),
            "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
        );
    }

    #[test]
    fn the_plain_mode_and_url_check_signatures_are_as_documented() {
        assert_eq!(
            signature(&["AAAAA", "1714037059", "486452656"]),
            "899cf89e464efb63f54ddac96b0a0a235f53aa78"
        );
        assert_eq!(
            signature(&["AAAAA", "1714036504", "1514711492"]),
            "f464b24fc39322e44b38aa78f5edd27bd1441696"
        );
    }
}

#[test]
fn v2_the_third_party_platform_reply_opens_and_its_signature_fits() {
    let encrypt = "hE8R6mGXHkJJjU72KxzKUd1GEkKJaEZq7vRL8XgK3o+00k8JGq6+pZJUIlTSyhsX+bxIBQ72g3GyvDdIZcr6+3HAZbSvPT9t/o11MI7d6WELwqrGd7jMnV0zv3Zc9Nq7";
    let plain = "<xml><demo_resp>[CDATA[good luck]]</demo_resp></xml>";
    let appid = "wx134c8103faa5a59e";
    assert_eq!(
        signature(&["AAAAA", "1713424427", "415670741", encrypt]),
        "03e0812039325c2712ef5f0f980fd14c70d6e307"
    );
    assert_eq!(opened(ZERO_KEY, appid, encrypt), plain);
    assert_eq!(key(ZERO_KEY).seal(*b"999951349e8ee746", plain.as_bytes(), appid), encrypt);
}

#[test]
fn v3_the_sample_in_compat_mode_opens_under_a_key_with_spare_bits() {
    let encrypt = "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=";
    let (time, nonce) = ("1409735669", "1320562132");
    assert_eq!(signature(&["spamtest", time, nonce]), "16120ec1b8dbb870f510d87ce6bc2463eae6ca1a");
    assert_eq!(
        signature(&["spamtest", time, nonce, encrypt]),
        "5d197aaffba7e9b25a30732f161a50dee96bd5fa"
    );
    let plain = opened(SAMPLE_KEY, "wx2c2769f8efd9abc2", encrypt);
    assert_eq!(plain.len(), 280);
    let sealed = key(SAMPLE_KEY).seal(*b"89465c840c5f116f", plain.as_bytes(), "wx2c2769f8efd9abc2");
    assert_eq!(sealed, encrypt);
    let heard = crate::inbound::read(plain.as_bytes()).unwrap();
    assert_eq!(heard.from, "oyORnuP8q7ou2gfYjqLzSIWZf0rs");
    assert_eq!(heard.msg_id, Some(6_054_768_590_064_713_728));
    assert_eq!(heard.what, crate::inbound::What::Text { content: "abcdteT".into(), menu_id: None });
}

#[test]
fn v4_the_java_sample_seals_byte_for_byte_both_ways() {
    let encrypt =
        "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==";
    let appid = "wxb11529c136998cb6";
    assert_eq!(
        key(SAMPLE_KEY).seal(*b"aaaabbbbccccdddd", "我是中文abcd123".as_bytes(), appid),
        encrypt
    );
    assert_eq!(opened(SAMPLE_KEY, appid, encrypt), "我是中文abcd123");
}

#[test]
fn v5_the_corporate_sample_with_a_padding_of_thirty_opens() {
    let encrypt = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==";
    assert_eq!(
        signature(&["QDG6eK", "1409659813", "1372623149", encrypt]),
        "477715d11cdb4164915debcba66cb864d751f3e6"
    );
    let plain = opened(CORP_KEY, "wx5823bf96d3bd56c7", encrypt);
    assert!(plain.contains("<Content><![CDATA[hello]]></Content>"), "{plain}");
    assert_eq!((HEAD + plain.len() + 18) % PAD_BLOCK, PAD_BLOCK - 30);
}

#[test]
fn v5_the_corporate_url_check_opens() {
    let echo =
        "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==";
    assert_eq!(
        signature(&["QDG6eK", "1409659589", "263014780", echo]),
        "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
    );
    assert_eq!(opened(CORP_KEY, "wx5823bf96d3bd56c7", echo), "1616140317555161061");
}

#[test]
fn a_key_of_another_length_or_alphabet_is_refused_in_words_that_help() {
    let short = AesKey::parse(&SAMPLE_KEY[..42]).unwrap_err();
    assert_eq!(short, BadKey::Length(42));
    assert!(short.to_string().contains("43 characters, this one has 42"), "{short}");
    assert_eq!(AesKey::parse(&format!("{SAMPLE_KEY}=")).unwrap_err(), BadKey::Length(44));
    assert_eq!(AesKey::parse(&SAMPLE_KEY.replace('a', "-")).unwrap_err(), BadKey::Character);
    assert_eq!(AesKey::parse(&"密".repeat(43)).unwrap_err(), BadKey::Character);
}

#[test]
fn a_key_is_never_printed() {
    assert_eq!(format!("{:?}", key(SAMPLE_KEY)), "AesKey(***)");
}

#[test]
fn every_failure_looks_the_same_and_only_the_cause_tells_them_apart() {
    let good = key(SAMPLE_KEY).seal([1; 16], b"hello", "wx1");
    let cause = |e: &str, k: &str, appid: &str| key(k).open(e, appid).unwrap_err();
    let failures = [
        (cause("!!", SAMPLE_KEY, "wx1"), Cause::Base64, -40010),
        (cause("AAAA", SAMPLE_KEY, "wx1"), Cause::Base64, -40010),
        (cause("", SAMPLE_KEY, "wx1"), Cause::Base64, -40010),
        (cause(&good, ZERO_KEY, "wx1"), Cause::Padding, -40007),
        (cause(&good, SAMPLE_KEY, "wx2"), Cause::AppId, -40005),
        (cause(&good, SAMPLE_KEY, ""), Cause::AppId, -40005),
    ];
    for (failure, cause, official) in failures {
        assert_eq!(failure.cause(), cause);
        assert_eq!(failure.cause().official(), official);
        assert_eq!(failure.to_string(), "the message cannot be opened");
        assert_eq!(format!("{failure:?}"), "CryptoError");
    }
}

/// Encrypts a buffer as it is, so that broken insides can be made.
fn raw(buffer: &[u8]) -> String {
    let mut buffer = buffer.to_vec();
    let key = key(SAMPLE_KEY);
    let mut cipher = cbc::Encryptor::inner_iv_init(&key.0.seal, &Array::from(*key.0.iv));
    let (blocks, _) = InOutBuf::from(buffer.as_mut_slice()).into_chunks();
    cipher.encrypt_blocks_inout(blocks);
    STANDARD.encode(&buffer)
}

#[test]
fn a_stated_length_beyond_the_buffer_is_refused() {
    let mut buffer = vec![7; 16];
    buffer.extend_from_slice(&u32::MAX.to_be_bytes());
    buffer.extend_from_slice(&[12; 12]);
    assert_eq!(key(SAMPLE_KEY).open(&raw(&buffer), "").unwrap_err().cause(), Cause::Key);
}

#[test]
fn a_buffer_shorter_than_its_own_head_is_refused() {
    assert_eq!(key(SAMPLE_KEY).open(&raw(&[32; 32]), "").unwrap_err().cause(), Cause::Key);
    assert_eq!(key(SAMPLE_KEY).open(&raw(&[1; 16]), "").unwrap_err().cause(), Cause::Key);
}

#[test]
fn padding_must_be_one_to_thirty_two_and_all_alike() {
    let of = |pad: u8, broken: Option<usize>| {
        let mut buffer = vec![b'x'; 64];
        for byte in buffer.iter_mut().rev().take(usize::from(pad)) {
            *byte = pad;
        }
        if let Some(at) = broken {
            buffer[at] ^= 1;
        }
        unpad(&buffer)
    };
    assert_eq!(of(1, None), Some(63));
    assert_eq!(of(17, None), Some(47));
    assert_eq!(of(32, None), Some(32));
    assert_eq!(of(32, Some(32)), None);
    assert_eq!(of(17, Some(50)), None);
    assert_eq!(unpad(&[0; 64]), None);
    assert_eq!(unpad(&[33; 64]), None);
    assert_eq!(unpad(&[17; 16]), None);
    assert_eq!(unpad(&[]), None);
}

#[test]
fn texts_are_the_same_only_when_all_bytes_are() {
    assert!(same("abc", "abc") && same("", ""));
    assert!(!same("abc", "abd") && !same("abc", "ab") && !same("", "a"));
}

#[test]
fn many_parts_are_signed_like_few() {
    let parts = ["i", "h", "g", "f", "e", "d", "c", "b", "a"];
    assert_eq!(signature(&parts), sha1_hex("abcdefghi"));
    assert_eq!(signature(&parts[5..]), sha1_hex("abcd"));
}

#[test]
fn fresh_random_bytes_give_another_text_for_the_same_message() {
    let random = Random::seeded(1);
    let seal = || key(SAMPLE_KEY).seal(random.bytes(), b"hello", "wx1");
    assert_ne!(seal(), seal());
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens_again(
        msg in proptest::collection::vec(any::<u8>(), 0..400),
        random in any::<[u8; 16]>(),
        appid in "[a-z0-9]{0,20}",
    ) {
        let sealed = key(SAMPLE_KEY).seal(random, &msg, &appid);
        prop_assert_eq!(key(SAMPLE_KEY).open(&sealed, &appid).unwrap(), msg);
        let ciphertext = STANDARD.decode(&sealed).unwrap();
        prop_assert_eq!(ciphertext.len() % PAD_BLOCK, 0);
    }

    #[test]
    fn arbitrary_text_never_panics_the_cipher(text in "\\PC{0,200}", bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
        let _ = key(SAMPLE_KEY).open(&text, "wx1");
        prop_assert!(key(SAMPLE_KEY).open(&STANDARD.encode(&bytes), "wx1").is_err());
    }
}
