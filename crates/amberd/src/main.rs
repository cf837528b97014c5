//! amberd
fn main() {}
