//! The contract as an OpenAPI 3.1 document: `docs/api/core-contract.json` is its copy, and a test holds it current.
//!
//! Made from [`crate::ops`] and the shapes of [`crate::wire`], so that it cannot say something else than the code.

use crate::head::{SIGNATURE, SIGNED};
use crate::ops::{self, Described, Kind, Many};
use crate::wire::outcome::{DETAILED, Direction, Doubt, FIELDS, PLAIN, Refusal, Why};
use crate::wire::{Block, Day, Fen, MaskedId, MaskedMobile, MaskedName, Nothing, Time};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

const VERSION: &str = "1";

/// What each signed header says, in the order of [`SIGNED`].
const ABOUT: [&str; SIGNED.len()] = [
    "Id of the key that signs; the answer is signed by the same.",
    "When the request was made: milliseconds since 1970. Refused when more than 300,000 from the server's clock.",
    "32 random hex digits, never used before.",
    "The institution whose books are asked.",
    "After this the answer is of no use: milliseconds since 1970. The server does not begin later.",
    "customer, system, or staff: and a login.",
    "For log lines on both sides; no personal data.",
    "Names a command, the same on every resend.",
    "The channel's own serial (渠道流水号).",
    "The channel's date of it, YYYY-MM-DD.",
];

/// The document as it is kept in `docs/api/core-contract.json`.
pub fn text() -> base::Result<String> {
    Ok(serde_json::to_string_pretty(&sorted(document()))? + "\n")
}

fn document() -> Value {
    let mut operations = ops::all();
    operations.push(ops::recon_file());
    let (mut paths, mut shapes) = (Map::new(), shared());
    for op in operations {
        paths.insert(ops::path_of(op.name), path(&op));
        shapes.extend(op.shapes);
    }
    let push = ops::push();
    let webhooks = json!({ ops::PUSH.name: path(&push) });
    shapes.extend(push.shapes);
    let codes = PLAIN.iter().map(|(code, _)| *code).chain(DETAILED.iter().copied());
    json!({
        "openapi": "3.1.0",
        "x-refusal-codes": codes.collect::<Vec<_>>(),
        "x-validation-fields": FIELDS,
        "info": {
            "title": "Weiyin core contract",
            "version": VERSION,
            "description": "What Weiyin asks of a bank's core. Every request and every answer is signed; see docs/core-contract.md.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "schemas": shapes,
            "parameters": parameters(),
            "headers": { "Signature": {
                "description": "hmac-sm3= and 64 hex digits, or sm2= and 128, over the answer.",
                "required": true,
                "schema": { "type": "string" },
            } },
            "responses": { "NotBelieved": {
                "description": "Not believed, so nothing was done: a header is missing, the key is not known, the signature, the \
                                time or the nonce is wrong, or the body is too large. Not signed: the caller takes it for unknown.",
            } },
        },
    })
}

/// The same with every object's names in order, however this is built.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let ordered: BTreeMap<String, Value> =
                map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(sorted).collect()),
        plain => plain,
    }
}

/// Shapes that all operations share; those of a field's type are found with the field, but for these.
fn shared() -> BTreeMap<String, RefOr<Schema>> {
    fn one<T: ToSchema>() -> (String, RefOr<Schema>) {
        (T::name().into_owned(), <T as PartialSchema>::schema())
    }
    BTreeMap::from([
        one::<Refusal>(),
        one::<Doubt>(),
        one::<Why>(),
        one::<Direction>(),
        one::<Fen>(),
        one::<Day>(),
        one::<Time>(),
        one::<MaskedName>(),
        one::<MaskedMobile>(),
        one::<MaskedId>(),
        one::<Block>(),
        one::<Nothing>(),
    ])
}

