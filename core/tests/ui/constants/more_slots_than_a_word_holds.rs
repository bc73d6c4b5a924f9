//! Slots are bits of one word.

use framepool_core::Pool;

static TOO_MANY: Pool<u8, 1000> = Pool::new([0; 1000]);

fn main() {
    drop(TOO_MANY.try_acquire());
}
