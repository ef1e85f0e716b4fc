//! When a window is worth a hit: thresholds, and boolean expressions over the rules that were seen.

use rsigma_parser::{ConditionExpr, ConditionOperator, Quantifier, SelectorPattern, detection_name_matches};

/// Nesting past this is refused; the parser stops at 64 already.
const MAX_DEPTH: usize = 100;

/// A condition, with rules named by their position in the correlation's list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    /// All must hold of the window's value: `gt: 100` with `lte: 200`.
    Threshold(Vec<(ConditionOperator, f64)>),
    /// The extended form of temporal types.
    Expression(Expression),
}

/// A boolean expression over which rules were seen in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    Seen(u16),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    /// `2 of recon_*`: at least so many of these were seen.
    AtLeast(usize, Vec<u16>),
}

/// Whether `value` satisfies every predicate; a value that is not a number satisfies none.
pub(super) fn satisfies(value: f64, predicates: &[(ConditionOperator, f64)]) -> bool {
    let holds = |(operator, bound): &(ConditionOperator, f64)| match operator {
        ConditionOperator::Lt => value < *bound,
        ConditionOperator::Lte => value <= *bound,
        ConditionOperator::Gt => value > *bound,
        ConditionOperator::Gte => value >= *bound,
        ConditionOperator::Eq => value == *bound,
        ConditionOperator::Neq => value != *bound,
    };
    !value.is_nan() && predicates.iter().all(holds)
}

/// Thresholds as numbers. The parser hands a negative number over as its two's complement.
pub(super) fn thresholds(predicates: &[(ConditionOperator, u64)]) -> Vec<(ConditionOperator, f64)> {
    predicates.iter().map(|(operator, bound)| (*operator, bound.cast_signed() as f64)).collect()
}

impl Expression {
    /// Compiles `source`; `position` finds a name in the correlation's list, `names` are that list, for `1 of recon_*`.
    pub(super) fn compile(
        source: &ConditionExpr,
        names: &[(String, u16)],
        position: &dyn Fn(&str) -> Result<u16, String>,
    ) -> Result<Self, String> {
        compile_at(source, names, position, 0)
    }

    /// `seen`: how often each position was seen in the window.
    pub(super) fn holds(&self, seen: &[u32]) -> bool {
        let is_seen = |position: &u16| seen.get(usize::from(*position)).is_some_and(|count| *count > 0);
        match self {
            Self::Seen(position) => is_seen(position),
            Self::All(parts) => parts.iter().all(|part| part.holds(seen)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(seen)),
            Self::Not(part) => !part.holds(seen),
            Self::AtLeast(needed, positions) => positions.iter().filter(|position| is_seen(position)).count() >= *needed,
        }
    }

    /// Marks in `positive` the positions whose being seen can make the expression true.
    pub(super) fn mark_positive(&self, positive: &mut [bool]) {
        self.mark(positive, true);
    }

    fn mark(&self, positive: &mut [bool], upright: bool) {
        let mut set = |position: u16| {
            if let (true, Some(mark)) = (upright, positive.get_mut(usize::from(position))) {
                *mark = true;
            }
        };
        match self {
            Self::Seen(position) => set(*position),
            Self::AtLeast(_, positions) => positions.iter().copied().for_each(set),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.mark(positive, upright)),
            Self::Not(part) => part.mark(positive, !upright),
        }
    }
}

fn compile_at(
    source: &ConditionExpr,
    names: &[(String, u16)],
    position: &dyn Fn(&str) -> Result<u16, String>,
    depth: usize,
) -> Result<Expression, String> {
    if depth > MAX_DEPTH {
        return Err(format!("its condition is nested more than {MAX_DEPTH} deep; split it into chained correlations"));
    }
    let parts = |parts: &[ConditionExpr]| {
        parts.iter().map(|part| compile_at(part, names, position, depth + 1)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match source {
        ConditionExpr::Identifier(name) => Expression::Seen(position(name)?),
        ConditionExpr::And(terms) => Expression::All(parts(terms)?),
        ConditionExpr::Or(terms) => Expression::Any(parts(terms)?),
        ConditionExpr::Not(term) => Expression::Not(Box::new(compile_at(term, names, position, depth + 1)?)),
        ConditionExpr::Selector { quantifier, pattern } => {
            let mut positions: Vec<u16> = names
                .iter()
                .filter(|(name, _)| match pattern {
                    SelectorPattern::Them => true,
                    SelectorPattern::Pattern(pattern) => detection_name_matches(pattern, name),
                })
                .map(|(_, position)| *position)
                .collect();
            positions.sort_unstable();
            positions.dedup();
            if positions.is_empty() {
                return Err(format!("`{quantifier} of {pattern}` in its condition names none of its rules"));
            }
            let needed = match quantifier {
                Quantifier::Any => 1,
                Quantifier::All => positions.len(),
                Quantifier::Count(count) => usize::try_from(*count).unwrap_or(usize::MAX),
            };
            Expression::AtLeast(needed, positions)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile(text: &str) -> Result<Expression, String> {
        let names = [("scan_a".to_owned(), 0), ("scan_b".to_owned(), 1), ("approved".to_owned(), 2)];
        let position =
            |name: &str| names.iter().find(|(known, _)| known == name).map(|(_, position)| *position).ok_or(format!("no {name}"));
        Expression::compile(&rsigma_parser::parse_condition(text).unwrap(), &names, &position)
    }

    #[test]
    fn every_operator_compares_as_it_says() {
        use ConditionOperator::{Eq, Gt, Gte, Lt, Lte, Neq};
        for (operator, below, at, above) in [
            (Lt, true, false, false),
            (Lte, true, true, false),
            (Gt, false, false, true),
            (Gte, false, true, true),
            (Eq, false, true, false),
            (Neq, true, false, true),
        ] {
            for (value, expected) in [(9.5, below), (10.0, at), (10.5, above)] {
                assert_eq!(satisfies(value, &[(operator, 10.0)]), expected, "{value} {operator:?} 10");
            }
            assert!(!satisfies(f64::NAN, &[(operator, 10.0)]), "nothing is known of no number");
        }
        assert!(satisfies(150.0, &[(Gt, 100.0), (Lte, 200.0)]) && !satisfies(201.0, &[(Gt, 100.0), (Lte, 200.0)]));
    }

    #[test]
    fn negative_thresholds_survive_the_parser() {
        assert_eq!(thresholds(&[(ConditionOperator::Lt, (-5_i64).cast_unsigned())]), vec![(ConditionOperator::Lt, -5.0)]);
    }

    #[test]
    fn expressions_follow_what_was_seen() {
        let expression = compile("(scan_a or scan_b) and not approved").unwrap();
        assert!(expression.holds(&[1, 0, 0]) && !expression.holds(&[1, 0, 2]) && !expression.holds(&[0, 0, 0]));
        let two = compile("2 of scan_*").unwrap();
        assert!(two.holds(&[1, 3, 0]) && !two.holds(&[2, 0, 1]));
        assert!(!compile("all of them").unwrap().holds(&[1, 1, 0]));
    }

    #[test]
    fn only_upright_names_are_positive() {
        let mut positive = [false; 3];
        compile("scan_a and not (approved or not scan_b)").unwrap().mark_positive(&mut positive);
        assert_eq!(positive, [true, true, false]);
    }

    #[test]
    fn unknown_names_and_empty_patterns_are_refused() {
        assert!(compile("scan_c").is_err());
        assert!(compile("1 of other_*").unwrap_err().contains("other_*"));
    }
}
