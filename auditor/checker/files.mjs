// From files that somebody picks or drops to what the verifier takes: bytes within limits, each read once.

import { sha256 } from './verifier/platform.mjs';
import { Refusal } from './verifier/refusal.mjs';
import { readList } from './verifier/release.mjs';
import { signedSizes } from './verifier/steps.mjs';
import { toHex } from './verifier/text.mjs';

/** Larger files are no keys. */
export const KEY = 16 << 10;
const SINGLE = 80 << 20;
const LIMITS = {
  'precommit.dsse.json': 16 << 20,
  'certificate.dsse.json': 16 << 20,
  'claims.jsonl': 256 << 20,
  'evidence.bin': 512 << 20,
  'members.sha256': 16 << 20,
  'recipe.toml': 1 << 20,
  'certificate.sigstore.json': 32 << 20,
  'model.sig': 32 << 20,
  'challenge.dsse.json': 16 << 20,
  'challenge.drand.json': 4096,
};
const ENVELOPES = ['precommit.dsse.json', 'certificate.dsse.json'];
const MEMBER = 1 << 30;

/** Bytes of a file; one that is longer than was signed is read a byte further, enough to be refused. */
async function read(file, limit, signed = limit) {
  if (signed < limit && file.size > signed) return read(file.slice(0, signed + 1), limit);
  if (file.size > limit) {
    const sizes = `${file.size.toLocaleString('en-US')} bytes, and this page reads ${limit.toLocaleString('en-US')}`;
    throw new Refusal('undecided', `${file.name}: ${sizes}; use audit verify`);
  }
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new Refusal('usage', `${file.name}: it could not be read (${error.name})`);
  }
}

/** The text of a file that may hold a key in PEM. */
export const readKey = async (file) => new TextDecoder().decode(await read(file, KEY));

/** Whether a text is a key and nothing else: a certificate may hold anything, also a key. */
export const isKey = (text) => text.trimStart().startsWith('-----BEGIN PUBLIC KEY-----');

/** The bytes of a single-input file. */
export const readSingle = (file) => read(file, SINGLE);

/** SHA-256 of a file, whatever it is. */
export const digestOf = async (file) => sha256(await read(file, MEMBER));

/** The folder's own name is the first part of a path; it says nothing. */
const inside = ({ path }) => path.slice(path.indexOf('/') + 1);

/**
 * A release folder as the verifier takes it: bytes of the small files, digests of what votes.
 *
 * Whose certificate it is comes first, and files are read as far as it says, members up to the first
 * that is not the signed one: a stranger's folder costs nothing.
 */
export async function readRelease(entries, keys, progress) {
  const byName = new Map(entries.map((entry) => [inside(entry), entry.file]));
  const contents = new Map();
  for (const name of ENVELOPES) {
    if (byName.has(name)) contents.set(name, await read(byName.get(name), LIMITS[name]));
  }
  const digests = new Map();
  if (ENVELOPES.some((name) => !contents.has(name))) return { contents, digests };
  const { sizes, membersDigest } = await signedSizes(contents, keys);
  for (const name of Object.keys(LIMITS)) {
    if (byName.has(name)) contents.set(name, await read(byName.get(name), LIMITS[name], sizes[name]));
  }
  const list = contents.get('members.sha256') ?? new Uint8Array();
  if (toHex(await sha256(list)) !== membersDigest) return { contents, digests };
  const listed = readList(list);
  for (const [name, digest] of listed) {
    if (!byName.has(name)) break;
    progress(`reading ${name} (${digests.size + 1} of ${listed.size})`);
    digests.set(name, toHex(await digestOf(byName.get(name))));
    if (digests.get(name) !== digest) break;
  }
  for (const name of byName.keys()) {
    if ((name.startsWith('members/') || name === 'frontend.onnx') && !listed.has(name)) digests.set(name, 'not read');
  }
  return { contents, digests };
}

/** All files that were dropped, those in folders with their paths. */
export async function dropped(transfer) {
  // Both lists are only there until the event's handler first waits.
  const files = [...transfer.files].map((file) => ({ path: file.name, file }));
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  if (!items.some((item) => item.webkitGetAsEntry?.()?.isDirectory)) return files;
  // The older interface, webkitGetAsEntry, reads no folders for pages that were opened as files.
  if (items.some((item) => item.getAsFileSystemHandle === undefined)) {
    throw new Refusal('usage', 'this browser does not hand over a dropped folder; pick it in the field above');
  }
  try {
    const handles = await Promise.all(items.map((item) => item.getAsFileSystemHandle()));
    return (await Promise.all(handles.map((handle) => below(handle, handle.name)))).flat();
  } catch (error) {
    throw new Refusal('usage', `what was dropped could not be read (${error.name})`);
  }
}

async function below(handle, path) {
  if (handle.kind === 'file') return [{ path, file: await handle.getFile() }];
  const found = [];
  for await (const [name, inner] of handle.entries()) found.push(...(await below(inner, `${path}/${name}`)));
  return found;
}

/** The same for files picked in a form. */
export const picked = (list) => [...list].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
