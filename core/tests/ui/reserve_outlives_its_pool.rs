//! A reserve's slots are another pool's, which it must not outlive.

use framepool_core::Pool;

fn main() {
    let reserve = {
        let pool = Pool::new([0_u8; 2]);
        pool.reserve(1)
    };
    drop(reserve);
}
