/** `/api/operations`: look at operations, cancel and retry them. */
import { defineRoute, page, pageQuery, type Route } from '@zlh/http';
import { Type } from 'typebox';
import { OperationState, OperationView, type Operations } from './index.ts';

const params = Type.Object({ id: Type.String({ format: 'uuid' }) });
const accepted = Type.Object({ operation: OperationView });

export function operationRoutes(use: { readonly operations: Operations }): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      url: '/api/operations',
      summary: 'List operations, newest first',
      access: { permission: 'operations.read' },
      schema: {
        query: Type.Object(
          {
            ...pageQuery,
            instanceId: Type.Optional(Type.String({ format: 'uuid' })),
            state: Type.Optional(OperationState),
          },
          { additionalProperties: false },
        ),
        response: { 200: page(OperationView) },
      },
      handler: ({ query, identity }) => use.operations.list(query, identity),
    }),
    defineRoute({
      method: 'GET',
      url: '/api/operations/:id',
      summary: 'Look at one operation',
      access: { permission: 'operations.read' },
      schema: { params, response: { 200: OperationView } },
      handler: ({ params: { id }, identity }) => use.operations.get(id, identity),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/operations/:id/cancel',
      summary: 'Cancel an operation; what it did is taken back',
      access: { permission: 'operations.write' },
      schema: { params, response: { 202: accepted } },
      handler: async ({ params: { id }, identity }) => ({
        operation: await use.operations.cancel(id, identity),
      }),
    }),
    defineRoute({
      method: 'POST',
      url: '/api/operations/:id/retry',
      summary: 'Retry an operation that failed, from the phase that failed',
      access: { permission: 'operations.write' },
      schema: { params, response: { 202: accepted } },
      handler: async ({ params: { id }, identity }) => ({
        operation: await use.operations.retry(id, identity),
      }),
    }),
  ];
}
