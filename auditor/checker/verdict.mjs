// What is shown of a certificate that was verified.

import { element, list, section, table } from './dom.mjs';
import { digestOf } from './files.mjs';
import { sha256 } from './verifier/platform.mjs';
import { fromHex, toHex, utf8 } from './verifier/text.mjs';
import { explain, explainClaim, plain } from './words.mjs';

/** What was found of a certificate, as nodes; `keys` are those that were given. */
export function verdict(kind, found, keys) {
  const told = explain(kind, found);
  const signers = keys.filter(({ keyid }) => told.keyids.includes(keyid));
  return [
    section('What it says', ...(kind === 'input' ? claimOf(found, found.claim) : release(found, told))),
    section('What it assumes', element('p', {}, told.object), element('p', {}, told.moves), element('p', {}, told.certainty), list(told.assumptions)),
    section('What was checked', list(told.checked)),
    section('What was not checked',
      list([...told.notChecked, 'time stamps and rounds of a beacon: audit verify reads them, this page does not']),
      element('p', {}, `Who fixed the draws: ${told.challenge}.`)),
    section('Which certificate this is', facts(told, signers)),
  ];
}

function facts(told, signers) {
  const pairs = [
    ['Audit', told.name],
    ...signers.map(({ name, keyid }) => ['Signed by', `${name}, key `, element('code', {}, keyid)]),
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

async function isInput(file, input) {
  const digest = await digestOf(file);
  const name = await sha256(utf8('auditor/input/v1\0'), fromHex(input.get('salt')), digest);
  return toHex(name) === input.get('source')
    ? `Yes: ${file.name} is the certified input, byte for byte.`
    : `No: ${file.name} is not it. Of tables and arrays the bytes of one record count, not those of the whole file.`;
}

/** A field for the input itself, whose digest the claim names. */
function own(claim) {
  const input = claim.get('input');
  const field = element('input', { type: 'file', id: 'own' });
  const line = element('p', { role: 'status' });
  field.addEventListener('change', async () => {
    const [file] = field.files;
    line.textContent = file === undefined ? '' : plain(`Reading ${file.name} ...`);
    if (file === undefined) return;
    const answer = await isInput(file, input).catch((error) => error.message);
    if (field.files[0] === file) line.textContent = plain(answer);
  });
  return element('div', {},
    element('label', { for: 'own' }, 'For a picture, pick its file: the claim names the SHA-256 of its bytes, with a salt.'), field, line);
}

function release(found, told) {
  const rows = told.certified.map((row) => [row.words, row.count.toLocaleString('en-US'), row.share]);
  const field = element('input', { type: 'number', id: 'number', min: '0', max: String(told.inputs - 1), value: '0' });
  const one = element('div', { id: 'one' });
  const show = () => {
    const claim = found.claims[field.valueAsNumber];
    one.replaceChildren(...(claim === undefined ? [element('p', {}, 'There is no such input.')] : claimOf(found, claim)));
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
