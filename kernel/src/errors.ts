/**
 * Every error of the kernel, in one place: a stable code, one sentence that says what is wrong and
 * one that says what to do. Tests compare them word for word; tools may match on the code.
 */

/** An error meant for people: `message` says what is wrong, `hint` what to do about it. */
export class CodedError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CodedError';
    this.code = code;
    this.hint = hint;
  }
}

/** All faults found in a configuration, reported at once. */
export class ConfigurationError extends CodedError {
  readonly faults: readonly CodedError[];

  constructor(faults: readonly CodedError[]) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    super(
      'KERNEL_CONFIGURATION',
      `The configuration has ${count}.`,
      'Correct them and start again.',
    );
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

/** The steps of a plugin's life, as errors speak of them. */
const phases = {
  setup: 'set up',
  start: 'start',
  ready: 'become ready',
  drain: 'drain',
  stop: 'stop',
} as const;

export type Phase = keyof typeof phases;

const says = (cause: unknown) =>
  (cause instanceof Error ? cause.message : String(cause))
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
const codeOf = (phase: Phase, what: string) => `KERNEL_${phase.toUpperCase()}_${what}`;
/** `billing → invoices → database`: who needs the one that failed. */
const within = (chain: readonly string[]) => (chain.length > 1 ? ` (${chain.join(' → ')})` : '');

export const errors = {
  noConfiguration: (file: string, hint: string) =>
    new CodedError('KERNEL_NO_CONFIGURATION', `There is no configuration file "${file}".`, hint),
  configurationUnreadable: (file: string, cause: unknown) =>
    new CodedError(
      'KERNEL_CONFIGURATION_UNREADABLE',
      `The configuration file "${file}" cannot be read: ${says(cause)}.`,
      'Correct the file; its default export is an object with "plugins".',
      { cause },
    ),
  wrongConfiguration: (file: string, path: string, problem: string) =>
    new CodedError(
      'KERNEL_WRONG_CONFIGURATION',
      `"${path}" ${problem} ("${file}").`,
      'The file holds "plugins", "startTimeoutMs" and "stopTimeoutMs"; ' +
        "a plugin is false or an object of settings, with \"onFailure\" 'abort' or 'continue'.",
    ),

  peerAddress: (address: string) =>
    new CodedError(
      'KERNEL_PEER_ADDRESS',
      `Platform and agent cannot speak over "${address}": neither would know who the other is.`,
      'Use "unix:/path/of/a.sock" on one machine, or "tls-psk://10.0.0.7:18888" between machines.',
    ),
  peerUnproved: (host: string) =>
    new CodedError(
      'KERNEL_PEER_UNPROVED',
      `"${host}" showed a certificate instead of proving that it knows the shared key.`,
      'Find out what answers at this address.',
    ),
  socketFolderExposed: (folder: string) =>
    new CodedError(
      'KERNEL_SOCKET_FOLDER_EXPOSED',
      `The folder "${folder}" belongs to another user, or others may enter it.`,
      'Find out who made it, remove it, and start again.',
    ),
  socketPathTooLong: (path: string, maxBytes: number) =>
    new CodedError(
      'KERNEL_SOCKET_PATH_TOO_LONG',
      `The path of the socket "${path}" is longer than ${maxBytes} bytes.`,
      'Choose a shorter path, as in /run.',
    ),
  socketPathTaken: (path: string) =>
    new CodedError(
      'KERNEL_SOCKET_PATH_TAKEN',
      `"${path}" is there already and is no socket.`,
      'Remove it, or choose another path.',
    ),
  socketInUse: (path: string) =>
    new CodedError(
      'KERNEL_SOCKET_IN_USE',
      `Another process listens on the socket "${path}".`,
      'Stop that process, or choose another path.',
    ),

  unknownPlugin: (name: string, file: string) =>
    new CodedError(
      'KERNEL_UNKNOWN_PLUGIN',
      `The plugin "${name}" is not installed.`,
      `Install it ("npm install ${name}"), or take it out of "${file}".`,
    ),
  notAPlugin: (name: string, host: string, problem: string) =>
    new CodedError(
      'KERNEL_NOT_A_PLUGIN',
      `"${name}" is no plugin of the ${host}: ${problem}.`,
      'Check the name in the configuration, or ask the author of the package.',
    ),
  loadFailed: (name: string, cause: unknown) =>
    new CodedError(
      'KERNEL_LOAD_FAILED',
      `The plugin "${name}" could not be loaded: ${says(cause)}.`,
      'Reinstall the package, or take it out of the configuration.',
      { cause },
    ),
  incompatible: (
    name: string,
    version: string,
    { peer, range, present }: { peer: string; range: string; present: string },
  ) =>
    new CodedError(
      'KERNEL_INCOMPATIBLE',
      `"${name}" ${version} works with ${peer} ${range}, but this is ${present}.`,
      `Install a version of "${name}" made for ${peer} ${present}.`,
    ),
  duplicateId: (id: string, first: string, second: string) =>
    new CodedError(
      'KERNEL_DUPLICATE_ID',
      `"${first}" and "${second}" both call themselves "${id}".`,
      'Keep one of them in the configuration.',
    ),
  wrongDeclaration: (name: string, problem: string) =>
    new CodedError(
      'KERNEL_WRONG_DECLARATION',
      `The plugin "${name}" is declared wrongly: ${problem}.`,
      'Tell its author, or take it out of the configuration.',
    ),

  wrongSetting: (name: string, path: string, problem: string, source: string, meaning: string) =>
    new CodedError(
      'KERNEL_WRONG_SETTING',
      `The setting "${path}" of "${name}" ${problem} (${source}).`,
      `Correct it there.${meaning}`,
    ),
  missingSetting: (name: string, path: string, variable: string, meaning: string) =>
    new CodedError(
      'KERNEL_MISSING_SETTING',
      `The setting "${path}" of "${name}" is required and not set.`,
      `Set it in the configuration file, or by ${variable}.${meaning}`,
    ),
  unknownSetting: (name: string, path: string, source: string, known: readonly string[]) =>
    new CodedError(
      'KERNEL_UNKNOWN_SETTING',
      `"${name}" has no setting "${path}" (${source}).`,
      known.length === 0 ? 'There is none to set: remove it.' : `There are: ${known.join(', ')}.`,
    ),
  missingSecret: (name: string, path: string, variable: string) =>
    new CodedError(
      'KERNEL_MISSING_SECRET',
      `The secret "${variable}" for the setting "${path}" of "${name}" is not set.`,
      `Set the variable ${variable}, or ${variable}_FILE to the path of a file that holds it.`,
    ),
  unreadableSecret: (name: string, path: string, variable: string, file: string, cause: unknown) =>
    new CodedError(
      'KERNEL_UNREADABLE_SECRET',
      `The secret for the setting "${path}" of "${name}" cannot be read: ${says(cause)}.`,
      `Correct ${variable}_FILE, or let this user read "${file}".`,
      { cause },
    ),

  missingNeed: (plugin: string, wanted: string) =>
    new CodedError(
      'KERNEL_MISSING_NEED',
      `"${plugin}" needs "${wanted}", and no enabled plugin provides it.`,
      `Enable a plugin that provides "${wanted}", or disable "${plugin}".`,
    ),
  twoProviders: (wanted: string, first: string, second: string) =>
    new CodedError(
      'KERNEL_TWO_PROVIDERS',
      `"${first}" and "${second}" both provide "${wanted}".`,
      'Keep one of them in the configuration.',
    ),
  cycle: (chain: readonly string[]) =>
    new CodedError(
      'KERNEL_CYCLE',
      `These plugins need each other: ${chain.join(' → ')}.`,
      'Turn one of these needs into a point, or disable one of the plugins.',
    ),
  notProvided: (wanted: string) =>
    new CodedError(
      'KERNEL_NOT_PROVIDED',
      `No enabled plugin provides "${wanted}".`,
      'Enable a plugin that provides it.',
    ),
  notRunning: (wanted: string, plugin: string) =>
    new CodedError(
      'KERNEL_NOT_RUNNING',
      `"${wanted}" cannot be used: its plugin "${plugin}" is not running.`,
      `Use it after "${plugin}" has started and before it stops.`,
    ),

  useTooEarly: (plugin: string, name: string) =>
    new CodedError(
      'KERNEL_USE_TOO_EARLY',
      `"${plugin}" read "use.${name}" before its start.`,
      'Read it in start() or later; read points in ready().',
    ),
  useTooLate: (plugin: string, name: string) =>
    new CodedError(
      'KERNEL_USE_TOO_LATE',
      `"${plugin}" read "use.${name}" after it had stopped.`,
      'End timers and listeners in stop(), or when "signal" is aborted.',
    ),
  useUnknown: (plugin: string, name: string) =>
    new CodedError(
      'KERNEL_USE_UNKNOWN',
      `"${plugin}" read "use.${name}", which is neither among its needs nor its services.`,
      `Add it to the needs of "${plugin}".`,
    ),
  addTooLate: (plugin: string, to: string) =>
    new CodedError(
      'KERNEL_ADD_TOO_LATE',
      `"${plugin}" added to "${to}" after its setup.`,
      'Call add() inside setup().',
    ),

  stoppedWhileStarting: () =>
    new CodedError(
      'KERNEL_STOPPED',
      'It was told to stop while it was starting.',
      'Start it again.',
    ),
  phaseFailed: (phase: Phase, plugin: string, chain: readonly string[], cause: unknown) =>
    new CodedError(
      codeOf(phase, 'FAILED'),
      `"${plugin}" failed to ${phases[phase]}${within(chain)}: ${says(cause)}.`,
      cause instanceof CodedError
        ? cause.hint
        : 'Its log lines above say more; "zlh doctor" checks the machine.',
      { cause },
    ),
  phaseTimeout: (phase: Phase, plugin: string, chain: readonly string[], limitMs: number) =>
    new CodedError(
      codeOf(phase, 'TIMEOUT'),
      `"${plugin}" did not ${phases[phase]} within ${limitMs / 1000} s${within(chain)}.`,
      phase === 'drain' || phase === 'stop'
        ? 'It was left behind and the others were stopped; "stopTimeoutMs" gives it longer.'
        : 'Its log lines above say more; "startTimeoutMs" in the configuration gives it longer.',
    ),
  disposeFailed: (plugin: string, service: string, cause: unknown) =>
    new CodedError(
      'KERNEL_DISPOSE_FAILED',
      `"${plugin}" failed to dispose of its service "${service}": ${says(cause)}.`,
      'Everything else was stopped; its log lines above say more.',
      { cause },
    ),
  disposeTimeout: (plugin: string, service: string, limitMs: number) =>
    new CodedError(
      'KERNEL_DISPOSE_TIMEOUT',
      `"${plugin}" did not dispose of its service "${service}" within ${limitMs / 1000} s.`,
      'It was left behind and the others were stopped; "stopTimeoutMs" gives it longer.',
    ),
};

/** The error as lines for a terminal: what is wrong, what to do, the code; faults one by one. */
export function describeError(error: unknown): string {
  if (error instanceof ConfigurationError) {
    const faults = error.faults.map((fault) => `  - ${describeError(fault)}`);
    return [`${error.message} ${error.hint}`, ...faults].join('\n');
  }
  if (error instanceof CodedError) return `${error.message} ${error.hint} [${error.code}]`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
