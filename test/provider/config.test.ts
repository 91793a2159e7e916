// Configuration: the names of existing deployments work, and every mistake is said at once.
import { describe, expect, test } from 'vitest'
import { PaygressError } from '../../src/core/errors.ts'
import { parseProviderConfig } from '../../src/provider/config.ts'
import { minimumLockSec } from '../../src/provider/provider-config.ts'

const specs = JSON.stringify([
  {
    id: 'basic',
    name: 'Basic',
    description: 'small',
    cpu_millicores: 1000,
    memory_mb: 1024,
    rate_msats_per_sec: 100,
  },
])
/** What a cluster needs beside it. */
const cluster = { BACKEND: 'kubernetes', SSH_HOST: '203.0.113.7' }
const good = {
  BACKEND: 'process',
  NOSTR_RELAYS: 'ws://127.0.0.1:7777, ws://localhost:7778/',
  WHITELISTED_MINTS: 'https://mint.example.com/cashu/api/v1/',
  POD_SPECS: specs,
}
const noFiles = (): undefined => undefined

function problems(
  env: Record<string, string>,
  readText: (path: string) => string | undefined = noFiles,
): string[] {
  try {
    parseProviderConfig(env, readText)
  } catch (error) {
    if (error instanceof PaygressError && error.code === 'config_invalid')
      return error.details?.problems as string[]
    throw error
  }
  return []
}

test('the least that is needed gives the defaults', () => {
  const config = parseProviderConfig(good, noFiles)
  expect(config).toMatchObject({
    backend: 'process',
    relays: ['ws://127.0.0.1:7777', 'ws://localhost:7778'],
    mints: ['https://mint.example.com/cashu/api/v1'],
    databasePath: './data/paygress.db',
    minimumDurationSec: 60,
    maximumDurationSec: undefined,
    defaultImage: 'linuxserver/openssh-server:latest',
    allowedImages: ['linuxserver/openssh-server:latest'],
    portRange: { start: 30_000, end: 31_000 },
    startupAllowanceSec: 300,
    maxUnpaidLeases: 10,
    offerRefreshSec: 600,
    minPow: 0,
    ratePerSenderPerMin: 30,
    ratePerRelayPerMin: 600,
    logLevel: 'info',
    notices: [],
  })
  expect(config.specs).toMatchObject([{ id: 'basic', rateMsatPerSec: 100 }])
  expect(minimumLockSec(config)).toBe(900)
  expect(minimumLockSec({ startupAllowanceSec: 3000 })).toBe(3600)
})

test('a cluster may use any relay and has defaults of its own', () => {
  const config = parseProviderConfig({ ...good, ...cluster, NOSTR_RELAYS: 'wss://relay.damus.io' }, noFiles)
  expect(config.backend).toBe('kubernetes')
  expect(config.kubernetes).toEqual({
    namespace: 'user-workloads',
    sshHost: '203.0.113.7',
    exposure: 'nodeport',
    holdImage: config.defaultImage,
    namespacePerPod: false,
  })
  expect(parseProviderConfig({ ...good, ...cluster, POD_DISK_MB: '64' }, noFiles).kubernetes?.storageMb).toBe(
    64,
  )
  const { BACKEND: _backend, ...unsaid } = { ...good, SSH_HOST: 'node.example.com' }
  expect(parseProviderConfig(unsaid, noFiles).backend).toBe('kubernetes')
})

test('an address to bind is read with its port', () => {
  const bindAddress = (text: string) => parseProviderConfig({ ...good, BIND_ADDR: text }, noFiles).bindAddress
  expect(bindAddress('0.0.0.0:8080')).toEqual({ host: '0.0.0.0', port: 8080 })
  expect(bindAddress('[::1]:0')).toEqual({ host: '::1', port: 0 })
})

test('an empty value counts as unset', () => {
  const config = parseProviderConfig(
    { ...good, MIN_POW: '', NOSTR_PRIVATE_KEY: '  ', POD_SPECS_FILE: '' },
    noFiles,
  )
  expect(config.minPow).toBe(0)
  expect(config.privateKey).toBeUndefined()
})

test('specs come from the named file, else from POD_SPECS, else from the single rate, else from pod-specs.json', () => {
  const file = (path: string): string | undefined =>
    path === 'pod-specs.json' ? specs.replace('basic', 'file') : undefined
  const { POD_SPECS: _specs, ...rest } = good
  expect(parseProviderConfig({ ...good, POD_SPECS_FILE: 'pod-specs.json' }, file).specs[0]?.id).toBe('file')
  expect(parseProviderConfig(good, file).specs[0]?.id).toBe('basic')
  expect(parseProviderConfig({ ...rest, PAYMENT_RATE_SATS_PER_HOUR: '100' }, file).specs).toMatchObject([
    { id: 'default', cpuMillicores: 1000, memoryMb: 1024, rateMsatPerSec: 28 },
  ])
  expect(parseProviderConfig(rest, file).specs[0]?.id).toBe('file')
})

