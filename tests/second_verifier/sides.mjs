// The two sides of a recipe's smoothing (section 6): their parameters, covered axes and threats.
// All failures here are of step 5.

import { groupMasks, windowMasks } from './masks.mjs';
import { ONE, ZERO, divide, less, parseFraction, parseNumber, subtract } from './rational.mjs';
import { demand } from './refusal.mjs';
import { offsetsOf } from './touched.mjs';
import * as shapes from './shapes.mjs';

const GRADE = 'statement';
const VIEWS = 2 ** 18;
const MASKS = 2 ** 10;
const DENOMINATOR = 2n ** 64n;
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
const PARTS = { index: REWRITING, id: ANY_MOVE, group: ANY_MOVE, content: BY_CONTENT };

/** The training side: covered axes, moves, unit, whether members are drawn, how many are fixed. */
export function readTraining(side) {
  const name = method(side, 'training', {
    none: {},
    bag: { size: upTo(65536) },
    partition: { parts: upTo(65535), by: shapes.oneOf(...Object.keys(PARTS)) },
    flip: { keepFeatures: share, keepLabels: share },
    grid: gridShape(side),
    'finite-aggregation': {
      parts: upTo(65535), by: shapes.oneOf(...Object.keys(PARTS)), spread: upTo(64, 2),
    },
  });
  const common = { method: name, moves: REWRITING, unit: 'example', drawn: true };
  if (name === 'none') return { ...common, axes: [], moves: {}, drawn: false, members: 1 };
  if (name === 'bag') return { ...common, axes: ['trainExamples'], size: side.get('size') };
  if (name === 'partition') {
    const by = side.get('by');
    const unit = by === 'group' ? 'group' : 'example';
    const members = side.get('parts');
    return { ...common, axes: ['trainExamples'], moves: PARTS[by], unit, drawn: false, members };
  }
  if (name === 'finite-aggregation') {
    const [parts, by, spread] = ['parts', 'by', 'spread'].map((key) => side.get(key));
    const offsets = offsetsOf(spread);
    check(offsets.at(-1) < parts, 'too few parts for the spread');
    const unit = by === 'group' ? 'group' : 'example';
    const found = { axes: ['trainExamples'], moves: PARTS[by], unit, members: parts, parts, offsets };
    return { ...common, drawn: false, ...found };
  }
  if (name === 'grid') return { ...common, drawn: false, ...readGrid(side) };
  const features = parseFraction(side.get('keepFeatures'));
  const labels = parseFraction(side.get('keepLabels'));
  const axes = [];
  if (less(features, ONE)) axes.push('trainFeatures');
  if (less(labels, ONE)) axes.push('trainLabels');
  check(axes.length > 0, 'flips that keep everything');
  return { ...common, axes, features, labels };
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
  const unit = by === 'group' ? 'group' : 'example';
  return { axes, moves: PARTS[by], unit, members: parts * blocks, parts, blocks, groups, down, across, ranges };
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
  const place = upTo(Math.min(...layout.shape.slice(1)));
  const masks = windows
    ? { window: place, step: place, patch: place }
    : { groups: upTo(VIEWS, 3), pixels: upTo(64) };
  const name = method(side, 'test', {
    none: {},
    flip: { keep: share },
    hide: { show: share },
    views: { groups: upTo(VIEWS, 2), partitions: upTo(VIEWS) },
    'two-mask': masks,
  });
  const common = { method: name, axes: ['inputFeatures'], noisy: false, covers: Infinity };
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
  if (name === 'two-mask' && windows) return { ...common, ...windowTest(side, layout) };
  check(side.get('groups') <= layout.units, 'more groups than units');
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

function groupTest(side) {
  const [groups, pixels] = [side.get('groups'), side.get('pixels')];
  check(2 * pixels < groups, 'two masks that hide everything');
  check(choose(groups, pixels) <= MASKS, 'too many masks');
  let views = 0;
  for (let size = pixels; size <= 2 * pixels; size++) views += choose(groups, size);
  check(views <= VIEWS, 'too many views');
  return { ...groupMasks(groups, pixels, choose(groups, pixels)), views, covers: pixels };
}

function windowTest(side, layout) {
  check(layout.shape.length === 3, 'windows on what is no image');
  const [window, step, patch] = ['window', 'step', 'patch'].map((key) => side.get(key));
  const along = layout.shape.slice(1).map((extent) => Math.ceil((extent - window) / step) + 1);
  const count = along[0] * along[1];
  const views = (count * (count + 1)) / 2;
  check(count <= MASKS && views <= VIEWS, 'too many windows');
  for (const extent of layout.shape.slice(1)) {
    const starts = [];
    for (let at = 0; at < extent - window; at += step) starts.push(at);
    starts.push(extent - window);
    // A square that starts before the next window must end within this one.
    const gaps = starts.map((at, i) => (i === 0 ? 1 : at - starts[i - 1]));
    check(gaps.every((gap) => gap - 1 + patch <= window), 'a patch that no window covers');
  }
  return { axes: ['inputPatch'], ...windowMasks(count), views, covers: patch };
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
  return { shape, size, units: features / size, symbols: symbols(alphabet) };
}

function symbols(alphabet) {
  const kind = alphabet.get('kind');
  shapes.oneOf('binary', 'levels', 'grid')(kind, 'alphabet.kind', GRADE);
  if (kind === 'binary') return 2n;
  if (kind === 'levels') {
    const edges = alphabet.get('edges');
    check(Array.isArray(edges) && edges.length > 0, 'edges: expected a list');
    return BigInt(edges.length) + 1n;
  }
  const [low, high, step] = ['low', 'high', 'step'].map((key) => parseNumber(alphabet.get(key)));
  check(low !== null && high !== null && step !== null, 'a grid of no numbers');
  check(less(ZERO, step) && less(low, high), 'a grid without steps');
  const steps = divide(subtract(high, low), step);
  check(steps.n % steps.d === 0n, 'a grid that does not end on a step');
  return steps.n / steps.d + 1n;
}
