//! Rows of followers, their seats and live bindings.

use super::behind::Behind;
use super::{Bound, FollowerId, Standing};
use crate::binding::agreements;
use crate::inbound::store::UNREAD;
use crate::tenants::AccountId;
use crate::vault::{Place, TenantKeys};
use base::{Error, Id, Result, TenantId, Time};
use db::{FromRow, Row, Tx, params};
use dialogue::Seat;
use std::sync::Arc;

pub const SEAT: &str = "seat.body";
pub const CUSTOMER: &str = "binding.customer";
pub const ACCOUNTS: &str = "binding.accounts";

/// A follower's rows as read, still sealed.
#[derive(Debug)]
pub struct Found {
    pub id: FollowerId,
    pub tenant: TenantId,
    is_following: bool,
    moved_at: Option<Time>,
    version: i64,
    facts: i64,
    last_key: i64,
    seat: Option<Vec<u8>>,
    binding: Option<i64>,
    customer: Option<Vec<u8>>,
    accounts: Option<Vec<u8>>,
    is_elder: Option<bool>,
    bound_at: Option<i64>,
    agreed: Option<Vec<u8>>,
    frozen_at: Option<i64>,
    default_account: Option<String>,
    unread: bool,
}
impl FromRow for Found {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            tenant: r.next()?,
            is_following: r.next()?,
            moved_at: r.next()?,
            version: r.next()?,
            facts: r.next()?,
            last_key: r.next()?,
            seat: r.next()?,
            binding: r.next()?,
            customer: r.next()?,
            accounts: r.next()?,
            is_elder: r.next()?,
            bound_at: r.next()?,
            agreed: r.next()?,
            frozen_at: r.next()?,
            default_account: r.next()?,
            unread: r.next()?,
        })
    }
}

impl Found {
    /// Opens what is sealed; the seat is the newest there is.
    pub fn open(self, keys: &TenantKeys, behind: &Behind) -> Result<Standing> {
        let newer = behind.newer(self.id, self.version).filter(|s| s.tenant == self.tenant);
        let (version, last_key, sealed) = match &newer {
            Some(seat) => (seat.version, seat.last_key, seat.body.as_deref()),
            None => (self.version, self.last_key, self.seat.as_deref()),
        };
        let seat = match sealed {
            Some(sealed) => {
                let packed = keys.open(Place::new(SEAT, self.id.raw()), sealed)?;
                Seat::unpack(&packed).ok_or_else(|| Error::fault("a seat cannot be read"))?
            }
            None => Seat::default(),
        };
        let bound = match (self.binding, &self.customer, &self.accounts) {
            (Some(id), Some(customer), Some(accounts)) => Some(Arc::new(Bound {
                binding: Id::of(id),
                customer: keys.open_text(Place::new(CUSTOMER, id), customer)?,
                accounts: keys.open_json(Place::new(ACCOUNTS, id), accounts)?,
                is_elder: self.is_elder.unwrap_or(false),
                is_agreed: self.agreed.as_deref() == Some(agreements::stand()),
                is_frozen: self.frozen_at.is_some(),
                default_account: self.default_account,
                since: Time::of_ms(self.bound_at.unwrap_or(0)),
                payees: None,
                households: None,
            })),
            _ => None,
        };
        Ok(Standing {
            id: self.id,
            tenant: self.tenant,
            is_following: self.is_following,
            moved_at: self.moved_at,
            version,
            facts: self.facts,
            last_key,
            seat,
            bound,
            last_answer: None,
            has_unread: self.unread,
        })
    }
}

/// Finds a follower by WeChat's name. House scope: the tenant is what is being looked up.
pub fn find(tx: &Tx<'_>, account: AccountId, openid: &str) -> Result<Option<Found>> {
    tx.opt(
        "SELECT f.id, f.tenant_id, f.is_following, f.moved_at_ms, s.version, s.facts, s.last_key, s.body_sealed, b.id, \
         b.customer_sealed, b.accounts_sealed, b.is_elder, b.bound_at_ms, b.agreed, b.frozen_at_ms, b.default_account, \
         EXISTS (SELECT 1 FROM unread u WHERE u.tenant_id = f.tenant_id AND u.follower_id = f.id) \
         FROM follower f JOIN seat s ON s.tenant_id = f.tenant_id AND s.follower_id = f.id \
         LEFT JOIN binding b ON b.tenant_id = f.tenant_id AND b.follower_id = f.id AND b.state = 'live' \
         WHERE f.account_id = $1 AND f.openid = $2",
        params![account, openid],
    )
}

/// The same by our id.
pub fn by_id(tx: &Tx<'_>, id: FollowerId) -> Result<Option<Found>> {
    by_id_in(tx, tx.tenant(), id)
}

/// The same, naming the tenant.
pub fn by_id_in(tx: &Tx<'_>, tenant: TenantId, id: FollowerId) -> Result<Option<Found>> {
    tx.opt(
        "SELECT f.id, f.tenant_id, f.is_following, f.moved_at_ms, s.version, s.facts, s.last_key, s.body_sealed, b.id, \
         b.customer_sealed, b.accounts_sealed, b.is_elder, b.bound_at_ms, b.agreed, b.frozen_at_ms, b.default_account, \
         EXISTS (SELECT 1 FROM unread u WHERE u.tenant_id = f.tenant_id AND u.follower_id = f.id) \
         FROM follower f JOIN seat s ON s.tenant_id = f.tenant_id AND s.follower_id = f.id \
         LEFT JOIN binding b ON b.tenant_id = f.tenant_id AND b.follower_id = f.id AND b.state = 'live' \
         WHERE f.tenant_id = $1 AND f.id = $2",
        params![tenant, id],
    )
}

