//! Guards: what holds claimed slots, or waits for one.
//!
//! ```text
//!   acquire -> Loan --freeze--> Frozen --clone, slice--> Frozen ...
//!               |  <---thaw---    |  (when it is the only one)
//!               v                 v
//!            release           release, by the last one
//!
//!   pool_ref <- loan <- frozen <- bytes
//!               loan <- local_loan, run, acquire
//! ```

mod acquire;
#[cfg(feature = "bytes")]
mod bytes;
mod frozen;
mod loan;
mod local_loan;
mod pool_ref;
mod run;

pub use acquire::Acquire;
pub use frozen::Frozen;
pub use loan::Loan;
pub use local_loan::LocalLoan;
pub(crate) use pool_ref::PoolPtr;
pub use pool_ref::PoolRef;
#[cfg(feature = "alloc")]
pub(crate) use pool_ref::sealed;
pub(crate) use run::Claimed;
pub use run::Run;
