// Chance that can be had again: the same seed gives the same queries.

/** A source of chance (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit) => Math.floor(next() * limit);
  return {
    below,
    /** True so often. */
    odds: (share) => next() < share,
    between: (low, high) => low + below(high - low + 1),
    pick: (list) => list[below(list.length)],
    /** Some of the list, in its order. */
    some: (list, share) => list.filter(() => next() < share),
    shuffled: (list) => {
      const rest = [...list];
      for (let at = rest.length - 1; at > 0; at -= 1) {
        const other = below(at + 1);
        [rest[at], rest[other]] = [rest[other], rest[at]];
      }
      return rest;
    },
  };
}
