// All that this verifier takes from where it runs: Web Crypto, which browsers and Node have alike.

import { Refusal } from './refusal.mjs';
import { concatenate } from './text.mjs';

// Pages that came over plain HTTP have no `subtle`.
const { subtle } = globalThis.crypto;
const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const ED25519 = { name: 'Ed25519' };

/** SHA-256 of the parts, one after the other. */
export async function sha256(...parts) {
  const whole = parts.length === 1 ? parts[0] : concatenate(...parts);
  return new Uint8Array(await subtle.digest('SHA-256', whole));
}

const imported = (spki, algorithm) => subtle.importKey('spki', spki, algorithm, false, ['verify']);

/** Whether this key (SubjectPublicKeyInfo, DER) is a point on P-256. */
export async function onP256(spki) {
  try {
    await imported(spki, P256);
    return true;
  } catch (error) {
    // What a platform says of an encoding that is none; anything else is not about the key.
    if (error instanceof DOMException && error.name === 'DataError') return false;
    throw error;
  }
}

/** ECDSA on P-256 with SHA-256; the signature is r || s, 32 bytes each. */
export async function verifyP256(spki, signature, message) {
  return subtle.verify({ ...P256, hash: 'SHA-256' }, await imported(spki, P256), signature, message);
}

/** Ed25519 of RFC 8032; undecided where the platform has none. */
export async function verifyEd25519(spki, signature, message) {
  try {
    return await subtle.verify(ED25519, await imported(spki, ED25519), signature, message);
  } catch (error) {
    if (error.name !== 'NotSupportedError') throw error;
    throw new Refusal('undecided', 'this platform has no Ed25519, which the pinned key is for');
  }
}
