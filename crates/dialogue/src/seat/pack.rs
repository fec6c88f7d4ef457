//! A seat as bytes: what is kept of a follower, in memory and sealed at rest. Written and read with every message, so it is
//! made for that: no names, no quoting.
//!
//! Shape: `2`, then parts of a tag and its value, in any order; what is absent is as in [`Seat::default`]. Numbers are
//! LEB128, signed ones zigzag before; texts are their length and UTF-8. A tag keeps its meaning for ever; a new field takes
//! a new one. Shape `1` had fewer tags; it is read as well, and so are seats written as JSON before it.

use super::{Control, Last, Offered, Pick, Seat, Slots, Task};
use crate::LinkWish;
use base::Time;

const SHAPE: u8 = 2;
/// The shape before: the same, with fewer tags.
const SHAPE_BEFORE: u8 = 1;

const TASK: u8 = 1;
const PUT_ASIDE: u8 = 2;
const KEPT: u8 = 3;
const LAST: u8 = 4;
const CHOICE: u8 = 5;
const YES_NO: u8 = 6;
const NUMBERED: u8 = 7;
const MENU: u8 = 8;
const SAID: u8 = 9;
const LINK: u8 = 10;
const LEAD: u8 = 11;
const MISSES: u8 = 12;
const ELDER: u8 = 13;
const AT: u8 = 14;
const SIDE: u8 = 15;
const REPEATS: u8 = 16;
const SLOW: u8 = 17;

/// By their place here; only ever append.
const CONTROLS: [Control; 13] = [
    Control::Cancel,
    Control::Back,
    Control::Restart,
    Control::Repeat,
    Control::Slower,
    Control::Pause,
    Control::Person,
    Control::Menu,
    Control::Continue,
    Control::Drop,
    Control::None,
    Control::Wrong,
    Control::How,
];

impl Seat {
    /// The seat as bytes.
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Out(Vec::with_capacity(256));
        out.0.push(SHAPE);
        out.tasks(TASK, self.task.as_slice());
        out.tasks(PUT_ASIDE, &self.stack);
        out.tasks(KEPT, self.kept.as_slice());
        if let Some(last) = &self.last {
            out.0.push(LAST);
            out.last(last);
        }
        for choice in &self.choices {
            out.0.push(CHOICE);
            out.choice(choice);
        }
        for (tag, is_on) in [(YES_NO, self.yes_no), (NUMBERED, self.numbered), (SIDE, self.side)] {
            if is_on {
                out.0.push(tag);
            }
        }
        let counts = [
            (MENU, self.menu),
            (MISSES, u16::from(self.misses)),
            (REPEATS, u16::from(self.repeats)),
            (SLOW, u16::from(self.slow)),
        ];
        for (tag, n) in counts {
            if n != 0 {
                out.0.push(tag);
                out.number(u64::from(n));
            }
        }
        for (tag, text) in [(SAID, &self.said), (LEAD, &self.lead)] {
            if !text.is_empty() {
                out.0.push(tag);
                out.text(text);
            }
        }
        if let Some(link) = &self.link {
            out.0.push(LINK);
            [&link.page, &link.task, &link.label].into_iter().for_each(|t| out.text(t));
            out.slots(&link.with);
        }
        if let Some(elder) = self.elder {
            out.0.extend([ELDER, u8::from(elder)]);
        }
        out.0.push(AT);
        out.signed(self.at.ms());
        out.0
    }

    /// The seat of these bytes, unless they are none.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first()?;
        match *first {
            SHAPE | SHAPE_BEFORE => In(rest).seat(),
            b'{' => serde_json::from_slice(bytes).ok(),
            _ => None,
        }
    }
}

struct Out(Vec<u8>);

