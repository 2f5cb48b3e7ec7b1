//! The end of a log file, for error messages.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// How much of the file's end is read, in bytes.
const WINDOW: u64 = 64 * 1024;
/// Where a line is cut, in characters: some servers log whole objects. A message of ours with its remedy is shorter.
const WIDTH: usize = 600;

/// The last `count` lines of a file that are not blank, oldest first; empty if it cannot be read.
pub fn last_lines(path: &Path, count: usize) -> Vec<String> {
    read_end(path).map(|text| tail(&text, count)).unwrap_or_default()
}

fn read_end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(WINDOW);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.take(WINDOW).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn tail(text: &str, count: usize) -> Vec<String> {
    // What a Go program says comes before the stacks that it prints when it panics.
    let said = text.find("\ngoroutine ").map_or(text, |stacks| &text[..stacks]);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(count);
    lines[from..].iter().map(|line| cut(line)).collect()
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines_in_order_without_blank_ones() {
        assert_eq!(tail("a\nb\n\nc\n", 2), ["b", "c"]);
        assert_eq!(tail("", 2), [""; 0]);
    }

    #[test]
    fn the_words_of_a_panic_come_before_its_stacks() {
        let text = "starting\npanic: no space left on device\n\ngoroutine 1 [running]:\nmain.main()\n";
        assert_eq!(tail(text, 1), ["panic: no space left on device"]);
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let line = "ä".repeat(WIDTH + 1);
        assert_eq!(cut(&line).chars().count(), WIDTH + 1);
        assert!(cut(&line).ends_with('…'));
    }
}
