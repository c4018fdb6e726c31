// From files that somebody picks or drops to what the verifier takes: bytes within limits, each read once.

import { sha256 } from './verifier/platform.mjs';
import { Refusal } from './verifier/refusal.mjs';
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
const MEMBER = 1 << 30;

async function read(file, limit) {
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

/** The bytes of a single-input file. */
export const readSingle = (file) => read(file, SINGLE);

/** SHA-256 of a file, whatever it is. */
export const digestOf = async (file) => sha256(await read(file, MEMBER));

/** The folder's own name is the first part of a path; it says nothing. */
const inside = ({ path }) => path.slice(path.indexOf('/') + 1);

/** A release folder as the verifier takes it: bytes of the small files, digests of what votes. */
export async function readRelease(entries, progress) {
  const byName = new Map(entries.map((entry) => [inside(entry), entry.file]));
  const contents = new Map();
  for (const name of Object.keys(LIMITS)) {
    if (byName.has(name)) contents.set(name, await read(byName.get(name), LIMITS[name]));
  }
  const voting = [...byName].filter(([name]) => name.startsWith('members/') || name === 'frontend.onnx');
  const digests = new Map();
  for (const [name, file] of voting) {
    progress(`reading ${name} (${digests.size + 1} of ${voting.length})`);
    digests.set(name, toHex(await digestOf(file)));
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
