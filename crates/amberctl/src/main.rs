//! amberctl
fn main() {}
