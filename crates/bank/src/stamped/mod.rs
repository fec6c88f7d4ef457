//! Stamped statements (盖章流水): the lines of an account over a span as a PDF with the bank's seal and electronic
//! signature, and a code by which anyone who holds paper or file checks that the bank made it.
//!
//! The customer says what for, and may have the words in English beside the Chinese.
//! A code sent to the reserved number comes first. A short statement is made at once, a long one by a job, which says so
//! in chat. The file is sealed and ends after two days; what the public may check (masked) stays a year. The same goes for
//! the receipt of one entry (电子回单) and the proof that a loan is paid back (结清证明), see `other.rs`. Not for:
//! what a signature is (`signed`). The seal is a picture: the check proves the paper.

#[cfg(test)]
mod branches;
mod certificate;
mod checks;
mod document;
mod held;
pub mod http;
mod other;
mod paper;
mod purpose;
mod ready;
pub(crate) mod seal;
pub mod signed;
#[cfg(test)]
mod signing;
mod store;
#[cfg(test)]
mod tests;

pub use checks::Checks;
pub use held::{Held, Issued, check, hold};
pub(crate) use other::owes_words;
pub use other::{Paper, PaperWish};
pub use purpose::{BAD_NOTE, Purpose};
pub use ready::make_later;

use crate::accounts::http::{bound, of_core};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::binding::otp;
use crate::followers::{self, BoundAccount, FollowerId};
use crate::jobs::Job;
use crate::sessions::{self, Customer};
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{Error, Fen, Id, Named, Refusal, Result, TenantId, Time};
use corebank::{
    AccountRef, CoreError, CustNo, Day, Flow, Line, StatementQuery, StatementRange, Totals,
};
use db::{Scope, Tx};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

pub const BAD_SPAN: Refusal =
    Refusal::invalid("stamped.span", "一次最多打一年的流水，请换一段时间");
pub const TOO_LONG: Refusal =
    Refusal::invalid("stamped.lines", "这段时间笔数太多，请分几段打，或到网点打印");
pub const NO_FILE: Refusal = Refusal::gone("stamped.gone", "这份流水过期了，请重新生成");
pub const NO_MOBILE: Refusal =
    Refusal::forbidden("stamped.no_mobile", "银行没有登记您的手机号，请到网点打印流水");

/// What the codes of this feature confirm.
const PURPOSE: &str = "stamped";
/// The file may be opened for two days (journey 3).
const FILE_MS: i64 = 2 * base::DAY_MS;
/// A paper may be checked for a year.
const CHECK_MS: i64 = 366 * base::DAY_MS;
/// As many days as a core is asked for at once.
const DAYS_MAX: i64 = corebank::RANGE_DAYS_MAX;
/// Up to here the customer waits for it: four questions to the core.
const LINES_AT_ONCE_MAX: i64 = 400;
/// Past this it is no paper to carry: about 500 pages.
const LINES_MAX: i64 = 20_000;
/// If the process dies while the customer waits, the job takes it up after this time.
const TAKE_UP_MS: i64 = 30_000;
/// A job that has not got it done by now says so.
const GIVE_UP_MS: i64 = 600_000;
const LISTED_MAX: i64 = 20;

#[derive(Debug)]
pub enum FileRow {}
impl Named for FileRow {
    const PREFIX: &'static str = "stm";
}
pub type FileId = Id<FileRow>;

/// What stands at the head of the paper, as the core told it when it was asked for; masked.
#[derive(Clone, Serialize, Deserialize)]
pub struct Facts {
    pub code: String,
    pub bank: String,
    /// Its name in English; empty where it has none.
    #[serde(default)]
    pub bank_english: String,
    pub name: String,
    /// 借记卡 尾号6688
    pub account: String,
    pub first_day: String,
    pub last_day: String,
    pub in_count: i64,
    pub out_count: i64,
    pub inflow: Fen,
    pub outflow: Fen,
    /// What for, in the customer's words.
    #[serde(default)]
    pub purpose: Option<Purpose>,
    #[serde(default)]
    pub note: String,
    /// The account in English; then everything else is, too.
    #[serde(default)]
    pub english: Option<String>,
    /// What else than a statement it is.
    #[serde(default)]
    pub paper: Paper,
    /// When the file was made; absent until then.
    pub made_at: Option<Time>,
    /// How often this paper was made, this time included; zero on papers from before, and on statements.
    #[serde(default)]
    pub copy: i64,
    /// The fingerprint of the certificate it is signed by; absent until then, and on papers from before.
    #[serde(default)]
    pub signed_by: Option<String>,
}

