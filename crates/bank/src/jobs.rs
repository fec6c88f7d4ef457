//! Every background errand of the product, on one screen, and the runner that claims them.
//!
//! A job carries ids and reads the truth again; "no longer there" is success. At least once, so each is idempotent.

use crate::app::App;
use crate::bills;
use crate::binding;
use crate::cases::CaseId;
use crate::charity;
use crate::followers::FollowerId;
use crate::guard;
use crate::inbound;
use crate::payments;
use crate::privacy;
use crate::rewards;
use crate::settings;
use crate::stamped::{self, FileId};
use crate::vault::{columns, reindex, rewrap, rotation};
use crate::verbs::{NoticeOrder, RenewalWish};
use crate::wx_pin;
use base::{Context, Result, TenantId, Time};
use db::job::{self, Claimed};
use db::{NewJob, Scope, Tx, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Rows claimed at once.
const CLAIM_MAX: i64 = 16;
/// How long a claimed job is ours before another process may take it.
const LEASE_MS: i64 = 120_000;
/// Without a wake-up, the table is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After so many tries a job is put aside for a person to look at.
const TRIES_MAX: i64 = 8;
/// Waits between tries, in milliseconds; the last one repeats.
const BACK_OFF_MS: [i64; 6] = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// A recorded answer goes out by customer-service message.
    SendAnswer { follower: FollowerId, key: i64 },
    /// A message acknowledged without an answer is finished, if its process did not.
    FinishLate { follower: FollowerId, key: i64 },
    /// After binding: go on with the request that waited.
    AfterBinding { follower: FollowerId },
    /// After agreeing to what changed: the same.
    AfterAgreeing { follower: FollowerId },
    /// A claim the core was silent about is checked again; `tried` counts the tries.
    VerifyBinding { follower: FollowerId, tried: usize },
    /// A question the core was silent about is asked again, and the answer sent.
    AskAgain { follower: FollowerId, call: dialogue::Call, tried: usize },
    /// The core is told what shall happen when a time deposit matures, and the customer how it went.
    SetRenewal { wish: RenewalWish },
    /// The core is told of a withdrawal from a notice deposit ahead of time, or that there is none, and the customer how it went.
    SetNotice { order: NoticeOrder },
    /// The day of a notice: the customer is told in chat, if it is still good.
    TellNotice { follower: FollowerId, deposit: String, due: i64 },
    /// Binding was begun and left: one reminder, if it still waits and WeChat lets us speak.
    RemindBinding { follower: FollowerId },
    /// The binding was moved to another WeChat: the old one is told.
    TellSwapped { follower: FollowerId },
    /// A binding was called not theirs by its customer, or that was decided: one of the two WeChats is told.
    TellDisowned { follower: FollowerId, news: binding::News, case: CaseId },
    /// Whether a binding was its customer's is decided: it ends, or goes on.
    SettleDisowned { case: CaseId, ends: bool },
    /// A setting that the core was silent about, or that holds later, is told to the core until it is known.
    SettleSetting { order: settings::OrderId, tried: usize },
    /// A gift of points that the core was silent about, or that is being taken back, is asked after until it is known.
    SettleGift { gift: charity::GiftId, tried: usize },
    /// A project, by its owner and code, has come a step further: those who gave to it are thanked, from `after` on.
    ThankGivers { of: (TenantId, String), after: i64 },
    /// An exchange of points that the core was silent about is asked after until it is known.
    SettleExchange { exchange: rewards::ExchangeId, tried: usize },
    /// A payment has come to `state`: the customer is told in chat.
    TellPayment { payment: payments::PaymentId, state: i64 },
    /// An order came due on a day and nothing was paid: the customer is told in chat.
    TellOrder { order: payments::orders::OrderId, due: i64 },
    /// An agreement will take money on a day: the customer is told before it.
    TellAhead { order: payments::orders::OrderId, due: i64 },
    /// A reminder of a bill came due: the customer is told in chat what is owed.
    TellReminder { reminder: bills::remind::ReminderId, due: i64 },
    /// The customer wanted to be told of due bills once more: what is still owed is told in chat.
    RemindAgain { reminder: bills::remind::ReminderId, due: i64 },
    /// A PIN was set anew or unlocked: the customer is told on the number on file.
    TellPin { follower: FollowerId, what: wx_pin::What },
    /// A long stamped statement is made, and its customer told.
    MakeStamped { file: FileId },
    /// A copy of a customer's data is made, and its customer told.
    MakeExport { export: privacy::ExportId },
    /// A lock or loss that the core was silent about is asked for again, until it is known.
    SettleOrder { order: guard::OrderId, tried: usize },
    /// A follower of the provincial account chose the bank that shall serve them.
    MoveHome { follower: FollowerId, to: TenantId },
    /// 全网发布检测: answer by API with the query's token (protocol §22.11).
    LaunchCheckReply { authorizer: String, openid: String, code: String },
    /// Values sealed with older keys move to `key`, from this place of the walk on; `found` says whether it met any.
    Reseal { key: i64, column: String, after: columns::After, found: bool },
    /// The same for customers' keyed hashes and an index key.
    Reindex { key: i64, after: i64, found: bool },
    /// Tenants' keys that another master key wraps are wrapped by this one, named by its mark.
    Rewrap { to: String },
}

