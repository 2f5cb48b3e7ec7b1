//! The path language of rules: `spec.volumes[*].configMap.name`, `spec.refs.*`, `metadata.annotations["a.b/c"]`.

use std::{fmt, iter::Peekable, str::CharIndices};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Steps that a path may have. No API nests deeper, and rules are walked by recursion.
const LONGEST: usize = 32;

/// Where a rule applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Path(Vec<Step>);

/// One step from a value to those inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The field of this name.
    Field(Box<str>),
    /// `[*]`: every item of a list.
    Items,
    /// `*`: the value of every field.
    Values,
}

/// A path that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("path {text:?}, character {at}: {reason}")]
pub struct PathError {
    text: String,
    /// Counts from 1.
    at: usize,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("a field's name is missing; write it as in spec.secretName")]
    NoName,
    #[error("brackets hold [*], for every item of a list, or a quoted name, as [\"a.b\"]")]
    Bracket,
    #[error("an item cannot be chosen by number; write [*] for every item")]
    Number,
    #[error("the bracket is not closed; add ]")]
    OpenBracket,
    #[error("the quoted name is not closed; add {0}")]
    OpenQuote(char),
    #[error("{0:?} cannot be in a plain name; quote the name, as [\"a b\"]")]
    Character(char),
    #[error("a dot or a bracket is missing before this")]
    NoSeparator,
    #[error("a path has at most {LONGEST} steps; shorten it")]
    TooLong,
}

impl Path {
    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The names of the leading fields, up to the first step that is none.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map_while(|step| match step {
            Step::Field(name) => Some(&**name),
            Step::Items | Step::Values => None,
        })
    }

    /// Whether there can be a value at which both lie, or one that holds the other's.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|pair| match pair {
            (Step::Field(a), Step::Field(b)) => a == b,
            (Step::Items, Step::Items) => true,
            (Step::Items, _) | (_, Step::Items) => false,
            _ => true,
        })
    }
}

impl std::str::FromStr for Path {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let mut reader = Reader { text, rest: text.char_indices().peekable() };
        let mut steps = vec![reader.first()?];
        while let Some(step) = reader.next()? {
            steps.push(step);
            if steps.len() > LONGEST {
                return Err(reader.wrong(Reason::TooLong));
            }
        }
        Ok(Self(steps))
    }
}

struct Reader<'t> {
    text: &'t str,
    rest: Peekable<CharIndices<'t>>,
}

