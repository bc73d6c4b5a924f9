/* Claims, releases and waiting, with as many rounds as there can be: the protocol of core/src/raw.rs,
 * core/src/raw/waiting.rs, queue.rs, watch.rs and waiters.rs there, under sequential consistency.
 *
 *   here                       there
 *   word[w].slots, .watched    a state word: slot bits, WATCHED
 *   watch, since               the watch word: its flags; its count, by the tasks that have looked since it changed
 *   left                       the word classes left for the lock's holder: word w is class w
 *   locked, queue              the waiters' lock, the list under it
 *   Idle Queued Served Closed  State, as in raw/waiters.rs
 *   CLOSED WAITING EXHAUSTED CLEARING  flags, as in raw/watch.rs
 *   claim claim_fast may_claim settle claim_seen claim_or_watch end_watching start_clearing
 *   stop_clearing confirm confirm_exhausted is_still look start_waiting stop_waiting poll_claim
 *   cancel release report serve serve_by serve_left serve_oldest lock_if_left wake close   the same names
 *   wakers, AT_ONCE            the same names: those that were served and are not woken yet; how many at most
 *
 * Runs, reserves and hinted claims claim as slots do, by one exchange, and runs confirm alike; they are
 * not here, as no task waits for one. That a hinted claim takes note of reports (`heed`) makes a
 * comparison fail though nothing was given back: with HEEDS any may.
 *
 * A step is one access to what others can reach then. What is done under the lock to what only its
 * holder touches is one step with the access before or after it, and so are:
 * - taking the lock, and the first access under it; the last one, letting go of it, and waking the tasks
 *   that were served if they are AT_ONCE
 * - waking a task, and what goes before it; and looking for a slot and claiming it where the flags do not
 *   matter: an attempt that fails changes nothing
 *
 * What is checked:
 * - Each slot has one holder (`holder`), and none is lost.
 * - A claim that passes the waiters began before they queued; of waiters, the oldest is served (`turn`).
 *   No claim passes that began after the pool was closed.
 * - No lost wake-up: if no thread is under way, that is if each is between two operations, or waits and
 *   was not woken, or is in the waker of a task that it has served, then no slot is free while a task is
 *   queued, and no word is left (`check_served`). So a waker may wait for any task that is to be served. If
 *   no thread is in a waker either, no task is served and not told (`check_told`). A thread that wakes as
 *   many as AT_ONCE before it looks for word is under way: such wakers may not wait. A slot may be kept for
 *   ever, as by a forgotten loan.
 * - "None is free" is said only if at that instant no slot is free that a release that is over gave
 *   back (`giver`): neither when exhaustion is confirmed, or was, nor when a caller is turned away because
 *   tasks wait.
 * - STOPS: one task stops for ever anywhere, also while it holds the lock. Releases of the others end.
 *
 * Pools differ: -DSHARED, one that is shared, of which an only word is reported too; -DCRITICAL, one whose
 * lock is a critical section: a release takes it, hands out the one slot that it brings, and leaves none.
 *
 * Mutants, each of which must be found: -DMUTANT=1 .. 26, named where they are.
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
/* The most tasks that are served before the first is woken. */
#if defined(CRITICAL)
#define AT_ONCE 1
#endif
#ifndef AT_ONCE
#define AT_ONCE 2
#endif
/* All slots of a word. */
#define ALL ((1 << SLOTS) - 1)
#define EVERY_TASK ((1 << TASKS) - 1)
/* The tasks, and the one that closes. */
#define EVERYONE ((2 << TASKS) - 1)
/* The tasks that claim without waiting, those of them that try the fast path first, those that may begin
 * with the second word, those that confirm that they have found nothing, those that end the watching of
 * a word, those that wait, and those that may give up waiting: bit sets, by which a model too large is split. */
