import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SshTarget } from '../../src/client/ports.ts'
import { makeSshKeyPair } from '../../src/ssh/key-pair.ts'
import { sshLauncher } from '../../src/ssh/ssh-launcher.ts'
import { torProxy } from '../../src/ssh/tor-proxy.ts'
import { systemRandom } from '../../src/wiring/system.ts'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import { testPodNpub } from '../support/test-ids.ts'

const ONION = '2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion'
const THROUGH_TOR = 'nc -X 5 -x 127.0.0.1:9050 %h %p'
const pod: SshTarget = {
  podNpub: testPodNpub(1),
  name: 'coral-tiger-ladder',
  alias: 'web',
  host: '203.0.113.7',
  port: 30_001,
  user: 'ann',
  onion: ONION,
  hostKey: makeSshKeyPair(systemRandom, 'pod').publicKey,
  keyPath: undefined,
  password: undefined,
}
const launcher = (proxy = torProxy({})) => {
  const state = temporaryFolder('ssh')
  return sshLauncher({ state, keys: join(state, 'keys') }, proxy)
}
const options = { sshOptions: [], command: [], tor: true }

describe('a pod over Tor', () => {
  test('is reached at its onion address through the proxy, with its host key as always', () => {
    const line = launcher().commandLine(pod, options)
    expect(line).toContain(`'ProxyCommand=${THROUGH_TOR}'`)
    expect(line).toContain('-o Port=2222')
    expect(line).toContain(`-o HostKeyAlias=${pod.podNpub}`)
    expect(line).toContain('-o StrictHostKeyChecking=yes')
    expect(line.endsWith(`-- ${ONION}`)).toBe(true)
    expect(line).not.toContain(pod.host)
  })

  test('has a Host block of the same', () => {
    const block = launcher('10.0.0.2:9150').hostBlock(pod, { tor: true })
    expect(block).toContain(`  HostName ${ONION}\n`)
    expect(block).toContain('  ProxyCommand nc -X 5 -x 10.0.0.2:9150 %h %p\n')
  })

  test('is reached directly where nobody asked for Tor', () => {
    const line = launcher().commandLine(pod, { ...options, tor: false })
    expect(line.endsWith('-- 203.0.113.7')).toBe(true)
    expect(line).not.toContain('ProxyCommand')
  })

  test('is reached over Tor, asked or not, where it has no other address', () => {
    const line = launcher().commandLine({ ...pod, host: ONION, port: 2222 }, { ...options, tor: false })
    expect(line).toContain(`'ProxyCommand=${THROUGH_TOR}'`)
  })

  test.each([
    ['none', undefined],
    ['one that is no address', 'x; touch /tmp/x #.onion'],
  ])('cannot be reached where its onion address is %s', (_what, onion) => {
    expect(() => launcher().commandLine({ ...pod, onion }, options)).toThrow(
      expect.objectContaining({
        message: 'coral-tiger-ladder has no onion address',
        hint: expect.stringContaining('paygress ssh coral-tiger-ladder'),
      }),
    )
  })
})

test.each(['$(id):9050', '127.0.0.1', '127.0.0.1:99999', '-x:1', 'a b:1'])(
  'the proxy %s is refused',
  (proxy) => {
    expect(() => launcher(proxy).commandLine(pod, options)).toThrow(
      expect.objectContaining({ code: 'usage' }),
    )
  },
)

test('the proxy is the one that the environment names', () => {
  expect(torProxy({ PAYGRESS_TOR_PROXY: '127.0.0.1:9150' })).toBe('127.0.0.1:9150')
})
