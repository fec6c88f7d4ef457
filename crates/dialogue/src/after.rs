//! What is said when a page was left: what waited goes on, a card that was dealt with is put away.
//!
//! Not for: messages; `step` hears those.

use crate::book::{Book, Item, SlotKind};
use crate::heard::Heard;
use crate::lines;
use crate::scene::{CHOICES_MAX, Draft, Scene, offer};
use crate::seat::{CONFIRM, Offered, Pick, Seat, Slots, Task};
use crate::turn::Turn;

/// Goes on with the request that waited for the binding (「绑好了。接着给您查余额：…」).
/// `heard.who` is the customer as bound now; `heard.input` is not looked at.
pub fn after_binding(book: &Book, seat: &Seat, heard: &Heard<'_>) -> Turn {
    if heard.who.tells_postings && !heard.who.accounts.is_empty() {
        let before = format!("{}\n", lines::BOUND_AND_TOLD);
        return go_on(book, seat, heard, (&before, lines::BOUND_AND_TOLD));
    }
    go_on(book, seat, heard, ("绑好了。", lines::BOUND))
}

/// The same after the customer agreed to what had changed.
pub fn after_agreeing(book: &Book, seat: &Seat, heard: &Heard<'_>) -> Turn {
    go_on(book, seat, heard, ("好了。", lines::AGREED))
}

/// What became of a payment: its card is done with, and what else waits is asked again; else `lines` go on from it.
pub fn after_paying(
    book: &Book,
    seat: &Seat,
    heard: &Heard<'_>,
    said: &str,
    lines: &[LineTo<'_>],
) -> Turn {
    let mut seat = seat.clone();
    let is_card = |t: &Task| t.ask == CONFIRM && book.item(&t.item).is_some_and(Item::is_card);
    seat.task = seat.task.take().filter(|t| !is_card(t));
    seat.stack.retain(|t| !is_card(t));
    if lines.is_empty() {
        return after_order(book, &seat, heard, said);
    }
    after_lines(book, &seat, heard, said, lines)
}

/// What became of a payment that came due by itself: a card before the customer is another one, and stays.
pub fn after_order(book: &Book, seat: &Seat, heard: &Heard<'_>, said: &str) -> Turn {
    let scene = Scene::new(book, seat, heard);
    if scene.seat.is_idle() {
        let more = ["transfer_status", "account_balance"].into_iter();
        let more = more.filter_map(|id| book.item(id)).filter(|i| scene.may_offer(i));
        let lines: Vec<_> = more.map(|i| offer(Scene::command(i), &i.id)).collect();
        return scene.say(Draft::lines(said, lines));
    }
    scene.remark(said)
}

/// A line under what is said without being asked: an item, with a slot that is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineTo<'l> {
    pub item: &'l str,
    pub slot: &'l str,
    /// Empty for none.
    pub value: &'l str,
    /// Empty for the item's own words.
    pub label: &'l str,
}

/// Something is spoken of without being asked (a household's bill, a transfer of tomorrow): lines do something about it.
pub fn after_lines(
    book: &Book,
    seat: &Seat,
    heard: &Heard<'_>,
    said: &str,
    lines: &[LineTo<'_>],
) -> Turn {
    let scene = Scene::new(book, seat, heard);
    if !scene.seat.is_idle() {
        return scene.remark(said);
    }
    let line = |l: &LineTo<'_>| {
        let item = book.item(l.item)?;
        let known = Some(l.value).filter(|v| !v.is_empty());
        let slots = known.map(|v| Slots::from([(l.slot.to_owned(), v.to_owned())]));
        let text = if l.label.is_empty() { Scene::command(item) } else { l.label };
        let pick = Pick::Item(item.id.clone(), slots.unwrap_or_default());
        Some(Offered { text: text.to_owned(), pick })
    };
    let lines = lines.iter().take(CHOICES_MAX).filter_map(line);
    scene.say(Draft::lines(said, lines.collect()))
}

/// `said` is what a request that waited begins with, and what is said where none did.
fn go_on(book: &Book, seat: &Seat, heard: &Heard<'_>, said: (&str, &str)) -> Turn {
    let mut scene = Scene::new(book, seat, heard);
    scene.seat.task = None;
    let Some(task) = scene.seat.kept.take() else {
        let usual = scene.usual();
        return scene.say(Draft::numbered(said.1, usual));
    };
    let command = book.item(&task.item).map(|i| Scene::command(i).to_owned()).unwrap_or_default();
    scene.seat.lead = format!("{}接着给您{command}：\n", said.0);
    let mut slots = task.slots;
    // what was asked before is answered at once, with the default account
    let ask = book.item(&task.item).and_then(|i| i.ask_of(SlotKind::OwnAccount));
    if let (Some(ask), Some(account)) = (ask, scene.usual_account()) {
        slots.insert_new(&ask.name, || account);
    }
    scene.start(&task.item, slots, None)
}
