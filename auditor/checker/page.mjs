// The page: what was dropped, what the verifier says of it, and what that is worth.

import { element } from './dom.mjs';
import { dropped, picked, readKey, readRelease, readSingle } from './files.mjs';
import { verdict } from './verdict.mjs';
import { publicKey } from './verifier/dsse.mjs';
import { Refusal } from './verifier/refusal.mjs';
import { verifyInput, verifyRelease } from './verifier/steps.mjs';
import { plain } from './words.mjs';

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
  say('success', 'Verified: the signature and the arithmetic hold.');
  at('result').replaceChildren(...verdict(kind, found, state.keys));
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
