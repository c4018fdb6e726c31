// The two sides of a recipe's smoothing (section 6): their parameters, covered axes and threats.
// All failures here are of step 5.

import { coveringSets, groupMasks, jointMasks, regions, windowMasks } from './masks.mjs';
import { ONE, ZERO, divide, fraction, less, lowest, parseFraction, parseNumber, subtract } from './rational.mjs';
import { demand } from './refusal.mjs';
import * as shapes from './shapes.mjs';

const GRADE = 'statement';
const VIEWS = 2 ** 18;
const MASKS = 2 ** 10;
const DENOMINATOR = 2n ** 64n;
const SIGMA = 4096n;
const WIDTH = 65536n;
export const check = (condition, message) => demand(condition, GRADE, message);
export const upTo = (high, low = 1) => shapes.integer(low, high);

/** The method of a side whose parameters are exactly those of this method. */
function method(side, name, all) {
  check(side instanceof Map && Object.hasOwn(all, side.get('method')), `no ${name} method`);
  const parameters = all[side.get('method')];
  shapes.closed({ method: shapes.anything, ...parameters })(side, `smoothing.${name}`, GRADE);
  return side.get('method');
}

/** A share: a fraction from 0 to 1 with a denominator of at most 2^64 in lowest terms. */
export const share = (value, where) => {
  const number = parseFraction(value);
  check(number !== null && !less(ONE, number) && number.d <= DENOMINATOR, `${where}: expected a share`);
};

const ANY_MOVE = { insert: 1, delete: 1, modify: 1, relabel: 1 };
const REWRITING = { modify: 1, relabel: 1 };
const BY_CONTENT = { insert: 1, delete: 1, modify: 2, relabel: 2 };
const PARTS = { index: REWRITING, id: ANY_MOVE, group: ANY_MOVE, content: BY_CONTENT, class: { modify: 1 } };

/**
 * A number above 0, in units of the values, as a number of steps of the grid.
 */
function inSteps(value, where, { step }) {
  check(step !== null, `${where}: noise of steps, and no grid`);
  const number = parseFraction(value);
  const short = number !== null && number.n > 0n && number.n <= DENOMINATOR && number.d <= DENOMINATOR;
  check(short, `${where}: expected a fraction above 0`);
  return lowest(divide(number, step));
}

function sigmaOf(side, layout) {
  const sigma = inSteps(side.get('sigma'), 'sigma', layout);
  check(!less(fraction(SIGMA), sigma), `sigma: more than ${SIGMA} steps`);
  return sigma;
}

function widthOf(side, layout) {
  const width = inSteps(side.get('width'), 'width', layout);
  check(width.d === 1n && width.n >= 2n && width.n <= WIDTH, `width: expected 2 to ${WIDTH} whole steps`);
  return Number(width.n);
}

