//! What is wrong with a scenario file, and where.

use std::{cell::RefCell, fmt};

use serde::Serialize;

/// A place in a file; both numbers count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The character within the line.
    pub column: u64,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Where it is.
    pub at: Position,
    /// What is wrong and, in parentheses, what to do.
    pub message: String,
}

/// A scenario file with mistakes: all of them, one a line as `file:line:column: message`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Malformed {
    /// The file, or the name of the built-in scenario.
    pub file: String,
    /// The mistakes in the order of the file; never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { at, message }) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{}:{}: {message}", self.file, at.line, at.column)?;
        }
        Ok(())
    }
}

impl std::error::Error for Malformed {}

/// Collects mistakes while a file is read to its end.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    pub(crate) fn report(&self, at: Position, message: impl Into<String>) {
        self.0.borrow_mut().push(Problem { at, message: message.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// The value, if there were no mistakes.
    pub(crate) fn into_result<T>(self, file: &str, value: Option<T>) -> Result<T, Malformed> {
        let mut problems = self.0.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => {
                problems.sort();
                problems.dedup();
                Err(Malformed { file: file.to_owned(), problems })
            }
        }
    }
}

/// The known word that was probably meant, as a remedy: `did you mean …` or the list of all.
pub(crate) fn remedy(wrong: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|word| (strsim::damerau_levenshtein(wrong, word), word)).min();
    match nearest {
        Some((distance, word)) if distance <= 2 && distance < word.len() => format!("did you mean `{word}`?"),
        _ if known.is_empty() => "there are none".to_owned(),
        _ => format!("known: {}", known.join(", ")),
    }
}
