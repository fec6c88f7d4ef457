import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

// The bank serves the built pages under /h5/ with a policy that allows nothing inline and nothing from elsewhere;
// `npm run budget` checks both after a build.
export default defineConfig({
  base: '/h5/',
  plugins: [vue()],
  build: {
    // Android's WeChat carries its own Chromium; iPhones of the country are old.
    target: ['es2020', 'chrome87', 'safari14'],
    outDir: 'dist',
    emptyOutDir: true,
    manifest: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/h5/s': { target: 'http://127.0.0.1:8080', bypass: (r) => (r.url?.includes('/api/') ? undefined : r.url) } } },
  // A busy machine is no failure: the limit only ends what hangs.
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
})
