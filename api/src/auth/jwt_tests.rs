//! Access tokens: good ones, and every way to forge one.

use chrono::TimeDelta;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};

use super::super::keys::SigningKey;
use super::super::scope::Scope;
use super::*;

const ISSUER: &str = "https://example.org";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
}

fn seed_key(seed: u8) -> SigningKey {
    SigningKey::parse(&URL_SAFE_NO_PAD.encode([seed; 32]), at(0)).unwrap()
}

fn ring() -> KeyRing {
    KeyRing::new(vec![seed_key(1)], TimeDelta::minutes(15)).unwrap()
}

fn claims() -> Claims {
    Claims {
        issuer: ISSUER.into(),
        user_id: Uuid::from_u128(1),
        session_id: Uuid::from_u128(2),
        token_id: Uuid::from_u128(3),
        role: Role::Author,
        scopes: None,
        issued_at: at(0),
        expires_at: at(900),
    }
}

fn good_header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": seed_key(1).kid()})
}

fn good_payload() -> Value {
    json!({
        "iss": ISSUER, "sub": Uuid::from_u128(1), "aud": "pressroom", "exp": at(900).timestamp(), "iat": at(0).timestamp(),
        "jti": Uuid::from_u128(3), "sid": Uuid::from_u128(2), "client_id": "pressroom", "role": "author",
    })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with this header and payload, signed by the key of this seed, by hand.
fn forge(header: &Value, payload: &Value, seed: u8) -> String {
    let message = format!("{}.{}", part(header), part(payload));
    let signature = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn with(mut value: Value, name: &str, to: Value) -> Value {
    value[name] = to;
    value
}

fn check(token: &str) -> Result<Claims, TokenError> {
    verify(&ring(), token, at(10), ISSUER)
}

#[test]
fn a_token_says_what_it_was_given_to_say() {
    for scopes in [None, Some(Scopes::of(&[Scope::PostsWrite, Scope::MediaWrite])), Some(Scopes::NONE)] {
        let claims = Claims { scopes, ..claims() };
        assert_eq!(check(&issue(&ring(), &claims).unwrap()), Ok(claims));
    }
}

#[test]
fn the_wire_form_is_that_of_rfc_9068() {
    let token = issue(
        &ring(),
        &Claims { scopes: Some(Scopes::of(&[Scope::PostsRead, Scope::SiteWrite])), ..claims() },
    )
    .unwrap();
    let parts: Vec<Value> = token
        .split('.')
        .take(2)
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect();
    assert_eq!(parts[0], good_header());
    assert_eq!(parts[1], with(good_payload(), "scope", json!("posts:read site:write")));
}

#[test]
fn a_token_made_by_hand_is_the_same_and_so_the_forgeries_below_fail_for_their_own_reason() {
    assert_eq!(check(&forge(&good_header(), &good_payload(), 1)), Ok(claims()));
    let listed = with(good_payload(), "aud", json!(["other", "pressroom"]));
    assert_eq!(check(&forge(&good_header(), &listed, 1)), Ok(claims()));
    let long_type = with(good_header(), "typ", json!("application/AT+JWT"));
    assert_eq!(check(&forge(&long_type, &good_payload(), 1)), Ok(claims()));
}

#[test]
fn an_unsigned_token_is_refused() {
    for alg in ["none", "None", "NONE"] {
        let message = format!("{}.{}", part(&with(good_header(), "alg", json!(alg))), part(&good_payload()));
        assert_eq!(check(&format!("{message}.")), Err(TokenError::WrongAlgorithm));
    }
    let stripped = format!("{}.{}.", part(&good_header()), part(&good_payload()));
    assert_eq!(check(&stripped), Err(TokenError::BadSignature));
}

#[test]
fn the_public_key_used_as_a_shared_secret_is_refused() {
    let public = ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key().to_bytes();
    let x = seed_key(1).jwk().x;
    for secret in [public.as_slice(), x.as_bytes()] {
        let message =
            format!("{}.{}", part(&with(good_header(), "alg", json!("HS256"))), part(&good_payload()));
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
        let signature = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()));
        assert_eq!(check(&format!("{message}.{signature}")), Err(TokenError::WrongAlgorithm));
    }
}

