//! Kills: a thread that ends or flushes and gives back too little; a cache that its next owner finds before
//! the last one has left it; two caches for one place, or two pools with one number; an ask that is not
//! made, or not heeded.
//!
//! I1, I2, I4: a slot that a thread keeps has no other holder, comes back when the thread ends or is asked, and
//! with it what was done to it.

#![allow(clippy::unwrap_used, reason = "a model fails by panicking")]

mod common;

use common::{Cached, Seen, cached_is_freed, count, explore, spawn};
use framepool_core_loom::{BoxedPool, CachedPool, end_thread};

/// 2 threads x 1 round, 2 slots: the thread that keeps a slot ends.
#[test]
fn a_thread_that_ends_gives_back_what_it_keeps() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let ends = spawn(move || {
                other.try_acquire().unwrap().write();
                assert_eq!(other.cached(), 1);
            });
            pool.shared().try_acquire().unwrap().write();
            ends.join().unwrap();
            assert_eq!(count(&pool), (2, 0));
            let all = [(); 2].map(|()| pool.shared().try_acquire().unwrap());
            all.iter().for_each(|slot| slot.write());
        });
    });
}

/// 2 threads x 1 round, 2 slots: two threads for one cache, one after the other or at once.
#[test]
fn a_cache_has_one_owner_after_the_other() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let ends = spawn(move || {
                other.try_acquire().unwrap().write();
                assert!(other.cached() <= 1);
            });
            pool.try_acquire().unwrap().write();
            pool.try_acquire().unwrap().write();
            ends.join().unwrap();
            end_thread();
            assert_eq!(count(&pool), (2, 0));
        });
    });
}

/// 2 threads x 1 round, 4 slots: a cache for each.
#[test]
fn two_threads_have_a_cache_each() {
    explore(.., || {
        cached_is_freed(4, 1, |pool| {
            pool.try_acquire().unwrap().write();
            let other = pool.clone();
            let keeps = spawn(move || {
                other.try_acquire().unwrap().write();
                assert_eq!(count(&other), (2, 2));
            });
            keeps.join().unwrap();
            assert_eq!(count(&pool), (3, 1));
        });
    });
}

/// 3 threads x 1 round, 2 slots: of two threads that end one after the other, each may take the cache.
#[test]
fn a_cache_is_taken_over_as_it_was_left() {
    explore(3..=4, || {
        cached_is_freed(2, 1, |pool| {
            let threads = [pool.clone(), pool.clone()].map(|pool| {
                spawn(move || {
                    pool.try_acquire().unwrap().write();
                    pool.try_acquire().unwrap().write();
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(count(&pool), (2, 0));
            let all = [(); 2].map(|()| pool.shared().try_acquire().unwrap());
            all.iter().for_each(|slot| slot.write());
        });
    });
}

/// 2 threads x 2 rounds, 2 slots: what is lent again is the slot that was kept, and no other's.
#[test]
fn a_hit_against_claims() {
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let hits = spawn(move || {
                let first = other.try_acquire().unwrap();
                let index = first.index();
                first.write();
                drop(first);
                let again = other.try_acquire().unwrap();
                again.write();
                assert_eq!((again.index(), other.cached()), (index, 0));
            });
            for _ in 0..2 {
                pool.shared().try_acquire().unwrap().write();
            }
            hits.join().unwrap();
            assert_eq!(count(&pool), (2, 0));
        });
    });
}

/// 2 threads x 1 round, 2 slots: what shares read of a slot is over when the one that goes last keeps it.
#[test]
fn the_last_share_is_kept() {
    static KEPT: Seen = Seen::new();
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let share = pool.try_acquire().unwrap().freeze();
            let other = share.clone();
            let reads = spawn(move || {
                other.read();
                drop(other);
            });
            share.read();
            drop(share);
            KEPT.note(pool.cached() == 1);
            let all = [(); 2].map(|()| pool.try_acquire());
            all.iter().flatten().for_each(|slot| slot.write());
            drop(all);
            reads.join().unwrap();
            end_thread();
            assert_eq!(count(&pool), (2, 0));
        });
    });
    KEPT.assert("it is the owner's");
}

