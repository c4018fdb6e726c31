// How far a verification reaches, in words.

const ALWAYS = [
  'signature of precommitment and certificate by the pinned key',
  'certificate cites this precommitment, with the same audit',
  'sizes of members, draws, inputs and evidence add up',
  'thresholds recomputed exactly',
];
const CHECKED = {
  release: [
    'every claim is in the signed tree, once and in order',
    'inputs and true labels are the committed list',
    'every row of votes has its signed digest',
    'every label, statistic and radius recomputed from its row of votes',
    'totals recomputed from all claims',
    'members, recipe.toml and the Sigstore bundle are the signed files, none missing or added, as far as the browser ' +
      'hands them over',
  ],
  input: [
    'the claim is in the signed tree at its index',
    'its row of votes has its signed digest',
    'its label, statistics and radii recomputed from the row of votes',
  ],
};

/** What a certificate rests on and a verification did not look at. */
export function notChecked(kind, { certificate, challenge }) {
  const runs = challenge.count
    ? `as the challenger counts, this is challenge ${challenge.count.ofKey} to this auditor's key and ` +
      `${challenge.count.ofData} about this data set`
    : 'not excluded';
  const bitwise = certificate.get('determinism') === 'bitwise';
  return [
    'votes: no member was run again on an input',
    'training: no member was retrained',
    'data: neither the training set nor the inputs were at hand',
    'recipe.toml: that it resolves to the signed recipe',
    'inputs: that no image is listed under two names',
    'code and environment: as the auditor states them',
    `number of runs made before this one: ${runs}`,
    `determinism of training: ${bitwise ? "bitwise in the auditor's own self-test" : 'assumed by the auditor'}`,
    ...(challenge.kind === 'not-needed'
      ? []
      : ['noise: that the draws of all other cells came from the stated streams']),
    ...(kind === 'input'
      ? ['members: their files were not at hand', 'other inputs: neither their claims, nor the list, nor the totals']
      : [
          'report.html and manifest.json: not signed, not read',
          'links, empty folders and names that a browser hides',
        ]),
  ];
}

/** What was established. */
export const checked = (kind) => [...ALWAYS, ...CHECKED[kind]];
