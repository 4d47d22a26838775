import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { packAhead } from './build-plugins.ts'

// `npm run dev` talks to a running server; TANTOU_SERVER names it when it is not the default one.
const server = process.env.TANTOU_SERVER ?? 'http://127.0.0.1:18080'

export default defineConfig({
  plugins: [vue(), packAhead()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: { __VUE_OPTIONS_API__: 'true', __VUE_I18N_LEGACY_API__: 'false', __INTLIFY_PROD_DEVTOOLS__: 'false' },
  // Nothing is inlined as data: the policy allows fonts and scripts from the server only.
  build: { assetsInlineLimit: 0, target: 'es2022', chunkSizeWarningLimit: 600, modulePreload: { polyfill: false } },
  server: { host: '127.0.0.1', proxy: { '/api': { target: server, changeOrigin: false } } },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
})
