//! From instructions on standard input to C, or to an image for the virtual machine, on standard
//! output: `toy_backend c|vm`.

mod c;

use std::io::{self, Read, Write};

fn main() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).expect("instructions are UTF-8");
    let made = match std::env::args().nth(1).as_deref() {
        Some("c") => c::generate(&text),
        Some("vm") => format!("toy image 1\n{text}"),
        _ => {
            eprintln!("toy_backend: error: say c or vm");
            std::process::exit(2);
        }
    };
    io::stdout().write_all(made.as_bytes()).expect("standard output takes it");
}
