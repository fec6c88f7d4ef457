//! A reader thread: each unit of work sees one unchanging picture of the file.

use super::conn::{Opened, Session};
use crate::tx::Tx;
use crate::unit::{Order, Queue, World};

pub(super) fn serve(opened: &Opened, world: &World, queue: &Queue) {
    let session = Session::new(opened);
    while let Ok(Order::Run(mut unit)) = queue.recv() {
        if let Err(e) = session.plain("BEGIN") {
            unit.finish(Err(e));
            continue;
        }
        unit.run(&Tx::new(&session, world, unit.scope()));
        // A transaction that only read has nothing to lose; after an error it may be over already.
        if !session.is_idle()
            && let Err(e) = session.plain("ROLLBACK")
        {
            tracing::error!(error = %e, "ending a read");
        }
        unit.finish(Ok(()));
    }
}
