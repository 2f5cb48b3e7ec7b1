//! The objects in the text of a list, told apart as the text comes: a list of ten thousand pods is some 64 MB, of which no
//! more than one object has to be there at a time.

use memchr::memchr2;

/// What has come whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The list's own metadata.
    Metadata,
    /// One of its objects.
    Object,
}

/// Reads along a list's text, and holds the part that was read last. What is no JSON is for whoever reads the parts.
#[derive(Debug, Default)]
pub(super) struct Items {
    held: Vec<u8>,
    /// The part that is being read, and how many objects and arrays are open around it.
    part: Option<(Part, usize)>,
    /// How many objects and arrays are open.
    depth: usize,
    text: Text,
    field: Field,
    has_items: bool,
    is_whole: bool,
}

/// Whether a JSON text is being read, in which brackets mean nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside,
    /// After a backslash.
    Escaped,
}

/// The field of the list that is being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Field {
    /// Its name has not come whole.
    #[default]
    Unnamed,
    Metadata,
    Items,
    Other,
}

/// What a byte means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Nothing,
    /// What is held begins with it.
    Begins,
    /// The name of a field was before it.
    Names,
    /// A part ends with it.
    Ends(Part),
}

impl Items {
    /// Reads on, to the end of a part or of `text`. Returns how many bytes that was, and the part.
    pub(super) fn read(&mut self, text: &[u8]) -> (usize, Option<Part>) {
        let (mut at, mut from) = (0, 0);
        while let Some(found) = self.find(&text[at..]) {
            let here = at + found;
            at = here + 1;
            match self.take(text[here]) {
                Meaning::Nothing => {}
                Meaning::Begins => {
                    self.held.clear();
                    from = here;
                }
                Meaning::Names => {
                    self.held.extend_from_slice(&text[from..here]);
                    self.name();
                }
                Meaning::Ends(part) => {
                    self.held.extend_from_slice(&text[from..at]);
                    return (at, Some(part));
                }
            }
        }
        if self.part.is_some() || self.field == Field::Unnamed {
            self.held.extend_from_slice(&text[from..]);
        }
        (text.len(), None)
    }

    /// The text of the part that was read last.
    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }

    /// Whether a list has been read to its end. What has no place for objects is none, however well it ends.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole && self.has_items
    }

    /// The next byte that can mean something.
    fn find(&self, text: &[u8]) -> Option<usize> {
        match self.text {
            Text::Inside => memchr2(b'"', b'\\', text),
            Text::Outside => text.iter().position(|byte| b"\"{}[],:".contains(byte)),
            Text::Escaped => (!text.is_empty()).then_some(0),
        }
    }

    fn take(&mut self, byte: u8) -> Meaning {
        match (self.text, byte) {
            (Text::Inside, b'\\') => self.text = Text::Escaped,
            (Text::Inside, _) => self.text = Text::Outside,
            (Text::Escaped, _) | (Text::Outside, b'"') => self.text = Text::Inside,
            (Text::Outside, b'{' | b'[') => return self.open(byte),
            (Text::Outside, b'}' | b']') => return self.close(),
            (Text::Outside, b',') if self.depth == 1 => {
                self.field = Field::Unnamed;
                return Meaning::Begins;
            }
            (Text::Outside, b':') if self.depth == 1 && self.field == Field::Unnamed => {
                return Meaning::Names;
            }
            _ => {}
        }
        Meaning::Nothing
    }

    fn open(&mut self, bracket: u8) -> Meaning {
        let around = self.depth;
        self.depth += 1;
        let part = match (self.field, around, bracket) {
            (Field::Metadata, 1, b'{') => Part::Metadata,
            (Field::Items, 2, b'{') => Part::Object,
            (_, 0, _) => return Meaning::Begins,
            (Field::Items, 1, b'{') => {
                self.has_items = false;
                return Meaning::Nothing;
            }
            _ => return Meaning::Nothing,
        };
        self.part = Some((part, around));
        Meaning::Begins
    }

    fn close(&mut self) -> Meaning {
        self.depth = self.depth.saturating_sub(1);
        self.is_whole |= self.depth == 0;
        let ended = self.part.take_if(|(_, around)| *around == self.depth);
        ended.map_or(Meaning::Nothing, |(part, _)| Meaning::Ends(part))
    }

    /// What is held is a name, after the bracket or comma that it began with.
    fn name(&mut self) {
        self.field = match self.held.get(1..).unwrap_or_default().trim_ascii() {
            br#""metadata""# => Field::Metadata,
            br#""items""# => {
                self.has_items = true;
                Field::Items
            }
            _ => Field::Other,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// The parts of a list that comes in pieces of this many bytes; whether it is whole then.
    fn parts(text: &str, piece: usize) -> (Vec<(Part, Value)>, bool) {
        let (mut items, mut parts) = (Items::default(), Vec::new());
        for mut piece in text.as_bytes().chunks(piece) {
            while !piece.is_empty() {
                let (read, part) = items.read(piece);
                piece = &piece[read..];
                parts.extend(part.map(|part| (part, serde_json::from_slice(items.held()).expect("JSON"))));
            }
        }
        (parts, items.is_whole())
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            Just(Value::Null),
            r#"[a-z"\\{}\[\],: é\n]{0,6}"#.prop_map(Value::from),
            Just(json!("items")),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let name = prop_oneof![Just("items".to_owned()), Just("metadata".to_owned()), r#"[a-z"\\]{1,3}"#];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec((name, inner), 0..3)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn object() -> impl Strategy<Value = Value> {
        prop::collection::btree_map(r#"[a-z"\\{\[]{1,4}"#, value(), 0..4)
            .prop_map(|fields| Value::Object(fields.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn the_objects_of_a_list_come_whole_however_its_text_is_cut(
            objects in prop::collection::vec(object(), 0..4), metadata in object(), other in value(),
            piece in 1..40_usize, is_pretty: bool,
        ) {
            let list = json!({"kind": "PodList", "aside": other, "metadata": metadata, "items": objects});
            let text = if is_pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) };
            let (parts, is_whole) = parts(&text.expect("JSON"), piece);
            prop_assert!(is_whole);
            let of = |wanted| parts.iter().filter(move |(part, _)| *part == wanted).map(|(_, value)| value.clone());
            prop_assert_eq!(of(Part::Object).collect::<Vec<_>>(), objects);
            prop_assert_eq!(of(Part::Metadata).collect::<Vec<_>>(), [metadata]);
        }
    }

    #[test]
    fn a_list_that_is_cut_short_is_not_whole() {
        let text = r#"{"metadata":{"resourceVersion":"1"},"items":[{"a":"}"}]}"#;
        for end in 0..text.len() {
            assert!(!parts(&text[..end], 7).1, "{}", &text[..end]);
        }
        assert_eq!(parts(text, 7).0.len(), 2);
    }

    #[test]
    fn what_has_no_place_for_objects_is_no_list() {
        for text in [r#"{}"#, r#"{"metadata":{}}"#, r#"{"metadata":{},"rows":[]}"#, r#"{"items":{"a":[]}}"#] {
            assert!(!parts(text, 5).1, "{text}");
        }
    }

    #[test]
    fn a_list_without_objects_has_none() {
        for items in ["null", "[]", "[ ]"] {
            let (parts, is_whole) = parts(&format!(r#"{{"metadata":{{}},"items":{items}}}"#), 3);
            assert!(is_whole && parts == [(Part::Metadata, json!({}))], "{items}: {parts:?}");
        }
    }
}
