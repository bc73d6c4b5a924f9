//! A stream of frames: from a driver's thread to its consumers, every frame counted.

mod delivery;
mod metrics;
mod timing;
mod warning;

pub use delivery::{Buffer, Frame, Frames, Intake, OnExhausted, Outcome, Unfilled, channel};
pub use metrics::{Delivered, Dropped, Metrics, Report};
pub use timing::{Summary, Timing};
