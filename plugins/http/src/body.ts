/** Reads JSON bodies. Refuses prototype keys, and the NUL character and halves of characters, which no column can hold. */
import fastifyPlugin from 'fastify-plugin';
import { Problem, problems } from './problem.ts';

/** For the whole instance, which is what `fastify-plugin` says. */
export const jsonBodies = fastifyPlugin(async (app) => {
  const parse = app.getDefaultJsonParser('error', 'error') as (
    request: unknown,
    text: string,
    done: (error: Error | null, body?: unknown) => void,
  ) => void;
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    (request, text: string, done) => {
      // Clients name a type even where they send nothing, as with POST …/start.
      if (text === '') return done(null, undefined);
      const encoding = request.headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity') return done(compressed(encoding));
      parse(request, text, (error, body) => {
        if (error !== null)
          return done(new Problem(400, 'http.malformed', 'The body is not valid JSON.'));
        const fault = maybeUnfit.test(text) ? faultIn(body) : null;
        done(fault === null ? null : problems.invalid([fault]), fault === null ? body : undefined);
      });
    },
  );
  app.removeContentTypeParser('text/plain');
});

const compressed = (encoding: string) =>
  new Problem(
    415,
    'http.unsupported-encoding',
    `A body compressed with "${encoding.slice(0, 20)}" is not read here. Send it as it is.`,
  );

/** Only written as escapes can they come: NUL, and one half of a surrogate pair. */
const maybeUnfit = /\\u(0000|d[89a-f])/i;

function faultOf(text: string): string | undefined {
  if (text.includes('\0')) return 'must not hold the NUL character';
  return text.isWellFormed() ? undefined : 'must not hold half of a character';
}

/** By the JSON pointer of the text or key. A list instead of recursion: the body may be nested without end. */
function faultIn(body: unknown): { path: string; message: string } | null {
  const waiting: [value: unknown, path: string][] = [[body, '']];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, path] = next;
    const message = typeof value === 'string' ? faultOf(value) : undefined;
    if (message !== undefined) return { path: path === '' ? '/' : path, message };
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const wrong = faultOf(key);
      if (wrong !== undefined) return { path: at.toWellFormed(), message: wrong };
      waiting.push([inner, at]);
    }
  }
  return null;
}
