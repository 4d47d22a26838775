/** Files packed ahead: the server sends `.br` or `.gz` beside a file to a browser that takes it. */

import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const PACKED = /\.(js|css|html|svg)$/
/** Below this size the header costs more than packing saves. */
const LEAST_BYTES = 1024

export function packAhead(): Plugin {
  return {
    name: 'pack-ahead',
    apply: 'build',
    async writeBundle(options) {
      const folder = options.dir!
      for (const name of await readdir(folder, { recursive: true })) {
        const path = join(folder, name)
        if (!PACKED.test(name) || (await stat(path)).size < LEAST_BYTES) continue
        const plain = await readFile(path)
        await writeFile(`${path}.gz`, await promisify(gzip)(plain, { level: 9 }))
        await writeFile(
          `${path}.br`,
          await promisify(brotliCompress)(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
        )
      }
    },
  }
}
