//! The vault: what is sealed opens with the same key and the same surroundings, and never again once erased.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // tests with files; helpers count as no test

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use journal::{Error, Vault};
use proptest::prelude::*;
use tempfile::TempDir;

const CASE: &str = "2026-0042";

#[test]
fn what_is_sealed_opens_again() {
    let (dir, mut vault) = new();
    let sealed = vault.seal(CASE, b"alert 7, name", "Маја, 6".as_bytes()).unwrap();
    assert!(sealed.starts_with("xc1:"));
    assert_eq!(vault.unseal(CASE, b"alert 7, name", &sealed), Ok(Some("Маја, 6".as_bytes().to_vec())));
    let again = Vault::open(&keys(&dir)).unwrap();
    assert_eq!(again.unseal(CASE, b"alert 7, name", &sealed), Ok(Some("Маја, 6".as_bytes().to_vec())));
}

#[test]
fn the_same_text_never_looks_the_same() {
    let (_dir, mut vault) = new();
    assert_ne!(vault.seal(CASE, b"", b"text").unwrap(), vault.seal(CASE, b"", b"text").unwrap());
}

#[test]
fn an_erased_case_opens_no_more_and_gets_no_new_key() {
    let (dir, mut vault) = new();
    let sealed = vault.seal(CASE, b"", b"text").unwrap();
    let other = vault.seal("2026-0043", b"", b"other").unwrap();
    vault.erase(CASE).unwrap();
    vault.erase(CASE).unwrap();

    for mut vault in [vault, Vault::open(&keys(&dir)).unwrap()] {
        assert_eq!(vault.unseal(CASE, b"", &sealed), Ok(None));
        assert_eq!(vault.seal(CASE, b"", b"text"), Err(Error::CaseErased { case: CASE.into() }));
        assert_eq!(vault.unseal("2026-0043", b"", &other), Ok(Some(b"other".to_vec())));
    }
    assert!(!key(&dir).exists());
}

#[test]
fn a_case_can_be_erased_before_it_has_a_key() {
    let (_dir, mut vault) = new();
    vault.erase(CASE).unwrap();
    assert_eq!(vault.seal(CASE, b"", b"text"), Err(Error::CaseErased { case: CASE.into() }));
}

#[test]
fn an_erasure_cut_short_holds_and_is_finished_at_the_next_start() {
    let (dir, mut vault) = new();
    let sealed = vault.seal(CASE, b"", b"text").unwrap();
    // The crash comes after the tombstone and before the key is overwritten; a restored backup looks the same.
    fs::write(keys(&dir).join(format!("{CASE}.erased")), []).unwrap();
    assert_eq!(vault.unseal(CASE, b"", &sealed), Ok(None));
    assert!(key(&dir).exists());

    let vault = Vault::open(&keys(&dir)).unwrap();
    assert!(!key(&dir).exists());
    assert_eq!(vault.unseal(CASE, b"", &sealed), Ok(None));
}

#[test]
fn erasing_overwrites_the_key() {
    let (dir, mut vault) = new();
    vault.seal(CASE, b"", b"text").unwrap();
    let link = dir.path().join("another name of the same file");
    fs::hard_link(key(&dir), &link).unwrap();
    vault.erase(CASE).unwrap();
    assert_eq!(fs::read(link).unwrap(), [0; 32]);
}

#[test]
fn other_surroundings_do_not_open_it() {
    let (_dir, mut vault) = new();
    let sealed = vault.seal(CASE, b"alert 7", b"text").unwrap();
    vault.seal("other", b"alert 7", b"text").unwrap();
    assert_eq!(vault.unseal(CASE, b"alert 8", &sealed), Err(Error::SealBroken { case: CASE.into() }));
    let other = Error::SealBroken { case: "other".into() };
    assert_eq!(vault.unseal("other", b"alert 7", &sealed), Err(other));
}

