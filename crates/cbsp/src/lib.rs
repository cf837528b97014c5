//! cbsp
