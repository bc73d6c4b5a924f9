//! Kills: an empty answer of several words that is not confirmed.
//!
//! I2 over several words: a pool that always has a free slot never answers "none", although no
//! instruction reads two words at once.

mod common;

use common::explore;
use framepool_core_loom::Pool;
use loom::thread;

/// Two words of which one slot each is in play.
type Wide = Pool<(), 63, 2>;

#[test]
fn one_slot_that_wanders_is_always_found() {
    explore(Some(2), || {
        let pool: &'static Wide = Box::leak(Box::new(Wide::wide([(); 63])));
        // Slots 61 and 62, of different words, change hands; the rest is out for good.
        std::mem::forget(pool.try_acquire_run(61));
        let first = pool.try_acquire().unwrap();
        assert_eq!(first.index(), 61);
        // Finds slot 62 once, and looks in its word first from then on.
        let mut high = pool.acquirer();
        assert_eq!(high.try_acquire().unwrap().index(), 62);
        // Gives slot 61 back before it takes slot 62: at every instant one is free.
        let thread = thread::spawn(move || {
            drop(first);
            std::mem::forget(high.try_acquire());
        });
        let found = pool.try_acquire();
        assert!(found.is_some(), "one of two slots was free all the time");
        std::mem::forget(found);
        thread.join().unwrap();
    });
}
