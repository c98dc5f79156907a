/**
 * The console: commands are carried out one after another, in the order they were typed, and every
 * one is answered, whatever goes wrong with it.
 */
import { createInterface } from 'node:readline';
import { COMMANDS, Refused } from './commands.js';
import { error, info } from './log.js';

/** Reads commands from standard input until it ends; a closed console leaves the server running. */
export async function serveConsole(server) {
  const lines = createInterface({ input: process.stdin, terminal: false });
  for await (const line of lines) await runCommand(server, line);
}

/** Carries out one line. Never rejects: whatever goes wrong is answered on the console. */
export async function runCommand(server, line) {
  const [word, ...rest] = line.trim().replace(/^\//, '').split(/\s+/);
  if (!word) return;
  const command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
  try {
    if (!command)
      throw new Refused(
        `Unknown or incomplete command, see below for error\n${line.trim()}<--[HERE]`,
      );
    const answer = await command.run(server, rest, rest.join(' '));
    if (answer) info(answer);
  } catch (problem) {
    if (problem instanceof Refused) for (const part of problem.message.split('\n')) info(part);
    else if (problem.userError) info(problem.message);
    else error(`Command "${word}" failed: ${problem.message}`);
  }
}
