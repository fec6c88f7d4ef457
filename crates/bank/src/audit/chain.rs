//! The chain over the audit trail (AU-03): whoever changes, deletes, inserts or moves a row later breaks every hash after it.
//!
//! A row is durable with the act it is about; some seconds later [`seal`] gives it its place. Sealing apart from the act keeps
//! an institution's acts from waiting for one another (ADR 22). [`Walk`] recomputes; `tool` prints.
//!
//! *Invariants.* Places are gapless from 1; the place is inside the hash. Not for: rows that are written and deleted again
//! within the seconds before they are sealed; only who may write the database could, and it is open for so long.

use base::{Result, TenantId};
use db::{FromRow, Row, Tx, params};
use sm3::{Digest, Sm3};

/// Rows sealed in one unit.
const SEAL_MAX: i64 = 500;
pub const HASH_BYTES: usize = 32;
pub type Hash = [u8; HASH_BYTES];
/// What the first row follows.
pub const START: Hash = [0; HASH_BYTES];

/// An audit row, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub id: i64,
    pub at_ms: i64,
    pub actor: String,
    pub act: String,
    pub subject: String,
    pub outcome: String,
    pub detail: String,
}

impl FromRow for Line {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            at_ms: r.next()?,
            actor: r.next()?,
            act: r.next()?,
            subject: r.next()?,
            outcome: r.next()?,
            detail: r.next()?,
        })
    }
}

impl Line {
    /// SM3 over what came before, the place, and every part with its length.
    pub fn hash(&self, prev: &Hash, tenant: TenantId, seq: i64) -> Hash {
        let mut hash = Sm3::new();
        hash.update(prev);
        for number in [tenant.raw(), seq, self.id, self.at_ms] {
            hash.update(number.to_be_bytes());
        }
        for part in [&self.actor, &self.act, &self.subject, &self.outcome, &self.detail] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// Where an institution's chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    pub hash: Hash,
}

impl Head {
    pub const START: Self = Self { seq: 0, hash: START };
}

fn hash_of(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok()
}

pub fn head(tx: &Tx<'_>, tenant: TenantId) -> Result<Head> {
    let last: Option<(i64, Vec<u8>)> = tx.opt(
        "SELECT seq, hash FROM audit_chain WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1",
        params![tenant],
    )?;
    let head = |(seq, hash): (i64, Vec<u8>)| Head { seq, hash: hash_of(&hash).unwrap_or(START) };
    Ok(last.map_or(Head::START, head))
}

/// Gives rows that have none their place, oldest first; how many. Two processes that do it at once agree by the key of the
/// chain: the later one's unit is run again.
pub fn seal(tx: &Tx<'_>, tenant: TenantId) -> Result<usize> {
    let open: Vec<Line> = tx.all(
        "SELECT a.id, a.at_ms, a.actor, a.act, a.subject, a.outcome, a.detail \
         FROM audit_open o JOIN audit a ON a.tenant_id = o.tenant_id AND a.id = o.audit_id \
         WHERE o.tenant_id = $1 ORDER BY o.audit_id LIMIT $2",
        params![tenant, SEAL_MAX],
    )?;
    let mut at = head(tx, tenant)?;
    for line in &open {
        at = Head { seq: at.seq + 1, hash: line.hash(&at.hash, tenant, at.seq + 1) };
        tx.exec_later(
            "INSERT INTO audit_chain (tenant_id, seq, audit_id, hash) VALUES ($1, $2, $3, $4)",
            params![tenant, at.seq, line.id, at.hash.as_slice()],
        )?;
        tx.exec_later(
            "DELETE FROM audit_open WHERE tenant_id = $1 AND audit_id = $2",
            params![tenant, line.id],
        )?;
    }
    Ok(open.len())
}

/// A place of the chain and the row that should be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub seq: i64,
    pub hash: Vec<u8>,
    pub line: Option<Line>,
}

/// The first place that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    pub seq: i64,
    pub why: &'static str,
}

