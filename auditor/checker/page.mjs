// The page: what was dropped, what the verifier says of it, and what that is worth.

import { digestOf, dropped, picked, readKey, readRelease, readSingle } from './files.mjs';
import { publicKey } from './verifier/dsse.mjs';
import { sha256 } from './verifier/platform.mjs';
import { Refusal } from './verifier/refusal.mjs';
import { verifyInput, verifyRelease } from './verifier/steps.mjs';
import { concatenate, fromHex, toHex, utf8 } from './verifier/text.mjs';
import { explain, explainClaim, plain } from './words.mjs';

const GRADES = {
  usage: 'The files do not fit',
  undecided: 'Undecided',
  envelope: 'Refused: not in the form of a certificate',
  signature: 'Refused: not signed by the pinned key',
  statement: 'Refused: the statement contradicts itself',
  inclusion: 'Refused: the claim is not among the signed ones',
  claim: 'Refused: the votes do not support the claim',
  release: 'Refused: the files are not the signed ones',
  bug: 'A bug of this page',
};

const at = (id) => document.getElementById(id);
const state = { certificate: null, keys: [], challengers: [] };
let turn = 0;
let queue = Promise.resolve();

/** An element with text and children; text of strangers never becomes markup. */
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.map((child) => (typeof child === 'string' ? plain(child) : child)));
  return node;
}

const list = (items) => element('ul', {}, ...items.map((item) => element('li', {}, item)));

function table(caption, heads, rows) {
  const cells = (row) => row.map((cell, i) =>
    i === 0 ? element('th', { scope: 'row' }, cell) : element('td', { class: 'number' }, cell));
  const head = heads.map((text, i) => element('th', i === 0 ? { scope: 'col' } : { scope: 'col', class: 'number' }, text));
  return element('div', { class: 'wide', role: 'region', 'aria-label': caption, tabindex: '0' },
    element('table', {},
      element('caption', { class: 'unseen' }, caption),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells(row))))));
}

function section(title, ...children) {
  return element('section', {}, element('h2', {}, title), ...children);
}

// --- what was dropped ------------------------------------------------------------------------------

const isKey = (text) => text.includes('-----BEGIN PUBLIC KEY-----');

/** Take files in, after those that came before; `found` is a promise of them. */
function take(found, role) {
  queue = queue.then(async () => {
    try {
      await takeAll(await found, role);
    } catch (error) {
      turn += 1;
      at('result').replaceChildren();
      return refuse(error);
    } finally {
      listFiles();
    }
    // Not waited for: what is dropped meanwhile starts another check, and this one's end is not shown.
    check();
  });
}

/** Keys are known by what is in them; all else is the certificate. */
async function takeAll(entries, role) {
  const deep = entries.filter(({ path }) => path.includes('/'));
  for (const entry of entries) await takeOne(entry, role, entries.length);
  if (deep.length > 0) state.certificate = { kind: 'release', name: deep[0].path.split('/')[0], entries: deep };
}

async function takeOne({ path, file }, role, count) {
  if (path.includes('/')) return;
  const text = role === 'certificate' || file.size > 16384 ? '' : await readKey(file);
  if (role === 'key' || role === 'challenger' || isKey(text)) {
    const key = await publicKey(text || (await readKey(file)));
    const held = role === 'challenger' ? state.challengers : state.keys;
    if (!held.some(({ keyid }) => keyid === key.keyid)) held.push({ ...key, name: file.name });
    return;
  }
  if (count > 1 && state.certificate?.kind === 'input' && state.certificate.file !== file) {
    const other = state.certificate.file.name;
    state.certificate = null;
    throw new Refusal('usage', `two certificates (${other}, ${file.name}): expected one file, or one release folder`);
  }
  state.certificate = { kind: 'input', name: file.name, file };
}

function listFiles() {
  const named = (held) => held.map(({ name, keyid }) =>
    element('li', {}, `${name}: key `, element('code', {}, keyid)));
  at('certificate-held').replaceChildren(...(state.certificate === null ? [] : [plain(state.certificate.name)]));
  at('keys-held').replaceChildren(...named(state.keys));
  at('challengers-held').replaceChildren(...named(state.challengers));
  at('clear').hidden = state.certificate === null && state.keys.length + state.challengers.length === 0;
}

// --- the verdict -----------------------------------------------------------------------------------

async function check() {
  const mine = ++turn;
  at('result').replaceChildren();
  if (state.certificate === null) return say('waiting', 'Waiting for a certificate.');
  if (state.keys.length === 0) return say('waiting', "Waiting for the auditor's public key.");
  say('waiting', 'Checking ...');
  const { kind } = state.certificate;
  try {
    const found = kind === 'input' ? await checkInput() : await checkRelease(mine);
    if (mine === turn) accept(kind, found);
  } catch (error) {
    if (mine === turn) refuse(error);
  }
}

const checkInput = async () =>
  verifyInput(await readSingle(state.certificate.file), state.keys, state.challengers);

async function checkRelease(mine) {
  const { contents, digests } = await readRelease(state.certificate.entries, (text) => {
    if (mine === turn) say('waiting', `Checking: ${text}`);
  });
  return verifyRelease(contents, digests, state.keys, state.challengers);
}

/** One line, read aloud when it changes. */
function say(grade, text) {
  const line = at('verdict');
  line.dataset.grade = grade;
  line.textContent = plain(text);
}

function refuse(error) {
  const grade = error instanceof Refusal ? error.grade : 'bug';
  say(grade, `${GRADES[grade]}. ${error.message}.`);
  if (grade === 'bug') throw error;
}

