/** What an instance is called and where it is found, in words. */
import type { Instance } from '../api/schema.ts';

const DEFAULT_PORT = 25565;

/** `play.example.com`, with the port only where a game client needs to be told. */
export function addressText({ address, game }: Pick<Instance, 'address' | 'game'>): string {
  if (!address) return '';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return game === 'minecraft' && address.port === DEFAULT_PORT ? host : `${host}:${address.port}`;
}

/** `Minecraft · Paper 1.21.7`. The catalog's own spelling is used where an id alone would look odd. */
export function softwareText({
  game,
  variant,
  version,
}: Pick<Instance, 'game' | 'variant' | 'version'>): string {
  return `${named(game)} · ${named(variant)} ${version}`;
}

function named(id: string): string {
  return id
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join(' ');
}
