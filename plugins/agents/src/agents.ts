/** The `Agents` service: the agent contract as calls, and following an agent's operation to its end. */
import type { AgentOperation, AgentStatus, InstanceSpec } from '@zlh/agent';
import type { Database, EntityManager, Vault } from '@zlh/database';
import type { DomainEvent, Events } from '@zlh/events';
import { Problem, problems } from '@zlh/http';
import type { PhaseContext } from '@zlh/operations';
import type { Static, TSchema } from 'typebox';
import type { WebSocket } from 'ws';
import { agentOperationId, cancelAgentOperation, runAgentOperation } from './agent-operation.ts';
import { readerOf, readOperationReply, readStatus } from './answers.ts';
import { AgentClient } from './client.ts';
import { tokenFor } from './identity.ts';
import {
  agentEvents,
  type AgentJob,
  type AgentRequest,
  type Agents,
  type AgentStream,
  type AgentStreamRequest,
  type AgentTarget,
} from './index.ts';
import { beginning, expected, unreachable } from './refusals.ts';
import type { AgentListener } from './listener.ts';
import type { Reports } from './reports.ts';

interface Ground {
  readonly database: Database;
  readonly vault: Vault;
  readonly events: Events;
  readonly reports: Reports;
  readonly listener: AgentListener;
}

/** Without a report for this long, the agent is asked. */
const askAfterMs = 3000;

export class AgentsService implements Agents {
  readonly #ground: Ground;
  readonly #client: AgentClient;

  constructor(ground: Ground) {
    this.#ground = ground;
    this.#client = new AgentClient((instanceId) => this.tokenFor(instanceId));
  }

