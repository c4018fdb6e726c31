// What a recipe's smoothing is: members, views, covered axes, threat, and the noise of a budget
// (sections 5 to 7). All failures here are of step 5.

import { Noise } from './least_mass.mjs';
import { ONE, ZERO, bitLength, divide, fraction, less, multiply, parse, power, subtract } from './rational.mjs';
import { demand } from './refusal.mjs';
import * as shapes from './shapes.mjs';
import { binomial, groupMasks, windowMasks } from './masks.mjs';

const GRADE = 'statement';
const VIEWS = 2 ** 18;
const SPLITS = 16384;
const check = (condition, message) => demand(condition, GRADE, message);
const positive = shapes.integer(1, shapes.MAX);

/** The sides of the smoothing in an audit whose shape was checked. */
export function readSmoothing(audit) {
  const recipe = audit.get('recipe');
  const training = readTraining(recipe, audit);
  const test = readTest(recipe, audit);
  const noisy = test.method === 'flip' || test.method === 'hide';
  const drawn = training.method === 'flip' || training.method === 'bag';
  check(!drawn || noisy || test.method === 'none', `no product of ${training.method} and ${test.method}`);
  const vote = drawn ? 'drawn' : noisy ? 'noisy' : 'fixed';
  const axes = [...training.axes, ...test.axes];
  if (['trainFeatures', 'trainLabels', 'inputFeatures'].every((axis) => axes.includes(axis))) {
    axes.push('total');
  }
  return { training, test, vote, axes, classes: audit.get('dataset').get('classes').length };
}

function share(value, where) {
  const number = typeof value === 'string' ? parse(value) : null;
  check(number !== null && !less(number, ZERO) && !less(ONE, number), `${where}: expected a share`);
  return number;
}

const method = (side, allowed) => {
  const name = side instanceof Map ? side.get('method') : undefined;
  check(allowed.includes(name), `no smoothing method ${name}`);
  return name;
};

function readTraining(recipe, audit) {
  const side = recipe.get('smoothing').get('training');
  const name = method(side, ['none', 'flip', 'bag', 'partition']);
  if (name === 'none') {
    shapes.closed({ method: shapes.anything })(side, name, GRADE);
    return { method: name, axes: [], members: 1, moves: {}, unit: 'example' };
  }
  const moves = { modify: 1, relabel: 1 };
  if (name === 'bag') {
    shapes.closed({ method: shapes.anything, size: shapes.integer(1, 65536) })(side, name, GRADE);
    const examples = audit.get('dataset').get('size');
    check(examples > 0, 'bags of no examples');
    return {
      method: name, axes: ['trainExamples'], size: side.get('size'), examples, moves, unit: 'example',
    };
  }
  if (name === 'partition') {
    const by = shapes.oneOf('index', 'id', 'content', 'group');
    shapes.closed({ method: shapes.anything, parts: shapes.integer(1, 65535), by })(side, name, GRADE);
    const free = { insert: 1, delete: 1, modify: 1, relabel: 1 };
    const costly = { insert: 1, delete: 1, modify: 2, relabel: 2 };
    return {
      method: name,
      axes: ['trainExamples'],
      members: side.get('parts'),
      moves: { index: moves, id: free, group: free, content: costly }[side.get('by')],
      unit: side.get('by') === 'group' ? 'group' : 'example',
    };
  }
  const text = shapes.text();
  const shape = { method: shapes.anything, keepFeatures: text, keepLabels: text };
  shapes.closed(shape)(side, name, GRADE);
  const features = {
    keep: share(side.get('keepFeatures'), 'keepFeatures'), symbols: symbols(recipe), size: channels(recipe, audit),
  };
  const labels = {
    keep: share(side.get('keepLabels'), 'keepLabels'), symbols: audit.get('dataset').get('classes').length, size: 1,
  };
  const axes = [];
  for (const [axis, noise] of [['trainFeatures', features], ['trainLabels', labels]]) {
    if (less(noise.keep, ONE)) axes.push(usefulKeep(noise, axis) && axis);
  }
  return { method: name, axes, features, labels, moves, unit: 'example' };
}

/** Flips keep a symbol more often than each other one, and not always. */
function usefulKeep({ keep, symbols: count }, where) {
  check(less(divide(ONE, fraction(count)), keep) && less(keep, ONE), `${where}: expected 1/K < keep < 1`);
  return true;
}

function readTest(recipe, audit) {
  const side = recipe.get('smoothing').get('test');
  const name = method(side, ['none', 'flip', 'hide', 'views', 'two-mask']);
  const axes = ['inputFeatures'];
  if (name === 'none') {
    shapes.closed({ method: shapes.anything })(side, name, GRADE);
    return { method: name, axes: [], views: 1 };
  }
  if (name === 'flip') {
    shapes.closed({ method: shapes.anything, keep: shapes.text() })(side, name, GRADE);
    const noise = {
      keep: share(side.get('keep'), 'keep'), symbols: symbols(recipe), size: channels(recipe, audit),
    };
    usefulKeep(noise, 'keep');
    return { method: name, axes, noise };
  }
  if (name === 'hide') {
    shapes.closed({ method: shapes.anything, show: shapes.text() })(side, name, GRADE);
    const show = share(side.get('show'), 'show');
    check(less(ZERO, show) && less(show, ONE), 'show: expected 0 < show < 1');
    return { method: name, axes, show };
  }
  if (name === 'views') {
    const readers = { method: shapes.anything, groups: shapes.integer(2, 65535), partitions: shapes.integer(1, 1024) };
    shapes.closed(readers)(side, name, GRADE);
    const [groups, partitions] = [side.get('groups'), side.get('partitions')];
    check(groups * partitions <= VIEWS, 'too many views');
    return { method: name, axes, partitions, views: groups * partitions, covers: Infinity };
  }
  return side.has('groups') ? groupTest(side) : windowTest(side, audit);
}

