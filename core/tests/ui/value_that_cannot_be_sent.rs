//! A pool of values that stay in one thread stays there itself: its next holder may be elsewhere.

use framepool_core::Pool;
use std::rc::Rc;

fn shared_between_threads<T: Sync>(_: &T) {}

fn main() {
    let pool = Pool::new([Rc::new(0)]);
    shared_between_threads(&pool);
}
