// Why something was not accepted: a grade (section 8) and one sentence.

export const EXIT_CODES = { success: 0, usage: 2, undecided: 3, bug: 70 };

export class Refusal extends Error {
  constructor(grade, message) {
    super(message);
    this.name = 'Refusal';
    this.grade = grade;
  }

  get exitCode() {
    return EXIT_CODES[this.grade] ?? 1;
  }
}

/** Throw a refusal of this grade unless the condition is true. */
export function demand(condition, grade, message) {
  if (condition !== true) throw new Refusal(grade, message);
}
