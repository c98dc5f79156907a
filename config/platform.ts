/** The platform: which plugins run, and their settings. Data only. "zlh inspect --settings" explains every setting. */
import type { Configuration } from '@zlh/kernel';

export default {
  plugins: {
    '@zlh/http': {},
    '@zlh/database': {},
    '@zlh/events': {},
    '@zlh/operations': {},
    '@zlh/accounts': {},
    '@zlh/agents': {},
    '@zlh/storage-local': {},
    '@zlh/catalog': {},
    '@zlh/instances': {},
    '@zlh/history': {},
    '@zlh/files': {},
    '@zlh/mods': {},
    '@zlh/agent-releases': {},
    '@zlh/backups': {},
    '@zlh/schedules': {},
    '@zlh/billing': {},
    '@zlh/billing-manual': {},
    '@zlh/billing-stripe': {},
    '@zlh/dev-environments': {},
    '@zlh/provider-local': {},
    '@zlh/routing': {},
    '@zlh/edge': {},
    '@zlh/sleep': {},
    '@zlh/prometheus': {},
    '@zlh/portal': {},
  },
  // A world takes its time to be saved.
  stopTimeoutMs: 120_000,
} satisfies Configuration;
