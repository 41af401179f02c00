//! Saying what was measured.

use crate::measure::{Round, Rounds};

/// The value in the middle, or between the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values[..] {
        [] => 0.0,
        _ if values.len().is_multiple_of(2) => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

/// Milliseconds within which this share of the answers came, over all rounds.
fn within<'r>(rounds: impl Iterator<Item = &'r Round>, share: usize) -> f64 {
    let mut took: Vec<u32> = rounds.flat_map(|round| round.took.iter().copied()).collect();
    took.sort_unstable();
    let at = (took.len() * share / 100).min(took.len().saturating_sub(1));
    took.get(at).copied().map_or(0.0, f64::from) / 1_000.0
}

/// One operation on one database.
pub fn operation(rounds: &Rounds) {
    println!("\n{} on {}, {} bytes", rounds.operation, rounds.database, rounds.size);
    println!(
        "{:<8}{:>12}{:>10}{:>10}{:>14}{:>14}",
        "", "requests/s", "p50 ms", "p99 ms", "server us", "database us"
    );
    let floors: Vec<&Round> = rounds.pairs.iter().map(|(floor, _)| floor).collect();
    let graphs: Vec<&Round> = rounds.pairs.iter().map(|(_, graph)| graph).collect();
    for (name, all) in [("floor", floors), ("graph", graphs)] {
        println!(
            "{:<8}{:>12.0}{:>10.2}{:>10.2}{:>14.0}{:>14.0}",
            name,
            median(all.iter().map(|round| round.rate)),
            within(all.iter().copied(), 50),
            within(all.iter().copied(), 99),
            median(all.iter().map(|round| round.server)),
            median(all.iter().map(|round| round.database)),
        );
    }
    let (rate, cpu) = ratios(rounds);
    println!("ratio to the floor: {rate:.2} of its requests/s at {cpu:.2} times its CPU");
}

/// Requests in a second and processor time for one, in proportion to the floor's of the same round.
fn ratios(rounds: &Rounds) -> (f64, f64) {
    let all = |round: &Round| round.server + round.database;
    (
        median(rounds.pairs.iter().map(|(floor, graph)| graph.rate / floor.rate)),
        median(rounds.pairs.iter().map(|(floor, graph)| all(graph) / all(floor))),
    )
}

/// Most memory of the servers on a database.
pub fn memory(database: &str, floor: f64, graph: f64) {
    println!("\n{database}: at most {floor:.0} MB in the floor, {graph:.0} MB in the api");
}

/// All of it in brief.
pub fn table(all: &[Rounds]) {
    println!("\n{:<12}{:<12}{:>12}{:>12}", "", "", "rate", "CPU");
    for rounds in all {
        let (rate, cpu) = ratios(rounds);
        println!("{:<12}{:<12}{rate:>12.2}{cpu:>12.2}", rounds.database, rounds.operation);
    }
}
