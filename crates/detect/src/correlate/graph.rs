//! Correlations over correlations: an order in which each comes after those that it refers to.

use std::collections::HashMap;

use crate::RuleId;

/// The correlations that one refers to, or why it cannot be used.
pub(super) type Node = Result<Vec<usize>, String>;

/// Sorts `nodes` so that each comes after those that it refers to. Those that cannot be used, that refer to one which cannot,
/// or that refer to themselves by a circle, are left out of the order and have the reason put into `nodes`.
pub(super) fn order(nodes: &mut [Node], name: &dyn Fn(usize) -> String) -> Vec<usize> {
    let mut parents: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut open = vec![0_usize; nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for &child in node.iter().flatten() {
            parents[child].push(index);
            open[index] += 1;
        }
    }
    let mut order: Vec<usize> = (0..nodes.len()).filter(|&index| nodes[index].is_ok() && open[index] == 0).collect();
    let mut next = 0;
    while let Some(&index) = order.get(next) {
        next += 1;
        for &parent in &parents[index] {
            open[parent] -= 1;
            if open[parent] == 0 && nodes[parent].is_ok() {
                order.push(parent);
            }
        }
    }
    let broken: Vec<usize> = (0..nodes.len()).filter(|&index| nodes[index].is_err()).collect();
    spread(broken, nodes, &parents, name);
    refuse_circles(nodes, &order, &parents, name);
    order
}

/// Puts the reason into everything that refers to `broken`.
fn spread(mut broken: Vec<usize>, nodes: &mut [Node], parents: &[Vec<usize>], name: &dyn Fn(usize) -> String) {
    while let Some(index) = broken.pop() {
        for &parent in &parents[index] {
            if nodes[parent].is_ok() {
                nodes[parent] = Err(format!("it refers to correlation `{}`, which could not be loaded", name(index)));
                broken.push(parent);
            }
        }
    }
}

/// What is neither in the order nor refused yet runs into a circle: walking down from it has to come back.
fn refuse_circles(nodes: &mut [Node], order: &[usize], parents: &[Vec<usize>], name: &dyn Fn(usize) -> String) {
    let mut stuck: HashMap<usize, Option<usize>> =
        (0..nodes.len()).filter(|&index| nodes[index].is_ok()).map(|index| (index, None)).collect();
    for index in order {
        stuck.remove(index);
    }
    // Each stuck node refers to at least one stuck node; the first is as good as any.
    let steps: Vec<(usize, Option<usize>)> = stuck
        .keys()
        .map(|&index| (index, nodes[index].iter().flatten().copied().find(|child| stuck.contains_key(child))))
        .collect();
    stuck.extend(steps);
    let mut starts: Vec<usize> = stuck.keys().copied().collect();
    starts.sort_unstable();
    for start in starts {
        if nodes[start].is_err() {
            continue;
        }
        let mut path = vec![start];
        let mut at = start;
        while let Some(&Some(child)) = stuck.get(&at) {
            if let Some(from) = path.iter().position(|&seen| seen == child) {
                path.drain(..from);
                break;
            }
            path.push(child);
            at = child;
        }
        if path.iter().any(|&index| nodes[index].is_err()) {
            continue;
        }
        let circle: Vec<String> = path.iter().chain(path.first()).map(|&index| format!("`{}`", name(index))).collect();
        for &index in &path {
            nodes[index] = Err(format!("it refers to itself: {}; take one of these references out", circle.join(" → ")));
        }
        spread(path, nodes, parents, name);
    }
}

/// The correlations among `rules`, by their place in the list.
pub(super) fn places(rules: impl Iterator<Item = RuleId>) -> HashMap<RuleId, usize> {
    rules.enumerate().map(|(place, rule)| (rule, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ordered(mut nodes: Vec<Node>) -> (Vec<usize>, Vec<Node>) {
        let order = order(&mut nodes, &|index| format!("c{index}"));
        (order, nodes)
    }

    #[test]
    fn children_come_before_their_parents() {
        let (order, nodes) = ordered(vec![Ok(vec![1, 2]), Ok(vec![2]), Ok(vec![])]);
        assert_eq!(order, [2, 1, 0]);
        assert!(nodes.iter().all(Result::is_ok));
    }

    #[test]
    fn a_circle_and_all_above_it_are_refused_with_the_way_round() {
        let (order, nodes) = ordered(vec![Ok(vec![1]), Ok(vec![2]), Ok(vec![1]), Ok(vec![]), Ok(vec![4])]);
        assert_eq!(order, [3]);
        let reason = |index: usize| nodes[index].clone().unwrap_err();
        assert!(reason(0).contains("`c1`, which could not be loaded"), "{}", reason(0));
        assert!(reason(1).contains("`c1` → `c2` → `c1`"), "{}", reason(1));
        assert!(reason(2).contains("refers to itself"));
        assert!(reason(4).contains("`c4` → `c4`"), "{}", reason(4));
    }

    #[test]
    fn what_refers_to_a_broken_one_is_left_out_but_others_stay() {
        let (order, nodes) = ordered(vec![Err("bad".into()), Ok(vec![0, 3]), Ok(vec![1]), Ok(vec![])]);
        assert_eq!(order, [3]);
        assert!(nodes[1].clone().unwrap_err().contains("`c0`") && nodes[2].clone().unwrap_err().contains("`c1`"));
    }
}
