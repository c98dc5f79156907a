/** The importers that come with the catalog. */
import type { ImporterKind } from '../index.ts';
import { adoptiumImporter } from './adoptium.ts';
import { aptImporter } from './apt/apt-importer.ts';
import { fabricImporter } from './fabric.ts';
import type { ImporterGround } from './ground.ts';
import { forgeImporter, neoforgeImporter } from './installers.ts';
import { mojangImporter } from './mojang.ts';
import { npmImporter, npmPackImporter } from './npm/npm-importers.ts';
import { recipeFingerprint } from './recipe-fingerprint.ts';
import { papermcImporter } from './papermc.ts';
import { purpurImporter } from './purpur.ts';
import { urlImporter } from './url.ts';

export const ownImporters: readonly ((use: ImporterGround) => ImporterKind)[] = [
  () => npmImporter,
  () => ({ ...npmPackImporter, fingerprint: recipeFingerprint }),
  () => aptImporter,
  mojangImporter,
  papermcImporter,
  purpurImporter,
  fabricImporter,
  forgeImporter,
  neoforgeImporter,
  adoptiumImporter,
  urlImporter,
];