impl Job {
    fn kind(&self) -> &'static str {
        match self {
            Self::SendAnswer { .. } => "send_answer",
            Self::FinishLate { .. } => "finish_late",
            Self::AfterBinding { .. } => "after_binding",
            Self::AfterAgreeing { .. } => "after_agreeing",
            Self::VerifyBinding { .. } => "verify_binding",
            Self::AskAgain { .. } => "ask_again",
            Self::SetRenewal { .. } => "set_renewal",
            Self::SetNotice { .. } => "set_notice",
            Self::TellNotice { .. } => "tell_notice",
            Self::RemindBinding { .. } => "remind_binding",
            Self::TellSwapped { .. } => "tell_swapped",
            Self::TellDisowned { .. } => "tell_disowned",
            Self::SettleDisowned { .. } => "settle_disowned",
            Self::SettleSetting { .. } => "settle_setting",
            Self::SettleGift { .. } => "settle_gift",
            Self::SettleExchange { .. } => "settle_exchange",
            Self::ThankGivers { .. } => "thank_givers",
            Self::TellPayment { .. } => "tell_payment",
            Self::TellOrder { .. } => "tell_order",
            Self::TellAhead { .. } => "tell_ahead",
            Self::TellReminder { .. } => "tell_reminder",
            Self::RemindAgain { .. } => "remind_again",
            Self::TellPin { .. } => "tell_pin",
            Self::MakeStamped { .. } => "make_stamped",
            Self::MakeExport { .. } => "make_export",
            Self::SettleOrder { .. } => "settle_order",
            Self::MoveHome { .. } => "move_home",
            Self::LaunchCheckReply { .. } => "launch_check_reply",
            Self::Reseal { .. } => "reseal",
            Self::Reindex { .. } => "reindex",
            Self::Rewrap { .. } => "rewrap",
        }
    }

    pub fn reseal_from_the_start(key: i64) -> Self {
        Self::Reseal { key, column: String::new(), after: columns::START, found: false }
    }

    /// Writes the job in the caller's unit, for the unit's tenant.
    pub fn enqueue(&self, tx: &Tx<'_>, run_at: Time) -> Result<()> {
        let payload = serde_json::to_string(self)?;
        tx.enqueue(&NewJob {
            tenant: tx.tenant(),
            kind: self.kind(),
            payload: &payload,
            run_at,
            dedupe: Some(&payload),
        })?;
        Ok(())
    }

    async fn run(&self, app: &Arc<App>, tenant: TenantId) -> Result<()> {
        match self {
            Self::SendAnswer { follower, key } => {
                inbound::send_answer(app, tenant, *follower, *key).await
            }
            Self::FinishLate { follower, key } => {
                inbound::finish_late(app, tenant, *follower, *key).await
            }
            Self::AfterBinding { follower } => {
                inbound::go_on(app, tenant, *follower, Box::new(dialogue::after_binding)).await
            }
            Self::AfterAgreeing { follower } => {
                inbound::go_on(app, tenant, *follower, Box::new(dialogue::after_agreeing)).await
            }
            Self::AskAgain { follower, call, tried } => {
                crate::verbs::ask_again(app, tenant, *follower, call, *tried).await
            }
            Self::SetRenewal { wish } => crate::verbs::set_renewal(app, tenant, wish).await,
            Self::SetNotice { order } => crate::verbs::set_notice(app, tenant, order).await,
            Self::TellNotice { follower, deposit, due } => {
                crate::verbs::tell_notice(app, tenant, *follower, (deposit, *due)).await
            }
            Self::SettleSetting { order, tried } => {
                settings::settle_later(app, tenant, *order, *tried).await
            }
            Self::SettleGift { gift, tried } => {
                charity::settle_later(app, tenant, *gift, *tried).await
            }
            Self::ThankGivers { of, after } => charity::thank(app, tenant, of, *after).await,
            Self::SettleExchange { exchange, tried } => {
                rewards::settle_later(app, tenant, *exchange, *tried).await
            }
            Self::TellPayment { payment, state } => {
                payments::tell(app, tenant, *payment, *state).await
            }
            Self::TellOrder { order, due } => {
                payments::orders::tell(app, tenant, *order, *due).await
            }
            Self::TellAhead { order, due } => {
                payments::notices::tell(app, tenant, *order, *due).await
            }
            Self::TellReminder { reminder, due } => {
                bills::remind::tell(app, tenant, *reminder, *due).await
            }
            Self::RemindAgain { reminder, due } => {
                bills::again::tell(app, tenant, *reminder, *due).await
            }
            Self::TellPin { follower, what } => wx_pin::tell(app, tenant, *follower, *what).await,
            Self::MakeStamped { file } => stamped::make_later(app, tenant, *file).await,
            Self::MakeExport { export } => privacy::make_later(app, tenant, *export).await,
            Self::SettleOrder { order, tried } => {
                guard::settle_later(app, tenant, *order, *tried).await
            }
            Self::LaunchCheckReply { authorizer, openid, code } => {
                crate::component::answer_launch_check(app, authorizer, openid, code).await
            }
            Self::Reseal { .. } | Self::Reindex { .. } | Self::Rewrap { .. } => {
                self.walk(app, tenant).await
            }
            Self::VerifyBinding { .. }
            | Self::RemindBinding { .. }
            | Self::TellSwapped { .. }
            | Self::TellDisowned { .. }
            | Self::SettleDisowned { .. }
            | Self::MoveHome { .. } => self.bind(app, tenant).await,
        }
    }

    /// Errands of bindings; nothing for any other job.
    async fn bind(&self, app: &Arc<App>, tenant: TenantId) -> Result<()> {
        match self {
            Self::VerifyBinding { follower, tried } => {
                binding::verify_later(app, tenant, *follower, *tried).await
            }
            Self::RemindBinding { follower } => binding::remind(app, tenant, *follower).await,
            Self::TellSwapped { follower } => binding::tell_swapped(app, tenant, *follower).await,
            Self::TellDisowned { follower, news, case } => {
                binding::tell_disowned(app, tenant, *follower, *news, *case).await
            }
            Self::SettleDisowned { case, ends } => {
                binding::settle_disowned(app, tenant, *case, *ends).await
            }
            Self::MoveHome { follower, to } => {
                binding::move_home(app, tenant, *follower, *to).await.map(|_| ())
            }
            _ => Ok(()),
        }
    }

    /// Walks of the keys; nothing for any other job.
    async fn walk(&self, app: &Arc<App>, tenant: TenantId) -> Result<()> {
        match self {
            Self::Reseal { key, column, after, found } => {
                rotation::reseal(app, tenant, *key, column, *after, *found).await
            }
            Self::Reindex { key, after, found } => {
                reindex::walk(app, tenant, *key, *after, *found).await
            }
            Self::Rewrap { to } => rewrap::walk(app, to).await,
            _ => Ok(()),
        }
    }
}