/// 1 thread x 1 round, 6 slots: a cache lends what came last, and is full at its limit.
#[test]
fn a_cache_is_a_stack_of_its_limit() {
    explore(.., || {
        cached_is_freed(6, 3, |pool| {
            let [first, second, third, fourth] = [(); 4].map(|()| pool.try_acquire().unwrap());
            let indices = [third.index(), second.index(), first.index()];
            drop((first, second, third));
            assert_eq!(count(&pool), (2, 3));
            drop(fourth);
            assert_eq!(count(&pool), (3, 3), "no place for it");
            let again = [(); 3].map(|()| pool.try_acquire().unwrap());
            assert_eq!(again.each_ref().map(|loan| loan.index()), indices);
            assert_eq!(count(&pool), (3, 0));
            drop(again);
            end_thread();
            assert_eq!(count(&pool), (6, 0));
        });
    });
}

/// 2 threads x 1 round, 2 slots.
#[test]
fn a_flush_against_claims() {
    static BOTH: Seen = Seen::new();
    explore(.., || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let flushes = spawn(move || {
                if let Some(slot) = other.try_acquire() {
                    slot.write();
                    drop(slot);
                    let kept = other.cached();
                    other.flush();
                    assert_eq!(other.cached(), 0);
                    kept == 1
                } else {
                    false
                }
            });
            let found = [(); 2].map(|()| pool.shared().try_acquire());
            found.iter().flatten().for_each(|slot| slot.write());
            let both = found.iter().all(Option::is_some);
            drop(found);
            let kept = flushes.join().unwrap();
            BOTH.note(both && kept);
            assert_eq!(count(&pool), (2, 0));
        });
    });
    BOTH.assert("what was kept is claimed after the flush");
}

/// 2 threads x 2 rounds, 2 slots: each lends and keeps, and asks for what the other keeps.
#[test]
fn an_ask_against_hits() {
    static ASKED: Seen = Seen::new();
    static FOUND: Seen = Seen::new();
    explore(4..=5, || {
        cached_is_freed(2, 1, |pool| {
            let other = pool.clone();
            let hits = spawn(move || {
                for _ in 0..2 {
                    if let Some(slot) = other.try_acquire() {
                        slot.write();
                    }
                }
            });
            let found = [(); 3].map(|()| pool.try_acquire());
            found.iter().flatten().for_each(|slot| slot.write());
            assert!(found.iter().flatten().count() <= 2, "two holders of one slot");
            ASKED.note(pool.cached() == 1);
            FOUND.note(found[1].is_none() && found[2].is_some());
            drop(found);
            hits.join().unwrap();
            pool.flush();
            assert_eq!(count(&pool), (2, 0));
        });
    });
    ASKED.assert("the other thread keeps a slot");
    FOUND.assert("it gives back what it was asked for");
}

/// Asks for more than is free, in another thread, which ends; it had `held`.
fn ask(pool: &Cached<common::Watched>, held: usize) {
    let other = pool.clone();
    let asks = spawn(move || {
        let loans: Vec<_> = (0..held).map(|_| other.shared().try_acquire().unwrap()).collect();
        loans.iter().for_each(|slot| slot.write());
        assert!(other.try_acquire().is_none());
        assert_eq!(other.cached(), 2, "nothing has been done since");
    });
    asks.join().unwrap();
}

/// 2 threads x 1 round, 4 slots: after an ask the owner acquires.
#[test]
fn a_hit_after_an_ask_gives_all_back() {
    explore(.., || {
        cached_is_freed(4, 2, |pool| {
            let kept = [(); 2].map(|()| pool.try_acquire().unwrap());
            drop(kept);
            assert_eq!(count(&pool), (2, 2));
            ask(&pool, 2);
            let loan = pool.try_acquire().unwrap();
            loan.write();
            assert_eq!(count(&pool), (3, 0));
            drop(loan);
            assert_eq!(count(&pool), (3, 1), "it has been heeded");
            pool.flush();
        });
    });
}

