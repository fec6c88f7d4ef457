//! What goes wrong in one life, drawn from its seed. Rates are out of ten thousand.

use crate::payments::rules::Rules;
use base::Random;
use corebank::{Capabilities, EventFeed};

#[derive(Debug, Clone)]
pub(super) struct Faults {
    pub(super) loss: u64,
    pub(super) duplicates: u64,
    /// A slow message takes up to this long: ten times what a worker waits.
    pub(super) slow: u64,
    pub(super) refused: u64,
    /// A worker dies before its next move.
    pub(super) crash: u64,
    /// A worker stands still, far beyond its lease.
    pub(super) pause: u64,
    pub(super) core_dies_before: u64,
    pub(super) core_dies_after: u64,
    pub(super) other_amount: u64,
    pub(super) in_progress: u64,
    /// A unit is committed, or not, and its caller told that it failed.
    pub(super) commit_unknown: u64,
    pub(super) leg_fails: u64,
    pub(super) jumps: u64,
    pub(super) shuts: u64,
    /// The core is away for many minutes.
    pub(super) outages: u64,
}

pub(super) const SLOW_MS: u64 = 80_000;
/// A copy of a command may come this much later.
pub(super) const COPY_MS: u64 = 1_200_000;

impl Faults {
    pub(super) const NONE: Self = Self {
        loss: 0,
        duplicates: 0,
        slow: 0,
        refused: 0,
        crash: 0,
        pause: 0,
        core_dies_before: 0,
        core_dies_after: 0,
        other_amount: 0,
        in_progress: 0,
        commit_unknown: 0,
        leg_fails: 0,
        jumps: 0,
        shuts: 0,
        outages: 0,
    };

    /// Each kind is away from a third of all lives, so that every kind is also seen without the others.
    pub(super) fn draw(random: &Random) -> Self {
        let up_to = |most: u64| if random.below(3) == 0 { 0 } else { random.below(most + 1) };
        Self {
            loss: up_to(3_000),
            duplicates: up_to(5_000),
            slow: up_to(2_000),
            refused: up_to(1_500),
            crash: up_to(200),
            pause: up_to(500),
            core_dies_before: up_to(200),
            core_dies_after: up_to(200),
            other_amount: up_to(20),
            in_progress: up_to(500),
            commit_unknown: up_to(100),
            leg_fails: up_to(1_500),
            jumps: up_to(3),
            shuts: up_to(2),
            outages: up_to(2),
        }
    }
}

/// Limits of one life: low enough to be met.
pub(super) fn rules(random: &Random) -> Rules {
    let of = |all: [i64; 3]| match random.below(3) {
        0 => all[0],
        1 => all[1],
        _ => all[2],
    };
    Rules {
        single_max_fen: 500_000,
        day_max_fen: of([250_000, 500_000, 1_000_000]),
        pin_only_max_fen: of([0, 100_000, 1_000_000]),
        new_payee_max_fen: 200_000,
        new_payee_wait_ms: 1_800_000,
        next_day_from_fen: 200_000,
        next_day_from_age: 60,
    }
}

/// What the core of one life can do.
pub(super) fn can(random: &Random) -> Capabilities {
    Capabilities {
        holds: random.below(3) != 0,
        holds_end: false,
        query_by_request_id: random.below(20) != 0,
        fence: random.below(6) != 0,
        reverse_by_request_id: true,
        reverse_same_day_only: true,
        events: EventFeed::FileOnly,
        recon_file: false,
        name_check: true,
        party_tries: true,
        pin_block: true,
        card_state: false,
        controls: false,
        interbank: true,
        loans: false,
        credit_lines: false,
        term_deposits: false,
        account_facts: false,
        credit_cards: false,
        card_plans: false,
        card_settings: false,
        payouts: false,
        social_security: false,
        money: true,
        aliases: false,
        cash: false,
        gifts: false,
        rewards: false,
        wealth: false,
        clock_skew_max_ms: 0,
        lag_max_ms: 0,
    }
}
