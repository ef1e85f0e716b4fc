//! Tests of the reader as a whole.

mod agreement;
mod damage;
mod expansion;
mod samples;
mod speed;
mod support;
mod xml;
