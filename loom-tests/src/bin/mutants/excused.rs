//! Mutants that no model kills, and why none can.

use crate::{Mutant, Result};

struct Excuse {
    file: &'static str,
    /// A part of the line.
    code: &'static str,
    what: &'static str,
    reason: &'static str,
}

const EXCUSED: &[Excuse] = &[
    Excuse {
        file: "raw/free_list.rs",
        code: "self.0.fetch_max",
        what: "fetch_max torn apart",
        reason: "A statistic, which loom does not watch (`sync::Statistic`) and which decides nothing: \
                 the high-water mark would be too low.",
    },
    Excuse {
        file: "guard/frozen.rs",
        code: "shares.fetch_sub(1, Ordering::Relaxed)",
        what: "fetch_sub torn apart",
        reason: "Takes back the share after 2^31 others, before the panic: no model gets there.",
    },
    Excuse {
        file: "pool/shared.rs",
        code: "handles.0.fetch_sub(1, Ordering::Relaxed)",
        what: "fetch_sub torn apart",
        reason: "Takes back the handle after 2^63 others, before the panic: no model gets there.",
    },
    Excuse {
        file: "raw.rs",
        code: "HINTS[0].fetch_add",
        what: "fetch_add torn apart",
        reason: "Two acquirers that begin in the same word are slower, not wrong: a claim looks in every \
                 word before it answers that none is free.",
    },
    Excuse {
        file: "guard/frozen.rs",
        code: "shares.peek(Ordering::Acquire) != 1",
        what: "no look before a share goes",
        reason: "The look spares the only share a read-modify-write. Without it the count decides as well.",
    },
    Excuse {
        file: "raw.rs",
        code: "{ Ordering::Release } else { Ordering::AcqRel }",
        what: "AcqRel -> Release",
        reason: "Orders the report of a release that finds no flag after what was confirmed before the flag was \
                 cleared. Loom's read-modify-writes act on the newest value anyway.",
    },
    Excuse {
        file: "raw/free_list.rs",
        code: "self.word.fetch_and(!WATCHED, Ordering::Release)",
        what: "Release -> Relaxed",
        reason: "The partner of the Acquire of a release in a pool of several words, which see.",
    },
    Excuse {
        file: "raw/queue.rs",
        code: "self.0.fetch_or(words.bits(), Ordering::AcqRel)",
        what: "AcqRel -> Release",
        reason: "Orders the second try of the lock after the holder let go of it. Loom's locks are free to every \
                 thread from then on anyway.",
    },
    Excuse {
        file: "raw/queue.rs",
        code: "self.0.fetch_or(0, Ordering::Release) == 0",
        what: "Release -> Relaxed",
        reason: "The partner of the Acquire of a thread that leaves word, which see.",
    },
    Excuse {
        file: "raw.rs",
        code: "if self.queue().watch.glance().is_waited_for() {",
        what: "a pool that ends gives its queue up before its waiters",
        reason: "A shared pool has been closed when it ends, and any other has no queue to give up.",
    },
    Excuse {
        file: "raw/watch.rs",
        code: "| REPORTED) & !EXHAUSTED)",
        what: "a report that leaves no hint",
        reason: "Acquirers would not look whether words are watched without need: slower, not wrong.",
    },
    Excuse {
        file: "raw/waiting.rs",
        code: "let held = unsafe { queue.settle(Some(self.address())) };",
        what: "a confirmed search that settles nothing",
        reason: "Takes a search, a waiter and two releases that leave word, at once: no model of four threads ends. \
                 The spin models have it (`settle`).",
    },
    Excuse {
        file: "raw/waiting.rs",
        code: "if queue.watch.start_waiting().diverts() {",
        what: "a confirmed search that disregards closing",
        reason: "Its claim began before the pool was closed, and may succeed; one that begins later is refused \
                 before it searches.",
    },
    Excuse {
        file: "raw/waiting.rs",
        code: "if found.is_some() || queue.watch.is_still(known) {",
        what: "one search under the lock whatever is reported",
        reason: "Takes a slot that wanders during both searches, by claims that began before the first: no model \
                 of so many threads ends. Spin finds it (`MUTANT` 27).",
    },
    Excuse {
        file: "raw/cache.rs",
        code: ".filter(|_| self.cached() > 0)",
        what: "asks whether anything is kept or not",
        reason: "An ask that no thread has anything to give back for is slower, not wrong.",
    },
    Excuse {
        file: "raw/cache.rs",
        code: "let waits = near.cache.get().is_none()",
        what: "a thread without a cache looks each time",
        reason: "Patience spares a thread without a cache the search for one: slower, not wrong.",
    },
];

impl Excuse {
    fn covers(&self, mutant: &Mutant) -> bool {
        mutant.file == self.file && mutant.what == self.what && mutant.code.contains(self.code)
    }
}

pub(crate) fn reason(mutant: &Mutant) -> Option<&'static str> {
    EXCUSED.iter().find(|excuse| excuse.covers(mutant)).map(|excuse| excuse.reason)
}

/// Fails if an excuse is for no mutant, or for several.
pub(crate) fn check(mutants: &[Mutant]) -> Result<()> {
    for excuse in EXCUSED {
        let covered = mutants.iter().filter(|mutant| excuse.covers(mutant)).count();
        if covered != 1 {
            let Excuse { file, code, what, .. } = excuse;
            return Err(format!("{file}: {what} [{code}]: excuses {covered} mutants"));
        }
    }
    Ok(())
}
