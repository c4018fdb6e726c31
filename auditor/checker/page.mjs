// The page: what was dropped, what the verifier says of it, and what that is worth.

import { element } from './dom.mjs';
import { KEY, dropped, isKey, picked, readKey, readRelease, readSingle } from './files.mjs';
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
// Counts checks, of which only the newest may show its end, and fresh starts, which drop what is being read.
let turn = 0;
let beginning = 0;
// How many drops are still being read: until then what is held may change, and nothing is judged.
let reading = 0;
let queue = Promise.resolve();

// --- what was dropped ------------------------------------------------------------------------------

/** Take files in, after those that came before; `found` is a promise of them. */
function take(found, role) {
  const begun = beginning;
  reading += 1;
  check();
  queue = queue.then(async () => {
    let failure = null;
    try {
      const taken = await sorted(await found, role);
      if (begun === beginning) hold(taken, role);
    } catch (error) {
      if (begun === beginning) failure = error;
    }
    reading -= 1;
    listFiles();
    // Not waited for: what is dropped meanwhile starts another check, and this one's end is not shown.
    if (failure === null) check();
    else refuse(failure);
  });
}

/** What these files are: keys by what is in them, all else a certificate. What is in a folder is never a key. */
async function sorted(entries, role) {
  if (entries.length === 0) throw new Refusal('usage', 'no file, or an empty folder');
  const deep = entries.filter(({ path }) => path.includes('/'));
  const folders = [...new Set(deep.map(({ path }) => path.split('/')[0]))];
  const taken = { certificates: folders.map((name) => ({ kind: 'release', name, entries: deep })), keys: [], failed: [] };
  for (const { path, file } of entries) {
    if (path.includes('/')) continue;
    try {
      const key = await keyIn(file, role);
      if (key === null) taken.certificates.push({ kind: 'input', name: file.name, file });
      else taken.keys.push({ ...key, name: file.name });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      taken.failed.push(new Refusal(error.grade, `${file.name}: ${error.message}`));
    }
  }
  return taken;
}

/** The key in this file, null if it is none; a field for keys takes nothing else. */
async function keyIn(file, role) {
  if (role === 'certificate' || (role === null && file.size > KEY)) return null;
  const text = await readKey(file);
  return role === null && !isKey(text) ? null : publicKey(text);
}

/** Keep what was taken. Refuses what leaves open which certificate is meant, or whose key is whose. */
function hold({ certificates, keys, failed }, role) {
  if (certificates.length > 0) state.certificate = certificates.length === 1 ? certificates[0] : null;
  const names = (items) => items.map(({ name }) => name).join(', ');
  if (role === null && keys.length > 1) {
    throw new Refusal('usage', `two keys at once (${names(keys)}): pick the auditor's in its field, a challenger's in the other`);
  }
  const held = role === 'challenger' ? state.challengers : state.keys;
  held.push(...keys.filter(({ keyid }) => !held.some((other) => other.keyid === keyid)));
  if (failed.length > 0) throw failed[0];
  if (certificates.length > 1) {
    throw new Refusal('usage', `two certificates (${names(certificates)}): expected one file, or one release folder`);
  }
}

function listFiles() {
  const named = (held) => held.map((key) => {
    const remove = element('button', { type: 'button', 'aria-label': `remove ${key.name}` }, 'remove');
    remove.addEventListener('click', () => {
      held.splice(held.indexOf(key), 1);
      listFiles();
      check();
    });
    return element('li', {}, `${key.name}: key `, element('code', {}, key.keyid), ' ', remove);
  });
  at('certificate-held').replaceChildren(...(state.certificate === null ? [] : [plain(state.certificate.name)]));
  at('keys-held').replaceChildren(...named(state.keys));
  at('challengers-held').replaceChildren(...named(state.challengers));
  at('trusted').hidden = state.keys.length === 0;
  at('clear').hidden = state.certificate === null && state.keys.length + state.challengers.length === 0;
}

// --- the verdict -----------------------------------------------------------------------------------

async function check() {
  const mine = ++turn;
  if (reading > 0) return show('waiting', 'Reading ...');
  if (state.certificate === null) return show('waiting', 'Waiting for a certificate.');
  if (state.keys.length === 0) return show('waiting', "Waiting for the auditor's public key.");
  show('waiting', 'Checking ...');
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
  const { contents, digests } = await readRelease(certificate.entries, keys, (text) => {
    if (mine === turn) show('waiting', `Checking: ${text}`);
  });
  return verifyRelease(contents, digests, keys, challengers);
}

/** The verdict in one line, read aloud when it changes, and what is below it. */
function show(grade, text, nodes = []) {
  const line = at('verdict');
  line.dataset.grade = grade;
  line.textContent = plain(text);
  at('result').replaceChildren(...nodes);
}

function refuse(error) {
  const grade = error instanceof Refusal ? error.grade : 'bug';
  show(grade, `${GRADES[grade]}. ${error.message}.`);
  if (grade === 'bug') reportError(error);
}

function accept(kind, found, keys) {
  show('success', 'Verified: the signature and the arithmetic hold.', verdict(kind, found, keys));
}

// --- events ----------------------------------------------------------------------------------------

const FIELDS = { certificate: 'certificate', folder: 'certificate', key: 'key', challenger: 'challenger' };

function listen() {
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
    beginning += 1;
    Object.assign(state, { certificate: null, keys: [], challengers: [] });
    listFiles();
    check();
  });
}

if (globalThis.crypto?.subtle === undefined) {
  at('fields').hidden = true;
  show('undecided', 'This browser lends no cryptography to this page: open it as a file, or over HTTPS.');
} else {
  listen();
  check();
}
