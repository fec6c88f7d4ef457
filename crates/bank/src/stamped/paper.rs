//! Paper: A4 pages with text, lines and boxes, as PDF.
//!
//! Chinese is set in `STSong-Light`, a font that PDF names and every reader brings or replaces (Adobe-GB1 by the predefined
//! map UniGB-UTF16-H); embedding one would make each file megabytes. Latin and figures are Helvetica, so that amounts
//! stand in columns. Not for: what a document says.

use super::signed;
use base::Time;
use pdf_writer::types::{AnnotationFlags, CidFontType, FieldType, FontFlags, SigFlags, SystemInfo};
use pdf_writer::{Content, Date, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// A4 in points, origin at the lower left.
pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;

const LATIN: Name<'_> = Name(b"F1");
const CHINESE: Name<'_> = Name(b"F2");
const CHINESE_FONT: &[u8] = b"STSong-Light";
/// Compression: small matters more than the milliseconds.
const DEFLATE_LEVEL: u8 = 8;

/// Helvetica's advance widths for U+0020 to U+007E, in thousandths of the size (Adobe's core font metrics).
#[rustfmt::skip]
const LATIN_WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
    556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

fn is_latin(c: char) -> bool {
    matches!(c, ' '..='~')
}

fn advance(c: char) -> u16 {
    let at = u32::from(c).checked_sub(32).and_then(|n| usize::try_from(n).ok());
    at.and_then(|n| LATIN_WIDTHS.get(n)).copied().unwrap_or(1_000)
}

/// How wide a text is at a size.
pub(super) fn width(text: &str, size: f32) -> f32 {
    text.chars().map(|c| f32::from(advance(c))).sum::<f32>() * size / 1_000.0
}

/// The text, shortened with … to what fits.
pub(super) fn fit(text: &str, size: f32, room: f32) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        if width(&kept, size) + size > room {
            kept.pop();
            break;
        }
    }
    kept + "…"
}

/// One page being written.
pub(super) struct Page {
    content: Content,
}

impl Default for Page {
    fn default() -> Self {
        Self { content: Content::new() }
    }
}

base::unprinted!(Page);

impl Page {
    pub(super) fn ink(&mut self, [r, g, b]: [f32; 3]) {
        self.content.set_fill_rgb(r, g, b).set_stroke_rgb(r, g, b);
    }

    pub(super) fn text(&mut self, x: f32, y: f32, size: f32, text: &str) {
        self.turned([1.0, 0.0, 0.0, 1.0, x, y], size, text);
    }
    pub(super) fn text_right(&mut self, x: f32, y: f32, size: f32, text: &str) {
        self.text(x - width(text, size), y, size, text);
    }
    pub(super) fn text_centred(&mut self, x: f32, y: f32, size: f32, text: &str) {
        self.text(x - width(text, size) / 2.0, y, size, text);
    }

    /// Text under a matrix; runs of Latin and of Chinese each in their font.
    pub(super) fn turned(&mut self, matrix: [f32; 6], size: f32, text: &str) {
        self.content.begin_text().set_text_matrix(matrix);
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let latin = is_latin(first);
            let end = rest.find(|c| is_latin(c) != latin).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            if latin {
                self.content.set_font(LATIN, size).show(Str(run.as_bytes()));
            } else {
                let units: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
                self.content.set_font(CHINESE, size).show(Str(&units));
            }
            rest = after;
        }
        self.content.end_text();
    }

    pub(super) fn rule(&mut self, x: f32, y: f32, to_x: f32, thick: f32) {
        self.content.set_line_width(thick).move_to(x, y).line_to(to_x, y).stroke();
    }
    pub(super) fn fill_box(&mut self, x: f32, y: f32, wide: f32, high: f32) {
        self.content.rect(x, y, wide, high).fill_nonzero();
    }
    pub(super) fn fill_shape(&mut self, points: &[(f32, f32)]) {
        for (n, (x, y)) in points.iter().enumerate() {
            if n == 0 {
                self.content.move_to(*x, *y);
            } else {
                self.content.line_to(*x, *y);
            }
        }
        self.content.close_path().fill_nonzero();
    }
    pub(super) fn circle(&mut self, x: f32, y: f32, r: f32, thick: f32) {
        // A quarter of a circle as one cubic curve.
        let k = r * 0.552_285;
        self.content.set_line_width(thick).move_to(x + r, y);
        self.content.cubic_to(x + r, y + k, x + k, y + r, x, y + r);
        self.content.cubic_to(x - k, y + r, x - r, y + k, x - r, y);
        self.content.cubic_to(x - r, y - k, x - k, y - r, x, y - r);
        self.content.cubic_to(x + k, y - r, x + r, y - k, x + r, y).close_and_stroke();
    }
}

/// Who signs, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hand<'a> {
    pub(super) name: &'a str,
    pub(super) at: Time,
}

