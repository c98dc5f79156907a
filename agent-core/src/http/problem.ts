/**
 * Every refusal of the agent as problem+json with a stable code. Promises that no stack, path or
 * secret of the agent leaves it: what is not a coded error says only that the agent failed.
 */
import { STATUS_CODES } from 'node:http';
import { CodedError } from '@zlh/kernel';
import type { AgentProblem } from '../contract/messages.ts';
import { Refusal, type FieldFault } from '../contract/refusal.ts';
import { OperationConflict } from '../operations/errors.ts';

export const refusals = {
  unauthorized: () =>
    new Refusal(
      401,
      'AGENT_UNAUTHORIZED',
      'The token is missing or wrong.',
      "Send this agent's bearer token.",
    ),
  notFound: () =>
    new Refusal(
      404,
      'AGENT_NOT_FOUND',
      'There is no such thing here.',
      'Check method, path and id.',
    ),
  invalid: (faults: readonly FieldFault[]) =>
    new Refusal(
      422,
      'AGENT_INVALID',
      'The request is not valid.',
      'Correct the fields listed in "errors".',
      faults,
    ),
  notInstalled: () =>
    new Refusal(
      409,
      'AGENT_NOT_INSTALLED',
      'Nothing is installed here yet.',
      'Send a spec with POST /config first.',
    ),
  notRunning: () =>
    new Refusal(409, 'AGENT_NOT_RUNNING', 'The server is not running.', 'Start it first.'),
  inputFull: () =>
    new Refusal(
      503,
      'AGENT_INPUT_FULL',
      'The server does not read its console.',
      'Try again in a moment, or restart it.',
    ),
  inputUnread: () =>
    new Refusal(
      503,
      'AGENT_INPUT_UNREAD',
      'The server has not read this yet.',
      'It may still read it: look at the console before you repeat it.',
    ),
  inputLost: () =>
    new Refusal(
      409,
      'AGENT_INPUT_LOST',
      'The server ended before it read this.',
      'Start it, then try again.',
    ),
  keyRefused: () =>
    new Refusal(
      409,
      'AGENT_KEY_REFUSED',
      'Control keys are not passed to a game.',
      'Use Stop or Kill to end the server.',
    ),
  revisionOld: (wanted: number, have: number) =>
    new Refusal(
      409,
      'AGENT_REVISION_OLD',
      `Revision ${wanted} is older than the installed ${have}.`,
      'Send the newest spec.',
      undefined,
      { installed: have },
    ),
};

/** Fastify's own refusals by code. */
const fastifyRefusals: Readonly<Record<string, readonly [number, string, string, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    415,
    'AGENT_MEDIA_TYPE',
    'The body is no JSON.',
    'Send "content-type: application/json".',
  ],
  FST_ERR_CTP_BODY_TOO_LARGE: [
    413,
    'AGENT_TOO_LARGE',
    'The body is too large.',
    'Send less at once.',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: [
    400,
    'AGENT_MALFORMED',
    'The body is empty.',
    'Send a JSON object.',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: [
    400,
    'AGENT_MALFORMED',
    'The body is no valid JSON.',
    'Send a JSON object.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    400,
    'AGENT_MALFORMED',
    'The body is shorter than announced.',
    'Send the request again.',
  ],
};

export function toProblem(error: unknown): AgentProblem {
  if (error instanceof OperationConflict)
    return { ...base(error, 409), operation: error.operation };
  if (error instanceof Refusal) {
    return {
      ...error.details,
      ...base(error, error.status),
      ...(error.faults === undefined ? {} : { errors: [...error.faults] }),
    };
  }
  const { code, statusCode } = error as { code?: string; statusCode?: number };
  const known = fastifyRefusals[code ?? ''];
  if (known !== undefined) return toProblem(new Refusal(...known));
  if (error instanceof CodedError) return base(error, statusOf(error.code));
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return toProblem(
      new Refusal(
        statusCode,
        'AGENT_MALFORMED',
        'The request is malformed.',
        'Check it and send it again.',
      ),
    );
  }
  return base(new CodedError('AGENT_INTERNAL', 'The agent failed.', 'Its log says more.'), 500);
}

function statusOf(code: string): number {
  if (code === 'AGENT_OPERATION_ID_REUSED') return 409;
  return code === 'AGENT_STATE_UNWRITABLE' ? 507 : 500;
}

function base({ code, message, hint }: CodedError, status: number): AgentProblem {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail: message,
    hint,
  };
}
