//! Measures what a user waits for; everything is in `benches/`.
