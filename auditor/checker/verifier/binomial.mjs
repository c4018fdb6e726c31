// Tails of the binomial distribution, compared exactly with a level (section 7).
//
// Weights relative to the most likely count are enclosed in fixed-point integers, rounded down and up;
// what an enclosure cannot decide is decided with more bits, in the end by the exact sum.

import { bitLength, ceilingOf, floorOf } from './rational.mjs';
import { Refusal } from './refusal.mjs';

const ATTEMPTS = 4;
const EXACT_BITS = 2 ** 26;

/** Enclosures of the sums of weights from each count up to n, and of all weights. */
function enclose(n, p, bits) {
  const total = BigInt(n);
  const [yes, no] = [p.n, p.d - p.n];
  const mode = Number(((total + 1n) * p.n) / p.d);
  const one = 1n << BigInt(bits);
  const walk = (step, end, up, down) => {
    const weights = [];
    let [low, high] = [one, one];
    let rest = 0n;
    for (let j = mode; j !== end; j += step) {
      const [b, c] = [up(BigInt(j)), down(BigInt(j))];
      low = floorOf(low, b, c);
      high = ceilingOf(high, b, c);
      if (low === 0n) {
        // From here on, this ratio or a smaller one: a geometric series.
        rest = ceilingOf(high, c, c - b);
        break;
      }
      weights.push([low, high]);
    }
    return { weights, rest };
  };
  const above = walk(1, n, (j) => (total - j) * yes, (j) => (j + 1n) * no);
  const below = walk(-1, 0, (j) => j * no, (j) => (total - j + 1n) * yes);

  const tails = new Map();
  let [low, high] = [0n, above.rest];
  const put = (k, weight) => {
    low += weight[0];
    high += weight[1];
    tails.set(k, { low, high });
  };
  const first = mode + above.weights.length;
  tails.set(first + 1, { low, high });
  for (let k = first; k > mode; k--) put(k, above.weights[k - mode - 1]);
  put(mode, [one, one]);
  below.weights.forEach((weight, i) => put(mode - i - 1, weight));
  return { tails, first: first + 1, last: mode - below.weights.length, sum: { low, high: high + below.rest } };
}

/** P[Bin(n, p) >= k] <= level, by the sum itself. */
function exactly(n, p, k, level) {
  if (n * bitLength(p.d) > EXACT_BITS) {
    throw new Refusal('undecided', `a tail of ${n} votes is too close to its level to tell`);
  }
  const no = p.d - p.n;
  let term = p.n ** BigInt(n);
  let sum = 0n;
  for (let j = n; j >= k; j--) {
    sum += term;
    term = (term * BigInt(j) * no) / (BigInt(n - j + 1) * p.n);
  }
  return sum * level.d <= level.n * p.d ** BigInt(n);
}

/** An object that tells whether P[Bin(n, p) >= k] <= level for any k, for 0 < p < 1 and a level below 1/2. */
function comparison(n, p, level) {
  const start = 64 + 2 * bitLength(BigInt(n)) + Math.max(0, bitLength(level.d) - bitLength(level.n));
  const enclosures = [];
  return (k) => {
    if (k <= 0) return false;
    if (k > n) return true;
    for (let i = 0; i < ATTEMPTS; i++) {
      enclosures[i] ??= enclose(n, p, start << i);
      const { tails, first, last, sum } = enclosures[i];
      // Beyond the enclosed counts a tail is only known to be at least, or at most, the last one.
      const tail = tails.get(Math.max(last, Math.min(k, first)));
      if (tail.low * level.d > level.n * sum.high) return false;
      if (k >= last && tail.high * level.d <= level.n * sum.low) return true;
    }
    return exactly(n, p, k, level);
  };
}

/** The least k from 0 to n with P[Bin(n, p) >= k] <= level, or null. */
export function leastCount(n, p, level) {
  if (p.n >= p.d) return null;
  const holds = p.n === 0n ? (k) => k > 0 : comparison(n, p, level);
  let [low, high] = [0, n + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low > n ? null : low;
}

/** The largest a/2^32 that k of n votes prove exceeded at this level; 0 if they prove nothing. */
export function provenAbove(n, k, level) {
  const unit = 2n ** 32n;
  if (k === 0) return { n: 0n, d: unit };
  let [low, high] = [0n, unit];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (comparison(n, { n: middle, d: unit }, level)(k)) low = middle;
    else high = middle;
  }
  return { n: low, d: unit };
}

/** The least a/2^32 that k of n votes prove not reached at this level; 1 if they prove nothing. */
export function provenBelow(n, k, level) {
  const { n: other, d } = provenAbove(n, n - k, level);
  return { n: d - other, d };
}
