// The run-off of fixed members (section 6): from a row of both rounds to its claim.

import { demand } from './refusal.mjs';

const GRADE = 'claim';

/** How many bytes a row has. */
export const runOffRowSize = (classes) => 2 * (classes + 1 + (3 * classes * (classes - 1)) / 2);

/** The tallies of a row: votes by class and abstentions; then for each b < c those for b, c, neither. */
function readRounds(row, classes, members) {
  const words = Array.from({ length: row.length / 2 }, (_, i) => row[2 * i] + 256 * row[2 * i + 1]);
  const take = (from, size) => {
    const tally = words.slice(from, from + size);
    demand(tally.reduce((a, b) => a + b, 0) === members, GRADE, `a tally of other than ${members} votes`);
    return tally;
  };
  const first = take(0, classes + 1);
  const finals = Array.from({ length: classes }, () => []);
  let at = classes + 1;
  for (let b = 0; b < classes; b++) {
    for (let c = b + 1; c < classes; c++, at += 3) {
      const [forB, forC, neither] = take(at, 3);
      finals[b][c] = { own: forB, against: forC, neither };
      finals[c][b] = { own: forC, against: forB, neither };
    }
  }
  return { votes: first.slice(0, classes), abstained: first[classes], finals };
}

const positive = (value) => Math.max(0, value);

/** Whether a class wins whatever `touched` members, and those that abstain, vote. */
function withstands(label, touched, { votes, abstained, finals }) {
  const lacking = (one, other) => votes[other] - votes[one] + (other < one ? 1 : 0);
  const others = votes.map((_, other) => other).filter((other) => other !== label);
  const [nearest, next] = others.map((b) => lacking(b, label)).sort((a, b) => a - b);
  if (positive(nearest - touched) + positive(next - touched) <= touched + abstained) return false;
  return others.every((b) => {
    const { own, against, neither } = finals[label][b];
    if (own - against + (label < b ? 1 : 0) > 2 * touched + neither) return true;
    const thirds = others.filter((c) => c !== b);
    return thirds.reduce((sum, c) => sum + positive(lacking(b, c) - touched - abstained), 0) > touched;
  });
}

/** The rule over rows of both rounds. */
export const runOffRule = ({ classes, voters: members }) => (row) => {
  const rounds = readRounds(row, classes, members);
  const label = rounds.votes.findIndex((_, one) => withstands(one, 0, rounds));
  const statistics = { votes: rounds.votes, abstained: rounds.abstained, runOffs: [] };
  if (label < 0) return { label: null, statistics: new Map(Object.entries(statistics)), frontier: [] };
  let radius = 0;
  while (withstands(label, radius + 1, rounds)) radius++;
  const finals = rounds.finals[label].map(({ own, against }) => [own, against]);
  statistics.runOffs = rounds.votes.map((_, b) => b).filter((b) => b !== label).map((b) => finals[b]);
  return {
    label,
    statistics: new Map(Object.entries(statistics)),
    frontier: [radius > 0 ? new Map([['trainExamples', radius]]) : new Map()],
  };
};
