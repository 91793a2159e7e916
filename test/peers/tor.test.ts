// Does Tor itself run an onion service from the files that a machine gets, at the address that its buyer is told?
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { onionData, torSettings } from '../../src/compute/kubernetes/tor-sidecar.ts'
import { makeOnionKey, type OnionKey } from '../../src/ssh/onion-key.ts'
import { systemRandom } from '../../src/wiring/system.ts'
import { machineRequest } from '../contract/compute-contract.ts'
import { requirePeer } from '../support/peers/require-peer.ts'
import { runOnce } from '../support/peers/run-once.ts'
import { startChild } from '../support/peers/child.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'

const KEYS = ['hs_ed25519_secret_key', 'hs_ed25519_public_key']

/** A folder as the container makes it, with the files that are named. */
function prepared(onion: OnionKey, files: readonly string[]): string {
  const home = temporaryFolder('tor')
  for (const name of ['data', 'onion']) mkdirSync(join(home, name), { mode: 0o700 })
  const data = onionData(machineRequest(1, { onion }), 2222)
  for (const name of files)
    writeFileSync(join(home, 'onion', name), Buffer.from(data[name] ?? '', 'base64'), { mode: 0o600 })
  writeFileSync(join(home, 'torrc'), torSettings(home, 2222))
  return home
}

const settingsOf = (home: string): string[] => ['-f', join(home, 'torrc'), '--DisableNetwork', '1']

requirePeer('tor')('tor', () => {
  test('finds the settings and the files valid', async () => {
    const home = prepared(makeOnionKey(systemRandom), [...KEYS, 'hostname'])
    const args = [...settingsOf(home), '--verify-config']
    const checked = await runOnce({ command: 'tor', args, cwd: home })
    expect(checked.stdout).toContain('Configuration was valid')
    expect(checked.code).toBe(0)
    // It is a judge: a folder that others may read is refused.
    chmodSync(join(home, 'onion'), 0o755)
    expect((await runOnce({ command: 'tor', args, cwd: home })).code).toBe(1)
  })

  test.each([1, 2, 3])('reads the same address from the secret key (%i)', async () => {
    const onion = makeOnionKey(systemRandom)
    const home = prepared(onion, ['hs_ed25519_secret_key'])
    const written = join(home, 'onion/hostname')
    const tor = await startChild({ command: 'tor', args: settingsOf(home), cwd: home }, () =>
      existsSync(written),
    )
    await tor.stop()
    expect(readFileSync(written, 'utf8')).toBe(`${onion.address}\n`)
    const ours = onionData(machineRequest(1, { onion }), 2222)['hs_ed25519_public_key']
    expect(readFileSync(join(home, 'onion/hs_ed25519_public_key')).toString('base64')).toBe(ours)
  })
})
