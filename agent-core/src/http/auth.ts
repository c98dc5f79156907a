/** The agent's token: read from a file nobody else may read, compared in constant time. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { CodedError } from '@zlh/kernel';

const MIN_LENGTH = 32;

/** Throws when the file is missing, readable by others, or too short to be a secret. */
export function readToken(file: string): string {
  let mode: number;
  let token: string;
  try {
    ({ mode } = lstatSync(file));
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CodedError(
      'AGENT_TOKEN_MISSING',
      `The token file "${file}" cannot be read (${code ?? 'unknown'}).`,
      'The provider writes it when it makes the container; set tokenFile to where it is.',
      { cause: error },
    );
  }
  if ((mode & 0o077) !== 0) {
    throw new CodedError(
      'AGENT_TOKEN_EXPOSED',
      `The token file "${file}" can be read by other users.`,
      `Run "chmod 600 ${file}", and replace the token if others had access.`,
    );
  }
  if (token.length >= MIN_LENGTH && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new CodedError(
    'AGENT_TOKEN_WEAK',
    `The token file "${file}" holds no token of at least ${MIN_LENGTH} printable characters.`,
    'Let the provider write it anew.',
  );
}

/** Checks `Authorization` headers against the token. */
export function bearerCheck(token: string): (header: string | undefined) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(token);
  return (header) => {
    const given = /^Bearer (\S+)$/i.exec(header ?? '')?.[1] ?? '';
    return timingSafeEqual(digest(given), wanted);
  };
}
