// Does `.ci/run` fail whenever one of its steps does, say why, and leave nothing running? With steps that are stand-ins.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')

interface Ran {
  code: number | null
  output: string
  folder: string
}

/** Runs a copy of it among scripts that print their names; `scripts` says what some of them do besides, by what they were called. */
function runCi(scripts: Readonly<Record<string, string>> = {}): Ran {
  const folder = temporaryFolder('ci')
  const put = (path: string, cases: readonly string[]): void => {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    const arms = cases.map((name) => `  *"${name}"*) ${scripts[name]} ;;\n`).join('')
    writeFileSync(file, `#!/usr/bin/env bash\necho "ran $0 $*"\ncase "$0 $*" in\n${arms}esac\n`)
    chmodSync(file, 0o755)
  }
  mkdirSync(join(folder, '.ci'))
  cpSync(join(ROOT, '.ci', 'run'), join(folder, '.ci', 'run'))
  const names = Object.keys(scripts)
  for (const path of ['bin/npm', 'bin/ssh', 'bin/ssh-keygen']) put(path, names)
  for (const path of ['test/peers/prepare.sh', 'test/peers/full-cluster/prepare.sh']) put(path, names)
  const env = { PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}`, HOME: folder, TMPDIR: folder }
  const { status, stdout, stderr } = spawnSync(join(folder, '.ci', 'run'), {
    env,
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { code: status, output: stdout + stderr, folder }
}

/** What ran, in the order of the output. */
function ran(output: string): string[] {
  return [...output.matchAll(/^ran \S*?(?:bin|peers)\/(.*?) *$/gm)].map(([, what = '']) => what)
}

test('runs everything that the documents name, and ends with the last test runner', () => {
  const { code, output } = runCi()
  const isRoot = process.getuid?.() === 0
  expect({ code, ran: ran(output) }).toEqual({
    code: 0,
    ran: [
      'npm ci --no-audit --no-fund',
      'npm run check',
      'npm run demo',
      'npm test',
      'prepare.sh',
      'prepare.sh cluster',
      ...(isRoot ? ['full-cluster/prepare.sh'] : []),
      'npm run test:sweep',
      'npm run soak -- --minutes 3',
      'npm run test:foreign',
    ],
  })
  expect(output.trimEnd()).toMatch(/ran \S*npm run test:foreign$/)
})

const STEPS = ['ci', 'run check', 'run demo', 'test', 'run test:sweep', 'run test:foreign']

test.each(STEPS.map((step) => `npm ${step}`))('fails with %s, which is the last that runs', (step) => {
  const { code, output } = runCi({ [step]: 'echo broken; exit 7' })
  expect(code).toBe(7)
  expect(output).toContain('broken')
  expect(
    ran(output)
      .findLast((one) => !one.includes('soak'))
      ?.startsWith(step),
  ).toBe(true)
})

test.each(['test/peers/prepare.sh ', 'test/peers/prepare.sh cluster'])('fails with %s', (step) => {
  const { code, output } = runCi({ [step]: 'echo broken; exit 7' })
  expect(code).toBe(7)
  expect(output).toContain('broken')
  expect(ran(output)).not.toContain('npm run test:sweep')
})

test('fails with the soak, shows all that it said, and runs no foreign peers', () => {
  const { code, output } = runCi({ 'run soak': 'echo seed 7; echo a sat is lost >&2; exit 1' })
  expect(code).toBe(1)
  expect(output).toMatch(/soak ended with 1\n.*\nseed 7\na sat is lost\n/)
  expect(ran(output)).not.toContain('npm run test:foreign')
})

test('tells of a soak that had failed before another step did', () => {
  const soak = 'echo a sat is lost; echo $$ >soak.pid; exit 1'
  const sweep = 'until [ -s soak.pid ] && ! kill -0 "$(cat soak.pid)"; do sleep 0.05; done; exit 7'
  const { code, output } = runCi({ 'run soak': soak, 'run test:sweep': sweep })
  expect(code).toBe(7)
  expect(output).toContain('a sat is lost')
})

test('stops the soak, with all that it started, when another step fails', () => {
  const soak = '(trap "touch ended; exit" TERM; touch begun; while :; do sleep 0.05; done) & wait'
  const sweep = 'until [ -e begun ]; do sleep 0.05; done; exit 7'
  const { code, output, folder } = runCi({ 'run soak': soak, 'run test:sweep': sweep })
  expect(code).toBe(7)
  expect(output).toContain('soak is stopped')
  expect(existsSync(join(folder, 'ended'))).toBe(true)
})

test.each([
  ['green', 0],
  ['failed', 1],
])('leaves nothing running of a soak that has ended %s, nor of what it had started', (_, code) => {
  const straggler = '(trap "touch ended; exit" TERM; touch begun; while :; do sleep 0.05; done) &'
  const soak = `${straggler} until [ -e begun ]; do sleep 0.05; done; echo its last word; exit ${code}`
  const ran = runCi({ 'run soak': soak })
  expect(ran.code).toBe(code)
  expect(ran.output).toContain('its last word')
  expect(existsSync(join(ran.folder, 'ended'))).toBe(true)
})

test('stops what a failed soak has left behind when another step fails, too', () => {
  const straggler = '(trap "touch ended; exit" TERM; touch begun; while :; do sleep 0.05; done) &'
  const soak = `${straggler} until [ -e begun ]; do sleep 0.05; done; echo $$ >soak.pid; exit 1`
  const sweep = 'until [ -s soak.pid ] && ! kill -0 "$(cat soak.pid)"; do sleep 0.05; done; exit 7'
  const { code, folder } = runCi({ 'run soak': soak, 'run test:sweep': sweep })
  expect(code).toBe(7)
  expect(existsSync(join(folder, 'ended'))).toBe(true)
})
