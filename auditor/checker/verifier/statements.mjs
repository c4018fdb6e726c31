// The two statements and what they have to agree on (section 8, steps 3 to 5).

import { LIMITS, parseObject, same } from './json.mjs';
import { sha256 } from './platform.mjs';
import { Refusal, demand } from './refusal.mjs';
import * as shapes from './shapes.mjs';
import { readSmoothing, rowSize } from './smoothing.mjs';
import { toHex } from './text.mjs';

const GRADE = 'statement';
const TYPE = 'https://in-toto.io/Statement/v1';
const PREDICATES = {
  'urn:auditor:precommitment:v1': { subject: 'recipe.toml', shape: shapes.precommitment },
  'urn:auditor:poisoning-robustness:v1': { subject: 'members.sha256', shape: shapes.certificate },
  'urn:auditor:challenge:v1': { subject: 'precommitment', shape: shapes.challenge },
};
const check = (condition, message) => demand(condition, GRADE, message);

/** The subject's digest and the predicate of a payload; another version is undecided. */
export function readStatement(payload, predicateType) {
  const value = parseObject(payload, LIMITS.envelope);
  shapes.statement(value, 'statement', GRADE);
  const found = value.get('predicateType');
  if (value.get('_type') !== TYPE || !Object.hasOwn(PREDICATES, found)) {
    throw new Refusal('undecided', 'a statement or predicate of another version');
  }
  check(found === predicateType, `predicate type: expected ${predicateType}`);
  shapes.subject(value.get('subject'), 'subject', GRADE);
  const [subject] = value.get('subject');
  const expected = PREDICATES[predicateType];
  check(subject.get('name') === expected.subject, `subject: expected ${expected.subject}`);
  expected.shape(value.get('predicate'), 'predicate', GRADE);
  return { digest: subject.get('digest').get('sha256'), predicate: value.get('predicate') };
}

/** Steps 3 to 5 for two signed payloads: both predicates, and what the recipe's smoothing is. */
export async function readStatements(envelopes, keyids) {
  const before = readStatement(envelopes.precommitment.payload, 'urn:auditor:precommitment:v1');
  const after = readStatement(envelopes.certificate.payload, 'urn:auditor:poisoning-robustness:v1');
  const [precommitment, certificate] = [before.predicate, after.predicate];
  const own = precommitment.get('audit').get('recipeFile').get('sha256');
  check(before.digest === own, 'subject is not the recipe file');

  const cited = certificate.get('precommitment').get('sha256');
  check(cited === toHex(await sha256(envelopes.precommitment.payload)), 'another precommitment is cited');
  const audit = certificate.get('audit');
  check(same(precommitment.get('audit'), audit), 'the two audits differ');
  check(keyids.includes(precommitment.get('keyid')), 'keyid names no key that signed');

  const smoothing = readSmoothing(audit);
  checkSizes(certificate, audit, smoothing);
  checkNames(audit);
  return { precommitment, certificate, smoothing, membersDigest: after.digest, precommitmentDigest: cited };
}

const FACTORY = /^python:((?:[A-Za-z_][A-Za-z0-9_]*\.)*[A-Za-z_][A-Za-z0-9_]*):[A-Za-z_][A-Za-z0-9_]*$/;

/** Classes and source of the data are the recipe's, and code of the author's own is listed as trusted. */
function checkNames(audit) {
  const [recipe, dataset] = [audit.get('recipe'), audit.get('dataset')];
  check(same(recipe.get('classes'), dataset.get('classes')), 'recipe: other classes');
  shapes.open({ source: shapes.text(1024) })(recipe.get('data'), 'recipe.data', GRADE);
  check(recipe.get('data').get('source') === dataset.get('source'), 'recipe: another source');
  const learner = recipe.get('learner');
  shapes.open({ name: shapes.text(256) })(learner, 'recipe.learner', GRADE);
  const own = learner.get('name') === 'python';
  if (own) {
    shapes.open({ factory: shapes.text(1024) })(learner, 'recipe.learner', GRADE);
    shapes.open({ factory: shapes.matching(FACTORY) })(learner, 'recipe.learner', GRADE);
  }
  const expected = own ? [`python:${FACTORY.exec(learner.get('factory'))[1]}`] : [];
  const listed = recipe.get('trusted').map((item) => item.get('name'));
  check(same(listed.filter((name) => name.startsWith('python:')), expected), 'trusted: other code');
  const front = ownFrontEnd(recipe);
  const graphs = recipe.get('trusted').filter((item) => item.get('name').startsWith('onnx:'));
  const pairs = graphs.map((item) => [item.get('name'), item.get('sha256')]);
  check(same(pairs, front ? [[`onnx:${front.path}`, front.sha256]] : []), 'trusted: other front ends');
}

/** Path and digest of the recipe's own front end, null if it has none. */
export function ownFrontEnd(recipe) {
  const learner = recipe.get('learner');
  if (!learner.has('frontEnd')) return null;
  const front = learner.get('frontEnd');
  shapes.open({ name: shapes.text(256) })(front, 'recipe.learner.frontEnd', GRADE);
  if (front.get('name') !== 'onnx') return null;
  shapes.open({ path: shapes.text(1000), sha256: shapes.sha256Text })(front, 'recipe.learner.frontEnd', GRADE);
  return { path: front.get('path'), sha256: front.get('sha256') };
}

function checkSizes(certificate, audit, smoothing) {
  const evidence = certificate.get('evidence');
  const size = audit.get('inputs').get('size');
  const members = certificate.get('members').get('count');
  check(members === audit.get('members'), 'another number of members');
  check(evidence.get('rowSize') === rowSize(audit, smoothing), 'rows of another size');
  check(evidence.get('size') === size, 'evidence: another size');
  check(certificate.get('batch').get('size') === size, 'batch: another size');
  check(certificate.get('summary').get('inputs') === size, 'summary: another size');
}
