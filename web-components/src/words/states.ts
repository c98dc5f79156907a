/**
 * The one state language: what an instance or operation is in, as a word, a shape and a tone. Words are those of the
 * API. The shape says it without colour: filled dot ready, open ring stopped, turning ring busy, diamond failed.
 */
import type { Instance, Operation } from '../api/schema.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'busy' | 'off';
export type Shape = 'dot' | 'ring' | 'turning' | 'diamond';

export interface Stated {
  word: string;
  tone: Tone;
  shape: Shape;
}

type Seen = Pick<Instance, 'observed' | 'ready'> & Partial<Pick<Instance, 'desired' | 'operation'>>;

const busy = (word: string): Stated => ({ word, tone: 'busy', shape: 'turning' });
const failed = (word: string): Stated => ({ word, tone: 'bad', shape: 'diamond' });

/** `Running` alone means the process runs but no probe has succeeded, which is still waiting, not well. */
export function instanceState({ observed, ready, desired }: Seen): Stated {
  if (desired === 'deleted') return busy('Deleting');
  if (observed === 'running') {
    return ready
      ? { word: 'Running · ready', tone: 'ok', shape: 'dot' }
      : busy('Running · not ready');
  }
  if (observed === 'stopped') return { word: 'Stopped', tone: 'off', shape: 'ring' };
  if (observed === 'crashed') return failed('Crashed');
  if (observed === 'error') return failed('Error');
  if (observed === 'unreachable') return { word: 'Unreachable', tone: 'warn', shape: 'diamond' };
  return busy(capital(observed));
}

export function operationState({ state }: Pick<Operation, 'state'>): Stated {
  if (state === 'succeeded') return { word: 'Succeeded', tone: 'ok', shape: 'dot' };
  if (state === 'failed') return failed('Failed');
  if (state === 'cancelled') return { word: 'Cancelled', tone: 'off', shape: 'ring' };
  return busy(capital(state));
}

/** Whether commands reach the server, and if not, why, as the sentence the console shows. */
export function consoleClosed({ observed, desired }: Seen): string | undefined {
  if (desired === 'deleted') return 'The server is being deleted.';
  switch (observed) {
    case 'running':
    case 'starting':
    case 'stopping':
      return undefined;
    case 'stopped':
      return 'The server is stopped. Start it to send commands.';
    case 'crashed':
      return 'The server has crashed. Start it to send commands.';
    case 'unreachable':
      return 'The agent does not answer. Input opens again when it does.';
    case 'error':
      return 'The server could not be set up. See Activity for the reason.';
    default:
      return 'The server is being set up. Input opens when it starts.';
  }
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
