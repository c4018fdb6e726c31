// The signed table of thresholds, computed anew (section 7). Failures of reading are of step 5.

import { leastCount } from './binomial.mjs';
import { demandAffordable } from './least_mass.mjs';
import { ONE, ZERO, divide, fraction, larger, less, lowest, multiply, parse, roundedUp, toText } from './rational.mjs';
import { demand } from './refusal.mjs';
import { noises } from './smoothing.mjs';

const HALF = fraction(1n, 2n);
const RESOLUTION = 64;

/**
 * The thresholds of an audit: `table` as it is signed, `least` its counts, `leastOfAll` that of `{}`,
 * and `share` the level of each event. Nothing of this is needed where nothing is random.
 */
export function thresholdsOf(audit, smoothing) {
  if (smoothing.vote === 'fixed') return { table: [], least: [], leastOfAll: null, share: null };
  const claim = audit.get('recipe').get('claim');
  const budgets = claim.get('budgets');
  const ways = budgets.map((budget) => noises(smoothing, budget));
  demandAffordable(ways.flat());

  const { floor, event } = levels(audit, smoothing, budgets);
  const votes = counted(audit, smoothing);
  const leastOfAll = leastCount(votes, HALF, floor);
  const counts = new Map();
  const table = budgets.map((budget, i) => {
    const star = chance(ways[i]);
    const key = toText(star);
    if (!counts.has(key)) counts.set(key, leastCount(votes, star, event));
    const own = budget.size === 0 ? leastOfAll : both(leastOfAll, counts.get(key));
    return new Map([['budget', budget], ['pStar', key], ['kStar', own]]);
  });
  return { table, least: table.map((line) => line.get('kStar')), leastOfAll, share: event };
}

const both = (a, b) => (a === null || b === null ? null : Math.max(a, b));

function counted(audit, { vote }) {
  if (vote === 'noisy') return audit.get('draws');
  const claim = audit.get('recipe').get('claim');
  return audit.get('members') - (claim.get('bound') === 'runner-up' ? claim.get('selectionDraws') : 0);
}

/** What an input may err with: in choosing its label, and in each bounded event. */
function levels(audit, smoothing, budgets) {
  const claim = audit.get('recipe').get('claim');
  const inputs = claim.get('scope') === 'simultaneous' ? audit.get('inputs').get('size') : 1;
  const alpha = divide(parse(claim.get('alpha')), fraction(inputs));
  if (claim.get('bound') === 'runner-up') {
    const half = multiply(alpha, HALF);
    return { floor: half, event: half };
  }
  const amounts = budgets.filter((b) => b.size > 0).map((b) => b.get('trainExamples') ?? 0);
  const events = smoothing.vote === 'noisy' ? Math.max(new Set(amounts).size, 1) : 1;
  return {
    floor: multiply(alpha, fraction(1n, 1024n)),
    event: multiply(alpha, fraction(1023n, 1024n * BigInt(events))),
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
