// From a row of evidence to its claim: label, statistics, frontier (section 6). Failures are of step 10.

import { provenAbove, provenBelow } from './binomial.mjs';
import { ONE, less, smaller, subtract } from './rational.mjs';
import { demand } from './refusal.mjs';
import { runOffRule } from './run_off.mjs';
import { touchedRule } from './touched.mjs';
import { Noise } from './least_mass.mjs';

const GRADE = 'claim';
const ABSTAINED = 255;

/** Whether a budget's amounts are all at most those of another. */
export const within = (budget, larger) =>
  [...budget].every(([axis, amount]) => amount <= (larger.get(axis) ?? 0));

const same = (a, b) => within(a, b) && within(b, a);

/** The budgets of a list that are below no other one, in its order. */
const maximal = (budgets) =>
  budgets.filter((budget) => !budgets.some((other) => within(budget, other) && !same(budget, other)));

const largest = (counts) => counts.indexOf(Math.max(...counts));

/** The margin of a class among counts of votes and of abstentions. */
function margin(label, votes, abstained) {
  let worst = -Infinity;
  votes.forEach((count, rival) => {
    if (rival !== label) worst = Math.max(worst, count + abstained + (rival < label ? 1 : 0));
  });
  return votes[label] - worst;
}

/** The class whose margin is at least zero, or null; it is one with most votes. */
function plurality(votes, abstained) {
  const label = largest(votes);
  return margin(label, votes, abstained) >= 0 ? label : null;
}

const statistics = (entries) => new Map(Object.entries(entries));

/** What a signed audit makes of a row; `thresholds` is what thresholds.mjs gives. */
export function rule(audit, smoothing, thresholds) {
  const context = { members: audit.get('members'), ...smoothing, ...thresholds };
  if (smoothing.vote === 'fixed') return fixedRule(context);
  if (smoothing.vote === 'touched') return touchedRule(context, { plurality, count, maximal });
  if (smoothing.vote === 'run-off') return runOffRule(context);
  if (smoothing.vote === 'noisy') return noisyRule(context);
  return smoothing.bound === 'top' ? topRule(context) : runnerUpRule(context);
}

/** Counts by class of single votes, and the abstentions. */
function count(votes, classes) {
  const counts = Array(classes).fill(0);
  let abstained = 0;
  for (const vote of votes) {
    demand(vote < classes || vote === ABSTAINED, GRADE, `a vote for class ${vote}`);
    if (vote === ABSTAINED) abstained++;
    else counts[vote]++;
  }
  return { counts, abstained };
}

const topRule = ({ classes, budgets, leastOfAll, least }) => (row) => {
  const { counts, abstained } = count(row, classes);
  const label = largest(counts);
  const enough = (k) => k !== null && counts[label] >= k;
  const decided = enough(leastOfAll);
  return {
    label: decided ? label : null,
    statistics: statistics({ votes: counts, abstained }),
    frontier: decided ? maximal(budgets.filter((_, i) => enough(least[i]))) : [],
  };
};

function runnerUpRule({ classes, budgets, selectionDraws, ways, event }) {
  const untouched = new Noise([], ONE);
  const known = new Map();
  const proven = (n, won, lost) => {
    const key = `${won} ${lost}`;
    if (!known.has(key)) {
      const above = provenAbove(n, won, event);
      const below = smaller(provenBelow(n, lost, event), subtract(ONE, above));
      const holds = (noise) => less(subtract(ONE, noise.least(subtract(ONE, below))), noise.least(above));
      known.set(key, {
        decided: holds(untouched),
        frontier: maximal(budgets.filter((_, i) => ways[i].every(holds))),
      });
    }
    return known.get(key);
  };
  return (row) => {
    const selection = count(row.slice(0, selectionDraws), classes);
    const counted = count(row.slice(selectionDraws), classes);
    const label = largest(selection.counts);
    const rivals = counted.counts.filter((_, rival) => rival !== label);
    const lost = Math.max(...rivals) + counted.abstained;
    const { decided, frontier } = proven(row.length - selectionDraws, counted.counts[label], lost);
    return {
      label: decided ? label : null,
      statistics: statistics({
        votes: counted.counts,
        abstained: counted.abstained,
        selection: statistics({ votes: selection.counts, abstained: selection.abstained }),
      }),
      frontier: decided ? frontier : [],
    };
  };
}

