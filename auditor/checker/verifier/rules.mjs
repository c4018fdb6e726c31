// From a row of evidence to its claim: label, statistics, frontier (section 6). Failures are of step 10.

import { provenAbove, provenBelow } from './binomial.mjs';
import { ONE, smaller, subtract } from './rational.mjs';
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
  // A member gives one vote in a view, or one for each neighbour that it asks.
  const voters = audit.get('members') * (smoothing.training.each ?? 1);
  const context = { voters, ...smoothing, ...thresholds };
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
      const holds = (noise) => noise.keepsAhead(above, below);
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

/** The views of a row: counts by class and abstentions, 16 bits each, summing to the voters. */
function views(row, classes, voters) {
  const width = classes + 1;
  const words = Array.from({ length: row.length / 2 }, (_, i) => row[2 * i] | (row[2 * i + 1] << 8));
  const found = [];
  for (let at = 0; at < words.length; at += width) {
    const votes = words.slice(at, at + classes);
    const abstained = words[at + classes];
    const sum = votes.reduce((a, b) => a + b, abstained);
    demand(sum === voters, GRADE, `view ${found.length}: ${sum} votes of ${voters} voters`);
    found.push({ votes, abstained, label: plurality(votes, abstained) });
  }
  return found;
}

/** The different amounts on some axes in the declared budgets, and none, in increasing order. */
function amounts(budgets, axes) {
  const all = [new Map(), ...budgets].map((budget) => axes.map((axis) => budget.get(axis) ?? 0));
  const different = [...new Map(all.map((each) => [each.join(' '), each])).values()];
  const differs = (a, b) => a.map((amount, i) => amount - b[i]).find((difference) => difference !== 0);
  return different.sort((a, b) => differs(a, b) ?? 0);
}

function fixedRule({ classes, voters, budgets, test }) {
  const { axes } = test;
  const declared = axes.length === 0 ? [[0]] : amounts(budgets, axes);
  const labelOf = {
    none: (seen) => seen[0].label,
    views: pluralityOfViews,
    ablation: pluralityOfViews,
    'two-mask': twoMaskLabel,
  }[test.method];
  const marginAt = {
    none: least,
    views: marginOfViews,
    ablation: ablatedMargins(test, classes),
    'two-mask': test.hiding ? marginOfJointMasks(test) : marginOfMasks,
  }[test.method];
  return (row) => {
    const seen = views(row, classes, voters);
    const label = labelOf(seen, test, classes);
    if (label === null) return { label, statistics: statistics({ margins: [] }), frontier: [] };
    const own = seen.map(({ votes, abstained }) => margin(label, votes, abstained));
    const found = declared.map((changed) => marginAt(own, changed, test, voters, seen, label));
    const margins = declared.map((changed, i) => [...changed, found[i]]);
    const certified = declared
      .map((changed, i) => budgetOf(Math.floor(found[i] / 2), axes, changed))
      .filter((_, i) => found[i] >= 0);
    return { label, statistics: statistics({ margins }), frontier: maximal(certified) };
  };
}

function budgetOf(poisoned, axes, changed) {
  const budget = new Map();
  if (poisoned > 0) budget.set('trainExamples', poisoned);
  axes.forEach((axis, i) => {
    if (changed[i] > 0) budget.set(axis, changed[i]);
  });
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

function marginOfViews(own, [amount], test, voters) {
  const place = Math.floor(own.length / 2) + test.partitions * amount + 1;
  const sorted = [...own].sort((a, b) => b - a);
  return place <= sorted.length ? sorted[place - 1] : -voters - 1;
}

const marginOfMasks = (own, [amount], test) => least(amount === 0 ? own.slice(0, test.masks) : own);

/** Of the masks that hide a change, the one whose unions go deepest; of the changes, the worst. */
function marginOfJointMasks({ masks, union, hiding }) {
  const every = [...Array(masks).keys()];
  const changes = new Map();
  return (own, [pixels, square]) => {
    const key = `${pixels} ${square}`;
    if (!changes.has(key)) changes.set(key, hiding(pixels, square));
    const unions = every.map((mask) => least(every.map((other) => own[union(mask, other)])));
    const worst = least(changes.get(key).map((hidden) => Math.max(...hidden.map((mask) => unions[mask]))));
    return pixels + square === 0 ? Math.max(worst, least(own.slice(0, masks))) : worst;
  };
}

/** The largest m at which views whose labels have margins of m carry the label past every change. */
function ablatedMargins(test, classes) {
  const sets = new Map();
  const reached = (square) => {
    if (!sets.has(square)) sets.set(square, test.reached(square));
    return sets.get(square);
  };
  return (_, [pixels, square], { views: total }, voters, seen, label) => {
    const ownMargin = ({ votes, abstained, label: said }) => (said === null ? -1 : margin(said, votes, abstained));
    const depths = seen.map(ownMargin);
    const rivals = [...Array(classes).keys()].filter((rival) => rival !== label);
    const carried = (m) => rivals.every((rival) => {
      // what a view is worth to the label against this rival, above an abstention
      const worth = seen.map(({ label: said }, i) => {
        if (depths[i] < m || said === rival) return 0;
        return said === label ? 2 : 1;
      });
      const sum = (views) => views.reduce((a, view) => a + worth[view], 0);
      const whole = worth.reduce((a, b) => a + b, 0);
      const patch = Math.max(...reached(square).map(sum));
      const single = reached(1).map(sum).sort((a, b) => b - a);
      const charged = single.slice(0, pixels).reduce((a, b) => a + b, 0);
      return whole - patch - charged - total - (rival < label ? 1 : 0) >= 0;
    });
    for (let m = voters; m >= 0; m--) if (carried(m)) return m;
    return -voters - 1;
  };
}

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

const noisyRule = ({ classes, voters, budgets, leastOfAll, least: leastCounts }) => {
  const declared = amounts(budgets, ['trainExamples']).flat();
  return (row) => {
    const seen = views(row, classes, voters);
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
