//! Small invented files, made without libraries: a drawn PNG, a silent AMR, an empty MP4.

/// Side of a small picture in pixels.
pub(crate) const SIDE: u32 = 96;

/// A PNG of hills under a sky; the seed chooses colours and shape.
pub(crate) fn landscape(seed: u64, side: u32) -> Vec<u8> {
    let [a, b, c, ..] = seed.to_le_bytes();
    let tint = |base: u8, by: u8| base.saturating_add(by / 8);
    let (sky, hill, field) = (
        [tint(190, a), tint(215, b), tint(235, c)],
        [tint(90, b), tint(150, c), tint(100, a)],
        [tint(200, c), tint(160, a), tint(60, b)],
    );
    let mut rows = Vec::new();
    for y in 0..side {
        rows.push(0); // filter: none
        for x in 0..side {
            let ridge = side / 3 + (x.abs_diff(side / 2 + u32::from(a) / 16)) / 2;
            let color = match y {
                y if y < ridge => sky,
                y if y < side * 2 / 3 => hill,
                _ => field,
            };
            rows.extend_from_slice(&color);
        }
    }
    png(side, side, &rows)
}

/// Packs rows of RGB (each behind its filter byte) into a PNG with stored, that is uncompressed, blocks.
fn png(width: u32, height: u32, rows: &[u8]) -> Vec<u8> {
    let mut header = vec![];
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]); // 8 bits, RGB
    let mut data = vec![0x78, 0x01];
    let mut blocks = rows.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let len = u16::try_from(block.len()).unwrap_or(u16::MAX);
        data.push(u8::from(blocks.peek().is_none()));
        data.extend_from_slice(&len.to_le_bytes());
        data.extend_from_slice(&(!len).to_le_bytes());
        data.extend_from_slice(block);
    }
    data.extend_from_slice(&adler32(rows).to_be_bytes());
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, body) in [(b"IHDR", header), (b"IDAT", data), (b"IEND", vec![])] {
        let mut chunk = name.to_vec();
        chunk.extend_from_slice(&body);
        out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(&chunk);
        out.extend_from_slice(&crc32(&chunk).to_be_bytes());
    }
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    (b << 16) | a
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |mut crc, byte| {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1));
        }
        crc
    })
}

/// One second of nothing in AMR-NB.
pub(crate) fn silence() -> Vec<u8> {
    const NO_DATA: u8 = 0x7c;
    [
        b"#!AMR
"
        .as_slice(),
        &[NO_DATA; 50],
    ]
    .concat()
}

/// An MP4 that is only its first box.
pub(crate) fn empty_video() -> Vec<u8> {
    b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom".to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_standard_ones() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_picture_is_a_png_and_seeds_differ() {
        let one = landscape(1, SIDE);
        assert!(one.starts_with(b"\x89PNG"));
        assert_ne!(one, landscape(0x00ff_ffff, SIDE));
    }
}
