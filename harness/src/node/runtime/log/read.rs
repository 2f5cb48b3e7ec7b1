//! Gives a log to whoever asks for it, and what is added while they listen.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{Log, State, aside, line::Line, tail};

/// What part of a log is wanted, as the kubelet's API names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogOptions {
    /// Wait for what is added until the container ends.
    pub(crate) follow: bool,
    /// Only that many of the last lines.
    pub(crate) tail: Option<u64>,
    /// Only what was printed since then.
    pub(crate) since: Option<Timestamp>,
    /// No more than that many bytes.
    pub(crate) limit: Option<u64>,
    /// With the time in front of each line.
    pub(crate) timestamps: bool,
}

const READ: usize = 64 << 10;

/// A log that is written to this much is read at most this often.
const PAUSE: Duration = Duration::from_millis(20);

/// Sends the log at `path`, and what is added to `live`, until done or nobody listens.
pub(crate) async fn read(
    path: PathBuf,
    live: Option<Log>,
    options: LogOptions,
    to: mpsc::Sender<io::Result<Bytes>>,
) {
    let mut reader = Reader { left: options.limit.unwrap_or(u64::MAX), options, to, rest: Vec::new() };
    if let Err(error) = reader.run(&path, live).await {
        // Nobody listens any more, or they learn why there is no more.
        drop(reader.to.send(Err(error)).await);
    }
}

struct Reader {
    options: LogOptions,
    left: u64,
    to: mpsc::Sender<io::Result<Bytes>>,
    /// The beginning of a line that is not yet whole.
    rest: Vec<u8>,
}

impl Reader {
    async fn run(&mut self, path: &Path, live: Option<Log>) -> io::Result<()> {
        let mut states = live.as_ref().map(|log| log.state.subscribe());
        let mut seen = states.as_mut().map(|states| *states.borrow_and_update()).unwrap_or_default();
        let mut file = self.begin(path).await?;
        loop {
            self.send_rest_of(&mut file).await?;
            let Some(states) = states.as_mut().filter(|_| self.options.follow && seen.open > 0) else {
                return Ok(());
            };
            tokio::select! {
                changed = states.changed() => if changed.is_err() { return Ok(()) },
                () = self.to.closed() => return Ok(()),
            }
            tokio::time::sleep(PAUSE).await;
            let now: State = *states.borrow_and_update();
            if now.rotations != seen.rotations {
                self.send_rest_of(&mut file).await?;
                file = File::open(path)?;
            }
            seen = now;
        }
    }

    /// Opens the log where the wanted part begins; what lies in the file set aside is sent at once.
    async fn begin(&mut self, path: &Path) -> io::Result<File> {
        let mut file = fs_err::File::open(path)?.into_parts().0;
        let old = File::open(aside(path)).ok();
        let Some(count) = self.options.tail else {
            if let Some(mut old) = old {
                self.send_rest_of(&mut old).await?;
            }
            return Ok(file);
        };
        let (start, found) = tail::start_of_last(&mut file, count)?;
        if let Some(mut old) = old.filter(|_| found < count) {
            let (start, _) = tail::start_of_last(&mut old, count - found)?;
            old.seek(SeekFrom::Start(start))?;
            self.send_rest_of(&mut old).await?;
        }
        let start = if count == 0 { SeekFrom::End(0) } else { SeekFrom::Start(start) };
        file.seek(start)?;
        Ok(file)
    }

    async fn send_rest_of(&mut self, file: &mut File) -> io::Result<()> {
        let mut block = vec![0; READ];
        loop {
            // Files that were just written are in memory; the reads do not wait for a disk.
            let count = file.read(&mut block)?;
            if count == 0 || self.left == 0 {
                return Ok(());
            }
            self.rest.extend_from_slice(&block[..count]);
            let chunk = self.take_lines();
            if !chunk.is_empty() && self.to.send(Ok(chunk)).await.is_err() {
                self.left = 0;
                return Ok(());
            }
        }
    }

    /// The whole lines read so far, in the form that is wanted.
    fn take_lines(&mut self) -> Bytes {
        let end = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let mut chunk = Vec::with_capacity(end);
        for line in self.rest[..end].split(|byte| *byte == b'\n').filter_map(Line::parse) {
            if self.options.since.is_some_and(|since| line.at().is_some_and(|at| at < since)) {
                continue;
            }
            if self.options.timestamps {
                chunk.extend_from_slice(line.time);
                chunk.push(b' ');
            }
            chunk.extend_from_slice(line.text);
            if line.complete {
                chunk.push(b'\n');
            }
        }
        self.rest.drain(..end);
        chunk.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= chunk.len() as u64;
        chunk.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::runtime::log::Stream;

    async fn collect(log: &Log, options: LogOptions) -> String {
        let (sender, mut receiver) = mpsc::channel(8);
        let reading = read(log.path.to_path_buf(), Some(log.clone()), options, sender);
        let receiving = async {
            let mut text = Vec::new();
            while let Some(chunk) = receiver.recv().await {
                text.extend_from_slice(&chunk.unwrap());
            }
            String::from_utf8(text).unwrap()
        };
        tokio::join!(reading, receiving).1
    }

    fn log() -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::create(&folder.path().join("0.log")).unwrap();
        log.append(Stream::Output, b"one\ntwo\n", true);
        log.append(Stream::Errors, b"three\n", true);
        (folder, log)
    }

    #[tokio::test]
    async fn a_log_is_given_whole_without_times() {
        let (_folder, log) = log();
        assert_eq!(collect(&log, LogOptions::default()).await, "one\ntwo\nthree\n");
    }

    #[tokio::test]
    async fn tail_gives_the_last_lines() {
        let (_folder, log) = log();
        let tail = |count| LogOptions { tail: Some(count), ..LogOptions::default() };
        assert_eq!(collect(&log, tail(2)).await, "two\nthree\n");
        assert_eq!(collect(&log, tail(0)).await, "");
    }

    #[tokio::test]
    async fn a_limit_cuts_within_a_line() {
        let (_folder, log) = log();
        assert_eq!(collect(&log, LogOptions { limit: Some(5), ..LogOptions::default() }).await, "one\nt");
    }

    #[tokio::test]
    async fn follow_ends_when_the_container_does() {
        let (_folder, log) = log();
        log.state.send_modify(|state| state.open = 1);
        let later = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            log.append(Stream::Output, b"four\n", true);
            log.close_stream();
        };
        let options = LogOptions { follow: true, tail: Some(1), ..LogOptions::default() };
        let (text, ()) = tokio::join!(collect(&log, options), later);
        assert_eq!(text, "three\nfour\n");
    }
}
