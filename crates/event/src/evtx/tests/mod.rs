//! Tests of the reader as a whole.

mod agreement;
mod speed;
mod support;
mod xml;
