//! What comes in from outside, held against `deny.toml`: licences, sources, bans, wildcards (SC-01).
//!
//! Reads what packages declare, from `cargo metadata` (which fetches what is not here yet). Known holes (advisories) need a list from the network:
//! `make audit`. See docs/adr/0013-supply-chain.md.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages in more than one version, as of now. The last was `pem-rfc7468`, which `cms` brings.
const DOUBLES_MAX: usize = 16;
/// Where all packages must come from.
const INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every package of the lock file, for every platform and feature.
fn packages() -> Vec<Value> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    let packages = told["packages"].as_array().unwrap().clone();
    assert!(packages.len() > 100, "only {} packages", packages.len());
    packages
}

fn rules() -> toml::Table {
    std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn name(package: &Value) -> String {
    format!("{} {}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap())
}

fn is_ours(package: &Value) -> bool {
    package["source"].is_null()
}

/// Whether an SPDX expression can be met by the allowed licences: `OR` needs one side, `AND` both.
fn is_met(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = any_of(&words, &mut at, allowed);
    met && at == words.len()
}

fn any_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut met = all_of(words, at, allowed);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= all_of(words, at, allowed);
    }
    met
}

fn all_of(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let mut met = one(words, at, allowed);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at, allowed);
    }
    met
}

fn one(words: &[&str], at: &mut usize, allowed: &BTreeSet<&str>) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = any_of(words, at, allowed);
        *at += 1;
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        let exception = words.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        let whole = format!("{word} WITH {exception}");
        return allowed.contains(whole.as_str());
    }
    allowed.contains(word)
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = BTreeSet::from(["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]);
    for met in ["MIT", "MIT OR GPL-3.0", "GPL-3.0/MIT", "(MIT OR GPL-3.0) AND Apache-2.0"] {
        assert!(is_met(met, &allowed), "{met}");
    }
    assert!(is_met("Apache-2.0 WITH LLVM-exception OR GPL-3.0", &allowed));
    for unmet in ["", "GPL-3.0", "MIT AND GPL-3.0", "GPL-2.0 WITH Classpath-exception-2.0", "MIT )"]
    {
        assert!(!is_met(unmet, &allowed), "{unmet}");
    }
}

#[test]
fn every_licence_is_one_we_allow_sc_01() {
    let rules = rules();
    let list = rules["licenses"]["allow"].as_array().unwrap();
    let allowed: BTreeSet<&str> = list.iter().filter_map(toml::Value::as_str).collect();
    let packages = packages();
    let refused: Vec<String> = packages
        .iter()
        .filter(|p| !is_met(p["license"].as_str().unwrap_or_default(), &allowed))
        .map(|p| format!("{}: {}", name(p), p["license"]))
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn every_package_comes_from_the_one_index_and_none_is_banned_sc_01() {
    let rules = rules();
    assert_eq!(rules["sources"]["unknown-registry"].as_str(), Some("deny"));
    let bans = rules["bans"]["deny"].as_array().unwrap();
    let banned: BTreeMap<&str, &str> = bans
        .iter()
        .map(|b| (b["crate"].as_str().unwrap(), b["reason"].as_str().unwrap()))
        .collect();
    let packages = packages();
    for package in packages.iter().filter(|p| !is_ours(p)) {
        assert_eq!(package["source"].as_str(), Some(INDEX), "{}", name(package));
        let reason = banned.get(package["name"].as_str().unwrap());
        assert_eq!(reason, None, "{} is banned", name(package));
    }
}

#[test]
fn no_dependency_of_ours_takes_any_version_sc_01() {
    for package in packages().iter().filter(|p| is_ours(p)) {
        for dependency in package["dependencies"].as_array().unwrap() {
            let any = dependency["req"].as_str() == Some("*") && dependency["path"].is_null();
            assert!(!any, "{} takes any {}", name(package), dependency["name"]);
        }
    }
}

/// `deny.toml` warns of these; each costs build time and a second reading. The list must not grow unseen.
#[test]
fn no_package_comes_in_more_versions_than_we_know_of() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for p in packages() {
        let name = p["name"].as_str().unwrap().to_owned();
        versions.entry(name).or_default().insert(p["version"].as_str().unwrap().to_owned());
    }
    let several: Vec<_> = versions.into_iter().filter(|(_, v)| v.len() > 1).collect();
    let shown: Vec<String> = several.iter().map(|(n, v)| format!("{n} {v:?}")).collect();
    println!("{} packages in more than one version: {}", several.len(), shown.join(", "));
    assert!(several.len() <= DOUBLES_MAX, "{shown:#?}");
}
