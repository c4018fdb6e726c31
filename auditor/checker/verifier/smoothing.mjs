// The smoothing of a recipe as a whole: vote, axes, budgets, threat, sizes of rows (section 8, step 5),
// and the noise that a budget meets (section 7).

import { same } from './json.mjs';
import { Noise } from './least_mass.mjs';
import { ONE, ZERO, add, divide, fraction, less, lowest, multiply, parseFraction, power, subtract } from './rational.mjs';
import * as shapes from './shapes.mjs';
import { runOffRowSize } from './run_off.mjs';
import { gridReach, spreadReach } from './touched.mjs';
import { check, checkGrid, checkNeighbours, readLayout, readTest, readTraining, share, upTo } from './sides.mjs';

const GRADE = 'statement';
const BUDGETS = 512;
const DRAWS = 2 ** 20;
const EXAMPLES = 2 ** 40;
const SPLITS = 16384;
const SQUARES = 1024;
const FLIPPED = ['trainFeatures', 'trainLabels', 'inputFeatures'];

/** Everything that an audit, whose shape was checked, says about the rule and its budgets. */
export function readSmoothing(audit) {
  const [recipe, dataset] = [audit.get('recipe'), audit.get('dataset')];
  const sides = recipe.get('smoothing');
  const runOff = readVote(sides) === 'run-off';
  const layout = readLayout(recipe, dataset);
  const training = readTraining(sides.get('training'), layout);
  if (training.method === 'neighbours') checkNeighbours(recipe, training.each);
  const test = readTest(sides.get('test'), layout);
  const fixedViews = !test.noisy && test.method !== 'none';
  check(!training.drawn || !fixedViews, 'a drawn member that would vote twice on an input');
  check(training.method !== 'none' || test.method !== 'none', 'neither side is smoothed');

  const touched = ['grid', 'finite-aggregation'].includes(training.method);
  check(!touched || test.method === 'none', 'members that vote one by one, and a test side');
  if (training.method === 'grid') checkGrid(training, layout);

  const together = test.noisy ? 'noisy' : 'fixed';
  if (runOff) {
    const alone = training.method === 'partition' && test.method === 'none';
    check(alone && dataset.get('classes').length >= 3, 'a run-off of what has none');
  }
  const fixed = touched ? 'touched' : runOff ? 'run-off' : together;
  const vote = training.drawn ? 'drawn' : fixed;
  const axes = [...training.axes, ...test.axes];
  const flips = training.method === 'flip' && test.method === 'flip';
  if (flips && FLIPPED.every((axis) => axes.includes(axis))) axes.push('total');
  const classes = dataset.get('classes').length;
  const examples = dataset.get('size');
  const units = unitsOf(recipe, dataset, training);
  const smoothing = { training, test, vote, axes, layout, classes, examples, units };
  const claim = recipe.get('claim');
  const found = { ...smoothing, budgets: readBudgets(claim, smoothing), ...readBound(claim, audit, vote) };
  checkThreat(audit, training);
  checkCounts(audit, found);
  if (training.method === 'grid') found.reach = gridReach(training, layout, found.budgets, classes);
  else if (touched) found.reach = spreadReach(training, classes);
  return found;
}

/** Whether nothing is random about a vote. */
export const certain = (vote) => ['fixed', 'touched', 'run-off'].includes(vote);

/** How fixed members vote; the smoothing has its two sides, and may say it. */
function readVote(sides) {
  const both = { training: shapes.anything, test: shapes.anything };
  const said = sides instanceof Map && sides.has('vote');
  const vote = shapes.closed({ method: shapes.oneOf('plurality', 'run-off') });
  shapes.closed(said ? { ...both, vote } : both)(sides, 'smoothing', GRADE);
  return said ? sides.get('vote').get('method') : 'plurality';
}

