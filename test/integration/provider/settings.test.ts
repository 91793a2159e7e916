// Which of the operator's words counts, and are all wrong ones told at once? The environment over the file, whatever name it uses.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { toPaygressError } from '../../../src/core/errors.ts'
import type { ProviderConfig } from '../../../src/provider/provider-config.ts'
import { providerConfig } from '../../../src/wiring/provider-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'paygress-settings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

function specs(id: string): string {
  return JSON.stringify([{ id, name: id, cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 1 }])
}

const COMMON = 'WHITELISTED_MINTS=https://mint.example\nBACKEND=process\nNOSTR_RELAYS=ws://127.0.0.1:7777\n'

async function read(dotenv: string, env: Record<string, string> = {}): Promise<ProviderConfig> {
  return providerConfig({
    env,
    dotenv: file('settings.env', `${COMMON}${dotenv}`),
    backend: undefined,
    kubeconfig: undefined,
    context: undefined,
    signal: new AbortController().signal,
  })
}

describe('the specs of the environment win over those of the file', () => {
  const inFile = file('in-file.json', specs('in-file'))
  const inOther = file('in-other.json', specs('in-other'))
  test.each<[string, Record<string, string>, string]>([
    [`POD_SPECS_FILE=${inFile}`, { POD_SPECS: specs('said') }, 'said'],
    [`POD_SPECS=${specs('dotenv')}`, { POD_SPECS_FILE: inOther }, 'in-other'],
    [`POD_SPECS_FILE=${inFile}`, { POD_SPECS_FILE: inOther }, 'in-other'],
    [`POD_SPECS_FILE=${inFile}`, { POD_SPECS: ' ' }, 'in-file'],
    [`POD_SPECS_FILE=${inFile}`, {}, 'in-file'],
  ])('%s with %j', async (dotenv, env, id) => {
    expect((await read(dotenv, env)).specs.map((spec) => spec.id)).toEqual([id])
  })
})

describe('a wrong key is told with all other mistakes, without a word of it', () => {
  test.each([
    ['no key at all', 'nsec1thisisnotakey', 'is neither an nsec'],
    ['a folder', folder, `cannot read ${folder}`],
    ['a file without a key', file('no-key', 'secret words'), 'is neither an nsec'],
  ])('%s', async (_what, key, why) => {
    const failed = await read(`POD_SPECS=${specs('a')}\nMIN_POW=x\nNOSTR_PRIVATE_KEY=${key}`).catch(
      toPaygressError,
    )
    expect(failed).toMatchObject({
      code: 'config_invalid',
      details: {
        problems: [
          expect.stringContaining('MIN_POW'),
          expect.stringMatching(
            new RegExp(`^NOSTR_PRIVATE_KEY: ${why}.*leave it empty to have a key made and kept`),
          ),
        ],
      },
    })
    expect(JSON.stringify(failed)).not.toMatch(/thisisnotakey|secret words/)
  })
})
