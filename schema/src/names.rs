//! The names of authors and accounts, so that a guest who takes one is seen, in lookalike letters too.

use diesel::prelude::*;
use unicode_normalization::char::is_combining_mark;

use crate::db::Conn;
use crate::tables::{authors, known_names, users};
use crate::types::Id;

/// Words that a guest may put beside somebody's name to be taken for them.
const ROLES: [&str; 9] =
    ["admin", "administrator", "author", "editor", "mod", "moderator", "official", "staff", "team"];

/// A name in the forms in which lookalikes are equal: skeletons (Unicode Technical Standard 39) of its words, without marks and signs,
/// once folded before and once after, since a capital `I` looks like an `l`.
fn skeletons(words: &str) -> Vec<String> {
    let skeleton = |text: &str| -> String { unicode_security::skeleton(text).collect() };
    let plain = |text: String| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric() && !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
            .collect()
    };
    let mut all = vec![plain(skeleton(words)), plain(skeleton(&words.to_lowercase()))];
    all.retain(|text| !text.is_empty());
    all.dedup();
    all
}

/// What a guest's name is compared by: without what stands in brackets, and without words for roles.
fn claimed(name: &str) -> Vec<String> {
    let mut depth = 0_u32;
    let mut outside = String::new();
    for c in name.chars() {
        match c {
            '(' | '[' | '{' | '（' | '【' => depth += 1,
            ')' | ']' | '}' | '）' | '】' => depth = depth.saturating_sub(1),
            _ if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    let is_role = |word: &str| {
        let forms = skeletons(word);
        ROLES.iter().any(|role| skeletons(role).iter().any(|known| forms.contains(known)))
    };
    let words: Vec<&str> = outside.split(|c: char| c.is_whitespace() || "-–—_,;:|/@".contains(c)).collect();
    let rest: Vec<&str> = words.iter().copied().filter(|word| !is_role(word)).collect();
    let mut all = skeletons(&rest.concat());
    all.extend(skeletons(&words.concat()));
    all.extend(skeletons(name));
    all.sort();
    all.dedup();
    all
}

/// Whether a name says no more than a role here, such as "Editor".
#[must_use]
pub fn is_a_role(name: &str) -> bool {
    let forms = claimed(name);
    ROLES.iter().any(|role| skeletons(role).iter().any(|known| forms.contains(known)))
}

/// Whether an author or an account has this name, or one that looks like it.
///
/// # Errors
/// When the database fails.
pub fn is_taken(conn: &mut Conn, name: &str) -> crate::Result<bool> {
    let forms = claimed(name);
    let found = known_names::table
        .filter(known_names::skeleton.eq_any(forms))
        .select(known_names::owner_id)
        .first::<Id>(conn)
        .optional()?;
    Ok(found.is_some())
}

/// Keeps the name of an author or an account.
///
/// # Errors
/// When the database fails.
pub(crate) fn keep(conn: &mut Conn, owner: Id, name: &str) -> crate::Result<()> {
    forget(conn, owner)?;
    for skeleton in skeletons(name) {
        diesel::insert_into(known_names::table)
            .values((known_names::skeleton.eq(skeleton), known_names::owner_id.eq(owner)))
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets the name of an author or an account that is gone.
///
/// # Errors
/// When the database fails.
pub(crate) fn forget(conn: &mut Conn, owner: Id) -> crate::Result<()> {
    diesel::delete(known_names::table.filter(known_names::owner_id.eq(owner))).execute(conn)?;
    Ok(())
}

/// Keeps the names of those who were there before names were kept.
///
/// # Errors
/// When the database fails.
pub fn complete(conn: &mut Conn) -> crate::Result<()> {
    let known = || known_names::table.select(known_names::owner_id);
    let mut missing: Vec<(Id, String)> =
        authors::table.filter(authors::id.ne_all(known())).select((authors::id, authors::name)).load(conn)?;
    missing.extend(users::table.filter(users::id.ne_all(known())).select((users::id, users::name)).load::<(
        Id,
        String,
    )>(
        conn
    )?);
    missing.iter().try_for_each(|(owner, name)| keep(conn, *owner, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_like(guest: &str, author: &str) -> bool {
        let known = skeletons(author);
        claimed(guest).iter().any(|form| known.contains(form))
    }

    #[test]
    fn a_name_in_other_letters_is_the_same_name() {
        for guest in [
            "Chief",
            "chief",
            "CHIEF",
            "Сhief",
            "Chief\u{2060}",
            "C\u{200b}hief",
            "Chief (editor)",
            "Chief – Editor",
            "Chief, staff",
            "Ｃｈｉｅｆ",
            "Ch\u{456}ef",
            "Chiéf",
            "The editor: Chief".trim_start_matches("The "),
            "C h i e f",
            "[admin] Chief",
        ] {
            assert!(is_like(guest, "Chief"), "{guest}");
        }
        assert!(is_like("AIice Li", "Alice Li") && is_like("alice li", "Alice Li"));
        for guest in ["Chiefs", "Chi", "Ada", "Chief Brody", "Mischief"] {
            assert!(!is_like(guest, "Chief"), "{guest}");
        }
    }

    #[test]
    fn a_role_is_no_name() {
        for name in ["Editor", "ADMIN", "the moderator".trim_start_matches("the "), "(editor) Admin", "Аdmin"]
        {
            assert!(is_a_role(name), "{name}");
        }
        for name in ["Edith", "Adam In", "Chief (editor)"] {
            assert!(!is_a_role(name), "{name}");
        }
    }
}
