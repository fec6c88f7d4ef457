//! Sentences about who someone is: claims, profiles, codes, PINs.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::error::{CoreError, Reject};
use crate::model::{AccountKind, CustNo, IdType, Issuer, NumberKind, PartyClaim};
use crate::pin::PinBlock;
use base::Secret;

/// Wrong tries of a PIN on one day.
const PIN_TRIES: u8 = 5;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a claim that fits says who it is, masked", |r| Box::pin(fits(r))),
    ("spaces and a small x in a claim do not matter", |r| Box::pin(forgiving(r))),
    ("every wrong combination of elements gets the same answer", |r| Box::pin(no_oracle(r))),
    ("tries of a claim are counted, and when used up even the right one is refused", |r| {
        Box::pin(used_up(r))
    }),
    ("a claim of another institution's customer does not fit here", |r| Box::pin(foreign_claim(r))),
    ("a profile shows nothing unmasked", |r| Box::pin(profile(r))),
    ("another institution's customer is never visible", |r| Box::pin(foreign_customer(r))),
    ("a code goes to the reserved number and nowhere else", |r| Box::pin(code(r))),
    ("a card says who issued it without saying whether it exists", |r| Box::pin(issuer(r))),
    ("a passbook says who issued it without saying whether it exists", |r| {
        Box::pin(passbook_issuer(r))
    }),
    ("a passbook proves who someone is as a card does", |r| Box::pin(passbook_fits(r))),
    ("a PIN that was set is right, another is wrong and counted", |r| Box::pin(pin(r))),
    ("five wrong PINs lock it until midnight", |r| Box::pin(pin_lock(r))),
    ("many wrong PINs at once are not more than five", |r| Box::pin(pin_race(r))),
    ("a PIN block made for another customer is refused", |r| Box::pin(foreign_block(r))),
];

fn text(s: &str) -> Secret<String> {
    Secret::new(s.to_owned())
}

async fn fits(r: &Room<'_>) -> Verdict {
    let party = answered(r.core.verify_party(&r.ctx(), &r.f.claim).await)?;
    ensure(party.cust_no == r.f.cust_no, || format!("{:?}", party.cust_no))?;
    let shown = format!("{} {:?}", party.name, party.mobile);
    let is_masked =
        !shown.contains(r.f.claim.name.reveal()) && !shown.contains(r.f.claim.mobile.reveal());
    ensure(is_masked, || "name or mobile is shown whole".into())
}

async fn forgiving(r: &Room<'_>) -> Verdict {
    let c = &r.f.claim;
    let claim = PartyClaim {
        name: text(&format!(" {} ", c.name.reveal())),
        id_no: text(&c.id_no.reveal().to_lowercase()),
        account_no: text(&c.account_no.reveal().as_bytes().chunks(4).fold(
            String::new(),
            |mut s, part| {
                s.push_str(&String::from_utf8_lossy(part));
                s.push(' ');
                s
            },
        )),
        ..c.clone()
    };
    let party = answered(r.core.verify_party(&r.ctx(), &claim).await)?;
    ensure(party.cust_no == r.f.cust_no, || format!("{:?}", party.cust_no))
}

async fn no_oracle(r: &Room<'_>) -> Verdict {
    let right = &r.f.claim;
    let mut wrong = Vec::new();
    for bits in 1..16_u8 {
        let pick = |bit: u8, yes: &str, no: &Secret<String>| {
            if bits & bit != 0 { text(yes) } else { no.clone() }
        };
        wrong.push(PartyClaim {
            name: pick(1, "诸葛不知", &right.name),
            id_no: pick(2, "11010519491231002X", &right.id_no),
            mobile: pick(4, "19400000000", &right.mobile),
            // Another account that does not exist each time, so that its tries are fresh.
            account_no: pick(8, &format!("62990000000000000{bits:02}"), &right.account_no),
            id_type: right.id_type,
        });
    }
    wrong.push(PartyClaim { id_type: IdType::Passport, ..right.clone() });
    let mut answers = Vec::new();
    for claim in &wrong {
        let got = r.core.verify_party(&r.ctx(), claim).await;
        let Err(CoreError::Rejected(Reject::PartyMismatch { left })) = got else {
            return Err(format!("answered {got:?}"));
        };
        answers.push(left);
        // Gives the tries back, so that each wrong claim is the first of its day.
        answered(r.core.verify_party(&r.ctx(), right).await)?;
    }
    let is_same = answers.windows(2).all(|w| w[0] == w[1]);
    ensure(is_same, || format!("tries left differ: {answers:?}"))
}

