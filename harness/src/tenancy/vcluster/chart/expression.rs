//! Symbols become expressions of a template.

use std::fmt::Write;

use serde_json::Value;

use super::symbols::{CLOSE, HEAP_GROWTH, NODE_PORT, OPEN, SERVICE_TYPE};

/// A scalar or whole value as it stands in the template; none if it must be taken apart.
pub(super) fn of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text == SERVICE_TYPE => Some(piped(".Values.service.type")),
        Value::String(text) if text == HEAP_GROWTH => {
            Some("{{ .Values.heapGrowth | toString | toJson }}".to_owned())
        }
        Value::String(text) => Some(of_text(text)),
        Value::Number(number) if number.as_u64() == Some(NODE_PORT.into()) => {
            Some("{{ .Values.service.nodePort }}".to_owned())
        }
        // A list or map that is one symbol is the user's as a whole.
        Value::Array(items) => match items.as_slice() {
            [Value::String(text)] => whole(text).map(|path| piped(&format!(".{path}"))),
            [] => Some("[]".to_owned()),
            _ => None,
        },
        Value::Object(fields) if fields.is_empty() => Some("{}".to_owned()),
        Value::Object(fields) => {
            let only = fields.keys().next().filter(|_| fields.len() == 1)?;
            whole(only).map(|path| piped(&format!(".{path}")))
        }
        other => Some(other.to_string()),
    }
}

fn piped(expression: &str) -> String {
    format!("{{{{ {expression} | toJson }}}}")
}

/// The path of a text that is one symbol.
fn whole(text: &str) -> Option<&str> {
    text.strip_prefix(OPEN)?.strip_suffix(CLOSE).filter(|path| !path.contains(OPEN))
}

fn of_text(text: &str) -> String {
    if let Some(path) = whole(text) {
        return piped(&looked_up(path));
    }
    let mut format = String::new();
    let mut arguments = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (path, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        format.push_str(&before.replace('%', "%%"));
        format.push_str("%s");
        // Writing to a String cannot fail.
        let _ = write!(arguments, " {}", in_parentheses(&looked_up(path)));
        rest = after;
    }
    if arguments.is_empty() {
        return Value::from(text).to_string();
    }
    format.push_str(&rest.replace('%', "%%"));
    piped(&format!("printf {}{arguments}", Value::from(format)))
}

fn in_parentheses(expression: &str) -> String {
    if expression.contains(' ') { format!("({expression})") } else { expression.to_owned() }
}

/// Where a value is found: names that follow the release's have a default, and lists are joined.
fn looked_up(path: &str) -> String {
    match path {
        "Values.serviceName" | "Values.statefulSetName" | "Values.suffix" => {
            format!("default .Release.Name .{path}")
        }
        "Values.kubeconfigSecret" => {
            format!("default (printf \"%s-kubeconfig\" .Release.Name) .{path}")
        }
        "Values.tlsSans" => format!("join \",\" .{path}"),
        _ => format!(".{path}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::symbols::symbol, *};

    #[test]
    fn a_text_with_symbols_is_printed_and_quoted() {
        let text = format!("--owner=statefulset/{}", symbol("Values.statefulSetName"));
        assert_eq!(
            of(&json!(text)).unwrap(),
            r#"{{ printf "--owner=statefulset/%s" (default .Release.Name .Values.statefulSetName) | toJson }}"#
        );
        assert_eq!(of(&json!(symbol("Release.Name"))).unwrap(), "{{ .Release.Name | toJson }}");
        assert_eq!(of(&json!("$(POD_IP)")).unwrap(), "\"$(POD_IP)\"");
    }

    #[test]
    fn a_list_that_is_a_symbol_is_the_users() {
        assert_eq!(of(&json!([symbol("Values.syncerFlags")])).unwrap(), "{{ .Values.syncerFlags | toJson }}");
        assert_eq!(of(&json!(["a"])), None);
    }
}
