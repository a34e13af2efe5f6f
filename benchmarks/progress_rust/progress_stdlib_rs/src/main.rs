//! A small log analyser that leans on the standard library: parsing, maps, sorting, formatting.
//!
//! It makes its own lines from a fixed seed; what it prints is the same on every machine.

mod record;
mod totals;

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::fmt::Write as _;
use std::io::{self, BufRead, Cursor, Write};

use record::{Level, Record};
use totals::Totals;

/// A multiplicative generator (Lehmer, 64 bit): enough for made-up data.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

fn made_lines(count: usize) -> String {
    const PATHS: [&str; 6] = ["/index", "/user", "/search", "/app.css", "/login", "/report"];
    let mut random = Random(20_260_210);
    let mut text = String::new();
    let mut second = 8 * 3600;
    for _ in 0..count {
        second += 1 + random.below(240);
        let level = ["DEBUG", "INFO", "INFO", "WARN", "ERROR"][random.below(5) as usize];
        let path = PATHS[random.below(PATHS.len() as u64) as usize];
        let (host, took, size) = (random.below(4) + 1, random.below(400), random.below(60_000));
        writeln!(text, "{second} web{host} {level} path={path} took={took} size={size}").unwrap();
    }
    text.push_str("not a record\n\n");
    text
}

fn grouped<'a, K: Ord>(records: &'a [Record], key: impl Fn(&'a Record) -> K) -> BTreeMap<K, Totals> {
    let mut groups = BTreeMap::new();
    for record in records {
        groups.entry(key(record)).or_insert_with(Totals::default).add(record);
    }
    groups
}

fn busiest_hours(records: &[Record], count: usize) -> Vec<(usize, u64)> {
    let mut hours: HashMap<u64, usize> = HashMap::new();
    for record in records {
        *hours.entry(record.second / 3600).or_default() += 1;
    }
    let mut heap: BinaryHeap<(usize, u64)> = hours.into_iter().map(|(h, n)| (n, h)).collect();
    std::iter::from_fn(|| heap.pop()).take(count).collect()
}

fn longest_quiet(records: &[Record], window: usize) -> u64 {
    let mut recent: VecDeque<u64> = VecDeque::with_capacity(window);
    let mut longest = 0;
    for record in records {
        if recent.len() == window {
            let first = recent.pop_front().unwrap_or_default();
            longest = longest.max(record.second - first);
        }
        recent.push_back(record.second);
    }
    longest
}

fn checksum(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn run(out: &mut impl Write) -> io::Result<()> {
    let text = made_lines(5000);
    let (mut records, mut bad) = (Vec::new(), Vec::new());
    for line in Cursor::new(&text).lines() {
        match line?.parse::<Record>() {
            Ok(record) => records.push(record),
            Err(error) => bad.push(error.to_string()),
        }
    }
    writeln!(out, "{} records, bad: {}", records.len(), bad.join("; "))?;
    for (host, totals) in grouped(&records, |r| r.host.as_str()) {
        writeln!(out, "  {host:<10}{totals}")?;
    }
    for (level, totals) in grouped(&records, |r| r.level) {
        writeln!(out, "  {:<10}{totals}", format!("{level:?}"))?;
    }
    let paths: BTreeSet<&str> = records.iter().map(|r| r.path.as_str()).collect();
    writeln!(out, "paths: {paths:?}")?;
    writeln!(out, "busiest: {:?}", busiest_hours(&records, 3))?;
    writeln!(out, "longest quiet: {} s", longest_quiet(&records, 5))?;
    records.sort_by(|a, b| b.took_ms.cmp(&a.took_ms).then_with(|| a.path.cmp(&b.path)));
    let slowest: Vec<String> = records.iter().take(3).map(Record::to_string).collect();
    writeln!(out, "slowest: {}", slowest.join(" | "))?;
    let errors = records.iter().filter(|r| matches!(r.level, Level::Error | Level::Warn));
    writeln!(out, "warnings: {:.3}", errors.count() as f64 / records.len() as f64)?;
    writeln!(out, "checksum: {:016x}", checksum(&text))
}

fn main() {
    if let Err(error) = run(&mut io::stdout().lock()) {
        eprintln!("cannot write: {error}");
        std::process::exit(1);
    }
}
