/** What accounts take and answer, as schemas. */
import { visibleText } from '@zlh/kernel';
import { Type } from 'typebox';

const time = Type.String({ format: 'date-time' });
const timeOrNull = Type.Union([time, Type.Null()]);
const id = Type.String({ format: 'uuid' });

export const Password = Type.String({
  minLength: 10,
  maxLength: 1000,
  description: 'At least 10 characters; a sentence is good.',
});
/** A password to compare: rules may have been others when it was made. */
export const AnyPassword = Type.String({ minLength: 1, maxLength: 1000 });
export const Email = Type.String({ format: 'email', maxLength: 254 });

export const Role = Type.Union([Type.Literal('user'), Type.Literal('administrator')]);
export const UserView = Type.Object(
  {
    id,
    email: Type.String(),
    role: Role,
    createdAt: time,
    disabledAt: Type.Union([time, Type.Null()], {
      description: 'Since when nobody may come in with it; null: one may.',
    }),
  },
  { title: 'User' },
);

/** A user whose password was changed. */
export const PasswordChanged = Type.Object(
  {
    ...UserView.properties,
    apiKeys: Type.Object(
      { kept: Type.Integer(), revoked: Type.Integer() },
      {
        description:
          'API keys do not end with a password: those that still work, and those revoked.',
      },
    ),
  },
  { title: 'PasswordChanged' },
);
export const revokeApiKeys = Type.Optional(
  Type.Boolean({ default: false, description: 'Revoke all API keys of the user as well.' }),
);

export const Me = Type.Object(
  {
    user: UserView,
    session: Type.Union([Type.Object({ id, expiresAt: time }), Type.Null()], {
      description: 'Null for API keys.',
    }),
    permissions: Type.Array(Type.String(), {
      description: 'Everything the caller may do: role and, for keys, scopes.',
    }),
  },
  { title: 'Me' },
);

export const SessionView = Type.Object(
  {
    id,
    address: Type.String(),
    userAgent: Type.String(),
    createdAt: time,
    lastSeenAt: time,
    expiresAt: time,
  },
  { title: 'Session' },
);

export const ApiKeyView = Type.Object(
  {
    id,
    name: Type.String(),
    prefix: Type.String({ description: 'How the key begins.' }),
    scopes: Type.Array(Type.String()),
    createdAt: time,
    expiresAt: timeOrNull,
    lastUsedAt: timeOrNull,
  },
  { title: 'ApiKey' },
);
export const IssuedApiKey = Type.Object(
  {
    ...ApiKeyView.properties,
    secret: Type.String({ description: 'The whole key; answered this once.' }),
  },
  { title: 'IssuedApiKey' },
);
export const NewApiKey = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100, ...visibleText }),
  scopes: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
    minItems: 1,
    maxItems: 100,
    description: 'Permissions, `instances.*`, or `*`.',
  }),
  expiresAt: Type.Optional(timeOrNull),
});

export const PermissionView = Type.Object(
  {
    id: Type.String(),
    description: Type.String(),
    administrator: Type.Boolean(),
  },
  { title: 'Permission' },
);

export const AuditView = Type.Object(
  {
    id,
    action: Type.String(),
    actor: Type.String(),
    userId: Type.Union([id, Type.Null()]),
    instanceId: Type.Union([id, Type.Null()]),
    data: Type.Record(Type.String(), Type.Unknown()),
    at: time,
    count: Type.Integer({
      description: 'How often it happened from `at` to `until`; `data` is that of the last.',
    }),
    until: timeOrNull,
  },
  { title: 'AuditEntry' },
);

export const idParams = Type.Object({ id });
