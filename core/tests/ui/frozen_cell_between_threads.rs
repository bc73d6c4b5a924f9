//! Shares of a `Cell` stay in one thread: each of them can change it.

use framepool_core::Pool;
use std::cell::Cell;

static COUNTS: Pool<Cell<u32>, 1> = Pool::new([Cell::new(0)]);

fn sent<T: Send>(_: T) {}

fn main() {
    let share = COUNTS.try_acquire().expect("free").freeze();
    sent(share.clone());
}
