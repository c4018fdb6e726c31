// Exact fractions {n, d} of BigInts with d > 0. Only `lowest` divides out common factors: those of
// long powers are long to find.

export const fraction = (n, d = 1n) => (d < 0n ? { n: -BigInt(n), d: -d } : { n: BigInt(n), d: BigInt(d) });
export const ZERO = fraction(0n);
export const ONE = fraction(1n);
export const HALF = fraction(1n, 2n);

export const add = (a, b) => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d });
export const subtract = (a, b) => ({ n: a.n * b.d - b.n * a.d, d: a.d * b.d });
export const multiply = (a, b) => ({ n: a.n * b.n, d: a.d * b.d });
export const divide = (a, b) => fraction(a.n * b.d, a.d * b.n);
export const less = (a, b) => a.n * b.d < b.n * a.d;
export const equal = (a, b) => a.n * b.d === b.n * a.d;
export const larger = (a, b) => (less(a, b) ? b : a);
export const smaller = (a, b) => (less(a, b) ? a : b);

/** floor(a b / c) for a >= 0 and positive b, c, and the same rounded up. */
export const floorOf = (a, b, c) => (a * b) / c;
export const ceilingOf = (a, b, c) => (a * b + c - 1n) / c;

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
export const bitLength = (a) => (a === 0n ? 0 : (a < 0n ? -a : a).toString(2).length);

const LONGEST = 128;

/** The fraction in lowest terms that `a` or `a/b` spells; null if the text spells none. */
export function parseFraction(text) {
  if (typeof text !== 'string' || text.length > LONGEST) return null;
  const match = /^(0|[1-9][0-9]*)(?:\/([1-9][0-9]*))?$/.exec(text);
  return match && lowest({ n: BigInt(match[1]), d: BigInt(match[2] ?? '1') });
}

/** The same for a fraction or a decimal, with or without a minus sign. */
export function parseNumber(text) {
  if (typeof text !== 'string' || text.length > LONGEST) return null;
  const [size, sign] = text.startsWith('-') ? [text.slice(1), -1n] : [text, 1n];
  const [, whole, decimals] = /^(0|[1-9][0-9]*)\.([0-9]+)$/.exec(size) ?? [];
  const number =
    whole === undefined
      ? parseFraction(size)
      : lowest({ n: BigInt(whole + decimals), d: 10n ** BigInt(decimals.length) });
  return number && { n: sign * number.n, d: number.d };
}

const EXACT_BITS = 4096;
const FIXED_BITS = 256n;

/**
 * A power of a fraction from 0 to 1 in lowest terms. It is exact up to 4096 bits; longer ones are
 * squared and multiplied from the exponent's highest bit on, rounded down to multiples of 2^-256.
 */
export function power(a, exponent) {
  if (bitLength(a.d) * exponent <= EXACT_BITS) {
    return { n: a.n ** BigInt(exponent), d: a.d ** BigInt(exponent) };
  }
  const base = (a.n << FIXED_BITS) / a.d;
  let result = 1n << FIXED_BITS;
  for (const bit of exponent.toString(2)) {
    result = (result * result) >> FIXED_BITS;
    if (bit === '1') result = (result * base) >> FIXED_BITS;
  }
  return { n: result, d: 1n << FIXED_BITS };
}
