// How does a sweep that was interrupted go on? Each verdict is a line of a file; what was green with the same build is not asked again.
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'

/** Of one death with all that came on top of it: green where there is no problem. */
const verdict = z.object({
  build: z.string(),
  fee: z.number(),
  name: z.string(),
  problems: z.array(z.string()),
})

export class Verdicts {
  readonly #path: string | undefined
  readonly #build: string
  readonly #green = new Set<string>()

  /** Of the build with this launcher; without a path nothing is kept. */
  constructor(path: string | undefined, launcher: string) {
    this.#path = path
    this.#build = buildOf(launcher)
    if (path === undefined || !existsSync(path)) return
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line === '') continue
      const { build, fee, name, problems } = verdict.parse(JSON.parse(line))
      if (build === this.#build && problems.length === 0) this.#green.add(`${fee} ${name}`)
    }
  }

  isGreen(fee: number, name: string): boolean {
    return this.#green.has(`${fee} ${name}`)
  }

  add(fee: number, name: string, problems: readonly string[]): void {
    if (this.#path === undefined) return
    appendFileSync(this.#path, `${JSON.stringify({ build: this.#build, fee, name, problems })}\n`)
  }
}

/** Digest of the program and of what judges it: the sweep, the oracle, and what both are made of in the test folder. */
export function buildOf(launcher: string, test = fileURLToPath(new URL('..', import.meta.url))): string {
  const hash = createHash('sha256')
  const files = [
    ...globSync(join(dirname(launcher), '..', 'dist', '**', '*.js')),
    ...globSync(join(test, '{sweep,oracle,support}', '**', '*.ts')),
  ]
  for (const file of files.toSorted()) hash.update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
