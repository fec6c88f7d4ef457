import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

// The simulator serves the built page under /phone/; `npm run dev` talks to one running at its default address.
const simulator = 'http://127.0.0.1:8190'

export default defineConfig({
  base: '/phone/',
  plugins: [vue()],
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true },
  server: {
    proxy: Object.fromEntries(['/control', '/webview', '/cgi-bin', '/media'].map((path) => [path, simulator])),
  },
  // A busy machine is no failure: the limit only ends what hangs.
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
})
