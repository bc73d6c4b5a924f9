//! A loan's slot holds what its pool holds, for as long as that lives: not something shorter-lived.

use framepool_core::{Loan, Pool};

static NAMES: Pool<&'static str, 2> = Pool::new([""; 2]);

fn shorten<'p, 'a>(loan: Loan<&'p Pool<&'static str, 2>>) -> Loan<&'p Pool<&'a str, 2>> {
    loan
}

fn main() {
    let name = String::from("gone");
    if let Some(loan) = NAMES.try_acquire() {
        *shorten(loan) = &name;
    }
}
