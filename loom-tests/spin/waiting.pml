/* Waiting for a slot, with as many rounds as there can be: the protocol of core/src/raw.rs,
 * core/src/raw/waiting.rs and core/src/raw/waiters.rs, under sequential consistency.
 *
 *   here                       there
 *   word[w].slots, .waiters    a state word: slot bits, WAITERS
 *   gate, closed               the gate: how many wait, CLOSED
 *   locked, queue              the waiters' lock, the queue
 *   Idle Queued Served Closed  State, as in raw/waiters.rs
 *   claim claim_fast may_claim confirm set_waiters_and_scan poll_claim cancel give serve close   the
 *   same names
 *
 * Runs and reserves claim as slots do, by one exchange, and confirm alike; they are not here, as
 * no task waits for one.
 *
 * A step is one access to what others can reach then: what is done under the lock to what only the
 * lock's holder touches is one step. Tasks stop for ever wherever they hold nothing but a slot, as by
 * a forgotten loan. So a lost wake-up is a state in which no task can go on, a slot is free, and a
 * task is Queued, or is Served and was not told: `init` waits for such a state.
 *
 * Mutants, each of which must be found: -DMUTANT=1 .. 9, named where they are.
 */

#ifndef TASKS
#define TASKS 3
#endif
#ifndef WORDS
#define WORDS 1
#endif
#ifndef SLOTS
#define SLOTS 1
#endif
#ifndef MUTANT
#define MUTANT 0
#endif
#define ALL ((1 << SLOTS) - 1)
/* Holders that are no task: of a free slot, and of one that a release claims for a waiter. */
#define FREE 255
#define BY_RELEASE 254

mtype = { Idle, Queued, Served, Closed };

typedef Word {
	byte slots;
	bool waiters
};

Word word[WORDS];
byte gate;
bool closed;
bool locked;
byte queue[TASKS];
byte queued;
mtype state[TASKS];
byte handed[TASKS];
bool woken[TASKS];
/* Each slot's holder: I1. */
byte holder[4];
/* Slots of forgotten loans. */
byte forgotten;

inline lock() {
	atomic { !locked -> locked = true }
}

inline unlock() {
	d_step {
		assert(closed || gate == queued);
		locked = false
	}
}

/* One bit-test-and-reset. */
inline claim(to) {
	d_step {
		ok = (word[w].slots >> s) & 1;
		word[w].slots = word[w].slots & ~(1 << s);
		if
		:: ok ->
			assert(holder[w * SLOTS + s] == FREE);
			holder[w * SLOTS + s] = to
		:: else
		fi
	}
}

/* Claims the lowest slot of word w that it sees, as long as it sees one. */
inline claim_lowest(to) {
	ok = false;
	do
	:: atomic {
			word[w].slots != 0 ->
			s = ((word[w].slots & 1) -> 0 : 1)
		};
		claim(to);
		if
		:: ok -> break
		:: else
		fi
	:: atomic { word[w].slots == 0 -> s = 0; break }
	od
}

/* Sets WAITERS in every word, and claims a slot that is free meanwhile. */
inline set_waiters_and_scan(to) {
	w = 0;
	ok = false;
	do
#if MUTANT == 9
	/* WAITERS is set in the first word only. */
	:: w < 1 && !ok ->
#else
	:: w < WORDS && !ok ->
#endif
		d_step {
			word[w].waiters = true;
			seen = word[w].slots
		};
		s = 0;
		do
		:: s < SLOTS && !ok ->
			if
			:: (seen >> s) & 1 -> claim(to)
			:: else
			fi;
			if
			:: !ok -> s++
			:: else
			fi
		:: else -> break
		od;
		if
		:: !ok -> w++
		:: else
		fi
	:: else -> break
	od
}

inline clear_waiters() {
	i = 0;
	do
	:: i < WORDS -> word[i].waiters = false; i++
	:: else -> i = 0; break
	od
}

/* The lock is held. */
inline one_waiter_less() {
	gate--;
	if
	:: gate == 0 && !closed -> clear_waiters()
	:: else
	fi
}

