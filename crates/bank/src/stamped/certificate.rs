//! How a receipt and a proof of settlement look: one page with head, facts, a sentence, seal and verification code.

use super::document::{INK, LEFT, RIGHT, foot, moment};
use super::other::Paper;
use super::paper::{self, Hand, Page};
use super::{Facts, seal};
use base::{Result, Time};

/// Where the facts begin, and how far apart they stand.
const TOP: f32 = 712.0;
const ROW: f32 = 26.0;
const SIZE: f32 = 11.0;
/// Names of facts to the left, what they are to the right of this.
const VALUE_X: f32 = LEFT + 110.0;

/// The paper as PDF, not yet signed. The same facts give the same file.
pub(super) fn write(facts: &Facts, made_at: Time, check_url: &str) -> Result<Vec<u8>> {
    let mut page = Page::default();
    // Under the text, so that the text stays readable.
    seal::stamp(&mut page, (RIGHT - 90.0, 330.0), &facts.bank);
    page.ink(INK);
    let middle = paper::WIDTH / 2.0;
    let title = match facts.paper {
        Paper::Settled(_) => "贷款结清证明",
        Paper::Receipt(_) | Paper::Statement => "电子回单",
    };
    page.text_centred(middle, 790.0, 17.0, &facts.bank);
    page.text_centred(middle, 760.0, 15.0, title);
    page.rule(LEFT, 744.0, RIGHT, 1.2);
    let mut y = TOP;
    for (name, value) in facts.paper.facts(&facts.name, &facts.account) {
        page.text(LEFT + 8.0, y, SIZE, name);
        page.text(VALUE_X, y, SIZE, &paper::fit(&value, SIZE, RIGHT - VALUE_X));
        page.rule(LEFT, y - 9.0, RIGHT, 0.4);
        y -= ROW;
    }
    let words: &[&str] = match facts.paper {
        Paper::Settled(_) => &[
            "兹证明上述贷款的本金、利息已全部还清，借款人在该笔贷款项下对本行不再负有债务。",
            "有抵押、质押的，凭本证明和身份证到贷款网点办理解除登记。",
        ],
        Paper::Receipt(_) | Paper::Statement => {
            &["上述交易已在本行账户中记账。本回单可重复生成，请勿据此重复记账。"]
        }
    };
    y -= 10.0;
    for line in words {
        page.text(LEFT + 8.0, y, 10.5, line);
        y -= 18.0;
    }
    if facts.copy > 1 {
        page.text(LEFT + 8.0, y, 10.5, &format!("第 {} 次生成（补打）。", facts.copy));
    }
    page.text_right(RIGHT - 20.0, y - 14.0, 10.5, &facts.bank);
    page.text_right(RIGHT - 20.0, y - 32.0, 10.5, &moment(made_at));
    foot(&mut page, facts, check_url, "第 1 页 / 共 1 页")?;
    let hand = Hand { name: &facts.bank, at: made_at };
    Ok(paper::bind(&format!("{}{title}", facts.bank), hand, vec![page]))
}