#ifndef CLAIM
#define CLAIM EVERY_TASK
#endif
#ifndef FAST
#define FAST CLAIM
#endif
#ifndef SECOND
#define SECOND EVERY_TASK
#endif
#ifndef CONFIRM
#define CONFIRM EVERY_TASK
#endif
#ifndef CLEAR
#define CLEAR EVERY_TASK
#endif
#ifndef WAIT
#define WAIT EVERY_TASK
#endif
#ifndef CANCEL
#define CANCEL (EVERY_TASK - 1)
#endif
#define NONE 255
/* Holders that are no task: of a free slot, and of one that was forgotten. */
#define FREE 255
#define FORGOTTEN 254

#define WAITING 1
#define EXHAUSTED 2
#define CLEARING 4
#define CLOSED 8

mtype = { Idle, Queued, Served, Closed };

typedef Word {
	byte slots;
	bool watched
};

Word word[WORDS];
byte watch;
/* The tasks that have not looked at the watch word since its count changed, or need not know. */
byte since;
byte left;
bool locked;
byte queue[TASKS];
byte queued;
mtype state[TASKS];
byte handed[TASKS];
/* The tasks that were told: they take their outcome without the lock. */
byte told;
bool woken[TASKS];
/* Place among the waiters, by the order in which they came. */
byte turn[TASKS];
/* Each slot's holder: I1. */
byte holder[WORDS * SLOTS];
/* The task whose release of the slot is not over. */
byte giver[WORDS * SLOTS];
/* The tasks that have begun nothing, or have nothing to do but wait. */
byte idle;
/* The tasks that are in the waker of a task that they have served. */
byte waking;
#ifdef STOPS
byte stopped = NONE;
byte releasing;
#endif

#define IS_FREE(i) ((word[(i) / SLOTS].slots >> ((i) % SLOTS)) & 1)
#define IS_OVER(i) (IS_FREE(i) && giver[i] == NONE)
#if WORDS * SLOTS == 1
#define NOTHING_FREE (!IS_OVER(0))
#else
#define NOTHING_FREE (!IS_OVER(0) && !IS_OVER(1))
#endif

inline let_go() {
	assert(((watch & WAITING) != 0) == (queued > 0));
#if WORDS == 1
	/* One word is watched while tasks wait, and no longer. */
	assert((watch & CLOSED) || word[0].watched == (queued > 0));
#endif
	locked = false
}

/* Resets the bit of slot s of word w. */
inline take(to) {
	ok = (word[w].slots >> s) & 1;
	word[w].slots = word[w].slots & ~(1 << s);
	if
	:: ok ->
		assert(holder[w * SLOTS + s] == FREE);
		holder[w * SLOTS + s] = to
	:: else
	fi
}

#define CLOSING_IS_OVER ((watch & CLOSED) && (idle >> TASKS))

/* The lowest free slot of word w, or another. */
#define LOWEST ((word[w].slots & 1) -> 0 : SLOTS - 1)

#if MUTANT == 9
/* Only the first word is watched. */
#define WATCHED_WORDS 1
#else
#define WATCHED_WORDS WORDS
#endif

/* Claims a slot of any word, and sees to it that words that have none are watched. */
inline claim_or_watch() {
	do
	:: atomic {
			w < WATCHED_WORDS && !ok && seen == 0 ->
#if MUTANT != 19
			/* 19: no word is watched. */
			word[w].watched = true;
#endif
			seen = word[w].slots;
			w = (seen == 0 -> w + 1 : w)
		}
	:: atomic {
			seen != 0 ->
			s = ((seen & 1) -> 0 : 1);
			seen = seen & ~(1 << s);
			take(me);
			if
			:: ok -> seen = 0
			:: else ->
				s = 0;
				w = (seen == 0 -> w + 1 : w)
			fi
		}
	:: atomic {
			ok || w == WATCHED_WORDS ->
			w = (ok -> w : 0);
			break
		}
	od
}

/* Takes note of what is known, to search after it. */
inline look() {
	known = watch;
	since = since & ~(1 << me)
}

#define IS_STILL (watch == known && !((since >> me) & 1) && !(known & CLEARING))

