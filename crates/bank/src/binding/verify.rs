//! A claim the core was silent about, checked later: the result is told in chat, nothing is typed again (journey 1).
//!
//! Not for: claims made on the page while the core answers; those are `check.rs`.

use super::agreements::{self, At};
use super::check::{self, Found, Whom};
use super::input::{CARD, Elements, KeptElements};
use super::store::{self, Row, Step};
use super::{LOCKED, MISMATCH, OTHER_BANK};
use crate::app::App;
use crate::followers::{self, FollowerId};
use crate::inbound;
use crate::jobs::Job;
use crate::sessions;
use crate::vault::TenantKeys;
use base::{Result, TenantId, Time};
use db::{Scope, Tx};
use std::sync::Arc;

/// When the core is asked again for the first time.
pub(super) const FIRST_MS: i64 = 5_000;
/// When the books are shut and nobody says until when.
pub(super) const SHUT_MS: i64 = 600_000;
/// Waits between further tries; after the last the claim is given up.
const WAITS_MS: [i64; 5] = [15_000, 60_000, 300_000, 900_000, 1_800_000];

const FITS: &str = "资料核对好了，接着收验证码就行。";
const GIVEN_UP: &str =
    "银行系统一直没有回应，绑卡的资料我先删了。请过一会儿再绑，钱和卡都不受影响。";

/// What is told in chat, and what the link under it says.
struct Tell {
    words: String,
    link: &'static str,
}

/// Checks a kept claim once; schedules itself again while the core is silent.
pub async fn later(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    tried: usize,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit_keys = keys.clone();
    let found = app
        .db
        .read(Scope::Tenant(tenant), move |tx| {
            let row = store::row(tx, follower)?.filter(|r| r.step == Step::Verify);
            let Some((row, (account, openid))) = row.zip(followers::store::address(tx, follower)?)
            else {
                return Ok(None);
            };
            let kept: KeptElements = store::open(&unit_keys, follower, &row.sealed)?;
            Ok(Some((row.index, Elements::from(kept), account, openid)))
        })
        .await?;
    // No longer there: the customer tried again, or too much time went by.
    let Some((index, elements, account, openid)) = found else { return Ok(()) };
    let whom = Whom { tenant, follower, account };
    let answer = check::ask_core(app, whom, &elements).await;
    if let Found::Foreign(owner) = &answer
        && check::may_move(app, whom, owner, false)
    {
        return move_claim(app, whom, owner.tenant, &elements).await;
    }
    let late = Arc::new(Late { app: app.clone(), whom, index, elements, keys, answer, tried });
    let unit = late.clone();
    let tell = app.db.write(Scope::Tenant(tenant), move |tx| unit.record(tx)).await?;
    match tell {
        Some(words) => inbound::say_or_keep(app, tenant, follower, account, &openid, &words).await,
        None => Ok(()),
    }
}

struct Late {
    app: Arc<App>,
    whom: Whom,
    index: Vec<u8>,
    elements: Elements,
    keys: Arc<TenantKeys>,
    answer: Found,
    tried: usize,
}

impl Late {
    /// What the claim came to, and the words for it with a fresh link; `None` while it still waits.
    fn record(&self, tx: &Tx<'_>) -> Result<Option<String>> {
        let follower = self.whom.follower;
        let ours = |r: &Row| r.step == Step::Verify && r.index == self.index;
        if !store::row(tx, follower)?.is_some_and(|r| ours(&r)) {
            return Ok(None);
        }
        let again = match &self.answer {
            Found::Silent => {
                WAITS_MS.get(self.tried).map(|ms| (tx.now().plus_ms(*ms), self.tried + 1))
            }
            Found::Closed { opens_at } => Some((self.reopening(tx.now(), *opens_at), self.tried)),
            _ => None,
        };
        if let Some((at, tried)) = again {
            Job::VerifyBinding { follower, tried }.enqueue(tx, at)?;
            return Ok(None);
        }
        let tell = self.tell(tx)?;
        let life = self.app.config.h5.link_ms;
        let token = sessions::store::add_link(
            tx,
            self.whom.account,
            follower,
            "bind",
            "bind_card",
            "{}",
            life,
        )?;
        let public = &self.app.config.server.public_url;
        Ok(Some(format!("{}\n<a href=\"{public}/h5/l/{token}\">{}</a>", tell.words, tell.link)))
    }

    fn reopening(&self, now: Time, opens_at: Option<Time>) -> Time {
        opens_at.filter(|t| *t > now).unwrap_or_else(|| now.plus_ms(SHUT_MS))
    }

    fn tell(&self, tx: &Tx<'_>) -> Result<Tell> {
        let (whom, app) = (self.whom, &*self.app);
        let anew = "重新填写";
        let words = match &self.answer {
            Found::Fits(party) => {
                let refused =
                    check::accept(tx, &self.keys, whom, party, &self.elements, &self.index)?;
                match refused {
                    None => return Ok(Tell { words: FITS.into(), link: "接着绑定" }),
                    Some(refusal) => refusal.words.into_owned(),
                }
            }
            Found::Mismatch { .. } => {
                check::count_late(tx, app, &self.keys, whom, &self.elements)?;
                check::mismatch(tx, whom, 0)?;
                MISMATCH.words.into_owned()
            }
            Found::Locked { .. } => LOCKED.words.into_owned(),
            Found::Foreign(owner) => match check::other_bank(app, whom, owner) {
                super::Checked::Refused { refusal, .. } => refusal.words.into_owned(),
                _ => OTHER_BANK.words.into_owned(),
            },
            Found::NoOnes => check::NO_ONES.to_owned(),
            Found::NoNumber => CARD.words.into_owned(),
            Found::Silent | Found::Closed { .. } => {
                store::end_try(tx, whom.follower)?;
                return Ok(Tell { words: GIVEN_UP.into(), link: anew });
            }
        };
        // Nothing that was typed is kept any longer.
        store::end_try(tx, whom.follower)?;
        Ok(Tell { words: format!("绑卡的资料核对完了：{words}"), link: anew })
    }
}

/// The card is another bank's: that bank takes over, with the claim, and asks its own books.
async fn move_claim(app: &Arc<App>, whom: Whom, to: TenantId, elements: &Elements) -> Result<()> {
    let follower = whom.follower;
    if !super::move_home(app, whom.tenant, follower, to).await? {
        return Ok(());
    }
    let keys = app.vault.tenant(&app.db, to).await?;
    let elements = elements.clone();
    app.db
        .write(Scope::Tenant(to), move |tx| {
            let row = Row {
                step: Step::Verify,
                sealed: store::seal(&keys, follower, &elements.kept())?,
                ..Row::begun(elements.index(&keys, follower, false).now(), tx.now())
            };
            store::put(tx, follower, &row)?;
            // Agreed to on the page the claim comes from; it is the same agreement here.
            for agreement in agreements::ALL.iter().filter(|a| a.at == At::Card) {
                store::consent(tx, follower, agreement)?;
            }
            Job::VerifyBinding { follower, tried: 0 }.enqueue(tx, tx.now())
        })
        .await
}