inline settle_oldest(outcome) {
	d_step {
#if MUTANT == 1
		/* Last come, first served. */
		oldest = queue[queued - 1];
#else
		oldest = queue[0];
		i = 1;
		do
		:: i < queued -> queue[i - 1] = queue[i]; i++
		:: else -> break
		od;
		i = 0;
#endif
		queued--;
		queue[queued] = 0;
		assert(state[oldest] == Queued);
		/* FIFO: no task that still waits came before. */
		j = 0;
		do
		:: j < TASKS ->
			assert(state[j] != Queued || turn[j] >= turn[oldest]);
			if
			:: state[j] == Queued && turn[j] > turn[oldest] -> turn[j] = turn[j] - 1
			:: else
			fi;
			j++
		:: else -> break
		od;
		j = 0;
		turn[oldest] = 0;
		state[oldest] = outcome
	}
}

/* Place among the waiters, by the order in which they came. */
byte turn[TASKS];

/* A release whose addition found WAITERS. */
inline serve() {
	lock();
	if
	:: queued > 0 && !closed ->
		/* scan_newest */
		w = 0;
		ok = false;
		do
		:: w < WORDS && !ok ->
			claim_lowest(BY_RELEASE);
			if
			:: !ok -> w++
			:: else
			fi
		:: else -> break
		od;
		if
		:: ok ->
#if MUTANT == 2
			/* Woken before it is served: it looks, finds nothing, and sleeps on. */
			woken[queue[0]] = true;
			unlock();
			lock();
			if
			:: queued == 0 -> goto not_served
			:: else
			fi;
#endif
			settle_oldest(Served);
			d_step {
				handed[oldest] = w * SLOTS + s;
				holder[w * SLOTS + s] = oldest
			};
			one_waiter_less();
			unlock();
#if MUTANT != 2
			woken[oldest] = true
#endif
		:: else -> unlock()
		fi
	:: else -> unlock()
	fi
}

/* Gives slot s of word w back: one addition, which tells whether a task waits. */
inline release() {
	d_step {
		assert(holder[w * SLOTS + s] == me);
		assert(!((word[w].slots >> s) & 1));
		holder[w * SLOTS + s] = FREE;
		word[w].slots = word[w].slots | (1 << s);
		old = word[w].waiters
	};
	if
	:: old -> serve()
	:: else
	fi
}

/* What is not needed any more is made equal, so that states are. */
inline forget_locals() {
	d_step {
		w = 0;
		s = 0;
		seen = 0;
		oldest = 0;
		ok = false;
		old = false;
		pass = false
	}
}

