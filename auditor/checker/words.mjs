// What a certificate says, in plain words. The tests hold these to the words of `audit show`.

import { checked, notChecked } from './scope.mjs';
import { fraction, multiply, parseNumber } from './verifier/rational.mjs';
import { squareRoot } from './verifier/normal.mjs';
import { within } from './verifier/rules.mjs';

const SELECTION = {
  none: 'The recipe states that no hyper-parameter was chosen by looking at data.',
  'trusted-data':
    'The recipe states that hyper-parameters were chosen on other data: the guarantee assumes that nobody ' +
    'tampered with those.',
  pilot:
    'Hyper-parameters were chosen by looking at this very data set: an attacker could have influenced that choice, ' +
    'and the guarantee does not cover it.',
};
const MOVES = {
  modify: 'rewriting one', relabel: 'relabelling one', insert: 'inserting one', delete: 'deleting one',
};
const ORDER = [
  'trainExamples', 'partialExamples', 'featuresPerExample', 'labelsPerExample', 'trainFeatures', 'trainLabels',
  'trainSquares', 'trainSteps', 'inputFeatures', 'inputPatch', 'inputSquares', 'inputSteps', 'columns', 'total',
];

const number = (value) => value.toLocaleString('en-US');
const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** Text of strangers: what has no shape of its own, or turns the reading direction, is spelt out. */
export const plain = (text) =>
  text.replace(/(?! )[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/gu, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`);

/** A share of inputs with one decimal, rounded down. */
export function share(part, whole) {
  if (whole === 0) return '-';
  const tenths = Math.floor((part * 1000) / whole);
  return `${Math.floor(tenths / 10)}.${tenths % 10} %`;
}

/** What is spared by the moves of a threat: "features", "labels" or null. */
function spared(moves) {
  const listed = [...moves.keys()];
  if (listed.length !== 1) return null;
  return { relabel: 'features', modify: 'labels' }[listed[0]] ?? null;
}

function inputFeature(audit) {
  if (audit.get('dataset').get('shape').length < 3) return 'feature';
  return audit.get('recipe').get('alphabet').get('unit') === 'pixel' ? 'pixel' : 'channel value';
}

/** Steps of a grid in the units of its values, rounded down to four decimals. */
function distance(axis, amount, audit) {
  const step = parseNumber(audit.get('recipe').get('alphabet').get('step'));
  const scaled = multiply(step, fraction(10000n));
  const squares = axis.endsWith('Squares');
  const all = multiply(squares ? multiply(scaled, scaled) : scaled, fraction(BigInt(amount)));
  const floor = all.n / all.d;
  const digits = (squares ? squareRoot(floor) : floor).toString().padStart(5, '0');
  const text = `${digits.slice(0, -4)}.${digits.slice(-4)}`.replace(/\.?0+$/, '');
  const moved = axis.startsWith('train') ? 'training features in all' : 'the input';
  return `${squares ? 'l2' : 'l1'} distance ${text} of ${moved}`;
}

function units(audit, amount) {
  const [threat, dataset] = [audit.get('threat'), audit.get('dataset')];
  const details = [];
  if (threat.get('unit') === 'group') {
    if (dataset.has('groups')) details.push(`of ${number(dataset.get('groups'))}`);
    const column = audit.get('recipe').get('data').get('group');
    if (column) details.push(`by '${column}'`);
  }
  const rest = spared(threat.get('moves'));
  if (rest !== null) details.push({ features: 'labels only', labels: 'features only' }[rest]);
  const words = count(amount, `training ${threat.get('unit')}`);
  return details.length > 0 ? `${words} (${details.join(', ')})` : words;
}

function axisWords(audit, axis, amount) {
  const feature = inputFeature(audit);
  switch (axis) {
    case 'trainExamples': return units(audit, amount);
    case 'partialExamples': return count(amount, 'training example in part', 'training examples in part');
    case 'featuresPerExample': return count(amount, 'feature of each', 'features of each');
    case 'labelsPerExample': return 'the label of each';
    case 'trainFeatures': return count(amount, 'training feature');
    case 'trainLabels': return count(amount, 'training label');
    case 'inputFeatures': return count(amount, `input ${feature}`);
    case 'inputPatch': return `any ${amount} x ${amount} patch of the input`;
    case 'columns': return `${count(amount, feature)} of every training example and of the input`;
    case 'total': {
      const many = `training features, labels or input ${feature}s in all`;
      return count(amount, `training feature, label or input ${feature}`, many);
    }
    default: return distance(axis, amount, audit);
  }
}

/** A budget; the empty one is no attack at all. */
export function budgetWords(audit, budget) {
  const axes = ORDER.filter((axis) => budget.has(axis));
  if (axes.length === 0) return 'no change';
  return axes.map((axis) => axisWords(audit, axis, budget.get(axis))).join(' and ');
}

const className = (audit, label) => `'${audit.get('dataset').get('classes')[label]}'`;

/** The answer to one input, and whether it is the true one. */
function answer(audit, claim) {
  const [label, truth] = [claim.get('label'), claim.get('trueLabel')];
  if (label === null) {
    return truth === null ? 'It abstains.' : `The vote abstains (the true class is ${className(audit, truth)}).`;
  }
  const said = `The answer is ${className(audit, label)}`;
  if (truth === null) return `${said}; the true class is not known.`;
  return label === truth ? `${said}, which is right.` : `${said}, wrongly: it is ${className(audit, truth)}.`;
}

function promise(claim) {
  const frontier = claim.get('frontier');
  if (claim.get('label') === null || frontier.length === 0) {
    return 'No change is certified: this method does not exclude that any could alter it.';
  }
  if (frontier.every((budget) => budget.size === 0)) {
    return 'It is certified as the data are; not that it survives any change of them.';
  }
  return 'No attack within any one of these budgets changes that answer:';
}

/** How sure the claims are, and jointly or one by one. */
function certainty(audit) {
  const claim = audit.get('recipe').get('claim');
  const alpha = claim.get('alpha');
  if (alpha === '0') return 'This is certain, given the assumptions: no sampling is involved (alpha = 0).';
  if (claim.get('scope') === 'simultaneous') {
    return `All claims hold together, except with probability at most ${alpha} over the auditor's draws.`;
  }
  return (
    `Each claim on its own holds except with probability at most ${alpha} over the auditor's draws; several read ` +
    'together may fail more often.'
  );
}

