//! The bank's round red seal (公章) and the square code, drawn as lines and faces: no picture is kept.

use super::paper::Page;
use base::{Error, Result};

const RED: [f32; 3] = [0.80, 0.08, 0.10];
const BLACK: [f32; 3] = [0.0, 0.0, 0.0];
/// What the seal is for, under its star.
const PURPOSE: &str = "电子业务专用章";
/// A seal of the bank has a diameter of 40 mm.
const RADIUS: f32 = 56.7;
/// The name goes round this part of the circle, in degrees.
const ARC: f32 = 250.0;

/// Draws the seal of a bank around a middle point.
pub(super) fn stamp(page: &mut Page, (x, y): (f32, f32), bank: &str) {
    page.ink(RED);
    page.circle(x, y, RADIUS, 2.6);
    let count = u16::try_from(bank.chars().count()).unwrap_or(u16::MAX).max(1);
    // The letters may touch neither each other nor the star.
    let size = (ARC.to_radians() * RADIUS * 0.72 / f32::from(count)).min(13.0);
    let round = RADIUS - size - 4.0;
    let step = ARC / f32::from(count);
    for (n, letter) in (0_u16..).zip(bank.chars()) {
        let angle = (90.0 + ARC / 2.0 - step * (f32::from(n) + 0.5)).to_radians();
        let (sin, cos) = angle.sin_cos();
        // Each letter stands on the circle with its foot to the middle.
        let half = size / 2.0;
        let foot = (x + round * cos - half * sin, y + round * sin + half * cos);
        page.turned([sin, -cos, cos, sin, foot.0, foot.1], size, letter.encode_utf8(&mut [0; 4]));
    }
    let star: Vec<(f32, f32)> = (0_u16..10)
        .map(|n| {
            let r = if n % 2 == 0 { 17.0 } else { 6.5 };
            let (sin, cos) = (90.0 + 36.0 * f32::from(n)).to_radians().sin_cos();
            (x + r * cos, y + 3.0 + r * sin)
        })
        .collect();
    page.fill_shape(&star);
    page.text_centred(x, y - 29.0, 8.5, PURPOSE);
    page.ink(BLACK);
}

/// Draws a QR code with its lower left corner at a point.
pub(super) fn square_code(
    page: &mut Page,
    (x, y): (f32, f32),
    side: f32,
    text: &str,
) -> Result<()> {
    let rows = dots(text)?;
    let dot = side / f32::from(u16::try_from(rows.len()).unwrap_or(u16::MAX).max(1));
    for (row, dots) in (1_u16..).zip(rows) {
        for (column, _) in (0_u16..).zip(dots).filter(|(_, is_dark)| *is_dark) {
            let (left, top) = (dot * f32::from(column), dot * f32::from(row));
            page.fill_box(x + left, y + side - top, dot, dot);
        }
    }
    Ok(())
}

/// The rows of a QR code from the top; true is dark.
pub(crate) fn dots(text: &str) -> Result<Vec<Vec<bool>>> {
    let code = fast_qr::QRBuilder::new(text).build();
    let code = code.map_err(|e| Error::fault(format!("a QR code: {e:?}")))?;
    let row = |y| (0..code.size).map(|x| code[y][x].value()).collect();
    Ok((0..code.size).map(row).collect())
}
