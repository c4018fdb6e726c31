// How little probability an attack can leave to an event: the exact Neyman-Pearson sums of section 7.

import { Refusal, demand } from './refusal.mjs';
import { cumulativeUp, leastAfter } from './normal.mjs';
import { ONE, ZERO, bitLength, fraction, less, lowest, subtract, toText } from './rational.mjs';

const GRADE = 'statement';
const CHANGED = 4096;
const TYPES = 2 ** 18;
const BITS = 2 ** 29;

/** The change of e between neighbouring types: with two symbols a coordinate shows one or the other. */
const stepOf = (symbols) => (symbols === 2n ? 2 : 1);

/**
 * The noise that a way of spending a budget meets: groups {keep, symbols, changed} of changed
 * coordinates, the chance rho that no changed unit is used, and the square of how many standard
 * deviations Gaussian noise is moved. Copies {draws, hits, noises} are draws of which each has
 * changed coordinates, the groups `noises`, with chance `hits`.
 */
export class Noise {
  constructor(groups, rho, copies = [], square = ZERO) {
    this.square = square;
    this.groups = merged(groups.filter(({ changed }) => changed > 0));
    this.copies = copies.map((each) => ({ ...each, noises: merged(each.noises) }));
    this.rho = rho;
    this.sums = null;
  }

  /** Equal for noises with equal thresholds. */
  get key() {
    const copies = this.copies.map(({ draws, hits, noises }) => `${draws} ${toText(hits)} ${named(noises)}`);
    return [named(this.groups), ...copies, toText(lowest(this.rho)), toText(lowest(this.square))].join(' ');
  }

  /** How many types its coordinates have, and how many bits all their masses need. */
  cost() {
    let [types, bits] = [1, 0];
    for (const { keep, symbols, changed } of this.groups) {
      types *= (2 * changed) / stepOf(symbols) + 1;
      bits += changed * bitLength((symbols - 1n) * keep.d);
    }
    for (const { draws, hits, noises } of this.copies) {
      bits += draws * bitLength(hits.d);
      for (const { keep, symbols, changed } of noises) {
        types *= 2 * draws * changed + 1;
        bits += draws * changed * bitLength((symbols - 1n) * keep.d);
      }
    }
    return { types, bits: types * bits };
  }

  /** Types in increasing order of their ratio, with sums of their masses before and after each. */
  prepare() {
    if (this.sums !== null) return this.sums;
    // Each type: [order, mass, mass under the changed data]; all masses are over one denominator.
    let types = [[1n, 1n, 1n]];
    let whole = 1n;
    for (const { keep, symbols, changed } of this.groups) {
      const others = symbols - 1n;
      const [stay, other] = [keep.n * others, keep.d - keep.n];
      const masses = coefficients(stay, (others - 1n) * other, other, changed);
      const last = 2 * changed;
      const column = [];
      for (let i = 0; i <= last; i += stepOf(symbols)) {
        // The ratio (other/stay)^e, e = i - changed, times (other stay)^changed to be an integer.
        const order = other ** BigInt(i) * stay ** BigInt(last - i);
        column.push([order, masses[i], masses[last - i]]);
      }
      types = types.flatMap((a) => column.map((b) => a.map((value, k) => value * b[k])));
      whole *= (others * keep.d) ** BigInt(changed);
    }
    for (const copies of this.copies) {
      const column = typesOfCopies(copies);
      types = types.flatMap((a) => column.types.map((b) => a.map((value, k) => value * b[k])));
      whole *= column.whole;
    }
    types.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    let [sum, changedSum] = [0n, 0n];
    const steps = types.map(([, mass, changedMass]) => {
      const step = { mass, changedMass, before: sum, changedBefore: changedSum };
      sum += mass;
      changedSum += changedMass;
      return step;
    });
    if (sum !== whole) throw new Refusal('bug', 'masses that do not sum to one');
    this.sums = { steps, whole };
    return this.sums;
  }

  /** L(p): the least mass under the changed data of a test with mass p in 0..1 under the audited data. */
  leastAfterSurvival(p) {
    if (this.groups.length + this.copies.length === 0) return p;
    const { steps, whole } = this.prepare();
    // The last type whose predecessors fit: their masses are at most p.
    let [low, high] = [0, steps.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (steps[middle].before * p.d <= p.n * whole) low = middle;
      else high = middle - 1;
    }
    const { mass, changedMass, before, changedBefore } = steps[low];
    const part = p.n * whole - before * p.d;
    return { n: changedBefore * mass * p.d + part * changedMass, d: whole * mass * p.d };
  }

  /** LB(p) = rho L((p - (1 - rho)) / rho), and zero for p at most 1 - rho. */
  least(p) {
    if (this.square.n === 0n) return this.surviving(p, (mass) => this.leastAfterSurvival(mass));
    return this.surviving(this.leastAfterSurvival(p), (mass) => leastAfter(mass, this.square));
  }

  surviving(p, inside) {
    const { n, d } = this.rho;
    if (n === d) return inside(p);
    const lost = subtract(ONE, this.rho);
    if (n === 0n || !less(lost, p)) return ZERO;
    const left = subtract(p, lost);
    const inner = inside(fraction(left.n * d, left.d * n));
    return fraction(n * inner.n, d * inner.d);
  }

