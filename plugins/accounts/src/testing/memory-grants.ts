/** Grants kept in memory, for tests of plugins that run without accounts: `replacement(Grants, memoryGrants())`. */
import { instanceRoles, type Grants, type InstanceRole } from '../index.ts';

/** `shared`: instance → user → role. `least`: what each role includes; what is not named is for owners alone. */
export function memoryGrants(
  shared: Map<string, Map<string, InstanceRole>> = new Map(),
  least: Readonly<Record<string, InstanceRole>> = {},
): Grants {
  return {
    roleOn: async (_em, instanceId, userId) => shared.get(instanceId)?.get(userId) ?? null,
    includes(role, permission) {
      const needed = least[permission];
      return needed !== undefined && instanceRoles.indexOf(role) >= instanceRoles.indexOf(needed);
    },
    async of(_em, userId) {
      const found = new Map<string, InstanceRole>();
      for (const [instanceId, users] of shared) {
        const role = users.get(userId);
        if (role !== undefined) found.set(instanceId, role);
      }
      return found;
    },
    on: async (_em, instanceId) =>
      [...(shared.get(instanceId) ?? [])].map(([userId, role]) => ({
        userId,
        email: userId,
        role,
        createdAt: new Date(0).toISOString(),
      })),
    async give(_em, instanceId, userId, role) {
      const users = shared.get(instanceId) ?? new Map<string, InstanceRole>();
      shared.set(instanceId, users.set(userId, role));
      return { userId, email: userId, role, createdAt: new Date(0).toISOString() };
    },
    takeBack: async (_em, instanceId, userId) => shared.get(instanceId)?.delete(userId) ?? false,
    forget: async (_em, instanceId) => void shared.delete(instanceId),
  };
}
