/** The agent: which plugins run in a container, and their settings. Data only. "zlh inspect agent --settings" explains every setting. */
import type { Configuration } from '@zlh/kernel';

export default {
  plugins: {
    '@zlh/agent': {},
    '@zlh/agent-minecraft': {},
    '@zlh/agent-query': {},
    '@zlh/agent-files': {},
    '@zlh/agent-backups': {},
  },
} satisfies Configuration;
