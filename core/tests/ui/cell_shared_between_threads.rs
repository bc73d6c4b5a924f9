//! A loan of a `Cell` may move to another thread, but not be seen by two.

use framepool_core::Pool;
use std::cell::Cell;

static COUNTS: Pool<Cell<u32>, 1> = Pool::new([Cell::new(0)]);

fn shared_between_threads<T: Sync>(_: &T) {}

fn main() {
    let loan = COUNTS.try_acquire().expect("free");
    shared_between_threads(&loan);
}
