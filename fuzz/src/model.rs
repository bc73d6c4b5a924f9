//! The reference: what pools are, said plainly. One thread, no cleverness.

mod waiting;

use std::collections::VecDeque;

/// Slots that one state word holds.
pub(crate) const WORD: usize = usize::BITS as usize - 2;

/// What slots hold after a hook that overwrites them with a pattern.
pub(crate) const POISONED: u64 = u64::MAX;

/// What has a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    /// Nothing: it is free.
    None,
    /// A loan, dropped some day or never.
    Loan,
    /// That many shares.
    Shares(usize),
    /// A waiter that has not looked yet.
    Waiter,
    /// A run or an exclusive acquirer, which has not lent it yet.
    Claimed,
    /// A reserve.
    Reserve,
}

#[derive(Debug)]
struct Slot {
    /// Its index in the pool at the root.
    number: usize,
    holder: Holder,
}

/// What happens to a slot's contents between two holders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    Keep,
    Zero,
    Poison,
}

/// What has become of a waiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaiterState {
    /// Not polled yet.
    New,
    Queued,
    Served(usize),
    TurnedAway,
    Gone,
}

/// What a waker does when it is woken, before the release or closing that woke it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    Nothing,
    /// Takes a loan from a pool, and keeps it.
    TryAcquire(PoolId),
    /// Drops the newest loan that wakers took.
    Drop,
}

#[derive(Debug)]
struct Waiter {
    pool: PoolId,
    state: WaiterState,
    reaction: Reaction,
    /// It has a handle of the pool until it is gone.
    has_handle: bool,
}

/// Names a waiter for as long as the model lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaiterId(usize);

/// Names a pool for as long as the model lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolId(usize);

#[derive(Debug)]
struct Pool {
    /// In index order.
    slots: Vec<Slot>,
    /// The pool that its slots were set aside from.
    parent: Option<PoolId>,
    handles: usize,
    freed: bool,
    closed: bool,
    /// Oldest first.
    queue: VecDeque<WaiterId>,
    /// Most slots that were ever on loan at once.
    high_water: usize,
    /// Slots were claimed one by one only, and are of one word.
    one_by_one: bool,
    /// How often slots came back: of a root, its reserves' too.
    lent: u64,
    hook: Hook,
    /// What the last writer of each slot left: of a root.
    stamps: Vec<u64>,
    /// The slot that came back last.
    recent: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pools: Vec<Pool>,
    waiters: Vec<Waiter>,
    /// Loans that wakers took.
    taken: Vec<(PoolId, usize)>,
    /// What wakers that tried to acquire were answered, oldest first.
    answers: Vec<Option<usize>>,
    /// What the pools have answered them, as far as that is known.
    heard: Vec<Option<usize>>,
}

/// Pools: made, held, closed and freed.
impl Model {
    /// Makes a pool that is no reserve.
    pub(crate) fn root(&mut self, capacity: usize, hook: Hook) -> PoolId {
        let one_by_one = capacity <= WORD;
        self.pool((0..capacity).collect(), None, one_by_one, hook)
    }

    fn pool(
        &mut self,
        numbers: Vec<usize>,
        parent: Option<PoolId>,
        one_by_one: bool,
        hook: Hook,
    ) -> PoolId {
        self.pools.push(Pool {
            stamps: vec![0; if parent.is_none() { numbers.len() } else { 0 }],
            slots: numbers
                .into_iter()
                .map(|number| Slot { number, holder: Holder::None })
                .collect(),
            parent,
            handles: 1,
            freed: false,
            closed: false,
            queue: VecDeque::new(),
            high_water: 0,
            one_by_one,
            lent: 0,
            hook,
            recent: None,
        });
        PoolId(self.pools.len() - 1)
    }

    /// The lowest free slots of the first word that has enough, wherever they are in it.
    pub(crate) fn reserve(&mut self, pool: PoolId, count: usize) -> Option<PoolId> {
        let chosen = self.words(pool).find(|free| count > 0 && free.len() >= count)?;
        let numbers = chosen[..count].to_vec();
        self.claim_all(pool, &numbers, Holder::Reserve);
        Some(self.pool(numbers, Some(pool), false, Hook::Keep))
    }

    /// These slots were on loan at once from an exclusive acquirer, and are back, and so is the last slot of the
    /// pool, which the acquirer had, too.
    pub(crate) fn were_lent(&mut self, pool: PoolId, numbers: &[usize]) {
        self.claim_all(pool, numbers, Holder::Loan);
        for number in numbers {
            self.give_back(pool, *number);
        }
        if !numbers.is_empty() {
            let pool = self.at_mut(pool);
            pool.recent = pool.slots.last().map(|slot| slot.number);
        }
    }

    pub(crate) fn add_handle(&mut self, pool: PoolId) {
        self.at_mut(pool).handles += 1;
    }

