//! Adapters: translators between the port and cores that others make. One passes when it keeps every sentence of
//! [`crate::conformance`] that its capabilities promise.

pub mod fineract;