async fn used_up(r: &Room<'_>) -> Verdict {
    // A core that counts none leaves it to its caller.
    if !r.core.capabilities().party_tries {
        return Ok(());
    }
    let right = &r.f.spare_claim;
    let nobody = PartyClaim { account_no: text("6299000000000001236"), ..right.clone() };
    let wrong = PartyClaim { name: text("诸葛不知"), ..right.clone() };
    // An account that exists and one that does not count down alike.
    let mut last = None;
    loop {
        let got = r.core.verify_party(&r.ctx(), &wrong).await.err();
        let other = r.core.verify_party(&r.ctx(), &nobody).await.err();
        ensure(got == other, || format!("{got:?} and, where there is no account, {other:?}"))?;
        match got {
            Some(CoreError::Rejected(Reject::PartyMismatch { left })) => {
                let counts = last.is_none_or(|l: u8| l == left + 1);
                ensure(counts, || format!("{last:?} then {left}"))?;
                last = Some(left);
            }
            Some(CoreError::Rejected(Reject::PartyLocked { until })) => {
                ensure(last == Some(0), || format!("locked with {last:?} left"))?;
                ensure(until > r.f.clock.now(), || "locked until the past".into())?;
                break;
            }
            other => return Err(format!("answered {other:?}")),
        }
    }
    let got = r.core.verify_party(&r.ctx(), right).await;
    let is_locked = matches!(got, Err(CoreError::Rejected(Reject::PartyLocked { .. })));
    ensure(is_locked, || format!("the right claim was answered {got:?}"))
}

async fn foreign_claim(r: &Room<'_>) -> Verdict {
    answered(r.core.verify_party(&r.ctx_of(r.f.other_tenant), &r.f.other_claim).await)?;
    let got = r.core.verify_party(&r.ctx(), &r.f.other_claim).await;
    let is_no = matches!(got, Err(CoreError::Rejected(Reject::PartyMismatch { .. })));
    ensure(is_no, || format!("{got:?}"))
}

async fn profile(r: &Room<'_>) -> Verdict {
    let c = answered(r.core.customer(&r.ctx(), &r.f.cust_no).await)?;
    let shown = format!("{} {} {:?}", c.name, c.id_no, c.mobile);
    for whole in [&r.f.claim.name, &r.f.claim.id_no, &r.f.claim.mobile] {
        ensure(!shown.contains(whole.reveal()), || "something is shown whole".into())?;
    }
    let is_sane = c.age.is_none_or(|a| (0..130).contains(&a));
    ensure(is_sane, || format!("age {:?}", c.age))
}

async fn foreign_customer(r: &Room<'_>) -> Verdict {
    answered(r.core.customer(&r.ctx_of(r.f.other_tenant), &r.f.other_cust_no).await)?;
    let no = CoreError::from(Reject::NotFound);
    for who in [r.f.other_cust_no.clone(), CustNo::new("0"), CustNo::new(""), CustNo::new("x")] {
        let got = [
            r.core.customer(&r.ctx(), &who).await.err(),
            r.core.accounts(&r.ctx(), &who).await.err(),
            r.core.otp_target(&r.ctx(), &who).await.err(),
        ];
        ensure(got.iter().all(|e| e.as_ref() == Some(&no)), || format!("{who:?}: {got:?}"))?;
    }
    Ok(())
}

async fn code(r: &Room<'_>) -> Verdict {
    let target = answered(r.core.otp_target(&r.ctx(), &r.f.cust_no).await)?;
    ensure(target.reveal() == r.f.claim.mobile.reveal(), || "another number".into())
}

async fn issuer(r: &Room<'_>) -> Verdict {
    let ask = async |no: &str| r.core.issuer(&r.ctx(), no).await;
    let mine = answered(ask(r.f.claim.account_no.reveal()).await)?;
    ensure(mine.as_ref().is_some_and(|o| o.tenant == r.f.tenant), || format!("{mine:?}"))?;
    let other = answered(ask(r.f.other_claim.account_no.reveal()).await)?;
    ensure(other.as_ref().is_some_and(|o| o.tenant == r.f.other_tenant), || format!("{other:?}"))?;
    let stranger = answered(ask("4539578763621486").await)?;
    ensure(stranger.is_none(), || format!("{stranger:?}"))?;
    let want = CoreError::from(Reject::Validation { field: "account_no" });
    for bad in ["", "4539578763621487", "not a card"] {
        let got = ask(bad).await;
        ensure(got.as_ref().err() == Some(&want), || format!("«{bad}»: {got:?}"))?;
    }
    Ok(())
}

async fn passbook_issuer(r: &Room<'_>) -> Verdict {
    let own = r.f.passbook_claim.account_no.reveal();
    let ask = async |no: &str| r.core.issuer(&r.ctx(), no).await;
    let is_ours = |i: &Issuer| i.tenant == r.f.tenant && i.kind == NumberKind::Passbook;
    let mine = answered(ask(own).await)?;
    ensure(mine.as_ref().is_some_and(is_ours), || format!("{mine:?}"))?;
    // Another last digit: no check digit stands against it, and whether it exists is not told.
    let other = format!("{}{}", &own[..own.len() - 1], if own.ends_with('0') { '1' } else { '0' });
    let got = answered(ask(&other).await)?;
    ensure(got == mine, || format!("{got:?} where there is no passbook"))?;
    let want = CoreError::from(Reject::Validation { field: "account_no" });
    for bad in [&own[..8], &format!("{own}00000000"), &format!("{}x", &own[..own.len() - 1])] {
        let got = ask(bad).await;
        ensure(got.as_ref().err() == Some(&want), || format!("{} characters: {got:?}", bad.len()))?;
    }
    Ok(())
}

