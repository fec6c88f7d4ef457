//! The customer's accounts and statements on H5 pages.
pub mod http;

#[cfg(test)]
mod tests;
