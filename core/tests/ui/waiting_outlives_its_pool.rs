//! Waiting for a borrowed pool ends before the pool does.

use framepool_core::Pool;

fn main() {
    let waiting = {
        let pool = Pool::new([0_u8; 2]);
        pool.acquire()
    };
    drop(waiting);
}