async fn passbook_fits(r: &Room<'_>) -> Verdict {
    let right = &r.f.passbook_claim;
    let party = answered(r.core.verify_party(&r.ctx(), right).await)?;
    let all = answered(r.core.accounts(&r.ctx(), &party.cust_no).await)?;
    let is_hers = all.iter().any(|a| a.id == party.account && a.kind == AccountKind::Passbook);
    ensure(is_hers, || format!("{:?} is not among {} accounts", party.account, all.len()))?;
    let wrong = PartyClaim { name: text("诸葛不知"), ..right.clone() };
    let got = r.core.verify_party(&r.ctx(), &wrong).await;
    let is_no = matches!(got, Err(CoreError::Rejected(Reject::PartyMismatch { .. })));
    ensure(is_no, || format!("{got:?}"))?;
    answered(r.core.verify_party(&r.ctx(), right).await).map(|_| ())
}

fn block(r: &Room<'_>, pin: &str, owner: &CustNo) -> Result<PinBlock, String> {
    r.f.pin_key.seal(&text(pin), owner.as_str(), &r.f.random).map_err(|e| e.to_string())
}

/// What a PIN is answered.
async fn said(r: &Room<'_>, pin: &str) -> Result<Option<CoreError>, String> {
    let block = block(r, pin, &r.f.cust_no)?;
    Ok(r.core.verify_pin(&r.ctx(), &r.f.cust_no, &block).await.err())
}

async fn set(r: &Room<'_>, pin: &str) -> Verdict {
    let block = block(r, pin, &r.f.cust_no)?;
    answered(r.core.set_pin(&r.ctx(), &r.f.cust_no, &block).await).map(|_| ())
}

fn wrong(left: u8) -> Option<CoreError> {
    Some(Reject::WrongPin { left }.into())
}

async fn pin(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().pin_block {
        return Ok(());
    }
    set(r, "918273").await?;
    for (pin, want) in [
        ("918273", None),
        ("918274", wrong(PIN_TRIES - 1)),
        ("000000", wrong(PIN_TRIES - 2)),
        ("918273", None),
    ] {
        let got = said(r, pin).await?;
        ensure(got == want, || format!("{got:?}, not {want:?}"))?;
    }
    set(r, "274915").await?;
    let got = said(r, "918273").await?;
    ensure(got == wrong(PIN_TRIES - 1), || format!("the old PIN after a new one: {got:?}"))?;
    let got = said(r, "274915").await?;
    ensure(got.is_none(), || format!("the new PIN: {got:?}"))
}

async fn pin_lock(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().pin_block {
        return Ok(());
    }
    set(r, "918273").await?;
    for left in (0..PIN_TRIES).rev() {
        let got = said(r, "111111").await?;
        ensure(got == wrong(left), || format!("{got:?}, not {left} left"))?;
    }
    let got = said(r, "918273").await?;
    let is_locked = matches!(&got, Some(CoreError::Rejected(Reject::PinLocked { until }))
        if *until == crate::Day::at(r.f.clock.now()).end());
    ensure(is_locked, || format!("the right PIN when locked: {got:?}"))
}

async fn pin_race(r: &Room<'_>) -> Verdict {
    const AT_ONCE: usize = 12;
    if !r.core.capabilities().pin_block {
        return Ok(());
    }
    set(r, "918273").await?;
    let block = block(r, "222222", &r.f.cust_no)?;
    let ctx = r.ctx();
    let mut waiting: Vec<_> =
        (0..AT_ONCE).map(|_| r.core.verify_pin(&ctx, &r.f.cust_no, &block)).collect();
    let mut answers = Vec::new();
    std::future::poll_fn(|cx| {
        waiting.retain_mut(|w| match w.as_mut().poll(cx) {
            std::task::Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    let tried = answers
        .iter()
        .filter(|a| matches!(a, Err(CoreError::Rejected(Reject::WrongPin { .. }))))
        .count();
    let locked = answers
        .iter()
        .filter(|a| matches!(a, Err(CoreError::Rejected(Reject::PinLocked { .. }))))
        .count();
    let is_exact = tried == usize::from(PIN_TRIES) && tried + locked == AT_ONCE;
    ensure(is_exact, || format!("{tried} were tried, {locked} locked"))?;
    set(r, "918273").await
}

async fn foreign_block(r: &Room<'_>) -> Verdict {
    if !r.core.capabilities().pin_block {
        return Ok(());
    }
    let block = block(r, "918273", &r.f.other_cust_no)?;
    let got = r.core.verify_pin(&r.ctx(), &r.f.cust_no, &block).await.err();
    let want = CoreError::from(Reject::Validation { field: "pin" });
    ensure(got.as_ref() == Some(&want), || format!("{got:?}"))?;
    let got = said(r, "918273").await?;
    ensure(got.is_none(), || format!("a foreign block used up a try: {got:?}"))
}