function accept(kind, found) {
  const told = explain(kind, found);
  const signer = state.keys.find(({ keyid }) => told.keyids.includes(keyid));
  say('success', 'Verified: the signature and the arithmetic hold.');
  at('result').replaceChildren(
    section('What it says', ...(kind === 'input' ? claimOf(found, found.claim) : release(found, told))),
    section('What it assumes', element('p', {}, told.object), element('p', {}, told.moves), element('p', {}, told.certainty), list(told.assumptions)),
    section('What was checked', list(told.checked)),
    section('What was not checked',
      list([...told.notChecked, 'time stamps and rounds of a beacon: audit verify reads them, this page does not']),
      element('p', {}, `Who fixed the draws: ${told.challenge}.`)),
    section('Which certificate this is', facts(told, signer)),
  );
}

function facts(told, signer) {
  const pairs = [
    ['Audit', told.name],
    ['Signed by', `${signer.name}, key `, element('code', {}, told.keyids.join(', '))],
    ['Certificate', 'sha256 ', element('code', {}, told.digest)],
  ];
  return element('dl', {}, ...pairs.flatMap(([name, ...value]) => [element('dt', {}, name), element('dd', {}, ...value)]));
}

function claimOf(found, claim) {
  const told = explainClaim(found, claim);
  const needs = told.declared.some(({ needed }) => needed !== null);
  const rows = told.declared.map(({ words, certified, needed }) => [
    words, ...(needs ? [needed === null ? 'never enough' : needed.toLocaleString('en-US')] : []), certified ? 'yes' : 'no',
  ]);
  const heads = ['attacker changes at most', ...(needs ? ['votes needed'] : []), 'certified'];
  const abstained = told.abstained === null ? [] : [['abstained', told.abstained.toLocaleString('en-US')]];
  const votes = told.votes.map(({ name, votes: value }) => [name, value.toLocaleString('en-US')]);
  return [
    element('div', { class: 'promise' },
      element('p', {}, `Input ${told.index}. ${told.answer}`),
      element('p', {}, told.promise), ...(told.frontier.length > 0 ? [list(told.frontier)] : [])),
    table('Declared budgets', heads, rows),
    ...(votes.length > 0 ? [element('h3', {}, 'Votes'), table('Votes', ['class', 'votes'], [...votes, ...abstained])] : []),
    element('h3', {}, 'Is it the input that you have?'), own(claim),
  ];
}

/** A field for the input itself, whose digest the claim names. */
function own(claim) {
  const input = claim.get('input');
  const field = element('input', { type: 'file', id: 'own' });
  const line = element('p', { role: 'status' });
  field.addEventListener('change', async () => {
    try {
      const digest = await digestOf(field.files[0]);
      const name = await sha256(utf8('auditor/input/v1\0'), fromHex(input.get('salt')), digest);
      const same = toHex(name) === input.get('source');
      line.textContent = same
        ? 'Yes: this file is the certified input, byte for byte.'
        : 'No: this file is not it. Of tables and arrays the bytes of one record count, not those of the whole file.';
    } catch (error) {
      line.textContent = plain(error.message);
    }
  });
  return element('div', {},
    element('label', { for: 'own' }, 'For a picture, pick its file: the claim names the SHA-256 of its bytes, with a salt.'), field, line);
}

function release(found, told) {
  const rows = told.certified.map((row) => [row.words, row.count.toLocaleString('en-US'), row.share]);
  const field = element('input', { type: 'number', id: 'number', min: '0', max: String(told.inputs - 1), value: '0' });
  const one = element('div', { id: 'one' });
  const show = () => {
    const claim = found.claims[Number(field.value)];
    one.replaceChildren(...(claim === undefined ? [] : claimOf(found, claim)));
  };
  field.addEventListener('input', show);
  show();
  return [
    element('div', { class: 'promise' }, element('p', {},
      `Of ${told.inputs.toLocaleString('en-US')} inputs, ${told.correct.toLocaleString('en-US')} are answered rightly; ` +
      `on ${told.abstained.toLocaleString('en-US')} the vote abstains.`)),
    table('Inputs answered rightly whatever an attacker did', ['attacker changes at most', 'inputs', 'of all'], rows),
    element('h3', {}, 'One input'),
    element('label', { for: 'number' }, `Number, from 0 to ${told.inputs - 1}: `), field, one,
  ];
}

// --- events ----------------------------------------------------------------------------------------

const FIELDS = { certificate: 'certificate', folder: 'certificate', key: 'key', challenger: 'challenger' };
for (const [id, role] of Object.entries(FIELDS)) {
  at(id).addEventListener('change', () => {
    const entries = picked(at(id).files);
    at(id).value = '';
    take(entries, role);
  });
}

const isFile = (event) => [...event.dataTransfer.types].includes('Files');
document.addEventListener('dragover', (event) => {
  if (!isFile(event)) return;
  event.preventDefault();
  document.body.classList.add('dragging');
});
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) document.body.classList.remove('dragging');
});
document.addEventListener('drop', (event) => {
  if (!isFile(event)) return;
  event.preventDefault();
  document.body.classList.remove('dragging');
  const role = at('challengers').contains(event.target) ? 'challenger' : null;
  take(dropped(event.dataTransfer), role);
});
at('clear').addEventListener('click', () => {
  Object.assign(state, { certificate: null, keys: [], challengers: [] });
  listFiles();
  return check();
});

if (globalThis.crypto?.subtle === undefined) {
  say('undecided', 'This browser lends no cryptography to this page: open it as a file, or over HTTPS.');
} else {
  await check();
}
