//! The catalogue as a list for docs: one line an item. A test holds it against the flows.

use super::{Catalogue, Status};
use std::fmt::Write as _;

/// `docs/catalogue.md`.
pub fn list(all: &Catalogue) -> String {
    let mut out = String::from(
        "# The catalogue (服务目录)\n\nMade from the flows by `weiyin flows catalogue --out docs/catalogue.md`; a test says when it is out of date. The page with \
         every phrase and sample conversation is in the console under 服务目录, or `weiyin flows catalogue --out catalogue.html`.\n\n",
    );
    let _ = write!(out, "{} items", all.items.len());
    for status in Status::ALL {
        let _ = write!(out, " · {} {}", all.count(status), status.label());
    }
    out.push_str(".\n");
    for (group, items) in all.groups() {
        let _ = write!(
            out,
            "\n## {group}\n\n| item | 名称 | 状态 | 可以这样说 |\n| --- | --- | --- | --- |\n"
        );
        for item in items {
            let cell = |text: &str| text.replace('|', "\\|");
            let said = item.say.first().map_or("", String::as_str);
            let _ = writeln!(
                out,
                "| [`{}`](../{}) | {} | {} | {} |",
                item.id,
                item.file,
                cell(&item.title),
                item.status.label(),
                cell(said)
            );
        }
    }
    out
}
