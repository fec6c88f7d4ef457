//! An authenticator app, as far as it reads addresses.

/// What an authenticator app reads out of the address.
pub(crate) fn secret_of(otpauth: &str) -> Vec<u8> {
    let text = otpauth.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    let (mut bits, mut held, mut out) = (0_u32, 0, vec![]);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            digit => digit - b'2' + 26,
        };
        (bits, held) = ((bits << 5) | u32::from(value), held + 5);
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).unwrap());
        }
    }
    out
}