/** The training side: covered axes, moves, units, whether members are drawn, how many are fixed. */
export function readTraining(side, layout) {
  const moves = side instanceof Map && side.has('moves');
  const name = method(side, 'training', {
    none: {},
    bag: { size: upTo(65536), ...(moves && { moves: shapes.oneOf('fixed-size', 'any-size') }) },
    'poisson-bag': { rate: share },
    'bag-flip': { size: upTo(65536), keepFeatures: share, keepLabels: share },
    partition: { parts: upTo(65535), by: shapes.oneOf(...Object.keys(PARTS)) },
    flip: { keepFeatures: share, keepLabels: share },
    neighbours: { count: upTo(65535) },
    gaussian: { sigma: shapes.anything, keepLabels: share },
    uniform: { width: shapes.anything, keepLabels: share },
    hide: { showFeatures: share, showLabels: share },
    grid: gridShape(side),
    'finite-aggregation': {
      parts: upTo(65535), by: shapes.oneOf(...Object.keys(PARTS)), spread: upTo(64, 2),
    },
  });
  const common = { method: name, moves: REWRITING, units: ['example'], drawn: true };
  if (name === 'none') return { ...common, axes: [], moves: {}, drawn: false, members: 1 };
  if (name === 'neighbours') {
    const each = side.get('count');
    return { ...common, axes: ['trainExamples'], moves: ANY_MOVE, drawn: false, members: 1, each };
  }
  if (name === 'bag') {
    const priced = side.get('moves') === 'any-size' ? ANY_MOVE : REWRITING;
    const units = ['example', 'group'];
    return { ...common, axes: ['trainExamples'], moves: priced, size: side.get('size'), units };
  }
  if (name === 'poisson-bag') {
    const rate = parseFraction(side.get('rate'));
    check(less(ZERO, rate) && less(rate, ONE), 'rate: expected more than 0 and less than 1');
    return { ...common, axes: ['trainExamples'], moves: ANY_MOVE, rate };
  }
  if (name === 'partition') {
    const by = side.get('by');
    const units = [by === 'group' ? 'group' : 'example'];
    const members = side.get('parts');
    return { ...common, axes: ['trainExamples'], moves: PARTS[by], units, drawn: false, members, by };
  }
  if (name === 'gaussian' || name === 'uniform') {
    const labels = parseFraction(side.get('keepLabels'));
    const flipped = less(labels, ONE);
    const noise = name === 'gaussian' ? { sigma: sigmaOf(side, layout) } : { width: widthOf(side, layout) };
    const own = name === 'gaussian' ? 'trainSquares' : 'trainSteps';
    const moves = flipped ? REWRITING : { modify: 1 };
    return { ...common, axes: flipped ? [own, 'trainLabels'] : [own], moves, labels, ...noise };
  }
  if (name === 'hide') {
    const shown = ['showFeatures', 'showLabels'].map((key) => parseFraction(side.get(key)));
    check(shown.every((show) => less(ZERO, show)), 'a kind that is never shown');
    const axes = ['trainFeatures', 'trainLabels'].filter((_, i) => less(shown[i], ONE));
    check(axes.length > 0, 'nothing is hidden');
    return { ...common, axes, moves: rewriting(axes), shown };
  }
  if (name === 'finite-aggregation') {
    const [parts, by, spread] = ['parts', 'by', 'spread'].map((key) => side.get(key));
    const offsets = offsetsOf(spread);
    check(offsets.at(-1) < parts, 'too few parts for the spread');
    const units = [by === 'group' ? 'group' : 'example'];
    const found = { axes: ['trainExamples'], moves: PARTS[by], units, members: parts, parts, offsets, by };
    return { ...common, drawn: false, ...found };
  }
  if (name === 'grid') return { ...common, drawn: false, ...readGrid(side) };
  const features = parseFraction(side.get('keepFeatures'));
  const labels = parseFraction(side.get('keepLabels'));
  check(less(features, ONE) || less(labels, ONE), 'flips that keep everything');
  if (name === 'bag-flip') {
    const axes = ['trainExamples', 'partialExamples'];
    if (less(features, ONE)) axes.push('featuresPerExample');
    if (less(labels, ONE)) axes.push('labelsPerExample');
    return { ...common, axes, features, labels, size: side.get('size') };
  }
  const axes = [];
  if (less(features, ONE)) axes.push('trainFeatures');
  if (less(labels, ONE)) axes.push('trainLabels');
  return { ...common, axes, moves: rewriting(axes), features, labels };
}

/** Only what carries noise may be changed. */
function rewriting(axes) {
  const moves = {};
  if (axes.includes('trainFeatures')) moves.modify = 1;
  if (axes.includes('trainLabels')) moves.relabel = 1;
  return moves;
}

/** Under neighbours every training example is one voter: that is how the learner has to be. */
export function checkNeighbours(recipe, count) {
  const learner = recipe.get('learner');
  check(learner instanceof Map && learner.get('name') === 'nearest-neighbours', 'another learner');
  check(learner.get('neighbours') === count, 'the learner asks another number of neighbours');
  const training = recipe.has('training') ? recipe.get('training') : new Map();
  check(training instanceof Map && !training.has('capacity'), 'examples that are left out');
  check(!training.has('masks') || training.get('masks') === 0, 'examples that vote masked, too');
  const copies = training.has('copies') ? training.get('copies') : [new Map()];
  const once = Array.isArray(copies) && copies.length === 1 && copies[0] instanceof Map && copies[0].size === 0;
  check(once, 'examples that vote more than once');
}

const BLOCKS = 1024;
const FORMS = [['groups'], ['down', 'across'], ['ranges']];
const has = (side) => (key) => side instanceof Map && side.has(key);

/** The parameters of a grid: blocks are of one form. */
function gridShape(side) {
  const forms = FORMS.filter((form) => form.some(has(side)));
  const sizes = Object.fromEntries((forms.length === 1 ? forms[0] : ['groups']).map((key) => [key, upTo(BLOCKS)]));
  return { parts: upTo(65535), by: shapes.oneOf('index', 'id', 'group'), ...sizes };
}

