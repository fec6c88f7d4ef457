//! The customer's accounts and statements on H5 pages.
pub mod http;
pub mod shapes;

#[cfg(test)]
mod tests;
