//! Work for the compiler, not for the reader: one generic pipeline, instantiated for many types.
//!
//! One of four crates alike that are built side by side to make builds meet at a lock. Each has a
//! seed and a package of its own, so that no two are one action.

use std::collections::{BTreeMap, HashMap};

const SEED: u64 = 3;

macro_rules! pipelines {
    ($($name:ident $offset:literal),* $(,)?) => {
        $(
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            struct $name {
                key: u64,
                words: Vec<String>,
                parent: Option<Box<$name>>,
            }

            impl $name {
                fn made(number: u64) -> Self {
                    let key = (number + $offset).wrapping_mul(SEED) % 97;
                    let words = (0..key % 5).map(|w| format!("{w}-{key:x}")).collect();
                    let parent = (number % 3 == 0).then(|| Box::new($name::made(number + 1)));
                    $name { key, words, parent }
                }

                fn run(count: u64) -> u64 {
                    let made: Vec<Self> = (0..count).map(Self::made).collect();
                    let mut groups: BTreeMap<u64, Vec<&Self>> = BTreeMap::new();
                    let mut seen: HashMap<&Self, usize> = HashMap::new();
                    for item in &made {
                        groups.entry(item.key % 7).or_default().push(item);
                        *seen.entry(item).or_default() += item.words.len();
                    }
                    for group in groups.values_mut() {
                        group.sort_by(|a, b| b.words.cmp(&a.words).then(a.key.cmp(&b.key)));
                        group.dedup();
                    }
                    let text: String = groups
                        .iter()
                        .flat_map(|(key, group)| group.iter().map(move |item| (key, item)))
                        .filter(|(key, item)| item.parent.is_some() || **key > 2)
                        .map(|(key, item)| format!("{key}{item:?};"))
                        .collect();
                    text.bytes().fold(seen.len() as u64, |h, b| h.wrapping_mul(31) + u64::from(b))
                }
            }
        )*

        fn total() -> u64 {
            [$($name::run(40)),*].iter().fold(SEED, |sum, part| sum.rotate_left(5) ^ part)
        }
    };
}

pipelines! {
    Alder 3, Ash 5, Aspen 7, Beech 11, Birch 13, Cedar 17, Cherry 19, Elder 23, Elm 29, Fir 31,
}

fn main() {
    println!("contention_3: {:016x}", total());
}