inline start_waiting() {
	known = watch;
	if
	:: !(known & CLOSED) -> watch = watch | WAITING
	:: else
	fi
}

#define IS_FULL (wakers[AT_ONCE - 1] != NONE)

inline keep_waker() {
	do
	:: wakers[i] != NONE -> i++
	:: else -> break
	od;
	wakers[i] = oldest;
	oldest = NONE;
	i = 0
}

/* The first of those that were served is woken. */
inline wake_first() {
#if MUTANT != 2
	/* One that was told may have gone already. */
	woken[wakers[0]] = (state[wakers[0]] != Idle);
#endif
	do
	:: i + 1 < AT_ONCE -> wakers[i] = wakers[i + 1]; i++
	:: else -> break
	od;
	wakers[i] = NONE;
	i = 0
}

/* They are woken before the thread looks for word. In a critical section it has none to look for. */
inline wake_if_full() {
#ifdef CRITICAL
	skip
#else
	if
	:: IS_FULL ->
		do
		:: wakers[0] != NONE -> wake_first()
		:: else -> break
		od
	:: else
	fi
#endif
}

/* The lock is held, and no waiter is left: an only word is watched no longer. */
inline unwatch() {
#if WORDS == 1
	d_step {
		if
		:: watch & CLOSED
		:: else -> word[0].watched = false
		fi
	}
#else
	skip
#endif
}

/* The lock is held, and no waiter is left: `claim` passes again. Lets go of the lock. */
inline stop_waiting() {
	unwatch();
	d_step {
		watch = watch & ~WAITING;
		let_go();
		wake_if_full()
	}
}

inline dequeue(n) {
	i = n;
	do
	:: i + 1 < queued -> queue[i] = queue[i + 1]; i++
	:: else -> break
	od;
	queued--;
	queue[queued] = 0;
	i = 0
}

/* Those behind task n move up. */
inline move_up(n) {
	i = 0;
	do
	:: i < TASKS ->
		if
		:: state[i] == Queued && turn[i] > turn[n] -> turn[i] = turn[i] - 1
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0;
	turn[n] = 0
}

inline settle_oldest(outcome) {
#if MUTANT == 1
	/* Last come, first served. */
	oldest = queue[queued - 1];
	dequeue(queued - 1);
#else
	oldest = queue[0];
	dequeue(0);
#endif
	assert(state[oldest] == Queued);
	/* FIFO: no task that still waits came before. */
	i = 0;
	do
	:: i < TASKS -> assert(state[i] != Queued || turn[i] >= turn[oldest]); i++
	:: else -> break
	od;
	move_up(oldest);
	state[oldest] = outcome;
	last = (queued == 0)
}

/* The waker of the first begins: it may take its time. */
inline start_waking() {
	waking = waking | (1 << me);
	check_if_all_idle()
}

/* Goes on to the wakers, if there are any: no word is left that this thread has to serve. */
inline wake_rest() {
	if
	:: wakers[0] == NONE -> goto done
	:: else -> start_waking(); goto wake
	fi
}

inline end_waking() {
	d_step {
		waking = waking & ~(1 << me);
		wake_first()
	}
}

/* The lock is held: what is to be served, if there is anything to serve. */
inline take_left() {
	if
	:: words == 0 -> words = left; left = 0
	:: else
	fi;
	if
	:: queued == 0 || (watch & CLOSED) -> words = 0
	:: else
	fi
}

/* What must hold when no thread is under way, though some may be in wakers. */
inline check_served() {
	assert(!locked && (left == 0 || queued == 0 || (watch & CLOSED)));
	assert(((watch & WAITING) != 0) == (queued > 0));
	/* No lost wake-up, and none is queued for good. */
	assert(queued == 0 || !(watch & CLOSED) && word[0].slots == 0 && word[WORDS - 1].slots == 0)
}

