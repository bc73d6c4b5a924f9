//! A loan is unique: its slot has one holder.

use framepool_core::Pool;

static BYTES: Pool<u8, 2> = Pool::new([0; 2]);

fn doubled<T: Clone>(_: &T) {}

fn main() {
    let loan = BYTES.try_acquire().expect("free");
    doubled(&loan);
}
