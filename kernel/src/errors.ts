/**
 * Every error of the kernel, in one place: a stable code, one sentence that says what is wrong and one
 * that says what to do. Tests compare them word for word; tools may match on the code.
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
    super(
      'KERNEL_CONFIGURATION',
      `The configuration has ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}.`,
      'Correct them and start again.',
    );
    this.name = 'ConfigurationError';
    this.faults = faults;
  }
}

const make = (code: string) => (message: string, hint: string, cause?: unknown) =>
  new CodedError(code, message, hint, cause === undefined ? undefined : { cause });

const unknownPlugin = make('KERNEL_UNKNOWN_PLUGIN');
const notAPlugin = make('KERNEL_NOT_A_PLUGIN');
const loadFailed = make('KERNEL_LOAD_FAILED');
const incompatible = make('KERNEL_INCOMPATIBLE');
const duplicateId = make('KERNEL_DUPLICATE_ID');
const wrongSetting = make('KERNEL_WRONG_SETTING');
const unknownSetting = make('KERNEL_UNKNOWN_SETTING');
const missingSecret = make('KERNEL_MISSING_SECRET');
const missingNeed = make('KERNEL_MISSING_NEED');
const twoProviders = make('KERNEL_TWO_PROVIDERS');
const cycle = make('KERNEL_CYCLE');
const nameTaken = make('KERNEL_NAME_TAKEN');
const useTooEarly = make('KERNEL_USE_TOO_EARLY');
const useUnknown = make('KERNEL_USE_UNKNOWN');
const addTooLate = make('KERNEL_ADD_TOO_LATE');
const stoppedWhileStarting = make('KERNEL_STOPPED');
const phaseFailed = { setup: make('KERNEL_SETUP_FAILED'), start: make('KERNEL_START_FAILED'), ready: make('KERNEL_READY_FAILED'), drain: make('KERNEL_DRAIN_FAILED'), stop: make('KERNEL_STOP_FAILED') };
const phaseTimeout = { start: make('KERNEL_START_TIMEOUT'), ready: make('KERNEL_READY_TIMEOUT'), drain: make('KERNEL_DRAIN_TIMEOUT'), stop: make('KERNEL_STOP_TIMEOUT') };

export type Phase = keyof typeof phaseFailed;

const says = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');
const hintOf = (cause: unknown, otherwise: string) => (cause instanceof CodedError ? cause.hint : otherwise);

export const errors = {
  unknownPlugin: (name: string, host: string) =>
    unknownPlugin(`The plugin "${name}" is not installed.`, `Install it ("npm install ${name}") or take it out of config/${host}.ts.`),
  notAPlugin: (name: string, host: string) =>
    notAPlugin(`"${name}" is no plugin of the ${host}: its "./${host}" export has no default export made by definePlugin().`, 'Check the name in the configuration, or ask the author of the package.'),
  loadFailed: (name: string, cause: unknown) =>
    loadFailed(`The plugin "${name}" could not be loaded: ${says(cause)}.`, 'Reinstall the package, or take it out of the configuration.', cause),
  incompatible: (name: string, version: string, range: string, kernel: string) =>
    incompatible(`"${name}" ${version} works with @zlh/kernel ${range}, but this is ${kernel}.`, `Install a version of "${name}" made for @zlh/kernel ${kernel}.`),
  duplicateId: (id: string, first: string, second: string) =>
    duplicateId(`"${first}" and "${second}" both call themselves "${id}".`, 'Keep one of them in the configuration.'),
  wrongSetting: (name: string, path: string, problem: string, source: string) =>
    wrongSetting(`The setting "${path}" of "${name}" ${problem} (${source}).`, '"zlh inspect --settings" lists every setting with its meaning and default.'),
  unknownSetting: (name: string, path: string, source: string, known: readonly string[]) =>
    unknownSetting(`"${name}" has no setting "${path}" (${source}).`, known.length === 0 ? 'It has no settings: remove it.' : `It has: ${known.join(', ')}.`),
  missingSecret: (name: string, path: string, variable: string) =>
    missingSecret(`The secret "${variable}" for the setting "${path}" of "${name}" is not set.`, `Set the environment variable ${variable}, or ${variable}_FILE to the path of a file that holds it.`),
  missingNeed: (plugin: string, wanted: string) =>
    missingNeed(`"${plugin}" needs "${wanted}", and no enabled plugin provides it.`, `Enable a plugin that provides "${wanted}", or disable "${plugin}".`),
  twoProviders: (wanted: string, first: string, second: string) =>
    twoProviders(`"${first}" and "${second}" both provide "${wanted}".`, 'Keep one of them in the configuration.'),
  cycle: (chain: readonly string[]) =>
    cycle(`These plugins need each other: ${chain.join(' → ')}.`, 'Make one of these needs optional, or turn it into a point.'),
  nameTaken: (plugin: string, name: string) =>
    nameTaken(`"${plugin}" uses the name "${name}" twice among its needs, its services and what the kernel gives.`, 'Rename one of them.'),
  useTooEarly: (plugin: string, name: string) =>
    useTooEarly(`"${plugin}" read "use.${name}" before its start.`, 'Keep "use" and read it in start() or later.'),
  useUnknown: (plugin: string, name: string) =>
    useUnknown(`"${plugin}" read "use.${name}", which is neither among its needs nor its services.`, `Add it to the needs of "${plugin}".`),
  addTooLate: (plugin: string, to: string) =>
    addTooLate(`"${plugin}" added to "${to}" after its setup.`, 'Call add() inside setup().'),
  stoppedWhileStarting: () => stoppedWhileStarting('It was told to stop while it was starting.', 'Start it again.'),
  phaseFailed: (phase: Phase, plugin: string, chain: readonly string[], cause: unknown) =>
    phaseFailed[phase](`"${plugin}" failed to ${phase}${chain.length > 1 ? ` (needed by ${chain.join(' → ')})` : ''}: ${says(cause)}.`, hintOf(cause, `Its log lines above say more; "zlh doctor" checks the machine.`), cause),
  phaseTimeout: (phase: Exclude<Phase, 'setup'>, plugin: string, milliseconds: number) =>
    phaseTimeout[phase](`"${plugin}" did not finish its ${phase} within ${milliseconds / 1000} s.`, phase === 'start' || phase === 'ready' ? `Look at its log lines above, or raise "${phase === 'start' ? 'startTimeoutMs' : 'readyTimeoutMs'}" in the configuration.` : 'It was left behind; the other plugins were stopped.'),
};

/** The error as lines for a terminal: what is wrong, what to do, the code; faults one by one. */
export function describeError(error: unknown): string {
  if (error instanceof ConfigurationError) {
    return [`${error.message} ${error.hint}`, ...error.faults.map((fault) => `  - ${describeError(fault)}`)].join('\n');
  }
  if (error instanceof CodedError) return `${error.message} ${error.hint} [${error.code}]`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
