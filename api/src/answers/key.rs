//! Under what answers are kept.

use quick_cache::Equivalent;

/// What was asked, and in which form the answer is wanted where a header chooses it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AnswerKey {
    form: u8,
    text: Box<[u8]>,
}

impl AnswerKey {
    /// How many bytes it occupies.
    pub(super) fn len(&self) -> usize {
        size_of::<Self>() + self.text.len()
    }
}

/// The same, of a request that may be answered by what is kept: nothing is copied to look for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Asking<'a> {
    // The members are those of `AnswerKey`, since both must have the same hash.
    form: u8,
    text: &'a [u8],
}

impl<'a> Asking<'a> {
    /// For what stands at an address.
    pub(super) fn address(text: &'a [u8]) -> Self {
        Self { form: 0, text }
    }

    /// For a GraphQL answer in one of the forms that `Accept` chooses, none of which is 0.
    pub(super) fn graphql(form: u8, text: &'a [u8]) -> Self {
        Self { form, text }
    }

    /// To be kept.
    pub(super) fn to_key(self) -> AnswerKey {
        AnswerKey { form: self.form, text: self.text.into() }
    }
}

impl Equivalent<AnswerKey> for Asking<'_> {
    fn equivalent(&self, key: &AnswerKey) -> bool {
        self.form == key.form && *self.text == *key.text
    }
}