/* What else must hold when none is in a waker. */
inline check_told() {
	i = 0;
	do
	:: i < TASKS -> assert(state[i] == Idle || state[i] == Queued); i++
	:: else -> break
	od;
	/* I2: every slot is free, or was forgotten. */
	i = 0;
	do
	:: i < WORDS * SLOTS ->
		assert(holder[i] == (IS_FREE(i) -> FREE : FORGOTTEN));
		i++
	:: else -> break
	od
}

inline check_if_all_idle() {
#ifndef STOPS
	i = 0;
	do
	:: i < TASKS && !woken[i] -> i++
	:: else -> break
	od;
	if
	:: i == TASKS && (idle | waking) == EVERYONE -> check_served()
	:: else
	fi;
	if
	:: i == TASKS && idle == EVERYONE -> check_told()
	:: else
	fi;
	i = 0
#else
	skip
#endif
}

/* What is not needed any more is made equal, so that states are. */
inline forget_but_slot() {
	oldest = NONE;
	newest = NONE;
	words = 0;
	known = 0;
	first = 0;
	kept = NONE;
	ok = false;
	got = false;
	last = false;
	after = 0;
	since = since | (1 << me)
}

/* The release, if there was one, is over. */
inline arrive() {
	d_step {
		w = 0;
		s = 0;
		forget_but_slot();
		if
		:: given != NONE && giver[given] == me -> giver[given] = NONE
		:: else
		fi;
		given = NONE;
#ifdef STOPS
		releasing = releasing & ~(1 << me);
#endif
		idle = idle | (1 << me);
		check_if_all_idle()
	}
}

#define MAY(what) ((what >> me) & 1)

inline depart() { idle = idle & ~(1 << me) }

/* Where a thread goes on that has looked for word. */
#define TO_REST 0
#define TO_SLEEP 1
#define TO_SLOT 2
#define TO_GIVE 3
#define TO_SETTLE 4
#define TO_SEARCH 5
#define TO_CONFIRM 6
#define TO_SEEN 7

