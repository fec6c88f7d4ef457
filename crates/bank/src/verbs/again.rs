//! What a silent core owes a customer: the question is kept as a job, asked again, and the answer sent (journey 2).
//!
//! Words like 「查到马上发给您」 are a promise; this is where it is kept. Not for: commands, which are never sent twice by
//! themselves.

use super::who::who;
use super::{Reading, of_core_error};
use crate::app::App;
use crate::followers::{self, FollowerId, Person, Standing};
use crate::inbound;
use crate::jobs::Job;
use crate::tenants::Account;
use base::{Result, TenantId, Time};
use corebank::{CoreError, Reject};
use db::Scope;
use dialogue::{Act, Call, Heard, Input, Outcome};
use std::sync::Arc;

/// When a silent core is asked again for the first time.
pub(super) const FIRST_MS: i64 = 5_000;
/// Waits after each further silence: looks at 5 s, 15 s, 30 s, 60 s, 5 min, 30 min.
const WAITS_MS: [i64; 5] = [10_000, 15_000, 30_000, 240_000, 1_500_000];
/// After this try (a minute of silence) the customer hears that it takes longer.
const TELL_AT: usize = 3;
/// When the books are shut and nobody says until when.
const SHUT_MS: i64 = 600_000;
const GIVEN_UP: &str = "银行系统还没恢复，刚才要查的没查到。过一会儿您再说一声，我再查。";

/// Keeps a question the core did not answer.
pub(super) async fn keep(app: &App, standing: &Standing, call: &Call) -> Result<()> {
    let job = Job::AskAgain { follower: standing.id, call: call.clone(), tried: 0 };
    app.db
        .write(Scope::Tenant(standing.tenant), move |tx| {
            job.enqueue(tx, tx.now().plus_ms(FIRST_MS))
        })
        .await
}

/// Asks once more. Silence schedules the next try; an answer is sent, unless the customer has it by now.
pub async fn ask_again(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    call: &Call,
    tried: usize,
) -> Result<()> {
    let Some(found) = find(app, tenant, follower).await? else { return Ok(()) };
    let answer = {
        let bound = &found.bound;
        let reading = Reading { app, standing: &found.standing, bound };
        reading.run(call).await?
    };
    let again = match &answer {
        Some(Ok(_)) => None,
        Some(Err(CoreError::Rejected(Reject::DayClosed { opens_at }))) => {
            Some((reopening(app.clock().now(), *opens_at), tried))
        }
        Some(Err(e)) if e.is_busy() => {
            WAITS_MS.get(tried).map(|ms| (app.clock().now().plus_ms(*ms), tried + 1))
        }
        Some(Err(_)) => None,
        None => return Ok(()),
    };
    let silent = matches!(&answer, Some(Err(e)) if e.is_busy());
    if let Some((at, next)) = again {
        let job = Job::AskAgain { follower, call: call.clone(), tried: next };
        app.db.write(Scope::Tenant(tenant), move |tx| job.enqueue(tx, at)).await?;
        if silent && tried == TELL_AT {
            let words = found.words(app, call, &Outcome::Busy);
            return found.say(app, &words.text).await;
        }
        return Ok(());
    }
    if silent {
        return found.say(app, GIVEN_UP).await;
    }
    let outcome = match answer {
        Some(Ok(outcome)) => outcome,
        Some(Err(e)) => of_core_error(&e),
        None => return Ok(()),
    };
    match found.tell(app, call, &outcome).await? {
        Some(words) => found.say(app, &words).await,
        None => Ok(()),
    }
}

pub(super) fn reopening(now: Time, opens_at: Option<Time>) -> Time {
    opens_at.filter(|t| *t > now).unwrap_or_else(|| now.plus_ms(SHUT_MS))
}

/// The follower a kept question is of.
pub(super) struct Found {
    account: Arc<Account>,
    openid: String,
    standing: Arc<Standing>,
    pub(super) bound: Arc<followers::Bound>,
}

pub(super) async fn find(
    app: &App,
    tenant: TenantId,
    follower: FollowerId,
) -> Result<Option<Found>> {
    let address = app
        .db
        .read(Scope::Tenant(tenant), move |tx| followers::store::address(tx, follower))
        .await?;
    let Some((account, openid)) = address else { return Ok(None) };
    let registry = app.registry();
    let Some(account) = registry.account_by_id(account).cloned() else { return Ok(None) };
    let person = Person::new(account.id, openid.as_str().into());
    let Some(standing) = inbound::read_standing(app, &person).await? else { return Ok(None) };
    // Unbound meanwhile, or an agreement changed: nothing is told any more.
    let Some(bound) = standing.bound.clone().filter(|b| b.is_agreed) else { return Ok(None) };
    Ok(Some(Found { account, openid, standing: Arc::new(standing), bound }))
}

impl Found {
    fn person(&self) -> Person {
        Person::new(self.account.id, self.openid.as_str().into())
    }

    fn heard(&self, app: &App, standing: &Standing) -> Heard<'static> {
        Heard {
            input: Input::Other,
            who: who(app, &self.account, standing),
            now: app.clock().now(),
        }
    }

    fn words(&self, app: &App, call: &Call, outcome: &Outcome) -> dialogue::Words {
        dialogue::late(&app.book, call, outcome, &self.heard(app, &self.standing))
    }

    /// The answer as WeChat text. An idle conversation goes on from it; `None` when the customer has it already.
    async fn tell(&self, app: &Arc<App>, call: &Call, outcome: &Outcome) -> Result<Option<String>> {
        let person = self.person();
        let _pass = app.followers.enter(&person).await;
        let Some(now) = inbound::read_standing(app, &person).await? else { return Ok(None) };
        if now.seat.has_answered(call) || now.bound.is_none() {
            return Ok(None);
        }
        let heard = self.heard(app, &now);
        let idle = now.seat.is_idle();
        let turn = dialogue::catch_up(&app.book, &now.seat, call, outcome, &heard);
        let words = match (&turn.act, idle) {
            (Act::Say(words), true) => words.clone(),
            _ => dialogue::late(&app.book, call, outcome, &heard),
        };
        let keys = app.vault.tenant(&app.db, now.tenant).await?;
        let (unit_app, account) = (app.clone(), self.account.clone());
        let text = app
            .db
            .write(Scope::Tenant(now.tenant), move |tx| {
                if idle && !inbound::store::set_seat(tx, &unit_app, &keys, &now, &turn.seat)? {
                    return Err(MOVED_ON.into());
                }
                inbound::store::render(tx, &unit_app, &account, &now, &words).map(Some)
            })
            .await;
        app.followers.forget(&person);
        text
    }

    pub(super) async fn say(&self, app: &Arc<App>, words: &str) -> Result<()> {
        let standing = &self.standing;
        let (tenant, id) = (standing.tenant, standing.id);
        inbound::say_or_keep(app, tenant, id, self.account.id, &self.openid, words).await
    }
}

/// Another process wrote the seat in between: the job is simply run again.
const MOVED_ON: base::Refusal = base::Refusal::conflict("seat.stale", "");
