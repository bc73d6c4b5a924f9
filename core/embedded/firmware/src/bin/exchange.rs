//! Interrupts acquire, release and share against the main loop: each slot has one holder at all
//! times, all come back, and a pool that is exhausted says so inside an interrupt.

#![no_std]
#![no_main]

use core::cell::RefCell;
use core::hint::black_box;
use critical_section::Mutex;
use framepool_core::{Frozen, Loan, Pool};
use framepool_firmware::{periods, println, start_timer, stop_timer};
use portable_atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

type Lines = Pool<Line, 4>;
type Lent = Loan<&'static Lines>;
type Share = Frozen<&'static Lines>;

static LINES: Lines =
    Pool::new([const { Line { holder: AtomicU32::new(FREE), words: [0; 7] } }; 4]);

/// A slot knows its holder, and was filled by it.
struct Line {
    holder: AtomicU32,
    words: [u32; 7],
}

const FREE: u32 = 0;
const MAIN: u32 = 1;
const INTERRUPT: u32 = 2;
/// Left by one for the other.
const HANDED_OVER: u32 = 3;

impl Line {
    fn pass(&self, from: u32, to: u32) {
        assert_eq!(self.holder.load(Relaxed), from, "the slot has another holder");
        self.holder.store(to, Relaxed);
    }

    fn fill(&mut self, stamp: u32) {
        self.words = [stamp; 7];
    }

    fn check(&self) {
        let words = black_box(&self.words);
        assert!(words.iter().all(|word| *word == words[0]), "another holder has written to it");
    }
}

/// A slot that one side leaves for the other to give back.
enum Handover {
    Loan(Lent),
    Share(Share),
}

impl Handover {
    fn give_back(self) {
        match self {
            Self::Loan(line) => {
                line.check();
                line.pass(HANDED_OVER, FREE);
            }
            // Others may still have a share: it goes back with the last.
            Self::Share(line) => line.check(),
        }
    }
}

static TO_INTERRUPT: Mutex<RefCell<Option<Handover>>> = Mutex::new(RefCell::new(None));
static TO_MAIN: Mutex<RefCell<Option<Handover>>> = Mutex::new(RefCell::new(None));
/// What the interrupt holds from one tick to another.
static KEPT: Mutex<RefCell<[Option<Lent>; 2]>> = Mutex::new(RefCell::new([const { None }; 2]));

static TICKS: AtomicU32 = AtomicU32::new(0);
static ACQUIRED: AtomicU32 = AtomicU32::new(0);
static EXHAUSTED: AtomicU32 = AtomicU32::new(0);
/// The main loop is inside a function of the pool, and how often an interrupt came then.
static INSIDE: AtomicBool = AtomicBool::new(false);
static CAUGHT: AtomicU32 = AtomicU32::new(0);

/// Counts: only interrupts do, or only the main loop while there are none.
fn count(counter: &AtomicU32) -> u32 {
    let before = counter.load(Relaxed);
    counter.store(before + 1, Relaxed);
    before
}

/// Calls into the pool, and says so.
fn inside<R>(call: impl FnOnce() -> R) -> R {
    INSIDE.store(true, Relaxed);
    let result = call();
    INSIDE.store(false, Relaxed);
    result
}

fn take(from: &Mutex<RefCell<Option<Handover>>>) -> Option<Handover> {
    critical_section::with(|cs| from.borrow_ref_mut(cs).take())
}

/// Leaves a slot to be given back, unless there is one already; then it comes back.
fn leave(to: &Mutex<RefCell<Option<Handover>>>, handover: Handover) -> Option<Handover> {
    critical_section::with(|cs| {
        let mut place = to.borrow_ref_mut(cs);
        if place.is_some() {
            return Some(handover);
        }
        *place = Some(handover);
        None
    })
}

fn acquire(holder: u32) -> Option<Lent> {
    let mut line = LINES.try_acquire()?;
    line.pass(FREE, holder);
    line.fill(holder);
    Some(line)
}

fn give_back(line: Lent, holder: u32) {
    line.check();
    line.pass(holder, FREE);
    drop(line);
}

#[unsafe(no_mangle)]
fn on_tick() {
    if INSIDE.load(Relaxed) {
        count(&CAUGHT);
    }
    let tick = count(&TICKS);
    if let Some(handover) = take(&TO_INTERRUPT) {
        handover.give_back();
    }
    match acquire(INTERRUPT) {
        None => {
            count(&EXHAUSTED);
        }
        Some(line) => {
            count(&ACQUIRED);
            match tick % 3 {
                0 => give_back(line, INTERRUPT),
                1 => {
                    line.pass(INTERRUPT, HANDED_OVER);
                    if let Some(back) = leave(&TO_MAIN, Handover::Loan(line)) {
                        back.give_back();
                    }
                }
                _ => {
                    let kept = (tick / 3 % 2) as usize;
                    let old =
                        critical_section::with(|cs| KEPT.borrow_ref_mut(cs)[kept].replace(line));
                    if let Some(line) = old {
                        give_back(line, INTERRUPT);
                    }
                }
            }
        }
    }
}

/// Acquires, shares and gives back; every fifth round takes all that there is.
fn round(number: u32) -> u32 {
    let wanted = if number.is_multiple_of(5) { 4 } else { 1 + number as usize % 2 };
    let mut lines = [const { None }; 4];
    for line in &mut lines[..wanted] {
        *line = inside(|| acquire(MAIN));
    }
    let acquired = lines.iter().flatten().count() as u32;
    let mut lines = lines.into_iter().flatten();
    if let Some(line) = lines.next() {
        let handover = if number.is_multiple_of(2) {
            line.pass(MAIN, HANDED_OVER);
            Handover::Loan(line)
        } else {
            line.check();
            line.pass(MAIN, FREE);
            let share = inside(|| line.freeze());
            let other = inside(|| share.clone());
            inside(|| drop(share));
            Handover::Share(other)
        };
        if let Some(back) = leave(&TO_INTERRUPT, handover) {
            inside(|| back.give_back());
        }
    }
    for line in lines {
        inside(|| give_back(line, MAIN));
    }
    if let Some(handover) = take(&TO_MAIN) {
        inside(|| handover.give_back());
    }
    acquired
}

#[unsafe(no_mangle)]
fn firmware() {
    let (mut runs, mut acquired) = (0, 0);
    for period in periods() {
        start_timer(period);
        for number in 0..40 {
            acquired += round(number);
        }
        stop_timer();
        runs += 1;
        for place in [&TO_INTERRUPT, &TO_MAIN] {
            if let Some(handover) = take(place) {
                handover.give_back();
            }
        }
        let kept = critical_section::with(|cs| core::mem::take(&mut *KEPT.borrow_ref_mut(cs)));
        for line in kept.into_iter().flatten() {
            give_back(line, INTERRUPT);
        }
        assert_eq!(LINES.available(), 4, "a slot is lost at period {period}");
    }
    let [ticks, by_interrupts, exhausted, caught] =
        [&TICKS, &ACQUIRED, &EXHAUSTED, &CAUGHT].map(|counter| counter.load(Relaxed));
    println!(
        "exchange: {runs} periods, {ticks} interrupts ({caught} inside the pool); acquired by the \
         main loop {acquired}, by interrupts {by_interrupts}, refused to interrupts {exhausted}"
    );
    assert_eq!(ticks, by_interrupts + exhausted);
    assert!(caught > runs && exhausted > 0 && by_interrupts > 0, "too little has happened");
    assert_eq!(LINES.stats().high_water, Some(4));
}
