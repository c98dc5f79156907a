/** `zlh openapi`: the same document without a started platform, for those who generate clients from it. */
import type { Command, Logger } from '@zlh/kernel';
import { createApp } from './app.ts';
import { BodyDeadlines } from './body-deadlines.ts';
import { renderDocument } from './document.ts';
import { createGate } from './gate.ts';
import { Routes } from './index.ts';
import { LongLived } from './long-lived.ts';
import { placeRoutes } from './mount.ts';
import { Permits } from './permits.ts';
import { RequestMeter } from './request-meter.ts';
import type { Settings } from './settings.ts';

export function documentCommand(config: Settings, log: Logger): Command {
  return {
    name: 'openapi',
    summary: 'Prints the OpenAPI document of all routes',
    async run({ points, print }) {
      const bodyDeadlines = new BodyDeadlines({ config });
      const gate = createGate({ config, bodyDeadlines, authenticators: [] });
      const permits = new Permits({ config, gate });
      const app = await createApp(config, placeRoutes(points(Routes)), {
        gate,
        longLived: new LongLived({ config, permits }),
        permits,
        bodyDeadlines,
        meter: new RequestMeter(),
        idempotency: undefined,
        log,
        checkAnswers: false,
        hostNames: [],
        hostRoutes: [],
      });
      print(renderDocument(app));
      await app.close();
      gate.close();
    },
  };
}
