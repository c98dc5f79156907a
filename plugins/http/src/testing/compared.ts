/** One route, once on bare Fastify and once through the kernel: what `bench/http.bench.ts` compares. */
import { definePlugin } from '@zlh/kernel';
import { startTestKernel } from '@zlh/kernel/testing';
import Fastify from 'fastify';
import { Type } from 'typebox';
import { defineRoute, Http, Routes } from '../index.ts';
import http from '../platform.ts';

const params = Type.Object({ id: Type.String({ format: 'uuid' }) });
const answer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  memoryMiB: Type.Integer(),
  ready: Type.Boolean(),
  createdAt: Type.String(),
});
const thing = (id: string) => ({
  id,
  name: 'Skyblock',
  memoryMiB: 2048,
  ready: true,
  createdAt: '2026-01-31T12:00:00.000Z',
});

export async function serveBare(): Promise<string> {
  const app = Fastify();
  app.route<{ Params: { id: string } }>({
    method: 'GET',
    url: '/api/things/:id',
    schema: { params, response: { 200: answer } },
    handler: async (request) => thing(request.params.id),
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

export async function serveThroughTheKernel(): Promise<string> {
  const route = defineRoute({
    method: 'GET',
    url: '/api/things/:id',
    summary: 'One thing',
    access: 'public',
    schema: { params, response: { 200: answer } },
    handler: async (request) => thing(request.params.id),
  });
  const things = definePlugin({ id: 'things', setup: ({ add }) => add(Routes, [route]) });
  const kernel = await startTestKernel({
    plugins: [http, things],
    config: { http: { port: 0, anonymousPerMinute: 1_000_000_000 } },
  });
  return kernel.use(Http).url;
}