  tokenFor(instanceId: string): string {
    return tokenFor(this.#ground.vault, instanceId);
  }

  async register(em: EntityManager, instanceId: string): Promise<void> {
    await em.execute(
      'insert into agents_agent (instance_id, sequence, silent) values (?, 0, false) on conflict do nothing',
      [instanceId],
    );
  }

  async unregister(em: EntityManager, instanceId: string): Promise<void> {
    await em.execute('delete from agents_agent where instance_id = ?', [instanceId]);
  }

  address(where: 'machine' | 'network'): Promise<string> {
    return this.#ground.listener.address(where);
  }

  markUnreachable(instanceId: string): Promise<void> {
    return this.#ground.reports.lost(instanceId);
  }

  async reachable(target: AgentTarget, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.status(target, signal);
      return true;
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
  }

  status(target: AgentTarget, signal?: AbortSignal): Promise<AgentStatus> {
    return this.#client.call(target, { method: 'GET', path: '/status', signal, read: readStatus });
  }

  configure(
    target: AgentTarget,
    operationId: string,
    spec: InstanceSpec,
    supersedes?: number,
  ): Promise<AgentOperation> {
    const more = supersedes === undefined ? {} : { supersedes };
    return this.#begin(target, '/config', { operationId, spec, ...more });
  }

  act(
    target: AgentTarget,
    action: 'start' | 'stop' | 'restart' | 'kill',
    operationId: string,
  ): Promise<AgentOperation> {
    return this.#begin(target, `/${action}`, { operationId });
  }

  operation(
    target: AgentTarget,
    operationId: string,
    signal?: AbortSignal,
  ): Promise<AgentOperation> {
    const path = `/operations/${encodeURIComponent(operationId)}`;
    return this.#client.call(target, { method: 'GET', path, signal, read: readOperationReply });
  }

  cancel(target: AgentTarget, operationId: string): Promise<AgentOperation> {
    return this.#begin(target, `/operations/${encodeURIComponent(operationId)}/cancel`, {});
  }

  run<Input>(context: PhaseContext<Input>, job: AgentJob): Promise<void> {
    return runAgentOperation(this, context, job);
  }

  cancelRun<Input>(
    context: PhaseContext<Input>,
    { name, target, timeoutMs = 300_000 }: Parameters<Agents['cancelRun']>[1],
  ): Promise<boolean> {
    const id = agentOperationId(context, name);
    const { signal } = context;
    return cancelAgentOperation(() => this.cancel(target, id), { signal, timeoutMs });
  }

  command(target: AgentTarget, command: string): Promise<void> {
    return this.#tell(target, '/console/command', { command });
  }

  request<S extends TSchema>(
    target: AgentTarget,
    { schema, ...question }: AgentRequest<S>,
  ): Promise<Static<S>> {
    return this.#client.call(target, { ...question, read: readerOf(schema) });
  }

  stream(target: AgentTarget, wanted: AgentStreamRequest): Promise<AgentStream> {
    const hasLength = wanted.headers?.['content-length'] !== undefined;
    return hasLength || wanted.answerHasLength === true
      ? this.#client.transfer(target, wanted)
      : this.#client.stream(target, wanted);
  }

  async readJson<S extends TSchema>({ body }: AgentStream, schema: S): Promise<Static<S>> {
    let text: string;
    try {
      text = await beginning(body);
    } catch (error) {
      throw unreachable(error);
    }
    return expected(text, readerOf(schema));
  }

  socket(target: AgentTarget, path: string): Promise<WebSocket> {
    return this.#client.socket(target, path);
  }

  shutdown(target: AgentTarget, stopServer: boolean): Promise<void> {
    return this.#tell(target, '/shutdown', { stopServer });
  }

  setPlatformUrl(target: AgentTarget, platformUrl: string): Promise<void> {
    return this.#tell(target, '/platform', { platformUrl });
  }

  async follow(
    target: AgentTarget,
    operationId: string,
    options: Parameters<Agents['follow']>[2],
  ): Promise<AgentOperation> {
    const { signal, onChange, silenceMs = 60_000 } = options;
    let heardAt = performance.now();
    for (;;) {
      const event = this.#nextReport(target.instanceId, signal);
      event.catch(() => undefined); // awaited below, or no longer of interest
      try {
        const operation = await this.operation(target, operationId, signal);
        heardAt = performance.now();
        onChange?.(operation);
        if (isOver(operation)) return operation;
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'agents.unreachable') throw error;
        if (performance.now() - heardAt > silenceMs)
          throw problems.unavailable(
            'agents.silent',
            `The agent has not answered for ${Math.round(silenceMs / 1000)} s.`,
          );
      }
      await this.#settle(event, operationId, onChange, signal);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #begin(target: AgentTarget, path: string, body: object): Promise<AgentOperation> {
    return this.#client.call(target, { method: 'POST', path, body, read: readOperationReply });
  }

  #tell(target: AgentTarget, path: string, body: object): Promise<void> {
    return this.#client.call(target, { method: 'POST', path, body, read: () => undefined });
  }

  /** Until a report says that the operation is over, or reports stay away. */
  async #settle(
    first: Promise<DomainEvent | null>,
    operationId: string,
    onChange: ((operation: AgentOperation) => void) | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    let next = first;
    for (;;) {
      const event = await next;
      const operation = event?.data['operation'] as AgentOperation | null | undefined;
      if (event === null || operation?.id !== operationId || isOver(operation)) return;
      onChange?.(operation);
      next = this.#nextReport(event.instanceId!, signal);
    }
  }

  /** The next report of the instance, or null after a while without one. */
  #nextReport(instanceId: string, signal: AbortSignal): Promise<DomainEvent | null> {
    const quiet = AbortSignal.timeout(askAfterMs);
    return this.#ground.events
      .next(
        (event) => event.type === agentEvents.reported && event.instanceId === instanceId,
        AbortSignal.any([signal, quiet]),
      )
      .catch((error: unknown) => {
        if (signal.aborted) throw signal.reason as Error;
        if (quiet.aborted) return null;
        throw error;
      });
  }
}

const isOver = ({ state }: AgentOperation) => state !== 'queued' && state !== 'running';
