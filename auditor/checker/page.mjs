// The page: what was dropped, what the verifier says of it, and what that is worth.

import { element } from './dom.mjs';
import { KEY, dropped, picked, readKey, readRelease, readSingle } from './files.mjs';
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

/** Keys are known by what is in them; all else is the certificate. What is in a folder is never a key. */
async function takeAll(entries, role) {
  if (entries.length === 0) throw new Refusal('usage', 'no file, or an empty folder');
  const deep = entries.filter(({ path }) => path.includes('/'));
  const folders = [...new Set(deep.map(({ path }) => path.split('/')[0]))];
  const found = folders.map((name) => ({ kind: 'release', name, entries: deep }));
  for (const { path, file } of entries) {
    if (!path.includes('/') && !(await takeKey(file, role))) found.push({ kind: 'input', name: file.name, file });
  }
  if (found.length === 0) return;
  [state.certificate] = found;
  if (found.length === 1) return;
  state.certificate = null;
  const names = found.map(({ name }) => name).join(', ');
  throw new Refusal('usage', `two certificates (${names}): expected one file, or one release folder`);
}

/** Whether this file is a key, which is then held. */
async function takeKey(file, role) {
  if (role === 'certificate') return false;
  const mustBe = role !== null;
  if (!mustBe && file.size > KEY) return false;
  const text = await readKey(file);
  if (!mustBe && !isKey(text)) return false;
  const key = await publicKey(text);
  const held = role === 'challenger' ? state.challengers : state.keys;
  if (!held.some(({ keyid }) => keyid === key.keyid)) held.push({ ...key, name: file.name });
  return true;
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
  const { certificate, keys, challengers } = structuredClone(state);
  try {
    const found = certificate.kind === 'input'
      ? await verifyInput(await readSingle(certificate.file), keys, challengers)
      : await checkRelease(certificate, keys, challengers, mine);
    if (mine === turn) accept(certificate.kind, found, keys);
  } catch (error) {
    if (mine === turn) refuse(error);
  }
}

async function checkRelease(certificate, keys, challengers, mine) {
  const { contents, digests } = await readRelease(certificate.entries, (text) => {
    if (mine === turn) say('waiting', `Checking: ${text}`);
  });
  return verifyRelease(contents, digests, keys, challengers);
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
  if (grade === 'bug') reportError(error);
}

function accept(kind, found, keys) {
  at('result').replaceChildren(...verdict(kind, found, keys));
  say('success', 'Verified: the signature and the arithmetic hold.');
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
