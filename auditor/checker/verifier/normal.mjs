// The normal distribution in fixed-point integers, enclosed from both sides (section 7).
//
// Phi(x) = 1/2 + x / sqrt(2 pi) * (1 - x^2 / (2 3) + x^4 / (2^2 2! 5) - ..), an alternating series whose
// terms fall from some place on: what is left out is then less than the first term left out.

import { HALF, ONE, ZERO, ceilingOf, floorOf, less, lowest } from './rational.mjs';
import { Refusal } from './refusal.mjs';

const PRECISIONS = [320n, 640n, 1280n, 2560n];
const WITNESS_BITS = 32n;
const FARTHEST = 16n;
const PLACES = 64n;

/** The largest integer whose square is at most a. */
export function squareRoot(a) {
  if (a < 2n) return a;
  let x = 1n << BigInt((a.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (x + a / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** Enclosure of 2^bits pi, by Machin's formula. */
function pi(bits) {
  const one = 1n << bits;
  let [value, error] = [0n, 0n];
  for (const [times, n] of [[16n, 5n], [-4n, 239n]]) {
    let power = one / n;
    for (let k = 1n; power > 0n; k += 2n) {
      value += (k % 4n === 1n ? times : -times) * (power / k);
      power /= n * n;
      error += 32n; // two roundings of less than two units, at most 16 times
    }
    error += 32n;
  }
  return { low: value - error, high: value + error };
}

const circles = new Map();

/** Enclosure of 2^bits (Phi(x) - 1/2), x >= 0 being the root of a fraction. */
function half(square, bits) {
  const one = 1n << bits;
  let term = { low: one, high: one };
  let [low, high] = [0n, 0n];
  for (let k = 0n; ; k++) {
    const part = { low: term.low / (2n * k + 1n), high: term.high / (2n * k + 1n) + 1n };
    const falling = square.n < 2n * (k + 1n) * square.d;
    if (falling && term.high <= 1n) {
      // the rest is between minus and plus this term
      low -= part.high;
      high += part.high;
      break;
    }
    low += k % 2n === 0n ? part.low : -part.high;
    high += k % 2n === 0n ? part.high : -part.low;
    const below = 2n * (k + 1n) * square.d;
    term = { low: floorOf(term.low, square.n, below), high: ceilingOf(term.high, square.n, below) };
  }
  if (!circles.has(bits)) circles.set(bits, pi(bits));
  const circle = circles.get(bits);
  const scaled = square.n << (3n * bits);
  const factor = {
    low: squareRoot(scaled / (2n * square.d * circle.high)),
    high: squareRoot(scaled / (2n * square.d * circle.low) + 1n) + 1n,
  };
  return { low: ((low < 0n ? 0n : low) * factor.low) >> bits, high: ((high * factor.high) >> bits) + 1n };
}

/** The least multiple of 2^-64 that is at least Phi(x), x >= 0 being the root of a fraction. */
export function cumulativeUp(square) {
  if (square.n === 0n) return HALF;
  if (square.n >= 2n * PLACES * square.d) return ONE;
  const unit = 1n << PLACES;
  for (const bits of PRECISIONS) {
    const { low, high } = half(square, bits);
    const rounded = [low, high].map((value) => ceilingOf(value + (1n << (bits - 1n)), unit, 1n << bits));
    if (rounded[0] === rounded[1]) return lowest({ n: rounded[0], d: unit });
  }
  throw new Refusal('statement', 'a normal tail that is too close to a tie to be rounded');
}

/** Whether Phi(z / 2^32) < p is established. */
function below(z, p) {
  if (z === 0n) return less(HALF, p);
  const square = lowest({ n: z * z, d: 1n << (2n * WITNESS_BITS) });
  for (const bits of PRECISIONS) {
    const { low, high } = half(square, bits);
    const middle = 1n << (bits - 1n);
    const [from, to] = z > 0n ? [middle + low, middle + high] : [middle - high, middle - low];
    if (to * p.d < p.n << bits) return true;
    if (from * p.d > p.n << bits) return false;
  }
  return false;
}

const witnesses = new Map();

/** The largest z from -16 to 16, in units of 2^-32, with Phi(z) < p; null if there is none. */
function witnessBelow(p) {
  const { n, d } = lowest(p);
  const key = `${n}/${d}`;
  if (witnesses.has(key)) return witnesses.get(key);
  const far = FARTHEST << WITNESS_BITS;
  let [holds, fails] = [-far, far + 1n];
  let found = null;
  if (below(holds, p)) {
    while (fails - holds > 1n) {
      const middle = (holds + fails) >> 1n;
      if (below(middle, p)) holds = middle;
      else fails = middle;
    }
    found = holds;
  }
  witnesses.set(key, found);
  return found;
}

/** The largest multiple of 2^-64 that is at most Phi(z / 2^32). */
function cumulativeDown(z) {
  const unit = 1n << PLACES;
  if (z === 0n) return HALF;
  const square = lowest({ n: z * z, d: 1n << (2n * WITNESS_BITS) });
  if (square.n >= 2n * PLACES * square.d) return { n: z < 0n ? 0n : unit - 1n, d: unit };
  for (const bits of PRECISIONS) {
    const { low, high } = half(square, bits);
    const middle = 1n << (bits - 1n);
    const ends = z > 0n ? [middle + low, middle + high] : [middle - high, middle - low];
    const [from, to] = ends.map((value) => (value * unit) >> bits);
    if (from === to) return { n: from, d: unit };
  }
  throw new Refusal('statement', 'a normal tail that is too close to a tie to be rounded');
}

/** The least chance, by witnesses, of an event of chance p once the mean has moved by the root of a square. */
export function leastAfter(p, square) {
  const witness = witnessBelow(p);
  if (witness === null) return ZERO;
  const scaled = square.n << (2n * WITNESS_BITS);
  let moved = squareRoot(scaled / square.d);
  while (moved * moved * square.d < scaled) moved++;
  return cumulativeDown(witness - moved);
}
