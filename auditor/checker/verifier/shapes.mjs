// The shapes of the JSON Schemas, as functions that refuse what does not fit.

import { demand } from './refusal.mjs';

export const MAX = Number.MAX_SAFE_INTEGER;
export const AMOUNT = 2 ** 40;
export const AXES = [
  'trainExamples', 'partialExamples', 'featuresPerExample', 'labelsPerExample',
  'trainFeatures', 'trainLabels', 'trainSquares', 'trainSteps',
  'inputFeatures', 'inputPatch', 'inputSquares', 'inputSteps', 'columns', 'total',
];

const codePoints = (text) => [...text].length;

/** A reader is a function (value, where, grade); it refuses or does nothing. */
export const text = (limit = 65536) => (value, where, grade) =>
  demand(
    typeof value === 'string' && (value.length <= limit || codePoints(value) <= limit),
    grade,
    `${where}: expected text of at most ${limit} characters`,
  );

export const matching = (pattern) => (value, where, grade) =>
  demand(typeof value === 'string' && pattern.test(value), grade, `${where}: expected ${pattern}`);

export const sha256Text = matching(/^[0-9a-f]{64}$/);
export const hex16 = matching(/^[0-9a-f]{32}$/);

/** A moment that exists: a day of the Gregorian calendar from year 1 and a second of that day. */
export const time = (value, where, grade) => {
  const parts = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/.exec(value);
  const [year, month, day] = (parts ?? []).slice(1, 4).map(Number);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  const real = typeof value === 'string' && year > 0 && day > 0 && day <= days;
  demand(real, grade, `${where}: expected a time`);
};

export const integer = (low, high) => (value, where, grade) =>
  demand(
    Number.isSafeInteger(value) && value >= low && value <= high,
    grade,
    `${where}: expected an integer from ${low} to ${high}`,
  );

export const oneOf = (...values) => (value, where, grade) =>
  demand(values.includes(value), grade, `${where}: expected one of ${values.join(', ')}`);

export const nullOr = (reader) => (value, where, grade) => {
  if (value !== null) reader(value, where, grade);
};

export const list = (reader, low = 0, high = Infinity) => (value, where, grade) => {
  demand(Array.isArray(value), grade, `${where}: expected a list`);
  demand(value.length >= low && value.length <= high, grade, `${where}: ${value.length} items`);
  value.forEach((item, i) => reader(item, `${where}[${i}]`, grade));
};

/** An object with all of these fields; others are refused, or not looked at if it is open. */
const fields = (readers, open, optional = {}) => (value, where, grade) => {
  demand(value instanceof Map, grade, `${where}: expected an object`);
  for (const [key, reader] of Object.entries(readers)) {
    demand(value.has(key), grade, `${where}: no ${key}`);
    reader(value.get(key), `${where}.${key}`, grade);
  }
  for (const [key, reader] of Object.entries(optional)) {
    if (value.has(key)) reader(value.get(key), `${where}.${key}`, grade);
  }
  for (const key of open ? [] : value.keys()) {
    const known = Object.hasOwn(readers, key) || Object.hasOwn(optional, key);
    demand(known, grade, `${where}: unknown field ${key}`);
  }
};
export const closed = (readers, optional) => fields(readers, false, optional);
export const open = (readers) => fields(readers, true);

/** An object with any names, or with some of the names given. */
export const table = (reader, limit = Infinity, names = null) => (value, where, grade) => {
  demand(value instanceof Map && value.size <= limit, grade, `${where}: expected a small object`);
  for (const [key, item] of value) {
    demand(names === null || names.includes(key), grade, `${where}: unknown field ${key}`);
    reader(item, `${where}.${key}`, grade);
  }
};

export const anything = () => {};
export const budget = table(integer(1, AMOUNT), AXES.length, AXES);
export const label = nullOr(integer(0, 254));
const digest = closed({ sha256: sha256Text });

const claim = open({
  alpha: matching(/^(?:0|[1-9][0-9]{0,30}\/[1-9][0-9]{0,30})$/),
  scope: oneOf('simultaneous', 'per-input'),
  budgets: list(table(integer(0, MAX)), 0, 4096),
});

const recipe = open({
  version: oneOf(1),
  name: text(1024),
  selection: oneOf('none', 'trusted-data', 'pilot'),
  claim,
  trusted: list(closed({ name: text(1024), sha256: sha256Text }), 0, 64),
  smoothing: open({ training: anything, test: anything }),
});

