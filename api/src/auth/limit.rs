//! Limits of rate: so many operations of a class in so long, for one account or one address. Pure; what is counted where is
//! `service/limits.rs`.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use super::keys::leeway;

/// The longest time that a limit counts over, in seconds. What is stored of it goes a while after.
const LONGEST_SECONDS: u32 = 3_600;
/// Of a quota, the part that an instance takes at a time: so many writes does a whole quota cost at most.
const SHARES: u32 = 10;
/// Of a quota of reads, the part that each instance gives without asking.
const FREE: u32 = 4;

/// So many operations in so many seconds; written `20/60`, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Operations in one window; none at all is no limit.
    pub quota: u32,
    /// The window, in seconds.
    pub seconds: u32,
}

impl Limit {
    /// No limit.
    pub const OFF: Self = Self { quota: 0, seconds: 0 };

    /// Whether there is one.
    #[must_use]
    pub const fn is_on(self) -> bool {
        self.quota > 0
    }

    /// The window.
    #[must_use]
    pub fn window(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.seconds))
    }

    /// What an instance takes of the quota at a time.
    #[must_use]
    pub fn share(self) -> u32 {
        (self.quota / SHARES).max(1)
    }

    /// What an instance gives of a quota of reads before it asks what others have given.
    #[must_use]
    pub fn free(self) -> u32 {
        self.quota / FREE
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_on() { write!(f, "{}/{}", self.quota, self.seconds) } else { f.write_str("off") }
    }
}

/// A text that is no limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write how many in how many seconds, such as 20/60 (at least 1, in 1 to {LONGEST_SECONDS} seconds), or off"
)]
pub struct NoLimit;

impl FromStr for Limit {
    type Err = NoLimit;

    fn from_str(text: &str) -> Result<Self, NoLimit> {
        if text.trim() == "off" {
            return Ok(Self::OFF);
        }
        let (quota, seconds) = text.split_once('/').ok_or(NoLimit)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| NoLimit);
        let limit = Self { quota: number(quota)?, seconds: number(seconds)? };
        // Counts are stored in 32 bits with a sign.
        let is_good = (1..=i32::MAX.unsigned_abs()).contains(&limit.quota)
            && (1..=LONGEST_SECONDS).contains(&limit.seconds);
        is_good.then_some(limit).ok_or(NoLimit)
    }
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// New comments of those who do not moderate.
    Comments,
    /// Changes and removals of one's own comment, and looks at it by its edit token.
    CommentEdits,
    /// Logins, good and bad.
    Logins,
    /// Tries to change one's own password or e-mail address.
    PasswordChanges,
    /// Exchanges of refresh tokens, good and bad.
    Refreshes,
    /// Searches that are not answered from what is kept.
    Search,
    /// Uploaded images.
    Uploads,
    /// Writes of an account, of whatever kind; of whoever has none, the keys of retries.
    Writes,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 8] = [
        Self::Comments,
        Self::CommentEdits,
        Self::Logins,
        Self::PasswordChanges,
        Self::Refreshes,
        Self::Search,
        Self::Uploads,
        Self::Writes,
    ];

    /// The name, as in `RateLimit` and in problem documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::CommentEdits => "comment_edits",
            Self::Logins => "logins",
            Self::PasswordChanges => "password_changes",
            Self::Refreshes => "refreshes",
            Self::Search => "search",
            Self::Uploads => "uploads",
            Self::Writes => "writes",
        }
    }

    /// The setting that says how much it is.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Comments => "PRESSROOM_LIMIT_COMMENTS",
            Self::CommentEdits => "PRESSROOM_LIMIT_COMMENT_EDITS",
            Self::Logins => "PRESSROOM_LIMIT_LOGINS",
            Self::PasswordChanges => "PRESSROOM_LIMIT_PASSWORD_CHANGES",
            Self::Refreshes => "PRESSROOM_LIMIT_REFRESHES",
            Self::Search => "PRESSROOM_LIMIT_SEARCH",
            Self::Uploads => "PRESSROOM_LIMIT_UPLOADS",
            Self::Writes => "PRESSROOM_LIMIT_WRITES",
        }
    }

    /// What there were too many of, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::CommentEdits => "changes of comments, or looks by an edit token,",
            Self::Logins => "logins",
            Self::PasswordChanges => "changes of a password or e-mail address",
            Self::Refreshes => "exchanges of refresh tokens",
            Self::Search => "searches",
            Self::Uploads => "uploads",
            Self::Writes => "writes",
        }
    }

    /// Whether reads are counted, which must not become writes: each instance gives a part of the quota without asking.
    #[must_use]
    pub const fn counts_reads(self) -> bool {
        matches!(self, Self::Search | Self::CommentEdits)
    }
}

/// What all instances have given of a quota in the present window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Operations.
    pub used: u32,
    /// When the window began.
    pub began_at: DateTime<Utc>,
}

impl Window {
    /// The window at `now`: the one that is `stored`, unless it is over or was begun by a clock that was ahead.
    #[must_use]
    pub fn at(stored: Option<Self>, limit: Limit, now: DateTime<Utc>) -> Self {
        stored.filter(|window| window.holds(limit, now)).unwrap_or(Self { used: 0, began_at: now })
    }

    /// Whether it has begun and is not over.
    #[must_use]
    pub fn holds(self, limit: Limit, now: DateTime<Utc>) -> bool {
        let age = now.signed_duration_since(self.began_at);
        age >= -leeway() && age < limit.window()
    }

    /// Counts `owed` operations that were given without asking, and takes up to `wanted` more. Answers how many it gets.
    pub fn take(&mut self, limit: Limit, owed: u32, wanted: u32) -> u32 {
        self.used = self.used.saturating_add(owed).min(limit.quota);
        let given = wanted.min(limit.quota - self.used);
        self.used += given;
        given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { quota: 20, seconds: 60 };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn a_limit_reads_back_from_its_text() {
        for limit in [LIMIT, Limit::OFF, Limit { quota: 1, seconds: 3_600 }] {
            assert_eq!(limit.to_string().parse(), Ok(limit));
        }
        for text in ["", "20", "0/60", "20/0", "20/3601", "-1/60", "20/60/1", "many", "2147483648/60"] {
            assert_eq!(text.parse::<Limit>(), Err(NoLimit), "{text}");
        }
    }

    #[test]
    fn a_window_gives_its_quota_and_no_more() {
        let mut window = Window::at(None, LIMIT, at(0));
        assert_eq!(window.take(LIMIT, 0, 12), 12);
        assert_eq!(window.take(LIMIT, 5, 2), 2);
        assert_eq!(window.take(LIMIT, 0, 2), 1);
        assert_eq!(window.take(LIMIT, 9, 2), 0);
        assert_eq!(window.used, 20);
    }

    #[test]
    fn a_window_ends_with_its_time_or_when_it_lies_in_the_future() {
        let window = Window { used: 7, began_at: at(0) };
        for (now, used) in [(0, 7), (59, 7), (60, 0), (-30, 7), (-31, 0), (-172_800, 0)] {
            assert_eq!(Window::at(Some(window), LIMIT, at(now)).used, used, "{now}");
        }
    }

    #[test]
    fn a_small_quota_is_shared_one_by_one_and_a_large_one_costs_few_writes() {
        assert_eq!(Limit { quota: 5, seconds: 60 }.share(), 1);
        assert_eq!(Limit { quota: 6_000, seconds: 60 }.share(), 600);
    }
}
