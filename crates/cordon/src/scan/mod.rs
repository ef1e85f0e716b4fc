//! `cordon scan`.

#[allow(dead_code, reason = "the command line that calls it lands beside it")]
mod summary;
