//! The chat as a person sees it: a line to edit, bubbles below, tappable lines by number.
//!
//! Not for: scripts ([`super::script`]).

use super::line::{HELP, Line};
use super::stage::{Heard, Reply, Stage};
use crate::terminal::{self, COLUMNS, Ink, inked, wrapped};
use base::{Context, Error, Result};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;
use std::io::Write;

const INDENT: &str = "  ";

fn say(text: &str) {
    // A closed pipe is no error.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Talks until Ctrl-D.
pub(super) async fn run(mut stage: Stage) -> Result<()> {
    let seen = terminal::is_seen();
    let mut editor = DefaultEditor::new().doing("opening the terminal")?;
    say(&inked(&format!("{}　{}", stage.bank(), stage.customer()), Ink::Bold, seen));
    say(&inked("像在微信里一样说话。:help 看命令，Ctrl-D 结束。", Ink::Soft, seen));
    loop {
        let columns = columns(&mut editor);
        let prompt = format!("{}> ", stage.customer());
        let typed = match editor.readline(&prompt) {
            Ok(typed) => typed,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(e) => return Err(Error::fault(format!("the terminal: {e}"))),
        };
        if typed.trim().is_empty() {
            continue;
        }
        let _ = editor.add_history_entry(typed.as_str());
        match Line::read(&typed) {
            Ok(Line::Quit) => return Ok(()),
            Ok(Line::Help) => say(HELP),
            Ok(Line::Who(name)) if name.is_empty() => people(&stage, columns),
            Ok(line) => match stage.hear(&meant(&stage, line)).await {
                Ok(heard) => show(&stage, &heard, columns, seen),
                Err(Error::Refused(no)) => say(&inked(&no.words, Ink::Amber, seen)),
                Err(e) => return Err(e),
            },
            Err(no) => say(&inked(&no.words, Ink::Amber, seen)),
        }
    }
}

/// A bare number taps the line that this screen shows under it, unless the bank numbers its lines itself.
fn meant(stage: &Stage, line: Line) -> Line {
    let Line::Say(text) = &line else { return line };
    let at = text.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    match at.and_then(|at| stage.offers().get(at)) {
        Some(offer) if !offer.is_numbered => Line::Tap(text.clone()),
        _ => line,
    }
}

fn columns(editor: &mut DefaultEditor) -> usize {
    let wide = editor.dimensions().map_or(COLUMNS, |(columns, _)| usize::from(columns));
    wide.clamp(20, COLUMNS)
}

fn people(stage: &Stage, columns: usize) {
    for (name, story, is_talking) in stage.people() {
        let mark = if is_talking { "*" } else { " " };
        for (n, line) in wrapped(story, columns.saturating_sub(10)).iter().enumerate() {
            let head = if n == 0 {
                format!("{mark} {}", terminal::padded(name, 8))
            } else {
                " ".repeat(10)
            };
            say(&format!("{head}{line}"));
        }
    }
}

fn show(stage: &Stage, heard: &Heard, columns: usize, seen: bool) {
    for reply in &heard.replies {
        say(&inked(stage.bank(), Ink::Green, seen));
        bubble(reply, columns, seen);
    }
    if heard.replies.is_empty() {
        say(&inked("（没有回答）", Ink::Soft, seen));
    }
    if heard.before.journals != heard.after.journals {
        say(&inked("（账上有变动）", Ink::Amber, seen));
    }
}

fn bubble(reply: &Reply, columns: usize, seen: bool) {
    for line in wrapped(&reply.text, columns - INDENT.len()) {
        say(&format!("{INDENT}{line}"));
    }
    for (n, offer) in reply.lines.iter().enumerate() {
        let text = if offer.is_numbered {
            offer.text.clone()
        } else {
            format!("{} {}", n + 1, offer.text)
        };
        for line in wrapped(&format!("〔{text}〕"), columns - INDENT.len()) {
            say(&format!("{INDENT}{}", inked(&line, Ink::Bold, seen)));
        }
    }
    if let Some(link) = &reply.link {
        let line = format!("▣ {} → 页面 {}", link.label, link.page);
        say(&format!("{INDENT}{}", inked(&line, Ink::Green, seen)));
    }
}
