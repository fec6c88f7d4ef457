//! One command whose line is cut at one place, what its sender hears, how they find out, and what the books say each time.

use crate::Way;
use crate::deeds::{Became, Deed, Done, Stand};
use crate::proxy::{End, Fault};
use corebank::{CoreError, Reject};
use std::fmt;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    Request,
    Answer,
}

/// How the sender finds out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// Asks, and sends again.
    Again,
    /// Asks with a fence; what was fenced is sent once more, as if it had been late.
    Fence,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) deed: Deed,
    pub(crate) at: Where,
    /// After so many bytes, of so many.
    pub(crate) bytes: usize,
    of: usize,
    end: End,
    then: Then,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deed, at, bytes, of, end, then } = self;
        write!(f, "{deed:?}, {at:?} cut after {bytes} of {of} bytes, {end:?}, {then:?}")
    }
}

/// What the books said before, and what they say when it was done.
#[derive(Debug, Clone, Copy)]
struct Books {
    before: Stand,
    after: Stand,
}

impl Cut {
    /// The `n`th place: ends and ways to find out take turns.
    pub(crate) fn nth(n: usize, deed: Deed, at: Where, bytes: usize, of: usize) -> Self {
        let end = if n.is_multiple_of(2) { End::Close } else { End::Reset };
        let then = if (n / 2).is_multiple_of(2) { Then::Again } else { Then::Fence };
        Self { deed, at, bytes, of, end, then }
    }

    /// Whether the core got the command; nobody can tell when its line ended with its last byte.
    fn came(&self) -> Option<bool> {
        match self.at {
            Where::Answer => Some(true),
            Where::Request if self.bytes >= self.of => None,
            Where::Request => Some(false),
        }
    }

    pub(crate) async fn run(&self, way: &Way) {
        let id = id(self.deed, self.at, self.bytes);
        way.stage.prepare(self.deed, &id).await;
        let before = way.stage.stands().await;
        let books = Books { before, after: way.stage.after(before, self.deed) };
        let heard = self.send(way, &id, books).await;
        let became = way.ask(self.deed, &id, self.then).await;
        self.is_true(&became);
        self.again(way, &id, books, &heard, &became).await;
    }

    /// What the sender hears is so: done is done, not sent is not sent, and «no» only where the core says no.
    async fn send(&self, way: &Way, id: &str, books: Books) -> Result<Done, CoreError> {
        way.proxy.next(match self.at {
            Where::Request => Fault::CutRequest(self.bytes, self.end),
            Where::Answer => Fault::CutAnswer(self.bytes, self.end),
        });
        let heard = way.send(self.deed, id).await;
        let stands = way.stage.stands().await;
        let is_true = match &heard {
            Ok(_) => self.deed != Deed::TooMuch && stands == books.after,
            Err(CoreError::NotSent(_)) => stands == books.before,
            Err(CoreError::Unknown(_)) => true,
            Err(CoreError::Rejected(no)) => {
                self.deed == Deed::TooMuch && *no == Reject::InsufficientFunds
            }
        };
        assert!(is_true, "{self}: heard {heard:?}");
        match self.came() {
            Some(true) => assert_eq!(stands, books.after, "{self}"),
            Some(false) => assert_eq!(stands, books.before, "{self}"),
            None => {}
        }
        let is_whole = self.at == Where::Answer && self.bytes >= self.of && self.end == End::Close;
        let is_told = matches!(heard, Ok(_) | Err(CoreError::Rejected(_)));
        assert!(is_told || !is_whole, "{self}: the whole answer came, and {heard:?}");
        heard
    }

    /// The core tells what became of it.
    fn is_true(&self, became: &Became) {
        let known = self.deed.becomes();
        let never = if self.then == Then::Fence { Became::Fenced } else { Became::NotFound };
        let is_true = match self.came() {
            Some(true) => *became == known,
            Some(false) => *became == never,
            None => *became == known || *became == never,
        };
        assert!(is_true, "{self}: became {became:?}");
    }

    /// Sent again, and once more: once and no more, or never.
    async fn again(
        &self,
        way: &Way,
        id: &str,
        books: Books,
        heard: &Result<Done, CoreError>,
        became: &Became,
    ) {
        let again = way.send(self.deed, id).await;
        let stands = way.stage.stands().await;
        if *became == Became::Fenced {
            assert_eq!(again, Err(Reject::Expired.into()), "{self}");
            assert_eq!(stands, books.before, "{self}: it was fenced, and came");
        } else {
            assert_eq!(is_done(&again), self.deed != Deed::TooMuch, "{self}: {again:?}");
            assert_eq!(stands, books.after, "{self}: once, and no more");
            assert!(heard.is_err() || again == *heard, "{self}: {again:?} after {heard:?}");
        }
        assert_eq!(way.send(self.deed, id).await, again, "{self}");
        assert_eq!(way.stage.stands().await, stands, "{self}");
    }
}

/// All of one kind are of one length, and so are their requests and answers.
pub(crate) fn id(deed: Deed, at: Where, bytes: usize) -> String {
    format!("{deed:?}-{at:?}-{bytes:04}")
}

/// Whether a good line tells that it was done; the only «no» is that of [`Deed::TooMuch`].
pub(crate) fn is_done(heard: &Result<Done, CoreError>) -> bool {
    match heard {
        Ok(_) => true,
        Err(CoreError::Rejected(Reject::InsufficientFunds)) => false,
        Err(e) => panic!("{e:?}"),
    }
}
