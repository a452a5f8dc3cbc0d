//! Which new passwords are refused. Length does most of the work (NIST SP 800-63B, section 5.1.1.2): no rule of capitals
//! and digits, but none of what is tried first.

use super::password::{MAX_BYTES, normalise};

/// The fewest characters, counted after NFKC.
pub const MIN_CHARACTERS: usize = 10;
/// The most characters, counted after NFKC.
pub const MAX_CHARACTERS: usize = 256;

/// Why a password will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`MIN_CHARACTERS`].
    #[error(
        "The password is too short: it needs at least 10 characters. A few words in a row are easy to keep in mind."
    )]
    TooShort,
    /// More than [`MAX_CHARACTERS`].
    #[error("The password is too long: at most 256 characters.")]
    TooLong,
    /// Nothing but white space.
    #[error("The password is blank.")]
    Blank,
    /// It has a control character, which no keyboard can type.
    #[error("The password has a control character, such as a tab or a line break, in it.")]
    Control,
    /// The account's e-mail address, or the part before its `@`.
    #[error("The password is the e-mail address. Choose something that others do not know.")]
    IsEmail,
    /// The account's name.
    #[error("The password is the account's name. Choose something that others do not know.")]
    IsName,
    /// One character, or a few, over and over.
    #[error("The password repeats one short piece. A few words in a row are better.")]
    Repetitive,
    /// Neighbours in the alphabet, in counting or on the keyboard.
    #[error("The password is a sequence that is tried first. A few words in a row are better.")]
    Sequence,
    /// One of the commonest passwords, or a plain variation of one.
    #[error("The password is one of those that are tried first. A few words in a row are better.")]
    Common,
}

impl Weakness {
    /// A stable code for the error's `code`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Blank => "blank",
            Self::Control => "control_character",
            Self::IsEmail => "is_email",
            Self::IsName => "is_name",
            Self::Repetitive => "repetitive",
            Self::Sequence => "sequence",
            Self::Common => "common",
        }
    }
}

/// Whether a new password is good enough for the account of this e-mail address and name.
///
/// # Errors
/// The first [`Weakness`] found.
pub fn check_strength(password: &str, email: &str, name: &str) -> Result<(), Weakness> {
    // Before anything is done with what may be as long as a whole request.
    if password.len() > MAX_BYTES {
        return Err(Weakness::TooLong);
    }
    let password = normalise(password);
    let length = password.chars().count();
    if length > MAX_CHARACTERS {
        return Err(Weakness::TooLong);
    }
    if password.trim().is_empty() {
        return Err(Weakness::Blank);
    }
    if length < MIN_CHARACTERS {
        return Err(Weakness::TooShort);
    }
    if password.chars().any(char::is_control) {
        return Err(Weakness::Control);
    }
    let plain = password.trim().to_lowercase();
    let is = |other: &str| {
        let other = normalise(other).trim().to_lowercase();
        !other.is_empty() && (plain == other || without_spaces(&plain) == without_spaces(&other))
    };
    if is(email) || email.rsplit_once('@').is_some_and(|(local, _)| is(local)) {
        return Err(Weakness::IsEmail);
    }
    if is(name) {
        return Err(Weakness::IsName);
    }
    let characters: Vec<char> = plain.chars().collect();
    if repeats(&characters) {
        return Err(Weakness::Repetitive);
    }
    if is_sequence(&plain) {
        return Err(Weakness::Sequence);
    }
    if is_common(&plain) {
        return Err(Weakness::Common);
    }
    Ok(())
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

/// Whether the whole is a piece of at most four characters over and over.
fn repeats(characters: &[char]) -> bool {
    (1..=4).any(|period| {
        characters.len() > period
            && characters.iter().zip(characters.iter().skip(period)).all(|(a, b)| a == b)
    })
}

/// Rows that fingers and minds run along. Each is tried over and over, forwards and backwards.
const ROWS: &[&str] = &[
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "asdfghjkl;'",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "q1w2e3r4t5y6u7i8o9p0",
    "1q2w3e4r5t6y7u8i9o0p",
];

fn is_sequence(plain: &str) -> bool {
    let reversed: String = plain.chars().rev().collect();
    ROWS.iter().any(|row| {
        let times = plain.len() / row.len() + 2;
        let endless = row.repeat(times);
        endless.contains(plain) || endless.contains(&reversed)
    })
}

/// Words that lists of leaked passwords begin with. A password is one of them where it is such a word with a few digits or
/// signs around it, digits standing for letters or not.
const COMMON: &[&str] = &[
    "abcdef",
    "admin",
    "administrator",
    "baseball",
    "changeit",
    "changeme",
    "charlie",
    "computer",
    "default",
    "dragon",
    "football",
    "freedom",
    "iloveyou",
    "internet",
    "jordan",
    "letmein",
    "liverpool",
    "login",
    "manager",
    "master",
    "michael",
    "monkey",
    "mustang",
    "mypassword",
    "newpassword",
    "pass",
    "passwd",
    "password",
    "passwordpassword",
    "passphrase",
    "pokemon",
    "princess",
    "qazwsx",
    "qazwsxedc",
    "qwer",
    "qwert",
    "qwerty",
    "qwertyuiop",
    "root",
    "secret",
    "shadow",
    "starwars",
    "sunshine",
    "superman",
    "superuser",
    "temporary",
    "test",
    "testing",
    "thisismypassword",
    "trustno",
    "user",
    "username",
    "wasd",
    "welcome",
    "whatever",
    "yourpassword",
    "zxcvbn",
    "zxcvbnm",
];
/// And those that hold digits through and through.
const COMMON_WHOLE: &[&str] =
    &["1q2w3e4r5t", "1qaz2wsx3edc", "zaq12wsxcde3", "abcd1234abcd", "qwer1234asdf", "asdf1234qwer"];
/// So many characters around a common word make it no better.
const MAX_DECORATION: usize = 6;

fn is_common(plain: &str) -> bool {
    let compact = without_spaces(plain);
    let core = strip(&compact);
    if COMMON_WHOLE
        .iter()
        .any(|whole| compact.starts_with(whole) && compact.len() <= whole.len() + MAX_DECORATION)
    {
        return true;
    }
    // As written; and with digits read as letters, those inside the word only, or those before it too (`5ecret`).
    let spelled_core = spell_out(core);
    let spelled_front = spell_out(compact.trim_end_matches(|c: char| !c.is_alphabetic()));
    [core, spelled_core.as_str(), strip(&spelled_front)].iter().any(|word| {
        COMMON.contains(word)
            && compact.chars().count().saturating_sub(word.chars().count()) <= MAX_DECORATION
    })
}

fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphabetic())
}

