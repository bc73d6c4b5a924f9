//! How much is measured: of how large frames, and how many.

use framepool::RegionOfInterest;
use std::time::Duration;

/// Frames of one size: pixels of 16 bits from a part of the sensor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// From frame to frame: so long that the camera has written one, and the SDK's thread has handled it, well before the
    /// next is due. Then nothing but the consumer runs while a frame is handled.
    pub(crate) period: Duration,
}

impl Size {
    pub(crate) fn region(self) -> RegionOfInterest {
        RegionOfInterest::new(0, 0, self.width.into(), self.height.into())
    }
}

/// How long it all takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Rounds of each part; every subject is measured in each of them.
    pub(crate) rounds: u32,
    /// Frames of a subject in a round.
    pub(crate) frames: u32,
    /// Frames before them that are not measured: each place of the ring is then known to the handler's thread.
    pub(crate) warm_up: u32,
    /// How often a consumer falls behind.
    pub(crate) bursts: u32,
    /// Starts and stops in a round.
    pub(crate) cycles: u32,
    pub(crate) small: Size,
    pub(crate) medium: Size,
    pub(crate) large: Size,
}

/// Frames in the ring, but where consumers fall behind.
pub(crate) const RING: usize = 8;

impl Plan {
    /// What is measured if nothing else is asked for: about a minute, in less than 1 GiB.
    pub(crate) fn usual(rounds: u32) -> Self {
        let size = |name, width, height, micros| {
            let period = Duration::from_micros(micros);
            Size { name, width, height, period }
        };
        Self {
            rounds,
            frames: 10,
            warm_up: 8,
            bursts: 12,
            cycles: 400,
            small: size("64 KiB", 256, 128, 1_000),
            medium: size("8 MiB", 2048, 2048, 12_000),
            large: size("32 MiB", 4096, 4096, 40_000),
        }
    }

    pub(crate) fn sizes(&self) -> [Size; 3] {
        [self.small, self.medium, self.large]
    }
}
