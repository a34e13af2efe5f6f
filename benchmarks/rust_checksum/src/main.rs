//! Prints an FNV-1a checksum of a counted loop: the one workload that is not Python.

mod fnv;

fn main() {
    let mut hash = fnv::Fnv1a::new();
    for number in 0..20_000_000u64 {
        hash.write(number);
    }
    println!("{:016x}", hash.finish());
}