const classes = list(text(), 2, 255);

export const audit = closed({
  recipe,
  recipeFile: digest,
  dataset: closed({
    source: text(1024),
    size: integer(0, MAX),
    rootHash: sha256Text,
    classes: (value, where, grade) => {
      classes(value, where, grade);
      demand(new Set(value).size === value.length, grade, `${where}: a class twice`);
    },
    shape: (value, where, grade) => {
      list(integer(1, 2 ** 24), 1, 8)(value, where, grade);
      const features = value.reduce((product, extent) => product * extent, 1);
      demand(features <= 2 ** 24, grade, `${where}: more than 2^24 features`);
    },
    dropped: integer(0, MAX),
  }, { groups: integer(1, MAX) }),
  inputs: closed({ size: integer(1, 1000000), rootHash: sha256Text }),
  members: integer(1, 1000000),
  draws: integer(0, 10000000),
  threat: closed({
    unit: oneOf('example', 'group'),
    moves: table(integer(1, MAX), 4, ['insert', 'delete', 'modify', 'relabel']),
  }),
  code: closed({ version: text(256), sha256: sha256Text }),
  environment: table(text(), 256),
});

const wait = (value, where, grade) => {
  demand(value instanceof Map, grade, `${where}: expected an object`);
  oneOf('signed', 'drand')(value.get('kind'), `${where}.kind`, grade);
  const signed = closed({ kind: anything, keyid: nullOr(sha256Text) });
  const drand = closed({ kind: anything, chainHash: sha256Text, round: integer(1, MAX) });
  (value.get('kind') === 'signed' ? signed : drand)(value, where, grade);
};

export const precommitment = closed({
  audit,
  createdAt: time,
  serial: hex16,
  keyid: sha256Text,
  challenge: nullOr(wait),
});

export const certificate = closed({
  audit,
  precommitment: digest,
  challenge: nullOr(digest),
  determinism: oneOf('bitwise', 'assumed'),
  members: closed({
    count: integer(1, 1000000), shardSize: integer(1, 1000000), graph: digest,
  }),
  evidence: closed({ sha256: sha256Text, rowSize: integer(1, 1 << 24), size: integer(1, 1000000) }),
  thresholds: list(
    closed({
      budget,
      pStar: matching(/^(?:0|[1-9][0-9]*)\/[1-9][0-9]*$/),
      kStar: nullOr(integer(0, MAX)),
    }),
    0,
    4096,
  ),
  batch: closed({
    tree: oneOf('RFC9162_SHA256'), size: integer(1, 1000000), rootHash: sha256Text,
  }),
  summary: closed({
    inputs: integer(0, MAX),
    correct: integer(0, MAX),
    abstained: integer(0, MAX),
    certified: list(closed({ budget, count: integer(0, MAX) }), 0, 4096),
  }),
});

export const challenge = closed({
  value: sha256Text,
  createdAt: time,
  keyid: sha256Text,
  count: nullOr(closed({ ofKey: integer(1, MAX), ofData: integer(1, MAX) })),
});

export const drand = closed({
  chainHash: sha256Text,
  round: integer(1, MAX),
  signature: matching(/^(?:[0-9a-f]{2}){1,256}$/),
});

/** A claim. Of `evidence` only the row's digest has a shape; the rest is compared with what the row gives. */
export const leaf = closed({
  index: integer(0, 1000000),
  input: closed({ salt: hex16, source: sha256Text, tensor: sha256Text }),
  trueLabel: label,
  label,
  evidence: open({ row: sha256Text }),
  frontier: list(budget, 0, 4096),
});

export const container = closed({
  mediaType: text(256),
  certificate: anything,
  precommitment: anything,
  leaf: text(2 ** 20),
  row: text(2 ** 26),
  inclusion: closed({
    index: integer(0, 1000000), size: integer(1, 1000000), hashes: list(text(), 0, 64),
  }),
  challenge: anything,
  drand: nullOr(drand),
  time: nullOr(text(2 ** 17)),
});

/** An in-toto statement; what is unknown in it is not looked at, the predicate has its own shape. */
export const statement = open({ _type: text(256), predicateType: text(256) });
export const subject = list(open({ name: text(256), digest: open({ sha256: sha256Text }) }), 1, 1);
