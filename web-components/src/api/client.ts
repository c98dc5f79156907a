/**
 * The typed client of the platform's API. `ask(client.GET(…))` resolves with the body or throws an `ApiError`;
 * nothing else ever comes out of a request.
 */
import createFetchClient from 'openapi-fetch';
import type { Client } from 'openapi-fetch';
import { ApiError, toApiError, unreachable } from './problem.ts';
import type { paths } from './schema.ts';

export type ApiClient = Client<paths>;

/** Where strangers knock: a 401 there is an answer, not the end of a session. */
const DOORS = /\/api\/auth\/(login|logout|me|register|setup)$/;

export interface ClientOptions {
  /** Origin of the platform; empty for the one that served the page. */
  server: string;
  /** Embed token or API key; empty to use the session cookie. */
  token: string;
  /** Called when the platform says nobody is signed in. */
  onSignedOut(): void;
}

export function createClient({ server, token, onSignedOut }: ClientOptions): ApiClient {
  return createFetchClient<paths>({
    baseUrl: server || location.origin,
    credentials: token ? 'omit' : 'same-origin',
    headers: token ? { authorization: `Bearer ${token}` } : {},
    async fetch(request) {
      const response = await fetch(request).catch(() => {
        throw unreachable();
      });
      if (response.status === 401 && !DOORS.test(request.url)) onSignedOut();
      return response;
    },
  });
}

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Waits for an answer: its body, or an `ApiError`. */
export async function ask<T>(request: Promise<Outcome<T>>): Promise<NonNullable<T>> {
  const { data, error, response } = await request;
  if (!response.ok) throw toApiError(response.status, error);
  return data as NonNullable<T>;
}

/** Like `ask`, but "not there" is an answer too. */
export async function askMaybe<T>(
  request: Promise<Outcome<T>>,
): Promise<NonNullable<T> | undefined> {
  try {
    return await ask(request);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
