/**
 * Builds `dist/`: the portal (`index.html` with hashed files below `assets/`), and with `--mode elements`
 * what embedders take. Everything is local: a build fetches nothing and a built page loads nothing from elsewhere.
 */
import { defineConfig } from 'vite';

export default defineConfig({
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
