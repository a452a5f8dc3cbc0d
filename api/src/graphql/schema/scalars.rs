//! Custom scalars, and how they are checked in variables.

use std::collections::BTreeMap;

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use pressroom_graphql::ScalarCheck;
use pressroom_schema::Timestamp;

/// A moment: RFC 3339 with date, time and offset, such as `2013-06-24T14:05:00Z`. Answers are in UTC, to the millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) Timestamp);

#[Scalar(name = "DateTime", specified_by_url = "https://scalars.graphql.org/andimarek/date-time")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Timestamp::parse(text)
                .map(Self)
                .map_err(|error| InputValueError::custom(format!("This is {error}."))),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_wire())
    }
}

impl From<Timestamp> for DateTime {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

fn check_time(value: &Value) -> Result<(), String> {
    match value {
        Value::String(text) => Timestamp::parse(text).map(drop).map_err(|error| format!("is {error}")),
        _ => Err("must be a string with an RFC 3339 date and time".to_owned()),
    }
}

/// How each scalar is checked before anything runs. `JSON` takes any value.
pub(super) fn checks() -> BTreeMap<&'static str, ScalarCheck> {
    BTreeMap::from([("DateTime", check_time as ScalarCheck)])
}
