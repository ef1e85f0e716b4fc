//! Conditions as short op lists, and the predicates that must hold before one is worth running.

use crate::{
    expr::{Expr, PredicateId, Vocabulary},
    pattern::{Pattern, Shape},
    predicate::{FieldId, Test, Values},
};

/// One step: ask the predicate, then go on at one of two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Op {
    pub(crate) predicate: u32,
    pub(crate) on_true: u32,
    pub(crate) on_false: u32,
}

/// Jump targets that end the program.
pub(crate) const ACCEPT: u32 = u32::MAX;
pub(crate) const REJECT: u32 = u32::MAX - 1;

/// Ops of one program; a condition that needs more is refused when it is loaded.
pub(crate) const MAX_OPS: usize = 1 << 16;

/// Rewrites a condition for events in which some predicates are known; `None` in `known` leaves one open.
pub(crate) fn simplify(expr: &Expr, known: &dyn Fn(PredicateId) -> Option<bool>) -> Result<Expr, bool> {
    match expr {
        Expr::Predicate(id) => known(*id).map_or(Ok(expr.clone()), Err),
        Expr::Named(_, part) => simplify(part, known),
        Expr::Not(part) => match simplify(part, known) {
            Ok(Expr::Not(inner)) => Ok(*inner),
            Ok(part) => Ok(Expr::Not(Box::new(part))),
            Err(decided) => Err(!decided),
        },
        Expr::And(parts) => gather(parts, known, false).map(Expr::all),
        Expr::Or(parts) => gather(parts, known, true).map(Expr::any),
        Expr::AtLeast(count, parts) => {
            let mut open = Vec::new();
            let mut wanted = *count;
            for part in parts {
                match simplify(part, known) {
                    Ok(part) => open.push(part),
                    Err(true) => wanted = wanted.saturating_sub(1),
                    Err(false) => {}
                }
            }
            match wanted {
                0 => Err(true),
                _ if wanted > open.len() => Err(false),
                1 => Ok(Expr::any(open)),
                _ if wanted == open.len() => Ok(Expr::all(open)),
                _ => Ok(Expr::AtLeast(wanted, open)),
            }
        }
    }
}

/// The open parts of an `and` (`absorbing` false) or `or` (`absorbing` true), flattened; `Err` when it is decided.
fn gather(parts: &[Expr], known: &dyn Fn(PredicateId) -> Option<bool>, absorbing: bool) -> Result<Vec<Expr>, bool> {
    let mut open: Vec<Expr> = Vec::new();
    for part in parts {
        match (simplify(part, known), absorbing) {
            (Ok(Expr::And(inner)), false) | (Ok(Expr::Or(inner)), true) => open.extend(inner),
            (Ok(part), _) => open.push(part),
            (Err(decided), _) if decided == absorbing => return Err(absorbing),
            (Err(_), _) => {}
        }
    }
    if open.is_empty() { Err(!absorbing) } else { Ok(open) }
}

/// Puts what is cheap and rarely true first in each `and`; the meaning stays.
pub(crate) fn order(expr: &mut Expr, vocabulary: &Vocabulary) {
    match expr {
        Expr::And(parts) => {
            parts.iter_mut().for_each(|part| order(part, vocabulary));
            parts.sort_by_cached_key(|part| (part.size() > 8, (1e6 * likelihood(part, vocabulary)) as u64));
        }
        Expr::Or(parts) | Expr::AtLeast(_, parts) => parts.iter_mut().for_each(|part| order(part, vocabulary)),
        Expr::Not(part) | Expr::Named(_, part) => order(part, vocabulary),
        Expr::Predicate(_) => {}
    }
}

/// Writes the op list of a condition; `None` when it needs more than [`MAX_OPS`].
pub(crate) fn assemble(expr: &Expr, number: &mut dyn FnMut(PredicateId) -> u32) -> Option<Vec<Op>> {
    let mut ops = Vec::new();
    let start = emit(expr, ACCEPT, REJECT, &mut ops, number)?;
    // Ops are written from the last to the first; the program starts at its last op.
    let last = ops.len() as u32 - 1;
    debug_assert_eq!(start, last);
    ops.reverse();
    let flip = |target: u32| if target >= REJECT { target } else { last - target };
    for op in &mut ops {
        (op.on_true, op.on_false) = (flip(op.on_true), flip(op.on_false));
    }
    Some(ops)
}

fn emit(expr: &Expr, yes: u32, no: u32, ops: &mut Vec<Op>, number: &mut dyn FnMut(PredicateId) -> u32) -> Option<u32> {
    if ops.len() >= MAX_OPS {
        return None;
    }
    match expr {
        Expr::Predicate(id) => {
            ops.push(Op { predicate: number(*id), on_true: yes, on_false: no });
            Some(ops.len() as u32 - 1)
        }
        Expr::Named(_, part) => emit(part, yes, no, ops, number),
        Expr::Not(part) => emit(part, no, yes, ops, number),
        Expr::And(parts) => parts.iter().rev().try_fold(yes, |next, part| emit(part, next, no, ops, number)),
        Expr::Or(parts) => parts.iter().rev().try_fold(no, |next, part| emit(part, yes, next, ops, number)),
        Expr::AtLeast(count, parts) => {
            // `entry[k]`: where to go on when k more are needed; filled for the parts behind first.
            let mut entry: Vec<u32> = (0..=*count).map(|needed| if needed == 0 { yes } else { no }).collect();
            for part in parts.iter().rev() {
                let mut earlier = entry.clone();
                for needed in 1..=*count {
                    earlier[needed] = emit(part, entry[needed - 1], entry[needed], ops, number)?;
                }
                entry = earlier;
            }
            entry.last().copied()
        }
    }
}