    /// The last one closes the pool, which is freed when all of its slots are back.
    pub(crate) fn drop_handle(&mut self, pool: PoolId) {
        self.at_mut(pool).handles -= 1;
        if self.at(pool).handles == 0 {
            self.close(pool);
            self.free_if_left(pool);
        }
    }

    fn free_if_left(&mut self, pool: PoolId) {
        if self.at(pool).handles > 0 || self.available(pool) < self.capacity(pool) {
            return;
        }
        assert!(!self.at(pool).freed, "the model: freed twice");
        self.at_mut(pool).freed = true;
        if let Some(parent) = self.at(pool).parent {
            let numbers: Vec<_> = self.at(pool).slots.iter().map(|slot| slot.number).collect();
            for number in numbers {
                self.release(parent, number);
            }
        }
    }

    pub(crate) fn close(&mut self, pool: PoolId) {
        self.at_mut(pool).closed = true;
        while let Some(waiter) = self.at_mut(pool).queue.pop_front() {
            self.waiters[waiter.0].state = WaiterState::TurnedAway;
            self.react(waiter);
        }
    }

    fn at(&self, pool: PoolId) -> &Pool {
        &self.pools[pool.0]
    }

    fn at_mut(&mut self, pool: PoolId) -> &mut Pool {
        &mut self.pools[pool.0]
    }

    fn root_of(&self, pool: PoolId) -> PoolId {
        self.at(pool).parent.map_or(pool, |parent| self.root_of(parent))
    }
}

/// Slots: claimed and given back.
impl Model {
    /// The free slots of each word, lowest first; none of a closed pool.
    fn words(&self, pool: PoolId) -> impl Iterator<Item = Vec<usize>> {
        let free = |slot: &&Slot| slot.holder == Holder::None && !self.at(pool).closed;
        let numbers = |word: &[Slot]| word.iter().filter(free).map(|slot| slot.number).collect();
        self.at(pool).slots.chunks(WORD).map(numbers).collect::<Vec<_>>().into_iter()
    }

    /// The slot that came back last goes first, where words have as many bits as the model's machine; else,
    /// and if that is not free, the lowest.
    pub(crate) fn try_acquire(&mut self, pool: PoolId) -> Option<usize> {
        if self.at(pool).closed {
            return None;
        }
        let is_free = |slot: &&Slot| slot.holder == Holder::None;
        let recent = self.at(pool).recent.filter(|_| cfg!(target_pointer_width = "64"));
        let is_recent = |slot: &&Slot| Some(slot.number) == recent;
        let slots = &self.at(pool).slots;
        let lowest = slots.iter().find(is_free);
        let number = slots.iter().filter(is_free).find(is_recent).or(lowest)?.number;
        self.claim(pool, number, Holder::Loan);
        Some(number)
    }

    /// As [`try_acquire`](Self::try_acquire), where the pool has answered already: one of several words may
    /// choose any slot that is free.
    pub(crate) fn try_acquire_as(&mut self, pool: PoolId, answer: Option<usize>) -> Option<usize> {
        match answer {
            Some(number) if self.capacity(pool) > WORD && self.has_free(pool) => {
                self.claim(pool, number, Holder::Loan);
                answer
            }
            _ => self.try_acquire(pool),
        }
    }

    /// Takes a slot that the pool chose.
    pub(crate) fn acquire_this(&mut self, pool: PoolId, number: usize) {
        self.claim(pool, number, Holder::Loan);
    }

    pub(crate) fn has_free(&self, pool: PoolId) -> bool {
        !self.at(pool).closed && self.available(pool) > 0
    }

    /// The lowest slots side by side, all of one word. Empty: there are none.
    pub(crate) fn run(&mut self, pool: PoolId, length: usize) -> Vec<usize> {
        let adjacent = |run: &&[usize]| run[length - 1] - run[0] == length - 1;
        let run = self.words(pool).find_map(|free| {
            let runs = (length > 0).then(|| free.windows(length).find(adjacent));
            runs.flatten().map(<[usize]>::to_vec)
        });
        let run = run.unwrap_or_default();
        self.claim_all(pool, &run, Holder::Claimed);
        run
    }

    /// All free slots of the word that `number` is in. It must be free.
    pub(crate) fn claim_word_of(&mut self, pool: PoolId, number: usize) -> Vec<usize> {
        let word = self.words(pool).find(|free| free.contains(&number));
        let word = word.expect("the model: the slot is free");
        self.claim_all(pool, &word, Holder::Claimed);
        word
    }

    /// Lends a claimed slot.
    pub(crate) fn lend(&mut self, pool: PoolId, number: usize) {
        let slot = self.slot(pool, number);
        assert_eq!(slot.holder, Holder::Claimed, "the model: lent is what was claimed");
        slot.holder = Holder::Loan;
    }

    fn claim_all(&mut self, pool: PoolId, numbers: &[usize], holder: Holder) {
        for number in numbers {
            self.claim(pool, *number, holder);
        }
        if !numbers.is_empty() {
            self.at_mut(pool).one_by_one = false;
        }
    }

