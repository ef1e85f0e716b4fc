//! A set of rules, loaded and ready to match: immutable, shared by all threads.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, RwLock},
};

use cordon_event::{LogSource, Taxonomy};
use cordon_model::{Level, RuleInfo};
use rsigma_parser::{CorrelationRule, FilterRule, FilterRuleTarget, SigmaRule};

use crate::{
    RuleId,
    correlate::CorrelationSet,
    expr::{Expr, Vocabulary},
    load::{self, Document, Place},
    lower::{Lowering, Placeholders, Refusal},
    plan::Plans,
    program,
    regexes::Allowance,
};

/// A rule that is ready to match.
#[derive(Debug)]
pub struct Rule {
    /// What a reader of its detections needs to know.
    pub info: Arc<RuleInfo>,
    /// The short name by which correlations may refer to it.
    pub name: Option<String>,
    /// The logs that it speaks of.
    pub logsource: LogSource,
    /// Whether it matches events or brings matches together.
    pub kind: RuleKind,
    pub(crate) expr: Expr,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// Single events.
    Detection,
    /// Matches of other rules over time.
    Correlation,
}

/// Something in a rule file that could not be used. The rest of the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// The file, as it was named to [`RuleSetBuilder::add_file`].
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The rule's title, when it has one.
    pub title: Option<String>,
    /// What was wrong and, where it helps, the way out.
    pub reason: String,
}

impl std::fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(title) = &self.title {
            write!(f, "{title}: ")?;
        }
        f.write_str(&self.reason)
    }
}

/// Rules, compiled. Make one with [`RuleSet::builder`]; match events with a [`Matcher`](crate::Matcher) per thread.
#[derive(Debug)]
pub struct RuleSet {
    rules: Vec<Rule>,
    problems: Vec<RuleProblem>,
    below_level: usize,
    min_level: Level,
    correlations: CorrelationSet,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) taxonomy: Taxonomy,
    pub(crate) by_logsource: Vec<(LogSource, Vec<RuleId>)>,
    pub(crate) plans: RwLock<Plans>,
}

/// Collects rule files.
#[derive(Debug, Default)]
pub struct RuleSetBuilder {
    rules: Vec<Rule>,
    problems: Vec<RuleProblem>,
    filters: Vec<Filter>,
    correlations: Vec<Correlation>,
    vocabulary: Vocabulary,
    placeholders: Placeholders,
    regexes: Allowance,
    min_level: Level,
    ids: HashMap<String, String>,
}

/// A filter document, lowered.
#[derive(Debug)]
struct Filter {
    expr: Expr,
    logsource: LogSource,
    target: FilterRuleTarget,
    title: String,
    file: String,
    line: u32,
}

/// A correlation document, and where it stands.
#[derive(Debug)]
struct Correlation {
    rule: CorrelationRule,
    file: String,
    line: u32,
}

impl RuleSet {
    /// Starts an empty set.
    pub fn builder() -> RuleSetBuilder {
        RuleSetBuilder::default()
    }

    /// All rules; a [`RuleId`] indexes them.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule behind an id of this set.
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }

    /// What could not be loaded.
    pub fn problems(&self) -> &[RuleProblem] {
        &self.problems
    }

    /// How many rules were left out because their level is below the one asked for.
    pub fn below_level(&self) -> usize {
        self.below_level
    }

    /// Whether matches of a rule are to be reported: it has the level asked for, and does not serve correlations only.
    pub fn reports(&self, id: RuleId) -> bool {
        self.rule(id).info.level >= self.min_level && !self.correlations.suppressed(id)
    }

    /// The correlations; feed a [`Correlator`](crate::Correlator) with [`Matcher::observation`](crate::Matcher::observation).
    pub fn correlations(&self) -> &CorrelationSet {
        &self.correlations
    }

    /// The rule with this id, name or title (in that order; without regard to case).
    pub fn find(&self, word: &str) -> Option<RuleId> {
        let position = |wanted: &dyn Fn(&Rule) -> bool| self.rules.iter().position(wanted).map(|at| RuleId(at as u32));
        position(&|rule| rule.info.id.eq_ignore_ascii_case(word))
            .or_else(|| position(&|rule| rule.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(word))))
            .or_else(|| position(&|rule| rule.info.title.eq_ignore_ascii_case(word)))
    }
}

