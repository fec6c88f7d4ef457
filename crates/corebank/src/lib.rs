//! corebank
