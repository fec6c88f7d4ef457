//! The customer's accounts and statements on H5 pages.

pub(crate) mod doubt;
pub mod http;
pub mod shapes;

#[cfg(test)]
mod doubted;
#[cfg(test)]
mod tests;
