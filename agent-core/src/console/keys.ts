/**
 * Keys for a game's terminal. A game's console takes lines: what a terminal makes of Ctrl-C, Ctrl-D, Ctrl-\ and Ctrl-Z
 * ends or halts the game without saving, and what it makes of Ctrl-S blocks it. Stop and kill are there for that, and
 * are known to be meant. So only keys that write or correct a line are passed on; Ctrl-C takes the line back, as in a
 * shell. See docs/decisions/0020.
 */
const INTERRUPT = /\u0003/g;
const TAKE_BACK = '\u0015';
// oxlint-disable-next-line no-control-regex -- all but backspace, tab, enter, Ctrl-U, Ctrl-W and escape
const STEERING =
  /[\u0000-\u0007\u000b\u000c\u000e-\u0014\u0016\u0018-\u001a\u001c-\u001f\u0080-\u009f]/g;

/** `refused`: some key was left out. */
export function filterKeys(keys: string): { readonly passed: string; readonly refused: boolean } {
  const typed = keys.replace(INTERRUPT, TAKE_BACK);
  const passed = typed.replace(STEERING, '');
  return { passed, refused: passed.length < typed.length };
}
