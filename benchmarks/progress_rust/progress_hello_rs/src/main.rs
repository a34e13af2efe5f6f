//! The smallest crate of the compile-progress cases: one line of output.

fn main() {
    println!("hello, progress");
}
