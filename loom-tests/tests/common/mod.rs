//! How every model is run.

use loom::model::Builder;

/// Explores the executions of `model`, all or those with at most `bound` preemptions: once with
/// core's peeks as loads, which may be stale but hide orders, once as read-modify-writes, which
/// hide no order but are never stale. What takes both at once is not explored.
///
/// # Panics
/// If the environment would cut the exploration short: an unfinished model would pass.
pub(crate) fn explore(bound: Option<usize>, model: impl Fn() + Sync + Send + Copy + 'static) {
    for name in ["LOOM_MAX_PERMUTATIONS", "LOOM_MAX_DURATION", "LOOM_CHECKPOINT_FILE"] {
        assert!(std::env::var_os(name).is_none(), "{name} is set: the proof would be cut short");
    }
    let mut builder = Builder::new();
    builder.preemption_bound = bound;
    for by_load in [false, true] {
        framepool_core_loom::peek_by_load(by_load);
        builder.check(model);
    }
}
