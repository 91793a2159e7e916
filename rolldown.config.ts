// How does src/ become dist/? One bundle, split at every lazy import, with everything inside and the licences of what is inside.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'rolldown'
import * as z from 'zod'

/** ssh2, ws and debug probe for these extras inside try/catch and work without them: let the probe fail. */
const EXTRA = /^(cpu-features|bufferutil|utf-8-validate|supports-color)$|\.node$/

function withoutExtras(): Plugin {
  const id = '\0no-extra.cjs'
  return {
    name: 'without-extras',
    resolveId: { filter: { id: EXTRA }, handler: () => ({ id }) },
    load: { filter: { id: /no-extra/ }, handler: () => "throw new Error('not bundled')" },
  }
}

const manifest = z.object({ name: z.string(), version: z.string(), license: z.string().optional() })

/** The folder of the package a module comes from, or undefined for the project's own modules. */
function packageFolder(moduleId: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(moduleId.replaceAll('\\', '/'))?.[0]
}

function notice(folder: string): string {
  const { name, version, license } = manifest.parse(
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  )
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
  return `${name} ${version} (${license ?? 'see its repository'})\n${text}`
}

function thirdPartyNotice(): Plugin {
  return {
    name: 'third-party-notice',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) =>
        chunk.type === 'chunk' ? chunk.moduleIds : [],
      )
      const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== undefined))
      const notices = [...folders].map(notice).toSorted()
      const head = 'paygress contains these packages, under their own licences.\n'
      const rule = `\n${'-'.repeat(80)}\n\n`
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY.txt', source: [head, ...notices].join(rule) })
    },
  }
}

export default defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  logLevel: 'warn',
  // ssh2's WebAssembly asks for the folder it lies in.
  transform: { target: 'node22.22', define: { __dirname: 'import.meta.dirname' } },
  onLog(level, log, next) {
    // What cannot be found would have to be installed beside the bundle: nothing may be.
    if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message)
    next(level, log)
  },
  // Its thousand generated models do nothing when they are loaded, and we need four of its modules.
  treeshake: { moduleSideEffects: [{ test: /@kubernetes\/client-node/, sideEffects: false }] },
  plugins: [withoutExtras(), thirdPartyNotice()],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  },
})
