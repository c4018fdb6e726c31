// The views of the two-mask rule: which view hides the union of two masks (section 6).

/** The number of ways to choose k of n. */
export function binomial(n, k) {
  let result = 1n;
  for (let i = 1; i <= k; i++) result = (result * BigInt(n - k + i)) / BigInt(i);
  return result;
}

function* subsets(n, size, from = 0) {
  if (size === 0) yield 0n;
  for (let first = from; size > 0 && first + size <= n; first++) {
    for (const rest of subsets(n, size - 1, first + 1)) yield (1n << BigInt(first)) | rest;
  }
}

/** Masks that hide `hidden` of `groups`: views are all sets of that size up to twice of it. */
export function groupMasks(groups, hidden) {
  const sets = [];
  for (let size = hidden; size <= Math.min(2 * hidden, groups); size++) sets.push(...subsets(groups, size));
  const places = new Map(sets.map((set, i) => [set, i]));
  return {
    masks: Number(binomial(groups, hidden)),
    union: (i, j) => places.get(sets[i] | sets[j]),
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
