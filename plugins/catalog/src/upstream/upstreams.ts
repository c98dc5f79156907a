/** The `Upstreams` service: the catalog's own client, for importers of other plugins. */
import type { Upstreams } from '../index.ts';
import type { UpstreamClient } from './client.ts';
import { download } from './download.ts';
import { getJson } from './get-json.ts';

export function makeUpstreams(ground: {
  readonly client: UpstreamClient;
  readonly limit: number;
}): Upstreams {
  const { client, limit } = ground;
  return {
    json: (question) => getJson(client, question),
    download: (wanted) => download(client, { ...wanted, limit }),
  };
}
