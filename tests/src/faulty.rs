//! What makes calls of a running process to the system fail, or its clock lie: a small library that
//! is loaded before the process (`tests/cases/faulty.c`), so that the program itself is the one that
//! is shipped.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The control of one process.
#[derive(Debug)]
pub struct Faulty {
    file: std::fs::File,
    path: PathBuf,
}

/// Bytes of the control: three numbers and the begin of a thread's name.
const SIZE: usize = 3 * 8 + 16;

fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let made = tempfile::tempdir().unwrap().keep().join("faulty.so");
        let done = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&made)
            .arg(crate::root().join("tests/cases/faulty.c"))
            .arg("-ldl")
            .output()
            .expect("cc, which the build needs as well");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        made
    })
}

impl Faulty {
    /// Makes a control in a folder.
    pub fn new(folder: &Path) -> Self {
        let path = folder.join("faulty.control");
        std::fs::write(&path, [0; SIZE]).unwrap();
        let file = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
        Self { file, path }
    }

    /// Loads the library before a command.
    pub fn before(&self, command: &mut Command) {
        command.env("LD_PRELOAD", library()).env("FAULTY_CONTROL", &self.path);
    }

    /// The n-th call on a file of SQLite from now on fails; 0 takes that back.
    pub fn fail_call(&self, n: i64) {
        self.file.write_all_at(&n.to_ne_bytes(), 0).unwrap();
    }

    /// How many calls failed so far.
    pub fn failed(&self) -> i64 {
        self.number(8)
    }

    /// How many readings of the clock were wrong so far.
    pub fn lied(&self) -> i64 {
        self.number(16)
    }

    fn number(&self, place: u64) -> i64 {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, place).unwrap();
        i64::from_ne_bytes(bytes)
    }

    /// Threads whose name begins so read a clock that no date can hold; an empty name ends that.
    pub fn lie_to(&self, thread: &str) {
        let mut name = [0; 16];
        name[..thread.len()].copy_from_slice(thread.as_bytes());
        self.file.write_all_at(&name, 24).unwrap();
    }
}
