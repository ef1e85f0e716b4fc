//! Stands in for rooms that are not on this branch yet. Goes away when they are.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::all)]

use std::{marker::PhantomData, sync::Arc};

use cordon_detect::{RuleId, RuleSet};
use cordon_event::{Event, Names};
use cordon_model::{Detection, Timestamp};

#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    pub rule: RuleId,
    pub time: Timestamp,
    pub values: Vec<Option<Box<str>>>,
    pub event: EventRef,
}
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRef {
    pub source: Arc<str>,
    pub offset: u64,
    pub record_id: Option<u64>,
    pub host: Box<str>,
}
pub fn observation(_: &RuleSet, _: RuleId, _: &Event<'_>, _: &Names, _: &Arc<str>) -> Option<Observation> {
    None
}
pub struct Correlator<'r> {
    rules: PhantomData<&'r RuleSet>,
}
impl<'r> Correlator<'r> {
    pub fn new(_: &'r RuleSet) -> Self {
        Self { rules: PhantomData }
    }
    pub fn observe(&mut self, _: Observation, _: &mut dyn FnMut(Detection)) {}
}
