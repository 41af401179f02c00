//! What hostile requests cost at the gate: CPU time of each, and memory before and after all.
//!
//! `cargo run --release -p tests --example gate_cost`. Linux only: it asks `/proc`.

use api::read::{Request, size};
use api::schema;
use tests::hostile::requests;

/// Times each request is looked at; the cheapest look is told, as the others were disturbed.
const LOOKS: usize = 5;
/// Times all are looked at again before memory is measured.
const ROUNDS: usize = 20;

fn main() {
    // With the stack that the server's threads have.
    let measuring = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(measure);
    measuring.expect("a thread starts").join().expect("nothing overflows");
}

fn measure() {
    let requests = requests();
    look("{\"query\":\"{ __typename }\"}");
    let before = resident_kilobytes();
    let mut worst = 0.0_f64;
    for request in &requests {
        let took = (0..LOOKS).map(|_| milliseconds_of(&request.body)).fold(f64::MAX, f64::min);
        println!("{took:8.3} ms  {:>9} bytes  {}", request.body.len(), request.name);
        worst = worst.max(took);
    }
    let once = resident_kilobytes();
    for request in (0..ROUNDS).flat_map(|_| &requests) {
        look(&request.body);
    }
    let after = resident_kilobytes();
    println!("{} requests, the worst {worst:.3} ms of CPU", requests.len());
    println!(
        "resident: {before} kB before, {once} kB after {LOOKS} looks, {after} kB after {ROUNDS} more"
    );
}

/// What the door does before it asks the database: read, check, measure.
fn look(body: &str) {
    let Ok(request) = serde_json::from_str::<Request>(body) else {
        return;
    };
    let graph = schema::graph().expect("the schema stands");
    let variables = request.variables.unwrap_or_default();
    let query = request.query.unwrap_or_default();
    let operation = request.operation_name.as_deref();
    let _ = graph.gate.check(&query, operation, &variables).map(|checked| size::measure(&checked));
}

fn milliseconds_of(body: &str) -> f64 {
    let started = nanoseconds_on_cpu();
    look(body);
    f64::from(u32::try_from(nanoseconds_on_cpu() - started).unwrap_or(u32::MAX)) / 1e6
}

fn nanoseconds_on_cpu() -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux tells");
    told.split(' ').next().and_then(|first| first.parse().ok()).expect("a number")
}

fn resident_kilobytes() -> u64 {
    let told = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = told.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}
