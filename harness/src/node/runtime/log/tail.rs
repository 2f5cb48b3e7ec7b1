//! Where the last lines of a file begin, without reading what comes before them.

use std::io::{self, Read, Seek, SeekFrom};

const BLOCK: u64 = 64 << 10;

/// The offset at which the last `count` lines of `file` begin, and how many lines there are from it (at most `count`).
pub(super) fn start_of_last(file: &mut (impl Read + Seek), count: u64) -> io::Result<(u64, u64)> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let length = end;
    let mut found = 0;
    let mut block = vec![0; BLOCK as usize];
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let part = &mut block[..(end - start) as usize];
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(part)?;
        for (index, _) in part.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            let next = start + index as u64 + 1;
            // The newline that ends the file ends a line; it does not begin one.
            if next == length {
                continue;
            }
            found += 1;
            if found == count {
                return Ok((next, count));
            }
        }
        end = start;
    }
    Ok((0, if length == 0 { 0 } else { found + 1 }))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn last(text: &str, count: u64) -> (String, u64) {
        let (start, lines) = start_of_last(&mut Cursor::new(text.as_bytes()), count).unwrap();
        (text[start as usize..].to_owned(), lines)
    }

    #[test]
    fn the_last_lines_are_found() {
        assert_eq!(last("a\nb\nc\n", 2), ("b\nc\n".into(), 2));
        assert_eq!(last("a\nb\nc\n", 1), ("c\n".into(), 1));
    }

    #[test]
    fn a_line_without_an_end_is_a_line() {
        assert_eq!(last("a\nb", 1), ("b".into(), 1));
    }

    #[test]
    fn a_short_file_is_given_whole_with_its_count() {
        assert_eq!(last("a\nb\n", 9), ("a\nb\n".into(), 2));
        assert_eq!(last("", 9), (String::new(), 0));
    }

    #[test]
    fn lines_are_found_across_blocks() {
        let text = format!("{}\n{}\nend\n", "x".repeat(70_000), "y".repeat(140_000));
        assert_eq!(last(&text, 2).0.len(), 140_000 + 1 + 4);
    }
}
