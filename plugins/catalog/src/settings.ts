/** The settings of the catalog, and what is made of them. */
import { Type, type Static } from 'typebox';
import type { UpstreamAddresses } from './importers/ground.ts';
import { UpstreamClient } from './upstream/client.ts';

const address = (upstream: string, value: string) =>
  Type.String({
    default: value,
    pattern: '^https?://\\S+[^/]$',
    patternErrorMessage: 'must begin with http:// or https:// and not end in a slash',
    description: `Base address of ${upstream}; set a mirror's where there is one.`,
  });

export const Settings = Type.Object(
  {
    store: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          'Folder of the artifact store; several platform processes may share it. Default: "artifacts" in the home.',
      }),
    ),
    maxArtifactMiB: Type.Integer({
      default: 2048,
      minimum: 1,
      maximum: 1_048_576,
      description: 'Largest artifact that is imported.',
    }),
    refreshHours: Type.Integer({
      default: 12,
      minimum: 0,
      maximum: 8760,
      description: 'How often upstreams are asked for new versions; 0: never.',
    }),
    timeoutSeconds: Type.Integer({
      default: 30,
      minimum: 1,
      maximum: 3600,
      description: 'An upstream that is silent for this long counts as unreachable.',
    }),
    contact: Type.Optional(
      Type.String({
        pattern: '^[\\x20-\\x7e]{1,200}$',
        patternErrorMessage: 'must be 1 to 200 printable ASCII characters',
        description:
          'A web page or e-mail address, told to upstreams with each request; PaperMC asks for one.',
      }),
    ),
    mojangUrl: address("Mojang's version service", 'https://piston-meta.mojang.com'),
    papermcUrl: address("PaperMC's downloads service", 'https://fill.papermc.io'),
    fabricUrl: address("Fabric's meta service", 'https://meta.fabricmc.net'),
    purpurUrl: address("Purpur's API", 'https://api.purpurmc.org'),
    forgeUrl: address("Forge's repository", 'https://maven.minecraftforge.net'),
    neoforgeUrl: address("NeoForge's repository", 'https://maven.neoforged.net/releases'),
    adoptiumUrl: address("Adoptium's API", 'https://api.adoptium.net'),
  },
  { additionalProperties: false },
);
export type Settings = Static<typeof Settings>;

export function createClient({ config }: { readonly config: Settings }): UpstreamClient {
  const { contact, timeoutSeconds } = config;
  return new UpstreamClient({
    userAgent: `ZeroLagHub/0.1.0 (${contact ?? 'self-hosted game panel'})`,
    timeoutMs: timeoutSeconds * 1000,
    retryDelayMs: 500,
  });
}

export function addressesFrom({ config }: { readonly config: Settings }): UpstreamAddresses {
  return {
    mojang: config.mojangUrl,
    papermc: config.papermcUrl,
    fabric: config.fabricUrl,
    adoptium: config.adoptiumUrl,
    purpur: config.purpurUrl,
    forge: config.forgeUrl,
    neoforge: config.neoforgeUrl,
  };
}

/** In bytes. */
export function limitFrom({ config }: { readonly config: Settings }): number {
  return config.maxArtifactMiB * 2 ** 20;
}
