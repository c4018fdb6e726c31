// The signed table of thresholds, computed anew (section 7). What is refused here is refused by step 5.

import { leastCount } from './binomial.mjs';
import { demandAffordable } from './least_mass.mjs';
import { HALF, ONE, divide, fraction, larger, lowest, multiply, roundedUp, toText } from './rational.mjs';
import { check } from './sides.mjs';
import { certain, waysOf } from './smoothing.mjs';

const RESOLUTION = 64;
const WAYS_OF_EACH_INPUT = 1024;

/**
 * The thresholds of an audit: `table` as it is signed, `least` its counts, `leastOfAll` that of `{}`;
 * the ways of spending each budget, and the level of each event. Empty where nothing is random.
 */
export function thresholdsOf(audit, smoothing) {
  const { vote, budgets, bound, selectionDraws } = smoothing;
  if (certain(vote)) return { table: [], least: [], leastOfAll: null, ways: [], event: null };
  const ways = waysOf(smoothing);
  demandAffordable(ways);
  const asked = bound === 'runner-up' ? ways.flat().length : 0;
  check(asked <= WAYS_OF_EACH_INPUT, 'too many ways of spending for runner-up');

  const { floor, event } = levels(audit, smoothing);
  const votes = vote === 'noisy' ? audit.get('draws') : audit.get('members') - selectionDraws;
  const leastOfAll = leastCount(votes, HALF, floor);
  const counts = new Map();
  const table = budgets.map((budget, i) => {
    const star = chance(ways[i]);
    const key = toText(star);
    if (!counts.has(key)) counts.set(key, leastCount(votes, star, event));
    const own = budget.size === 0 ? leastOfAll : both(leastOfAll, counts.get(key));
    return new Map([['budget', budget], ['pStar', key], ['kStar', own]]);
  });
  return { table, least: table.map((line) => line.get('kStar')), leastOfAll, ways, event };
}

const both = (a, b) => (a === null || b === null ? null : Math.max(a, b));

/** What an input may err with: in choosing its label, and in each bounded event. */
function levels(audit, { vote, budgets, alpha, bound }) {
  const scope = audit.get('recipe').get('claim').get('scope');
  const inputs = scope === 'simultaneous' ? audit.get('inputs').get('size') : 1;
  const share = divide(alpha, fraction(inputs));
  if (bound === 'runner-up') {
    const half = multiply(share, HALF);
    return { floor: half, event: half };
  }
  const amounts = budgets.filter((b) => b.size > 0).map((b) => b.get('trainExamples') ?? 0);
  const events = vote === 'noisy' ? Math.max(new Set(amounts).size, 1) : 1;
  return {
    floor: multiply(share, fraction(1n, 1024n)),
    event: multiply(share, fraction(1023n, 1024n * BigInt(events))),
  };
}

/** pStar over all ways of spending a budget, in lowest terms. */
function chance(ways) {
  let worst = HALF;
  for (const noise of ways) {
    const threshold = noise.threshold();
    if (threshold === null) return ONE;
    worst = larger(worst, threshold);
  }
  return lowest(roundedUp(worst, RESOLUTION));
}