impl RuleSetBuilder {
    /// Rules of lower level are left out (but are counted), unless a correlation builds on them.
    pub fn min_level(&mut self, level: Level) -> &mut Self {
        self.min_level = level;
        self
    }

    /// Gives the values of `%name%` in values with the modifier `expand`. To be called before the files are added.
    pub fn placeholder(&mut self, name: &str, values: Vec<String>) -> &mut Self {
        self.placeholders.insert(name.trim_matches('%').to_owned(), values);
        self
    }

    /// Adds a rule file of one or more YAML documents: rules, filters and correlations. What cannot be used is kept as a
    /// [`RuleProblem`] and the rest goes on. `file` is its name in reports.
    pub fn add_file(&mut self, file: &str, text: &str) -> &mut Self {
        let mut problems = std::mem::take(&mut self.problems);
        self.regexes.next_file();
        for (document, place) in load::documents(file, text, &mut problems) {
            let problem = match document {
                Document::Rule(rule) => self.add_rule(*rule, &place).err(),
                Document::Filter(filter) => self.add_filter(*filter, &place).err(),
                Document::Correlation(rule) => self.add_correlation(*rule, &place).err(),
            };
            problems.extend(problem);
        }
        self.problems = problems;
        self
    }

    fn add_rule(&mut self, rule: SigmaRule, place: &Place<'_>) -> Result<(), RuleProblem> {
        let title = rule.title.clone();
        self.check_id(rule.id.as_deref(), &title, place)?;
        let refused = |refusal: Refusal| place.problem(Some(&title), &refusal.path, refusal.reason);
        let expr =
            Lowering::new(&mut self.vocabulary, &self.placeholders, &mut self.regexes).rule(&rule.detection).map_err(refused)?;
        if program::assemble(&expr, &mut |id| id.0).is_none() {
            let reason = format!("the condition expands to more than {} steps", program::MAX_OPS);
            return Err(place.problem(Some(&title), &["condition"], reason));
        }
        let logsource = logsource_of(&rule.logsource);
        self.claim_id(rule.id.as_deref(), place);
        let info = RuleInfo {
            id: rule.id.or_else(|| rule.name.clone()).unwrap_or_else(|| title.clone()),
            title,
            level: rule.level.map_or(Level::Informational, level_of),
            tags: rule.tags,
            description: rule.description.unwrap_or_default(),
            author: rule.author.unwrap_or_default(),
            references: rule.references,
            false_positives: rule.falsepositives,
            file: place.file.to_owned(),
            line: place.line_of(&["title"]),
        };
        self.rules.push(Rule { info: Arc::new(info), name: rule.name, logsource, kind: RuleKind::Detection, expr });
        Ok(())
    }

    /// Refuses a second rule with the same id, since nothing could tell the two apart.
    fn check_id(&self, id: Option<&str>, title: &str, place: &Place<'_>) -> Result<(), RuleProblem> {
        match id.and_then(|id| Some((id, self.ids.get(id)?))) {
            None => Ok(()),
            Some((id, first)) => {
                let reason = format!("id {id} was already loaded from {first}; this copy is left out");
                Err(place.problem(Some(title), &["id"], reason))
            }
        }
    }

    /// Remembers the id of a rule that is loaded.
    fn claim_id(&mut self, id: Option<&str>, place: &Place<'_>) {
        if let Some(id) = id {
            self.ids.insert(id.to_owned(), format!("{}:{}", place.file, place.line_of(&["title"])));
        }
    }

    fn add_correlation(&mut self, rule: CorrelationRule, place: &Place<'_>) -> Result<(), RuleProblem> {
        self.check_id(rule.id.as_deref(), &rule.title, place)?;
        self.claim_id(rule.id.as_deref(), place);
        self.correlations.push(Correlation { rule, file: place.file.to_owned(), line: place.line_of(&["title"]) });
        Ok(())
    }

