//! The uid of an object, without memory of its own.

use std::{
    borrow::Borrow,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

/// As long as a UUID, which is what Kubernetes' API servers make.
const SHORT: usize = 36;

/// A uid. One that is no longer than a UUID is held in place: boxes of thousands of objects, made between texts that go
/// again, each keep a page of memory.
#[derive(Clone)]
pub struct Uid(Form);

#[derive(Clone)]
enum Form {
    Short { length: u8, bytes: [u8; SHORT] },
    Long(Box<str>),
}

impl From<&str> for Uid {
    fn from(text: &str) -> Self {
        let mut bytes = [0; SHORT];
        match (u8::try_from(text.len()), bytes.get_mut(..text.len())) {
            (Ok(length), Some(place)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Form::Short { length, bytes })
            }
            _ => Self(Form::Long(text.into())),
        }
    }
}

impl Deref for Uid {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            // It was a text when it was put there.
            Form::Short { length, bytes } => bytes
                .get(..usize::from(*length))
                .and_then(|held| std::str::from_utf8(held).ok())
                .unwrap_or_default(),
            Form::Long(text) => text,
        }
    }
}

impl PartialEq for Uid {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Uid {}

/// As the text, so that it is found by one.
impl Hash for Uid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl Borrow<str> for Uid {
    fn borrow(&self) -> &str {
        self
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_uid_of_whatever_length_is_its_text_and_is_found_by_it(text in "\\PC{0,50}") {
            let uid = Uid::from(text.as_str());
            prop_assert_eq!(&*uid, &text);
            prop_assert!(HashSet::from([uid]).contains(text.as_str()));
        }
    }

    #[test]
    fn a_uuid_takes_no_memory_of_its_own() {
        let uid = Uid::from("0b1c9f0e-6f0a-4c55-9b1d-2f6f3a1e7c11");
        assert!(matches!(uid.0, Form::Short { .. }));
        assert_eq!(size_of::<Uid>(), 40);
    }
}
