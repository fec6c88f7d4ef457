//! What an endpoint told, gathered for one snapshot: what differs from run to run by chance is replaced by its shape.

use super::fits;
use crate::testing::{Browser, TestBank};
use serde_json::{Map, Value, json};

/// Fields whose value is drawn by lot.
const DRAWN: &[&str] = &[
    "trace",
    "key_id",
    "public_key",
    "nonce",
    "openid_hash",
    "redirect",
    "who",
    "layout",
    "check_code",
    "url",
    "page_url",
    "json_url",
    "intent",
    "serial",
    "dots",
];

pub(super) struct Told {
    path: &'static str,
    document: Value,
    answers: Map<String, Value>,
}

impl Told {
    pub(super) fn of(path: &'static str) -> Self {
        Self { path, document: fits::document(), answers: Map::new() }
    }

    pub(super) async fn get(
        &mut self,
        when: &str,
        bank: &TestBank,
        browser: &Browser,
        slug: &str,
        query: &str,
    ) {
        let answer = browser.api(bank, slug, &format!("{}{query}", self.path)).await;
        self.keep(when, "get", answer);
    }

    pub(super) async fn post(
        &mut self,
        when: &str,
        bank: &TestBank,
        browser: &Browser,
        slug: &str,
        body: Value,
    ) {
        let answer = browser.post(bank, slug, self.path, body).await;
        self.keep(when, "post", answer);
    }

    /// The same of the staff address, where machines ask.
    pub(super) async fn machine(&mut self, when: &str, bank: &TestBank) {
        let url = format!("{}/{}", bank.staff_url, self.path);
        let answer = bank.http.get(url).send().await.unwrap();
        let status = answer.status().as_u16();
        self.keep(when, "get", (status, answer.json().await.unwrap()));
    }

    fn keep(&mut self, when: &str, how: &str, (status, mut body): (u16, Value)) {
        let nested = format!("{}/{}", crate::api::SESSION_ROOT, self.path);
        let alone = format!("/{}", self.path);
        let path = if self.document["paths"].get(&nested).is_some() { &nested } else { &alone };
        let shape = fits::promised(&self.document, path, how, status);
        assert_eq!(fits::misfit(&self.document, shape, &body, ""), None, "{when}");
        blur(&mut body);
        let before = self.answers.insert(when.into(), json!({ "status": status, "body": body }));
        assert_eq!(before, None, "{when} is told twice");
    }

    /// Compares with what was told before; both engines tell the same.
    pub(super) fn check(self) {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
            insta::assert_json_snapshot!(self.path.replace('/', "_"), Value::Object(self.answers));
        });
    }
}

fn blur(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                // Which figures are asked for, and their picture, are drawn too.
                if name == "question" {
                    field["words"] = json!("[a sum]");
                    field["picture"] = json!("[drawn]");
                }
                if DRAWN.contains(&name.as_str()) {
                    *field = drawn(field);
                } else {
                    blur(field);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(blur),
        // An id tells the moment and the process it was made in.
        Value::String(text)
            if ["stm_", "qst_", "cas_", "br_", "clc_"].iter().any(|p| text.starts_with(p)) =>
        {
            *text = format!("{}…", &text[..4]);
        }
        _ => {}
    }
}

fn drawn(value: &Value) -> Value {
    match value {
        Value::String(text) if text.bytes().all(|b| b.is_ascii_hexdigit()) => {
            json!(format!("[{} hex digits]", text.len()))
        }
        Value::String(text) => {
            let short: Vec<_> =
                text.split('/').map(|p| if p.len() > 8 { "…" } else { p }).collect();
            json!(short.join("/"))
        }
        Value::Array(items) => json!(format!("[{} drawn]", items.len())),
        other => other.clone(),
    }
}
