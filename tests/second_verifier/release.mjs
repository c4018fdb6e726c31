// The files beside the statements (section 8, step 12).

import { readEnvelope } from './dsse.mjs';
import { LIMITS, parseObject } from './json.mjs';
import { sha256 } from './platform.mjs';
import { Refusal, demand } from './refusal.mjs';
import { fromUtf8, sameBytes, toHex } from './text.mjs';

const GRADE = 'release';
const BUNDLE = 'certificate.sigstore.json';
const FRONT_END = 'frontend.onnx';

/** Recipe, list of members, members and bundle. */
export function checkArtefacts(files, need, digests, { certificate, audit, membersDigest }, envelopes) {
  const recipe = toHex(sha256(need('recipe.toml')));
  demand(recipe === audit.get('recipeFile').get('sha256'), GRADE, 'another recipe file');
  const list = need('members.sha256');
  demand(toHex(sha256(list)) === membersDigest, GRADE, 'another list of members');

  const { count, shardSize } = Object.fromEntries(certificate.get('members'));
  const listed = readList(list);
  const shards = Array.from(
    { length: Math.ceil(count / shardSize) }, (_, i) => `members/${String(i).padStart(6, '0')}.onnx`,
  );
  const expected = listed.has(FRONT_END) ? [FRONT_END, ...shards] : shards;
  const names = [...listed.keys()];
  demand(
    names.length === expected.length && names.every((name, i) => name === expected[i]),
    GRADE,
    'a list that does not name the members',
  );
  for (const [name, digest] of listed) {
    if (!digests.has(name)) throw new Refusal('undecided', `no ${name}`);
    demand(digests.get(name) === digest, GRADE, `another ${name}`);
  }
  for (const name of [...files.keys(), ...digests.keys()]) {
    const votes = name.startsWith('members/') || name === FRONT_END;
    demand(!votes || listed.has(name), GRADE, `${name} is not listed`);
  }
  if (files.has(BUNDLE)) checkBundle(files.get(BUNDLE), envelopes.certificate);
}

/** Names and digests of a list that `sha256sum -c` reads. */
function readList(bytes) {
  const text = fromUtf8(bytes, GRADE);
  demand(text.endsWith('\n'), GRADE, 'a list whose last line does not end');
  const listed = new Map();
  for (const line of text.slice(0, -1).split('\n')) {
    const match = /^([0-9a-f]{64})  (\S+)$/.exec(line);
    demand(match !== null, GRADE, 'a line that is no digest and name');
    listed.set(match[2], match[1]);
  }
  return listed;
}

/** A Sigstore bundle around the same payload and signatures; its verification material is not read. */
function checkBundle(bytes, envelope) {
  try {
    const wrapped = readEnvelope(parseObject(bytes, LIMITS.envelope).get('dsseEnvelope'));
    const same =
      sameBytes(wrapped.payload, envelope.payload) &&
      wrapped.signatures.length === envelope.signatures.length &&
      wrapped.signatures.every((signature, i) => sameBytes(signature, envelope.signatures[i]));
    demand(same, GRADE, 'a bundle around another envelope');
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(GRADE, `bundle: ${error.message}`);
    throw error;
  }
}
