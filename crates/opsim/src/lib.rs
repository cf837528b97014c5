//! opsim
