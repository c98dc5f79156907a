/** Reads out of a game's answer whether an action was done, refused, or is still going on. */
import type { ActionResult, ActionSpec } from '../contract/actions.ts';

export type Outcome =
  | { readonly state: 'done'; readonly result: ActionResult['result'] }
  | { readonly state: 'refused'; readonly answer: string }
  | { readonly state: 'open' };

export class OutcomeReader {
  readonly #action: ActionSpec;
  readonly #confirmation: RegExp | undefined;
  readonly #failure: RegExp | undefined;
  readonly #each: RegExp | undefined;

  constructor(action: ActionSpec, nonce: string) {
    const compile = (source: string | undefined, flags: string) =>
      source === undefined ? undefined : new RegExp(source.replaceAll('{nonce}', nonce), flags);
    this.#action = action;
    this.#confirmation = compile(action.confirmation, 'm');
    this.#failure = compile(action.failure, 'm');
    this.#each = compile(action.each, 'gm');
  }

  /** Whether there is anything to wait for. */
  get waits(): boolean {
    return this.#confirmation !== undefined;
  }

  /** Whichever came first counts. */
  read(text: string): Outcome {
    const done = this.#confirmation?.exec(text) ?? undefined;
    const refused = this.#failure?.exec(text) ?? undefined;
    if (refused !== undefined && (done === undefined || refused.index < done.index))
      return { state: 'refused', answer: refused[0].trim().slice(0, 300) };
    if (done === undefined) return { state: 'open' };
    return { state: 'done', result: this.#result(done, text) };
  }

  #result(done: RegExpExecArray, text: string): ActionResult['result'] {
    const { lists = [] } = this.#action;
    const result: ActionResult['result'] = {};
    for (const [name, value] of Object.entries(done.groups ?? {})) {
      if (value !== undefined) result[name] = lists.includes(name) ? split(value) : value;
    }
    if (this.#each === undefined) return result;
    for (const name of groupsOf(this.#each)) result[name] = [];
    for (const { groups = {} } of text.slice(0, done.index).matchAll(this.#each)) {
      for (const [name, value] of Object.entries(groups))
        if (value !== undefined) (result[name] as string[]).push(value);
    }
    return result;
  }
}

function split(names: string): string[] {
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Also where nothing matches: an empty list is an answer. */
export function groupsOf({ source }: RegExp): string[] {
  return [...source.matchAll(/\(\?<([A-Za-z][A-Za-z0-9]*)>/g)].map(([, name]) => name!);
}
