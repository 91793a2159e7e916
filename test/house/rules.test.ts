// Does the linter refuse what the house rules forbid?
import { beforeAll, describe, expect, test } from 'vitest'
import { type Complaint, complaintsAbout } from './linted-tree.ts'

const many = Array.from({ length: 301 }, (_, index) => `export const line${index} = ${index}`).join('\n')

/** Rule, file, and the source (after a first line) that breaks the rule. */
const FORBIDDEN: [rule: string, file: string, source: string][] = [
  ['paygress(pure)', 'src/core/now.ts', 'export const now = Date.now()'],
  ['paygress(pure)', 'src/core/today.ts', 'export const today = new Date()'],
  ['paygress(pure)', 'src/protocol/dice.ts', 'export const dice = Math.random()'],
  ['paygress(pure)', 'src/protocol/later.ts', 'setTimeout(() => 1, 2)'],
  ['paygress(pure)', 'src/core/later.ts', 'setTimeout(() => 1, 2)'],
  ['paygress(pure)', 'src/client/env.ts', 'export const home = process.env["HOME"]'],
  ['paygress(pure)', 'src/wallet/get.ts', 'export const get = () => fetch("http://127.0.0.1")'],
  ['paygress(pure)', 'src/provider/id.ts', 'export const id = globalThis.crypto.randomUUID()'],
  ['paygress(no-process-exit)', 'src/commands/leave.ts', 'export const leave = () => process.exit(1)'],
  ['paygress(no-process-exit)', 'src/terminal/code.ts', 'process.exitCode = 1'],
  ['paygress(no-empty-catch)', 'src/core/hush.ts', 'try { JSON.parse("") } catch { /* fine */ }'],
  ['paygress(no-empty-catch)', 'src/core/shh.ts', 'await Promise.resolve(1).catch(() => {})'],
  ['paygress(no-double-assertion)', 'src/core/lie.ts', 'export const lie = 1 as unknown as string'],
  ['paygress(file-names)', 'src/core/utils.ts', 'export const a = 1'],
  ['paygress(file-names)', 'src/client/helpers/b.ts', 'export const b = 1'],
  ['paygress(file-names)', 'src/core/index.ts', 'export const c = 1'],
  ['paygress(file-names)', 'src/core/camelCase.ts', 'export const d = 1'],
  ['eslint(max-lines)', 'src/core/long.ts', many],
  ['eslint(no-console)', 'src/commands/say.ts', 'console.log("hello")'],
  ['typescript(no-explicit-any)', 'src/core/any.ts', 'export const any = (a: any): unknown => a'],
  ['typescript(no-floating-promises)', 'src/nostr/float.ts', 'Promise.resolve(1)'],
  [
    'typescript(no-misused-promises)',
    'src/nostr/misuse.ts',
    '[1].forEach(async (n) => { await Promise.resolve(n) })',
  ],
  ['typescript(no-unsafe-assignment)', 'src/nostr/raw.ts', 'export const raw: string = JSON.parse("1")'],
]

const ALLOWED: Record<string, string> = {
  'src/main.ts': 'process.exitCode = 1',
  'src/core/when.ts': 'export const when = (at: number): string => new Date(at).toISOString()',
  'src/core/pause.ts': 'export const wait = (ms: number): unknown => setTimeout(() => 1, ms)',
  'src/provider/tick.ts': 'export const tick = (ms: number): unknown => setTimeout(() => 1, ms)',
  'src/storage/clock.ts': 'export const now = (): number => Date.now()',
}

const withFirstLine = (source: string): string => `// What is this?\n${source}\n`

describe('house rules', () => {
  let complaints: Complaint[] = []
  beforeAll(async () => {
    const files = FORBIDDEN.map(([, file, source]) => [file, withFirstLine(source)])
    complaints = await complaintsAbout({
      ...Object.fromEntries(files),
      'src/core/silent.ts': 'export const silent = 1\n',
    })
  })

  test.each(FORBIDDEN)('%s speaks up in %s', (rule, file) => {
    expect(complaints).toContainEqual(expect.objectContaining({ rule, file }))
  })

  test('a file without a first comment is refused', () => {
    expect(complaints).toContainEqual(
      expect.objectContaining({ rule: 'paygress(first-line)', file: 'src/core/silent.ts' }),
    )
  })

  test('leave alone what is in its place', async () => {
    const files = Object.entries(ALLOWED).map(([file, source]) => [file, withFirstLine(source)])
    expect(await complaintsAbout(Object.fromEntries(files))).toEqual([])
  })
})
