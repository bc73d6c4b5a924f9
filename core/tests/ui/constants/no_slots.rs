//! A pool lends at least one slot.

use framepool_core::Pool;

static NONE: Pool<u8, 0> = Pool::new([]);

fn main() {
    drop(NONE.try_acquire());
}
