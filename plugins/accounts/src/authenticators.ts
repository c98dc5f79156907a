/** Who is behind a request: a browser with a session cookie, or a program with an API key. A key wins over a cookie. */
import { problems, type Authenticator, type Identity } from '@zlh/http';
import type { ApiKeys, ApiKeyView } from './api-keys.ts';
import type { User } from './index.ts';
import { covers, type PermissionBook } from './permissions.ts';
import type { Session, Sessions } from './sessions.ts';

interface Use {
  readonly sessions: Sessions;
  readonly apiKeys: ApiKeys;
  readonly permissionBook: PermissionBook;
}

/** What this plugin knows of a caller besides what everybody sees. */
export interface Person extends Identity {
  readonly user: User;
  readonly session: Session | null;
  readonly key: ApiKeyView | null;
}

export function sessionAuthenticator({ sessions, permissionBook }: Use): Authenticator {
  return {
    async authenticate(request) {
      // The check of the Origin is left out for requests with this header: they must not act by cookie.
      if (request.headers.authorization !== undefined) return null;
      const session = await sessions.ofRequest(request);
      if (session === null) return null;
      const { user } = session;
      const person: Person = {
        ...common('user', user),
        session,
        key: null,
        can: (permission) => permissionBook.roleAllows(user.role, permission),
      };
      return person;
    },
  };
}

export function keyAuthenticator({ apiKeys, permissionBook }: Use): Authenticator {
  return {
    async authenticate(request) {
      const text = /^Bearer +(zlh_\S*)$/i.exec(request.headers.authorization ?? '')?.[1];
      if (text === undefined) return null;
      const used = await apiKeys.use(text);
      if (used === null)
        throw problems.unauthenticated(
          'This API key is not valid: it is mistyped, revoked or expired.',
        );
      const { user, key } = used;
      const person: Person = {
        ...common('api-key', user),
        session: null,
        key,
        can: (permission) =>
          covers(key.scopes, permission) && permissionBook.roleAllows(user.role, permission),
      };
      return person;
    },
  };
}

function common(kind: 'user' | 'api-key', user: User) {
  return {
    kind,
    id: user.id,
    label: user.email,
    administrator: user.role === 'administrator',
    user,
  };
}

/** The caller as one of ours; only for identities that these authenticators made. */
export function personOf(identity: Identity | null): Person | null {
  return identity !== null && 'user' in identity ? (identity as Person) : null;
}

/** The person and the session they came with; throws a 403 for API keys, which must not do what needs one. */
export function withSession(identity: Identity): Person & { readonly session: Session } {
  const person = personOf(identity);
  if (person === null || person.session === null)
    throw problems.forbidden('API keys cannot do this. Sign in with your password.');
  return { ...person, session: person.session };
}