fn spell_out(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), Weakness> {
        check_strength(password, "ada.lovelace@example.org", "Ada Lovelace")
    }

    #[test]
    fn good_passwords_pass() {
        for password in [
            "correct horse battery staple",
            "admin password for a demo",
            "kJ8#vPq2!zR",
            "pressroom-admin-1",
            "заходите на чай",
            "四つの季節と十二の月と",
            "lovelace, but longer",
            "my admin is charlie",
            "4729104857",
            "welcome to the machine",
        ] {
            assert_eq!(check(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_after_normalisation() {
        assert_eq!(check("kJ8#vPq2!"), Err(Weakness::TooShort));
        assert_eq!(check("kJ8#vPq2!z"), Ok(()));
        let composed = "e\u{301}".repeat(5) + "xyzw";
        assert_eq!(check(&composed), Err(Weakness::TooShort), "fourteen code points, nine characters");
        let words = "correct horse battery staple ".repeat(9);
        assert_eq!(words.chars().count(), 261);
        assert_eq!(check(&words), Err(Weakness::TooLong));
        assert_eq!(check(&words[..256]), Ok(()));
    }

    #[test]
    fn blank_and_untypable_passwords_are_refused() {
        assert_eq!(check(""), Err(Weakness::Blank));
        assert_eq!(check(&" ".repeat(12)), Err(Weakness::Blank));
        assert_eq!(check(&"\u{a0}\u{3000}".repeat(6)), Err(Weakness::Blank));
        assert_eq!(check("correct horse\0battery"), Err(Weakness::Control));
        assert_eq!(check("correct horse\nbattery"), Err(Weakness::Control));
    }

    #[test]
    fn the_accounts_own_names_are_refused() {
        assert_eq!(check("ada.lovelace@example.org"), Err(Weakness::IsEmail));
        assert_eq!(check("ADA.Lovelace@Example.org"), Err(Weakness::IsEmail));
        assert_eq!(check("ada.lovelace"), Err(Weakness::IsEmail));
        assert_eq!(check("Ada Lovelace"), Err(Weakness::IsName));
        assert_eq!(check("adalovelace"), Err(Weakness::IsName));
        assert_eq!(
            check("ａｄａ　ｌｏｖｅｌａｃｅ"),
            Err(Weakness::IsName),
            "wide letters are the same letters"
        );
        assert_eq!(
            check_strength("correct horse", "", ""),
            Ok(()),
            "an account without a name has none to equal"
        );
    }

    #[test]
    fn repetition_is_refused() {
        for password in [
            "aaaaaaaaaa",
            "1212121212",
            "abcabcabcabc",
            "pat pat Pat pat ",
            "🙂🙂🙂🙂🙂🙂🙂🙂🙂🙂",
            "----------",
        ] {
            assert_eq!(check(password), Err(Weakness::Repetitive), "{password}");
        }
    }

    #[test]
    fn sequences_are_refused_in_both_directions() {
        for password in [
            "1234567890",
            "0987654321",
            "01234567890123",
            "abcdefghijkl",
            "zyxwvutsrq",
            "qwertyuiop",
            "poiuytrewq",
            "asdfghjkl;",
            "1qaz2wsx3edc",
            "qwertyuiopasdf",
        ] {
            assert_eq!(check(password), Err(Weakness::Sequence), "{password}");
        }
    }

    #[test]
    fn the_commonest_passwords_and_their_plain_variations_are_refused() {
        for password in [
            "password123",
            "Password2024!",
            "P@ssw0rd123",
            "p4ssw0rd!!",
            "!!welcome!!",
            "letmein1234",
            "administrator",
            "changeme123",
            "1q2w3e4r5t!",
            "iloveyou12",
            "Qwerty12345",
        ] {
            assert!(
                matches!(check(password), Err(Weakness::Common | Weakness::Sequence)),
                "{password}: {:?}",
                check(password)
            );
        }
    }

    #[test]
    fn every_weakness_has_its_own_code() {
        let all = [
            Weakness::TooShort,
            Weakness::TooLong,
            Weakness::Blank,
            Weakness::Control,
            Weakness::IsEmail,
            Weakness::IsName,
            Weakness::Repetitive,
            Weakness::Sequence,
            Weakness::Common,
        ];
        let codes: std::collections::HashSet<_> = all.iter().map(|weakness| weakness.code()).collect();
        assert_eq!(codes.len(), all.len());
        assert!(Weakness::TooShort.to_string().contains(&MIN_CHARACTERS.to_string()));
        assert!(Weakness::TooLong.to_string().contains(&MAX_CHARACTERS.to_string()));
    }
}