impl Reader<'_> {
    fn first(&mut self) -> Result<Step, PathError> {
        match self.peek() {
            Some('[') => self.bracket(),
            _ => self.name(),
        }
    }

    fn next(&mut self) -> Result<Option<Step>, PathError> {
        match self.peek() {
            None => Ok(None),
            Some('[') => self.bracket().map(Some),
            Some('.') => {
                self.rest.next();
                self.name().map(Some)
            }
            Some(_) => Err(self.wrong(Reason::NoSeparator)),
        }
    }

    /// A plain name or `*`.
    fn name(&mut self) -> Result<Step, PathError> {
        if self.rest.next_if(|(_, c)| *c == '*').is_some() {
            return Ok(Step::Values);
        }
        let mut name = String::new();
        while let Some((_, c)) = self.rest.next_if(|(_, c)| is_plain(*c)) {
            name.push(c);
        }
        match self.peek() {
            Some(c) if !matches!(c, '.' | '[') => Err(self.wrong(Reason::Character(c))),
            _ if name.is_empty() => Err(self.wrong(Reason::NoName)),
            _ => Ok(Step::Field(name.into())),
        }
    }

    /// What stands between brackets.
    fn bracket(&mut self) -> Result<Step, PathError> {
        self.rest.next();
        let step = match self.peek() {
            Some('*') => {
                self.rest.next();
                Step::Items
            }
            Some(quote @ ('"' | '\'')) => {
                self.rest.next();
                self.quoted(quote)?
            }
            Some(c) if c.is_ascii_digit() => return Err(self.wrong(Reason::Number)),
            _ => return Err(self.wrong(Reason::Bracket)),
        };
        match self.rest.next_if(|(_, c)| *c == ']') {
            Some(_) => Ok(step),
            None => Err(self.wrong(Reason::OpenBracket)),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Step, PathError> {
        let mut name = String::new();
        for (_, c) in self.rest.by_ref() {
            if c == quote {
                return if name.is_empty() {
                    Err(self.wrong(Reason::NoName))
                } else {
                    Ok(Step::Field(name.into()))
                };
            }
            name.push(c);
        }
        Err(self.wrong(Reason::OpenQuote(quote)))
    }

    fn peek(&mut self) -> Option<char> {
        self.rest.peek().map(|(_, c)| *c)
    }

    fn wrong(&mut self, reason: Reason) -> PathError {
        let byte = self.rest.peek().map_or(self.text.len(), |(byte, _)| *byte);
        let at = self.text[..byte].chars().count() + 1;
        PathError { text: self.text.to_owned(), at, reason }
    }
}

/// What a name may hold without quotes.
fn is_plain(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !matches!(c, '.' | '[' | ']' | '*' | '"' | '\'')
}

impl TryFrom<String> for Path {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl From<Path> for String {
    fn from(path: Path) -> Self {
        path.to_string()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            match step {
                Step::Items => f.write_str("[*]")?,
                Step::Values => write!(f, "{dot}*")?,
                Step::Field(name) if name.chars().all(is_plain) => write!(f, "{dot}{name}")?,
                Step::Field(name) if name.contains('"') => write!(f, "['{name}']")?,
                Step::Field(name) => write!(f, "[\"{name}\"]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field(name: &str) -> Step {
        Step::Field(name.into())
    }

    #[test]
    fn every_form_is_read() {
        let cases = [
            ("spec", vec![field("spec")]),
            ("spec.secretName", vec![field("spec"), field("secretName")]),
            ("spec.refs.*", vec![field("spec"), field("refs"), Step::Values]),
            ("a[*].b", vec![field("a"), Step::Items, field("b")]),
            ("a[*][*]", vec![field("a"), Step::Items, Step::Items]),
            (r#"a["x.y/z"].b"#, vec![field("a"), field("x.y/z"), field("b")]),
            ("a['it is']", vec![field("a"), field("it is")]),
            ("x-kubernetes/a_b", vec![field("x-kubernetes/a_b")]),
        ];
        for (text, steps) in cases {
            assert_eq!(text.parse::<Path>(), Ok(Path(steps)), "{text}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_place_and_a_remedy() {
        let cases = [
            ("", 1, "a field's name is missing"),
            ("spec.", 6, "a field's name is missing"),
            ("spec..a", 6, "a field's name is missing"),
            (".spec", 1, "a field's name is missing"),
            ("spec a", 5, "' ' cannot be in a plain name; quote the name"),
            ("spec.a*", 7, "'*' cannot be in a plain name"),
            ("spec.*x", 7, "a dot or a bracket is missing"),
            ("a[*]b", 5, "a dot or a bracket is missing"),
            ("a[0]", 3, "write [*] for every item"),
            ("a[b]", 3, "brackets hold [*]"),
            ("a[", 3, "brackets hold [*]"),
            ("a[*", 4, "add ]"),
            ("a[\"b", 5, "add \""),
            ("a['']", 5, "a field's name is missing"),
            ("ä.b]", 4, "']' cannot be in a plain name"),
        ];
        for (text, at, words) in cases {
            let error = text.parse::<Path>().expect_err(text).to_string();
            assert!(error.contains(&format!("character {at}: ")), "{error}");
            assert!(error.contains(words), "{error}");
            assert_eq!(error.lines().count(), 1);
        }
        assert!("a.".repeat(LONGEST + 1).parse::<Path>().is_err());
    }

    #[test]
    fn paths_overlap_where_one_value_can_be_at_or_inside_both() {
        let overlaps = |a: &str, b: &str| {
            let (a, b): (Path, Path) = (a.parse().expect("a path"), b.parse().expect("a path"));
            assert_eq!(a.overlaps(&b), b.overlaps(&a));
            a.overlaps(&b)
        };
        for (a, b) in [("a.b", "a.b"), ("a", "a.b"), ("a.*", "a.b"), ("a.*.c", "a.b"), ("a[*]", "a[*].b")] {
            assert!(overlaps(a, b), "{a} {b}");
        }
        for (a, b) in [("a.b", "a.c"), ("a[*]", "a.b"), ("a.*.c", "a.b.d"), ("a[*].b", "a[*].c")] {
            assert!(!overlaps(a, b), "{a} {b}");
        }
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            Just(Step::Items),
            Just(Step::Values),
            "[^\"]{1,8}".prop_map(|name| Step::Field(name.into())),
            "[^']{1,8}".prop_map(|name| Step::Field(name.into())),
        ]
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_a_mistake(text in "\\PC*|[a.*\\[\\]\"']*") {
            let _ = text.parse::<Path>();
        }

        #[test]
        fn a_path_that_is_printed_reads_as_itself(steps in prop::collection::vec(step(), 1..6)) {
            let path = Path(steps);
            prop_assert_eq!(path.to_string().parse::<Path>(), Ok(path));
        }
    }
}
