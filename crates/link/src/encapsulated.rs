//! encapsulated
