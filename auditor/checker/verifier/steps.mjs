// The numbered steps of section 8, for a single-input file and for a release.

import { judge, readChallenge } from './challenge.mjs';
import { parseEnvelope, readEnvelope, signers } from './dsse.mjs';
import { LIMITS, canonical, parseObject, same } from './json.mjs';
import { included, leafHash, root } from './merkle.mjs';
import { sha256 } from './platform.mjs';
import { checkArtefacts } from './release.mjs';
import { Refusal, demand } from './refusal.mjs';
import { rule, within } from './rules.mjs';
import * as shapes from './shapes.mjs';
import { readStatements } from './statements.mjs';
import { fromBase64, fromHex, toHex } from './text.mjs';
import { thresholdsOf } from './thresholds.mjs';

const MEDIA_TYPE = 'application/vnd.auditor.input+json';
const VERSION = ';version=1';
const NEEDED = [
  'precommit.dsse.json', 'certificate.dsse.json', 'claims.jsonl', 'evidence.bin', 'members.sha256',
  'recipe.toml',
];
const LINE_FEED = 10;

/** Steps 2 to 5: who signed, and what. */
async function stated(envelopes, keys) {
  if (keys.length === 0) throw new Refusal('undecided', 'no key is pinned');
  const before = await signers(envelopes.precommitment, keys);
  const both = await signers(envelopes.certificate, before);
  demand(both.length > 0, 'signature', 'no pinned key signed both envelopes');
  const keyids = both.map(({ keyid }) => keyid);
  return { ...(await readStatements(envelopes, keyids)), keyids };
}

/** Steps 2 to 6: what both kinds of file have in common. */
async function establish(envelopes, keys, challengers) {
  const known = await stated(envelopes, keys);
  const { certificate, smoothing } = known;
  const audit = certificate.get('audit');
  const thresholds = thresholdsOf(audit, smoothing);
  demand(same(certificate.get('thresholds'), thresholds.table), 'claim', 'other thresholds');
  return { ...known, audit, challengers, follows: rule(audit, smoothing, thresholds) };
}

/** The claim in these bytes. */
function readLeaf(bytes) {
  const leaf = parseObject(bytes, LIMITS.leaf);
  shapes.leaf(leaf, 'leaf', 'statement');
  return leaf;
}

function checkTrueLabel(leaf, classes) {
  const label = leaf.get('trueLabel');
  demand(label === null || label < classes, 'statement', 'a true label that is no class');
}

/** Steps 9 and 10 for one row. */
async function checkClaim(leaf, row, follows) {
  const evidence = new Map(leaf.get('evidence'));
  demand(evidence.get('row') === toHex(await sha256(row)), 'claim', 'another row');
  evidence.delete('row');
  const { label, statistics, frontier } = follows(row);
  demand(leaf.get('label') === label, 'claim', 'another label');
  demand(same(evidence, statistics), 'claim', 'other statistics');
  demand(same(leaf.get('frontier'), frontier), 'claim', 'another frontier');
}

/** What is known of a certificate that was verified: its digest, its statement, who signed both envelopes. */
async function found({ certificate, keyids, smoothing: { budgets } }, envelopes, challenge) {
  const digest = toHex(await sha256(envelopes.certificate.payload));
  return { digest, certificate, keyids, budgets, challenge };
}

/** Verify a single-input file; the verdict, or a refusal. */
export async function verifyInput(bytes, keys, challengers = []) {
  const container = parseObject(bytes, LIMITS.container);
  const mediaType = container.get('mediaType');
  const family = typeof mediaType === 'string' && mediaType.startsWith(MEDIA_TYPE);
  demand(family && mediaType.length <= 256, 'envelope', 'not a single-input file');
  if (mediaType !== MEDIA_TYPE + VERSION) throw new Refusal('undecided', 'another version of the container');
  shapes.container(container, 'container', 'envelope');
  const envelopes = {
    certificate: readEnvelope(container.get('certificate')),
    precommitment: readEnvelope(container.get('precommitment')),
  };
  const [leafBytes, row] = ['leaf', 'row'].map((key) => fromBase64(container.get(key), 'envelope'));
  const inclusion = container.get('inclusion');
  const proof = inclusion.get('hashes').map((hash) => fromBase64(hash, 'envelope'));
  const answer = container.get('challenge');
  const signedChallenge = answer === null ? null : readEnvelope(answer);
  if (container.get('time') !== null) fromBase64(container.get('time'), 'envelope');

  const known = await establish(envelopes, keys, challengers);
  const { certificate, smoothing, follows } = known;
  const batch = certificate.get('batch');
  demand(inclusion.get('size') === batch.get('size'), 'inclusion', 'a tree of another size');
  const [index, size] = [inclusion.get('index'), batch.get('size')];
  const rootHash = fromHex(batch.get('rootHash'));
  demand(proof.every((hash) => hash.length === 32), 'inclusion', 'a proof of other hashes');
  const hash = await leafHash(leafBytes);
  demand(await included(hash, index, size, proof, rootHash), 'inclusion', 'not in the tree');
  const leaf = readLeaf(leafBytes);
  demand(leaf.get('index') === index, 'inclusion', 'a leaf of another index');

  checkTrueLabel(leaf, smoothing.classes);
  demand(row.length === certificate.get('evidence').get('rowSize'), 'claim', 'a row of another size');
  await checkClaim(leaf, row, follows);
  const came = await readChallenge(signedChallenge, container.get('drand'), certificate);
  const challenge = await judge(came, known);
  return { ...(await found(known, envelopes, challenge)), claim: leaf };
}

