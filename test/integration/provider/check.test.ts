// What does a check of a provider say beside one that is running?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startProcessCompute } from '../../../src/compute/process/process-compute.ts'
import { providerConfigFrom } from '../../../src/wiring/provider-settings.ts'
import { wireProviderCheck } from '../../../src/wiring/wire-provider-check.ts'
import { quietLog } from '../../support/quiet-log.ts'

test('that its process pods are another process’s is said, and no failure: all else is checked', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'paygress-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const spec = { id: 'basic', name: 'Basic', cpu_millicores: 1, memory_mb: 1, rate_msats_per_sec: 1 }
  const configured = providerConfigFrom({
    BACKEND: 'process',
    NOSTR_RELAYS: 'ws://127.0.0.1:1',
    WHITELISTED_MINTS: 'http://127.0.0.1:1',
    CASHU_DB_PATH: join(folder, 'paygress.db'),
    POD_SPECS: JSON.stringify([spec]),
  })
  const config = { ...configured, relays: [] }
  const running = await startProcessCompute({
    dir: join(folder, 'machines'),
    clock: { now: () => Date.now() },
    log: quietLog(),
  })
  const beside = await wireProviderCheck(config, quietLog())
  await running.close()
  expect(beside).toEqual([
    {
      about: 'machines',
      level: 'warn',
      what: expect.stringMatching(
        new RegExp(
          `^a provider is running, .*another paygress \\(process ${process.pid}\\) works on ${folder}/machines$`,
        ),
      ),
      fix: expect.stringContaining('stop it and check again'),
    },
    expect.objectContaining({ about: 'mint', level: 'fail' }),
  ])
  const alone = await wireProviderCheck(config, quietLog())
  expect(alone.map(({ what }) => what).join()).toContain('× basic')
})