proctype Task(byte me) {
	byte w, s, i, j, seen, oldest;
	bool ok, old, pass;

rest:
	skip;
	forget_locals();
	if
	:: true -> goto stopped
	:: true
	fi;

	/* claim_fast: an exchange, which fails under WAITERS. One step: it acts on what it has seen,
	 * or not at all, and then, or where a hint is tried instead, the claim goes on as below. */
	if
	:: atomic {
			word[0].slots != 0 && !word[0].waiters ->
			/* No overtaking, without exception. */
			assert(queued == 0);
			s = ((word[0].slots & 1) -> 0 : 1);
			claim(me);
			goto held
		}
	:: true
	fi;

	/* claim: the gate first. */
	atomic {
		pass = (gate == 0 && !closed);
		/* No overtaking: a claim that passes began before a task queued. */
		assert(!pass || queued == 0)
	};
	if
	:: pass
	:: else ->
		/* may_claim */
		atomic {
			!locked ->
#if MUTANT == 3
			/* Newcomers pass the waiters. */
			pass = !closed;
#else
			pass = (!closed && gate == 0);
#endif
			assert(!pass || queued == 0)
		}
	fi;
	if
	:: pass ->
		w = 0;
		do
		:: w < WORDS ->
			claim_lowest(me);
			if
			:: ok -> goto held
			:: else -> w++
			fi
		:: else -> break
		od;
#if WORDS > 1
		/* confirm */
		lock();
		if
		:: gate == 0 && !closed ->
			set_waiters_and_scan(me);
			clear_waiters();
			unlock();
			if
			:: ok -> goto held
			:: else
			fi
		:: else -> unlock()
		fi
#endif
	:: else
	fi;
	forget_locals();

	/* Not every caller waits: try_acquire ends here. */
	if
	:: true -> goto rest
	:: true
	fi;

	/* poll_claim */
#if MUTANT == 4
	/* Looks first, queues after: what comes back between is not seen. */
	if
	:: word[0].slots != 0 -> goto rest
	:: else
	fi;
	lock();
	if
	:: closed -> unlock(); goto rest
	:: else
	fi;
	gate++;
	word[0].waiters = true;
	if
#else
	atomic {
		!locked ->
		if
		:: closed -> goto rest
		:: else -> locked = true
		fi
	};
	gate++;
	if
	:: gate == 1 ->
		set_waiters_and_scan(me);
		if
		:: ok ->
			gate = 0;
			clear_waiters();
			unlock();
			goto held
		:: else
		fi
#endif
	:: else
	fi;
	d_step {
		queue[queued] = me;
		state[me] = Queued;
		queued++;
		turn[me] = queued
	};
	forget_locals();
	unlock();
end_waiting:
	if
	:: atomic {
			woken[me] && !locked ->
			woken[me] = false;
			if
			:: state[me] == Served ->
				state[me] = Idle;
				w = handed[me] / SLOTS;
				s = handed[me] % SLOTS;
				handed[me] = 0;
				goto held
			:: state[me] == Closed ->
				state[me] = Idle;
				goto rest
			:: else
			fi
		};
		goto end_waiting
	/* A time-out, or the future is dropped: cancel. Task 0 is patient. */
	:: atomic {
			me != 0 && !locked ->
			locked = true;
			woken[me] = false
		};
		if
		:: state[me] == Queued ->
			d_step {
				state[me] = Idle;
				i = 0;
				do
				:: queue[i] != me -> i++
				:: else -> break
				od;
				do
				:: i + 1 < queued -> queue[i] = queue[i + 1]; i++
				:: else -> break
				od;
				queued--;
				queue[queued] = 0;
				i = 0;
				do
				:: i < TASKS ->
					if
					:: state[i] == Queued && turn[i] > turn[me] -> turn[i] = turn[i] - 1
					:: else
					fi;
					i++
				:: else -> break
				od;
				i = 0;
				turn[me] = 0
			};
#if MUTANT == 5
			/* The count of waiters is left as it was. */
			skip;
#else
			one_waiter_less();
#endif
			unlock();
			goto rest
		:: state[me] == Served ->
			d_step {
				state[me] = Idle;
				w = handed[me] / SLOTS;
				s = handed[me] % SLOTS;
				handed[me] = 0;
				unlock()
			};
#if MUTANT == 6
			/* The slot that it was handed is lost. */
			goto rest;
#else
			release();
			goto rest;
#endif
		:: else ->
			d_step {
				state[me] = Idle;
				unlock()
			};
			goto rest
		fi
	fi;

held:
	if
	:: d_step {
			true ->
			forgotten = forgotten | (1 << (w * SLOTS + s))
		};
		goto stopped
	:: true
	fi;
	release();
	goto rest;

not_served:
	unlock();
	goto rest;

stopped:
	skip
}

#ifdef CLOSES
proctype Closer() {
	byte i, j, oldest;
	bool more;

	lock();
	closed = true;
	i = 0;
	do
	:: i < WORDS -> word[i].waiters = true; i++
	:: else -> i = 0; break
	od;
	unlock();
	do
	:: atomic {
			!locked ->
			locked = true;
			more = queued > 0
		};
		if
		:: more -> settle_oldest(Closed)
		:: else
		fi;
		unlock();
		if
		:: more ->
#if MUTANT == 7
			/* Turned away, and not told. */
			skip
#else
			woken[oldest] = true
#endif
		:: else -> break
		fi
#if MUTANT == 8
		;
		/* Only the oldest is turned away. */
		break
#endif
	od
}
#endif

init {
	byte i;
	atomic {
		i = 0;
		do
		:: i < WORDS -> word[i].slots = ALL; i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < WORDS * SLOTS -> holder[i] = FREE; i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < TASKS -> state[i] = Idle; run Task(i); i++
		:: else -> break
		od;
#ifdef CLOSES
		run Closer()
#endif
	};
	/* No task can go on. */
	timeout ->
	d_step {
		i = 0;
		do
		:: i < TASKS ->
			assert(state[i] == Idle || state[i] == Queued);
			assert(state[i] != Queued || (!closed && word[0].slots == 0 && word[WORDS - 1].slots == 0));
			i++
		:: else -> break
		od;
		/* I2: every slot is free, or was forgotten. */
		i = 0;
		do
		:: i < WORDS * SLOTS ->
			assert(((word[i / SLOTS].slots >> (i % SLOTS)) & 1) || ((forgotten >> i) & 1));
			i++
		:: else -> break
		od
	}
}
