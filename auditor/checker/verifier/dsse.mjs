// Keys, signatures and envelopes (section 2).

import { LIMITS, parseObject } from './json.mjs';
import { onP256, sha256, verifyEd25519, verifyP256 } from './platform.mjs';
import { demand } from './refusal.mjs';
import { concatenate, fromBase64, fromHex, sameBytes, toBase64, toHex, utf8 } from './text.mjs';

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const SIGNATURES = 16;
const SIGNATURE_TEXT = 1024;

// SubjectPublicKeyInfo up to the key: id-ecPublicKey on prime256v1 with an uncompressed point, id-Ed25519.
const P256 = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004');
const COMPRESSED = fromHex('3039301306072a8648ce3d020106082a8648ce3d030107032200');
const ED25519 = fromHex('302a300506032b6570032100');

const starts = (bytes, prefix) => sameBytes(bytes.slice(0, prefix.length), prefix);

/** The pinned key in a PEM text, its first; a key of another kind, or one that anybody can sign for, is refused. */
export async function publicKey(pem) {
  const match = /-----BEGIN PUBLIC KEY-----\s([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/.exec(pem);
  demand(match !== null, 'usage', 'not a public key in PEM');
  const spki = fromBase64(match[1].replace(/\s/g, ''), 'usage');
  if (spki.length === 91 && starts(spki, P256)) {
    demand(await onP256(spki), 'usage', 'a point that is not on P-256');
    const lines = toBase64(spki).match(/.{1,64}/g).join('\n');
    const text = `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----\n`;
    return { kind: 'P-256', spki, keyid: await keyid('ecdsa', text, 'ecdsa-sha2-nistp256') };
  }
  demand(spki.length !== 59 || !starts(spki, COMPRESSED), 'usage', 'a compressed P-256 key, which is not read here');
  demand(spki.length === 44 && starts(spki, ED25519), 'usage', 'neither P-256 nor Ed25519');
  const raw = spki.slice(ED25519.length);
  demand(!weak(raw), 'usage', 'an Ed25519 key of low order or not in its one encoding');
  return { kind: 'Ed25519', spki, keyid: await keyid('ed25519', toHex(raw), 'ed25519') };
}

// The line feeds of a PEM text are bytes of their own here, not escapes.
const keyid = async (keytype, text, scheme) =>
  toHex(await sha256(utf8(`{"keytype":"${keytype}","keyval":{"public":"${text}"},"scheme":"${scheme}"}`)));

/**
 * Whether y is not reduced, or that of a point of order 1 (y = 1), 2 (y = -1), 4 (y = 0) or 8. The
 * double of a point of order 8 has y = 0, which on -x^2 + y^2 = 1 + d x^2 y^2, d = -121665/121666,
 * means x^2 = -y^2 and so 2 y^2 = 1 - d y^4.
 */
function weak(raw) {
  const prime = 2n ** 255n - 19n;
  const y = BigInt(`0x${toHex(raw.slice().reverse())}`) % 2n ** 255n;
  const square = (y * y) % prime;
  const order8 = (2n * 121666n * square - 121666n - 121665n * square * square) % prime;
  return y >= prime || y <= 1n || y === prime - 1n || order8 === 0n;
}

/** The 64 bytes r || s of a DER signature, or null if it is not DER or does not fit. */
function fromDer(der) {
  const integer = (at) => {
    const length = der[at + 1];
    if (der[at] !== 2 || length === undefined || length === 0 || length > 33) return null;
    const bytes = der.slice(at + 2, at + 2 + length);
    if (bytes.length !== length || bytes[0] > 127) return null;
    if (bytes[0] === 0 && (length === 1 || bytes[1] < 128)) return null;
    const digits = bytes[0] === 0 ? bytes.slice(1) : bytes;
    if (digits.length > 32) return null;
    return { end: at + 2 + length, padded: concatenate(new Uint8Array(32 - digits.length), digits) };
  };
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return null;
  const r = integer(2);
  const s = r && integer(r.end);
  return s !== null && s.end === der.length ? concatenate(r.padded, s.padded) : null;
}

async function signed(key, message, signature) {
  if (key.kind === 'Ed25519') {
    return signature.length === 64 && verifyEd25519(key.spki, signature, message);
  }
  const pair = fromDer(signature);
  return pair !== null && verifyP256(key.spki, pair, message);
}

/** The envelope in these bytes. */
export const parseEnvelope = (bytes) => readEnvelope(parseObject(bytes, LIMITS.envelope));

/** The envelope in a parsed object: payload, payload type and signatures; neither unknown fields nor key ids are looked at. */
export function readEnvelope(value) {
  demand(value instanceof Map, 'envelope', 'an envelope that is not an object');
  const [payload, type, signatures] = ['payload', 'payloadType', 'signatures'].map((k) => value.get(k));
  demand(type === PAYLOAD_TYPE, 'envelope', `payload type: expected ${PAYLOAD_TYPE}`);
  demand(typeof payload === 'string', 'envelope', 'payload: expected text');
  demand(Array.isArray(signatures), 'envelope', 'signatures: expected a list');
  demand(signatures.length <= SIGNATURES, 'envelope', `more than ${SIGNATURES} signatures`);
  const bytes = signatures.map((signature) => {
    demand(signature instanceof Map, 'envelope', 'a signature that is not an object');
    const sig = signature.get('sig');
    demand(typeof sig === 'string' && sig.length <= SIGNATURE_TEXT, 'envelope', 'sig: expected short text');
    return fromBase64(sig, 'envelope');
  });
  return { payload: fromBase64(payload, 'envelope'), signatures: bytes };
}

/** The pinned keys that signed this envelope, each once. */
export async function signers(envelope, keys) {
  const { payload, signatures } = envelope;
  const head = `DSSEv1 ${utf8(PAYLOAD_TYPE).length} ${PAYLOAD_TYPE} ${payload.length} `;
  const message = concatenate(utf8(head), payload);
  const found = new Map();
  for (const key of keys) {
    for (const signature of signatures) {
      if (!found.has(key.keyid) && (await signed(key, message, signature))) found.set(key.keyid, key);
    }
  }
  return [...found.values()];
}
