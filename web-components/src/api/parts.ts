/** What plugins add to the portal, for whoever is signed in: asked for at the start, and again when somebody else is. */
import { ask } from './client.ts';
import type { ApiClient } from './client.ts';
import { asApiError } from './problem.ts';
import type { ApiError } from './problem.ts';
import type { Instance, PortalParts, PortalTab } from './schema.ts';

const nothing: PortalParts = { pages: [], instanceTabs: [], commands: [], notices: [] };

/** `change` is dispatched whenever `list` or `error` is another. */
export class Parts extends EventTarget {
  list: PortalParts = nothing;
  state: 'idle' | 'loading' | 'ready' | 'failed' = 'idle';
  error: ApiError | undefined;
  #client: ApiClient;
  /** The newest request counts, whichever answer comes last. */
  #asked = 0;

  constructor(client: ApiClient) {
    super();
    this.#client = client;
  }

  /** Asks for them unless that was done. For elements that stand alone on a page. */
  async need(): Promise<void> {
    if (this.state === 'idle' || this.state === 'failed') await this.load();
  }

  /** Never rejects: see `error`. */
  async load(): Promise<void> {
    const turn = ++this.#asked;
    this.state = 'loading';
    try {
      const list = await ask(this.#client.GET('/api/portal/parts'));
      if (turn === this.#asked) this.#set('ready', list);
    } catch (error) {
      if (turn === this.#asked) this.#set('failed', this.list, asApiError(error));
    }
  }

  #set(state: 'ready' | 'failed', list: PortalParts, error?: ApiError): void {
    Object.assign(this, { state, list, error });
    this.dispatchEvent(new Event('change'));
  }
}

/** Whether a tab is for this instance. */
export function fits({ when = {} }: Pick<PortalTab, 'when'>, { kind, game }: Instance): boolean {
  const { kinds, games } = when;
  return (kinds?.includes(kind) ?? true) && (games?.includes(game) ?? true);
}
