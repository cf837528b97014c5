//! The socket in the file system: who may open it, and what a dead daemon has left there.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use crate::Error;

/// Listens at `path`, for those whom `mode` and the group with the id `gid` let in.
///
/// The socket is made beside its place and moved there when its owner and mode are right, so it is never open to
/// others for a moment. A socket that nobody listens on is replaced; one that a daemon listens on is an error.
pub async fn bind(path: &Path, mode: u32, gid: Option<u32>) -> Result<UnixListener, Error> {
    make_way(path).await?;
    let fault =
        |doing, reason: io::Error| Error::Socket { path: path.into(), doing, reason: reason.to_string() };
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let listener = UnixListener::bind(&beside).map_err(|reason| fault("listen", reason))?;
    let place = || {
        chown(&beside, None, gid).map_err(|reason| fault("give it to the group", reason))?;
        fs::set_permissions(&beside, Permissions::from_mode(mode))
            .map_err(|reason| fault("set its mode", reason))?;
        fs::rename(&beside, path).map_err(|reason| fault("put it in place", reason))
    };
    match place() {
        Ok(()) => Ok(listener),
        Err(error) => {
            // The error that is told is the first one; what cannot be removed either is only litter.
            let _ = fs::remove_file(&beside);
            Err(error)
        }
    }
}

/// Sees to it that what lies at `path` may be replaced.
async fn make_way(path: &Path) -> Result<(), Error> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found,
    };
    let fault = |reason: io::Error| Error::Socket {
        path: path.into(),
        doing: "look at what lies there",
        reason: reason.to_string(),
    };
    if !found.map_err(fault)?.file_type().is_socket() {
        return Err(Error::NotASocket { path: path.into() });
    }
    match UnixStream::connect(path).await {
        Ok(_) => Err(Error::InUse { path: path.into() }),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(fault(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn a_dead_daemons_socket_is_replaced_and_a_living_ones_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        drop(bind(&path, 0o660, None).await.unwrap());
        assert!(path.exists());
        let listener = bind(&path, 0o600, None).await.unwrap();
        assert_eq!(mode_of(&path), 0o600);
        assert_eq!(bind(&path, 0o600, None).await.unwrap_err(), Error::InUse { path: path.clone() });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        drop(listener);
    }

    #[tokio::test]
    async fn a_file_in_the_way_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        fs::write(&path, "precious").unwrap();
        assert_eq!(bind(&path, 0o600, None).await.unwrap_err(), Error::NotASocket { path: path.clone() });
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[tokio::test]
    async fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none/admin.sock");
        let error = bind(&path, 0o600, None).await.unwrap_err();
        assert!(matches!(error, Error::Socket { doing: "listen", .. }), "{error}");
    }
}
