//! Large pools: what a turn costs by the number of slots, how many are on loan, and the order in which
//! loans come back.
//!
//! The slots that are on loan are held throughout, but for the few in [flight](super::in_flight),
//! which are part of the share: at 95 %, 54 of 62 slots are held and 4 are in flight. A measurement
//! begins with the warm-up, after which the words that are looked at are in the cache.

use super::array_queue::Indices;
use super::in_flight::{Fifo, IN_FLIGHT, Lifo, Order, Random, of_pool, of_queue};
use super::lasting;
use super::lent::{Held, Slots, occupied};
use crate::measure::Comparison;

const SIZES: [usize; 4] = [62, 1024, 4096, 65_536];

/// How much is on loan.
#[derive(Clone, Copy)]
struct Occupancy {
    percent: usize,
    which: Held,
    name: &'static str,
}

const OCCUPANCIES: [Occupancy; 5] = [
    Occupancy { percent: 0, which: Held::Lowest, name: "none held" },
    Occupancy { percent: 50, which: Held::Lowest, name: "the lowest 50 % on loan" },
    Occupancy { percent: 50, which: Held::Scattered, name: "50 % on loan, scattered" },
    Occupancy { percent: 95, which: Held::Lowest, name: "the lowest 95 % on loan" },
    Occupancy { percent: 95, which: Held::Scattered, name: "95 % on loan, scattered" },
];

impl Occupancy {
    fn pool(self, slots: usize) -> &'static Slots {
        occupied(slots, (slots * self.percent / 100).saturating_sub(IN_FLIGHT), self.which)
    }
}

pub(crate) fn comparisons() -> Vec<Comparison> {
    let pools = OCCUPANCIES.map(|occupancy| SIZES.map(|slots| occupancy.pool(slots)));
    let by_order = OCCUPANCIES.iter().zip(&pools).flat_map(|(occupancy, pools)| {
        [
            by_size::<Lifo>(*occupancy, pools),
            by_size::<Fifo>(*occupancy, pools),
            by_size::<Random>(*occupancy, pools),
        ]
    });
    by_order.chain([beside_a_queue(&pools)]).collect()
}

fn by_size<O: Order>(occupancy: Occupancy, pools: &[&'static Slots]) -> Comparison {
    let subject = |pool: &&'static Slots| {
        of_pool::<O, _>(format!("framepool: {} slots", pool.capacity()), *pool)
    };
    Comparison {
        name: format!("BoxedPool, {} order, {}", O::NAME, occupancy.name),
        threads: 1,
        subjects: pools.iter().map(subject).collect(),
    }
}

/// A queue of indices does not look for a free one, and goes round through all of its memory.
fn beside_a_queue(pools: &[[&'static Slots; SIZES.len()]]) -> Comparison {
    let slots = SIZES[SIZES.len() - 1];
    let indices = lasting(Indices::new(slots));
    let queue = of_queue::<Fifo>("crossbeam ArrayQueue of indices, none held", indices);
    let ours = OCCUPANCIES.iter().zip(pools).map(|(occupancy, pools)| {
        let name = format!("framepool: BoxedPool, {}", occupancy.name);
        of_pool::<Fifo, _>(name, pools[SIZES.len() - 1])
    });
    Comparison {
        name: format!("{slots} slots, FIFO order, beside a queue"),
        threads: 1,
        subjects: [queue].into_iter().chain(ours).collect(),
    }
}
