//! How long to wait after failed attempts: a pure decision over counters that every instance shares through the database
//! (`throttles`).
//!
//! A login counts twice: for the account from one address, where a few failures already slow down, and for the address alone,
//! where many are needed (people share addresses). There is no counter for the account alone, or else anyone could lock
//! anyone out.
//!
//! Many attempts at once must not all see the same counter. So count the attempt as [`Outcome::Failure`] first, in a
//! transaction of its own, then check the password, and then, if it was right, report [`Outcome::Success`].

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::keys::leeway;

/// The part of an address that its holder cannot choose freely: of IPv6 the first half, since a site gets at least a /64 (RFC 6177).
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
        IpAddr::V4(address) => IpAddr::V4(address),
    }
}

/// What is stored under a throttle's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Failures in this window.
    pub failures: i32,
    /// When the first of them was.
    pub window_started_at: DateTime<Utc>,
    /// Until when every attempt is refused unseen.
    pub blocked_until: Option<DateTime<Utc>>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// As it should.
    Success,
    /// Badly.
    Failure,
}

/// How patient a throttle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// So many failures in a window cost nothing.
    free: i32,
    /// What the next one costs; each one after it, twice as much.
    first_block: TimeDelta,
    /// The most that one costs.
    longest_block: TimeDelta,
    /// After so long without a failure or a block, all is forgotten.
    window: TimeDelta,
    /// Whether a success clears the counter, or only takes back the one attempt. An attacker with an account of their own
    /// could otherwise clear it at will.
    success_clears: bool,
}

impl Rule {
    /// One account from one address: five failures are free, then 2, 4, 8 … seconds, at most 15 minutes.
    pub const ACCOUNT: Self = Self {
        free: 5,
        first_block: TimeDelta::seconds(2),
        longest_block: TimeDelta::minutes(15),
        window: TimeDelta::hours(1),
        success_clears: true,
    };

    /// One address, whatever the account: thirty failures are free, then 10, 20, 40 … seconds, at most 15 minutes.
    pub const ADDRESS: Self = Self {
        free: 30,
        first_block: TimeDelta::seconds(10),
        longest_block: TimeDelta::minutes(15),
        window: TimeDelta::hours(1),
        success_clears: false,
    };

    /// How many failures cost nothing.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.free.unsigned_abs()
    }

    /// After how many seconds without one all is forgotten.
    #[must_use]
    pub fn window_seconds(&self) -> u32 {
        u32::try_from(self.window.num_seconds()).unwrap_or(u32::MAX)
    }

    /// What is to be stored after an attempt ended; `attempts` is what was stored before, if anything.
    #[must_use]
    pub fn next(&self, attempts: Option<&Attempts>, now: DateTime<Utc>, outcome: Outcome) -> Attempts {
        let fresh = Attempts { failures: 0, window_started_at: now, blocked_until: None };
        let before = attempts.filter(|attempts| !self.is_over(attempts, now)).copied().unwrap_or(fresh);
        match outcome {
            Outcome::Failure => {
                let failures = before.failures.saturating_add(1);
                let blocked_until = self.block(failures).and_then(|block| now.checked_add_signed(block));
                Attempts { failures, blocked_until: blocked_until.max(before.blocked_until), ..before }
            }
            Outcome::Success if self.success_clears => fresh,
            Outcome::Success => {
                let failures = before.failures.saturating_sub(1).max(0);
                let blocked_until = before.blocked_until.filter(|_| failures > self.free);
                Attempts { failures, blocked_until, ..before }
            }
        }
    }

    /// What the failure of this number costs, counted from one.
    fn block(&self, failures: i32) -> Option<TimeDelta> {
        let doublings = u32::try_from(failures.checked_sub(self.free)?.checked_sub(1)?).ok()?;
        let factor = 2_i32.checked_pow(doublings).unwrap_or(i32::MAX);
        Some(self.first_block.checked_mul(factor).unwrap_or(self.longest_block).min(self.longest_block))
    }

    /// Whether what is stored counts no more, and its row may be deleted: its time is over, or it was written while some clock was
    /// ahead. By a clock that is right no window begins in the future, and no block ends later than the longest of them; what says so
    /// must not keep people out until the future comes.
    #[must_use]
    pub fn is_over(&self, attempts: &Attempts, now: DateTime<Utc>) -> bool {
        let last = attempts
            .blocked_until
            .map_or(attempts.window_started_at, |until| until.max(attempts.window_started_at));
        let is_from_the_future = attempts.window_started_at.signed_duration_since(now) > leeway()
            || last.signed_duration_since(now) > self.longest_block + leeway();
        is_from_the_future || now.signed_duration_since(last) >= self.window
    }

    /// How long to wait, if at all: an attempt before that is refused unseen, and not counted.
    #[must_use]
    pub fn wait(&self, attempts: &Attempts, now: DateTime<Utc>) -> Option<TimeDelta> {
        let left = attempts.blocked_until?.signed_duration_since(now);
        (left > TimeDelta::zero() && !self.is_over(attempts, now)).then_some(left)
    }
}