/** The declared budgets, without amounts of zero. */
function readBudgets(claim, { axes, test, classes }) {
  const budgets = claim.get('budgets').map((declared) => {
    const budget = new Map([...declared].filter(([, amount]) => amount > 0));
    for (const [axis] of declared) check(shapes.AXES.includes(axis), `no axis ${axis}`);
    for (const [axis, amount] of budget) {
      check(axes.includes(axis), `${axis} is not covered`);
      check(amount <= shapes.AMOUNT, `${axis}: more than ${shapes.AMOUNT}`);
      check(amount <= (test.covers[axis] ?? Infinity), `${axis}: more than the views cover`);
    }
    check(!budget.has('total') || budget.size === 1, 'total does not stand alone');
    const caps = budget.has('featuresPerExample') || budget.has('labelsPerExample');
    check(caps === budget.has('partialExamples'), 'examples changed in part, by nothing or none');
    check((budget.get('labelsPerExample') ?? 0) <= 1, 'an example with two labels');
    return budget;
  });
  check(budgets.length >= 1 && budgets.length <= BUDGETS, `expected 1 to ${BUDGETS} budgets`);
  const twice = budgets.some((budget, i) => budgets.slice(0, i).some((other) => same(budget, other)));
  check(!twice, 'a budget twice');
  if (test.method === 'ablation') {
    const squares = new Set([0, ...budgets.map((budget) => budget.get('inputPatch') ?? 0)]);
    check(squares.size * classes <= SQUARES, 'too many sides of patches times classes');
  }
  return budgets;
}

/** Alpha, the bound, and how many votes only choose the label. */
function readBound(claim, audit, vote) {
  share(claim.get('alpha'), 'alpha');
  const alpha = parseFraction(claim.get('alpha'));
  check((alpha.n === 0n) === certain(vote), 'alpha is 0 exactly where nothing is random');
  check(!less(fraction(1n, 4n), alpha), 'alpha above 1/4');
  const bound = claim.has('bound') ? claim.get('bound') : 'top';
  shapes.oneOf(...(vote === 'drawn' ? ['top', 'runner-up'] : ['top']))(bound, 'bound', GRADE);
  const draws = claim.has('selectionDraws') ? claim.get('selectionDraws') : 0;
  if (vote === 'drawn') {
    const reader = bound === 'top' ? upTo(0, 0) : upTo(audit.get('members') - 1);
    reader(draws, 'selectionDraws', GRADE);
  }
  return { alpha, bound, selectionDraws: bound === 'runner-up' ? draws : 0 };
}

const unitOf = (recipe) => (recipe.has('unit') ? recipe.get('unit') : 'example');

/** How many units a bag draws from: examples, or the groups that the data set says it has. */
function unitsOf(recipe, dataset, training) {
  const [size, grouped] = [dataset.get('size'), unitOf(recipe) === 'group'];
  if (dataset.has('groups')) check(grouped && dataset.get('groups') <= size, 'groups of nothing');
  if (training.method !== 'bag' || !grouped) return size;
  check(dataset.has('groups'), 'bags of groups, and not how many there are');
  return dataset.get('groups');
}

function checkThreat(audit, training) {
  const recipe = audit.get('recipe');
  const threat = audit.get('threat');
  const unit = unitOf(recipe);
  check(training.units.includes(unit) && threat.get('unit') === unit, `expected ${training.units}`);
  check(same(threat.get('moves'), new Map(narrowed(recipe, training))), 'threat: other moves');
}

/** Whether the training side covers nothing but whole units and this axis. */
const within = (training, axis) => training.axes.every((own) => own === 'trainExamples' || own === axis);

/** The moves that are left where the recipe says what alone is attacked, and what may be built then. */
function narrowed(recipe, training) {
  const attacked = recipe.has('threat') ? recipe.get('threat') : null;
  let moves = Object.entries(training.moves);
  if (recipe.has('threat')) {
    shapes.oneOf('labels', 'features')(attacked, 'threat', GRADE);
    const [move, axis] = attacked === 'labels' ? ['relabel', 'trainLabels'] : ['modify', 'trainFeatures'];
    moves = moves.filter(([name]) => name === move);
    check(moves.length > 0, 'nothing is left of the threat');
    check(within(training, axis), 'noise on more than what is attacked');
  }
  check(training.by !== 'class' || attacked === 'features', 'parts by labels that can change');
  const learner = recipe.get('learner');
  const front = learner instanceof Map ? learner.get('frontEnd') : undefined;
  const fitted = front instanceof Map && front.get('name') === 'centroids';
  const labelsAlone = moves.every(([name]) => name === 'relabel') && within(training, 'trainLabels');
  check(!fitted || labelsAlone, 'centroids of features that can change');
  return moves;
}

function checkCounts(audit, { training, vote, examples }) {
  const recipe = audit.get('recipe');
  const [members, draws] = [audit.get('members'), audit.get('draws')];
  check(!recipe.has('members') || recipe.get('members') === members, 'recipe: other members');
  check(!recipe.has('draws') || recipe.get('draws') === draws, 'recipe: other draws');
  check((training.members ?? members) === members, `expected ${training.members} members`);
  check(vote === 'noisy' ? draws >= 1 && draws <= DRAWS : draws === 0, 'draws: not as many as noisy views');
  check(certain(vote) || (examples >= 1 && examples <= EXAMPLES), 'data set: expected 1 to 2^40 examples');
}

