/**
 * Ready when the output matched `options.pattern` once (a regular expression, tried line by line, without colours and what
 * else steers a terminal). It says nothing about a server that hangs later: prefer a probe that asks the server.
 */
import { CodedError } from '@zlh/kernel';
import type { ProbeKind } from '../contract/points.ts';

const MAX_LINE = 4096;
// oxlint-disable-next-line no-control-regex -- terminals are steered by control characters
const ESCAPES =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[()][A-Z0-9]|[=>78])/g;

export const logProbe: ProbeKind = {
  kind: 'log',
  create({ options, wasReady, onOutput }) {
    const pattern = compile(options.pattern);
    let ready = wasReady;
    let line = '';
    onOutput((chunk) => {
      if (ready) return;
      const lines = (line + Buffer.from(chunk).toString('utf8')).split(/\r?\n/);
      line = lines.pop()!.slice(-MAX_LINE);
      ready = [...lines, line].some((each) => pattern.test(plain(each.slice(0, MAX_LINE))));
    });
    const check = () =>
      Promise.resolve(ready ? { ready } : { ready, detail: 'the log has not said so yet' });
    return { check };
  },
};

/** As a terminal shows it: a carriage return begins the line anew, and a prompt may stand before it. */
function plain(line: string): string {
  const shown = line.replace(ESCAPES, '');
  return shown.slice(shown.lastIndexOf('\r') + 1).replace(/^> ?/, '');
}

function compile(pattern: unknown): RegExp {
  try {
    if (typeof pattern === 'string') return new RegExp(pattern);
  } catch {
    // Not a regular expression: told below, like anything else that is none.
  }
  throw new CodedError(
    'AGENT_PROBE_OPTIONS',
    'The probe "log" has no usable pattern.',
    'Give probe.options.pattern a regular expression that matches the ready line.',
  );
}
