/* Lock-freedom of claim and release: core/src/raw/free_list.rs, with as many rounds as there can be.
 *
 *   here            there
 *   slots           a state word's slot bits
 *   claim_lowest    looks for the lowest bit, then resets it: one bit-test-and-reset
 *   claim_chosen    looks, then compares and exchanges: a run of two
 *   release         one addition
 *   serve, serve_by, serve_left   with WAITED: what follows where a task waits (core/src/raw/queue.rs)
 *
 * A task may be held up anywhere, for ever. Whatever the others do, one of them comes to an end of
 * what it began again and again: no cycle of steps goes without a claim, a release, or an answer
 * that nothing is free. spin looks for such non-progress cycles (-DNP, pan -l).
 *
 * WAITED: a task waits again and again, and its lock may be held for ever. Where slots are does not matter
 * then: they are counted. The task that waits for the lock does so without a step; a release that tried
 * the lock until it is free would be a cycle.
 *
 * Mutants: -DMUTANT=1, a claim that takes the word in its hand: others wait for it; -DMUTANT=2 (WAITED),
 * a release that tries the lock until it is free; -DMUTANT=3 (WAITED), a release that has left word and
 * looks until it was taken.
 */

#ifndef TASKS
#define TASKS 3
#endif
#ifndef MUTANT
#define MUTANT 0
#endif
#define ALL 3

byte slots = ALL;
bool locked;

inline release(bits) {
	d_step {
		assert(!(slots & bits));
		slots = slots | bits
	}
}

proctype One() {
	byte seen, mine;
	bool ok;

	do
	:: /* claim_lowest */
		do
		:: seen = slots;
			if
			:: seen == 0 ->
progress_none:
				seen = 0;
				break
			:: else ->
				mine = ((seen & 1) -> 1 : 2);
				seen = 0
			fi;
#if MUTANT == 1
			do
			:: atomic { !locked -> locked = true; break }
			:: locked -> skip
			od;
			skip;
#endif
			d_step {
				ok = (slots & mine) != 0;
				slots = slots & ~mine
			};
#if MUTANT == 1
			locked = false;
#endif
			if
			:: ok ->
progress_claimed:
				ok = false;
				release(mine);
progress_released:
				mine = 0;
				break
			:: else -> mine = 0
			fi
		od
	od
}

proctype Both() {
	byte seen;
	bool ok;

	do
	:: /* claim_chosen: the bits of a run of two, if both are free */
		seen = slots;
		do
		:: seen != ALL ->
progress_no_run:
			seen = 0;
			break
		:: else ->
			d_step {
				ok = (slots == seen);
				if
				:: ok -> slots = 0
				:: else -> seen = slots
				fi
			};
			if
			:: ok ->
progress_run:
				ok = false;
				release(ALL);
progress_run_released:
				seen = 0;
				break
			:: else
			fi
		od
	od
}

#ifdef WAITED
byte free = 2;
bool left;
bool waiting;
bool handed;

inline try_lock() {
	d_step {
		got = !locked;
		locked = true
	}
}

/* The lock is held. */
inline serve_by() {
	do
	:: left = false;
		/* serve_oldest */
		if
		:: waiting ->
			d_step {
				got = (free > 0);
				if
				:: got -> free--
				:: else
				fi
			};
			if
			:: got ->
progress_served:
				got = false;
				d_step {
					waiting = false;
					handed = true
				}
			:: else
			fi
		:: else
		fi;
		locked = false;
		if
		:: left -> try_lock()
		:: else -> got = false
		fi;
		if
		:: got -> got = false
		:: else -> break
		fi
	od;
	got = false
}

inline serve() {
#if MUTANT == 2
	do
	:: try_lock();
		if
		:: got -> break
		:: else
		fi
	od;
#else
	try_lock();
#endif
	if
	:: got
	:: else ->
		left = true;
#if MUTANT == 3
		do
		:: !left -> break
		:: left -> skip
		od;
#endif
		try_lock()
	fi;
	if
	:: got -> got = false; serve_by()
	:: else
	fi
}

inline serve_left() {
	got = left;
	if
	:: got ->
		try_lock();
		if
		:: got -> got = false; serve_by()
		:: else
		fi
	:: else
	fi
}

proctype Releasing() {
	bool got;

	do
	:: d_step {
			got = (free > 0);
			if
			:: got -> free--
			:: else
			fi
		};
		if
		:: got ->
progress_taken:
			got = false;
			free++;
			/* report */
			if
			:: waiting -> serve()
			:: else
			fi;
progress_given:
			skip
		:: else ->
progress_none_free:
			skip
		fi
	od
}

proctype Waiting() {
	bool got;

	do
	:: atomic { !locked -> locked = true };
		waiting = true;
		d_step {
			got = (free > 0);
			if
			:: got -> free--; waiting = false
			:: else
			fi
		};
		locked = false;
progress_polled:
		if
		:: got ->
			got = false;
			serve_left()
		:: else ->
			serve_left();
			handed -> handed = false
		fi;
		free++;
		if
		:: waiting -> serve()
		:: else
		fi
	od
}
#endif

init {
	byte i;
	atomic {
#ifdef WAITED
		run Waiting();
#else
		run Both();
#endif
		i = 1;
		do
#ifdef WAITED
		:: i < TASKS -> run Releasing(); i++
#else
		:: i < TASKS -> run One(); i++
#endif
		:: else -> break
		od
	}
}
