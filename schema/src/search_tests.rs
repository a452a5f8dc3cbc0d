use super::*;

fn tokens(text: &str) -> Vec<String> {
    text.split(' ').filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

fn term(text: &str, prefix: bool) -> Term {
    Term { tokens: tokens(text), prefix }
}

#[test]
fn terms_become_the_language_of_each_engine() {
    let all = [term("clock", false), term("to be or", false), term("fa", true)];
    let none = [term("bell", false), term("a b", false), term("x y z", false)];
    assert_eq!(
        fts5::document(&all, &none),
        "(\"clock\" AND \"to be or\" AND \"fa\" *) NOT (\"bell\" OR \"a b\" OR \"x y z\")"
    );
    assert_eq!(fts5::title(&all), "title : (\"clock\" AND \"to\" AND \"be\" AND \"or\" AND \"fa\" *)");
    assert_eq!(tsquery::document(&all, &none), "'clock' & '+to be' & '+be or' & 'fa':* & !'bell' & !'+a b'");
    assert_eq!(tsquery::title(&all), "'.clock' & '.to' & '.be' & '.or' & '.fa':*");
    assert_eq!(tsquery::runs(&all, &none), [(true, " to be or ".to_owned()), (false, " x y z ".to_owned())]);
    assert_eq!(tsquery::document(&[term("a b c", true)], &[]), "'+a b' & '+b c':*");
    assert_eq!(tsquery::runs(&[term("a b c", true)], &[]), [(true, " a b c".to_owned())]);
}

#[test]
fn a_document_has_words_neighbours_and_title_words_but_no_neighbours_across_a_gap() {
    let line = |text: &str| line(&tokens(text), &mut 100);
    assert_eq!((line("b a").as_str(), line("x · y").as_str()), (" b a ", " x · y "));
    assert_eq!(head(&line("b a"), &line("x · y")), "'+b a' '.a' '.b' 'a' 'b' 'x' 'y' ");
    let body = |backend| Body::of(backend, &tokens("a b"));
    assert_eq!(
        (body(Backend::Postgres).lexemes.as_str(), body(Backend::Postgres).line.as_str()),
        ("'+a b' 'a' 'b' ", " a b ")
    );
    assert_eq!(body(Backend::Sqlite), Body { line: " a b ".into(), lexemes: String::new() });
}

#[test]
fn what_is_no_token_is_neither_kept_nor_sought() {
    assert_eq!(Body::of(Backend::Sqlite, &tokens("ok it's a'b \u{fc} ok2")).line, " ok ok2 ");
    assert!(!is_token(""));
    assert!(!is_token(&"a".repeat(65)));
    assert!(!is_token("a\" OR \"b"));
}

#[test]
fn a_long_text_is_cut_where_its_tokens_fill_the_measure() {
    let body = Body::of(Backend::Sqlite, &vec!["a".repeat(63); 10_000]);
    assert!((MAX_BYTES - 100..=MAX_BYTES + 1).contains(&body.line.len()));
    // A tsvector's lexemes may fill a megabyte.
    let various: Vec<String> = (0..10_000).map(|n| format!("{n:0>63}")).collect();
    let (title, meta) = various.split_at(100);
    let mut left = MAX_HEAD_BYTES;
    let about = head(&line(title, &mut left), &line(meta, &mut left));
    assert!(about.len() + Body::of(Backend::Postgres, &various).lexemes.len() < 1 << 20);
}
