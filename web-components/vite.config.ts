/**
 * Builds `dist/`. Everything is local: a build fetches nothing, and what is built loads nothing from elsewhere.
 *
 * - `vite build`: the portal, `index.html` with hashed files below `assets/`
 * - `vite build --mode elements`: `elements/<name>.js`, one module per element, sharing what they have in common
 * - `vite build --mode embed`: `zlh-elements.js`, all elements in one self-contained classic script,
 *   which other sites may include without asking for CORS
 */
import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vite';
import type { BuildOptions } from 'vite';

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
const NOT_OFFERED = new Set(['portal', 'theme']);

/** Every folder `src/<name>/` with a `<name>.ts` is an element. */
function elements(): Record<string, string> {
  const folders = readdirSync(new URL('src/', import.meta.url)).filter(
    (name) => !NOT_OFFERED.has(name),
  );
  const named = folders.map((name) => [name, `src/${name}/${name}.ts`] as const);
  return Object.fromEntries(named.filter(([, file]) => existsSync(new URL(file, import.meta.url))));
}

const modes: Record<string, BuildOptions> = {
  portal: common,
  elements: {
    ...common,
    outDir: 'dist/elements',
    copyPublicDir: false,
    lib: { entry: elements(), formats: ['es'] },
    rolldownOptions: {
      output: {
        minify: true,
        entryFileNames: '[name].js',
        chunkFileNames: 'shared/[name]-[hash].js',
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
  build: modes[mode] ?? common,
  define: { 'process.env.NODE_ENV': JSON.stringify('production') },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:4000', ws: true } } },
}));
