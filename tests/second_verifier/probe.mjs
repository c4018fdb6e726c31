// Answers small questions, one line of JSON each, so that parts can be compared by themselves:
// {"document": base64} with the canonical bytes of the object it spells, {"audit": object} with its
// table of thresholds, {"key": PEM} with its key id, {"base64": text} with its bytes in the standard
// alphabet, {"told": vector} of a single-input file with what the page says of it. What is refused is
// answered with the grade.

import { stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';

import { publicKey } from '../../auditor/checker/verifier/dsse.mjs';
import { LIMITS, canonical, parseObject } from '../../auditor/checker/verifier/json.mjs';
import { Refusal } from '../../auditor/checker/verifier/refusal.mjs';
import * as shapes from '../../auditor/checker/verifier/shapes.mjs';
import { readSmoothing } from '../../auditor/checker/verifier/smoothing.mjs';
import { verifyInput } from '../../auditor/checker/verifier/steps.mjs';
import { fromBase64, toBase64, utf8 } from '../../auditor/checker/verifier/text.mjs';
import { thresholdsOf } from '../../auditor/checker/verifier/thresholds.mjs';
import { explain, explainClaim } from '../../auditor/checker/words.mjs';

function table(text) {
  const audit = parseObject(utf8(text), LIMITS.envelope);
  shapes.audit(audit, 'audit', 'statement');
  const { table: lines } = thresholdsOf(audit, readSmoothing(audit));
  return lines.map((line) => [line.get('pStar'), line.get('kStar')]);
}

/** What the page says, in the shape that the tests compare. */
async function told({ file, publicKeys, challengers = [] }) {
  const keys = await Promise.all(publicKeys.map(publicKey));
  const asked = await Promise.all(challengers.map(publicKey));
  const found = await verifyInput(fromBase64(file, 'usage'), keys, asked);
  const { digest, object, certainty, moves, assumptions, checked, notChecked, certified } = explain('input', found);
  const { answer: said, promise, frontier, declared } = explainClaim(found, found.claim);
  return {
    ...{ digest, object, certainty, moves, assumptions, checked, notChecked, answer: said, promise, frontier },
    declared: declared.map((each) => [each.words, each.certified]),
    certified: certified.map((each) => [each.words, each.count, each.share]),
    needed: found.certificate.get('thresholds').map((line) => line.get('kStar')),
  };
}

async function answer(question) {
  try {
    if ('document' in question) {
      const value = parseObject(fromBase64(question.document, 'usage'), LIMITS.leaf);
      return { canonical: toBase64(canonical(value)) };
    }
    if ('told' in question) return await told(question.told);
    if ('audit' in question) return { table: table(question.audit) };
    if ('base64' in question) return { bytes: toBase64(fromBase64(question.base64, 'envelope')) };
    return { keyid: (await publicKey(question.key)).keyid };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { refused: error.grade, reason: error.message };
  }
}

for await (const line of createInterface({ input: stdin })) {
  stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
}
