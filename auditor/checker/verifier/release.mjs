// The files beside the statements (section 8, step 12).

import { readEnvelope, signers } from './dsse.mjs';
import { LIMITS, parseObject } from './json.mjs';
import { sha256 } from './platform.mjs';
import { Refusal, demand } from './refusal.mjs';
import * as shapes from './shapes.mjs';
import { ownFrontEnd } from './statements.mjs';
import { concatenate, fromHex, fromUtf8, sameBytes, toHex } from './text.mjs';

const GRADE = 'release';
const LIST = 16 << 20;
const BUNDLE = 'certificate.sigstore.json';
const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const MODEL_SIGNATURE = 'model.sig';
const FRONT_END = 'frontend.onnx';
const FOLDER = 'members/';

/** Recipe, list of members, members, bundle and model signature. */
export async function checkArtefacts(files, digests, known, envelopes, keys) {
  const { certificate, audit, membersDigest } = known;
  const recipe = toHex(await sha256(files.get('recipe.toml')));
  demand(recipe === audit.get('recipeFile').get('sha256'), GRADE, 'another recipe file');
  const list = files.get('members.sha256');
  demand(toHex(await sha256(list)) === membersDigest, GRADE, 'another list of members');

  const { count, shardSize } = Object.fromEntries(certificate.get('members'));
  const listed = readList(list);
  checkNames([...listed.keys()], Math.ceil(count / shardSize));
  const front = ownFrontEnd(audit.get('recipe'));
  demand(!front || listed.get(FRONT_END) === front.sha256, GRADE, 'another front end than the trusted one');
  for (const name of digests.keys()) demand(listed.has(name), GRADE, `${name} is not listed`);
  for (const [name, digest] of listed) {
    if (!digests.has(name)) throw new Refusal('undecided', `no ${name}`);
    demand(digests.get(name) === digest, GRADE, `another ${name}`);
  }
  if (files.has(BUNDLE)) checkBundle(files.get(BUNDLE), envelopes.certificate);
  if (files.has(MODEL_SIGNATURE)) await checkModelSignature(files.get(MODEL_SIGNATURE), keys, listed);
}

/** Names and digests of a list that `sha256sum -c` reads. */
export function readList(bytes) {
  demand(bytes.length <= LIST, GRADE, 'a list that is too long');
  const text = fromUtf8(bytes, GRADE);
  demand(text.endsWith('\n'), GRADE, 'a list whose last line does not end');
  const lines = text.slice(0, -1).split('\n').map((line) => {
    const match = /^([0-9a-f]{64})  (members\/[0-9]{6}\.onnx|frontend\.onnx)$/.exec(line);
    demand(match !== null, GRADE, 'a line that is no digest and name');
    return [match[2], match[1]];
  });
  const sorted = lines.every(([name], i) => i === 0 || lines[i - 1][0] < name);
  demand(sorted, GRADE, 'a list that is not sorted');
  return new Map(lines);
}

/** Whether sorted names are those of so many shards, with a front end or without. */
function checkNames(names, shards) {
  const voting = names[0] === FRONT_END ? names.slice(1) : names;
  const right = voting.every((name, i) => name === `${FOLDER}${String(i).padStart(6, '0')}.onnx`);
  demand(voting.length === shards && right, GRADE, `expected ${shards} shards`);
}

/** The envelope in a Sigstore bundle; its verification material is not read. */
function unwrap(bytes) {
  const bundle = parseObject(bytes, LIMITS.bundle);
  demand(bundle.get('mediaType') === BUNDLE_TYPE, 'envelope', `bundle: expected ${BUNDLE_TYPE}`);
  return readEnvelope(bundle.get('dsseEnvelope'));
}

/** The bundle has the certificate's payload and signatures, in the same order. */
function checkBundle(bytes, envelope) {
  const wrapped = unwrap(bytes);
  const same =
    sameBytes(wrapped.payload, envelope.payload) &&
    wrapped.signatures.length === envelope.signatures.length &&
    wrapped.signatures.every((signature, i) => sameBytes(signature, envelope.signatures[i]));
  demand(same, GRADE, 'a bundle around another envelope');
}

const resource = shapes.open({
  name: shapes.text(1024), algorithm: shapes.oneOf('sha256'), digest: shapes.sha256Text,
});
const modelStatement = shapes.open({
  _type: shapes.oneOf('https://in-toto.io/Statement/v1'),
  predicateType: shapes.oneOf('https://model_signing/signature/v1.0'),
  subject: shapes.list(shapes.open({ digest: shapes.open({ sha256: shapes.sha256Text }) }), 1, 1),
  predicate: shapes.open({
    serialization: shapes.open({ method: shapes.oneOf('files'), hash_type: shapes.oneOf('sha256') }),
    resources: shapes.list(resource, 0, 1000000),
  }),
});

/** An OpenSSF model signature by a pinned key lists exactly the files in `members/`. */
async function checkModelSignature(bytes, keys, listed) {
  try {
    const envelope = unwrap(bytes);
    demand((await signers(envelope, keys)).length > 0, GRADE, 'no pinned key signed it');
    const statement = parseObject(envelope.payload, LIMITS.envelope);
    modelStatement(statement, 'statement', GRADE);
    const resources = statement.get('predicate').get('resources');
    const signed = new Map(resources.map((item) => [`${FOLDER}${item.get('name')}`, item.get('digest')]));
    const voting = [...listed].filter(([name]) => name !== FRONT_END);
    const right = voting.every(([name, digest]) => signed.get(name) === digest);
    demand(right && resources.length === voting.length && signed.size === voting.length, GRADE, 'other members');
    const all = concatenate(...resources.map((item) => fromHex(item.get('digest'))));
    const [subject] = statement.get('subject');
    const own = subject.get('digest').get('sha256');
    demand(own === toHex(await sha256(all)), GRADE, 'a subject that is not its list');
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(GRADE, `${MODEL_SIGNATURE}: ${error.message}`);
    throw error;
  }
}
