//! The server as a whole: connecting, migrations, the node lease, row security, self-check.

use super::conn::trouble;
use super::link::Link;
use super::{runner, tls};
use crate::migrate;
use crate::node::{self, Ids, Renewal};
use crate::options::{Migration, Options};
use crate::tx::Trouble;
use crate::unit::{Queue, World};
use base::{Clock, Context, Error, Random, Result, Stopwatch};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Starting together, processes may collide over the schema this often before it is an error.
const TRIES_MAX: u64 = 40;
/// A step of the schema may work on a large table.
const MIGRATION_MAX: Duration = Duration::from_secs(24 * 3600);

/// What a serializable transaction has looked at, no other may change beside it: a small table read from end to end is all of it.
const BY_INDEX: &str = "SET enable_seqscan = off; SET enable_bitmapscan = off";

/// An engine error in words: the message, never the values it came from.
pub(super) fn fault(e: &tokio_postgres::Error) -> Error {
    match e.as_db_error() {
        Some(db) => Error::fault(format!("{} ({})", db.message(), db.code().code())),
        None => {
            use std::error::Error as _;
            let cause = e.source().map(|c| format!(": {c}")).unwrap_or_default();
            Error::fault(format!("{e}{cause}"))
        }
    }
}

/// How to reach the server, for this process's threads.
#[derive(Clone)]
pub(crate) struct Server {
    primary: tls::Target,
    replica: Option<tls::Target>,
    owner: tls::Target,
    statement_timeout_ms: u64,
    /// A server that says nothing for so long is gone: it would have stopped the statement itself.
    silence: Duration,
    pub(super) row_security: bool,
    clock: Clock,
}

