//! The table of ratios.

use crate::Answer;

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
        let at = |share: usize| {
            values.get((values.len().saturating_sub(1)) * share / 4).copied().unwrap_or(f64::NAN)
        };
        Self { low: at(1), median: at(2), high: at(3) }
    }

    pub fn exact(value: f64) -> Self {
        Self { low: value, median: value, high: value }
    }
}

/// What a figure is to reach, and beyond what it has failed.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    AtLeast(f64, f64),
    AtMost(f64, f64),
    /// For comparison only.
    None,
}

impl Goal {
    fn columns(self, value: f64) -> [String; 3] {
        let (sign, reach, fail, reached, failed) = match self {
            Self::AtLeast(reach, fail) => ("≥", reach, fail, value >= reach, value < fail),
            Self::AtMost(reach, fail) => ("≤", reach, fail, value <= reach, value > fail),
            Self::None => return Default::default(),
        };
        let verdict = match (reached, failed) {
            (true, _) => "reached",
            (_, true) => "failed",
            _ => "short",
        };
        let fail = if fail.is_finite() { fail.to_string() } else { String::new() };
        [format!("{sign} {reach}"), fail, verdict.to_owned()]
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

    /// Takes these rows where one of them is wanted. What goes wrong leaves a gap, not an end.
    pub fn take(&mut self, rows: &[u32], measure: impl FnOnce(&mut Self) -> Answer<()>) {
        if self.wants(rows)
            && let Err(e) = measure(self)
        {
            self.gap(rows[0], "and what follows it", &e.to_string().replace('\n', " "));
        }
    }

    fn begin(&mut self) {
        if !self.begun {
            println!("| # | what | median | quartiles | reach | failed beyond | | in |");
            println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
            self.begun = true;
        }
    }

    /// `note` says in what the figures were taken, such as microseconds of both sides.
    pub fn row(&mut self, number: u32, what: &str, spread: Spread, goal: Goal, note: &str) {
        self.begin();
        let Spread { low, median, high } = spread;
        let [reach, fail, verdict] = goal.columns(median);
        println!(
            "| {number} | {what} | {median:.3} | {low:.3} to {high:.3} | {reach} | {fail} | {verdict} | {note} |"
        );
    }

    /// A row that could not be measured, and why.
    pub fn gap(&mut self, number: u32, what: &str, why: &str) {
        self.begin();
        println!("| {number} | {what} | not measured | | | | | {why} |");
    }
}
