/**
 * Keeps what a test file prints, within bounds.
 *
 * A file that prints without end must not fill the runner's memory. Its first and its last part are
 * kept: the cause is usually in the one, and the summary in the other.
 */
import type { ChildProcess } from 'node:child_process';

const partLength = 256 * 1024;

/**
 * Collects both streams of a child in the order they arrive.
 *
 * @param onText is told the newest part after each piece
 * @returns a function that answers everything kept so far
 */
export function collectOutput(child: ChildProcess, onText: (text: string) => void): () => string {
  let head = '';
  let tail = '';
  let dropped = 0;
  const keep = (text: string) => {
    const room = partLength - head.length;
    head += text.slice(0, room);
    tail += text.slice(room);
    if (tail.length > 2 * partLength) {
      dropped += tail.length - partLength;
      tail = tail.slice(-partLength);
    }
    onText(`${head.slice(-2000)}${tail.slice(-2000)}`);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  return () => (dropped === 0 ? head + tail : `${head}\n… ${dropped} characters …\n${tail}`);
}