impl Server {
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let primary = tls::Target::parse(&options.url)?;
        let parse = |url: &Option<String>| url.as_deref().map(tls::Target::parse).transpose();
        let owner = parse(&options.migration_url)?.unwrap_or_else(|| primary.clone());
        Ok(Self {
            replica: parse(&options.replica_url)?,
            primary,
            owner,
            statement_timeout_ms: options.statement_timeout_ms,
            silence: Duration::from_millis(options.statement_timeout_ms) + Duration::from_secs(10),
            row_security: options.row_security,
            clock: options.clock.clone(),
        })
    }

    fn connect(&self, target: &tls::Target) -> Result<Link> {
        let mut client = target.connect(self.silence)?;
        let settings = format!(
            "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = 60000;
             SET jit = off; SET client_min_messages = warning",
            self.statement_timeout_ms
        );
        client.run(&settings).map_err(|e| fault(&e))?;
        Ok(client)
    }
    pub(super) fn connect_to_write(&self) -> Result<Link> {
        let mut client = self.connect(&self.primary)?;
        client.run(BY_INDEX).map_err(|e| fault(&e))?;
        Ok(client)
    }
    /// The replica, if there is one and it answers; otherwise the primary.
    pub(super) fn connect_to_read(&self) -> Result<Link> {
        if let Some(replica) = &self.replica {
            match self.connect(replica) {
                Ok(client) => return Ok(client),
                Err(e) => {
                    tracing::warn!(error = %e, "the replica does not answer; reading from the primary");
                }
            }
        }
        self.connect(&self.primary)
    }

    /// Brings the schema up to date. Several processes may start at once.
    pub(crate) fn migrate(&self, list: &[Migration]) -> Result<()> {
        let mut client = self.owner.connect(MIGRATION_MAX).doing("connecting to PostgreSQL")?;
        client.run("SET client_min_messages = warning").map_err(|e| fault(&e))?;
        let mut tries = 0;
        loop {
            match self.migrate_once(&mut client, list) {
                Ok(()) => return Ok(()),
                Err(Trouble::Collision) if tries < TRIES_MAX => {
                    tries += 1;
                    std::thread::sleep(Duration::from_millis(10 + tries * 5));
                }
                Err(other) => return Err(other.into_error()),
            }
        }
    }

    fn migrate_once(&self, client: &mut Link, list: &[Migration]) -> Result<(), Trouble> {
        client.run(migrate::TABLE).map_err(|e| schema_race(&e))?;
        let rows = client.query("SELECT name, checksum FROM migration", &[]);
        let rows = rows.map_err(|e| trouble(&e, false))?;
        let landed: BTreeMap<String, String> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        for step in migrate::pending(list, &landed).map_err(Trouble::Fault)? {
            self.step(client, &step)?;
        }
        self.secure(client)
    }

    fn step(&self, client: &mut Link, step: &Migration) -> Result<(), Trouble> {
        let failed = |e: tokio_postgres::Error| match trouble(&e, false) {
            Trouble::Fault(e) => {
                Trouble::Fault(Error::fault(format!("migration {}: {e}", step.name)))
            }
            other => other,
        };
        client.run("BEGIN").map_err(failed)?;
        let landed = self.land(client, step).and_then(|()| client.run("COMMIT"));
        if landed.is_err() {
            // A step that failed is undone; a connection that is gone has undone it already.
            let _ = client.run("ROLLBACK");
        }
        landed.map_err(failed)
    }

    /// The first process to insert the step's name runs it; the others wait here for its row.
    fn land(&self, client: &mut Link, step: &Migration) -> Result<(), tokio_postgres::Error> {
        let (sum, now) = (migrate::checksum(step.sql), self.clock.now().ms());
        let claimed = client.execute(
            "INSERT INTO migration (name, checksum, landed_at_ms) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO NOTHING",
            &[&step.name, &sum, &now],
        )?;
        if claimed == 1 { client.run(step.sql) } else { Ok(()) }
    }

    /// Row security on every table with a `tenant_id`, and rights for a role that owns nothing.
    fn secure(&self, client: &mut Link) -> Result<(), Trouble> {
        let run = |client: &mut Link, sql: &str| client.run(sql).map_err(|e| schema_race(&e));
        let rows = client.query(UNSECURED, &[]).map_err(|e| trouble(&e, false))?;
        let open: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        if self.row_security {
            for table in &open {
                run(client, &rls_sql(table))?;
            }
        }
        if let (Some(user), true) = (self.primary.user(), self.owner.user() != self.primary.user())
        {
            let user = user.replace('"', "\"\"");
            run(
                client,
                &format!(
                    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \"{user}\""
                ),
            )?;
        }
        Ok(())
    }

    /// What the operator should put right. Faults when the program could not work as it stands.
    pub(crate) fn self_check(&self) -> Result<Vec<String>> {
        let mut client = self.connect_to_write().doing("connecting to PostgreSQL")?;
        let row = client.row(ROLE, &[])?;
        let (role, exempt, owns, secured): (String, bool, i64, i64) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        if secured > 0 && !exempt && !self.row_security {
            return Err(Error::fault(
                "row security is on in this database; set row_security = true",
            ));
        }
        let mut warnings = Vec::new();
        if exempt {
            warnings.push(format!(
                "role {role} is a superuser or has BYPASSRLS, so row security does not bind it; use a plain role"
            ));
        }
        if owns > 0 {
            warnings.push(format!(
                "role {role} owns {owns} tables; let another role own them and set migration_url"
            ));
        }
        for (setting, wanted) in [("fsync", "on"), ("full_page_writes", "on")] {
            let row = client.row("SELECT current_setting($1)", &[&setting])?;
            let value: String = row.get(0);
            if value != wanted {
                warnings.push(format!("{setting} is {value}: a power cut may lose answered work"));
            }
        }
        Ok(warnings)
    }

    /// The source of new ids: the node number asked for, or one leased and kept.
    pub(crate) fn ids(&self, options: &Options) -> Result<(Arc<Ids>, Option<Renewal>)> {
        if let Some(node) = options.node {
            return Ok((Arc::new(Ids::fixed(node)), None));
        }
        let mut lease =
            Lease { server: self.clone(), client: None, holder: Random::system().hex(8) };
        let asked = Stopwatch::start();
        let node = lease.claim()?;
        let ids = Arc::new(Ids::leased(node, asked));
        let (kept, lease) = (ids.clone(), Arc::new(std::sync::Mutex::new(lease)));
        let last = lease.clone();
        let with = |lease: &std::sync::Mutex<Lease>, f: &dyn Fn(&mut Lease) -> Result<()>| {
            let mut lease = lease.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Err(e) = f(&mut lease) {
                lease.client = None;
                tracing::warn!(error = %e, "the lease on this process's node number");
            }
        };
        let ids_at_end = ids.clone();
        let renewal = Renewal::start(
            move || with(&lease, &|l| l.renew(&kept)),
            move || with(&last, &|l| l.release(ids_at_end.node())),
        )?;
        Ok((ids, Some(renewal)))
    }

    pub(crate) fn start(
        self,
        options: &Options,
        world: &Arc<World>,
        write: &[Queue],
        read: &Queue,
    ) -> Result<Vec<JoinHandle<()>>> {
        runner::start(&Arc::new(self), options, world, write, read)
    }
}

