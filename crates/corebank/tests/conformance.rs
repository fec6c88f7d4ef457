//! The sandbox core on every engine there is: the sentences of the port, and its own books.

#[path = "conformance/books.rs"]
mod books;
#[path = "conformance/town.rs"]
mod town;
