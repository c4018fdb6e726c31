// Where the draws came from (section 8, step 13). Nothing here refutes a certificate, except a
// challenge that it does not cite.

import { signers } from './dsse.mjs';
import { canonical } from './json.mjs';
import { sha256 } from './platform.mjs';
import { demand } from './refusal.mjs';
import { certain } from './smoothing.mjs';
import { readStatement } from './statements.mjs';
import { concatenate, toHex, utf8 } from './text.mjs';

const selfDerived = (reason) => ({ kind: 'self-derived', reason });

/**
 * The signed challenge that came with a certificate, read; null if none came. Either an envelope or
 * a round of a beacon may come, each null if it did not, and the certificate cites it.
 */
export async function readChallenge(envelope, round, certificate) {
  demand(envelope === null || round === null, 'release', 'two challenges');
  const hashed = envelope?.payload ?? (round && concatenate(canonical(round), utf8('\n')));
  const cited = certificate.get('challenge')?.get('sha256') ?? null;
  const own = hashed === null ? null : toHex(await sha256(hashed));
  demand(own === null || own === cited, 'release', 'a challenge that is not cited');
  if (envelope === null) return null;
  const { digest, predicate } = readStatement(envelope.payload, 'urn:auditor:challenge:v1');
  return { envelope, subject: digest, predicate };
}

/** The kind of challenge behind the draws, with its reason. */
export async function judge(challenge, { smoothing, precommitment, precommitmentDigest, challengers }) {
  if (certain(smoothing.vote)) return { kind: 'not-needed', reason: 'nothing is drawn' };

  const wanted = precommitment.get('challenge');
  if (wanted === null) return selfDerived('the precommitment waits for nothing');
  if (wanted.get('kind') === 'drand') {
    return { ...selfDerived('this verifier does not check beacons'), notJudged: true };
  }
  if (challenge === null) return selfDerived('no signed challenge');
  const { envelope, subject, predicate } = challenge;
  const name = wanted.get('keyid');
  const allowed = challengers.filter(
    ({ keyid }) => keyid !== precommitment.get('keyid') && (name === null || name === keyid),
  );
  const named = allowed.filter(({ keyid }) => keyid === predicate.get('keyid'));
  const [signer] = await signers(envelope, named);
  if (signer === undefined) return selfDerived('no pinned challenger signed it');
  if (subject !== precommitmentDigest) return selfDerived('it answers another precommitment');
  if (predicate.get('createdAt') < precommitment.get('createdAt')) {
    return selfDerived('it is older than the precommitment');
  }
  const chosen = allowed.length > 1;
  const count = predicate.get('count');
  return {
    kind: 'signed',
    // each of several may have counted one
    count: chosen ? null : count && Object.fromEntries(count),
    reason: `signed by ${signer.keyid}${chosen ? ', whom the auditor could choose among several' : ''}`,
  };
}
