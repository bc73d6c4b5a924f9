//! While an exclusive acquirer lives, nothing else acquires.

use framepool_core::Pool;

fn main() {
    let mut pool = Pool::new([0_u8; 2]);
    let mut exclusive = pool.exclusive();
    let other = pool.try_acquire();
    drop((other, exclusive.try_acquire()));
}
