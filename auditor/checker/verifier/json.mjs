// Strict JSON (section 1). Objects become Maps, integers become exact Numbers.

import { Refusal, demand } from './refusal.mjs';
import { fromUtf8, utf8 } from './text.mjs';

export const LIMITS = {
  envelope: 16 << 20, leaf: 64 << 10, container: 80 << 20, bundle: 32 << 20, round: 4096,
};
const DEPTH = 32;
const MARKS = 2 ** 20;
const isMark = (byte) => byte === 0x2c || byte === 0x5b || byte === 0x7b; // , [ {
const ESCAPES = {
  '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t',
};

/** The object that these bytes spell. Every failure has the grade given. */
export function parseObject(bytes, limit, grade = 'envelope') {
  demand(bytes.length <= limit, grade, `more than ${limit} bytes`);
  const marks = bytes.reduce((sum, byte) => sum + isMark(byte), 0);
  demand(marks <= MARKS, grade, `more than ${MARKS} commas and opening brackets`);
  const parser = new Parser(fromUtf8(bytes, grade), grade);
  const value = parser.document();
  demand(value instanceof Map, grade, 'the document is not an object');
  return value;
}

class Parser {
  constructor(text, grade) {
    this.text = text;
    this.grade = grade;
    this.at = 0;
    this.depth = 0;
  }

  fail(what) {
    throw new Refusal(this.grade, `JSON, place ${this.at}: ${what}`);
  }

  document() {
    const value = this.value();
    if (this.at !== this.text.length) this.fail('something after the document');
    return value;
  }

  space() {
    while (' \t\n\r'.includes(this.text[this.at] ?? 'end')) this.at++;
  }

  /** Step over this character if it comes next. */
  take(character) {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  value() {
    this.space();
    const value = this.bare();
    this.space();
    return value;
  }

  bare() {
    if (this.take('{')) return this.nested(() => this.object());
    if (this.take('[')) return this.nested(() => this.array());
    if (this.take('"')) return this.string();
    for (const [word, value] of [['true', true], ['false', false], ['null', null]]) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.integer();
  }

  nested(read) {
    if (++this.depth > DEPTH) this.fail(`nested deeper than ${DEPTH}`);
    const value = read();
    this.depth--;
    return value;
  }

  object() {
    const value = new Map();
    this.space();
    if (this.take('}')) return value;
    do {
      this.space();
      if (!this.take('"')) this.fail('a key was expected');
      const key = this.string();
      if (value.has(key)) this.fail('a repeated key');
      this.space();
      if (!this.take(':')) this.fail('a colon was expected');
      value.set(key, this.value());
    } while (this.take(','));
    if (!this.take('}')) this.fail('the end of an object was expected');
    return value;
  }

  array() {
    const value = [];
    this.space();
    if (this.take(']')) return value;
    do value.push(this.value());
    while (this.take(','));
    if (!this.take(']')) this.fail('the end of an array was expected');
    return value;
  }

  string() {
    let value = '';
    for (;;) {
      const plain = /[^"\\\u0000-\u001f]*/y;
      plain.lastIndex = this.at;
      const run = plain.exec(this.text)[0];
      this.at += run.length;
      value += run;
      if (this.take('"')) break;
      if (!this.take('\\')) this.fail('a string without an end, or a control character in it');
      value += this.escaped();
    }
    if (/\p{Surrogate}/u.test(value)) this.fail('half a surrogate pair');
    return value;
  }

  escaped() {
    const letter = this.text[this.at++];
    if (letter === 'u') {
      const digits = this.text.slice(this.at, this.at + 4);
      if (!/^[0-9A-Fa-f]{4}$/.test(digits)) this.fail('four hexadecimal digits were expected');
      this.at += 4;
      return String.fromCharCode(parseInt(digits, 16));
    }
    if (letter === undefined || !Object.hasOwn(ESCAPES, letter)) this.fail('an unknown escape');
    return ESCAPES[letter];
  }

  integer() {
    const token = /-?(?:0|[1-9][0-9]*)/y;
    token.lastIndex = this.at;
    const digits = token.exec(this.text)?.[0];
    if (digits === undefined) this.fail('a value was expected');
    this.at += digits.length;
    if (/[.eE]/.test(this.text[this.at] ?? '')) this.fail('a fraction or an exponent');
    const value = Number(digits);
    if (Object.is(value, -0)) this.fail('minus zero');
    if (!Number.isSafeInteger(value)) this.fail('an integer beyond 2^53 - 1');
    return value;
  }
}

/** Whether two parsed values are the same; the order of an object's keys does not count. */
export function same(a, b) {
  if (a instanceof Map) {
    return (
      b instanceof Map && a.size === b.size && [...a].every(([k, v]) => b.has(k) && same(v, b.get(k)))
    );
  }
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]));
  }
  return a === b;
}

const SHORT = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const quote = (text) =>
  `"${text.replace(
    /["\\\u0000-\u001f]/g,
    (c) => SHORT[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}"`;

function byCodePoint(a, b) {
  const [left, right] = [[...a], [...b]];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = left[i].codePointAt(0) - right[i].codePointAt(0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function canonicalText(value) {
  if (value instanceof Map) {
    const keys = [...value.keys()].sort(byCodePoint);
    return `{${keys.map((key) => `${quote(key)}:${canonicalText(value.get(key))}`).join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  return typeof value === 'string' ? quote(value) : String(value);
}

/** The canonical bytes of a parsed value. */
export const canonical = (value) => utf8(canonicalText(value));