/** The views of a row: counts by class and abstentions, 16 bits each, summing to the members. */
function views(row, classes, members) {
  const width = classes + 1;
  const words = Array.from({ length: row.length / 2 }, (_, i) => row[2 * i] | (row[2 * i + 1] << 8));
  const found = [];
  for (let at = 0; at < words.length; at += width) {
    const votes = words.slice(at, at + classes);
    const abstained = words[at + classes];
    const sum = votes.reduce((a, b) => a + b, abstained);
    demand(sum === members, GRADE, `view ${found.length}: ${sum} votes of ${members} members`);
    found.push({ votes, abstained, label: plurality(votes, abstained) });
  }
  return found;
}

/** The different amounts of an axis in the declared budgets and 0, in increasing order. */
const amounts = (budgets, axis) =>
  [...new Set([0, ...budgets.map((budget) => budget.get(axis) ?? 0)])].sort((a, b) => a - b);

function fixedRule({ classes, members, budgets, test }) {
  const axis = test.axes[0] ?? null;
  const declared = axis === null ? [0] : amounts(budgets, axis);
  const labelOf = { none: (seen) => seen[0].label, views: pluralityOfViews, 'two-mask': twoMaskLabel }[test.method];
  const marginAt = { none: least, views: marginOfViews, 'two-mask': marginOfMasks }[test.method];
  return (row) => {
    const seen = views(row, classes, members);
    const label = labelOf(seen, test, classes);
    if (label === null) return { label, statistics: statistics({ margins: [] }), frontier: [] };
    const own = seen.map(({ votes, abstained }) => margin(label, votes, abstained));
    const margins = declared.map((amount) => [amount, marginAt(own, amount, test, members)]);
    const certified = margins
      .filter(([, value]) => value >= 0)
      .map(([amount, value]) => budgetOf(Math.floor(value / 2), axis, amount));
    return { label, statistics: statistics({ margins }), frontier: maximal(certified) };
  };
}

function budgetOf(poisoned, axis, amount) {
  const budget = new Map();
  if (poisoned > 0) budget.set('trainExamples', poisoned);
  if (amount > 0) budget.set(axis, amount);
  return budget;
}

const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);

function pluralityOfViews(seen, test, classes) {
  const counts = Array(classes).fill(0);
  let abstained = 0;
  for (const { label } of seen) {
    if (label === null) abstained++;
    else counts[label]++;
  }
  return plurality(counts, abstained);
}

function marginOfViews(own, amount, test, members) {
  const place = Math.floor(own.length / 2) + test.partitions * amount + 1;
  const sorted = [...own].sort((a, b) => b - a);
  return place <= sorted.length ? sorted[place - 1] : -members - 1;
}

const marginOfMasks = (own, amount, test) => least(amount === 0 ? own.slice(0, test.masks) : own);

function twoMaskLabel(seen, { masks, union }, classes) {
  const first = seen.slice(0, masks).map(({ label }) => label);
  const counts = Array(classes).fill(0);
  for (const label of first) if (label !== null) counts[label]++;
  const most = largest(counts);
  if (counts[most] === 0) return null;
  for (let mask = 0; mask < masks; mask++) {
    const label = first[mask];
    if (label === null || label === most) continue;
    if (first.every((_, other) => seen[union(mask, other)].label === label)) return label;
  }
  return most;
}

const noisyRule = ({ classes, members, budgets, leastOfAll, least: leastCounts }) => {
  const declared = amounts(budgets, 'trainExamples');
  return (row) => {
    const seen = views(row, classes, members);
    const counts = Array(classes).fill(0);
    for (const { label } of seen) if (label !== null) counts[label]++;
    const label = largest(counts);
    const own = seen.map(({ votes, abstained }) => margin(label, votes, abstained));
    const wins = new Map(declared.map((c) => [c, own.filter((value) => value >= 2 * c).length]));
    const holds = (c, k) => k !== null && wins.get(c) >= k;
    const decided = holds(0, leastOfAll);
    const certified = budgets.filter((budget, i) => holds(budget.get('trainExamples') ?? 0, leastCounts[i]));
    return {
      label: decided ? label : null,
      statistics: statistics({ wins: [...wins] }),
      frontier: decided ? maximal(certified) : [],
    };
  };
};
