// How is the built program started and timed?
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/paygress.js', import.meta.url))
const BUILT = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** The words after `node` for a call of the program. Throws where it is not built. */
export function program(...args: string[]): string[] {
  if (!existsSync(BUILT)) throw new Error('there is no dist/: npm run build')
  return [BIN, ...args]
}

export interface Timed {
  /** Milliseconds from the start until `isThere` was content with stdout; undefined where it never was. */
  firstMs: number | undefined
  /** Milliseconds until the process had ended. */
  totalMs: number
  /** Processor time of the process and what it started, which a busy machine changes less: whole hundredths of a second. */
  cpuMs: number
}

/** Runs Node with these words and measures it. Throws where it fails. */
export async function timeNode(
  words: readonly string[],
  isThere: (stdout: string) => boolean = () => true,
  env: Record<string, string> = {},
): Promise<Timed> {
  const cpuBefore = endedChildrenMs()
  const start = performance.now()
  const child = spawn(process.execPath, words, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err, firstMs] = ['', '', undefined as number | undefined]
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text
    if (firstMs === undefined && isThere(out)) firstMs = performance.now() - start
  })
  child.stderr.setEncoding('utf8').on('data', (text) => (err += text))
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const totalMs = performance.now() - start
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${err.trim()}`)
  return { firstMs, totalMs, cpuMs: endedChildrenMs() - cpuBefore }
}

/** Processor time of all processes that this one started and saw end, as Linux counts it; NaN elsewhere. */
function endedChildrenMs(): number {
  if (process.platform !== 'linux') return Number.NaN
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  // Fields 16 and 17 of proc(5), in ticks of 10 ms.
  return (Number(fields[13]) + Number(fields[14])) * 10
}
