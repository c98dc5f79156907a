/**
 * Requests, reports, answers and ends of operations come in any order. Once nothing is on its way any more,
 * the platform shows the state that the agent says.
 */
import { randomFrom, testSeed as seed } from '@zlh/kernel/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { asked, ended, reported, type LastWord, type Pair, type Seen } from './desired.ts';

const runs = Number(process.env['ZLH_TEST_ORDERS'] ?? 3_000);
/** An agent, its reports on their way, a platform with one operation at a time, and a trace of all steps. */
class World {
  readonly pair: Pair = {
    desired: 'stopped',
    wanted: false,
    observed: 'stopped',
    ready: false,
    since: new Date(0),
    reports: 0,
    provisioned: true,
  };
  readonly trace: string[] = [];
  readonly #random: () => number;
  #now = 0;
  #said: Seen = { observed: 'stopped', ready: false, since: new Date(0), wanted: false };
  /** Reports come in order; one at a time is on its way, and the newest follows it. */
  #onItsWay: Seen | undefined;
  #stale = false;
  #operation: { readonly aim: 'running' | 'stopped'; step: number } | undefined;
  #reports = 0;
  #word: LastWord | undefined;
  #succeeded = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  get agent(): Seen {
    return this.#said;
  }

  /** One thing that may happen now; false when nothing is left to happen by itself. */
  step(mayBegin: boolean): boolean {
    const may: (() => void)[] = [];
    if (this.#onItsWay !== undefined) may.push(() => this.#deliver());
    if (this.#operation !== undefined) may.push(() => this.#goOn());
    if (mayBegin && this.#operation === undefined)
      may.push(
        () => this.#begin('running'),
        () => this.#begin('stopped'),
      );
    if (mayBegin && this.#said.observed === 'running')
      may.push(
        () => this.#becomes('stopped', false, 'a player stops it'),
        () => this.#becomes('stopped', false, 'it exits with 0'),
        () => this.#becomes('crashed', true, 'it crashes'),
      );
    if (mayBegin && this.#said.observed === 'crashed')
      may.push(
        () => this.#becomes('running', true, 'it comes back by itself'),
        () => this.#becomes('crashed', false, 'it is given up'),
      );
    const chosen = may[Math.floor(this.#random() * may.length)];
    chosen?.();
    return chosen !== undefined;
  }

  #becomes(observed: string, isWanted: boolean, why: string): void {
    this.trace.push(why);
    this.#said = {
      observed,
      ready: observed === 'running',
      since: new Date(++this.#now),
      wanted: isWanted,
    };
    if (this.#onItsWay === undefined) this.#onItsWay = this.#said;
    else this.#stale = true;
  }

  #deliver(): void {
    this.trace.push(`report: ${this.#onItsWay!.observed}`);
    reported(this.pair, this.#onItsWay!, this.#operation);
    this.#onItsWay = this.#stale ? this.#said : undefined;
    this.#stale = false;
  }

  #begin(aim: 'running' | 'stopped'): void {
    this.trace.push(`asked: ${aim}`);
    this.#operation = { aim, step: 0 };
    asked(this.pair, aim);
  }

  /** The agent works, perhaps in vain; the platform asks for its word; the operation ends. */
  #goOn(): void {
    const operation = this.#operation!;
    const { aim } = operation;
    switch (operation.step++) {
      case 0:
        this.#succeeded = this.#random() < 0.8;
        if (!this.#succeeded)
          this.#becomes(
            aim === 'running' ? 'crashed' : 'running',
            this.#random() < 0.5,
            `${aim} fails`,
          );
        else if (aim !== this.#said.observed || this.#said.wanted !== (aim === 'running'))
          this.#becomes(aim, aim === 'running', `${aim} is done`);
        return;
      case 1:
        this.#reports = this.pair.reports;
        this.#word = undefined;
        return;
      case 2:
        // Now and then it cannot be asked.
        if (this.#random() < 0.8) this.#word = { seen: this.#said, reports: this.#reports };
        this.trace.push(`word: ${this.#word?.seen.observed ?? 'none'}`);
        return;
      default:
        this.trace.push(`${aim} ended`);
        this.#operation = undefined;
        ended(this.pair, { succeeded: this.#succeeded, asked: aim, word: this.#word });
    }
  }
}

test(`when nothing is on its way any more, both agree with the agent: ${runs} orders (seed ${seed})`, () => {
  for (let run = 0; run < runs; run++) {
    const random = randomFrom(seed + run);
    const world = new World(random);
    const length = 5 + Math.floor(random() * 30);
    for (let step = 0; step < length; step++) world.step(true);
    while (world.step(false));
    const { observed, wanted } = world.agent;
    const { pair } = world;
    assert.equal(
      [pair.observed, pair.desired],
      [observed, wanted ? 'running' : 'stopped'],
      `seed ${seed + run}: ${world.trace.join(', ')}`,
    );
  }
});

test('a game that is ready and exits at once is stopped and wanted stopped, whoever is first', () => {
  const running = { observed: 'running', ready: true, since: new Date(1), wanted: true };
  const stopped = { observed: 'stopped', ready: false, since: new Date(2), wanted: false };
  for (const order of ['report, word, end', 'word, report, end', 'word, end, report']) {
    const pair: Pair = { ...stopped, desired: 'stopped', reports: 0, provisioned: true };
    asked(pair, 'running');
    reported(pair, running, {});
    let word: LastWord | undefined;
    for (const what of order.split(', ')) {
      if (what === 'report') reported(pair, stopped, order.endsWith('report') ? null : {});
      if (what === 'word')
        word = { reports: pair.reports, seen: order.startsWith('report') ? stopped : running };
      if (what === 'end') ended(pair, { succeeded: true, asked: 'running', word });
    }
    assert.equal([pair.desired, pair.observed], ['stopped', 'stopped'], order);
  }
});

test.run();