base::unprinted!(Facts);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Making,
    Ready,
}

impl State {
    fn of(word: &str) -> Result<Self> {
        match word {
            "making" => Ok(Self::Making),
            "ready" => Ok(Self::Ready),
            _ => Err(Error::fault("a stamped statement in no known state")),
        }
    }
}

/// A file of the customer's.
#[derive(Debug, Clone)]
pub struct Shown {
    pub id: FileId,
    pub state: State,
    pub facts: Facts,
    pub file_ends_at: Time,
}

/// What was asked for, checked against what is bound.
struct Span {
    own: BoundAccount,
    customer: String,
    first: Day,
    last: Day,
    purpose: Option<Purpose>,
    note: String,
    english: bool,
    paper: Paper,
}

impl Span {
    fn range(&self) -> StatementRange {
        StatementRange {
            account: AccountRef::new(&self.own.number),
            from: self.first,
            to: self.last,
            flow: Flow::All,
            q: None,
        }
    }
    /// A code confirms this account, this span and this purpose and no other (CA-04).
    fn intent(&self, follower: FollowerId) -> Vec<u8> {
        let span = format!("{follower}|{}|{}|{}", self.own.id, self.first, self.last);
        let what = format!("{span}|{}", self.variant());
        Sha256::digest(what.as_bytes()).to_vec()
    }
    fn is(&self, facts: &Facts, account: &str) -> bool {
        account == facts.account
            && facts.first_day == self.first.to_string()
            && facts.last_day == self.last.to_string()
            && facts.purpose == self.purpose
            && facts.note == self.note
            && facts.english.is_some() == self.english
            && facts.paper == self.paper
    }
    /// What else makes it another paper than the plain one; empty for that one.
    fn variant(&self) -> String {
        if let Some(which) = self.paper.which() {
            return which;
        }
        let purpose = self.purpose.map(Purpose::english);
        match (purpose, self.note.as_str(), self.english) {
            (None, "", false) => String::new(),
            (purpose, note, english) => format!("{}|{note}|{english}", purpose.unwrap_or_default()),
        }
    }
    fn account(&self) -> String {
        format!("{} 尾号{}", self.own.label, self.own.tail)
    }
}

async fn span(app: &Arc<App>, by: &Customer, ask: &http::Asking) -> Result<Span> {
    let bound = bound(app, by).await?;
    let own = bound.accounts.iter().find(|a| a.id == ask.account);
    let own = own.ok_or(crate::accounts::http::NO_ACCOUNT)?.clone();
    let customer = bound.customer.clone();
    if ask.paper != PaperWish::Statement {
        let (paper, first, last) = other::find(app, by, &own, &customer, ask).await?;
        let (purpose, note, english) = (None, String::new(), false);
        return Ok(Span { own, customer, first, last, purpose, note, english, paper });
    }
    let (first, last) = (ask.from.parse::<Day>().ok(), ask.to.parse::<Day>().ok());
    let (Some(first), Some(last)) = (first, last) else { return BAD_SPAN.into() };
    let today = Day::at(app.clock().now());
    if first > last || last > today || today.days_since(first) >= DAYS_MAX {
        return BAD_SPAN.into();
    }
    let (purpose, note) = (ask.purpose, purpose::note(&ask.note)?);
    Ok(Span {
        own,
        customer,
        first,
        last,
        purpose,
        note,
        english: ask.english,
        paper: Paper::Statement,
    })
}