/// The same in whole seconds, rounded up: for `Retry-After`.
#[must_use]
pub fn retry_after_seconds(wait: TimeDelta) -> u32 {
    let seconds = wait.num_milliseconds().max(0).saturating_add(999) / 1000;
    u32::try_from(seconds).unwrap_or(u32::MAX).max(1)
}

/// The key of [`Rule::ACCOUNT`]. `email_key` is the e-mail address as it is looked up by. It is hashed, so that the table does
/// not collect the addresses of people who have no account here.
#[must_use]
pub fn account_key(email_key: &str, ip: Option<&str>) -> String {
    let digest = Sha256::new()
        .chain_update(email_key.as_bytes())
        .chain_update([0])
        .chain_update(address(ip).as_bytes())
        .finalize();
    format!("login:account:{digest:x}")
}

/// The key of [`Rule::ADDRESS`].
#[must_use]
pub fn address_key(ip: Option<&str>) -> String {
    format!("login:address:{}", address(ip))
}

/// The key of [`Rule::ACCOUNT`] for the present password, which somebody shows who has logged in. It is the login's and not the
/// account's: whoever has got hold of one login must not be able to keep the owner, who logs in anew, from changing the password.
#[must_use]
pub fn proof_key(login: Uuid) -> String {
    format!("proof:login:{login}")
}

/// The key of [`Rule::ADDRESS`] for refresh tokens.
#[must_use]
pub fn refresh_key(ip: Option<&str>) -> String {
    format!("refresh:address:{}", address(ip))
}

