// Where the draws came from (section 8, step 13). Nothing here refutes a certificate, except a
// challenge that it does not cite.

import { signers } from './dsse.mjs';
import { canonical } from './json.mjs';
import { sha256 } from './platform.mjs';
import { demand } from './refusal.mjs';
import * as shapes from './shapes.mjs';
import { readStatement } from './statements.mjs';
import { concatenate, toHex, utf8 } from './text.mjs';

const selfDerived = (reason) => ({ kind: 'self-derived', reason });

/** The challenge that came with the certificate: its digest and what it says; null if none came. */
export function readChallenge(envelope, round) {
  demand(envelope === null || round === null, 'release', 'two challenges');
  if (envelope !== null) {
    const { digest, predicate } = readStatement(
      envelope.payload, 'precommitment', 'urn:auditor:challenge:v1', shapes.challenge,
    );
    return { sha256: toHex(sha256(envelope.payload)), envelope, subject: digest, predicate };
  }
  if (round === null) return null;
  shapes.drand(round, 'challenge.drand.json', 'statement');
  return { sha256: toHex(sha256(concatenate(canonical(round), utf8('\n')))), round };
}

/** The kind of challenge behind the draws, with its reason. */
export async function judge(challenge, { certificate, precommitment, precommitmentDigest, auditors, challengers }) {
  const cited = certificate.get('challenge')?.get('sha256') ?? null;
  if (challenge !== null) demand(challenge.sha256 === cited, 'release', 'a challenge that is not cited');
  const alpha = certificate.get('audit').get('recipe').get('claim').get('alpha');
  if (alpha === '0') return { kind: 'not-needed', reason: 'nothing is drawn' };

  const wanted = precommitment.get('challenge');
  if (wanted === null) return selfDerived('the precommitment waits for nothing');
  if (wanted.get('kind') === 'drand') {
    return { ...selfDerived('this verifier does not check beacons'), notJudged: true };
  }
  if (challenge === null || challenge.round !== undefined) return selfDerived('no signed challenge');
  const { envelope, subject, predicate } = challenge;
  const name = wanted.get('keyid');
  const eligible = challengers.filter(
    ({ keyid }) => !auditors.includes(keyid) && (name === null || name === keyid) && keyid === predicate.get('keyid'),
  );
  const [signer] = await signers(envelope, eligible);
  if (signer === undefined) return selfDerived('no pinned challenger signed it');
  if (subject !== precommitmentDigest) return selfDerived('it answers another precommitment');
  if (predicate.get('createdAt') < precommitment.get('createdAt')) {
    return selfDerived('it is older than the precommitment');
  }
  const chosen = name === null && challengers.length > 1;
  return {
    kind: 'signed',
    reason: `signed by ${signer.keyid}${chosen ? ', whom the auditor could choose among several' : ''}`,
  };
}