function readGrid(side) {
  const [groups, down, across, ranges] = ['groups', 'down', 'across', 'ranges'].map((key) => side.get(key));
  const [parts, by] = ['parts', 'by'].map((key) => side.get(key));
  const blocks = groups ?? ranges ?? down * across;
  check(blocks >= 2 && blocks <= BLOCKS, 'expected 2 to 1024 blocks');
  check(parts * blocks <= 65535, 'too many members');
  const axes = ['trainExamples', 'inputFeatures', ...(down === undefined ? [] : ['inputPatch']), 'columns'];
  const units = [by === 'group' ? 'group' : 'example'];
  return { axes, moves: PARTS[by], units, members: parts * blocks, parts, blocks, groups, down, across, ranges };
}

/** Whether the blocks of a grid can be cut out of inputs of this layout. */
export function checkGrid(grid, { shape, units }) {
  if (grid.groups !== undefined) check(grid.groups <= units, 'more groups than units');
  else if (grid.ranges !== undefined) check(shape.length === 1 && grid.ranges <= shape[0], 'no such ranges');
  else check(shape.length === 3 && grid.down <= shape[1] && grid.across <= shape[2], 'no such tiles');
}

/** The test side: covered axes, and its noise or its views. */
export function readTest(side, layout) {
  const windows = side instanceof Map && side.has('window');
  const both = windows && side.has('groups');
  const place = upTo(Math.min(...layout.shape.slice(1)));
  const ofWindows = { window: place, step: place, patch: place };
  const ofGroups = { groups: upTo(VIEWS, 3), pixels: upTo(64) };
  const masks = both ? { ...ofGroups, ...ofWindows } : windows ? ofWindows : ofGroups;
  const name = method(side, 'test', {
    none: {},
    flip: { keep: share },
    hide: { show: share },
    gaussian: { sigma: shapes.anything },
    uniform: { width: shapes.anything },
    views: { groups: upTo(VIEWS, 2), partitions: upTo(VIEWS) },
    'two-mask': masks,
    ablation: {
      region: shapes.oneOf('block', 'columns', 'rows'), size: upTo(VIEWS), step: upTo(VIEWS), wrap: truth,
    },
  });
  const common = { method: name, axes: ['inputFeatures'], noisy: false, covers: {} };
  if (name === 'none') return { ...common, axes: [], views: 1 };
  if (name === 'flip') {
    const keep = parseFraction(side.get('keep'));
    check(less(keep, ONE), 'flips that keep everything');
    return { ...common, noisy: true, keep };
  }
  if (name === 'hide') {
    const show = parseFraction(side.get('show'));
    check(less(ZERO, show) && less(show, ONE), 'show: expected more than 0 and less than 1');
    return { ...common, noisy: true, show };
  }
  if (name === 'gaussian') {
    return { ...common, axes: ['inputSquares'], noisy: true, sigma: sigmaOf(side, layout) };
  }
  if (name === 'uniform') {
    return { ...common, axes: ['inputSteps'], noisy: true, width: widthOf(side, layout) };
  }
  if (name === 'ablation') return { ...common, ...ablationTest(side, layout) };
  if (windows && !both) return { ...common, ...windowTest(side, layout) };
  check(side.get('groups') <= layout.units, 'more groups than units');
  if (both) return { ...common, ...jointTest(side, layout) };
  if (name === 'two-mask') return { ...common, ...groupTest(side) };
  const [groups, partitions] = [side.get('groups'), side.get('partitions')];
  check(groups * partitions <= VIEWS, 'too many views');
  return { ...common, partitions, views: groups * partitions };
}