function groupTest(side) {
  const readers = { method: shapes.anything, groups: shapes.integer(2, 64), pixels: shapes.integer(1, 8) };
  shapes.closed(readers)(side, 'two-mask', GRADE);
  const [groups, pixels] = [side.get('groups'), side.get('pixels')];
  check(pixels <= groups, 'more groups hidden than there are');
  let views = 0n;
  for (let size = pixels; size <= Math.min(2 * pixels, groups); size++) views += binomial(groups, size);
  check(views <= BigInt(VIEWS), 'too many views');
  const masks = groupMasks(groups, pixels);
  return { method: 'two-mask', axes: ['inputFeatures'], ...masks, views: Number(views), covers: pixels };
}

function windowTest(side, audit) {
  const length = shapes.integer(1, 4096);
  shapes.closed({ method: shapes.anything, window: length, step: length, patch: length })(side, 'two-mask', GRADE);
  const shape = audit.get('dataset').get('shape');
  check(shape.length === 3, 'windows on what is no image');
  const [window, step, patch] = ['window', 'step', 'patch'].map((key) => side.get(key));
  const starts = shape.slice(1).map((extent) => {
    check(window <= extent, 'a window beyond the image');
    check(extent / step <= VIEWS, 'too many views');
    const places = [];
    for (let at = 0; at < extent - window; at += step) places.push(at);
    places.push(extent - window);
    // A square that starts before the next window must end within this one.
    const gaps = places.map((at, i) => (i === 0 ? 1 : at - places[i - 1]));
    check(gaps.every((gap) => gap - 1 + patch <= window), 'a patch that no window covers');
    return places.length;
  });
  const count = starts[0] * starts[1];
  const views = count + (count * (count - 1)) / 2;
  check(views <= VIEWS, 'too many views');
  return { method: 'two-mask', axes: ['inputPatch'], ...windowMasks(count), views, covers: patch };
}

/** The symbols of the recipe's alphabet. */
function symbols(recipe) {
  const alphabet = recipe.get('alphabet');
  check(alphabet instanceof Map, 'no alphabet');
  if (alphabet.get('kind') === 'binary') return 2;
  if (alphabet.get('kind') === 'levels') {
    const edges = alphabet.get('edges');
    check(Array.isArray(edges) && edges.length >= 1 && edges.length <= 255, 'edges: expected 1 to 255');
    return edges.length + 1;
  }
  check(alphabet.get('kind') === 'grid', 'no such alphabet');
  const [low, high, step] = ['low', 'high', 'step'].map((key) => {
    const value = alphabet.get(key);
    const number = typeof value === 'string' ? parse(value) : null;
    check(number !== null, `${key}: expected a number`);
    return number;
  });
  check(less(ZERO, step) && less(low, high), 'a grid without steps');
  const steps = divide(subtract(high, low), step);
  check(steps.n % steps.d === 0n, 'a grid that does not end on a step');
  const count = steps.n / steps.d + 1n;
  check(count <= BigInt(shapes.MAX), 'a grid of too many symbols');
  return Number(count);
}

/** How many coordinates one changed unit may change: all channels of a pixel. */
function channels(recipe, audit) {
  const unit = recipe.get('alphabet')?.get('unit') ?? 'pixel';
  check(unit === 'pixel' || unit === 'channel', 'unit: expected pixel or channel');
  const shape = audit.get('dataset').get('shape');
  return unit === 'pixel' && shape.length === 3 ? shape[0] : 1;
}

/** All ways of spending a budget, as [training features, training labels, input units]. */
function ways(budget) {
  const total = budget.get('total');
  if (total === undefined) {
    return [['trainFeatures', 'trainLabels', 'inputFeatures'].map((axis) => budget.get(axis) ?? 0)];
  }
  check(((total + 1) * (total + 2)) / 2 <= SPLITS, 'a total with too many splits');
  const all = [];
  for (let features = 0; features <= total; features++) {
    for (let labels = 0; labels + features <= total; labels++) {
      all.push([features, labels, total - features - labels]);
    }
  }
  return all;
}

/** The noise that each way of spending this budget meets. */
export function noises({ training, test }, budget) {
  const poisoned = budget.get('trainExamples') ?? 0;
  return ways(budget).map(([features, labels, units]) => {
    const groups = [];
    if (features > 0) groups.push(changed(training.features, features));
    if (labels > 0) groups.push(changed(training.labels, labels));
    if (test.method === 'flip' && units > 0) groups.push(changed(test.noise, units));
    let rho = ONE;
    if (training.method === 'bag' && poisoned > 0) {
      const clean = Math.max(training.examples - poisoned, 0);
      rho = survival(fraction(clean, BigInt(training.examples)), training.size);
    }
    if (test.method === 'hide' && units > 0) {
      rho = multiply(rho, survival(subtract(ONE, test.show), units));
    }
    return new Noise(groups, rho);
  });
}

const changed = ({ keep, symbols: count, size }, units) => ({ keep, symbols: count, changed: units * size });

const POWER_BITS = 2 ** 26;

/**
 * chance^times; zero where it is at most one half, since then nothing can be certified: (1 - x)^t is
 * at most 1/(1 + t x).
 */
function survival(chance, times) {
  const hit = subtract(ONE, chance);
  if (hit.n * BigInt(times) >= hit.d) return ZERO;
  check(times * bitLength(chance.d) <= POWER_BITS, 'a power that is too long to check');
  return power(chance, times);
}
