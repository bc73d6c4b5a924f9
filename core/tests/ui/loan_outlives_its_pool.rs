//! A loan from a borrowed pool ends before the pool does.

use framepool_core::Pool;

fn main() {
    let loan = {
        let pool = Pool::new([0_u8; 2]);
        pool.try_acquire().expect("free")
    };
    assert_eq!(*loan, 0);
}