/// Makes the follower on first contact; a concurrent first contact wins silently.
pub fn add(
    tx: &Tx<'_>,
    tenant: TenantId,
    account: AccountId,
    openid: &str,
    scene: Option<&str>,
) -> Result<()> {
    let id: FollowerId = tx.new_id();
    let fresh = tx.exec(
        "INSERT INTO follower (tenant_id, id, account_id, openid, is_following, scene, first_seen_at_ms) \
         VALUES ($1, $2, $3, $4, FALSE, $5, $6) ON CONFLICT (account_id, openid) DO NOTHING",
        params![tenant, id, account, openid, scene, tx.now()],
    )? == 1;
    if fresh {
        tx.exec(
            "INSERT INTO seat (tenant_id, follower_id, version, last_key) VALUES ($1, $2, 1, 0)",
            params![tenant, id],
        )?;
    }
    Ok(())
}

/// Every change of a follower's facts moves their version on, so that no turn is written over an old copy.
pub fn touch(tx: &Tx<'_>, behind: &Behind, id: FollowerId) -> Result<()> {
    behind.touch(id);
    tx.exec(
        "UPDATE seat SET facts = facts + 1 WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), id],
    )?;
    Ok(())
}

pub fn set_following(tx: &Tx<'_>, id: FollowerId, following: bool) -> Result<()> {
    tx.exec(
        "UPDATE follower SET is_following = $1 WHERE tenant_id = $2 AND id = $3",
        params![following, tx.tenant(), id],
    )?;
    Ok(())
}

/// openid and account of a follower, for sending.
pub fn address(tx: &Tx<'_>, id: FollowerId) -> Result<Option<(AccountId, String)>> {
    address_in(tx, tx.tenant(), id)
}

pub fn address_in(
    tx: &Tx<'_>,
    tenant: TenantId,
    id: FollowerId,
) -> Result<Option<(AccountId, String)>> {
    tx.opt(
        "SELECT account_id, openid FROM follower WHERE tenant_id = $1 AND id = $2",
        params![tenant, id],
    )
}

/// Where a follower of `tenant` is now: there, or where they went from it. House scope.
pub fn whereabouts(
    tx: &Tx<'_>,
    tenant: TenantId,
    id: FollowerId,
) -> Result<Option<(TenantId, AccountId, String)>> {
    let home: Option<i64> = tx.opt(
        "SELECT home_tenant_id FROM former_home WHERE tenant_id = $1 AND follower_id = $2",
        params![tenant, id],
    )?;
    let home = home.map_or(tenant, TenantId::of);
    Ok(address_in(tx, home, id)?.map(|(account, openid)| (home, account, openid)))
}

/// What waits to be read goes along, sealed anew. House scope.
pub fn move_unread(
    tx: &Tx<'_>,
    (old, from): (&TenantKeys, TenantId),
    (new, to): (&TenantKeys, TenantId),
    id: FollowerId,
) -> Result<()> {
    let waiting: Vec<(i64, Vec<u8>)> = tx.all(
        "SELECT id, body_sealed FROM unread WHERE tenant_id = $1 AND follower_id = $2",
        params![from, id],
    )?;
    for (row, sealed) in waiting {
        let place = Place::new(UNREAD, row);
        let sealed = new.seal(place, &old.open(place, &sealed)?)?;
        tx.exec(
            "UPDATE unread SET tenant_id = $1, body_sealed = $2 WHERE tenant_id = $3 AND id = $4",
            params![to, sealed, from, row],
        )?;
    }
    Ok(())
}

/// Moves a follower's rows to another tenant, the seat sealed anew. House scope.
/// Turns stay where they were answered and are found by `former_home`; a binding stays with the bank that made it and ends here.
pub fn move_home(
    tx: &Tx<'_>,
    behind: &Behind,
    of: &Standing,
    to: TenantId,
    seat: &[u8],
) -> Result<()> {
    let (from, id) = (of.tenant, of.id);
    behind.touch(id);
    tx.exec(
        "UPDATE follower SET tenant_id = $1, moved_at_ms = $2 WHERE tenant_id = $3 AND id = $4",
        params![to, tx.now(), from, id],
    )?;
    tx.exec(
        "INSERT INTO former_home (tenant_id, follower_id, home_tenant_id) VALUES ($1, $2, $3) \
         ON CONFLICT (tenant_id, follower_id) DO NOTHING",
        params![from, id, to],
    )?;
    // All of them know the way, however often the follower moved.
    tx.exec("UPDATE former_home SET home_tenant_id = $1 WHERE follower_id = $2", params![to, id])?;
    tx.exec(
        "UPDATE seat SET tenant_id = $1, body_sealed = $2, version = $3, last_key = $4, facts = facts + 1 \
         WHERE tenant_id = $5 AND follower_id = $6",
        params![to, seat, of.version + 1, of.last_key, from, id],
    )?;
    Ok(())
}
