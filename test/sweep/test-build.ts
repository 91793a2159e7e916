// What is swept? The program as it is published, built once more with a fail point at every seam, machines that are only written down and a disk that knows what is synced.
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Plugin, rolldown } from 'rolldown'
import config from '../../rolldown.config.ts'
import { durableModule } from './durable-modules.ts'
import { findSeams, type Seam, withFailPoints } from './find-seams.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SRC = join(ROOT, 'src')
const RUNTIME = fileURLToPath(new URL('at-seam.ts', import.meta.url))
const CLOCK = fileURLToPath(new URL('../support/shifted-clock.ts', import.meta.url))
const MACHINES = fileURLToPath(new URL('written-machines.ts', import.meta.url))

/** A change of the sources: what stands in a file below src/, and what shall stand there instead. */
export interface Edit {
  file: string
  find: string
  put: string
}

/** Builds the program into `folder`; returns the path of its launcher. */
export async function buildForSweep(folder: string, edits: readonly Edit[] = []): Promise<string> {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  cpSync(join(ROOT, 'bin', 'paygress.js'), join(folder, 'bin', 'paygress.js'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n')
  const { output, ...input } = config
  const plugins = [config.plugins, seamPlugin(edits)]
  const bundle = await rolldown({
    ...input,
    // Every process loads it first: as TypeScript it would take longer than the program.
    input: { main: 'src/main.ts', 'shifted-clock': CLOCK },
    cwd: ROOT,
    plugins,
  })
  try {
    await bundle.write({ ...[output].flat()[0], dir: join(folder, 'dist'), sourcemap: false })
  } finally {
    await bundle.close()
  }
  return join(folder, 'bin', 'paygress.js')
}

/** The module beside a launcher that moves the clock of its process; see `shifted-clock.ts`. */
export function clockOf(launcher: string): string {
  return join(dirname(launcher), '..', 'dist', 'shifted-clock.js')
}

/** Every seam of the sources, in order of files. */
export function allSeams(): Seam[] {
  return globSync('**/*.ts', { cwd: SRC })
    .map((file) => file.split(sep).join('/'))
    .toSorted()
    .flatMap((file) => findSeams(file, readFileSync(join(SRC, file), 'utf8')))
}

function seamPlugin(edits: readonly Edit[]): Plugin {
  const open = new Set(edits)
  return {
    name: 'fail-points',
    resolveId: {
      filter: { id: /^(node:fs|node:sqlite|ws)$/ },
      handler(id, importer = '') {
        const like = durableModule(id, importer)
        return like === undefined ? null : fileURLToPath(like)
      },
    },
    load: {
      filter: { id: /\.ts$/ },
      handler(id) {
        const file = relative(SRC, id).split(sep).join('/')
        if (file === 'wiring/wire-compute.ts')
          return { code: `export * from ${JSON.stringify(MACHINES)}`, moduleType: 'ts' }
        if (file.startsWith('..')) return null
        let code = readFileSync(id, 'utf8')
        for (const edit of edits) {
          if (edit.file !== file) continue
          if (code.split(edit.find).length !== 2) throw new Error(`${file} does not say once: ${edit.find}`)
          code = code.replace(edit.find, () => edit.put)
          open.delete(edit)
        }
        return { code: withFailPoints(file, code, RUNTIME) ?? code, moduleType: 'ts' }
      },
    },
    buildEnd() {
      for (const { file } of open) throw new Error(`nothing to change: ${file} is not part of the program`)
    },
  }
}
