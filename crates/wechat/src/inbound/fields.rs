//! Reading typed fields out of elements: numbers, optional texts, places.

use super::Place;
use crate::xml::Element;

/// The text of a field, `""` when it is absent.
pub(super) fn text(of: Element<'_, '_>, name: &str) -> String {
    of.get(name).unwrap_or_default().to_owned()
}

/// The text of a field, `None` when it is absent or empty.
pub(super) fn some_text(of: Element<'_, '_>, name: &str) -> Option<String> {
    of.get(name).filter(|t| !t.is_empty()).map(str::to_owned)
}

/// The first of two spellings that is there and not empty.
pub(super) fn either(of: Element<'_, '_>, names: [&str; 2]) -> String {
    names.into_iter().find_map(|n| some_text(of, n)).unwrap_or_default()
}

/// A whole number; `None` when absent, empty or not one.
pub(super) fn number(of: Element<'_, '_>, name: &str) -> Option<i64> {
    of.get(name)?.trim().parse().ok()
}

pub(super) fn place(of: Element<'_, '_>) -> Place {
    Place {
        latitude: text(of, "Location_X"),
        longitude: text(of, "Location_Y"),
        scale: number(of, "Scale"),
        label: text(of, "Label"),
    }
}
