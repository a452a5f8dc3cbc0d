//! The table of ratios.

/// Prints a line for each measurement, as soon as it is known.
pub struct Table {
    wanted: Vec<u32>,
    begun: bool,
}

/// Median and quartiles of a list of ratios.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: usize| values.get((values.len().saturating_sub(1)) * share / 4).copied().unwrap_or(f64::NAN);
        Self { low: at(1), median: at(2), high: at(3) }
    }

    pub fn exact(value: f64) -> Self {
        Self { low: value, median: value, high: value }
    }
}

impl Table {
    /// No rows named are all rows.
    pub fn new(wanted: Vec<u32>) -> Self {
        Self { wanted, begun: false }
    }

    pub fn wants(&self, rows: &[u32]) -> bool {
        self.wanted.is_empty() || rows.iter().any(|row| self.wanted.contains(row))
    }

    /// `note` says in what the figures were taken, such as microseconds of both sides.
    pub fn row(&mut self, number: u32, what: &str, spread: Spread, reach: &str, note: &str) {
        if !self.begun {
            println!("| # | what | median | quartiles | reach | note |\n| --- | --- | --- | --- | --- | --- |");
            self.begun = true;
        }
        let Spread { low, median, high } = spread;
        println!("| {number} | {what} | {median:.3} | {low:.3} to {high:.3} | {reach} | {note} |");
    }

    /// A row that could not be measured, and why.
    pub fn gap(&mut self, number: u32, what: &str, reach: &str, why: &str) {
        if !self.begun {
            println!("| # | what | median | quartiles | reach | note |\n| --- | --- | --- | --- | --- | --- |");
            self.begun = true;
        }
        println!("| {number} | {what} | not measured | | {reach} | {why} |");
    }
}
