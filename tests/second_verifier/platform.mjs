// All that this verifier takes from Node: a hash and two signature algorithms. A browser page puts
// Web Crypto here; signatures are awaited for that reason.

import { createHash, createPublicKey, verify } from 'node:crypto';

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** Whether the key (SubjectPublicKeyInfo, DER) is one that the platform can use: on its curve. */
export function usable(spki) {
  try {
    createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return true;
  } catch {
    return false;
  }
}

/** ECDSA on P-256 with SHA-256; the signature is r || s, 32 bytes each. */
export async function verifyP256(spki, signature, message) {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** Ed25519 of RFC 8032. */
export async function verifyEd25519(spki, signature, message) {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
}