/** How long files of a release may be, by name, and the digest of its list, once a pinned key signed it. */
export async function signedSizes(files, keys) {
  const envelopes = {
    certificate: parseEnvelope(files.get('certificate.dsse.json')),
    precommitment: parseEnvelope(files.get('precommit.dsse.json')),
  };
  const { certificate, membersDigest } = await stated(envelopes, keys);
  const evidence = certificate.get('evidence');
  const sizes = {
    'claims.jsonl': certificate.get('batch').get('size') * (LIMITS.leaf + 1),
    'evidence.bin': evidence.get('rowSize') * evidence.get('size'),
  };
  return { sizes, membersDigest };
}

/**
 * Verify a release: `files` are the bytes of its small files by name, `digests` the SHA-256 of the
 * files that vote. The verdict, or a refusal.
 */
export async function verifyRelease(files, digests, keys, challengers = []) {
  const missing = NEEDED.filter((name) => !files.has(name));
  if (missing.length > 0) throw new Refusal('undecided', `no ${missing}`);
  const envelopes = {
    certificate: parseEnvelope(files.get('certificate.dsse.json')),
    precommitment: parseEnvelope(files.get('precommit.dsse.json')),
  };
  const known = await establish(envelopes, keys, challengers);
  const { certificate, audit, smoothing, follows } = known;
  const size = certificate.get('batch').get('size');

  const lines = split(files.get('claims.jsonl'), size);
  demand(lines.length === size, 'inclusion', `${lines.length} claims of ${size}`);
  const top = toHex(await root(await Promise.all(lines.map(leafHash))));
  demand(top === certificate.get('batch').get('rootHash'), 'inclusion', 'claims of another tree');
  const leaves = lines.map(readLeaf);
  leaves.forEach((leaf, i) => demand(leaf.get('index') === i, 'statement', `claim ${i} has another index`));

  await checkInputs(leaves, audit, smoothing);
  await checkEvidence(leaves, files.get('evidence.bin'), certificate.get('evidence'), follows);
  checkSummary(leaves, certificate, smoothing);
  await checkArtefacts(files, digests, known, envelopes, keys);

  const answer = files.get('challenge.dsse.json');
  const round = files.get('challenge.drand.json');
  const came = await readChallenge(
    answer === undefined ? null : parseEnvelope(answer),
    round === undefined ? null : parseRound(round),
    certificate,
  );
  const challenge = await judge(came, known);
  return { ...(await found(known, envelopes, challenge)), claims: leaves };
}

function parseRound(bytes) {
  const round = parseObject(bytes, LIMITS.round);
  shapes.drand(round, 'challenge.drand.json', 'envelope');
  return round;
}

/** The lines, at most so many, of a file in which each ends in a line feed, without it. */
function split(bytes, most) {
  demand(bytes.at(-1) === LINE_FEED, 'inclusion', 'a last line without line feed');
  const lines = [];
  for (let from = 0; from < bytes.length; ) {
    demand(lines.length < most, 'inclusion', `more than ${most} claims`);
    const end = bytes.indexOf(LINE_FEED, from);
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

/** Step 8. */
async function checkInputs(leaves, audit, { classes }) {
  const names = new Set();
  const hashes = leaves.map((leaf) => {
    const [index, input, trueLabel] = ['index', 'input', 'trueLabel'].map((key) => leaf.get(key));
    names.add(new TextDecoder().decode(canonical(input)));
    return leafHash(canonical(new Map([['index', index], ['input', input], ['trueLabel', trueLabel]])));
  });
  demand(toHex(await root(await Promise.all(hashes))) === audit.get('inputs').get('rootHash'), 'statement', 'other inputs');
  demand(names.size === leaves.length, 'statement', 'an input twice');
  for (const leaf of leaves) checkTrueLabel(leaf, classes);
}

/** Steps 9 and 10. */
async function checkEvidence(leaves, bytes, signed, follows) {
  const width = signed.get('rowSize');
  demand(bytes.length === width * signed.get('size'), 'claim', 'evidence of another size');
  demand(toHex(await sha256(bytes)) === signed.get('sha256'), 'claim', 'other evidence');
  for (const [i, leaf] of leaves.entries()) {
    await checkClaim(leaf, bytes.subarray(i * width, (i + 1) * width), follows);
  }
}

/** Step 11. */
function checkSummary(leaves, certificate, { budgets }) {
  const right = leaves.filter((leaf) => leaf.get('label') !== null && leaf.get('label') === leaf.get('trueLabel'));
  const holding = (budget) =>
    right.filter((leaf) => leaf.get('frontier').some((larger) => within(budget, larger))).length;
  const expected = new Map([
    ['inputs', leaves.length],
    ['correct', right.length],
    ['abstained', leaves.filter((leaf) => leaf.get('label') === null).length],
    ['certified', budgets.map((budget) => new Map([['budget', budget], ['count', holding(budget)]]))],
  ]);
  demand(same(certificate.get('summary'), expected), 'claim', 'another summary');
}
