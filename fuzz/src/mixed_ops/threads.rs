//! Threads that do as they are told, one after the other.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// How many there are.
pub(super) const THREADS: usize = 3;

type Task = Box<dyn FnOnce() + Send>;

struct Worker {
    tasks: SyncSender<Task>,
    thread: JoinHandle<()>,
}

/// The threads; each begins with its first task.
pub(super) struct Threads([Option<Worker>; THREADS]);

impl Threads {
    pub(super) fn new() -> Self {
        Self([const { None }; THREADS])
    }

    /// Runs `task` on a thread, and waits for its answer.
    pub(super) fn run<R: Send + 'static>(
        &mut self,
        thread: usize,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> R {
        let worker = self.0[thread].get_or_insert_with(|| {
            let (tasks, given) = sync_channel::<Task>(0);
            let thread = thread::spawn(move || given.into_iter().for_each(|task| task()));
            Worker { tasks, thread }
        });
        let (answer, answered) = sync_channel(1);
        let task = move || {
            // A fault is the driver's to report, and the thread goes on.
            let done = catch_unwind(AssertUnwindSafe(task));
            answer.send(done).expect("the driver waits");
        };
        worker.tasks.send(Box::new(task)).expect("the thread lives");
        match answered.recv().expect("it answers") {
            Ok(done) => done,
            Err(fault) => resume_unwind(fault),
        }
    }

    /// Ends a thread, and what it keeps with it.
    pub(super) fn end(&mut self, thread: usize) {
        if let Some(Worker { tasks, thread }) = self.0[thread].take() {
            drop(tasks);
            thread.join().expect("tasks do not panic");
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        (0..THREADS).for_each(|thread| self.end(thread));
    }
}
