//! The line between bank and core cut after every byte: each command that moves something, its request and its answer. Whoever
//! sent it hears that it was done, that it was certainly not sent, or that nobody knows; never a «no» that is not true. Asked
//! after by its id, the core tells the truth; sent again, nothing happens twice; fenced, nothing happens any more.
//!
//! An ordinary run takes every [`STEP`]th byte and both ends; `WEIYIN_EVERY_BYTE=1` all of them.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

#[path = "chaos/cut.rs"]
mod cut;
#[path = "chaos/deeds.rs"]
mod deeds;
#[path = "../../corebank/tests/conformance/fixture.rs"]
mod fixture;
#[path = "chaos/proxy.rs"]
mod proxy;
#[path = "../../corebank/tests/conformance/town.rs"]
#[expect(dead_code, reason = "shared with the tests of the sandbox, which use more of it")]
mod town;

use base::{Random, Secret};
use corebank::{CoreError, Reject};
use corehttp::{HttpCore, Key, Keys, Mock, Peer};
use cut::{Cut, Then, Where, is_done};
use deeds::{Became, DEEDS, Deed, Done, Stage};
use proxy::{Fault, Proxy};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use town::{LING, towns};

/// Every so many bytes the line is cut in an ordinary run; odd, so that both ways to end a line and both ways to find out
/// meet odd and even places.
const STEP: usize = 29;

#[expect(clippy::disallowed_methods, reason = "the environment says how much is looked at")]
fn step() -> usize {
    if std::env::var("WEIYIN_EVERY_BYTE").is_ok_and(|w| w == "1") { 1 } else { STEP }
}

/// Bank, proxy, core.
struct Way {
    stage: Stage,
    proxy: Proxy,
    core: HttpCore,
    _served: JoinSet<()>,
}

fn keys() -> Keys {
    Keys::new(vec![Key::hmac("bank-1", Secret::new(vec![7; 32])).unwrap()]).unwrap()
}

async fn ways() -> Vec<Way> {
    let mut ways = Vec::new();
    for town in towns(8).await {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::before(listener.local_addr().unwrap()).await;
        let mock = Mock::new(Arc::new(town.core.clone()), keys(), town.clock.clone());
        let mut served = JoinSet::new();
        served.spawn(async move { mock.serve(listener).await.unwrap() });
        let peer = Peer { url: proxy.url.clone(), keys: keys() };
        let (clock, random) = (town.clock.clone(), Random::seeded(5));
        let core = HttpCore::meet(peer, clock, random, &town.ctx(LING)).await.unwrap();
        ways.push(Way { stage: Stage::of(town).await, proxy, core, _served: served });
    }
    ways
}

impl Way {
    async fn send(&self, deed: Deed, id: &str) -> Result<Done, CoreError> {
        self.stage.send(&self.core, deed, id).await
    }
    async fn ask(&self, deed: Deed, id: &str, then: Then) -> Became {
        self.stage.ask(&self.core, deed, id, then == Then::Fence).await.unwrap()
    }

    /// What the deed comes to on a good line, and how long that is.
    async fn whole(&self, deed: Deed, at: Where) -> proxy::Lengths {
        let id = cut::id(deed, at, 9_999);
        self.stage.prepare(deed, &id).await;
        let before = self.stage.stands().await;
        let done = self.send(deed, &id).await;
        let lengths = self.proxy.lengths();
        assert_eq!(is_done(&done), deed != Deed::TooMuch, "{deed:?}: {done:?}");
        assert_eq!(self.stage.stands().await, self.stage.after(before, deed));
        lengths
    }

    async fn holds(&self) {
        assert_eq!(self.stage.town.broken().await, Vec::<String>::new());
    }
}

/// Every place, the first and the last two always among them: all but the last byte, and all.
fn places(length: usize, step: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..length).step_by(step).chain([length - 1, length]).collect();
    all.dedup();
    all
}

async fn sweep(at: Where) -> usize {
    let mut cuts = 0;
    for way in ways().await {
        for deed in DEEDS {
            let whole = way.whole(deed, at).await;
            let length = match at {
                Where::Request => whole.request,
                Where::Answer => whole.answer,
            };
            assert!(length > 100, "{deed:?}: {whole:?}");
            for (n, bytes) in places(length, step()).into_iter().enumerate() {
                Cut::nth(n, deed, at, bytes, length).run(&way).await;
                cuts += 1;
            }
            way.holds().await;
        }
    }
    cuts
}

