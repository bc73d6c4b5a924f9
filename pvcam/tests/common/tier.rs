//! The tiers of continuous acquisition, for tests that are the same for all of them.

use framepool::{AnyFrame, Intake, Lease, ReadFrame};
use framepool_pvcam::{CopyTier, FrameHandler, PinnedTier};

/// A tier that delivers frames `F`.
pub trait Tier<F: ReadFrame = AnyFrame>: FrameHandler + std::fmt::Debug {
    /// Frames are lent in the ring.
    const LENDS: bool;

    fn of(intake: Intake<F>) -> Self;

    fn intake(&self) -> &Intake<F>;
}

impl Tier for CopyTier<AnyFrame> {
    const LENDS: bool = false;

    fn of(intake: Intake<AnyFrame>) -> Self {
        Self::new(intake)
    }

    fn intake(&self) -> &Intake<AnyFrame> {
        self.intake()
    }
}

impl<F: ReadFrame + From<Lease>> Tier<F> for PinnedTier<F> {
    const LENDS: bool = true;

    fn of(intake: Intake<F>) -> Self {
        Self::new(intake)
    }

    fn intake(&self) -> &Intake<F> {
        self.intake()
    }
}

/// Makes a test of each function for each tier.
macro_rules! in_both_tiers {
    ($($test:ident)*) => {
        mod copied {
            $(#[test] fn $test() { super::$test::<framepool_pvcam::CopyTier<framepool::AnyFrame>>(); })*
        }
        mod pinned {
            $(#[test] fn $test() { super::$test::<framepool_pvcam::PinnedTier<framepool::AnyFrame>>(); })*
        }
    };
}
pub(crate) use in_both_tiers;