/// Recomputes a chain from its beginning.
#[derive(Debug, Clone, Copy)]
pub struct Walk {
    tenant: TenantId,
    pub at: Head,
}

impl Walk {
    pub const fn new(tenant: TenantId) -> Self {
        Self { tenant, at: Head::START }
    }

    /// Goes one place on.
    ///
    /// # Errors
    /// A place that is missing, or whose row was changed or is gone.
    pub fn step(&mut self, link: &Link) -> std::result::Result<(), Break> {
        let seq = self.at.seq + 1;
        let broken = |why| Err(Break { seq, why });
        if link.seq != seq {
            return broken("its place is missing");
        }
        let Some(line) = &link.line else { return broken("the row is gone") };
        let hash = line.hash(&self.at.hash, self.tenant, seq);
        if link.hash != hash {
            return broken("the row or its hash was changed");
        }
        self.at = Head { seq, hash };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    const TENANT: TenantId = TenantId::of(11);

    fn chain(rows: i64) -> Vec<Link> {
        let mut at = Head::START;
        let mut all = vec![];
        for n in 1..=rows {
            let line = Line {
                id: n * 7,
                at_ms: 1_795_000_000_000 + n,
                actor: format!("follower:{}", n % 5),
                act: "payment.60".into(),
                subject: format!("pay_{n}"),
                outcome: "done".into(),
                detail: String::new(),
            };
            at = Head { seq: n, hash: line.hash(&at.hash, TENANT, n) };
            all.push(Link { seq: n, hash: at.hash.to_vec(), line: Some(line) });
        }
        all
    }

    fn walk(links: &[Link]) -> std::result::Result<Head, Break> {
        let mut walk = Walk::new(TENANT);
        links.iter().try_for_each(|l| walk.step(l)).map(|()| walk.at)
    }

    /// Changes something at `n`; the place where that must be seen.
    fn tamper(links: &mut Vec<Link>, n: usize, how: u64, random: &Random) -> i64 {
        let seen = links[n].seq;
        let line = links[n].line.as_mut().unwrap();
        match how {
            0 => line.actor.push('0'),
            1 => line.act = "payment.61".into(),
            2 => line.subject = format!("pay_{}", random.below(9) + 10_000),
            3 => line.outcome = "refused".into(),
            4 => line.detail = "x".into(),
            5 => line.at_ms -= 1,
            6 => line.id += 1,
            // A character moved from one part into the next.
            7 => {
                let last = line.act.pop().unwrap();
                line.subject.insert(0, last);
            }
            8 => links[n].line = None,
            9 => {
                let at = usize::try_from(random.below(32)).unwrap();
                links[n].hash[at] ^= 1;
            }
            10 => {
                links.remove(n);
            }
            11 => {
                let (one, two) = (links[n].line.clone(), links[n + 1].line.clone());
                links[n].line = two;
                links[n + 1].line = one;
            }
            12 => {
                let copy = links[n].clone();
                links.insert(n, copy);
                return seen + 1;
            }
            // Deleted, and what follows numbered anew.
            _ => {
                links.remove(n);
                for link in links.iter_mut().skip(n) {
                    link.seq -= 1;
                }
            }
        }
        seen
    }

    #[test]
    fn a_thousand_tampers_are_a_thousand_found_with_their_place_au_03() {
        let random = Random::seeded(22);
        let whole = chain(60);
        assert_eq!(walk(&whole).map(|h| h.seq), Ok(60));
        for round in 0..1_000 {
            let n = usize::try_from(random.below(58)).unwrap();
            let mut links = whole.clone();
            let seen = tamper(&mut links, n, round % 14, &random);
            let broken = walk(&links).expect_err("a tamper was not seen");
            assert_eq!(broken.seq, seen, "way {} at {n}: {broken:?}", round % 14);
        }
    }

    #[test]
    fn the_same_rows_of_another_institution_have_other_hashes() {
        let mut other = Walk::new(TenantId::of(12));
        assert_eq!(other.step(&chain(1)[0]).map_err(|b| b.seq), Err(1));
    }
}