#ifdef STOPS
proctype Task(byte me) provided (stopped != _pid) {
#else
proctype Task(byte me) {
#endif
	byte w, s, i, seen, words, known, first, after;
	byte oldest = NONE, newest = NONE, kept = NONE, given = NONE;
	byte wakers[AT_ONCE] = NONE;
	bool ok, got, last;

rest:
	atomic { arrive() };
end_rest:
	if
	/* claim_fast: looks, and if the word is not watched claims the slot that came back last, whether it
	 * is watched by then or not. */
	:: atomic {
			MAY(FAST) && word[0].slots != 0 && !word[0].watched ->
			depart();
			/* No overtaking: a claim that passes began before a task queued. */
			assert(queued == 0 && !CLOSING_IS_OVER);
			s = LOWEST
		};
		goto claim_recent
#if WORDS > 1
	:: atomic {
			MAY(FAST) && word[1].slots != 0 && !word[1].watched ->
			depart();
			assert(queued == 0);
			w = 1;
			s = LOWEST
		};
		goto claim_recent
#endif
	/* claim */
	:: atomic {
			MAY(CLAIM) ->
			depart();
			if
			:: !(watch & (WAITING | CLOSED)) ->
				assert(queued == 0);
				goto search
			:: (watch & CLOSED) -> goto rest
			:: else -> goto settle
			fi
		}
	/* poll_claim */
	:: atomic {
			MAY(WAIT) && !locked ->
			depart();
			locked = true;
#if MUTANT == 4
			known = watch;
#else
			start_waiting();
#endif
			goto poll
		}
#ifdef STOPS
	:: goto stop
#endif
	fi;

claim_recent:
	atomic { take(me) };
	if
	:: ok -> goto held
	:: else -> goto rest
	fi;

settle:
	/* may_claim: takes the lock when every release that is over has been served. */
	atomic {
		!locked ->
		locked = true;
		after = TO_SETTLE;
#if MUTANT == 17
		/* Word that was left is not served before a caller is turned away. */
		if
		:: true ->
#else
		if
		:: left == 0 ->
#endif
			after = ((watch & (WAITING | CLOSED)) -> TO_REST : TO_SEARCH);
			/* A free slot is due to a waiter only if its release is under way. */
			assert(after == TO_SEARCH || (watch & CLOSED) || NOTHING_FREE);
#if MUTANT == 3
			/* Newcomers pass the waiters. */
			after = TO_SEARCH;
#endif
			assert(after != TO_SEARCH || queued == 0)
		:: else
		fi
	};
	atomic {
		let_go();
#if MUTANT == 23
		/* A claim that has asked does not look for word. */
		if
		:: after == TO_REST -> goto rest
		:: after == TO_SEARCH -> goto search
		:: else -> goto serve_left
		fi
#else
		goto serve_left
#endif
	};

search:
#if WORDS == 1
	atomic {
		s = LOWEST;
		take(me)
	};
	if
	:: ok -> goto held
	:: else -> goto rest
	fi;
#else
	atomic {
		after = 0;
		look();
		/* The words are searched from the first on, or from the second. */
		if
		:: w = 0
		:: MAY(SECOND) -> w = 1
		fi
	};
	if
	:: (known & EXHAUSTED) ->
		atomic {
			if
			:: (watch & EXHAUSTED) -> assert(NOTHING_FREE); goto rest
			:: else
			fi
		}
	:: else
	fi;
next_word:
	/* claim_seen */
	if
	:: atomic {
			MAY(CLEAR) && word[w].watched && word[w].slots != 0 && !locked ->
			/* end_watching: the lock is taken if it is free. */
			locked = true;
			after = TO_SEEN;
			kept = w;
			w = 0
#if MUTANT == 25
			/* The word is cleared before that is said. */
			;
			if
			:: watch & (WAITING | CLOSED)
			:: else -> word[kept].watched = false
			fi
#endif
		};
		/* start_clearing */
		d_step {
			got = !(watch & (WAITING | CLOSED));
			if
			:: got ->
#if MUTANT == 14
				/* Nothing tells that a word is being cleared. */
				watch = watch & ~EXHAUSTED;
#else
				watch = (watch & ~EXHAUSTED) | CLEARING;
#endif
#if MUTANT != 15
				/* 15: it is not reported. */
				since = EVERY_TASK
#endif
			:: else -> let_go()
			fi
		};
		if
		:: got ->
			got = false;
			word[kept].watched = false;
			/* stop_clearing */
			d_step {
				watch = watch & ~CLEARING;
				let_go()
			}
		:: else
		fi;
		goto serve_left
	/* It was not watched when it was looked at, or the lock was held. */
	:: atomic { true -> goto seen_word }
	fi;
seen_word:
	atomic {
		s = LOWEST;
		take(me);
		if
		:: ok -> first = 0
		:: !ok && first == 0 -> first = 1; s = 0; w = 1 - w
		:: else -> first = 2; s = 0; w = 0
		fi
	};
	if
	:: ok -> goto held
	:: first == 1 -> goto next_word
	:: !ok && first != 1 && !MAY(CONFIRM) -> goto rest
	:: else -> first = 0
	fi;

	/* confirm */
	claim_or_watch();
	if
	:: ok -> goto held
	:: else
	fi;
	/* confirm_exhausted */
	if
	:: atomic {
#if MUTANT == 13
			/* Confirmed without comparing. */
			!(known & CLEARING) ->
			watch = watch | EXHAUSTED;
#else
			/* Or another claim has confirmed it. */
			IS_STILL || (!(known & CLEARING) && (watch & EXHAUSTED)) ->
			watch = watch | EXHAUSTED;
#endif
			assert(NOTHING_FREE);
			goto rest
		}
	:: atomic {
			!IS_STILL && ((known & CLEARING) || !(watch & EXHAUSTED)) ->
			known = 0;
			since = since | (1 << me)
		}
#ifdef HEEDS
	/* REPORTED was cleared meanwhile. */
	:: atomic {
			true ->
			known = 0;
			since = since | (1 << me)
		}
#endif
	fi;
confirm:
	/* settle, start_waiting */
	atomic {
		!locked ->
		locked = true;
		after = TO_CONFIRM;
		if
		:: left == 0 ->
			after = TO_REST;
			start_waiting();
			assert(!(known & WAITING) || NOTHING_FREE)
		:: else
		fi
	};
	if
	:: after == TO_CONFIRM || (known & (WAITING | CLOSED)) ->
		atomic {
			let_go();
			known = 0;
			goto serve_left
		}
	:: else
	fi;
again:
	atomic { look() };
	claim_or_watch();
	atomic {
		if
		:: ok -> kept = w * SLOTS + s; after = TO_SLOT
#if MUTANT == 27
		/* Searched once, whatever was reported meanwhile. */
		:: !ok -> assert(NOTHING_FREE)
#else
		:: !ok && IS_STILL -> assert(NOTHING_FREE)
#endif
		:: else -> goto again
		fi;
		w = 0;
		s = 0;
		ok = false;
		known = 0;
		since = since | (1 << me)
	};
	stop_waiting();
	/* Word that was left meanwhile is of slots that no task waits for. */
	goto done;
#endif

poll:
#if MUTANT == 4
	/* Looks first, says that it waits after: what comes back between is not served. */
	if
	:: known & (WAITING | CLOSED | EXHAUSTED)
	:: else ->
		claim_or_watch();
		if
		:: ok -> kept = w * SLOTS + s; after = TO_SLOT; goto polled
		:: else
		fi
	fi;
	d_step { start_waiting() };
#endif
	if
	:: known & CLOSED ->
		atomic {
			let_go();
			goto serve_left
		}
#if MUTANT != 4
	:: !(known & (WAITING | CLOSED | EXHAUSTED)) ->
		known = 0;
		claim_or_watch();
		if
		:: ok -> kept = w * SLOTS + s; after = TO_SLOT; goto polled
		:: else
		fi
#endif
	:: else
	fi;
	atomic {
		queue[queued] = me;
		state[me] = Queued;
		queued++;
		turn[me] = queued;
		after = TO_SLEEP;
		let_go();
		known = 0;
#if MUTANT == 10
		/* A task that has queued does not look for word. */
		goto asleep
#else
		goto serve_left
#endif
	};
polled:
	w = 0;
	s = 0;
	ok = false;
	stop_waiting();
	goto serve_left;

asleep:
	atomic { arrive() };
end_waiting:
	if
	/* outcome: without the lock, and before it is woken, too. */
	:: atomic {
			(told >> me) & 1 ->
			depart();
			told = told & ~(1 << me);
			woken[me] = false;
			if
			:: state[me] == Served ->
				kept = handed[me];
				handed[me] = 0;
				after = TO_SLOT
			:: else -> assert(state[me] == Closed)
			fi;
			state[me] = Idle;
			goto done
		}
	:: atomic {
			woken[me] && !locked ->
			depart();
			locked = true;
			told = told & ~(1 << me);
			woken[me] = false;
			if
			:: state[me] == Served ->
				state[me] = Idle;
				kept = handed[me];
				handed[me] = 0;
				after = TO_SLOT
			:: state[me] == Closed -> state[me] = Idle
			:: else -> after = TO_SLEEP
			fi
		}
	/* cancel: a time-out, or the future is dropped. */
	:: atomic {
			MAY(CANCEL) && !locked ->
			depart();
			locked = true;
			told = told & ~(1 << me);
			woken[me] = false;
			if
			:: state[me] == Queued ->
				state[me] = Idle;
				first = 0;
				do
				:: queue[first] != me -> first++
				:: else -> break
				od;
				dequeue(first);
				first = 0;
				move_up(me);
				last = (queued == 0)
			:: state[me] == Served ->
				state[me] = Idle;
				kept = handed[me];
				handed[me] = 0;
#if MUTANT == 6
				/* The slot that it was handed is lost. */
				kept = NONE;
#else
				after = TO_GIVE
#endif
			:: else -> state[me] = Idle
			fi
		}
	fi;
	if
#if MUTANT == 5
	/* The last waiter leaves WAITING up. */
	:: last -> d_step { last = false; locked = false }
#else
	:: last -> last = false; stop_waiting()
#endif
	:: else -> d_step { let_go() }
	fi;
	if
	/* The release of the slot also looks for word that was left meanwhile. */
	:: after == TO_GIVE -> goto done
	:: else -> goto serve_left
	fi;

held:
	atomic { forget_but_slot() };
	if
	:: atomic { true -> holder[w * SLOTS + s] = FORGOTTEN; goto rest }
	:: true
	fi;
give:
	/* release: one addition, which tells whether the word is watched. */
	atomic {
		assert(holder[w * SLOTS + s] == me);
		assert(!((word[w].slots >> s) & 1));
		holder[w * SLOTS + s] = FREE;
		word[w].slots = word[w].slots | (1 << s);
		given = w * SLOTS + s;
		words = 1 << w;
		ok = false;
		s = 0;
		if
		:: word[w].watched ->
			giver[given] = me;
			w = 0;
#ifdef STOPS
			releasing = releasing | (1 << me)
#endif
		:: else ->
			giver[given] = NONE;
			goto rest
		fi
	};
	/* report: not of an only word, unless the pool is shared */
#if WORDS > 1 || defined(SHARED)
	atomic {
		since = EVERY_TASK;
#if MUTANT != 12
		/* 12: a report does not end exhaustion. */
		watch = watch & ~EXHAUSTED;
#endif
		if
		:: watch & WAITING
		:: else -> goto rest
		fi
	};
#endif
#if MUTANT == 20
	/* A release does not serve. */
	goto rest;
#endif
	/* serve */
	atomic {
#if MUTANT == 21 || defined(CRITICAL)
		/* 21: a release waits for the lock. */
		!locked ->
#endif
		if
		:: !locked ->
			locked = true;
			take_left();
			goto serve_by
		:: else
		fi
	};
	atomic {
		left = left | words;
		words = 0;
#if MUTANT == 11
		/* The lock may have been let go of, and word looked for, before it was left. */
		goto rest
#endif
	};
	goto try_serve;

	/* Looks for word after the lock was let go of: also lock_if_left. */
serve_left:
	atomic {
#if MUTANT == 18
		/* Word is taken before the lock is: it is neither left nor served. */
		words = words | left;
		left = 0;
		if
		:: words == 0 -> wake_rest()
		:: else
		fi
	};
	atomic {
		if
		:: !locked ->
			locked = true;
			take_left();
			goto serve_by
		:: else
		fi
	};
	atomic {
		left = left | words;
		words = 0
	};
#else
		if
		:: left == 0 -> wake_rest()
		:: else
		fi
	};
#endif
try_serve:
	atomic {
		if
		:: locked -> wake_rest()
		:: else ->
			locked = true;
			take_left()
		fi
	};

	/* Serves with the lock held. */
serve_by:
#if MUTANT == 2
	/* Woken before it is served: it looks, finds nothing, and sleeps on. */
	if
	:: words != 0 ->
		d_step {
			woken[queue[0]] = true;
			let_go()
		};
		atomic {
			!locked ->
			locked = true;
			take_left()
		}
	:: else
	fi;
#endif
	do
	:: words != 0 && !IS_FULL ->
		/* serve_oldest */
		d_step {
			w = ((words & 1) -> 0 : 1);
			s = LOWEST;
			take(queue[0]);
			if
			:: ok ->
				settle_oldest(Served);
				handed[oldest] = w * SLOTS + s;
				holder[w * SLOTS + s] = oldest;
				words = (last -> 0 : words);
				/* The last one when WAITING has ended. */
				told = told | (last -> 0 : 1 << oldest);
				newest = (last -> oldest : NONE);
				keep_waker()
			:: else -> words = words & ~(1 << w)
			fi;
			w = 0;
			s = 0;
			ok = false
		}
	:: else -> break
	od;
	if
	:: last ->
		last = false;
		unwatch();
		d_step { watch = watch & ~WAITING };
		d_step {
			told = told | (1 << newest);
			newest = NONE
		};
		d_step {
			let_go();
			wake_if_full()
		}
	:: else ->
		d_step {
#if MUTANT != 16 && !defined(CRITICAL)
			/* 16: that a word may have more for other waiters is forgotten. */
#if MUTANT != 18
			left = left | words;
			words = 0;
#endif
#else
			words = 0;
#endif
			let_go();
			wake_if_full()
		}
	fi;
#if MUTANT == 26
	/* It wakes those that it has served before it looks for word. */
	do
	:: atomic { wakers[0] != NONE -> start_waking() };
		end_waking()
	:: else -> break
	od;
#endif
#if MUTANT == 24 || defined(CRITICAL)
	/* 24: a thread that has served does not look for word again. */
	atomic { wake_rest() };
#else
	goto serve_left;
#endif

wake:
	end_waking();
	atomic { wake_rest() };

done:
	atomic {
		if
		:: after == TO_REST -> goto rest
		:: after == TO_SLEEP -> goto asleep
		:: after == TO_SETTLE -> after = 0; goto settle
		:: after == TO_SEARCH -> after = 0; goto search
#if WORDS > 1
		:: after == TO_CONFIRM -> after = 0; goto confirm
		:: after == TO_SEEN -> w = kept; kept = NONE; after = 0; goto seen_word
#endif
		:: else ->
			w = kept / SLOTS;
			s = kept % SLOTS;
			kept = NONE
		fi;
		if
		:: after == TO_GIVE -> after = 0; goto give
		:: else -> after = 0; goto held
		fi
	};

stop:
	skip
}

