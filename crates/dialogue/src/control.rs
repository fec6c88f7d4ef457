//! Words that work in every state: cancel, back, again, slower, a person, the menu.
//!
//! Not for: anything about one item.

use crate::book::Item;
use crate::lines;
use crate::scene::{Draft, Scene, go, offer};
use crate::seat::{CONFIRM, Control, Offered, Pick, Slots, Task};
use crate::several::LATER;
use crate::turn::Turn;

impl Scene<'_> {
    pub(crate) fn control(mut self, control: Control) -> Turn {
        if control != Control::None {
            self.seat.misses = 0;
        }
        if control != Control::Repeat {
            self.seat.repeats = 0;
        }
        match control {
            Control::Cancel => self.cancel(),
            Control::Back => self.back(),
            Control::Restart => self.restart(),
            Control::Repeat => self.repeat(),
            Control::Slower => self.slower(),
            Control::Pause => {
                let again = Draft { text: lines::PAUSED.into(), ..self.said_again() };
                let said = self.seat.said.clone();
                let mut turn = self.say(Draft { link: None, ..again });
                turn.seat.said = said;
                turn
            }
            Control::Person => self.person("asked"),
            Control::Menu => self.menu(),
            Control::Continue => self.go_on(),
            Control::Drop => self.leave_it(),
            Control::None => self.none_of_these(),
            Control::Wrong => self.wrong(),
            Control::How => self.how(),
        }
    }

    fn cancel(mut self) -> Turn {
        let had = self.seat.task.take().or(self.overdue.take());
        if had.is_none() {
            if self.seat.stack.pop().is_none() {
                let usual = self.usual();
                return self.say(Draft::numbered(lines::NOTHING_RUNNING, usual));
            }
            return self.finish(Draft::plain(lines::CANCELLED));
        }
        self.finish(Draft::plain(lines::CANCELLED))
    }

    /// Takes back the answer given before the question that waits.
    fn back(mut self) -> Turn {
        let Some(mut task) = self.seat.task.take() else {
            return self.go_on();
        };
        let Some(item) = self.book.items.get(&task.item) else {
            return self.cancel();
        };
        let here = item.asks.iter().position(|a| a.name == task.ask).unwrap_or(item.asks.len());
        let single = |a: &crate::book::Ask| {
            a.kind == crate::book::SlotKind::OwnAccount && self.own(a).len() < 2
        };
        let before = item.asks[..here].iter().rev().find(|a| {
            a.default.is_none() && a.of.is_none() && !single(a) && task.slots.contains_key(&a.name)
        });
        let Some(before) = before else {
            self.seat.task = Some(task);
            let question = self.question().unwrap_or_default();
            return self.say(question.after(lines::FIRST_STEP));
        };
        task.slots.remove(&before.name);
        task.ask.clear();
        self.advance(task)
    }

    fn restart(mut self) -> Turn {
        match self.seat.task.take() {
            Some(task) => self.advance(Task { item: task.item, ..Task::default() }),
            None => self.menu(),
        }
    }

    pub(crate) fn repeat(mut self) -> Turn {
        if self.seat.said.is_empty() {
            return self.menu();
        }
        self.asked_again();
        // in elder words, when these are wanted from now on
        let again = match self.question().filter(|_| !self.seat.lead.is_empty()) {
            Some(question) => question,
            None => self.said_again(),
        };
        self.say(again)
    }

    /// Turns elder wording on, and asks or says the last thing again.
    fn slower(mut self) -> Turn {
        self.seat.elder = Some(true);
        let again = self.question().unwrap_or_else(|| self.said_again());
        self.say(again.after(lines::SLOWER))
    }

    /// The help menu; what was being done waits under it.
    fn menu(mut self) -> Turn {
        if let Some(task) = self.seat.task.take() {
            self.put_aside(task);
        }
        let Some(help) = self.book.items.get("help_menu") else {
            let usual = self.usual();
            return self.say(Draft::numbered(lines::TRY_OTHER_WORDS, usual));
        };
        self.handled_by = Some(help.id.clone());
        let mut draft = self.word_draft(help);
        if !self.seat.stack.is_empty() {
            draft.choices.truncate(crate::scene::CHOICES_MAX - 1);
            draft.choices.push(go(lines::GO_ON, Control::Continue));
        }
        self.say(draft)
    }

    /// How the thing spoken of last is done: the question that waits, else that item once more, else the menu.
    fn how(self) -> Turn {
        if self.seat.task.is_some() {
            return self.ask();
        }
        let last = self.seat.last.as_ref().and_then(|l| self.book.items.get(&l.item));
        let Some(item) = last.filter(|i| self.may_offer(i)) else {
            return self.menu();
        };
        let lines = vec![offer(Self::command(item), &item.id), go(lines::MENU, Control::Menu)];
        self.say(Draft::numbered(lines::HOW, lines))
    }

    fn word_draft(&self, item: &Item) -> Draft {
        self.reply_draft(item, &Slots::new(), &std::collections::BTreeMap::new())
    }

    pub(crate) fn put_aside(&mut self, task: Task) {
        self.seat.stack.push(task);
        if self.seat.stack.len() > crate::seat::STACK_MAX {
            self.seat.stack.remove(0);
        }
    }

    fn go_on(mut self) -> Turn {
        if self.seat.task.is_some() {
            return self.ask();
        }
        match self.seat.stack.pop() {
            // the confirmation is asked again: advance only runs what was confirmed just now
            Some(task) if task.ask == LATER => self.start_task(Task { ask: String::new(), ..task }),
            Some(task) if task.ask == CONFIRM => {
                self.seat.task = Some(task);
                self.ask()
            }
            Some(task) => self.advance(task),
            None => self.say(Draft::plain(lines::CARRY_ON)),
        }
    }

    fn leave_it(mut self) -> Turn {
        self.seat.stack.pop();
        self.finish(Draft::plain(lines::CANCELLED))
    }

    fn none_of_these(mut self) -> Turn {
        self.seat.misses = 2;
        self.say(Draft::lines(lines::TRY_OTHER_WORDS, vec![go(lines::PERSON, Control::Person)]))
    }

    fn wrong(mut self) -> Turn {
        self.seat.task = None;
        let mut choices = self.usual();
        choices.push(go(lines::PERSON, Control::Person));
        self.say(Draft::numbered(lines::WRONG, choices))
    }

    /// First, second, third time without understanding.
    pub(crate) fn not_understood(mut self, guesses: &[String]) -> Turn {
        if self.stale_tap {
            let usual = self.usual();
            return self.say(Draft::numbered(lines::MENU_EXPIRED, usual));
        }
        self.seat.misses = self.seat.misses.saturating_add(1);
        match self.seat.misses {
            1 => {
                let mut choices: Vec<Offered> = guesses
                    .iter()
                    .filter_map(|id| self.book.items.get(id))
                    // what is still to come is named too: saying so answers better than a line of something else
                    .filter(|i| self.may_offer(i) && (i.is_soon || !i.is_word()))
                    .map(|i| offer(Self::command(i), &i.id))
                    .collect();
                for more in self.usual() {
                    if choices.len() < 3 && !choices.iter().any(|c| c.pick == more.pick) {
                        choices.push(more);
                    }
                }
                choices.push(go(lines::NONE_OF_THESE, Control::None));
                self.say(Draft::numbered(lines::NOT_UNDERSTOOD, choices))
            }
            2 => self.none_of_these(),
            _ => self.person("not_understood"),
        }
    }

    /// What a line means, tapped or typed.
    pub(crate) fn pick(mut self, pick: Pick) -> Turn {
        match pick {
            Pick::Go(control) => self.control(control),
            Pick::Anew(name) => self.anew(&name),
            Pick::Item(id, set) => {
                let mut slots = Slots::new();
                if let (Some(item), Some(last)) = (self.book.items.get(&id), &self.seat.last) {
                    let keeps = |name: &String| {
                        item.ask(name).is_some_and(|a| a.kind != crate::book::SlotKind::Cursor)
                    };
                    slots.extend(
                        last.slots
                            .iter()
                            .filter(|(n, _)| keeps(n))
                            .map(|(n, v)| (n.clone(), v.clone())),
                    );
                }
                slots.extend(set);
                // 都查 answers the question: nothing is put aside
                if self.seat.task.as_ref().is_some_and(|t| self.answers_all(t, &id)) {
                    self.seat.task = None;
                }
                self.start(&id, slots, None)
            }
            Pick::Value(value) => {
                let Some(mut task) = self.seat.task.take() else {
                    return self.not_understood(&[]);
                };
                if task.ask == CONFIRM {
                    return self.advance(task);
                }
                self.seat.side = false;
                let name = std::mem::take(&mut task.ask);
                task.slots.remove(&crate::values::aside(&name));
                task.slots.insert(name, value);
                self.advance(task)
            }
        }
    }

    fn answers_all(&self, task: &Task, id: &str) -> bool {
        let item = self.book.items.get(&task.item);
        item.is_some_and(|i| i.asks.iter().any(|a| a.all.as_deref() == Some(id)))
    }
}
