// The two statements and what they have to agree on (section 8, steps 3 to 5).

import { parseObject, same } from './json.mjs';
import { less, fraction, parse } from './rational.mjs';
import { Refusal, demand } from './refusal.mjs';
import { sha256 } from './platform.mjs';
import * as shapes from './shapes.mjs';
import { readSmoothing } from './smoothing.mjs';
import { toHex } from './text.mjs';

const GRADE = 'statement';
const TYPE = 'https://in-toto.io/Statement/v1';
const BUDGETS = 512;
const check = (condition, message) => demand(condition, GRADE, message);

/** The subject's digest and the predicate of a payload; another version is undecided. */
export function readStatement(payload, subjectName, predicateType, shape) {
  const value = parseObject(payload, payload.length);
  shapes.statement(value, 'statement', GRADE);
  if (value.get('_type') !== TYPE) throw new Refusal('undecided', `not a statement of type ${TYPE}`);
  const [subject] = value.get('subject');
  check(subject.get('name') === subjectName, `subject: expected ${subjectName}`);
  if (value.get('predicateType') !== predicateType) {
    throw new Refusal('undecided', `predicate type: expected ${predicateType}`);
  }
  const predicate = value.get('predicate');
  shape(predicate, 'predicate', GRADE);
  return { digest: subject.get('digest').get('sha256'), predicate };
}

/** Steps 3 to 5 for two signed payloads; the certificate's and precommitment's predicates, and the smoothing. */
export function readStatements(envelopes, keyids) {
  const before = readStatement(
    envelopes.precommitment.payload, 'recipe.toml', 'urn:auditor:precommitment:v1', shapes.precommitment,
  );
  const after = readStatement(
    envelopes.certificate.payload,
    'members.sha256',
    'urn:auditor:poisoning-robustness:v1',
    shapes.certificate,
  );
  const [precommitment, certificate] = [before.predicate, after.predicate];
  const audit = certificate.get('audit');
  check(before.digest === audit.get('recipeFile').get('sha256'), 'subject is not the recipe file');

  const cited = certificate.get('precommitment').get('sha256');
  check(cited === toHex(sha256(envelopes.precommitment.payload)), 'another precommitment is cited');
  check(same(precommitment.get('audit'), audit), 'the two audits differ');
  check(keyids.includes(precommitment.get('keyid')), 'keyid names no key that signed');

  const smoothing = readSmoothing(audit);
  checkRecipe(audit, smoothing);
  checkSizes(certificate, smoothing);
  return { precommitment, certificate, smoothing, membersDigest: after.digest, precommitmentDigest: cited };
}

function checkRecipe(audit, { training, vote, axes }) {
  const claim = audit.get('recipe').get('claim');
  const budgets = claim.get('budgets');
  check(budgets.length <= BUDGETS, `more than ${BUDGETS} budgets`);
  for (const budget of budgets) {
    shapes.budget(budget, 'budgets', GRADE);
    for (const axis of budget.keys()) check(axes.includes(axis), `${axis} is not covered`);
    check(!budget.has('total') || budget.size === 1, 'total does not stand alone');
  }
  const alpha = parse(claim.get('alpha'));
  check((alpha.n === 0n) === (vote === 'fixed'), 'alpha is 0 exactly where nothing is random');
  check(!less(fraction(1n, 4n), alpha), 'alpha above 1/4');

  const bound = claim.has('bound') ? claim.get('bound') : 'top';
  shapes.oneOf(...(vote === 'drawn' ? ['top', 'runner-up'] : ['top']))(bound, 'bound', GRADE);
  if (bound === 'runner-up') {
    shapes.integer(1, audit.get('members') - 1)(claim.get('selectionDraws'), 'selectionDraws', GRADE);
  }

  const threat = audit.get('threat');
  check(threat.get('unit') === training.unit, `threat: expected the unit ${training.unit}`);
  check(same(threat.get('moves'), new Map(Object.entries(training.moves))), 'threat: other moves');
}

function checkSizes(certificate, { training, test, vote, classes }) {
  const audit = certificate.get('audit');
  const recipe = audit.get('recipe');
  const [members, draws] = [audit.get('members'), audit.get('draws')];
  check(recipe.get('members') === members && recipe.get('draws') === draws, 'recipe: other counts');
  check(same(recipe.get('classes'), audit.get('dataset').get('classes')), 'recipe: other classes');
  check((training.members ?? members) === members, `expected ${training.members} members`);
  check(certificate.get('members').get('count') === members, 'another number of members');
  check(vote === 'noisy' ? draws > 0 : draws === 0, 'draws are for noisy views, and needed there');
  const width = 2 * (classes + 1);
  const rowSize = { drawn: members, fixed: test.views * width, noisy: draws * width }[vote];
  const evidence = certificate.get('evidence');
  check(evidence.get('rowSize') === rowSize, `expected rows of ${rowSize} bytes`);
  const sizes = [
    audit.get('inputs').get('size'),
    evidence.get('size'),
    certificate.get('summary').get('inputs'),
  ];
  for (const size of sizes) check(size === certificate.get('batch').get('size'), 'sizes differ');
}

