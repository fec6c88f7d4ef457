//! A reader thread: each unit of work sees one unchanging picture of the file.
//!
//! Units that wait together share one read transaction: all of them were asked for before it began, so each sees
//! everything that was committed before it was asked for. That saves two statements and the file locks for each.

use super::conn::{Opened, Session};
use crate::tx::Tx;
use crate::unit::{Order, Queue, World};

/// Units in one read transaction, at most: enough to share its cost, few enough to leave some for the other reader.
const TOGETHER_MAX: usize = 16;

pub(super) fn serve(opened: &Opened, world: &World, queue: &Queue) {
    let session = Session::new(opened);
    while let Ok(Order::Run(first)) = queue.recv() {
        let mut waiting = vec![first];
        let mut is_last = false;
        while waiting.len() < TOGETHER_MAX {
            match queue.try_recv() {
                Ok(Order::Run(unit)) => waiting.push(unit),
                Ok(_) => {
                    is_last = true;
                    break;
                }
                Err(_) => break,
            }
        }
        for mut unit in waiting {
            // After an error the transaction may be over; the next unit begins its own.
            if session.is_idle()
                && let Err(e) = session.plain("BEGIN")
            {
                unit.finish(Err(e));
                continue;
            }
            unit.run(&Tx::new(&session, world, unit.scope()));
            unit.finish(Ok(()));
        }
        // A transaction that only read has nothing to lose.
        if !session.is_idle()
            && let Err(e) = session.plain("ROLLBACK")
        {
            tracing::error!(error = %e, "ending a read");
        }
        if is_last {
            return;
        }
    }
}
