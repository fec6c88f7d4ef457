//! Shared words of the house: money, time, identity, refusals and faults, secrets and masks.
//!
//! Not for: anything that reads a file, a socket or a database.

mod error;
mod id;
mod mask;
mod money;
mod random;
mod secret;
mod time;

pub use error::{Context, Error, Fault, Kind, Refusal, Result};
pub use id::{Id, IdGen, IdHasher, IdMap, Named, Tenant, TenantId};
pub use mask::{Masked, mask_card, mask_id_number, mask_mobile, mask_name};
pub use money::{Fen, MoneyError};
pub use random::Random;
pub use secret::Secret;
pub use time::{CHINA_OFFSET_MS, Clock, DAY_MS, Stopwatch, Time};
