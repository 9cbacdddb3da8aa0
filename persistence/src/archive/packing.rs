//! The outside of an archive: gzip, with the digest of everything packed in its head.
//!
//! Any `gunzip` unpacks it. A gzip head and the end of a deflate stream hold bits that no
//! decompressor looks at; so the comment of the head is the SHA-256 of all bytes behind the head,
//! and the head itself has one right text. Nothing is unpacked before the digest agrees. A file
//! that does not begin as gzip is taken as the lines themselves: archives of earlier versions.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use flate2::bufread::DeflateDecoder;
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use sha2::{Digest, Sha256};

use super::progress::Watch;
use crate::audit::hex;

/// Magic, deflate, a comment follows, no time, no flags, unknown system.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0x10, 0, 0, 0, 0, 0, 0xff];

/// What the comment begins with.
const LABEL: &[u8] = b"motcua sha256 ";

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// Bytes of the head: magic, label, digest and the zero that ends the comment.
const HEAD: usize = GZIP.len() + LABEL.len() + DIGITS + 1;

/// Enough to make the rows some seven times smaller and fast enough not to be what is waited for.
const LEVEL: u32 = 3;

fn head(digest: &str) -> Vec<u8> {
    [&GZIP, LABEL, digest.as_bytes(), b"\0"].concat()
}

/// Passes bytes on and takes their digest.
#[derive(Debug)]
struct Digesting<W> {
    to: W,
    digest: Sha256,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = self.to.write(bytes)?;
        self.digest.update(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

/// Writes a packed file.
pub(super) struct Packer {
    deflate: DeflateEncoder<Digesting<BufWriter<File>>>,
    sum: Crc,
}

impl Packer {
    pub(super) fn new(file: File) -> std::io::Result<Self> {
        let mut to = BufWriter::with_capacity(1 << 16, file);
        to.write_all(&head(&"0".repeat(DIGITS)))?;
        let inner = Digesting { to, digest: Sha256::new() };
        Ok(Self { deflate: DeflateEncoder::new(inner, Compression::new(LEVEL)), sum: Crc::new() })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.sum.update(bytes);
        self.deflate.write_all(bytes)
    }

    /// Ends the file and puts the digest into its head; it is on the disk then.
    pub(super) fn finish(self) -> std::io::Result<()> {
        let mut inner = self.deflate.finish()?;
        // The count is that of the whole, modulo 2³², as gzip has it.
        for word in [self.sum.sum(), self.sum.amount()] {
            inner.write_all(&word.to_le_bytes())?;
        }
        let Digesting { to, digest } = inner;
        let mut file = to.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&head(&hex(&digest.finalize())))?;
        file.sync_all()
    }
}

/// Tells whoever watches how many bytes of the file were read.
struct Counting<'w> {
    file: File,
    watch: &'w dyn Watch,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.watch.advance(u64::try_from(read).unwrap_or_default());
        Ok(read)
    }
}

/// Reads the lines of an archive, packed or not.
pub(super) struct Unpacker<'w>(Box<dyn BufRead + 'w>);

/// Why a file cannot be unpacked.
#[derive(Debug)]
pub(super) enum Unreadable {
    File(std::io::Error),
    /// The head is not the one that we write, or the digest does not agree.
    Damaged(&'static str),
}

impl From<std::io::Error> for Unreadable {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

impl<'w> Unpacker<'w> {
    pub(super) fn open(mut file: File, watch: &'w dyn Watch) -> Result<Self, Unreadable> {
        let mut start = Vec::new();
        Read::by_ref(&mut file).take(u64::try_from(HEAD).unwrap_or_default()).read_to_end(&mut start)?;
        let packed = start.starts_with(&[0x1f, 0x8b]);
        if packed {
            let mut rest = Digesting { to: std::io::sink(), digest: Sha256::new() };
            std::io::copy(&mut file, &mut rest)?;
            if start != head(&hex(&rest.digest.finalize())) {
                return Err(Unreadable::Damaged("the digest in the head of the file does not agree"));
            }
        }
        file.seek(SeekFrom::Start(if packed { u64::try_from(HEAD).unwrap_or_default() } else { 0 }))?;
        let bytes = BufReader::with_capacity(1 << 16, Counting { file, watch });
        Ok(Self(if packed {
            Box::new(BufReader::with_capacity(1 << 16, DeflateDecoder::new(bytes)))
        } else {
            Box::new(bytes)
        }))
    }

    /// The next line with its end; empty at the end of the file.
    pub(super) fn line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.read_until(b'\n', &mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::progress::Unwatched;
    use super::*;

    fn packed(text: &[u8]) -> (std::path::PathBuf, Vec<u8>) {
        let path = std::env::temp_dir().join(format!("{}.gz", crate::store::new_id()));
        let mut packer = Packer::new(File::create(&path).unwrap()).unwrap();
        packer.write(text).unwrap();
        packer.finish().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    }

    #[test]
    fn what_was_packed_is_unpacked_here_and_by_others() {
        let text = "một dòng\nhai dòng\n".repeat(10_000);
        let (path, bytes) = packed(text.as_bytes());
        assert!(bytes.len() * 20 < text.len());
        let mut lines = Unpacker::open(File::open(&path).unwrap(), &Unwatched).unwrap();
        assert_eq!(lines.line().unwrap(), "một dòng\n".as_bytes());
        let mut other = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut other).unwrap();
        assert_eq!(other, text);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn every_changed_bit_is_found_before_anything_is_unpacked() {
        let (path, bytes) = packed(b"one\ntwo\n");
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[place] ^= 1 << bit;
                std::fs::write(&path, &changed).unwrap();
                match Unpacker::open(File::open(&path).unwrap(), &Unwatched) {
                    Err(Unreadable::Damaged(_)) => {}
                    Err(Unreadable::File(error)) => panic!("{error}"),
                    // No gzip any more: then its lines are none of ours.
                    Ok(mut lines) => assert!(place < 2 && lines.line().unwrap() != b"one\n"),
                }
            }
        }
        std::fs::remove_file(path).unwrap();
    }
}
