//! One line of a log file: `TIME STREAM F|P TEXT`.

use jiff::Timestamp;

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Output,
    Errors,
}

impl Stream {
    fn word(self) -> &'static str {
        match self {
            Self::Output => "stdout",
            Self::Errors => "stderr",
        }
    }
}

/// What each line of one read is preceded by: all of it came at the same time.
pub(super) fn prefix(at: Timestamp, stream: Stream, complete: bool) -> String {
    let tag = if complete { 'F' } else { 'P' };
    format!("{at:.9} {} {tag} ", stream.word())
}

/// A line as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The time as text.
    pub(super) time: &'a [u8],
    /// False where the text goes on in the next line.
    pub(super) complete: bool,
    /// What was printed.
    pub(super) text: &'a [u8],
}

impl<'a> Line<'a> {
    /// Takes a line apart; none if it is not one of ours.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let mut parts = line.splitn(4, |byte| *byte == b' ');
        let (time, _stream, tag, text) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        Some(Self { time, complete: tag == b"F", text })
    }

    /// When it was printed.
    pub(super) fn at(&self) -> Option<Timestamp> {
        std::str::from_utf8(self.time).ok()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_spaces() {
        let at = Timestamp::from_second(1).unwrap();
        let written = prefix(at, Stream::Errors, true) + " two  words ";
        assert_eq!(written, "1970-01-01T00:00:01.000000000Z stderr F  two  words ");
        let line = Line::parse(written.as_bytes()).unwrap();
        assert_eq!((line.text, line.complete, line.at()), (&b" two  words "[..], true, Some(at)));
    }
}