#[test]
fn any_changed_character_is_found() {
    let (_dir, mut vault) = new();
    let sealed = vault.seal(CASE, b"", b"text").unwrap();
    for at in 0..sealed.len() {
        let mut tampered = sealed.clone().into_bytes();
        tampered[at] = if tampered[at] == b'0' { b'1' } else { b'0' };
        let tampered = String::from_utf8(tampered).unwrap();
        let refusal = vault.unseal(CASE, b"", &tampered).unwrap_err();
        if at < 4 {
            assert_eq!(refusal, Error::SealFormat { case: CASE.into(), expected: "xc1:" });
        } else {
            assert_eq!(refusal, Error::SealBroken { case: CASE.into() });
        }
    }
    for length in 4..sealed.len() {
        vault.unseal(CASE, b"", &sealed[..length]).unwrap_err();
    }
}

#[test]
fn a_lost_key_is_not_taken_for_an_erased_one() {
    let (dir, mut vault) = new();
    let sealed = vault.seal(CASE, b"", b"text").unwrap();
    fs::remove_file(key(&dir)).unwrap();
    assert_eq!(vault.unseal(CASE, b"", &sealed), Err(Error::KeyMissing { case: CASE.into() }));
}

#[test]
fn a_short_key_is_refused() {
    let (dir, mut vault) = new();
    let sealed = vault.seal(CASE, b"", b"text").unwrap();
    fs::write(key(&dir), [1; 31]).unwrap();
    let damaged = Error::KeyDamaged { case: CASE.into(), expected_bytes: 32, found_bytes: 31 };
    assert_eq!(vault.unseal(CASE, b"", &sealed), Err(damaged.clone()));
    assert_eq!(vault.seal(CASE, b"", b"text"), Err(damaged));
}

#[test]
fn a_key_half_made_when_the_power_went_is_made_again() {
    let (dir, mut vault) = new();
    fs::write(keys(&dir).join(format!("{CASE}.new")), [1; 7]).unwrap();
    vault.seal(CASE, b"", b"text").unwrap();
    assert_eq!(fs::read(key(&dir)).unwrap().len(), 32);
    assert_eq!(fs::read_dir(keys(&dir)).unwrap().count(), 1);
}

#[test]
fn only_the_owner_can_read_the_keys() {
    let (dir, mut vault) = new();
    vault.seal(CASE, b"", b"text").unwrap();
    vault.erase("gone").unwrap();
    assert_eq!(mode(&keys(&dir)), 0o700);
    assert_eq!(mode(&key(&dir)), 0o600);
    assert_eq!(mode(&keys(&dir).join("gone.erased")), 0o600);
}

#[test]
fn a_name_that_could_leave_the_directory_is_refused() {
    let (dir, mut vault) = new();
    let long = "x".repeat(65);
    for case in ["", ".", "..", "../x", "a/b", "a.key", "a b", "a\0", "ж", long.as_str()] {
        let refusal = Error::CaseName { case: case.into() };
        assert_eq!(vault.seal(case, b"", b""), Err(refusal.clone()));
        assert_eq!(vault.unseal(case, b"", "xc1:"), Err(refusal.clone()));
        assert_eq!(vault.erase(case), Err(refusal));
    }
    assert_eq!(fs::read_dir(keys(&dir)).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_can_be_sealed(plain in prop::collection::vec(any::<u8>(), 0..300),
                              associated in prop::collection::vec(any::<u8>(), 0..40)) {
        let (_dir, mut vault) = new();
        let sealed = vault.seal(CASE, &associated, &plain).unwrap();
        prop_assert_eq!(vault.unseal(CASE, &associated, &sealed), Ok(Some(plain)));
    }

    #[test]
    fn no_text_makes_unsealing_panic(sealed in "(xc1:)?[0-9a-f]{0,120}|.{0,20}") {
        let (_dir, mut vault) = new();
        vault.seal(CASE, b"", b"").unwrap();
        prop_assert!(vault.unseal(CASE, b"", &sealed).is_err());
    }
}

fn new() -> (TempDir, Vault) {
    let dir = TempDir::new().unwrap();
    let vault = Vault::open(&keys(&dir)).unwrap();
    (dir, vault)
}

fn keys(dir: &TempDir) -> std::path::PathBuf {
    dir.path().join("keys")
}

fn key(dir: &TempDir) -> std::path::PathBuf {
    keys(dir).join(format!("{CASE}.key"))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
