//! A lean pool has no share counts: its loans cannot be frozen.

use framepool_core::LeanPool;

fn main() {
    let pool = LeanPool::new([0_u8; 2]);
    let _share = pool.try_acquire().map(|loan| loan.freeze());
}
