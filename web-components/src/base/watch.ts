/** Listens while its element is on the page, and lets go when it leaves; follows when the thing listened to changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Watch implements ReactiveController {
  #host: ReactiveControllerHost;
  #target: () => EventTarget;
  #type: string;
  #listener: (event: Event) => void;
  #current: EventTarget | undefined;

  /** Without a listener the element is drawn again. */
  constructor(
    host: ReactiveControllerHost,
    target: () => EventTarget,
    type: string,
    listener: (event: Event) => void = () => host.requestUpdate(),
  ) {
    this.#host = host;
    this.#target = target;
    this.#type = type;
    this.#listener = listener;
    this.#host.addController(this);
  }

  hostConnected(): void {
    this.#follow(this.#target());
  }

  hostUpdate(): void {
    this.#follow(this.#target());
  }

  hostDisconnected(): void {
    this.#follow(undefined);
  }

  #follow(target: EventTarget | undefined): void {
    if (target === this.#current) return;
    this.#current?.removeEventListener(this.#type, this.#listener);
    target?.addEventListener(this.#type, this.#listener);
    this.#current = target;
  }
}
