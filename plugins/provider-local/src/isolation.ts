/**
 * The isolation of games from this machine, as the host wants it and as it is. Guarantees: where a sandbox
 * is wanted and cannot be made, no game is created, and people are told why and what to do.
 */
import type { IsolationBounds } from '@zlh/agent';
import { trySandbox, type Obstacle, type SandboxTrial } from '@zlh/agent/sandbox';
import { problems } from '@zlh/http';
import type { AdmissionRule } from '@zlh/instances';
import { CodedError, type CheckResult, type Logger } from '@zlh/kernel';

export interface IsolationSettings {
  readonly isolation: 'sandbox' | 'none';
  readonly sharedFolders: readonly string[];
  readonly firstUid: number;
}

interface Deps {
  readonly config: IsolationSettings;
  readonly home: string;
  readonly log: Logger;
}

/** Any user that is not root: it is tried whether root can give one away. */
const anybody = { uid: 65_534, gid: 65_534 };
const isRoot = () => process.getuid?.() === 0;
const choice = 'set "isolation" of provider-local to "none" to run games unprotected on purpose';
let trial: Promise<SandboxTrial> | undefined;

export class LocalIsolation {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Finds out, so that nobody has to wait for it later, and tells the log. */
  async begin(): Promise<void> {
    const { log, config } = this.#deps;
    const { state, found, todo = '' } = await checkIsolation(config);
    if (state === 'ok') log.info(found);
    else if (state === 'warning') log.warn(found);
    else log.error(`${found} ${todo}`);
  }

  /** For the agent of an instance. */
  get bounds(): IsolationBounds {
    const { config, home } = this.#deps;
    return { level: config.isolation, readable: [...config.sharedFolders], hidden: [home] };
  }

  /** Whether games are shown what they need, wherever it lies; else they must get there by themselves. */
  get shows(): boolean {
    return this.#deps.config.isolation === 'sandbox';
  }

  /** @throws CodedError PROVIDER_LOCAL_NO_SANDBOX */
  async assertPossible(): Promise<void> {
    const obstacle = await findObstacle(this.#deps.config);
    if (obstacle === undefined) return;
    throw new CodedError(
      'PROVIDER_LOCAL_NO_SANDBOX',
      `Nothing would separate this server from the machine: ${obstacle.reason}`,
      `${obstacle.remedy} Or ${choice}.`,
    );
  }
}

/** Refuses a creation before anything is made for it. */
export function isolationAdmission(settings: IsolationSettings): AdmissionRule {
  return {
    name: 'isolation of the host',
    async admit(_em, { provider }) {
      const obstacle = provider === 'local' ? await findObstacle(settings) : undefined;
      if (obstacle === undefined) return;
      throw problems.conflict(
        'provider-local.no-sandbox',
        `Nothing would separate this server from the machine: ${obstacle.reason} ${obstacle.remedy} Or ${choice}.`,
      );
    },
  };
}

/** For the portal; null while games run in sandboxes. */
export function isolationWarning({ isolation }: IsolationSettings): string | null {
  return isolation === 'none' ? unprotected() : null;
}

/** For `zlh doctor` and `zlh inspect`. */
export async function checkIsolation(settings: IsolationSettings): Promise<CheckResult> {
  if (settings.isolation === 'none')
    return {
      state: 'warning',
      found: unprotected(),
      todo: 'Set "isolation" of provider-local to "sandbox".',
    };
  const obstacle = await findObstacle(settings);
  if (obstacle === undefined) {
    const found = await (trial ??= trySandbox(anybody));
    if (!found.works || found.because === null)
      return { state: 'ok', found: 'Games run in sandboxes.' };
    return {
      state: 'warning',
      found: `Games run in sandboxes, but may make user namespaces as everybody on this machine may. ${found.because}`,
      todo: 'Raise "user.max_user_namespaces" with sysctl, so that each sandbox gets one that allows no further ones.',
    };
  }
  return {
    state: 'fault',
    found: `No game is created or started: ${obstacle.reason}`,
    todo: `${obstacle.remedy} Or ${choice}.`,
  };
}

/** Why no game may run, or undefined. Tried once in the life of this process. */
async function findObstacle(settings: IsolationSettings): Promise<Obstacle | undefined> {
  if (settings.isolation === 'none') return undefined;
  if (isRoot() && settings.firstUid === 0)
    return {
      reason: 'Games would run as root, because "firstUid" of provider-local is 0.',
      remedy: 'Take that setting away.',
    };
  trial ??= trySandbox(anybody);
  const found = await trial;
  return found.works ? undefined : found.obstacle;
}

/** The choice of the host, in one sentence. */
function unprotected(): string {
  return isRoot()
    ? 'Games run without a sandbox, as "isolation: none" says: their code sees this machine and other servers.'
    : 'Games run without a sandbox and as the user of the platform, as "isolation: none" says: their code can do all that the platform can.';
}
