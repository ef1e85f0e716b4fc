//! Correlations from the outside: what each type means, its limits, a slow reference and another engine to compare with.

#![allow(clippy::expect_used, reason = "clippy knows test functions only, and not what they share")]

mod chains;
mod kinds;
mod limits;
mod reference;
mod refusals;
mod rsigma;
mod speed;
mod support;
mod windows;