impl Out {
    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n.to_le_bytes()[0] | 0x80);
            n >>= 7;
        }
        self.0.push(n.to_le_bytes()[0]);
    }
    fn length(&mut self, n: usize) {
        self.number(n as u64);
    }
    fn signed(&mut self, n: i64) {
        self.number(((n << 1) ^ (n >> 63)).cast_unsigned());
    }
    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }
    fn slots(&mut self, slots: &Slots) {
        self.length(slots.iter().count());
        for (name, value) in slots.iter() {
            self.text(name);
            self.text(value);
        }
    }
    fn tasks(&mut self, tag: u8, tasks: &[Task]) {
        for task in tasks {
            self.0.push(tag);
            self.text(&task.item);
            self.slots(&task.slots);
            self.text(&task.ask);
            self.0.push(task.tries);
        }
    }
    fn last(&mut self, last: &Last) {
        self.text(&last.item);
        self.slots(&last.slots);
        self.length(last.rows.len());
        last.rows.iter().for_each(|row| self.text(row));
        self.0.push(u8::from(last.fresh));
        self.signed(last.at.ms());
    }
    fn choice(&mut self, choice: &Offered) {
        self.text(&choice.text);
        match &choice.pick {
            Pick::Item(item, slots) => {
                self.0.push(0);
                self.text(item);
                self.slots(slots);
            }
            Pick::Value(value) => {
                self.0.push(1);
                self.text(value);
            }
            Pick::Go(control) => {
                let at = CONTROLS.iter().position(|c| c == control).unwrap_or_default();
                self.0.push(2);
                self.length(at);
            }
            Pick::Anew(name) => {
                self.0.push(3);
                self.text(name);
            }
        }
    }
}

struct In<'a>(&'a [u8]);