test('what is accepted without effect is said', () => {
  const config = parseProviderConfig({ ...good, ENABLE_CLEANUP_TASK: 'true', TOR_IMAGE: 'tor' }, noFiles)
  expect(config.notices).toHaveLength(2)
  expect(config.notices[0]).toContain('ENABLE_CLEANUP_TASK')
})

test.each([
  ['debug', { LOG_LEVEL: 'DEBUG' }],
  ['debug', { RUST_LOG: 'hyper=info,trace' }],
  ['warn', { RUST_LOG: 'warn' }],
  ['error', { RUST_LOG: 'debug', LOG_LEVEL: 'error' }],
])('the log level is %s for %o', (level, env) => {
  expect(parseProviderConfig({ ...good, ...env }, noFiles).logLevel).toBe(level)
})

test('machines per spec can be limited', () => {
  expect([...parseProviderConfig({ ...good, CAPACITY_BASIC: '4' }, noFiles).capacity]).toEqual([['basic', 4]])
})

describe('a mistake', () => {
  test('in many specs is one problem that names each of them once', () => {
    const text =
      '[{"id":"a"},{"id":"b","name":"B","cpu_millicores":0,"memory_mb":"much","rate_msats_per_sec":1.5}]'
    const [found = '', ...others] = problems({ ...good, POD_SPECS: text })
    expect(others).toEqual([])
    expect(found).toContain(
      'POD_SPECS: spec 1: name is missing, cpu_millicores is missing, memory_mb is missing, rate_msats_per_sec is missing; ' +
        'spec 2: cpu_millicores must be at least 1, memory_mb must be of type number, rate_msats_per_sec must be a whole number',
    )
    expect(found.match(/example/g)).toHaveLength(1)
  })

  test('with the older dialects says what to do, without an example that nobody could type', () => {
    expect(problems({ ...good, LEGACY_DIALECTS: 'json' })).toEqual([
      'LEGACY_DIALECTS: older dialects come in a later version: unset it',
    ])
  })

  test.each<[string, Record<string, string>, string]>([
    ['a missing relay', { NOSTR_RELAYS: '' }, 'NOSTR_RELAYS environment variable is required'],
    ['a relay elsewhere', { NOSTR_RELAYS: 'wss://relay.damus.io' }, 'process pods have no isolation'],
    ['no mint', { WHITELISTED_MINTS: ' ' }, 'WHITELISTED_MINTS environment variable is required'],
    ['a bad mint', { WHITELISTED_MINTS: 'mint' }, '"mint" is not a mint URL'],
    ['no specs', { POD_SPECS: '' }, 'POD_SPECS environment variable is required: POD_SPECS=['],
    ['specs that are not JSON', { POD_SPECS: '[' }, 'POD_SPECS: is not JSON'],
    ['specs that are something else, unquoted', { POD_SPECS: 'nsec1x' }, 'POD_SPECS: is not JSON (example'],
    [
      'a spec without price',
      { POD_SPECS: specs.replace(':100}', ':0}') },
      'POD_SPECS: spec 1: rate_msats_per_sec must be at least 1',
    ],
    [
      'two specs of one id',
      { POD_SPECS: `[${specs.slice(1, -1)},${specs.slice(1, -1)}]` },
      'two specs with the id "basic"',
    ],
    [
      'a single rate of leading zeros alone',
      { POD_SPECS: '', PAYMENT_RATE_SATS_PER_HOUR: '000' },
      'PAYMENT_RATE_SATS_PER_HOUR: must be a whole number from 1',
    ],
    ['a missing specs file', { POD_SPECS_FILE: '/no/file' }, 'POD_SPECS_FILE: there is no file /no/file'],
    ['http mode', { RUN_MODE: 'both' }, 'RUN_MODE: this version serves nostr only'],
    ['a cluster without an address', { BACKEND: 'kubernetes' }, 'SSH_HOST environment variable is required'],
    ['an unknown back end', { BACKEND: 'docker' }, 'BACKEND: must be one of kubernetes, process'],
    [
      'a namespace that is none',
      { ...cluster, POD_NAMESPACE: 'User_Pods' },
      'POD_NAMESPACE: must be the name',
    ],
    ['an SSH host with a port', { ...cluster, SSH_HOST: '203.0.113.7 -oX' }, 'SSH_HOST: must be a host name'],
    ['an exposure that is none', { ...cluster, SSH_EXPOSURE: 'ingress' }, 'SSH_EXPOSURE: must be one of'],
    ['an address without a port', { BIND_ADDR: '0.0.0.0' }, 'BIND_ADDR: must be an address and a port'],
    [
      'a long start',
      { STARTUP_ALLOWANCE_SECONDS: '3001' },
      'STARTUP_ALLOWANCE_SECONDS: must be a whole number from 10 to 3000',
    ],
    ['a number that is none', { MAX_UNPAID_LEASES: '1e3' }, 'MAX_UNPAID_LEASES: must be a whole number'],
    ['ports upside down', { SSH_PORT_RANGE_START: '31001' }, 'SSH_PORT_RANGE_END: must not be below'],
    [
      'times upside down',
      { MAXIMUM_POD_DURATION_SECONDS: '59' },
      'MAXIMUM_POD_DURATION_SECONDS: must not be below',
    ],
    ['an image that is none', { ALLOWED_IMAGES: 'a b' }, '"a b" is not an image'],
    ['capacity of an unknown spec', { CAPACITY_HUGE: '1' }, 'CAPACITY_HUGE: there is no such spec'],
    [
      'Tor beside process pods',
      { ENABLE_TOR_SIDECAR: 'true', TOR_IMAGE: 'tor' },
      'ENABLE_TOR_SIDECAR: process pods have no Tor',
    ],
    [
      'Tor without its image',
      { ...cluster, ENABLE_TOR_SIDECAR: 'true' },
      'TOR_IMAGE environment variable is required (example: TOR_IMAGE=',
    ],
    ['an image of Tor that is none', { ...cluster, TOR_IMAGE: 'a b' }, 'TOR_IMAGE: must be the name of'],
    [
      'no port and no Tor',
      { ...cluster, SSH_EXPOSURE: 'none' },
      'SSH_EXPOSURE: none leaves no way into a machine but Tor, which is off (example: ENABLE_TOR_SIDECAR=true)',
    ],
    ['an unknown level', { LOG_LEVEL: 'loud' }, 'LOG_LEVEL: must be one of debug'],
    [
      'a name that is too long',
      { PROVIDER_NAME: 'x'.repeat(201) },
      'PROVIDER_NAME: must be at most 200 characters',
    ],
    ['an image that is none', { BASE_IMAGE: '; rm -rf /' }, 'BASE_IMAGE: must be the name of an image'],
    ['a hold image that is none', { HOLD_IMAGE: 'a b' }, 'HOLD_IMAGE: must be the name of an image'],
    [
      'an older dialect',
      { LEGACY_DIALECTS: 'nip04-dm' },
      'LEGACY_DIALECTS: older dialects come in a later version',
    ],
  ])('such as %s is named with the variable', (_what, env, text) => {
    const found = problems({ ...good, ...env })
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(text)
  })

  test('is never the only one that is told', () => {
    const found = problems({
      RUN_MODE: 'http',
      MIN_POW: 'x',
      CAPACITY_A: 'x',
      LOG_LEVEL: 'loud',
      ENABLE_CLEANUP_TASK: 'maybe',
    })
    expect(found).toHaveLength(9)
    expect(found.join('\n')).toMatch(/RUN_MODE[\s\S]*NOSTR_RELAYS[\s\S]*WHITELISTED_MINTS[\s\S]*SSH_HOST/)
  })

  test('never shows the private key', () => {
    const key = `nsec1${'q'.repeat(58)}`
    expect(problems({ ...good, NOSTR_PRIVATE_KEY: key, MIN_POW: 'x' }).join()).not.toContain(key)
  })
})

