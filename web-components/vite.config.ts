/**
 * Builds `dist/`. Everything is local: a build fetches nothing, and what is built loads nothing from
 * elsewhere.
 *
 * - `vite build`: the portal, `index.html`; every element as a module of its own; and what plugins'
 *   modules import, `portal/sdk-1.js`. They share hashed files below `assets/`. `elements/<name>.js` are
 *   their addresses for other people's pages, `elements/modules.json` the ones for the portal.
 * - `vite build --mode embed`: `zlh-elements.js`, all elements in one self-contained classic script,
 *   which other sites may include without asking for CORS
 */
import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vite';
import type { BuildOptions, Plugin } from 'vite';

/** The first browsers with `light-dark()`: older ones could not show the tokens. */
const target = ['chrome123', 'firefox120', 'safari17.5'];

const common: BuildOptions = {
  target,
  cssTarget: target,
  assetsInlineLimit: 0,
  modulePreload: { polyfill: false },
  reportCompressedSize: false,
};

/** The portal is no part of other people's pages, and the theme comes with every element. */
const NOT_OFFERED = new Set(['portal', 'sdk', 'theme']);

/** Every folder `src/<name>/` with a `<name>.ts` is an element. */
function elements(): Record<string, string> {
  const folders = readdirSync(new URL('src/', import.meta.url)).filter(
    (name) => !NOT_OFFERED.has(name),
  );
  const named = folders.map((name) => [name, `src/${name}/${name}.ts`] as const);
  return Object.fromEntries(named.filter(([, file]) => existsSync(new URL(file, import.meta.url))));
}

const SDK = 'sdk-1';

/** Gives each element an address that stays, and lists those that hold the hash of their content. */
function addresses(): Plugin {
  return {
    name: 'zlh-addresses',
    generateBundle(_options, bundle) {
      const modules: Record<string, string> = {};
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk' || !chunk.isEntry || !(chunk.name in elements())) continue;
        modules[chunk.name] = `/${chunk.fileName}`;
        this.emitFile({
          type: 'asset',
          fileName: `elements/${chunk.name}.js`,
          source: `export * from '../${chunk.fileName}';\n`,
        });
      }
      const source = JSON.stringify(modules);
      this.emitFile({ type: 'asset', fileName: 'elements/modules.json', source });
    },
  };
}

const modes: Record<string, BuildOptions> = {
  portal: {
    ...common,
    rolldownOptions: {
      input: { index: 'index.html', [SDK]: 'src/sdk/sdk.ts', ...elements() },
      preserveEntrySignatures: 'exports-only',
      output: {
        entryFileNames: ({ name }) =>
          name === SDK ? 'portal/[name].js' : 'assets/[name]-[hash].js',
      },
    },
  },
  embed: {
    ...common,
    emptyOutDir: false,
    copyPublicDir: false,
    lib: {
      entry: 'src/elements.ts',
      formats: ['iife'],
      name: 'zlh',
      fileName: () => 'zlh-elements.js',
    },
    rolldownOptions: { output: { minify: true, codeSplitting: false } },
  },
};

export default defineConfig(({ mode }) => ({
  build: modes[mode] ?? modes['portal']!,
  plugins: mode === 'embed' ? [] : [addresses()],
  define: { 'process.env.NODE_ENV': JSON.stringify('production') },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:4000', ws: true } } },
}));
