//! Whether an answer fits the shape the document promises: no more of JSON Schema than the document uses.

use serde_json::Value;

/// The document the code makes.
pub(super) fn document() -> Value {
    serde_json::from_str(&crate::api::text().unwrap()).unwrap()
}

/// The promised shape of an answer to `how path`; the `default` one when the status is not named.
pub(super) fn promised<'d>(document: &'d Value, path: &str, how: &str, status: u16) -> &'d Value {
    let answers = &document["paths"][path][how]["responses"];
    let answer = answers.get(status.to_string()).unwrap_or(&answers["default"]);
    let shape = &answer["content"]["application/json"]["schema"];
    assert!(shape.is_object(), "{how} {path} promises nothing for {status}");
    shape
}

/// Says where and how a value does not fit; an unnamed field is a misfit too.
pub(super) fn misfit(document: &Value, shape: &Value, value: &Value, at: &str) -> Option<String> {
    if let Some(name) = shape["$ref"].as_str() {
        let shape = document.pointer(name.trim_start_matches('#')).unwrap();
        return misfit(document, shape, value, at);
    }
    if let Some(parts) = shape["oneOf"].as_array() {
        let fits = parts.iter().filter(|p| misfit(document, p, value, at).is_none()).count();
        return (fits != 1)
            .then(|| format!("{at}: fits {fits} of {} shapes: {value}", parts.len()));
    }
    if let Some(words) = shape["enum"].as_array() {
        return (!words.contains(value)).then(|| format!("{at}: {value} is none of {words:?}"));
    }
    let kinds = match &shape["type"] {
        Value::Array(kinds) => kinds.clone(),
        kind => vec![kind.clone()],
    };
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if !kinds.iter().any(|k| k == kind) {
        return Some(format!("{at}: {value} is no {kinds:?}"));
    }
    if let Value::Array(items) = value {
        let item = |(n, v)| misfit(document, &shape["items"], v, &format!("{at}/{n}"));
        return items.iter().enumerate().find_map(item);
    }
    let Value::Object(fields) = value else { return None };
    let wanted = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    if let Some(missing) = wanted.clone().find(|name| !fields.contains_key(*name)) {
        return Some(format!("{at}: {missing} is missing"));
    }
    fields.iter().find_map(|(name, field)| {
        let at = format!("{at}/{name}");
        let known = shape["properties"].get(name).or_else(|| shape.get("additionalProperties"));
        match known {
            Some(shape) => misfit(document, shape, field, &at),
            None => Some(format!("{at}: not in the document")),
        }
    })
}

#[test]
fn what_does_not_fit_is_seen() {
    let document = document();
    let shape = serde_json::json!({ "$ref": "#/components/schemas/BoundAccount" });
    let of = |text: &str| misfit(&document, &shape, &serde_json::from_str(text).unwrap(), "");
    assert_eq!(of(r#"{"label":"借记卡","tail":"6688","kind":"debit"}"#), None);
    for bad in [
        r#"{"label":"借记卡","tail":"6688"}"#,
        r#"{"label":"借记卡","tail":6688,"kind":"debit"}"#,
        r#"{"label":"借记卡","tail":"6688","kind":"gold"}"#,
        r#"{"label":"借记卡","tail":"6688","kind":"debit","number":"1"}"#,
        "null",
    ] {
        assert!(of(bad).is_some(), "{bad}");
    }
}