/// Sends a code to the number the bank has on file.
pub async fn send_code(
    app: &Arc<App>,
    by: &Customer,
    ask: &http::Asking,
    wish: otp::Wish,
) -> Result<otp::Issued> {
    let span = span(app, by, ask).await?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let number = match app.core.otp_target(&ctx, &CustNo::new(&span.customer)).await {
        Ok(number) => number,
        Err(CoreError::Rejected(corebank::Reject::NotFound)) => return NO_MOBILE.into(),
        Err(e) => return Err(of_core(e)),
    };
    // No code goes out for what would not be made.
    totals(app, by, &span).await?;
    let intent = span.intent(by.follower);
    let what_for = span.paper.what_for();
    otp::send(
        app,
        by,
        otp::Sending { number, purpose: PURPOSE, intent, what_for: what_for.into(), wish },
    )
    .await
}

/// What asking came to: a file (made, or being made), or a code that was not right.
#[derive(Debug)]
pub enum Came {
    File(Box<Shown>),
    Code(otp::Verdict),
}

/// Asks for a stamped statement. The same one asked for again is the one that is there.
pub async fn ask(app: &Arc<App>, by: &Customer, ask: &http::Asking, code: &str) -> Result<Came> {
    let span = span(app, by, ask).await?;
    if let Some(there) = same(app, by, &span).await? {
        return Ok(Came::File(Box::new(there)));
    }
    let facts = facts(app, by, &span).await?;
    let at_once = facts.in_count + facts.out_count <= LINES_AT_ONCE_MAX;
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let (follower, code, intent) = (by.follower, code.trim().to_owned(), span.intent(by.follower));
    let account = span.own.id.clone();
    let variant = match span.variant().as_str() {
        "" => String::new(),
        // While the index key changes the same wish may make a second file: no harm.
        variant => http::hex(keys.blind("stamped.variant", variant).now()),
    };
    let unit = move |tx: &Tx<'_>| {
        let verdict = otp::check(tx, &keys, follower, PURPOSE, &intent, &code)?;
        if verdict != otp::Verdict::Right {
            audit::note(tx, Actor::Follower(follower.raw()), "stamped.ask", "", "refused", "otp")?;
            return Ok((verdict, None));
        }
        store::end_old(tx, follower)?;
        let code_hash = sessions::hash(&facts.code);
        let mut facts = facts.clone();
        if facts.paper.which().is_some() {
            facts.copy = 1 + store::made(tx, follower, &account, &variant)?;
        }
        let wish = store::Wish {
            follower,
            account: &account,
            variant: &variant,
            facts: &facts,
            code_hash,
        };
        let id = store::add(tx, &keys, &wish, (FILE_MS, CHECK_MS))?;
        if let Some(id) = id {
            let wait = if at_once { TAKE_UP_MS } else { 0 };
            Job::MakeStamped { file: id }.enqueue(tx, tx.now().plus_ms(wait))?;
            audit::note(
                tx,
                Actor::Follower(follower.raw()),
                "stamped.ask",
                &id.to_string(),
                "done",
                "",
            )?;
        }
        Ok((verdict, id))
    };
    let (verdict, id) = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    if verdict != otp::Verdict::Right {
        return Ok(Came::Code(verdict));
    }
    if let Some(id) = id.filter(|_| at_once)
        && let Err(e) = make(app, by.tenant, id).await
    {
        // The job takes it up.
        tracing::warn!(error = ?e, "a stamped statement was not made at once");
    }
    same(app, by, &span)
        .await?
        .map(|there| Came::File(Box::new(there)))
        .ok_or_else(|| NO_FILE.into())
}

/// What a paper says, whether it is made already, and where a code for it goes.
pub(crate) async fn look(
    app: &Arc<App>,
    by: &Customer,
    ask: &http::Asking,
) -> Result<(Vec<(&'static str, String)>, Option<Shown>, String)> {
    let span = span(app, by, ask).await?;
    let there = same(app, by, &span).await?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let profile = app.core.customer(&ctx, &CustNo::new(&span.customer)).await.map_err(of_core)?;
    let mobile = profile.mobile.map(|m| m.to_string()).unwrap_or_default();
    Ok((span.paper.facts(&profile.name.to_string(), &span.account()), there, mobile))
}

async fn same(app: &Arc<App>, by: &Customer, span: &Span) -> Result<Option<Shown>> {
    let account = span.account();
    Ok(list(app, by).await?.into_iter().find(|s| span.is(&s.facts, &account)))
}

/// The customer's files, newest first.
pub async fn list(app: &Arc<App>, by: &Customer) -> Result<Vec<Shown>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| store::list(tx, &keys, follower, LISTED_MAX);
    app.db.read(Scope::Tenant(by.tenant), unit).await
}

