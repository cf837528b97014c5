//! The cargo that these commands call again.

use std::process::Command;

/// Cargo, as if a person had called it.
///
/// The cargo that runs us tells us our own package's name, version and folder by the environment. A build script that
/// asks for such a variable (`ring`'s does) would be run again, and all that rests on it built again, whenever the
/// caller changes.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new("cargo");
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_package_is_not_told() {
        let told = cargo();
        let dropped: Vec<_> =
            told.get_envs().filter(|(_, value)| value.is_none()).map(|(name, _)| name).collect();
        assert!(dropped.contains(&"CARGO_MANIFEST_DIR".as_ref()), "{dropped:?}");
        assert!(dropped.contains(&"CARGO_PKG_VERSION_MAJOR".as_ref()), "{dropped:?}");
        assert!(!dropped.contains(&"CARGO_TARGET_DIR".as_ref()), "{dropped:?}");
    }
}
