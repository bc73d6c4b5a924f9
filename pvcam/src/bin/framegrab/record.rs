//! Saving frames.
//!
//! ```text
//!   output -> recording -> stack (TIFF) | raw | zarr -> disk
//!      |                     `-> index, about, ome: what is said of the frames
//!   destination: names
//! ```

pub(crate) mod about;
pub(crate) mod destination;
mod disk;
mod index;
mod keeper;
mod ome;
pub(crate) mod output;
mod raw;
pub(crate) mod recording;
pub(crate) mod room;
mod stack;
mod zarr;