/// What moved over the span; none where no span is printed. Refuses what is no paper to carry.
async fn totals(app: &Arc<App>, by: &Customer, span: &Span) -> Result<Totals> {
    if span.paper != Paper::Statement {
        let (inflow, outflow) = (Fen::ZERO, Fen::ZERO);
        let as_of = app.clock().now();
        return Ok(Totals { inflow, outflow, in_count: 0, out_count: 0, as_of });
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let totals = app.core.totals(&ctx, &span.range()).await.map_err(of_core)?;
    if totals.in_count + totals.out_count > LINES_MAX {
        return TOO_LONG.into();
    }
    Ok(totals)
}

async fn facts(app: &Arc<App>, by: &Customer, span: &Span) -> Result<Facts> {
    let totals = totals(app, by, span).await?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let customer = CustNo::new(&span.customer);
    let profile = app.core.customer(&ctx, &customer).await.map_err(of_core)?;
    let registry = app.registry();
    let bank = registry.institution(by.tenant);
    let (bank, bank_english) =
        bank.map(|i| (i.name.clone(), i.english.clone())).unwrap_or_default();
    Ok(Facts {
        // 128 random bits, and the tenant it is looked up in, which is no secret.
        code: sessions::tenant_token(by.tenant, app.random(), 16),
        bank,
        bank_english,
        name: profile.name.to_string(),
        account: span.account(),
        first_day: span.first.to_string(),
        last_day: span.last.to_string(),
        in_count: totals.in_count,
        out_count: totals.out_count,
        inflow: totals.inflow,
        outflow: totals.outflow,
        purpose: span.purpose,
        note: span.note.clone(),
        english: span.english.then(|| purpose::account(&span.own.kind, &span.own.tail)),
        paper: span.paper.clone(),
        made_at: None,
        copy: 0,
        signed_by: None,
    })
}

/// A file that is wanted, with whom it is for and when it was asked for.
struct Wanted {
    follower: FollowerId,
    account: String,
    facts: Facts,
    asked_at: Time,
}

async fn wanted(app: &Arc<App>, tenant: TenantId, id: FileId) -> Result<Option<Wanted>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    app.db.read(Scope::Tenant(tenant), move |tx| store::wanted(tx, &keys, id)).await
}

