/** The platform: which plugins run, and their settings. Data only. "zlh inspect --settings" explains every setting. */
import type { Configuration } from '@zlh/kernel';

export default {
  plugins: {
    '@zlh/database': {},
    '@zlh/events': {},
    '@zlh/operations': {},},
} satisfies Configuration;
