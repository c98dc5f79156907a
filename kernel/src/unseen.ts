/**
 * Characters that nobody sees, and characters that turn the direction of the text around them: with those, a
 * name reads as another one. Guarantees: names that people give hold none, by one pattern for all schemas.
 * Text from elsewhere shows them as codes.
 */

/** Inside of brackets of a regular expression. */
const unseen =
  '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff';
const each = new RegExp(`[${unseen}]`, 'g');

/** For schemas of names: something can be seen, and nothing is unseen. */
export const visibleText = {
  pattern: `^(?=\\s*\\S)[^${unseen}]*$`,
  patternErrorMessage:
    'must have a visible character, and none that is a control, is invisible or turns the direction of text',
} as const;

export function holdsUnseen(text: string): boolean {
  return text.search(each) !== -1;
}

/** `photo\u202egpj.exe`, as one can read it. */
export function showUnseen(text: string): string {
  return text.replace(
    each,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
