/** The scrape token: whoever sends it may read the figures of the platform, and nothing else. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { problems, type Authenticator, type Identity } from '@zlh/http';

export const permission = 'metrics.read';

const scraper: Identity = {
  kind: 'service',
  id: '00000000-0000-0000-0000-000000000000',
  label: 'the scraper of metrics',
  administrator: false,
  can: (wanted) => wanted === permission,
};

const prefix = 'zlm_';

/** Hashes are compared, so that neither length nor beginning of the token can be found out. */
export function scrapeAuthenticator(token: () => string | undefined): Authenticator {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return {
    async authenticate({ headers }) {
      const given = /^Bearer +(zlm_\S*)$/i.exec(headers.authorization ?? '')?.[1];
      if (given === undefined) return null;
      const wanted = token();
      if (wanted !== undefined && timingSafeEqual(hash(given), hash(prefix + wanted)))
        return scraper;
      throw problems.unauthenticated('This scrape token is not the one in the settings.');
    },
  };
}
