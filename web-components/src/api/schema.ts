/**
 * The platform's HTTP interface as the elements use it, in the shape `openapi-typescript` gives, so that the
 * generated file takes this one's place without another line changing. Times are ISO 8601 UTC.
 */
import type { InstancePaths } from './schema-instances.ts';

export interface User {
  id: string;
  email: string;
  role: 'user' | 'administrator';
  createdAt?: string;
}

/** Who is asking, and what they may do. */
export interface Me {
  user: User;
  permissions: string[];
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** RFC 9457, with the stable code to quote and, for 422, the path of each fault. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  hint?: string;
  code: string;
  errors?: { path: string; message: string }[];
  operation?: { id: string; kind: string };
  /** Beside 401: the platform still waits for its first administrator. */
  setupRequired?: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  /** How the key begins. */
  prefix: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
}

/** Answered once, at creation: `secret` is never shown again. */
export interface NewApiKey {
  apiKey: ApiKey;
  secret: string;
}

/** Something one may be allowed to do, and so a scope of a key. */
export interface Permission {
  id: string;
  description: string;
}

export interface Catalog {
  games: Game[];
}

export interface Game {
  id: string;
  name: string;
  description: string;
  variants: Variant[];
}

export interface Variant {
  id: string;
  name: string;
  description: string;
  /** Link to the publisher's terms, accepted by creating one. */
  eula: string | null;
  memoryMiB: { min: number; default: number; max: number };
  versions: Version[];
}

export interface Version {
  id: string;
  runtime: string;
  recommended: boolean;
}

type Json<T> = { content: { 'application/json': T } };
type Fault = { content: { 'application/problem+json': Problem } };
/** A successful answer with this body, or a problem. */
export type Answers<T, Status extends number = 200> = {
  responses: Record<Status, Json<T>> & { default: Fault };
};
export type Empty<Status extends number = 204> = {
  responses: Record<Status, { content?: never }> & { default: Fault };
};
export type Body<T> = { requestBody: Json<T> };

type Credentials = { email: string; password: string };
type Entered = { user: User };

interface AccountPaths {
  '/api/auth/me': { get: Answers<Me> };
  '/api/auth/login': { post: Body<Credentials> & Answers<Entered> };
  '/api/auth/register': { post: Body<Credentials> & Answers<Entered, 201> };
  '/api/auth/setup': { post: Body<Credentials & { token: string }> & Answers<Entered, 201> };
  '/api/auth/logout': { post: Empty };
  '/api/auth/sessions': { delete: Empty };
  '/api/api-keys': {
    get: Answers<Page<ApiKey>>;
    post: Body<{ name: string; scopes: string[]; expiresAt: string | null }> &
      Answers<NewApiKey, 201>;
  };
  '/api/api-keys/{id}': { delete: { parameters: { path: { id: string } } } & Empty };
  '/api/permissions': { get: Answers<{ items: Permission[] }> };
  '/api/catalog/games': { get: Answers<Catalog> };
}

export type paths = AccountPaths & InstancePaths;
