//! The command line of Cordon.

#[allow(dead_code, unused_imports, reason = "the command line that calls it lands beside it")]
mod report;
mod scan;

fn main() {}
