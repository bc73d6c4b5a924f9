//! A frozen slot is read-only, however few shares it has.

use framepool_core::Pool;

fn main() {
    let pool = Pool::new([[0_u8; 4]; 2]);
    let mut share = pool.try_acquire().expect("free").freeze();
    share[0] = 1;
}