impl In<'_> {
    fn seat(mut self) -> Option<Seat> {
        let mut seat = Seat::default();
        while !self.0.is_empty() {
            match self.byte()? {
                TASK => seat.task = Some(self.task()?),
                PUT_ASIDE => seat.stack.push(self.task()?),
                KEPT => seat.kept = Some(self.task()?),
                LAST => seat.last = Some(self.last()?),
                CHOICE => seat.choices.push(self.choice()?),
                YES_NO => seat.yes_no = true,
                NUMBERED => seat.numbered = true,
                MENU => seat.menu = u16::try_from(self.number()?).ok()?,
                MISSES => seat.misses = u8::try_from(self.number()?).ok()?,
                REPEATS => seat.repeats = u8::try_from(self.number()?).ok()?,
                SLOW => seat.slow = u8::try_from(self.number()?).ok()?,
                SIDE => seat.side = true,
                SAID => seat.said = self.text()?,
                LEAD => seat.lead = self.text()?,
                LINK => {
                    let (page, task, label) = (self.text()?, self.text()?, self.text()?);
                    seat.link = Some(LinkWish { page, task, label, with: self.slots()? });
                }
                ELDER => seat.elder = Some(self.flag()?),
                AT => seat.at = Time::of_ms(self.signed()?),
                _ => return None,
            }
        }
        Some(seat)
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }
    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
    fn number(&mut self) -> Option<u64> {
        let (mut n, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(n);
            }
            shift += 7;
        }
    }
    fn length(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }
    fn signed(&mut self) -> Option<i64> {
        let n = self.number()?;
        Some((n >> 1).cast_signed() ^ -(n & 1).cast_signed())
    }
    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok().map(str::to_owned)
    }
    fn slots(&mut self) -> Option<Slots> {
        let many = self.length()?;
        (0..many).map(|_| Some((self.text()?, self.text()?))).collect()
    }
    fn task(&mut self) -> Option<Task> {
        let (item, slots, ask) = (self.text()?, self.slots()?, self.text()?);
        Some(Task { item, slots, ask, tries: self.byte()? })
    }
    fn last(&mut self) -> Option<Last> {
        let (item, slots, many) = (self.text()?, self.slots()?, self.length()?);
        let rows = (0..many).map(|_| self.text()).collect::<Option<Vec<_>>>()?;
        Some(Last { item, slots, rows, fresh: self.flag()?, at: Time::of_ms(self.signed()?) })
    }
    fn choice(&mut self) -> Option<Offered> {
        let text = self.text()?;
        let pick = match self.byte()? {
            0 => Pick::Item(self.text()?, self.slots()?),
            1 => Pick::Value(self.text()?),
            2 => Pick::Go(*CONTROLS.get(self.length()?)?),
            3 => Pick::Anew(self.text()?),
            _ => return None,
        };
        Some(Offered { text, pick })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    fn slots() -> impl Strategy<Value = Slots> {
        vec(("[a-z月]{0,4}", ".{0,6}"), 0..4).prop_map(Slots::from_iter)
    }
    fn task() -> impl Strategy<Value = Task> {
        ("[a-z_]{0,9}", slots(), "[a-z!]{0,5}", any::<u8>())
            .prop_map(|(item, slots, ask, tries)| Task { item, slots, ask, tries })
    }
    fn last() -> impl Strategy<Value = Last> {
        ("[a-z]{0,9}", slots(), vec(".{0,5}", 0..4), any::<bool>(), any::<i64>()).prop_map(
            |(item, slots, rows, fresh, at)| Last { item, slots, rows, fresh, at: Time::of_ms(at) },
        )
    }
    fn pick() -> impl Strategy<Value = Pick> {
        prop_oneof![
            ("[a-z]{0,9}", slots()).prop_map(|(i, s)| Pick::Item(i, s)),
            ".{0,9}".prop_map(Pick::Value),
            (0..CONTROLS.len()).prop_map(|at| Pick::Go(CONTROLS[at])),
            "[a-z]{0,9}".prop_map(Pick::Anew),
        ]
    }
    fn link() -> impl Strategy<Value = LinkWish> {
        ("[a-z]{0,5}", "[a-z]{0,5}", ".{0,5}", slots())
            .prop_map(|(page, task, label, with)| LinkWish { page, task, label, with })
    }
    fn offered() -> impl Strategy<Value = Offered> {
        (".{0,9}", pick()).prop_map(|(text, pick)| Offered { text, pick })
    }

    prop_compose! {
        fn seat()(
            (task, kept, stack) in (option::of(task()), option::of(task()), vec(task(), 0..3)),
            last in option::of(last()),
            choices in vec(offered(), 0..5),
            (yes_no, numbered, elder) in any::<(bool, bool, Option<bool>)>(),
            (menu, misses, at) in any::<(u16, u8, i64)>(),
            (side, repeats, slow) in any::<(bool, u8, u8)>(),
            (said, lead) in (".{0,40}", ".{0,9}"),
            link in option::of(link()),
        ) -> Seat {
            let at = Time::of_ms(at);
            Seat { task, stack, kept, last, choices, yes_no, numbered, menu, said, link, lead, misses, elder, side, repeats, slow, at }
        }
    }

    /// Written by the version before this one.
    const OF_SHAPE_ONE: &[u8] = b"\x01\x01\x0faccount_balance\x01\x05month\x01x\x07account\x01\x05\x03yes\x02\x07\x07\x08\x05\x0b\x01y\x0d\x01\x0e\x08";

    #[test]
    fn a_seat_of_the_shape_before_is_read() {
        let task = Task {
            item: "account_balance".into(),
            slots: Slots::from([("month".to_owned(), "x".to_owned())]),
            ask: "account".into(),
            tries: 1,
        };
        let line = Offered { text: "yes".into(), pick: Pick::Go(Control::Menu) };
        let seat = Seat {
            task: Some(task),
            choices: vec![line],
            numbered: true,
            menu: 5,
            lead: "y".into(),
            elder: Some(true),
            at: Time::of_ms(4),
            ..Seat::default()
        };
        assert_eq!(Seat::unpack(OF_SHAPE_ONE), Some(seat.clone()));
        assert_eq!(seat.pack()[1..], OF_SHAPE_ONE[1..]);
    }

    proptest! {
        #[test]
        fn a_seat_is_read_as_it_was_packed_and_as_it_was_written_before(seat in seat()) {
            prop_assert_eq!(Seat::unpack(&seat.pack()), Some(seat.clone()));
            let json = serde_json::to_vec(&seat).unwrap();
            prop_assert_eq!(Seat::unpack(&json), Some(seat));
        }

        #[test]
        fn bytes_that_are_no_seat_are_refused_and_break_nothing(
            seat in seat(), cut in any::<prop::sample::Index>(), noise in vec(any::<u8>(), 0..60),
        ) {
            let packed = seat.pack();
            let _ = Seat::unpack(&packed[..cut.index(packed.len())]);
            let _ = Seat::unpack(&noise);
            prop_assert_eq!(Seat::unpack(&[3, 3, 4]), None);
        }
    }
}