/// The pages as one PDF, with room for a signature. The same pages give the same bytes.
pub(super) fn bind(title: &str, hand: Hand<'_>, pages: Vec<Page>) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let mut next = Ref::new(1);
    let [catalog, tree, info, latin, chinese, glyphs, about] = [(); 7].map(|()| next.bump());
    let [field, signature] = [(); 2].map(|()| next.bump());
    let mut root = pdf.catalog(catalog);
    root.pages(tree);
    let flags = SigFlags::SIGNATURES_EXIST | SigFlags::APPEND_ONLY;
    root.form().fields([field]).sig_flags(flags);
    root.finish();
    pdf.document_info(info).title(TextStr(title)).producer(TextStr("Weiyin"));
    fonts(&mut pdf, latin, chinese, glyphs, about);
    blank_signature(&mut pdf, signature, hand);
    // The first page has the next number.
    seal_field(&mut pdf, field, signature, next);
    let mut kids = vec![];
    for page in pages {
        let (id, content) = (next.bump(), next.bump());
        let packed =
            miniz_oxide::deflate::compress_to_vec_zlib(&page.content.finish(), DEFLATE_LEVEL);
        pdf.stream(content, &packed).filter(Filter::FlateDecode);
        let mut sheet = pdf.page(id);
        sheet.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content);
        sheet.resources().fonts().pair(LATIN, latin).pair(CHINESE, chinese);
        if kids.is_empty() {
            sheet.annotations([field]);
        }
        sheet.finish();
        kids.push(id);
    }
    let count = i32::try_from(kids.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(kids).count(count);
    pdf.finish()
}

/// The signature itself, its places blank: `signed::seal` fills them in.
fn blank_signature(pdf: &mut Pdf, signature: Ref, hand: Hand<'_>) {
    let mut value = pdf.indirect(signature).dict();
    value.pair(Name(b"Type"), Name(b"Sig"));
    value.pair(Name(b"Filter"), Name(b"Adobe.PPKLite"));
    value.pair(Name(b"SubFilter"), Name(b"adbe.pkcs7.detached"));
    value.pair(Name(b"Name"), TextStr(hand.name)).pair(Name(b"M"), date(hand.at));
    let blank = signed::BLANK;
    value.insert(Name(b"ByteRange")).array().items([0, blank, blank, blank]);
    // No byte of it is a letter, so it is written in figures.
    value.pair(Name(b"Contents"), Str(&[0xff; signed::ROOM]));
}

/// Where readers look for the signature; it shows nothing, the seal is drawn.
fn seal_field(pdf: &mut Pdf, field: Ref, signature: Ref, page: Ref) {
    let mut shown = pdf.form_field(field);
    shown.field_type(FieldType::Signature).partial_name(TextStr("Seal"));
    shown.pair(Name(b"V"), signature);
    let mut place = shown.into_annotation();
    place.rect(Rect::new(0.0, 0.0, 0.0, 0.0)).page(page);
    place.flags(AnnotationFlags::PRINT | AnnotationFlags::LOCKED);
}

fn date(at: Time) -> Date {
    let (year, month, day, hour, minute) = at.china();
    let small = |n: i64| u8::try_from(n).unwrap_or(0);
    let date = Date::new(u16::try_from(year).unwrap_or(0)).month(small(month)).day(small(day));
    let second = at.secs().rem_euclid(60);
    date.hour(small(hour)).minute(small(minute)).second(small(second)).utc_offset_hour(8)
}

fn fonts(pdf: &mut Pdf, latin: Ref, chinese: Ref, glyphs: Ref, about: Ref) {
    let mut plain = pdf.type1_font(latin);
    plain.base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    plain.finish();
    let mut whole = pdf.type0_font(chinese);
    whole.base_font(Name(b"STSong-Light-UniGB-UTF16-H"));
    whole.encoding_predefined(Name(b"UniGB-UTF16-H")).descendant_font(glyphs);
    whole.finish();
    let gb1 = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"GB1"), supplement: 4 };
    let mut set = pdf.cid_font(glyphs);
    set.subtype(CidFontType::Type0).base_font(Name(CHINESE_FONT)).system_info(gb1);
    set.default_width(1_000.0).font_descriptor(about);
    set.finish();
    let mut face = pdf.font_descriptor(about);
    face.name(Name(CHINESE_FONT)).flags(FontFlags::SERIF | FontFlags::SYMBOLIC);
    face.bbox(Rect::new(-25.0, -254.0, 1_000.0, 880.0)).italic_angle(0.0);
    face.ascent(880.0).descent(-120.0).cap_height(880.0).stem_v(93.0);
    face.finish();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_all_of_one_width_and_chinese_is_square() {
        for digit in '0'..='9' {
            assert_eq!(advance(digit), 556);
        }
        assert!((width("1,280.50", 10.0) - (6.0 * 5.56 + 2.0 * 2.78)).abs() < 0.01);
        assert!((width("流水", 10.0) - 20.0).abs() < 0.01);
    }

    #[test]
    fn what_is_too_long_ends_in_dots_and_fits() {
        assert_eq!(fit("电费", 9.0, 40.0), "电费");
        let short = fit("耕地地力保护补贴财政代发", 9.0, 60.0);
        assert!(short.ends_with('…') && width(&short, 9.0) <= 60.0, "{short}");
    }
}