/// Predicates of which at least one must hold for the condition to hold, chosen so that they rarely do; `None` when
/// there are no such predicates.
pub(crate) fn anchors(expr: &Expr, vocabulary: &Vocabulary) -> Option<(f64, Vec<PredicateId>)> {
    match expr {
        Expr::Predicate(id) => {
            let test = &vocabulary.get(*id).test;
            test.is_of_value().then(|| (likelihood(expr, vocabulary), vec![*id]))
        }
        Expr::Named(_, part) => anchors(part, vocabulary),
        Expr::Not(_) => None,
        Expr::And(parts) => {
            let choices = parts.iter().filter_map(|part| anchors(part, vocabulary));
            choices.min_by(|(left, _), (right, _)| left.total_cmp(right))
        }
        Expr::Or(parts) | Expr::AtLeast(_, parts) => {
            let each: Option<Vec<_>> = parts.iter().map(|part| anchors(part, vocabulary)).collect();
            let each = each?;
            Some((each.iter().map(|(cost, _)| cost).sum(), each.into_iter().flat_map(|(_, ids)| ids).collect()))
        }
    }
}

/// A rough guess of how often a condition holds, to choose between ways of asking; never decides a match.
fn likelihood(expr: &Expr, vocabulary: &Vocabulary) -> f64 {
    match expr {
        Expr::Predicate(id) => {
            let predicate = vocabulary.get(*id);
            match &predicate.test {
                Test::AnyOf(values) => likelihood_of_values(values, predicate.field, vocabulary),
                // Costly to ask, so they come late.
                Test::Regex(_) => 2.0,
                Test::Cidr(_) | Test::Compare(..) | Test::TimePart(..) | Test::FieldRef(..) => 1.5,
                Test::Exists | Test::Present | Test::Null => 0.9,
            }
        }
        Expr::Named(_, part) => likelihood(part, vocabulary),
        Expr::Not(_) => 1.0,
        Expr::And(parts) => parts.iter().map(|part| likelihood(part, vocabulary)).fold(1.0, f64::min),
        Expr::Or(parts) | Expr::AtLeast(_, parts) => parts.iter().map(|part| likelihood(part, vocabulary)).sum(),
    }
}

fn likelihood_of_values(values: &Values, field: FieldId, vocabulary: &Vocabulary) -> f64 {
    // Fields with few values: a match of one says little.
    const COARSE: [&str; 10] = [
        "EventID",
        "Channel",
        "Provider_Name",
        "Initiated",
        "IntegrityLevel",
        "EventType",
        "LogonType",
        "Status",
        "Protocol",
        "Keywords",
    ];
    let coarse = COARSE.contains(&vocabulary.field_name(field));
    let floor = if coarse { 0.2 } else { 0.0 };
    let texts: f64 = values.patterns.iter().map(|pattern| likelihood_of_pattern(pattern).max(floor)).sum();
    texts + 0.2 * (values.numbers.len() + values.truths.len()) as f64
}

fn likelihood_of_pattern(pattern: &Pattern) -> f64 {
    let length = pattern.literal().chars().filter(|character| character.is_alphanumeric()).count();
    let by_length = 0.6f64.powi(length as i32);
    match pattern.shape() {
        Shape::Everything => 1.0,
        Shape::Exact(_) => 0.002_f64.max(by_length * 0.1),
        // Programs that start all day.
        Shape::Ends(text) if text.starts_with('\\') => 0.01,
        Shape::Contains(_) | Shape::Starts(_) | Shape::Ends(_) | Shape::Glob(_) => by_length.max(0.000_1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ops: &[Op], truth: &[bool]) -> bool {
        let mut at = 0;
        while at < REJECT {
            let op = ops[at as usize];
            at = if truth[op.predicate as usize] { op.on_true } else { op.on_false };
        }
        at == ACCEPT
    }

    fn predicate(number: u32) -> Expr {
        Expr::Predicate(PredicateId(number))
    }

    #[test]
    fn op_lists_decide_as_the_tree_does() {
        let not = |expr: Expr| Expr::Not(Box::new(expr));
        let trees = [
            Expr::And(vec![
                predicate(0),
                Expr::Or(vec![predicate(1), not(predicate(2))]),
                not(Expr::And(vec![predicate(3), predicate(4)])),
            ]),
            Expr::AtLeast(2, vec![predicate(0), Expr::And(vec![predicate(1), predicate(2)]), not(predicate(3)), predicate(4)]),
            not(Expr::AtLeast(3, vec![predicate(0), predicate(1), predicate(2), predicate(3)])),
            predicate(4),
        ];
        for tree in &trees {
            let ops = assemble(tree, &mut |id| id.0).unwrap();
            for bits in 0..32u32 {
                let truth: Vec<bool> = (0..5).map(|bit| bits >> bit & 1 == 1).collect();
                let expected = tree.eval(&mut |id| truth[id.0 as usize]);
                assert_eq!(run(&ops, &truth), expected, "{tree:?} {bits:05b}");
                // With two predicates known beforehand, what is left decides alike.
                let known = |id: PredicateId| (id.0 < 2).then(|| truth[id.0 as usize]);
                let left = match simplify(tree, &known) {
                    Ok(left) => left.eval(&mut |id| truth[id.0 as usize]),
                    Err(decided) => decided,
                };
                assert_eq!(left, expected, "{tree:?} {bits:05b}");
            }
        }
    }
}