/// 2 threads x 1 round, 4 slots: after an ask the owner drops a loan.
#[test]
fn a_drop_after_an_ask_gives_all_back() {
    explore(.., || {
        cached_is_freed(4, 2, |pool| {
            let loan = pool.try_acquire().unwrap();
            let kept = [(); 2].map(|()| pool.try_acquire().unwrap());
            drop(kept);
            assert_eq!(count(&pool), (1, 2));
            ask(&pool, 1);
            loan.write();
            drop(loan);
            assert_eq!(count(&pool), (4, 0));
            drop(pool.try_acquire().unwrap());
            assert_eq!(count(&pool), (3, 1), "it has been heeded");
            pool.flush();
        });
    });
}

fn pool_of_two() -> Cached<()> {
    CachedPool::new(BoxedPool::from_fn(2, || ()).unwrap(), 1)
}

/// 2 threads x 1 round, 2 pools of 2 slots: made at once.
#[test]
fn no_two_pools_have_one_number() {
    explore(.., || {
        let makes = spawn(pool_of_two);
        let one = pool_of_two();
        let other = makes.join().unwrap();
        drop(one.try_acquire().unwrap());
        let mine = other.try_acquire().unwrap();
        assert_eq!((count(&one), count(&other)), ((1, 1), (1, 0)));
        drop(mine);
        assert_eq!((count(&one), count(&other)), ((1, 1), (1, 1)));
        end_thread();
    });
}

/// 1 thread x 1 round, 3 pools of 2 slots: the one that has the place of another has no caches.
#[test]
fn a_pool_without_caches_leaves_another_its_place() {
    explore(.., || {
        let [one, _between] = [(); 2].map(|()| pool_of_two());
        let without: Cached<()> = CachedPool::new(BoxedPool::from_fn(2, || ()).unwrap(), 0);
        drop(one.try_acquire().unwrap());
        drop(without.try_acquire().unwrap());
        assert_eq!([count(&one), count(&without)], [(1, 1), (2, 0)]);
        end_thread();
    });
}

/// 1 thread x 1 round, 3 pools of 2 slots: two of them have one place in the thread's table.
#[test]
fn a_pool_takes_the_place_of_another() {
    explore(.., || {
        let pools = [(); 3].map(|()| pool_of_two());
        drop(pools[0].try_acquire().unwrap());
        drop(pools[1].try_acquire().unwrap());
        assert_eq!(pools.each_ref().map(count), [(1, 1), (1, 1), (2, 0)]);
        let loan = pools[0].try_acquire().unwrap();
        drop(pools[2].try_acquire().unwrap());
        assert_eq!(pools.each_ref().map(count), [(1, 0), (1, 1), (1, 1)]);
        drop(loan);
        assert_eq!(count(&pools[0]), (2, 0), "the thread has no cache of it");
        drop(pools[0].try_acquire().unwrap());
        assert_eq!(pools.each_ref().map(count), [(1, 1), (1, 1), (2, 0)]);
        end_thread();
        assert_eq!(pools.each_ref().map(count), [(2, 0); 3]);
        drop(pools[0].try_acquire().unwrap());
        assert_eq!(count(&pools[0]), (1, 1));
        end_thread();
    });
}

/// 2 threads x 4 rounds, 2 slots: the one that found no cache has the other's after some operations.
#[test]
fn a_cache_that_was_given_up_is_found() {
    static FOUND: Seen = Seen::new();
    explore(4..=6, || {
        let pool = pool_of_two();
        let held = pool.try_acquire().unwrap();
        let other = pool.clone();
        let looks = spawn(move || {
            drop(other.try_acquire().unwrap());
            let before = other.cached();
            for _ in 0..3 {
                drop(other.try_acquire().unwrap());
            }
            FOUND.note(before == 0 && other.cached() == 1);
        });
        end_thread();
        drop(held);
        looks.join().unwrap();
        assert_eq!(count(&pool), (2, 0));
    });
    FOUND.assert("a cache is found later than at first");
}