#ifdef CLOSES
proctype Closer() {
	byte i, w;
	byte oldest = NONE;
	bool last;

	atomic {
		!locked ->
		locked = true;
		idle = idle & ~(1 << TASKS)
	};
	d_step {
		watch = watch | CLOSED;
		locked = false
	};
#if MUTANT == 22
	/* No word is watched: a later claim is not kept away. */
	w = WORDS;
#endif
	do
	:: w < WORDS -> word[w].watched = true; w++
	:: else -> break
	od;
	w = 0;
	do
	:: atomic {
			!locked ->
			locked = true;
			if
			:: queued > 0 ->
				settle_oldest(Closed);
				told = told | (last -> 0 : 1 << oldest)
			:: else
			fi
		};
		if
		:: last ->
			d_step {
				last = false;
				watch = watch & ~WAITING
			};
			d_step { told = told | (1 << oldest) }
		:: else
		fi;
		d_step { let_go() };
		if
		:: oldest != NONE ->
#if MUTANT == 7
			/* Turned away, and not told. */
			oldest = NONE
#else
			d_step {
				woken[oldest] = (state[oldest] != Idle);
				oldest = NONE
			}
#endif
		:: else -> break
		fi;
#if MUTANT == 8
		/* Only the oldest is turned away. */
		break
#endif
	od;
	atomic {
		idle = idle | (1 << TASKS);
		check_if_all_idle()
	}
}
#endif

init {
	byte i;
	atomic {
		since = EVERY_TASK;
		idle = EVERYONE;
		i = 0;
		do
		:: i < WORDS -> word[i].slots = ALL; i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < WORDS * SLOTS -> holder[i] = FREE; giver[i] = NONE; i++
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
#ifdef STOPS
	/* The first task, which never cancels, or another one, by its process. */
	if
	:: stopped = 1
	:: stopped = 2
	fi;
#endif
#ifdef STOPS
	timeout -> assert((releasing & ~(1 << (stopped - 1))) == 0)
#endif
}
