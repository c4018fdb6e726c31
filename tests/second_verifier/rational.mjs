// Exact fractions {n, d} of BigInts with d > 0. Only `lowest` divides out common factors: those of
// long powers are long to find.

export const fraction = (n, d = 1n) => (d < 0n ? { n: -BigInt(n), d: -d } : { n: BigInt(n), d: BigInt(d) });
export const ZERO = fraction(0n);
export const ONE = fraction(1n);

export const add = (a, b) => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const subtract = (a, b) => ({ n: a.n * b.d - b.n * a.d, d: a.d * b.d });
export const multiply = (a, b) => ({ n: a.n * b.n, d: a.d * b.d });
export const divide = (a, b) => fraction(a.n * b.d, a.d * b.n);
export const power = (a, exponent) => ({ n: a.n ** BigInt(exponent), d: a.d ** BigInt(exponent) });
export const less = (a, b) => a.n * b.d < b.n * a.d;
export const atMost = (a, b) => a.n * b.d <= b.n * a.d;
export const equal = (a, b) => a.n * b.d === b.n * a.d;
export const larger = (a, b) => (less(a, b) ? b : a);
export const smaller = (a, b) => (less(a, b) ? a : b);

/** floor(a b / c) for a >= 0 and positive b, c, and the same rounded up. */
export const floorOf = (a, b, c) => (a * b) / c;
export const ceilingOf = (a, b, c) => -((-a * b) / c);

/** The least multiple of 2^-bits that is at least this fraction, which is not negative. */
export function roundedUp(a, bits) {
  const unit = 2n ** BigInt(bits);
  return { n: (a.n * unit + a.d - 1n) / a.d, d: unit };
}

function gcd(a, b) {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

export function lowest(a) {
  const common = gcd(a.n < 0n ? -a.n : a.n, a.d);
  return { n: a.n / common, d: a.d / common };
}

export const toText = (a) => `${a.n}/${a.d}`;

/** The fraction that an integer, a decimal or n/d spells; null if it spells none. Up to 31 digits a number. */
export function parse(text) {
  const match = /^(-?)(0|[1-9][0-9]{0,30})(?:\.([0-9]{1,31})|\/([1-9][0-9]{0,30}))?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole, decimals = '', denominator = '1'] = match;
  const n = BigInt(whole + decimals);
  return lowest({ n: sign === '-' ? -n : n, d: BigInt(denominator) * 10n ** BigInt(decimals.length) });
}

export const bitLength = (a) => (a === 0n ? 0 : (a < 0n ? -a : a).toString(16).length * 4);
