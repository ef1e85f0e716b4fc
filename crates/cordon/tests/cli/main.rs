//! The command line as its users meet it: the real binary, its output and its exit codes.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod mistakes;
mod outputs;
mod rules;
mod scan;
mod support;
