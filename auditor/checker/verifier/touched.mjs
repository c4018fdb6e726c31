// Fixed members that vote one by one, where a change touches several (section 6): which sets of members
// a budget reaches, and what they can take off a margin.

import { demand } from './refusal.mjs';
import { check, choose } from './sides.mjs';

const SETS = 2048;
const SUMS = 2 ** 20;
const VOTES = 2 ** 21;

/** All subsets of so many of the items. */
function* choices(items, size, from = 0) {
  if (size === 0) yield [];
  for (let first = from; size > 0 && first + size <= items.length; first++) {
    for (const rest of choices(items, size - 1, first + 1)) yield [items[first], ...rest];
  }
}

const piece = (place, extent, count) => Math.floor((place * count) / extent);

/** The runs of pieces that a side of a square lies in, but those inside another. */
function runs(side, extent, count) {
  const found = new Map();
  for (let start = 0; start === 0 || start + side <= extent; start++) {
    const last = Math.min(start + side, extent) - 1;
    const [low, high] = [piece(start, extent, count), piece(last, extent, count)];
    found.set(`${low} ${high}`, { low, high });
  }
  const inside = (one, other) => one !== other && other.low <= one.low && one.high <= other.high;
  const all = [...found.values()];
  return all
    .filter((one) => !all.some((other) => inside(one, other)))
    .map(({ low, high }) => Array.from({ length: high - low + 1 }, (_, i) => low + i));
}

/** The maximal sets of blocks that a budget's changes of features touch. */
function columnsOf(grid, layout, units, patch) {
  const all = Array.from({ length: grid.blocks }, (_, i) => i);
  let squares = [[]];
  if (patch > 0) {
    const [, height, width] = layout.shape;
    squares = runs(patch, height, grid.down).flatMap((rows) =>
      runs(patch, width, grid.across).map((columns) =>
        rows.flatMap((row) => columns.map((column) => row * grid.across + column))));
  }
  const found = new Map();
  let ways = 0;
  for (const square of squares) {
    const others = all.filter((block) => !square.includes(block));
    const free = Math.min(units, others.length);
    ways += choose(others.length, free);
    check(ways <= SETS, 'too many sets of blocks');
    for (const chosen of choices(others, free)) {
      const set = [...square, ...chosen].sort((a, b) => a - b);
      found.set(set.join(' '), new Set(set));
    }
  }
  const sets = [...found.values()];
  const inside = (one, other) => one.size < other.size && [...one].every((block) => other.has(block));
  return sets.filter((one) => !sets.some((other) => inside(one, other)));
}

const descending = (values) => [...values].sort((a, b) => b - a);

/** Of a budget, what is not on the training units; as text it is the key of what it touches. */
export const featuresOf = (budget) => new Map([...budget].filter(([axis]) => axis !== 'trainExamples'));
export const keyOf = (features) => [...features].map((entry) => entry.join(' ')).sort().join(', ');

/** What the changes of features that are declared can touch in a grid: heaviest(weights, features). */
export function gridReach(grid, layout, budgets, classes) {
  const sets = new Map();
  let sums = 0;
  for (const budget of [new Map(), ...budgets]) {
    const key = keyOf(featuresOf(budget));
    if (sets.has(key)) continue;
    const units = (budget.get('inputFeatures') ?? 0) + (budget.get('columns') ?? 0);
    sets.set(key, columnsOf(grid, layout, units, budget.get('inputPatch') ?? 0));
    for (const set of sets.get(key)) sums += (set.size + 1) * grid.parts * (classes - 1);
    check(sums <= SUMS, 'bounds that take too long');
  }
  return (weights, features) => {
    const most = Array(grid.parts + 1).fill(0);
    for (const set of sets.get(keyOf(features))) {
      let taken = 0;
      const rows = Array(grid.parts).fill(0);
      weights.forEach((weight, member) => {
        if (set.has(Math.floor(member / grid.parts))) taken += weight;
        else rows[member % grid.parts] += weight;
      });
      descending([Infinity, ...rows]).forEach((row, i) => {
        taken += i === 0 ? 0 : row;
        most[i] = Math.max(most[i], taken);
      });
    }
    return most;
  };
}

/** What parts touch that each go to several members: heaviest(weights). */
export function spreadReach({ parts, offsets }, classes) {
  check(parts * offsets.length * (classes - 1) <= VOTES, 'bounds that take too long');
  return (weights) => {
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    const heavy = descending(weights.map((_, part) =>
      offsets.reduce((sum, offset) => sum + weights[(part + offset) % parts], 0)));
    const most = [0];
    for (const weight of heavy) most.push(most.at(-1) + weight);
    return most.map((weight) => Math.min(weight, all));
  };
}

/** The rule over single votes of fixed members; `reach` says what budgets touch. */
export function touchedRule({ classes, budgets, reach }, { plurality, count, maximal }) {
  const declared = new Map([new Map(), ...budgets.map(featuresOf)].map((one) => [keyOf(one), one]));
  return (row) => {
    const { counts, abstained } = count(row, classes);
    const label = plurality(counts, abstained);
    const left = label === null ? [] : [...declared.values()].map((features) => {
      let worst = null;
      for (let rival = 0; rival < classes; rival++) {
        if (rival === label) continue;
        const own = counts[label] - counts[rival] - abstained - (rival < label ? 1 : 0);
        const weights = Array.from(row, (vote) => (vote === label ? 2 : vote === rival || vote === 255 ? 0 : 1));
        const after = reach(weights, features).map((heaviest) => own - heaviest);
        worst = worst === null ? after : worst.map((value, i) => Math.min(value, after[i]));
      }
      const units = worst.findIndex((value) => value < 0) - 1;
      demand(units >= -1 && worst.at(-1) < 0, 'claim', 'a margin that survives everything');
      return { features, units, pair: [Math.max(units, 0), worst[Math.max(units, 0)]] };
    });
    const points = left.filter(({ units }) => units >= 0).map(({ features, units }) =>
      new Map([...(units > 0 ? [['trainExamples', units]] : []), ...features]));
    return {
      label,
      statistics: new Map(Object.entries({ votes: counts, abstained, margins: left.map(({ pair }) => pair) })),
      frontier: maximal(points),
    };
  };
}