    fn add_filter(&mut self, filter: FilterRule, place: &Place<'_>) -> Result<(), RuleProblem> {
        let refused = |refusal: Refusal| place.problem(Some(&filter.title), &refusal.path, refusal.reason);
        let expr = Lowering::new(&mut self.vocabulary, &self.placeholders, &mut self.regexes)
            .rule(&filter.detection)
            .map_err(refused)?;
        self.filters.push(Filter {
            expr,
            logsource: filter.logsource.as_ref().map(logsource_of).unwrap_or_default(),
            target: filter.rules,
            title: filter.title,
            file: place.file.to_owned(),
            line: place.line_of(&["title"]),
        });
        Ok(())
    }

    /// Compiles what was added. `taxonomy` says which events the rules apply to.
    pub fn compile(mut self, taxonomy: Taxonomy) -> RuleSet {
        self.apply_filters();
        let below_level = self.drop_below_level();
        let correlations = self.compile_correlations();
        let mut by_logsource: Vec<(LogSource, Vec<RuleId>)> = Vec::new();
        let mut places: HashMap<LogSource, usize> = HashMap::new();
        for (number, rule) in (0..).zip(&self.rules) {
            if rule.kind == RuleKind::Correlation {
                continue;
            }
            let at = *places.entry(rule.logsource.clone()).or_insert_with(|| {
                by_logsource.push((rule.logsource.clone(), Vec::new()));
                by_logsource.len() - 1
            });
            by_logsource[at].1.push(RuleId(number));
        }
        RuleSet {
            rules: self.rules,
            problems: self.problems,
            below_level,
            min_level: self.min_level,
            correlations,
            vocabulary: self.vocabulary,
            taxonomy,
            by_logsource,
            plans: RwLock::default(),
        }
    }

    /// Takes out what is below the level asked for and what no correlation left builds on; how many these are.
    fn drop_below_level(&mut self) -> usize {
        let before = self.rules.len() + self.correlations.len();
        let min_level = self.min_level;
        let level = |rule: &CorrelationRule| rule.level.map_or(Level::Informational, level_of);
        let mut wanted: HashSet<String> = HashSet::new();
        // Correlations can build on correlations, so this goes on until nothing more is wanted.
        loop {
            let known = wanted.len();
            for Correlation { rule, .. } in &self.correlations {
                let is_named = |word: &Option<String>| word.as_ref().is_some_and(|word| wanted.contains(word));
                if level(rule) >= min_level || is_named(&rule.id) || is_named(&rule.name) {
                    wanted.extend(rule.rules.iter().cloned());
                }
            }
            if wanted.len() == known {
                break;
            }
        }
        let is_named = |id: Option<&String>, name: Option<&String>| {
            id.is_some_and(|id| wanted.contains(id)) || name.is_some_and(|name| wanted.contains(name))
        };
        self.rules.retain(|rule| rule.info.level >= min_level || is_named(Some(&rule.info.id), rule.name.as_ref()));
        self.correlations
            .retain(|Correlation { rule, .. }| level(rule) >= min_level || is_named(rule.id.as_ref(), rule.name.as_ref()));
        before - self.rules.len() - self.correlations.len()
    }

    /// Gives the correlations their places among the rules, behind the others.
    fn compile_correlations(&mut self) -> CorrelationSet {
        let mut words: HashMap<String, Vec<RuleId>> = HashMap::new();
        for (number, rule) in (0..).zip(&self.rules) {
            for word in [Some(&rule.info.id), rule.name.as_ref()].into_iter().flatten() {
                words.entry(word.clone()).or_default().push(RuleId(number));
            }
        }
        let mut loaded = std::mem::take(&mut self.correlations);
        // What cannot be used is taken out together with what builds on it, so the second round finds nothing more.
        loop {
            let mut words = words.clone();
            let mut numbered = Vec::new();
            for (number, Correlation { rule, .. }) in (self.rules.len() as u32..).zip(&loaded) {
                for word in [&rule.id, &rule.name].into_iter().flatten() {
                    words.entry(word.clone()).or_default().push(RuleId(number));
                }
                numbered.push((RuleId(number), rule.clone()));
            }
            let (set, refused) = CorrelationSet::compile(&numbered, &|word| words.get(word).cloned().unwrap_or_default());
            if refused.is_empty() {
                self.rules.extend(loaded.into_iter().map(Correlation::into_rule));
                return set;
            }
            let mut number = 0;
            loaded.retain(|correlation| {
                let reason = refused.iter().find(|(at, _)| *at == number).map(|(_, reason)| reason.clone());
                number += 1;
                let Some(reason) = reason else { return true };
                self.problems.push(RuleProblem {
                    file: correlation.file.clone(),
                    line: correlation.line,
                    title: Some(correlation.rule.title.clone()),
                    reason,
                });
                false
            });
        }
    }

