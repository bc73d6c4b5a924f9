//! Saving frames.
//!
//! ```text
//!   output -> part -> recording -> stack (TIFF) | raw | zarr -> disk
//!      |                           `-> index, about, ome: what is said of the frames
//!   destination: names
//! ```

pub(crate) mod about;
pub(crate) mod destination;
mod disk;
mod finisher;
mod index;
mod keeper;
mod ome;
pub(crate) mod output;
mod part;
mod raw;
pub(crate) mod recording;
pub(crate) mod room;
mod stack;
mod zarr;