/// The address to count by: for IPv6 the network of 64 bits, all of which one caller usually has.
#[must_use]
pub fn address(ip: Option<&str>) -> String {
    use std::net::{IpAddr, Ipv6Addr};
    match ip.and_then(|ip| ip.parse::<IpAddr>().ok()).map(|ip| ip.to_canonical()) {
        None => "unknown".into(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => format!("{}/64", Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn seconds(n: i64) -> TimeDelta {
        TimeDelta::seconds(n)
    }

    /// Fails `times` times, each as soon as it is allowed. The last state, when, and each wait.
    fn fail(rule: &Rule, times: usize) -> (Attempts, DateTime<Utc>, Vec<i64>) {
        let mut now = at(0);
        let mut attempts = None;
        let mut waits = Vec::new();
        for _ in 0..times {
            let next = rule.next(attempts.as_ref(), now, Outcome::Failure);
            let wait = rule.wait(&next, now).unwrap_or_default();
            waits.push(wait.num_seconds());
            now += wait;
            attempts = Some(next);
        }
        (attempts.unwrap(), now, waits)
    }

    #[test]
    fn a_few_failures_are_free_and_then_each_costs_twice_the_last() {
        let (_, _, waits) = fail(&Rule::ACCOUNT, 18);
        assert_eq!(waits, [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
        let (_, _, waits) = fail(&Rule::ADDRESS, 40);
        assert_eq!(waits[29..], [0, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
    }

    #[test]
    fn a_day_of_guessing_gets_about_a_hundred_guesses() {
        let (mut now, mut attempts, mut guesses) = (at(0), None, 0);
        while now < at(86_400) {
            let next = Rule::ACCOUNT.next(attempts.as_ref(), now, Outcome::Failure);
            now += Rule::ACCOUNT.wait(&next, now).unwrap_or_default();
            attempts = Some(next);
            guesses += 1;
        }
        assert!((90..120).contains(&guesses), "{guesses}");
    }

    #[test]
    fn the_wait_runs_out() {
        let (attempts, ..) = fail(&Rule::ACCOUNT, 6);
        assert_eq!(Rule::ACCOUNT.wait(&attempts, at(0)), Some(seconds(2)));
        assert_eq!(Rule::ACCOUNT.wait(&attempts, at(1)), Some(seconds(1)));
        assert_eq!(Rule::ACCOUNT.wait(&attempts, at(2)), None);
    }

    #[test]
    fn logging_in_clears_the_account_but_not_the_address() {
        let (attempts, now, _) = fail(&Rule::ACCOUNT, 7);
        let cleared = Rule::ACCOUNT.next(Some(&attempts), now, Outcome::Success);
        assert_eq!((cleared.failures, cleared.blocked_until), (0, None));

        let (attempts, now, _) = fail(&Rule::ADDRESS, 25);
        let counted = Rule::ADDRESS.next(Some(&attempts), now, Outcome::Failure);
        let back = Rule::ADDRESS.next(Some(&counted), now, Outcome::Success);
        assert_eq!(
            back, attempts,
            "a success takes back the attempt that was counted before the check, and no more"
        );
    }

    #[test]
    fn a_success_at_the_limit_takes_its_own_block_back() {
        let (attempts, now, _) = fail(&Rule::ADDRESS, 30);
        let counted = Rule::ADDRESS.next(Some(&attempts), now, Outcome::Failure);
        assert!(Rule::ADDRESS.wait(&counted, now).is_some());
        assert_eq!(Rule::ADDRESS.wait(&Rule::ADDRESS.next(Some(&counted), now, Outcome::Success), now), None);
        assert_eq!(Rule::ADDRESS.next(None, now, Outcome::Success).failures, 0);
    }

    #[test]
    fn an_hour_of_rest_forgets_everything_and_a_block_is_no_rest() {
        let (attempts, ..) = fail(&Rule::ACCOUNT, 3);
        assert!(!Rule::ACCOUNT.is_over(&attempts, at(3599)));
        assert!(Rule::ACCOUNT.is_over(&attempts, at(3600)));
        assert_eq!(Rule::ACCOUNT.next(Some(&attempts), at(3600), Outcome::Failure).failures, 1);

        let (attempts, now, _) = fail(&Rule::ACCOUNT, 16);
        assert!(now > at(1800));
        let next = Rule::ACCOUNT.next(Some(&attempts), now + TimeDelta::minutes(59), Outcome::Failure);
        assert_eq!(next.failures, 17, "the window reaches an hour beyond the last block");
    }

    #[test]
    fn a_failure_never_shortens_a_block() {
        let attempts = Attempts { failures: 0, window_started_at: at(0), blocked_until: Some(at(500)) };
        let next = Rule::ACCOUNT.next(Some(&attempts), at(1), Outcome::Failure);
        assert_eq!(next.blocked_until, Some(at(500)));
    }

    #[test]
    fn what_was_counted_while_a_clock_was_ahead_counts_no_more_once_it_is_right() {
        for rule in [Rule::ACCOUNT, Rule::ADDRESS] {
            let (mut attempts, ahead) = (None, at(2 * 86_400));
            for _ in 0..40 {
                attempts = Some(rule.next(attempts.as_ref(), ahead, Outcome::Failure));
            }
            let attempts = attempts.unwrap();
            assert!(rule.wait(&attempts, ahead).is_some());
            assert_eq!(rule.wait(&attempts, at(0)), None);
            assert_eq!(rule.next(Some(&attempts), at(0), Outcome::Failure).failures, 1);
            // Two instances whose clocks differ by a moment still count together.
            let (attempts, ..) = fail(&rule, 3);
            assert_eq!(rule.next(Some(&attempts), at(-20), Outcome::Failure).failures, 4);
        }
        // Counted before, and blocked by the clock that was ahead.
        let attempts = Attempts { failures: 9, window_started_at: at(-60), blocked_until: Some(at(86_400)) };
        assert_eq!(Rule::ACCOUNT.wait(&attempts, at(0)), None);
    }

    #[test]
    fn counters_do_not_overflow() {
        let attempts = Attempts { failures: i32::MAX, window_started_at: at(0), blocked_until: None };
        let next = Rule::ACCOUNT.next(Some(&attempts), at(1), Outcome::Failure);
        assert_eq!((next.failures, Rule::ACCOUNT.wait(&next, at(1))), (i32::MAX, Some(seconds(900))));
        let broken = Attempts { failures: i32::MIN, ..attempts };
        assert_eq!(
            Rule::ACCOUNT.wait(&Rule::ACCOUNT.next(Some(&broken), at(1), Outcome::Failure), at(1)),
            None
        );
    }

    #[test]
    fn seconds_to_wait_are_rounded_up() {
        assert_eq!(retry_after_seconds(TimeDelta::milliseconds(1)), 1);
        assert_eq!(retry_after_seconds(TimeDelta::milliseconds(1001)), 2);
        assert_eq!(retry_after_seconds(TimeDelta::zero()), 1);
    }

    #[test]
    fn addresses_are_counted_by_the_network_that_one_caller_has() {
        assert_eq!(address(Some("203.0.113.7")), "203.0.113.7");
        assert_eq!(address(Some("::ffff:203.0.113.7")), "203.0.113.7");
        assert_eq!(address(Some("2001:db8:1:2:3:4:5:6")), "2001:db8:1:2::/64");
        assert_eq!(address(Some("2001:db8:1:2::9")), "2001:db8:1:2::/64");
        assert_eq!(address(Some("unix")), "unknown");
        assert_eq!(address(None), "unknown");
    }

    #[test]
    fn keys_keep_accounts_and_addresses_apart_and_hide_the_account() {
        let key = account_key("ada@example.org", Some("203.0.113.7"));
        assert!(!key.contains("ada"));
        assert_ne!(key, account_key("ada@example.org", Some("203.0.113.8")));
        assert_ne!(key, account_key("eve@example.org", Some("203.0.113.7")));
        assert_eq!(address_key(Some("203.0.113.7")), "login:address:203.0.113.7");
    }
}