#[test]
fn another_key_under_our_kid_is_refused() {
    assert_eq!(check(&forge(&good_header(), &good_payload(), 2)), Err(TokenError::BadSignature));
}

#[test]
fn a_foreign_or_missing_kid_is_refused() {
    let foreign = with(good_header(), "kid", json!(seed_key(2).kid()));
    assert_eq!(check(&forge(&foreign, &good_payload(), 2)), Err(TokenError::UnknownKey));
    let injected = with(good_header(), "kid", json!("' OR 1=1 --"));
    assert_eq!(check(&forge(&injected, &good_payload(), 1)), Err(TokenError::UnknownKey));
    assert_eq!(
        check(&forge(&json!({"alg": "EdDSA", "typ": "at+jwt"}), &good_payload(), 1)),
        Err(TokenError::UnknownKey)
    );
}

#[test]
fn a_key_that_the_token_brings_along_is_not_used() {
    let jwk = serde_json::to_value(seed_key(2).jwk()).unwrap();
    let header = with(with(good_header(), "jwk", jwk), "jku", json!("https://evil.example/jwks.json"));
    assert_eq!(check(&forge(&header, &good_payload(), 2)), Err(TokenError::BadSignature));
}

#[test]
fn an_altered_token_is_refused_wherever_it_was_altered() {
    let token = issue(&ring(), &claims()).unwrap();
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(check(std::str::from_utf8(&bytes).unwrap()).is_err(), "character {at}");
    }
    let (message, _) = token.rsplit_once('.').unwrap();
    let admin = forge(&good_header(), &with(good_payload(), "role", json!("admin")), 1);
    let (admin_message, _) = admin.rsplit_once('.').unwrap();
    let transplanted = token.replace(message, admin_message);
    assert_eq!(check(&transplanted), Err(TokenError::BadSignature));
}

#[test]
fn a_token_of_another_type_audience_or_issuer_is_refused() {
    let plain = with(good_header(), "typ", json!("JWT"));
    assert_eq!(check(&forge(&plain, &good_payload(), 1)), Err(TokenError::WrongAudience));
    for aud in [json!("preview"), json!([]), json!(["preview"])] {
        assert_eq!(
            check(&forge(&good_header(), &with(good_payload(), "aud", aud), 1)),
            Err(TokenError::WrongAudience)
        );
    }
    let other = with(good_payload(), "iss", json!("https://example.com"));
    assert_eq!(check(&forge(&good_header(), &other, 1)), Err(TokenError::WrongIssuer));
}

#[test]
fn a_critical_extension_is_refused() {
    let header = with(good_header(), "crit", json!(["b64"]));
    assert_eq!(check(&forge(&header, &good_payload(), 1)), Err(TokenError::Malformed));
}