#[tokio::test]
async fn a_request_cut_after_any_byte_is_done_once_or_never() {
    println!("{} cuts", sweep(Where::Request).await);
}

#[tokio::test]
async fn an_answer_cut_after_any_byte_leaves_what_was_done_done_once() {
    println!("{} cuts", sweep(Where::Answer).await);
}

/// The caller gives up while its request is under way; the core is asked, with a fence, before it comes.
#[tokio::test]
async fn a_request_that_comes_after_its_fence_moves_nothing() {
    for way in ways().await {
        for deed in DEEDS {
            let id = format!("{deed:?}-late");
            way.stage.prepare(deed, &id).await;
            let before = way.stage.stands().await;
            way.proxy.next(Fault::HoldRequest);
            tokio::select! {
                heard = way.send(deed, &id) => panic!("{deed:?} was not held: {heard:?}"),
                () = way.proxy.holds() => {}
            }
            assert_eq!(way.ask(deed, &id, Then::Again).await, Became::NotFound, "{deed:?}");
            assert_eq!(way.ask(deed, &id, Then::Fence).await, Became::Fenced, "{deed:?}");
            way.proxy.release().await;
            assert_eq!(way.stage.stands().await, before, "{deed:?}");
            assert_eq!(way.send(deed, &id).await, Err(Reject::Expired.into()), "{deed:?}");
            assert_eq!(way.stage.stands().await, before, "{deed:?}");
        }
        way.holds().await;
    }
}

/// It is sent again while the first one is still on its way, and both come.
#[tokio::test]
async fn a_request_that_comes_after_its_own_resend_is_done_once() {
    for way in ways().await {
        for deed in DEEDS {
            let id = format!("{deed:?}-overtaken");
            way.stage.prepare(deed, &id).await;
            let after = way.stage.after(way.stage.stands().await, deed);
            way.proxy.next(Fault::HoldRequest);
            tokio::select! {
                heard = way.send(deed, &id) => panic!("{deed:?} was not held: {heard:?}"),
                () = way.proxy.holds() => {}
            }
            let again = way.send(deed, &id).await;
            assert_eq!(way.stage.stands().await, after, "{deed:?}");
            way.proxy.release().await;
            assert_eq!(way.stage.stands().await, after, "{deed:?}");
            assert_eq!(way.send(deed, &id).await, again, "{deed:?}");
        }
        way.holds().await;
    }
}

#[tokio::test]
async fn while_an_answer_is_under_way_the_core_says_what_it_did() {
    for way in ways().await {
        for deed in DEEDS {
            let id = format!("{deed:?}-slow");
            way.stage.prepare(deed, &id).await;
            let after = way.stage.after(way.stage.stands().await, deed);
            way.proxy.next(Fault::HoldAnswer);
            tokio::select! {
                heard = way.send(deed, &id) => panic!("{deed:?} was not held: {heard:?}"),
                () = way.proxy.holds() => {}
            }
            assert_eq!(way.stage.stands().await, after, "{deed:?}");
            assert_eq!(way.ask(deed, &id, Then::Fence).await, deed.becomes(), "{deed:?}");
            way.proxy.release().await;
            assert_eq!(is_done(&way.send(deed, &id).await), deed != Deed::TooMuch);
            assert_eq!(way.stage.stands().await, after, "{deed:?}");
        }
        way.holds().await;
    }
}

/// Its copy is quicker: the core does it for the copy, and does not believe the same request a second time.
#[tokio::test]
async fn a_request_that_the_network_brings_twice_is_done_once() {
    for way in ways().await {
        for deed in DEEDS {
            let id = format!("{deed:?}-twice");
            way.stage.prepare(deed, &id).await;
            let after = way.stage.after(way.stage.stands().await, deed);
            way.proxy.next(Fault::Twice);
            let heard = way.send(deed, &id).await;
            assert!(matches!(heard, Err(CoreError::Unknown(_))), "{deed:?}: {heard:?}");
            assert_eq!(way.stage.stands().await, after, "{deed:?}");
            assert_eq!(is_done(&way.send(deed, &id).await), deed != Deed::TooMuch);
            assert_eq!(way.stage.stands().await, after, "{deed:?}");
        }
        way.holds().await;
    }
}