fn parameters() -> Value {
    let mut all = Map::new();
    for (n, (name, about)) in SIGNED.iter().zip(ABOUT).enumerate() {
        let is_needed = n < crate::head::OPTIONAL_FROM;
        all.insert((*name).to_owned(), parameter(name, about, is_needed));
    }
    let about = "hmac-sm3= and 64 hex digits, or sm2= and 128 (r, then s), over the request.";
    all.insert(SIGNATURE.to_owned(), parameter(SIGNATURE, about, true));
    Value::Object(all)
}

fn parameter(name: &str, about: &str, is_needed: bool) -> Value {
    json!({ "name": name, "in": "header", "required": is_needed, "description": about, "schema": { "type": "string" } })
}

fn path(op: &Described) -> Value {
    let names = SIGNED.iter().copied().chain([SIGNATURE]);
    let parameters: Vec<Value> =
        names.map(|name| json!({ "$ref": format!("#/components/parameters/{name}") })).collect();
    let once = match op.kind {
        Kind::Question => "A question: without effect on money.",
        Kind::Twice => "Doing it twice is the same as once.",
        Kind::Command => "A command: done once under its weiyin-request-id.",
    };
    json!({ "post": {
        "operationId": op.name,
        "summary": op.about,
        "description": once,
        "parameters": parameters,
        "requestBody": { "required": true, "content": { "application/json": { "schema": op.ask } } },
        "responses": {
            "200": {
                "description": "Believed and answered: done, refused for certain, or not known.",
                "headers": { SIGNATURE: { "$ref": "#/components/headers/Signature" } },
                "content": content(op),
            },
            "4XX": { "$ref": "#/components/responses/NotBelieved" },
        },
    } })
}

fn content(op: &Described) -> Value {
    let done = match op.many {
        Many::One => json!(op.told),
        Many::List => json!({ "type": "array", "items": op.told }),
        Many::Maybe => json!({ "oneOf": [{ "type": "null" }, op.told] }),
    };
    let one = |name: &str, schema: Value| json!({ "type": "object", "required": [name], "properties": { name: schema } });
    let refused = one("refused", json!({ "$ref": "#/components/schemas/Refusal" }));
    let unknown = one("unknown", json!({ "$ref": "#/components/schemas/Doubt" }));
    if op.name == ops::RECON_FILE.name {
        return json!({
            "text/plain": { "schema": { "type": "string" } },
            "application/json": { "schema": { "oneOf": [refused, unknown] } },
        });
    }
    json!({ "application/json": { "schema": { "oneOf": [one("done", done), refused, unknown] } } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every `$ref` under a value.
    fn refs(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(to)) = map.get("$ref") {
                    found.insert(to.clone());
                }
                map.values().for_each(|v| refs(v, found));
            }
            Value::Array(all) => all.iter().for_each(|v| refs(v, found)),
            _ => {}
        }
    }

    #[test]
    fn the_kept_document_is_what_the_code_says() {
        let kept = include_str!("../../../docs/api/core-contract.json");
        let made = text().unwrap();
        assert!(
            kept == made,
            "old: cargo run -p corehttp --example contract > docs/api/core-contract.json"
        );
    }

    #[test]
    fn nothing_in_the_document_leads_nowhere() {
        let document = document();
        let mut found = BTreeSet::new();
        refs(&document, &mut found);
        assert!(found.len() > 100, "{}", found.len());
        for to in found {
            let pointer = to.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{to}");
        }
    }

    #[test]
    fn the_guide_names_every_operation_and_every_code() {
        let guide = include_str!("../../../docs/core-contract.md");
        let codes = PLAIN.iter().map(|(code, _)| *code).chain(DETAILED.iter().copied());
        let names =
            ops::all().into_iter().map(|op| op.name).chain([ops::RECON_FILE.name, ops::PUSH.name]);
        let headers = SIGNED.into_iter().chain([SIGNATURE]);
        for word in codes.chain(names).chain(headers).chain(FIELDS.iter().copied()) {
            assert!(guide.contains(&format!("`{word}`")), "{word}");
        }
    }
}