#[test]
fn a_payload_that_lacks_or_bends_a_member_is_refused() {
    for name in ["iss", "sub", "aud", "exp", "iat", "jti", "sid", "role"] {
        let mut payload = good_payload();
        payload.as_object_mut().unwrap().remove(name);
        assert_eq!(check(&forge(&good_header(), &payload, 1)), Err(TokenError::Malformed), "{name}");
    }
    for (name, value) in [
        ("exp", json!("soon")),
        ("exp", json!(i64::MAX)),
        ("role", json!("root")),
        ("scope", json!("root")),
        ("sub", json!("1")),
    ] {
        let payload = with(good_payload(), name, value);
        assert_eq!(check(&forge(&good_header(), &payload, 1)), Err(TokenError::Malformed), "{name}");
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let e30 = "e30";
    for text in
        ["", ".", "..", "...", "a.b.c", "🙂.🙂.🙂", &format!("{e30}.{e30}.{e30}"), &"a".repeat(100_000)]
    {
        assert_eq!(check(text), Err(TokenError::Malformed), "{}", text.chars().take(20).collect::<String>());
    }
    assert_eq!(check(&format!("{}.x", issue(&ring(), &claims()).unwrap())), Err(TokenError::Malformed));
}

#[test]
fn an_oversize_token_is_refused_though_its_signature_holds() {
    let payload = with(good_payload(), "padding", json!("x".repeat(MAX_BYTES)));
    assert_eq!(check(&forge(&good_header(), &payload, 1)), Err(TokenError::Malformed));
}

#[test]
fn a_token_is_good_from_its_making_to_its_end_with_half_a_minute_of_leeway() {
    let token = issue(&ring(), &claims()).unwrap();
    let on = |seconds| verify(&ring(), &token, at(seconds), ISSUER).map(|_| ());
    assert_eq!(on(-31), Err(TokenError::NotYetValid));
    assert_eq!(on(-30), Ok(()));
    assert_eq!(on(929), Ok(()));
    assert_eq!(on(930), Err(TokenError::Expired));
    let later = forge(&good_header(), &with(good_payload(), "nbf", json!(at(60).timestamp())), 1);
    assert_eq!(verify(&ring(), &later, at(29), ISSUER), Err(TokenError::NotYetValid));
    assert!(verify(&ring(), &later, at(30), ISSUER).is_ok());
}

#[test]
fn tokens_of_a_rotated_key_live_out_their_time() {
    let ring = ring();
    let token = issue(&ring, &claims()).unwrap();
    ring.rotate(at(5), seed_key(2));
    assert!(verify(&ring, &token, at(929), ISSUER).is_ok());
    assert_eq!(verify(&ring, &token, at(940), ISSUER), Err(TokenError::UnknownKey));
    let new = issue(&ring, &claims()).unwrap();
    assert!(verify(&ring, &new, at(10), ISSUER).is_ok());
}

#[test]
fn a_kept_token_is_given_again_and_ends_with_its_time() {
    let verifier = Verifier::new(ring(), ISSUER, 100);
    let token = issue(verifier.ring(), &claims()).unwrap();
    let first = verifier.verify(&token, at(1)).unwrap();
    assert!(
        Arc::ptr_eq(&first, &verifier.verify(&token, at(929)).unwrap()),
        "the second time nothing is computed"
    );
    assert_eq!(verifier.verify(&token, at(930)), Err(TokenError::Expired));
    assert!(verifier.is_empty());
}

#[test]
fn a_kept_token_ends_with_its_key() {
    let verifier = Verifier::new(ring(), ISSUER, 100);
    let token = issue(verifier.ring(), &claims()).unwrap();
    verifier.verify(&token, at(1)).unwrap();
    verifier.ring().replace(vec![seed_key(2)]).unwrap();
    assert_eq!(verifier.verify(&token, at(2)), Err(TokenError::UnknownKey));
    assert!(verifier.is_empty());
}

#[test]
fn bad_tokens_are_not_kept() {
    let verifier = Verifier::new(ring(), ISSUER, 100);
    for token in ["x", &forge(&good_header(), &good_payload(), 2), &"x".repeat(MAX_BYTES + 1)] {
        assert!(verifier.verify(token, at(1)).is_err());
    }
    assert!(verifier.is_empty());
}

#[test]
fn a_revoked_session_is_forgotten_and_others_are_kept() {
    let verifier = Verifier::new(ring(), ISSUER, 100);
    for token_id in 0..6 {
        let session_id = Uuid::from_u128(token_id % 2);
        let claims = Claims { session_id, token_id: Uuid::from_u128(token_id), ..claims() };
        verifier.verify(&issue(verifier.ring(), &claims).unwrap(), at(1)).unwrap();
    }
    assert_eq!(verifier.len(), 6);
    verifier.forget_session(Uuid::from_u128(1));
    assert_eq!(verifier.len(), 3);
}

#[test]
fn the_memory_for_tokens_is_bounded() {
    let verifier = Verifier::new(ring(), ISSUER, 32);
    for token_id in 0..200 {
        let claims = Claims { token_id: Uuid::from_u128(token_id), ..claims() };
        assert!(verifier.verify(&issue(verifier.ring(), &claims).unwrap(), at(1)).is_ok());
    }
    assert!(verifier.len() <= 32, "{}", verifier.len());
}
