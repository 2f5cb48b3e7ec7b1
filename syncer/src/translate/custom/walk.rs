//! Finding the values at a path in a tree that may hold anything.

use serde_json::{Map, Value};

use super::path::Step;

/// What a value at or above the end of a path would have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misfit(pub(super) &'static str);

/// What is done about each value at the end of a path, and about what stands in the way.
type Visitor<'f> = dyn FnMut(Result<&mut Value, Misfit>) -> Result<(), Misfit> + 'f;

/// Calls `f` with each value at the end of the path and with each misfit on the way; ends at its first error. What is
/// absent or null is passed over.
pub(super) fn visit(value: &mut Value, steps: &[Step], f: &mut Visitor<'_>) -> Result<(), Misfit> {
    let Some((step, rest)) = steps.split_first() else { return f(Ok(value)) };
    match (step, value) {
        (_, Value::Null) => Ok(()),
        (Step::Field(name), Value::Object(map)) => {
            map.get_mut(&**name).map_or(Ok(()), |value| visit(value, rest, f))
        }
        (Step::Values, Value::Object(map)) => map.values_mut().try_for_each(|value| visit(value, rest, f)),
        (Step::Items, Value::Array(items)) => items.iter_mut().try_for_each(|value| visit(value, rest, f)),
        (Step::Items, _) => f(Err(Misfit("a list"))),
        _ => f(Err(Misfit("an object"))),
    }
}

/// Takes out whatever is at the end of the path.
pub(super) fn remove(value: &mut Value, steps: &[Step]) {
    let Some((last, above)) = steps.split_last() else { return };
    // What does not fit the path holds nothing to take out.
    let _ = visit(value, above, &mut |found| {
        match (last, found) {
            (Step::Field(name), Ok(Value::Object(map))) => drop(map.remove(&**name)),
            (Step::Values, Ok(Value::Object(map))) => map.clear(),
            (Step::Items, Ok(Value::Array(items))) => items.clear(),
            _ => {}
        }
        Ok(())
    });
}

/// Puts a value at the end of the path. Objects on the way are made, unless a list or a `*` comes after them.
pub(super) fn put(value: &mut Value, steps: &[Step], fixed: &Value) -> Result<(), Misfit> {
    let Some((step, rest)) = steps.split_first() else {
        *value = fixed.clone();
        return Ok(());
    };
    if is_all_fields(steps) && value.is_null() {
        *value = Value::Object(Map::new());
    }
    match (step, value) {
        (Step::Field(name), Value::Object(map)) if map.contains_key(&**name) || is_all_fields(rest) => {
            put(map.entry(&**name).or_insert(Value::Null), rest, fixed)
        }
        (Step::Field(_), Value::Object(_)) | (_, Value::Null) => Ok(()),
        (Step::Values, Value::Object(map)) => map.values_mut().try_for_each(|value| put(value, rest, fixed)),
        (Step::Items, Value::Array(items)) => items.iter_mut().try_for_each(|value| put(value, rest, fixed)),
        (Step::Items, _) => Err(Misfit("a list")),
        _ => Err(Misfit("an object")),
    }
}

fn is_all_fields(steps: &[Step]) -> bool {
    steps.iter().all(|step| matches!(step, Step::Field(_)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::Path, *};

    fn path(text: &str) -> Path {
        text.parse().expect("a path")
    }

    fn found(tree: &Value, at: &str) -> Result<Vec<Value>, Misfit> {
        let mut found = Vec::new();
        visit(&mut tree.clone(), path(at).steps(), &mut |value| {
            found.push(value?.clone());
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn values_are_found_through_fields_lists_and_maps() {
        let tree =
            json!({"a": {"b": [{"c": 1}, {"c": 2}, {}, null], "x.y": 3, "m": {"p": 4, "q": 5}, "n": null}});
        let cases = [
            ("a.b[*].c", json!([1, 2])),
            ("a[\"x.y\"]", json!([3])),
            ("a.m.*", json!([4, 5])),
            ("a.*.p", json!(null)),
            ("a.none.deeper", json!([])),
            ("a.n.deeper", json!([])),
        ];
        for (at, expected) in cases {
            match found(&tree, at) {
                Ok(values) => assert_eq!(json!(values), expected, "{at}"),
                Err(misfit) => assert_eq!((misfit.0, expected), ("an object", json!(null)), "{at}"),
            }
        }
    }

    #[test]
    fn what_does_not_fit_the_path_is_told() {
        let tree = json!({"list": [1], "text": "t", "map": {}});
        for (at, expected) in
            [("map[*]", "a list"), ("text.a", "an object"), ("list.a", "an object"), ("list.*", "an object")]
        {
            assert_eq!(found(&tree, at), Err(Misfit(expected)), "{at}");
        }
    }

    #[test]
    fn fields_and_contents_are_removed() {
        let mut tree = json!({"a": [{"b": 1, "c": 2}, "odd"], "m": {"x": 1}, "l": [1]});
        for at in ["a[*].b", "m.*", "l[*]", "none.deeper", "a.no"] {
            remove(&mut tree, path(at).steps());
        }
        assert_eq!(tree, json!({"a": [{"c": 2}, "odd"], "m": {}, "l": []}));
    }

    #[test]
    fn a_value_is_put_where_it_can_be() {
        let mut tree = json!({"a": [{}, {"b": 1}], "m": {"x": 1, "y": null}});
        for at in ["a[*].b", "m.*", "new.deeper", "none[*].b"] {
            assert_eq!(put(&mut tree, path(at).steps(), &json!(9)), Ok(()), "{at}");
        }
        let expected = json!({"a": [{"b": 9}, {"b": 9}], "m": {"x": 9, "y": 9}, "new": {"deeper": 9}});
        assert_eq!(tree, expected);
        assert_eq!(put(&mut tree, path("a.b").steps(), &json!(9)), Err(Misfit("an object")));
    }
}
