//! Writes a log, and sets it aside when it is full.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{
    Log, aside,
    line::{Stream, prefix},
};

/// A log takes at most twice this on disk: the current file and the one before it.
const FULL: u64 = 128 << 20;

/// A line without an end is written in parts of this size, as container runtimes do.
const LONGEST_LINE: usize = 16 << 10;

const READ: usize = 64 << 10;

pub(super) struct Writer {
    path: PathBuf,
    file: File,
    length: u64,
    rotations: u32,
}

impl Writer {
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = fs_err::File::create(path)?.into_parts().0;
        Ok(Self { path: path.to_owned(), file, length: 0, rotations: 0 })
    }

    /// Adds whole lines, or one part of a line where `complete` is false. Returns the length and the rotations.
    pub(super) fn append(&mut self, stream: Stream, lines: &[u8], complete: bool) -> io::Result<(u64, u32)> {
        if self.length > FULL {
            fs_err::rename(&self.path, aside(&self.path))?;
            self.file = fs_err::File::create(&self.path)?.into_parts().0;
            self.length = 0;
            self.rotations += 1;
        }
        let prefix = prefix(Timestamp::now(), stream, complete);
        let mut bytes = Vec::with_capacity(lines.len() + prefix.len() * 4);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            bytes.extend_from_slice(prefix.as_bytes());
            bytes.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                bytes.push(b'\n');
            }
        }
        self.file.write_all(&bytes)?;
        self.length += bytes.len() as u64;
        Ok((self.length, self.rotations))
    }
}

/// Carries one stream of a process into its log until the process closes it.
pub(super) async fn pump(log: Log, stream: Stream, mut from: impl AsyncRead + Unpin) {
    let mut held = Vec::with_capacity(READ);
    loop {
        let read = from.read_buf(&mut held).await;
        if let Some(end) = held.iter().rposition(|byte| *byte == b'\n') {
            log.append(stream, &held[..=end], true);
            held.drain(..=end);
        }
        if !matches!(read, Ok(1..)) {
            break;
        }
        if held.len() >= LONGEST_LINE {
            log.append(stream, &held, false);
            held.clear();
        }
    }
    if !held.is_empty() {
        log.append(stream, &held, true);
    }
    log.close_stream();
}
