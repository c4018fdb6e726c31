// Fixed views (section 6): which view hides the union of two masks, which masks hide a change, and which
// regions a patch reaches.

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
  const listed = () => {
    if (sets === null) list();
    return sets;
  };
  return {
    masks: count,
    groups,
    sets: listed,
    union: (i, j) => {
      const hidden = listed();
      return places.get(hidden[i] | hidden[j]);
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

/** The sets of windows that hold a square of this side, over its places: all windows for none. */
export function coveringSets(along, window, square) {
  const [down, across] = along.map(({ starts, extent }) => {
    const sets = [];
    for (let at = 0; at + square <= extent; at++) {
      sets.push([...starts.keys()].filter((i) => starts[i] <= at && at + square <= starts[i] + window));
    }
    return square === 0 ? [[...starts.keys()]] : sets;
  });
  const width = along[1].starts.length;
  return down.flatMap((rows) => across.map((columns) => rows.flatMap((row) => columns.map((c) => row * width + c))));
}

/** Masks that hide a set of groups and a window: the masks first, then the other views, in the same order. */
export function jointMasks(groups, windows) {
  const count = groups.masks * windows.masks;
  const alone = windows.masks;
  let places = null;
  const list = () => {
    places = new Map();
    const width = windows.views;
    let next = count;
    for (let g = 0; g < groups.views; g++) {
      for (let w = 0; w < width; w++) {
        const mask = g < groups.masks && w < alone;
        places.set(g * width + w, mask ? g * alone + w : next++);
      }
    }
  };
  const union = (i, j) => {
    if (places === null) list();
    const [g, h] = [Math.floor(i / alone), Math.floor(j / alone)];
    return places.get(groups.union(g, h) * windows.views + windows.union(i % alone, j % alone));
  };
  return {
    masks: count,
    union,
    /** For every set of so many groups and every place of a square: the masks that hide both. */
    hiding: (pixels, square) => {
      const covers = windows.covering(square);
      const sets = groups.sets().slice(0, groups.masks);
      return [...subsets(groups.groups, pixels)].flatMap((changed) => {
        const over = [...sets.keys()].filter((g) => (sets[g] & changed) === changed);
        return covers.map((cover) => over.flatMap((g) => cover.map((w) => g * alone + w)));
      });
    },
  };
}

/** The sets of views, as lists, that show something of a square of this side, over its places; none for 0. */
export function regions(down, across, square) {
  if (square === 0) return [[]];
  const meets = ({ starts, size, extent }) => {
    const sets = [];
    for (let at = 0; at + square <= extent; at++) {
      sets.push([...starts.keys()].filter((i) => {
        for (let k = 0; k < size; k++) {
          const place = (starts[i] + k) % extent;
          if (place >= at && place < at + square) return true;
        }
        return false;
      }));
    }
    return sets;
  };
  const width = across.starts.length;
  const over = meets(across);
  const sets = meets(down).flatMap((rows) => over.map((columns) => rows.flatMap((r) => columns.map((c) => r * width + c))));
  return [...new Map(sets.map((set) => [set.join(' '), set])).values()];
}
