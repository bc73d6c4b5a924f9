/* Lock-freedom of claim and release: core/src/raw/free_list.rs, with as many rounds as there can be.
 *
 *   here            there
 *   slots           a state word's slot bits
 *   claim_lowest    looks for the lowest bit, then resets it: one bit-test-and-reset
 *   claim_chosen    looks, then compares and exchanges: a run of two
 *   release         one addition
 *
 * A task may be held up anywhere, for ever. Whatever the others do, one of them comes to an end of
 * what it began again and again: no cycle of steps goes without a claim, a release, or an answer
 * that nothing is free. spin looks for such non-progress cycles (-DNP, pan -l).
 *
 * Mutant: -DMUTANT=1, a claim that takes the word in its hand: others wait for it.
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

init {
	byte i;
	atomic {
		run Both();
		i = 1;
		do
		:: i < TASKS -> run One(); i++
		:: else -> break
		od
	}
}
