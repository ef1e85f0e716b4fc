//! What a condition says of the detections that it names.

use std::collections::BTreeMap;

use rsigma_parser::{ConditionExpr, Quantifier};

use super::{MAX_PATTERNS, Refusal, refuse};
use crate::expr::Expr;

/// `left`: how many tests the conditions may still expand to. It is counted down before anything is copied.
pub(super) fn lower_condition(
    condition: &ConditionExpr,
    named: &BTreeMap<&str, Expr>,
    left: &mut usize,
) -> Result<Expr, Refusal> {
    fn copied(expr: &Expr, left: &mut usize) -> Result<Expr, Refusal> {
        match left.checked_sub(expr.size().max(1)) {
            Some(less) => *left = less,
            None => return refuse("condition", format!("the condition expands to more than {MAX_PATTERNS} tests")),
        }
        Ok(expr.clone())
    }
    let mut all = |parts: &[ConditionExpr]| -> Result<Vec<Expr>, Refusal> {
        parts.iter().map(|part| lower_condition(part, named, left)).collect()
    };
    match condition {
        ConditionExpr::And(parts) => Ok(Expr::all(all(parts)?)),
        ConditionExpr::Or(parts) => Ok(Expr::any(all(parts)?)),
        ConditionExpr::Not(part) => Ok(Expr::Not(Box::new(lower_condition(part, named, left)?))),
        ConditionExpr::Identifier(name) => match named.get(name.as_str()) {
            Some(expr) => copied(expr, left),
            None => refuse("condition", format!("the condition names {name:?}, but there is no such detection")),
        },
        ConditionExpr::Selector { quantifier, pattern } => {
            let chosen = named.iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let chosen = chosen.map(|(_, expr)| copied(expr, left)).collect::<Result<Vec<Expr>, _>>()?;
            if chosen.is_empty() {
                return refuse("condition", format!("{quantifier} of {pattern}: no detection has such a name"));
            }
            match quantifier {
                Quantifier::Any => Ok(Expr::any(chosen)),
                Quantifier::All => Ok(Expr::all(chosen)),
                Quantifier::Count(count) => match usize::try_from(*count) {
                    Ok(1) => Ok(Expr::any(chosen)),
                    Ok(count) if count > 0 && count <= chosen.len() => Ok(Expr::AtLeast(count, chosen)),
                    _ => refuse("condition", format!("{count} of {pattern}: there are {} such detections", chosen.len())),
                },
            }
        }
    }
}
