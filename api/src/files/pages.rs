//! How many pages a PDF has, as it states.
//!
//! A PDF is read by following what it says of itself, and what people send may be broken or hostile: cycles,
//! deep nesting, streams that inflate without end, tables of a billion objects. So another process of this
//! same program (`count-pages`) reads it. Before the first byte that process bounds its own memory and time of
//! the processor, it is given no environment, and it is killed when it takes too long: whatever a file does,
//! this process loses a moment of one thread.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use lopdf::Document;
use rustix::process::{Resource, Rlimit, setrlimit};
use uuid::Uuid;

use super::program::{Ended, run};
use super::{Files, FilesError};

/// Largest file whose pages are counted.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Most memory, in addresses, of the process that reads one: the largest file, what the reader inflates of it at
/// a time, and the program itself.
const MEMORY: u64 = 1024 * 1024 * 1024;
/// Most seconds of the processor that it takes, whoever waits for it.
const SECONDS: u64 = 120;
/// Most pages that are believed: a paper of a dossier has no more, and a file that states more states nonsense.
const MOST: u32 = 100_000;

/// The command that counts.
pub const COMMAND: &str = "count-pages";
/// This program, also when its file was replaced meanwhile.
const ITSELF: &str = "/proc/self/exe";

/// Counts the pages of files.
#[derive(Debug, Clone, Copy)]
pub struct Counter {
    timeout: Duration,
}

impl Counter {
    /// With the longest time that a file may take.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout }
    }

    /// How many pages a file states; none for what states none that can be read: an encrypted, broken or too
    /// large file, or one that takes too much. Blocks.
    ///
    /// # Errors
    /// When the file cannot be read from the store, or no process can be begun.
    pub fn count(&self, files: &Files, id: Uuid, size: u64) -> Result<Option<u32>, FilesError> {
        if size > LARGEST {
            return Ok(None);
        }
        let mut command = Command::new(ITSELF);
        command.arg0("motcua").arg(COMMAND).env_clear().current_dir("/");
        let Some(Ended { status, said, fed }) = run(command, files, id, self.timeout)? else {
            return Ok(None);
        };
        match fed {
            // A file that went meanwhile has no pages; one that was not needed to its end has.
            Ok(()) | Err(FilesError::GivenUp | FilesError::Missing) => {}
            Err(error) => return Err(error),
        }
        let said = std::str::from_utf8(&said).ok().and_then(|text| text.trim().parse().ok());
        Ok(said.filter(|_| status.success()))
    }
}

/// Counts the pages of what is read, in a process that does nothing else: its bounds are the whole process's.
///
/// # Errors
/// When the bounds cannot be set, or nothing can be read.
pub fn count_bounded(input: impl Read) -> std::io::Result<Option<u32>> {
    for (resource, most) in [(Resource::As, MEMORY), (Resource::Cpu, SECONDS), (Resource::Core, 0)] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    let mut bytes = Vec::new();
    input.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(stated(&bytes))
}

/// The number of pages that a PDF states.
fn stated(bytes: &[u8]) -> Option<u32> {
    // Why it cannot be read is the file's matter, and no error of ours.
    let about = Document::load_metadata_mem(bytes).ok()?;
    Some(about.page_count).filter(|n| !about.encrypted && (1..=MOST).contains(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PDF of these objects, numbered from 1, the first of which is the catalog.
    fn pdf(objects: &[String], trailer: &str) -> Vec<u8> {
        let mut text = "%PDF-1.7\n".to_owned();
        let mut places = Vec::new();
        for (n, object) in (1..).zip(objects) {
            places.push(text.len());
            text.push_str(&format!("{n} 0 obj\n{object}\nendobj\n"));
        }
        let begin = text.len();
        text.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1));
        places.iter().for_each(|at| text.push_str(&format!("{at:010} 00000 n \n")));
        let size = places.len() + 1;
        text.push_str(&format!(
            "trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{begin}\n%%EOF\n"
        ));
        text.into_bytes()
    }

    fn pages(tree: &str) -> Vec<u8> {
        let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>".to_owned();
        pdf(&["<< /Type /Catalog /Pages 2 0 R >>".to_owned(), tree.to_owned(), page.clone(), page], "")
    }

    #[test]
    fn what_a_file_states_is_believed_within_reason() {
        assert_eq!(stated(&pages("<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>")), Some(2));
        assert_eq!(stated(&pages("<< /Type /Pages /Kids [3 0 R 4 0 R] >>")), Some(2));
        // Of itself, and of nothing that could be a paper.
        for tree in [
            "<< /Type /Pages /Kids [2 0 R 2 0 R] >>",
            "<< /Type /Pages /Kids [] /Count 0 >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 4000000000 >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 100001 >>",
            "7",
        ] {
            assert_eq!(stated(&pages(tree)), None, "{tree}");
        }
        let whole = pages("<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>");
        for cut in 0..whole.len() {
            // Whatever is missing, it is a number or none.
            stated(&whole[..cut]);
        }
        assert_eq!(stated(b"%PDF-1.7\nno more"), None);
        let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        assert_eq!(stated(&pages(&nested)), None);
        let encrypted = pdf(
            &[
                "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
                "<< /Type /Pages /Kids [] /Count 3 >>".to_owned(),
                "<< /Filter /Standard /V 1 /R 2 /O (x) /U (x) /P -4 >>".to_owned(),
            ],
            "/Encrypt 3 0 R /ID [<00> <00>]",
        );
        assert_eq!(stated(&encrypted), None);
    }
}