/** How long a row of evidence is. */
export function rowSize(audit, { vote, test, classes }) {
  if (vote === 'run-off') return runOffRowSize(classes);
  if (vote === 'drawn' || vote === 'touched') return audit.get('members');
  return 2 * (classes + 1) * (vote === 'noisy' ? audit.get('draws') : test.views);
}

/** All ways of spending a budget, as [training features, training labels, input units]. */
function splits(budget) {
  const total = budget.get('total');
  if (total === undefined) return [FLIPPED.map((axis) => budget.get(axis) ?? 0)];
  const all = [];
  for (let features = 0; features <= total; features++) {
    for (let labels = 0; labels + features <= total; labels++) {
      all.push([features, labels, total - features - labels]);
    }
  }
  return all;
}

/** For each declared budget, the noises that the different ways of spending it meet. */
export function waysOf(smoothing) {
  const totals = smoothing.budgets.map((budget) => budget.get('total') ?? 0);
  const count = totals.reduce((sum, total) => sum + (total > 0 ? ((total + 1) * (total + 2)) / 2 : 0), 0);
  check(count <= SPLITS, 'totals with too many splits');
  return smoothing.budgets.map((budget) => noises(smoothing, budget));
}

function noises({ training, test, layout, classes, units: drawnFrom }, budget) {
  const poisoned = budget.get('trainExamples') ?? 0;
  const sides = [
    { side: training, squares: budget.get('trainSquares') ?? 0, steps: budget.get('trainSteps') ?? 0 },
    { side: test, squares: budget.get('inputSquares') ?? 0, steps: budget.get('inputSteps') ?? 0 },
  ];
  const found = splits(budget).map(([features, labels, units]) => {
    const groups = [
      flips(training.features, layout.symbols, features * layout.size),
      flips(training.labels, BigInt(classes), labels),
      flips(test.keep, layout.symbols, units * layout.size),
    ];
    let rho = ONE;
    if (training.method === 'hide') {
      const [feature, label] = training.shown;
      const unseen = power(lowest(subtract(ONE, multiply(feature, label))), features);
      rho = multiply(unseen, power(lowest(subtract(ONE, label)), labels));
    }
    if (training.method === 'poisson-bag') rho = power(lowest(subtract(ONE, training.rate)), poisoned);
    if (training.size !== undefined) {
      rho = power(lowest(fraction(Math.max(drawnFrom - poisoned, 0), BigInt(drawnFrom))), training.size);
    }
    if (test.method === 'hide') rho = multiply(rho, power(lowest(subtract(ONE, test.show)), units));
    let square = ZERO;
    for (const { side, squares, steps } of sides) {
      if (side.sigma !== undefined) {
        square = add(square, divide(fraction(BigInt(squares)), multiply(side.sigma, side.sigma)));
      }
      if (side.width !== undefined) rho = multiply(rho, fraction(Math.max(side.width - steps, 0), side.width));
    }
    const copied = copies(training, layout, classes, drawnFrom - poisoned, budget);
    return new Noise(groups.flat(), rho, copied, lowest(square));
  });
  return [...new Map(found.map((noise) => [noise.key, noise])).values()];
}

/** The copies of examples changed in part, among `left` examples that are not rewritten at will. */
function copies(training, layout, classes, left, budget) {
  const partial = budget.get('partialExamples') ?? 0;
  if (partial === 0 || left <= 0) return [];
  const features = (budget.get('featuresPerExample') ?? 0) * layout.size;
  const noises = [
    ...flips(training.features, layout.symbols, features),
    ...flips(training.labels, BigInt(classes), budget.get('labelsPerExample') ?? 0),
  ];
  const hits = lowest(fraction(Math.min(partial, left), BigInt(left)));
  return [{ draws: training.size, hits, noises }];
}

/** The group of so many coordinates, if any; each is kept more often than it shows another symbol. */
function flips(keep, symbols, changed) {
  if (keep === undefined || changed === 0) return [];
  check(less(divide(ONE, fraction(symbols)), keep) && less(keep, ONE), 'expected 1/K < keep < 1');
  return [{ keep, symbols, changed }];
}
