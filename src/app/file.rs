//! Files that are there whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes beside `path` and renames over it, so that nobody ever reads half of it.
///
/// # Errors
/// What the system says; the old file is untouched then.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_special = std::fs::metadata(path).is_ok_and(|file| !file.is_file());
    if is_special {
        // A device or a pipe (`/dev/stdout`) is written to, not replaced.
        return std::fs::OpenOptions::new().write(true).open(path)?.write_all(text);
    }
    let mut file = builder().tempfile_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// As a file made by any other program: the umask decides who may read it.
fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".shipgate-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}