describe('a file of specs that is there and cannot be used', () => {
  const { POD_SPECS: _specs, ...rest } = good
  function refusal(env: Record<string, string>, text: string | { unreadable: string }): PaygressError {
    try {
      parseProviderConfig({ ...rest, ...env }, () => text)
    } catch (error) {
      if (error instanceof PaygressError) return error
      throw error
    }
    throw new Error('it is usable')
  }

  test.each<[string, string | { unreadable: string }, string]>([
    ['broken', '[', 'POD_SPECS_FILE: my.json: is not JSON'],
    ['unreadable', { unreadable: 'my.json cannot be read: it is a folder' }, 'my.json cannot be read'],
  ])('is named to be mended: %s', (_, text, says) => {
    const error = refusal({ POD_SPECS_FILE: 'my.json' }, text)
    expect(error.message).toContain(says)
    expect(error.hint).toBe('mend my.json, or name another with POD_SPECS_FILE and start again')
  })

  test('is told with all that is wrong, and nothing is wrong for its sake', () => {
    const error = refusal({ MIN_POW: 'x', CAPACITY_BASIC: '4' }, '[]')
    expect(error.details?.problems).toEqual([
      expect.stringContaining('MIN_POW'),
      'POD_SPECS_FILE: pod-specs.json: must hold at least one spec',
    ])
    expect(error.hint).toContain('mend pod-specs.json')
    expect(error.hint).toContain('set these variables')
  })
})

test('a single rate may be written with zeros before it', () => {
  const { POD_SPECS: _specs, ...rest } = good
  const env = { ...rest, PAYMENT_RATE_SATS_PER_HOUR: '036' }
  expect(parseProviderConfig(env, noFiles).specs).toMatchObject([{ id: 'default', rateMsatPerSec: 10 }])
})
