/**
 * Links that a program puts behind its text (OSC 8): they may say one address and lead to another.
 * Guarantees: only http and https are followed, after the reader confirmed the address itself.
 */
import type { ILinkHandler } from '@xterm/xterm';

/** `parent` names the target of the link under the pointer. */
export function consoleLinks(parent: HTMLElement): ILinkHandler {
  return {
    activate(_event, uri) {
      const target = webAddress(uri);
      if (target === undefined) return;
      const question = `The output of this server links to ${target.host}. Open it?\n\n${target.href}`;
      if (globalThis.confirm(question)) window.open(target.href, '_blank', 'noopener,noreferrer');
    },
    hover(_event, uri) {
      const target = webAddress(uri);
      if (target !== undefined) parent.title = target.href;
    },
    leave() {
      parent.removeAttribute('title');
    },
  };
}

function webAddress(uri: string): URL | undefined {
  const target = URL.parse(uri);
  return target !== null && ['http:', 'https:'].includes(target.protocol) ? target : undefined;
}