/// Reads the lines and writes the paper; true when it was this call that made it. Doing it twice is harmless.
async fn make(app: &Arc<App>, tenant: TenantId, id: FileId) -> Result<bool> {
    let Some(mut wanted) = wanted(app, tenant, id).await? else { return Ok(false) };
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let Some(number) = number_of(app, tenant, &keys, &wanted).await? else {
        // Unbound meanwhile: nobody is left to make it for.
        let unit = move |tx: &Tx<'_>| store::end(tx, id, "over");
        app.db.write(Scope::Tenant(tenant), unit).await?;
        return Ok(false);
    };
    let lines = match wanted.facts.paper {
        Paper::Statement => {
            let lines = lines(app, tenant, &wanted, number).await?;
            total(&mut wanted.facts, &lines)?;
            lines
        }
        Paper::Receipt(_) | Paper::Settled(_) => vec![],
    };
    let signer = signer(app, tenant, &keys, &wanted.facts.bank).await?;
    let made_at = app.clock().now();
    wanted.facts.made_at = Some(made_at);
    wanted.facts.signed_by = Some(signer.fingerprint());
    let check_url = format!("{}/v/", app.config.server.public_url);
    let file = match wanted.facts.paper {
        Paper::Statement => document::write(&wanted.facts, &lines, made_at, &check_url)?,
        Paper::Receipt(_) | Paper::Settled(_) => {
            certificate::write(&wanted.facts, made_at, &check_url)?
        }
    };
    let file = signed::seal(file, &signer, made_at)?;
    let hash = Sha256::digest(&file).to_vec();
    let unit = move |tx: &Tx<'_>| store::finish(tx, &keys, id, &wanted.facts, &file, &hash);
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// What the institution signs its papers with.
async fn signer(
    app: &Arc<App>,
    tenant: TenantId,
    keys: &Arc<TenantKeys>,
    bank: &str,
) -> Result<signed::Signer> {
    let (bank, keys) = (bank.to_owned(), keys.clone());
    let unit = move |tx: &Tx<'_>| signed::keys::current(tx, &keys, &bank);
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// The core's number of the account, while it is bound.
async fn number_of(
    app: &Arc<App>,
    tenant: TenantId,
    keys: &Arc<TenantKeys>,
    wanted: &Wanted,
) -> Result<Option<String>> {
    let (keys, behind, follower) = (keys.clone(), app.behind.clone(), wanted.follower);
    let unit = move |tx: &Tx<'_>| {
        followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
    };
    let bound = app.db.read(Scope::Tenant(tenant), unit).await?.and_then(|s| s.bound);
    let own = bound.as_ref().and_then(|b| b.accounts.iter().find(|a| a.id == wanted.account));
    Ok(own.map(|a| a.number.clone()))
}

async fn lines(
    app: &Arc<App>,
    tenant: TenantId,
    wanted: &Wanted,
    number: String,
) -> Result<Vec<Line>> {
    let day = |text: &str| text.parse::<Day>().map_err(|_| Error::fault("a stamped day is none"));
    let range = StatementRange {
        account: AccountRef::new(number),
        from: day(&wanted.facts.first_day)?,
        to: day(&wanted.facts.last_day)?,
        flow: Flow::All,
        q: None,
    };
    let ctx = core_ctx(app, tenant, wanted.follower.raw());
    let mut ask = StatementQuery { range, cursor: None, limit: corebank::LINES_MAX };
    let mut lines = vec![];
    loop {
        let page = app.core.transactions(&ctx, &ask).await.map_err(of_core)?;
        lines.extend(page.lines);
        if page.next.is_none() {
            return Ok(lines);
        }
        if lines.len() > usize::try_from(2 * LINES_MAX).unwrap_or(usize::MAX) {
            return TOO_LONG.into();
        }
        ask.cursor = page.next;
    }
}

/// Totals of the very lines on the paper: between asking and reading, an entry may have come.
fn total(facts: &mut Facts, lines: &[Line]) -> Result<()> {
    (facts.in_count, facts.out_count) = (0, 0);
    (facts.inflow, facts.outflow) = (Fen::ZERO, Fen::ZERO);
    for line in lines {
        let (count, sum) = if line.is_in {
            (&mut facts.in_count, &mut facts.inflow)
        } else {
            (&mut facts.out_count, &mut facts.outflow)
        };
        *count += 1;
        *sum = sum.checked_add(line.amount).ok_or_else(|| Error::fault("a total overflows"))?;
    }
    Ok(())
}

/// The file's bytes, for its own customer.
pub async fn file(app: &Arc<App>, by: &Customer, id: FileId) -> Result<Vec<u8>> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        let found = store::file(tx, &keys, follower, id)?;
        if found.is_some() {
            let (who, what) = (Actor::Follower(follower.raw()), id.to_string());
            audit::note(tx, who, "stamped.open", &what, "done", "")?;
        }
        Ok(found)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?.ok_or_else(|| NO_FILE.into())
}

/// A QR code's rows from the top, a string of `0` and `1` each, `1` is dark.
pub(crate) fn rows_of(text: &str) -> Result<Vec<String>> {
    let row = |dots: Vec<bool>| dots.into_iter().map(|d| if d { '1' } else { '0' }).collect();
    Ok(seal::dots(text)?.into_iter().map(row).collect())
}
