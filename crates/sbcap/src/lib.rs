//! sbcap