    fn claim(&mut self, pool: PoolId, number: usize, holder: Holder) {
        assert!(self.at(pool).queue.is_empty(), "the model: a slot is free though a task waits");
        let slot = self.slot(pool, number);
        assert_eq!(slot.holder, Holder::None, "slot {number} is lent twice");
        slot.holder = holder;
        let lent = self.capacity(pool) - self.available(pool);
        let pool = self.at_mut(pool);
        pool.high_water = pool.high_water.max(lent);
    }

    /// Gives back a slot that a loan or a share had.
    pub(crate) fn give_back(&mut self, pool: PoolId, number: usize) {
        let root = self.root_of(pool);
        let root = self.at_mut(root);
        root.lent += 1;
        match root.hook {
            Hook::Keep => {}
            Hook::Zero => root.stamps[number] = 0,
            Hook::Poison => root.stamps[number] = POISONED,
        }
        self.release(pool, number);
    }

    /// The oldest waiter gets what comes back, unless the pool is closed: then waiters are still
    /// queued while those before them are woken.
    pub(crate) fn release(&mut self, pool: PoolId, number: usize) {
        let closed = self.at(pool).closed;
        let oldest = if closed { None } else { self.at_mut(pool).queue.pop_front() };
        let slot = self.slot(pool, number);
        assert_ne!(slot.holder, Holder::None, "the model: given back twice");
        slot.holder = if oldest.is_some() { Holder::Waiter } else { Holder::None };
        self.at_mut(pool).recent = Some(number);
        match oldest {
            Some(waiter) => {
                self.waiters[waiter.0].state = WaiterState::Served(number);
                self.react(waiter);
            }
            None => self.free_if_left(pool),
        }
    }

    pub(crate) fn freeze(&mut self, pool: PoolId, number: usize) {
        self.slot(pool, number).holder = Holder::Shares(1);
    }

    pub(crate) fn share(&mut self, pool: PoolId, number: usize) {
        let shares = self.shares(pool, number);
        self.slot(pool, number).holder = Holder::Shares(shares + 1);
    }

    pub(crate) fn drop_share(&mut self, pool: PoolId, number: usize) {
        match self.shares(pool, number) {
            1 => self.give_back(pool, number),
            shares => self.slot(pool, number).holder = Holder::Shares(shares - 1),
        }
    }

    /// Returns whether the share was the only one, and is a loan now.
    pub(crate) fn thaw(&mut self, pool: PoolId, number: usize) -> bool {
        let only = self.shares(pool, number) == 1;
        if only {
            self.slot(pool, number).holder = Holder::Loan;
        }
        only
    }

    fn shares(&mut self, pool: PoolId, number: usize) -> usize {
        match self.slot(pool, number).holder {
            Holder::Shares(shares) => shares,
            other => panic!("the model: slot {number} is not frozen but {other:?}"),
        }
    }

    fn slot(&mut self, pool: PoolId, number: usize) -> &mut Slot {
        let slots = &mut self.at_mut(pool).slots;
        slots.iter_mut().find(|slot| slot.number == number).expect("a slot of the pool")
    }

    pub(crate) fn write(&mut self, pool: PoolId, number: usize, stamp: u64) {
        let root = self.root_of(pool);
        self.at_mut(root).stamps[number] = stamp;
    }
}

/// What can be asked.
impl Model {
    pub(crate) fn stamp(&self, pool: PoolId, number: usize) -> u64 {
        self.at(self.root_of(pool)).stamps[number]
    }

    pub(crate) fn stamps(&self, root: PoolId) -> &[u64] {
        &self.at(root).stamps
    }

    pub(crate) fn capacity(&self, pool: PoolId) -> usize {
        self.at(pool).slots.len()
    }

    pub(crate) fn available(&self, pool: PoolId) -> usize {
        self.at(pool).slots.iter().filter(|slot| slot.holder == Holder::None).count()
    }

    /// Says whether a pool may state this high-water mark: it is exact for slots of one word that
    /// were claimed one by one, else an upper bound.
    pub(crate) fn allows_high_water(&self, pool: PoolId, stated: usize) -> bool {
        let Pool { one_by_one, high_water, .. } = *self.at(pool);
        if one_by_one { stated == high_water } else { stated >= high_water }
    }

    pub(crate) fn is_closed(&self, pool: PoolId) -> bool {
        self.at(pool).closed
    }

    pub(crate) fn is_freed(&self, pool: PoolId) -> bool {
        self.at(pool).freed
    }

    pub(crate) fn handles(&self, pool: PoolId) -> usize {
        self.at(pool).handles
    }

    /// Says whether nothing but one handle holds the pool, or any of its slots.
    pub(crate) fn can_be_moved(&self, pool: PoolId) -> bool {
        let is_idle = self.available(pool) == self.capacity(pool);
        self.handles(pool) == 1 && is_idle && !self.is_closed(pool)
    }

    pub(crate) fn lent(&self, pool: PoolId) -> u64 {
        self.at(pool).lent
    }
}
