// How does src/ become dist/? One bundle, split at every lazy import, with everything inside and the licences of what is inside.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig, type Plugin } from 'rolldown'
import * as z from 'zod'

/** ssh2 probes for these two native speed-ups inside try/catch and works without them: let the probe fail. */
const NATIVE = /^cpu-features$|\.node$/

function withoutNativeParts(): Plugin {
  const id = '\0no-native-part.cjs'
  return {
    name: 'without-native-parts',
    resolveId: { filter: { id: NATIVE }, handler: () => ({ id }) },
    load: { filter: { id: /no-native-part/ }, handler: () => "throw new Error('not bundled')" },
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
  transform: { target: 'node22.22' },
  plugins: [withoutNativeParts(), thirdPartyNotice()],
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  },
})