/// Claims and runs jobs until the app stops. One worker a job, however many processes run this.
pub async fn run(app: Arc<App>) {
    let mut ready = app.db.jobs_ready();
    while !app.stop.is_cancelled() {
        match run_due(&app).await {
            Ok(0) => {
                tokio::select! {
                    () = app.stop.cancelled() => return,
                    _ = ready.changed() => {}
                    () = tokio::time::sleep(LOOK_EVERY) => {}
                }
            }
            Ok(_) => {}
            Err(e) => {
                tracing::error!(error = ?e, "jobs cannot be claimed");
                tokio::time::sleep(LOOK_EVERY).await;
            }
        }
    }
}

/// Runs what is due once; how many jobs that were. Tests drive time through this.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    let worker = app.worker.clone();
    let claimed = app
        .db
        .write(Scope::House, move |tx| job::claim(tx, CLAIM_MAX, LEASE_MS, &worker))
        .await
        .doing("claiming jobs")?;
    let n = claimed.len();
    futures_util::future::join_all(claimed.into_iter().map(|c| run_one(app, c))).await;
    Ok(n)
}

/// Runs what is due, and what that leaves behind, until nothing is waiting or running. The runner of [`run`] may take some, too.
pub async fn settle(app: &Arc<App>) -> Result<()> {
    let open = |tx: &Tx<'_>| {
        // In one look: a job that ends may have left the next one.
        tx.one::<(i64,)>(
            "SELECT COUNT(*) FROM job WHERE state = 'running' OR (state = 'waiting' AND due_at_ms <= $1)",
            params![tx.now()],
        )
    };
    loop {
        run_due(app).await?;
        let (open,) = app.db.read(Scope::House, open).await.doing("counting jobs")?;
        if open == 0 {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}

async fn run_one(app: &Arc<App>, claimed: Claimed) {
    let outcome = match serde_json::from_str::<Job>(&claimed.payload) {
        Ok(job) => job.run(app, claimed.tenant).await,
        Err(e) => Err(e.into()),
    };
    metrics::counter!("weiyin_jobs_total", "kind" => claimed.kind.clone(), "ok" => outcome.is_ok().to_string())
        .increment(1);
    let recorded = record(app, claimed, outcome.err()).await;
    if let Err(e) = recorded {
        // The lease runs out and the job runs again: allowed, each is idempotent.
        tracing::error!(error = ?e, "a job's result could not be recorded");
    }
}

async fn record(app: &Arc<App>, claimed: Claimed, failed: Option<base::Error>) -> Result<()> {
    let note = failed.as_ref().map(ToString::to_string);
    if let Some(e) = &failed {
        tracing::warn!(job = %claimed.id, kind = %claimed.kind, attempt = claimed.attempt, error = ?e, "a job failed");
    }
    app.db
        .write(Scope::House, move |tx| {
            match &note {
                None => job::finish(tx, &claimed)?,
                Some(note) if claimed.attempt >= TRIES_MAX => job::fail(tx, &claimed, note)?,
                Some(note) => {
                    let step = usize::try_from(claimed.attempt - 1)
                        .unwrap_or(0)
                        .min(BACK_OFF_MS.len() - 1);
                    job::retry(tx, &claimed, tx.now().plus_ms(BACK_OFF_MS[step]), note)?
                }
            };
            Ok(())
        })
        .await
}
