/** Reads JSON bodies. Refuses prototype keys and the NUL character, which no text column can hold. */
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
        const path = text.includes('\\u0000') ? nulIn(body, '') : null;
        if (path !== null)
          return done(
            problems.invalid([
              { path: path === '' ? '/' : path, message: 'must not hold the NUL character' },
            ]),
          );
        done(null, body);
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

/** JSON pointer of a text or key that holds a NUL. A list instead of recursion: the body may be nested without end. */
function nulIn(body: unknown, root: string): string | null {
  const waiting: [value: unknown, path: string][] = [[body, root]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [value, path] = next;
    if (typeof value === 'string' && value.includes('\0')) return path;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (key.includes('\0')) return at;
      waiting.push([inner, at]);
    }
  }
  return null;
}
