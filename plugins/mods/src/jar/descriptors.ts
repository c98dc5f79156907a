/**
 * The files by which loaders know mods and plugins. Three values are read from each, so the formats (JSON, TOML, YAML)
 * are not parsed in full: what is written in an unusual way is refused, never misread into something dangerous.
 */

export interface JarFacts {
  /** What the loader knows it by: `fabric-api`, `LuckPerms`. */
  readonly modId: string;
  readonly name: string;
  readonly version: string;
}

const byLoader: Readonly<Record<string, readonly string[]>> = {
  fabric: ['fabric.mod.json'],
  forge: ['META-INF/mods.toml'],
  neoforge: ['META-INF/neoforge.mods.toml', 'META-INF/mods.toml'],
  purpur: ['paper-plugin.yml', 'plugin.yml'],
  paper: ['paper-plugin.yml', 'plugin.yml'],
  spigot: ['plugin.yml'],
  bukkit: ['plugin.yml'],
};

export function descriptorsFor(loaders: readonly string[]): readonly string[] {
  return [...new Set(loaders.flatMap((loader) => byLoader[loader] ?? []))];
}

/** Null when it does not say what it is. */
export function describe(fileName: string, text: string): JarFacts | null {
  const values = fileName.endsWith('.json')
    ? fromJson(text)
    : fileName.endsWith('.toml')
      ? fromToml(text)
      : fromYaml(text);
  const modId = values?.modId?.trim() ?? '';
  if (!/^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/.test(modId)) return null;
  return {
    modId,
    name: plain(values?.name, modId, 100),
    // A build fills this in; some leave the placeholder.
    version: plain(values?.version, '', 64).replace(/^\$\{.*\}$/, '') || 'unknown',
  };
}

interface Values {
  readonly modId?: string | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
}

function fromJson(text: string): Values | null {
  try {
    const { id, name, version } = JSON.parse(text) as Record<string, unknown>;
    return { modId: textual(id), name: textual(name), version: textual(version) };
  } catch {
    return null; // no JSON, or nothing that has members
  }
}

/** Of the first `[[mods]]`. */
function fromToml(text: string): Values | null {
  const [, table] =
    /^[ \t]*\[\[[ \t]*mods[ \t]*\]\]([\s\S]*?)(?=^[ \t]*\[|$(?![\s\S]))/m.exec(text) ?? [];
  if (table === undefined) return null;
  const value = (key: string) =>
    new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*(["'])([^"'\\r\\n]*)\\1`, 'm').exec(table)?.[2];
  return { modId: value('modId'), name: value('displayName'), version: value('version') };
}

function fromYaml(text: string): Values {
  const value = (key: string) =>
    new RegExp(`^${key}:[ \\t]*(["']?)([^"'#\\r\\n]*)\\1`, 'm').exec(text)?.[2]?.trim();
  const name = value('name');
  return { modId: name, name, version: value('version') };
}

const textual = (value: unknown) => (typeof value === 'string' ? value : undefined);

function plain(text: string | undefined, otherwise: string, most: number): string {
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  return (
    (text ?? '')
      .replace(/[\u0000-\u001f\u007f]/g, ' ')
      .trim()
      .toWellFormed()
      .slice(0, most) || otherwise
  );
}