/** What is certified: the ensemble, not a model trained beside it. */
function object(audit) {
  const side = audit.get('recipe').get('smoothing').get('training');
  if (side.get('method') === 'neighbours') {
    return `The certified classifier is the vote of the ${side.get('count')} nearest training examples.`;
  }
  return `The certified classifier is the ensemble of ${count(audit.get('members'), 'member')} in this release, voting.`;
}

/** What changing a training unit means, and what each way of doing it costs. */
function moves(audit) {
  const threat = audit.get('threat');
  const listed = threat.get('moves');
  if (listed.size === 0) return "Training data are not attacked in this audit's threat.";
  const unit = threat.get('unit');
  const rest = spared(listed);
  const words = rest === null ? MOVES : { ...MOVES, modify: 'rewriting the features of one' };
  const priced = [...listed].map(([move, cost]) => `${words[move]} costs ${cost}`).join(', ');
  const whole = unit === 'group' ? ' (every row that shares one group key)' : '';
  const any = ' A rewritten group has any rows, any number of them, also none.';
  const kept = ` The ${rest} of the training examples are trusted: nobody changes them.`;
  const more = (unit === 'group' && rest === null ? any : '') + (rest === null ? '' : kept);
  return `Of a budget of training ${unit}s${whole}, ${priced}.${more}`;
}

/** What the guarantee takes on trust; trusted artefacts come first. */
function assumptions(audit) {
  const recipe = audit.get('recipe');
  const artefacts = recipe.get('trusted').map(
    (item) => `Nobody tampered with ${item.get('name')} (sha256 ${item.get('sha256')}).`,
  );
  const rest = spared(audit.get('threat').get('moves'));
  const kept = rest === null ? [] : [`Nobody changed the ${rest} of the training examples.`];
  const listed = artefacts.length > 0 ? artefacts : ['The recipe lists no trusted artefact.'];
  return [...listed, ...kept, SELECTION[recipe.get('selection')]];
}

function origin({ kind, reason }) {
  if (kind === 'not-needed') return 'not needed: deterministic';
  return kind === 'self-derived' ? `self-derived: grinding not excluded (${reason})` : `${kind}: ${reason}`;
}

/** One claim: its answer and promise, its maximal budgets, and which of the declared ones it survives. */
export function explainClaim({ certificate, budgets }, claim) {
  const audit = certificate.get('audit');
  const frontier = claim.get('frontier');
  const thresholds = certificate.get('thresholds');
  const votes = claim.get('evidence').get('votes');
  return {
    index: claim.get('index'),
    answer: answer(audit, claim),
    promise: promise(claim),
    frontier: frontier.filter((budget) => budget.size > 0).map((budget) => budgetWords(audit, budget)),
    declared: budgets.map((budget, i) => ({
      words: budgetWords(audit, budget),
      certified: frontier.some((larger) => within(budget, larger)),
      needed: thresholds[i]?.get('kStar') ?? null,
    })),
    votes: Array.isArray(votes)
      ? votes.map((value, label) => ({ name: audit.get('dataset').get('classes')[label], votes: value }))
      : [],
    abstained: claim.get('evidence').get('abstained') ?? null,
  };
}

/** What was found of a certificate; `kind` is "input" or "release". */
export function explain(kind, found) {
  const { certificate, challenge } = found;
  const audit = certificate.get('audit');
  const summary = certificate.get('summary');
  return {
    kind,
    name: String(audit.get('recipe').get('name') ?? 'audit'),
    digest: found.digest,
    keyids: found.keyids,
    object: object(audit),
    certainty: certainty(audit),
    moves: moves(audit),
    assumptions: assumptions(audit),
    challenge: origin(challenge),
    checked: checked(kind),
    notChecked: notChecked(kind, found),
    inputs: summary.get('inputs'),
    correct: summary.get('correct'),
    abstained: summary.get('abstained'),
    certified: summary.get('certified').map((line) => ({
      words: budgetWords(audit, line.get('budget')),
      count: line.get('count'),
      share: share(line.get('count'), summary.get('inputs')),
    })),
  };
}
