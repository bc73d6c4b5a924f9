//! Saving frames.

pub(crate) mod destination;
pub(crate) mod output;
mod stack;
