//! Reading some fields of an object's text, and passing over the others without making anything of them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

/// A field that is read.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// The whole of it.
    Whole(&'a str),
    /// Of the object in it, these fields.
    Of(&'a str, &'a [Field<'a>]),
}

impl<'a> Field<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::Whole(name) | Self::Of(name, _) => name,
        }
    }
}

pub(super) fn read(text: &str, fields: &[Field<'_>]) -> Result<Value, serde_json::Error> {
    Fields(fields).deserialize(&mut serde_json::Deserializer::from_str(text))
}

/// Reads an object as a tree with these fields only.
struct Fields<'f>(&'f [Field<'f>]);

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut tree = Map::new();
        while let Some(found) = object.next_key_seed(Name(self.0))? {
            match found {
                None => drop(object.next_value::<IgnoredAny>()?),
                Some(field @ Field::Whole(_)) => {
                    tree.insert(field.name().to_owned(), object.next_value()?);
                }
                Some(field @ Field::Of(_, fields)) => {
                    tree.insert(field.name().to_owned(), object.next_value_seed(Fields(fields))?);
                }
            }
        }
        Ok(Value::Object(tree))
    }
}

/// Reads a name, and says which of the fields has it.
struct Name<'f>(&'f [Field<'f>]);

impl<'de, 'f> DeserializeSeed<'de> for Name<'f> {
    type Value = Option<Field<'f>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<'f> Visitor<'_> for Name<'f> {
    type Value = Option<Field<'f>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|field| field.name() == name))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_asked_for_is_passed_over_and_the_rest_is_as_in_the_whole_tree() {
        let text = json!({
            "metadata": {"name": "a", "labels": {"spec": "x"}},
            "spec": {"nodeName": "n", "containers": [{"name": "c", "status": 1}], "na\nme": null},
            "status": {"conditions": [{"type": "Ready"}]},
        });
        let fields =
            [Field::Whole("status"), Field::Of("spec", &[Field::Whole("nodeName"), Field::Whole("na\nme")])];
        let part =
            json!({"spec": {"nodeName": "n", "na\nme": null}, "status": {"conditions": [{"type": "Ready"}]}});
        assert_eq!(read(&text.to_string(), &fields).expect("an object"), part);
        assert_eq!(read(r#"{"spec":null}"#, &fields).expect("an object"), json!({"spec": null}));
        assert_eq!(read("{}", &fields).expect("an object"), json!({}));
        let odd = [Field::Of("metadata", &[Field::Of("name", &[])])];
        assert!(read(&text.to_string(), &odd).is_err(), "a text has no fields");
    }
}
