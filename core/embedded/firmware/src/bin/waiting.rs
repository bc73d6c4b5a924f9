//! Waiters are woken from an interrupt, first come first served, and may give up at any time.

#![no_std]
#![no_main]

use core::cell::RefCell;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use critical_section::Mutex;
use framepool_core::{Acquire, LeanPool, Loan};
use framepool_firmware::{flag::Flag, periods, println, start_timer, stop_timer};
use portable_atomic::{AtomicU32, Ordering::Relaxed};

type Lines = LeanPool<[u32; 4], 2>;
type Lent = Loan<&'static Lines>;

static LINES: Lines = LeanPool::new([[0; 4]; 2]);
/// What the next interrupt gives back.
static DUE: Mutex<RefCell<Option<Lent>>> = Mutex::new(RefCell::new(None));
static WAKES: AtomicU32 = AtomicU32::new(0);

#[unsafe(no_mangle)]
fn on_tick() {
    let due = critical_section::with(|cs| DUE.borrow_ref_mut(cs).take());
    if let Some(line) = due {
        drop(line);
    }
}

fn give_back_later(line: Lent) {
    let none = critical_section::with(|cs| DUE.borrow_ref_mut(cs).replace(line));
    assert!(none.is_none());
}

type Waiting<'a> = Pin<&'a mut Acquire<'static, &'static Lines>>;

fn poll(waiting: &mut Waiting<'_>, flag: &'static Flag) -> Option<Lent> {
    match waiting.as_mut().poll(&mut Context::from_waker(&flag.waker())) {
        Poll::Ready(line) => Some(line.expect("the pool is never closed")),
        Poll::Pending => None,
    }
}

/// Sleeps until the flag is up, and polls.
fn wait(waiting: &mut Waiting<'_>, flag: &'static Flag) -> Lent {
    for _ in 0..100_000 {
        if flag.is_up() {
            flag.lower();
            WAKES.store(WAKES.load(Relaxed) + 1, Relaxed);
            return poll(waiting, flag).expect("a woken waiter is served");
        }
    }
    panic!("a lost wake-up");
}

/// Two wait for a slot that an interrupt gives back; in odd rounds the first gives up. Returns
/// whether it had been handed the slot by then.
fn round(number: u32) -> bool {
    static FLAGS: [Flag; 2] = [Flag::new(), Flag::new()];
    let both = [LINES.try_acquire(), LINES.try_acquire()];
    let [Some(line), Some(kept)] = both else { panic!("all slots are free before a round") };
    let [first_flag, second_flag] = &FLAGS;
    first_flag.lower();
    second_flag.lower();
    let mut second = pin!(LINES.acquire());
    let mut was_served = false;
    {
        let mut first = pin!(LINES.acquire());
        give_back_later(line);
        let at_once = poll(&mut first, first_flag);
        if number.is_multiple_of(2) {
            let line = at_once.unwrap_or_else(|| wait(&mut first, first_flag));
            assert!(poll(&mut second, second_flag).is_none());
            give_back_later(line);
        } else if at_once.is_none() {
            assert!(poll(&mut second, second_flag).is_none(), "the second is served first");
            assert!(LINES.try_acquire().is_none(), "a newcomer passes the waiters");
            // Long enough, in some rounds, for the interrupt to come meanwhile.
            for _ in 0..16 * number {
                core::hint::black_box(0);
            }
            was_served = first_flag.is_up();
        }
    }
    let line = poll(&mut second, second_flag).unwrap_or_else(|| wait(&mut second, second_flag));
    drop((line, kept));
    was_served
}

#[unsafe(no_mangle)]
fn firmware() {
    let (mut runs, mut rounds, mut served) = (0_u32, 0_u32, 0_u32);
    for period in periods() {
        start_timer(period);
        for number in 0..32 {
            served += u32::from(round(number));
            rounds += 1;
        }
        stop_timer();
        runs += 1;
        assert_eq!(LINES.available(), 2, "a slot is lost at period {period}");
    }
    let wakes = WAKES.load(Relaxed);
    println!(
        "waiting: {runs} periods, {rounds} rounds, {wakes} wake-ups from interrupts, {served} \
        gave up what they had been handed"
    );
    assert!(wakes > runs && served > 0, "too little has happened");
}
