/** The rule for commit subjects: `area: imperative subject`, at most 72 characters. */
const maxLength = 72;

/** Words by which a subject goes round what the commit does, instead of saying it. */
const oblique = new Set(
  (
    'a an the of what who whoever whatever whose which those these that this there one it its they ' +
    'when where while how why if from in into on for with without by to at as no not nothing nobody ' +
    'each every all some any both only also is are was were has have'
  ).split(' '),
);

/** Imperatives that look like another form of a verb. */
const imperatives = new Set(
  'embed feed seed need speed shed exceed proceed succeed bring string ping sing ring swing cling'.split(
    ' ',
  ),
);

/** One sentence for each fault of a commit's subject, the first line of its message. */
export function subjectFaults(subject: string): string[] {
  if (/^(Merge |Revert "|fixup! |squash! )/.test(subject)) return [];
  const faults: string[] = [];
  if (subject.length > maxLength) {
    faults.push(`It has ${subject.length} characters; the most is ${maxLength}.`);
  }
  const [, first] = /^[a-z0-9@.][\w@./, -]*: (\S+)/.exec(subject) ?? [];
  if (first === undefined) {
    faults.push('It is not "area: subject", as in "http: answer 404 to unknown paths".');
    return faults;
  }
  const word = first.toLowerCase();
  if (first !== word && /^[A-Z][a-z]/.test(first)) faults.push(`"${first}" begins with a capital.`);
  if (oblique.has(word) || (/(ed|ing)$/.test(word) && !imperatives.has(word))) {
    faults.push(
      `"${first}" is no imperative; begin with what the commit does: "add", "refuse", "fix".`,
    );
  }
  if (subject.endsWith('.')) faults.push('It ends with a full stop.');
  return faults;
}