/// A schema made by another process at the same moment is no error.
fn schema_race(e: &tokio_postgres::Error) -> Trouble {
    let racing = ["23505", "42P07", "42710", "XX000"];
    match e.code() {
        Some(code) if racing.contains(&code.code()) => Trouble::Collision,
        _ => trouble(e, false),
    }
}

/// Tables with a `tenant_id` that row security does not guard yet.
const UNSECURED: &str = "
    SELECT c.relname::text FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT c.relforcerowsecurity
    ORDER BY c.relname";

const ROLE: &str = "
    SELECT rolname::text, rolsuper OR rolbypassrls,
        (SELECT COUNT(*) FROM pg_class
         WHERE relowner = r.oid AND relkind = 'r' AND relnamespace = 'public'::regnamespace),
        (SELECT COUNT(*) FROM pg_class
         WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace)
    FROM pg_roles r WHERE rolname = current_user";

/// The statements that put a table with a `tenant_id` under row-level security, for its owner too.
/// Without a tenant told to the transaction no row is seen; `*` is the whole house.
pub fn rls_sql(table: &str) -> String {
    let allowed = "CASE current_setting('app.tenant', true) WHEN '*' THEN TRUE \
                   ELSE tenant_id = CAST(nullif(current_setting('app.tenant', true), '') AS BIGINT) END";
    format!(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY; \
         CREATE POLICY tenant_net ON {table} USING ({allowed}) WITH CHECK ({allowed});"
    )
}

/// This process's row in `node_lease`, by the server's clock.
struct Lease {
    server: Server,
    client: Option<Link>,
    holder: String,
}

const CLAIM: &str = "
    INSERT INTO node_lease (node, holder, until_at_ms)
    SELECT n, $1, t.now + $2
    FROM generate_series(CAST(0 AS BIGINT), $3 - CAST(1 AS BIGINT)) AS n,
        (SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now) AS t
    WHERE NOT EXISTS (SELECT 1 FROM node_lease l WHERE l.node = n AND l.until_at_ms > t.now)
    ORDER BY n LIMIT 1
    ON CONFLICT (node) DO UPDATE SET holder = excluded.holder, until_at_ms = excluded.until_at_ms
    WHERE node_lease.until_at_ms <= excluded.until_at_ms - $2
    RETURNING node";
const RENEW: &str = "
    UPDATE node_lease
    SET until_at_ms = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) + $3
    WHERE node = $1 AND holder = $2";
/// A released number rests this long, so that its next user's clock may lag a little.
const REST_MS: i64 = 5_000;

impl Lease {
    fn client(&mut self) -> Result<&mut Link> {
        match &mut self.client {
            Some(client) => Ok(client),
            none => Ok(none.insert(self.server.connect_to_write()?)),
        }
    }

    fn claim(&mut self) -> Result<u8> {
        let holder = self.holder.clone();
        let client = self.client()?;
        for attempt in 0..TRIES_MAX {
            let rows = client.query(CLAIM, &[&holder, &node::LEASE_MS, &node::NODES]);
            match rows {
                Ok(rows) => {
                    if let Some(row) = rows.first() {
                        return Ok(u8::try_from(row.get::<_, i64>(0))?);
                    }
                }
                Err(e) if matches!(trouble(&e, false), Trouble::Collision) => {}
                Err(e) => return Err(fault(&e)),
            }
            std::thread::sleep(Duration::from_millis(5 + attempt * 5));
        }
        Err(Error::fault(format!(
            "no node number is free: {} processes use this database, or ended within the last minute",
            node::NODES
        )))
    }

    fn renew(&mut self, ids: &Ids) -> Result<()> {
        let asked = Stopwatch::start();
        let (holder, node) = (self.holder.clone(), i64::from(ids.node()));
        let client = self.client()?;
        let renewed = client.execute(RENEW, &[&node, &holder, &node::LEASE_MS]);
        if renewed.map_err(|e| fault(&e))? == 1 {
            ids.renewed(ids.node(), asked);
            return Ok(());
        }
        let asked = Stopwatch::start();
        ids.renewed(self.claim()?, asked);
        Ok(())
    }

    fn release(&mut self, node: u8) -> Result<()> {
        let holder = self.holder.clone();
        let client = self.client()?;
        client
            .execute(RENEW, &[&i64::from(node), &holder, &REST_MS])
            .map(|_| ())
            .map_err(|e| fault(&e))
    }
}
