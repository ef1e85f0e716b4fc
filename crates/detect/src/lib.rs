//! Sigma rules compiled to a matcher, and correlations over time.