export function choose(n, k) {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

/** The first offsets from 0, each the least that repeats no difference of two. */
function offsetsOf(count) {
  const found = [];
  const differences = new Set();
  for (let next = 0; found.length < count; next++) {
    const apart = found.map((earlier) => next - earlier);
    if (apart.some((difference) => differences.has(difference))) continue;
    apart.forEach((difference) => differences.add(difference));
    found.push(next);
  }
  return found;
}

function groupTest(side) {
  const [groups, pixels] = [side.get('groups'), side.get('pixels')];
  check(2 * pixels < groups, 'two masks that hide everything');
  check(choose(groups, pixels) <= MASKS, 'too many masks');
  let views = 0;
  for (let size = pixels; size <= 2 * pixels; size++) views += choose(groups, size);
  check(views <= VIEWS, 'too many views');
  const count = choose(groups, pixels);
  return { ...groupMasks(groups, pixels, count), views, covers: { inputFeatures: pixels } };
}

function windowTest(side, layout) {
  check(layout.shape.length === 3, 'windows on what is no image');
  const [window, step, patch] = ['window', 'step', 'patch'].map((key) => side.get(key));
  const along = layout.shape.slice(1).map((extent) => Math.ceil((extent - window) / step) + 1);
  const count = along[0] * along[1];
  const all = [];
  const views = (count * (count + 1)) / 2;
  check(count <= MASKS && views <= VIEWS, 'too many windows');
  for (const extent of layout.shape.slice(1)) {
    const starts = [];
    for (let at = 0; at < extent - window; at += step) starts.push(at);
    starts.push(extent - window);
    // A square that starts before the next window must end within this one.
    const gaps = starts.map((at, i) => (i === 0 ? 1 : at - starts[i - 1]));
    check(gaps.every((gap) => gap - 1 + patch <= window), 'a patch that no window covers');
    all.push({ starts, extent });
  }
  const covering = (square) => coveringSets(all, window, square);
  const covers = { inputPatch: patch };
  return { axes: ['inputPatch'], ...windowMasks(count), views, covers, covering };
}

/** Masks that hide groups and a window. */
function jointTest(side, layout) {
  const [groups, windows] = [groupTest(side), windowTest(side, layout)];
  const [count, views] = [groups.masks * windows.masks, groups.views * windows.views];
  check(count <= MASKS && views <= VIEWS, 'too many masks of groups and windows');
  return {
    ...jointMasks(groups, windows),
    axes: ['inputFeatures', 'inputPatch'],
    views,
    covers: { ...groups.covers, ...windows.covers },
  };
}

const truth = (value, where, grade) => demand(typeof value === 'boolean', grade, `${where}: expected a truth value`);

/** Views that show one region of an image; where they lie matters to what a patch reaches. */
function ablationTest(side, layout) {
  check(layout.shape.length === 3, 'regions of what is no image');
  const [, height, width] = layout.shape;
  const region = side.get('region');
  const longest = { block: Math.min(height, width), columns: width, rows: height }[region];
  const [size, step, wrap] = ['size', 'step', 'wrap'].map((key) => side.get(key));
  check(size <= longest && step <= longest, 'a region longer than the image');
  const along = (extent, whole) => {
    if (whole) return { starts: [0], size: extent, extent };
    const starts = [];
    for (let at = 0; at < (wrap ? extent : extent - size); at += step) starts.push(at);
    if (!wrap) starts.push(extent - size);
    return { starts, size, extent };
  };
  const [down, across] = [along(height, region === 'columns'), along(width, region === 'rows')];
  const views = down.starts.length * across.starts.length;
  check(views <= MASKS, 'too many regions');
  const covers = { inputPatch: Math.min(height, width) };
  const axes = ['inputFeatures', 'inputPatch'];
  return { axes, views, covers, reached: (square) => regions(down, across, square) };
}

/** Shape, unit and symbols of an input. */
export function readLayout(recipe, dataset) {
  const alphabet = recipe.get('alphabet');
  check(alphabet instanceof Map, 'no alphabet');
  shapes.oneOf('pixel', 'channel')(alphabet.get('unit'), 'alphabet.unit', GRADE);
  const shape = dataset.get('shape');
  check(shape.length === 1 || shape.length === 3, 'shape: expected features, or channels, height, width');
  const size = alphabet.get('unit') === 'pixel' && shape.length === 3 ? shape[0] : 1;
  const features = shape.reduce((product, extent) => product * extent, 1);
  return { shape, size, units: features / size, ...symbolsOf(alphabet) };
}

/** How many symbols an alphabet has, and the step of a grid; null where it is none. */
function symbolsOf(alphabet) {
  const kind = alphabet.get('kind');
  shapes.oneOf('binary', 'levels', 'grid')(kind, 'alphabet.kind', GRADE);
  if (kind === 'binary') return { symbols: 2n, step: null };
  if (kind === 'levels') {
    const edges = alphabet.get('edges');
    check(Array.isArray(edges) && edges.length > 0, 'edges: expected a list');
    return { symbols: BigInt(edges.length) + 1n, step: null };
  }
  const [low, high, step] = ['low', 'high', 'step'].map((key) => parseNumber(alphabet.get(key)));
  check(low !== null && high !== null && step !== null, 'a grid of no numbers');
  check(less(ZERO, step) && less(low, high), 'a grid without steps');
  const steps = divide(subtract(high, low), step);
  check(steps.n % steps.d === 0n, 'a grid that does not end on a step');
  return { symbols: steps.n / steps.d + 1n, step };
}
