//! One value of each view with all its members there: the contract's example, and what tests hold the contract against.

use pressroom_schema::{Id, Timestamp};

/// A value to show what a type looks like. It is written out whole, so that a new member has to be given its example.
pub trait Sample {
    /// The value, with all members that can be there.
    fn sample() -> Self;
}

/// An id of an example.
pub(crate) const ID: Id = Id(uuid::Uuid::from_u128(0x0190_a5d8_7c3e_7cc0_8000_0000_0000_0001));

/// A moment of an example: 24 June 2013, 14:05 UTC.
pub(crate) fn time() -> Timestamp {
    Timestamp::new(chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(1_372_082_700))
}

/// A text of an example, as its type.
pub(crate) fn text<T: std::str::FromStr + Default>(text: &str) -> T {
    text.parse().unwrap_or_default()
}
