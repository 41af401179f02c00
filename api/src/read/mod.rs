//! Reading the graph: gate, map, planner, writer.
