//! The slot of a word that came back last: a guess, which a claim tries first.
//!
//! It is given up as soon as two threads claim in the word at the same time: then each is faster with a
//! slot of its own. Where words have 32 bits it is not kept: there an instruction counts for more.

#[cfg(target_pointer_width = "64")]
mod kept {
    use super::super::word::{FLAG, NO_SLOT};
    use crate::sync::{Ordering, Statistic, const_unless_loom};

    /// No slot, for good: its bit is one of the flag's.
    const GIVEN_UP: usize = FLAG.trailing_zeros() as usize;

    /// A slot, [`NO_SLOT`] or [`GIVEN_UP`].
    #[derive(Debug)]
    pub(in super::super) struct Recent(Statistic);

    impl Recent {
        const_unless_loom! {
            pub(in super::super) const fn new() -> Self {
                Self(Statistic::new(NO_SLOT))
            }
        }

        /// Returns the slot that came back last, or what is no slot.
        #[inline(always)]
        pub(in super::super) fn get(&self) -> usize {
            // Ordering: Relaxed: a guess, which publishes nothing.
            self.0.load(Ordering::Relaxed)
        }

        /// Returns the slot that came back last, or if that is not kept `own`.
        #[inline(always)]
        pub(in super::super) fn get_or(&self, own: usize) -> usize {
            let slot = self.get();
            if slot == GIVEN_UP { own } else { slot }
        }

        /// Notes that this slot comes back.
        #[inline(always)]
        pub(in super::super) fn note(&self, slot: usize) {
            let before = self.get();
            // Claims of other threads read it: no store for nothing.
            if before != slot && before != GIVEN_UP {
                // Ordering: Relaxed: a guess, which publishes nothing.
                self.0.store(slot, Ordering::Relaxed);
            }
        }

        pub(in super::super) fn give_up(&self) {
            // Ordering: Relaxed: a guess, which publishes nothing.
            self.0.store(GIVEN_UP, Ordering::Relaxed);
        }
    }
}

#[cfg(not(target_pointer_width = "64"))]
mod kept {
    use super::super::word::NO_SLOT;
    use crate::sync::const_unless_loom;

    #[derive(Debug)]
    pub(in super::super) struct Recent;

    impl Recent {
        const_unless_loom! {
            pub(in super::super) const fn new() -> Self {
                Self
            }
        }

        #[inline(always)]
        pub(in super::super) fn get(&self) -> usize {
            NO_SLOT
        }

        #[inline(always)]
        pub(in super::super) fn get_or(&self, own: usize) -> usize {
            own
        }

        #[inline(always)]
        pub(in super::super) fn note(&self, _slot: usize) {}

        #[inline(always)]
        pub(in super::super) fn give_up(&self) {}
    }
}

pub(super) use kept::Recent;