  /** The least chance that proves a majority: 1 - rho L(1 - 1/(2 rho)); null when none does. */
  threshold() {
    const { n, d } = this.rho;
    if (2n * n <= d) return null;
    const share = fraction(2n * n - d, 2n * n);
    if (this.square.n === 0n) {
      const inner = this.leastAfterSurvival(share);
      return subtract(ONE, fraction(n * inner.n, d * inner.d));
    }
    const mark = n === d ? cumulativeUp(this.square) : this.markOf(share);
    if (!less(mark, ONE)) return null;
    return subtract(ONE, this.leastAfterSurvival(subtract(ONE, mark)));
  }

  markOf(share) {
    const inner = leastAfter(share, this.square);
    return subtract(ONE, fraction(this.rho.n * inner.n, this.rho.d * inner.d));
  }

  /** Whether a class with a chance above one number stays ahead of a rival with one below another. */
  keepsAhead(above, below) {
    return less(subtract(ONE, this.least(subtract(ONE, below))), this.least(above));
  }
}

const named = (groups) =>
  groups.map(({ keep, symbols, changed }) => String([toText(keep), symbols, changed])).sort().join(' ');

/**
 * All types of a bag's copies, and what their masses sum to. One draw has a mass for each
 * combination of e, one e for each noise; a combination is a place, so far from others that sums
 * over all draws do not meet. Of many draws it is the coefficient of a power: with P = Q^n, the
 * derivative P' Q = n Q' P gives every coefficient from those before it.
 */
function typesOfCopies({ draws, hits, noises }) {
  let draw = new Map([[0, 1n]]);
  let [scale, middle, places] = [1n, 0, 1];
  let orders = [1n];
  for (const { keep, symbols, changed } of noises) {
    const [stay, other] = [keep.n * (symbols - 1n), keep.d - keep.n];
    const masses = coefficients(stay, (symbols - 2n) * other, other, changed);
    const [stride, most] = [places, draws * changed];
    const wider = new Map();
    for (const [at, mass] of draw) {
      masses.forEach((own, i) => own > 0n && wider.set(at + i * stride, mass * own));
    }
    draw = wider;
    scale *= (keep.d * (symbols - 1n)) ** BigInt(changed);
    middle += changed * stride;
    places *= 2 * most + 1;
    const column = [];
    for (let i = 0; i <= 2 * most; i++) column.push(other ** BigInt(i) * stay ** BigInt(2 * most - i));
    orders = column.flatMap((own) => orders.map((order) => order * own));
  }
  const missed = hits.d - hits.n;
  const base = new Map([...draw].map(([at, mass]) => [at, mass * hits.n]));
  base.set(middle, (base.get(middle) ?? 0n) + missed * scale);
  const masses = sparsePower(base, draws, places);
  const types = [];
  for (let at = 0; at < places; at++) {
    if (masses[at] > 0n) types.push([orders[at], masses[at], masses[places - 1 - at]]);
  }
  return { types, whole: (hits.d * scale) ** BigInt(draws) };
}

/** The first coefficients of Q^n for Q with few powers of z, the lowest of them z^0. */
function sparsePower(base, n, places) {
  const first = base.get(0);
  const others = [...base].filter(([at, value]) => at > 0 && value > 0n);
  const result = [first ** BigInt(n)];
  for (let k = 1; k < places; k++) {
    let sum = 0n;
    for (const [at, value] of others) {
      if (at <= k) sum += BigInt(at * (n + 1) - k) * value * result[k - at];
    }
    result.push(sum / (first * BigInt(k)));
  }
  return result;
}

/** Coordinates under the same noise are one group. */
function merged(groups) {
  const found = new Map();
  for (const { keep, symbols, changed } of groups) {
    const key = `${toText(keep)} ${symbols}`;
    const before = found.get(key)?.changed ?? 0;
    found.set(key, { keep, symbols, changed: before + changed });
  }
  return [...found.values()];
}

/**
 * The coefficients of Q^n from z^0, for Q = a z^2 + b z + c. The derivative of P = Q^n satisfies
 * P' Q = n Q' P, which gives each coefficient from the two before it.
 */
function coefficients(a, b, c, n) {
  const result = [c ** BigInt(n)];
  for (let k = 1; k <= 2 * n; k++) {
    const one = b * BigInt(n - k + 1) * result[k - 1];
    const two = k > 1 ? a * BigInt(2 * n - k + 2) * result[k - 2] : 0n;
    result.push((one + two) / (c * BigInt(k)));
  }
  return result;
}

/** The caps of section 8 on what signed budgets may cost; `ways` has a list of noises for each. */
export function demandAffordable(ways) {
  let [types, bits] = [0, 0];
  for (const noise of ways.flat()) {
    const copied = noise.copies.flatMap(({ draws, noises }) =>
      noises.map(({ changed }) => draws * changed));
    const large = [...noise.groups.map(({ changed }) => changed), ...copied].some((n) => n > CHANGED);
    demand(!large, GRADE, `more than ${CHANGED} changed coordinates under one noise`);
    const cost = noise.cost();
    types += cost.types;
    bits += cost.bits;
  }
  demand(types <= TYPES && bits <= BITS, GRADE, 'budgets that cost too much to check');
}
