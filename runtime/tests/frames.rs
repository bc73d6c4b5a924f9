//! Frames: one owner, shares, `Bytes`, from the pool and from the heap alike; and how they are received.

#![allow(clippy::unwrap_used, reason = "tests")]

use framepool::{Frame, FrameMeta, FramePool, FrameProducer, RecvError};
use std::time::Duration;

/// Makes a frame of 3 x 2 pixels, in a buffer of the pool or on the heap.
fn frame(in_pool: bool) -> (FramePool, Frame) {
    let pool = FramePool::try_new(1, 8).unwrap();
    let (producer, mut frames) = FrameProducer::options(pool.clone()).use_pool(in_pool).build();
    let mut intake = producer.into_intake();
    intake.take(FrameMeta::new(3, 2, 8), 6, |room| room.copy_from_slice(b"pixels"));
    let frame = frames.try_recv().unwrap();
    assert_eq!(frame.is_pooled(), in_pool);
    (pool, frame)
}

#[test]
fn a_frame_has_one_owner_until_it_is_shared() {
    for in_pool in [true, false] {
        let (pool, mut frame) = frame(in_pool);
        frame.get_mut().unwrap()[0] = b'P';
        let mut share = frame.share();
        assert!(frame.get_mut().is_none() && share.get_mut().is_none());
        assert_eq!(frame.bytes().as_ptr(), share.bytes().as_ptr(), "nothing is copied");
        assert_eq!((share.meta().width, share.view().rows().len()), (3, 2));
        let again = share.share();
        drop(frame);
        drop(again);
        assert_eq!(share.get_mut().unwrap(), b"Pixels");
        assert_eq!(pool.available(), usize::from(!in_pool));
        drop(share);
        assert_eq!(pool.available(), 1);
    }
}

#[cfg(feature = "bytes")]
#[test]
fn a_frame_becomes_bytes_that_keep_its_buffer() {
    for in_pool in [true, false] {
        let (pool, frame) = frame(in_pool);
        let share = frame.share();
        let at = frame.bytes().as_ptr();
        let bytes = frame.into_bytes();
        assert_eq!((&bytes[..], bytes.as_ptr()), (&b"pixels"[..], at));
        let part = bytes.slice(2..4);
        drop((bytes, share));
        assert_eq!(part, "xe");
        assert_eq!(pool.available(), usize::from(!in_pool));
        drop(part);
        assert_eq!(pool.available(), 1);
    }
}

#[test]
fn frames_are_received_with_a_bound_or_none() {
    let pool = FramePool::try_new(4, 8).unwrap();
    let (producer, mut frames) = FrameProducer::options(pool).build();
    assert_eq!(frames.try_recv().unwrap_err(), RecvError::Empty);
    assert_eq!(frames.recv_timeout(Duration::from_millis(1)).unwrap_err(), RecvError::Empty);
    let mut intake = producer.into_intake();
    for value in 1..=4 {
        intake.take(FrameMeta::default(), 8, |room| room.fill(value));
    }
    assert_eq!(frames.recv_timeout(Duration::ZERO).unwrap().bytes(), [1; 8]);
    assert_eq!(frames.recv_blocking().unwrap().bytes(), [2; 8]);
    drop(intake);
    assert_eq!(frames.by_ref().map(|frame| frame.bytes()[0]).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(frames.try_recv().unwrap_err(), RecvError::Closed);
    assert_eq!(frames.recv_timeout(Duration::MAX).unwrap_err(), RecvError::Closed);
}

#[cfg(feature = "stream")]
#[tokio::test]
async fn frames_are_a_stream() {
    use futures_core::Stream;
    use std::future::poll_fn;
    use std::pin::Pin;

    let pool = FramePool::try_new(2, 8).unwrap();
    let (producer, mut frames) = FrameProducer::options(pool).build();
    let mut intake = producer.into_intake();
    intake.take(FrameMeta::default(), 8, |room| room.fill(1));
    let frame = poll_fn(|cx| Pin::new(&mut frames).poll_next(cx)).await;
    assert_eq!(frame.unwrap().bytes(), [1; 8]);
    drop(intake);
    assert!(poll_fn(|cx| Pin::new(&mut frames).poll_next(cx)).await.is_none());
}

#[test]
fn the_pool_is_used_unless_the_crate_was_built_without() {
    let (producer, mut frames) = FrameProducer::options(FramePool::try_new(1, 8).unwrap()).build();
    producer.into_intake().take(FrameMeta::default(), 8, |room| room.fill(7));
    assert_eq!(frames.try_recv().unwrap().is_pooled(), cfg!(feature = "pool"));
}
