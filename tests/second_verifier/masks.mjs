// The views of the two-mask rule: which view hides the union of two masks (section 6).

function* subsets(n, size, from = 0) {
  if (size === 0) yield 0n;
  for (let first = from; size > 0 && first + size <= n; first++) {
    for (const rest of subsets(n, size - 1, first + 1)) yield (1n << BigInt(first)) | rest;
  }
}

/** The `count` masks that hide `hidden` of `groups`: views are all sets of that size up to twice of it. */
export function groupMasks(groups, hidden, count) {
  let sets = null;
  let places = null;
  const list = () => {
    sets = [];
    for (let size = hidden; size <= 2 * hidden; size++) {
      for (const set of subsets(groups, size)) sets.push(set);
    }
    places = new Map(sets.map((set, i) => [set, i]));
  };
  return {
    masks: count,
    union: (i, j) => {
      if (sets === null) list();
      return places.get(sets[i] | sets[j]);
    },
  };
}

/** Masks that are windows: views are the windows and then all pairs of two. */
export const windowMasks = (count) => ({
  masks: count,
  union: (i, j) => {
    const [low, high] = i < j ? [i, j] : [j, i];
    return low === high ? low : count + (low * (2 * count - low - 1)) / 2 + (high - low - 1);
  },
});
