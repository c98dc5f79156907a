/** `GET /metrics` shows the figures that plugins add to the point `Metrics`, in the format of Prometheus. */
import { asClass, definePlugin } from '@zlh/kernel';
import { Permissions } from '@zlh/accounts';
import { Authenticators, defineRoute, Routes } from '@zlh/http';
import { Metrics } from '@zlh/metrics';
import { Type } from 'typebox';
import { Exposition } from './exposition.ts';
import { permission, scrapeAuthenticator } from './scraper.ts';

export default definePlugin({
  id: 'prometheus',
  config: Type.Object({
    scrapeToken: Type.Optional(
      Type.String({
        minLength: 16,
        pattern: '^[A-Za-z0-9_-]+$',
        patternErrorMessage: 'must be letters, digits, "-" and "_" only',
        secret: true,
        description:
          'Lets whoever sends "Authorization: Bearer zlm_<token>" read /metrics, without an account.',
      }),
    ),
  }),
  needs: { metrics: Metrics },
  services: { exposition: asClass(Exposition).singleton() },
  setup({ add, config }) {
    add(
      Authenticators,
      scrapeAuthenticator(() => config.scrapeToken),
    );
    add(Permissions, [
      { id: permission, description: 'Read the figures of the platform', administrator: true },
    ]);
    add(Routes, (use) => [
      defineRoute({
        method: 'GET',
        url: '/metrics',
        summary: 'The figures of this process, in the text format of Prometheus',
        access: { permission },
        async handler(_request, reply) {
          return reply.type(use.exposition.contentType).send(await use.exposition.text());
        },
      }),
    ]);
  },
});
