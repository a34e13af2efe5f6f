//! What the records of one group say together.

use std::fmt;

use crate::record::Record;

#[derive(Default)]
pub struct Totals {
    size: u64,
    took: Vec<u32>,
}

impl Totals {
    pub fn add(&mut self, record: &Record) {
        self.size += u64::from(record.size);
        self.took.push(record.took_ms);
    }

    fn quantile(&self, share: f64) -> Option<u32> {
        let mut ordered = self.took.clone();
        ordered.sort_unstable();
        let rank = (share * ordered.len() as f64).ceil() as usize;
        ordered.get(rank.saturating_sub(1)).copied()
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mean = self.size as f64 / self.took.len() as f64;
        let (median, p95) = (self.quantile(0.5), self.quantile(0.95));
        write!(f, "{:>6} {mean:>9.1} {:>5}", self.took.len(), median.unwrap_or_default())?;
        write!(f, " {:>5}", p95.unwrap_or_default())
    }
}
