//! Processor time that the program has used so far.

use std::time::Duration;

/// Over all threads, user and system; `None` where the system does not tell through a file.
pub(crate) fn used() -> Option<Duration> {
    parse(&std::fs::read_to_string("/proc/self/stat").ok()?)
}

/// Source: proc_pid_stat(5): fields 14 and 15, in clock ticks, of which Linux shows 100 a second to programs.
fn parse(stat: &str) -> Option<Duration> {
    // The second field is the program's name in parentheses, and may hold anything.
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_ascii_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Duration::from_millis((user + system) * 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_fields() {
        let stat = "7 (a) b (c) R 1 1 1 0 -1 0 9 9 9 9 150 25 0 0 20 0 1";
        assert_eq!(parse(stat), Some(Duration::from_millis(1750)));
        assert_eq!(parse("7 a R"), None);
    }
}
