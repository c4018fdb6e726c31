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
export function readStatements(envelopes, keyids) {
  const before = readStatement(envelopes.precommitment.payload, 'urn:auditor:precommitment:v1');
  const after = readStatement(envelopes.certificate.payload, 'urn:auditor:poisoning-robustness:v1');
  const [precommitment, certificate] = [before.predicate, after.predicate];
  const own = precommitment.get('audit').get('recipeFile').get('sha256');
  check(before.digest === own, 'subject is not the recipe file');

  const cited = certificate.get('precommitment').get('sha256');
  check(cited === toHex(sha256(envelopes.precommitment.payload)), 'another precommitment is cited');
  const audit = certificate.get('audit');
  check(same(precommitment.get('audit'), audit), 'the two audits differ');
  check(keyids.includes(precommitment.get('keyid')), 'keyid names no key that signed');

  const smoothing = readSmoothing(audit);
  checkSizes(certificate, audit, smoothing);
  return { precommitment, certificate, smoothing, membersDigest: after.digest, precommitmentDigest: cited };
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
