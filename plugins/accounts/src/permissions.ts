/** Who may do what: roles decide for people, and scopes narrow that down for their keys. */
import type { Contribution } from '@zlh/kernel';
import type { Permission, User } from './index.ts';

export class PermissionBook {
  readonly #permissions: readonly Contribution<readonly Permission[]>[];

  constructor({ permissions }: { permissions: readonly Contribution<readonly Permission[]>[] }) {
    this.#permissions = permissions;
  }

  all(): readonly Permission[] {
    return this.#permissions.flatMap(({ value }) => value);
  }

  find(id: string): Permission | undefined {
    for (const { value } of this.#permissions)
      for (const permission of value) if (permission.id === id) return permission;
    return undefined;
  }

  /** What nobody declared, only administrators may. */
  roleAllows(role: User['role'], id: string): boolean {
    if (role === 'administrator') return true;
    const permission = this.find(id);
    return permission !== undefined && permission.administrator !== true;
  }

  /** Ids of everything that role and scopes allow. */
  allowed(role: User['role'], scopes: readonly string[] | null): string[] {
    return this.all()
      .map(({ id }) => id)
      .filter((id) => this.roleAllows(role, id) && (scopes === null || covers(scopes, id)));
  }

  /** Whether a scope names a permission, the permissions of one plugin, or all of them. */
  isScope(scope: string): boolean {
    if (scope === '*') return true;
    if (!scope.endsWith('.*')) return this.find(scope) !== undefined;
    return this.all().some(({ id }) => id.startsWith(scope.slice(0, -1)));
  }
}

/** Whether one of the scopes includes the permission, or the narrower scope. */
export function covers(scopes: readonly string[], wanted: string): boolean {
  return scopes.some(
    (scope) =>
      scope === '*' ||
      scope === wanted ||
      (scope.endsWith('.*') && wanted.startsWith(scope.slice(0, -1))),
  );
}
