//! Size classes: beside a pool of one size, and beside glibc's `malloc` for buffers that are touched.

use super::{SLOTS, lasting};
use crate::measure::{Comparison, Subject};
use framepool::SizeClasses;
use framepool_core::storage::Boxed;
use framepool_core::{BoxedPool, CachedPool};
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;

const KIB: usize = 1024;

/// From 4 KiB to 1 MiB.
const SIZES: [usize; 5] = [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, KIB * KIB];

/// A class for each size.
fn classes(per_thread: usize) -> &'static SizeClasses {
    let classes =
        SIZES.iter().fold(SizeClasses::options(), |options, &size| options.class(SLOTS, size));
    lasting(classes.per_thread(per_thread).build().expect("there is memory"))
}

/// Writes a byte of each page.
#[inline(always)]
fn touch(bytes: &mut [u8]) {
    bytes.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    black_box(bytes);
}

/// What `Vec::with_capacity` and its drop do, past the allocator that counts.
#[inline(always)]
fn malloc(size: usize) {
    let layout = Layout::array::<u8>(size).expect("a small size");
    // SAFETY: the layout has bytes.
    let bytes = unsafe { System.alloc(layout) };
    assert!(!bytes.is_null(), "there is memory");
    for offset in (0..size).step_by(4096) {
        // SAFETY: within the block.
        let page = unsafe { bytes.add(offset) };
        // SAFETY: the block is this call's.
        unsafe { page.write(1) };
    }
    black_box(bytes);
    // SAFETY: from `alloc` with this layout.
    unsafe { System.dealloc(bytes, layout) };
}

/// Choosing a class and noting the length, beside a pool of such slots.
fn beside_the_class(per_thread: usize, name: &str) -> Comparison {
    let class = BoxedPool::from_fn(SLOTS, || vec![0_u8; 16 * KIB]).expect("there is memory");
    let class: &CachedPool<Boxed<Vec<u8>>> = lasting(CachedPool::new(class, per_thread));
    let (classes, len) = (classes(per_thread), black_box(10_000));
    Comparison {
        name: name.to_owned(),
        threads: 1,
        subjects: vec![
            Subject::new("framepool: CachedPool::try_acquire", || drop(class.try_acquire())),
            Subject::new("framepool: SizeClasses::acquire, 10 000 bytes", move || {
                drop(classes.acquire(len));
            }),
        ],
    }
}

fn beside_malloc(size: usize) -> Comparison {
    let [kept, shared] = [classes(4), classes(0)];
    let lent = move |classes: &SizeClasses| {
        let mut buffer = classes.acquire(black_box(size)).expect("there is a slot");
        touch(&mut buffer);
    };
    Comparison {
        name: format!("a buffer of {} KiB, touched", size / KIB),
        threads: 1,
        subjects: vec![
            Subject::new("glibc: malloc + free", move || malloc(black_box(size))),
            Subject::new("framepool: SizeClasses, kept by the thread", move || lent(kept)),
            Subject::new("framepool: SizeClasses, of the pool", move || lent(shared)),
        ],
    }
}

pub(crate) fn comparisons() -> Vec<Comparison> {
    let mut all = vec![
        beside_the_class(4, "size classes, kept by the thread"),
        beside_the_class(0, "size classes, of the pool"),
    ];
    all.extend(SIZES.map(beside_malloc));
    all
}