    /// Narrows the rules that filters name: rule and filter must both hold. Source: Sigma specification, "Filters".
    fn apply_filters(&mut self) {
        for filter in std::mem::take(&mut self.filters) {
            let mut used = false;
            for rule in self.rules.iter_mut().filter(|rule| filter.applies_to(rule)) {
                used = true;
                let own = std::mem::replace(&mut rule.expr, Expr::Or(Vec::new()));
                let name = format!("filter: {}", filter.title);
                rule.expr = Expr::And(vec![own, Expr::Named(name.into(), Box::new(filter.expr.clone()))]);
            }
            if !used && !matches!(filter.target, FilterRuleTarget::Any) {
                self.problems.push(RuleProblem {
                    reason: "the filter names rules that are not loaded, so it has no effect".to_owned(),
                    file: filter.file,
                    line: filter.line,
                    title: Some(filter.title),
                });
            }
        }
    }
}

impl Correlation {
    fn into_rule(self) -> Rule {
        let Self { rule, file, line } = self;
        let info = RuleInfo {
            id: rule.id.or_else(|| rule.name.clone()).unwrap_or_else(|| rule.title.clone()),
            title: rule.title,
            level: rule.level.map_or(Level::Informational, level_of),
            tags: rule.tags,
            description: rule.description.unwrap_or_default(),
            author: rule.author.unwrap_or_default(),
            references: rule.references,
            false_positives: rule.falsepositives,
            file,
            line,
        };
        Rule {
            info: Arc::new(info),
            name: rule.name,
            logsource: LogSource::default(),
            kind: RuleKind::Correlation,
            expr: Expr::Or(Vec::new()),
        }
    }
}

impl Filter {
    fn applies_to(&self, rule: &Rule) -> bool {
        let named = match &self.target {
            FilterRuleTarget::Any => true,
            FilterRuleTarget::Specific(words) => {
                words.iter().any(|word| *word == rule.info.id || Some(word) == rule.name.as_ref() || *word == rule.info.title)
            }
        };
        named && rule.kind == RuleKind::Detection && covers(&self.logsource, &rule.logsource)
    }
}

/// Whether a filter's log source takes in a rule's: every part that the filter names is the rule's. (An event's log source
/// [satisfies](LogSource::satisfies) a rule's otherwise: there, one with a category is not met by rules without.)
fn covers(filter: &LogSource, rule: &LogSource) -> bool {
    let part = |filter: &Option<String>, rule: &Option<String>| match (filter, rule) {
        (None, _) => true,
        (Some(filter), Some(rule)) => filter.eq_ignore_ascii_case(rule),
        (Some(_), None) => false,
    };
    part(&filter.product, &rule.product) && part(&filter.category, &rule.category) && part(&filter.service, &rule.service)
}

fn logsource_of(source: &rsigma_parser::LogSource) -> LogSource {
    LogSource { product: source.product.clone(), category: source.category.clone(), service: source.service.clone() }
}

pub(crate) fn level_of(level: rsigma_parser::Level) -> Level {
    match level {
        rsigma_parser::Level::Informational => Level::Informational,
        rsigma_parser::Level::Low => Level::Low,
        rsigma_parser::Level::Medium => Level::Medium,
        rsigma_parser::Level::High => Level::High,
        rsigma_parser::Level::Critical => Level::Critical,
    }
}
