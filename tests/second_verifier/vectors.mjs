// Runs vectors: `node vectors.mjs FILE...` prints one line of JSON for each and exits 1 if any grade
// is not the expected one. `node vectors.mjs -` reads vectors from standard input, one a line.

import { readFileSync } from 'node:fs';
import { argv, exit, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

import { publicKey } from '../../auditor/checker/verifier/dsse.mjs';
import { Refusal } from '../../auditor/checker/verifier/refusal.mjs';
import { verifyInput, verifyRelease } from '../../auditor/checker/verifier/steps.mjs';
import { fromBase64 } from '../../auditor/checker/verifier/text.mjs';

const SCHEMA = 'urn:auditor:vector:v1';
const COMMON = ['schema', 'comment', 'publicKeys', 'expect'];
const OPTIONAL = ['challengers', 'origin'];

function checkKeys(vector) {
  const own = 'file' in vector ? ['file'] : ['files', 'digests'];
  const unknown = Object.keys(vector).filter((key) => ![...COMMON, ...OPTIONAL, ...own].includes(key));
  const missing = [...COMMON, ...own].filter((key) => !(key in vector));
  if (vector.schema !== SCHEMA) throw new Error(`schema: expected ${SCHEMA}, got ${vector.schema}`);
  if (unknown.length + missing.length > 0) {
    throw new Error(`unknown keys: ${unknown}; missing keys: ${missing}`);
  }
}

async function verify(vector) {
  const keys = await Promise.all(vector.publicKeys.map(publicKey));
  const challengers = await Promise.all((vector.challengers ?? []).map(publicKey));
  if ('file' in vector) return verifyInput(fromBase64(vector.file, 'usage'), keys, challengers);
  const files = Object.entries(vector.files).map(([name, text]) => [name, fromBase64(text, 'usage')]);
  return verifyRelease(new Map(files), new Map(Object.entries(vector.digests)), keys, challengers);
}

/** The grade of a vector and, on success, what the draws came from. */
async function outcome(vector) {
  checkKeys(vector);
  try {
    const { challenge } = await verify(vector);
    return { grade: 'success', ...challenge };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { grade: error.grade, reason: error.message };
  }
}

/** Whether the outcome is the expected one; a beacon is not judged here. */
const asExpected = ({ expect, origin }, { grade, kind, notJudged }) =>
  grade === expect && (origin === undefined || origin === kind || (origin === 'drand' && notJudged === true));

async function report(name, vector) {
  const found = await outcome(vector);
  const passed = asExpected(vector, found);
  stdout.write(`${JSON.stringify({ name, passed, expect: vector.expect, ...found })}\n`);
  return passed;
}

let allPassed = true;
if (argv[2] === '-') {
  for await (const line of createInterface({ input: stdin })) await report(null, JSON.parse(line));
} else {
  for (const path of argv.slice(2)) {
    const passed = await report(path, JSON.parse(readFileSync(path, 'utf8')));
    allPassed &&= passed;
  }
}
exit(allPassed ? 0 : 1);
