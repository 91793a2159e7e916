// The main story as a person and as a script plays it: every sat is accounted for at every step.
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { temporaryFolder } from '../support/peers/temporary-folder.ts'
import type { CliResult } from '../support/run-cli.ts'
import { balanceOf, type DevnetProcess, startDevnetProcess } from '../support/scenario/devnet-process.ts'
import { providerBalanceSat } from '../support/scenario/serve-process.ts'

let net: DevnetProcess

beforeAll(async () => {
  net = await startDevnetProcess()
})

async function ok(args: readonly string[], home: string, stdin?: string): Promise<CliResult> {
  const result = await net.run(args, { home, ...(stdin === undefined ? {} : { stdin }) })
  expect({ args, code: result.code, stderr: result.code === 0 ? '' : result.stderr }).toEqual({
    args,
    code: 0,
    stderr: '',
  })
  return result
}

const json = async (args: readonly string[], home: string) => (await ok([...args, '-o', 'json'], home)).json()

describe('one after the other', () => {
  test('a person finds, pays, enters, adds time and gets out', async () => {
    const home = temporaryFolder('person')
    const offers = await ok(['offers'], home)
    expect(offers.stdout).toMatch(/basic .*360/)
    expect(offers.stdout.split('\n')[0]).toMatch(/SPEC/)
    expect((await ok(['wallet', 'fund', '1000'], home)).stdout).toMatch(/1000 sat|1,000 sat/)
    const bought = await ok(['buy', '--spec', 'basic', '--for', '2m', '--yes'], home)
    const name = /next: paygress ssh (\S+)/.exec(bought.stderr)?.[1] ?? ''
    const npub = /npub1\w+/.exec(bought.stdout)?.[0] ?? ''
    expect(name).toMatch(/^[a-z]+-[a-z]+-[a-z]+$/)
    expect(bought.stdout).toContain(name)

    const who = await net.run(['ssh', name, '--', 'id', '-un'], { home })
    expect(who.stdout).toMatch(/^\S+\n$/)
    expect(who.code).toBe(0)
    expect((await net.run(['ssh', name, '--', 'exit', '7'], { home })).code).toBe(7)

    const topped = await ok(['topup', npub, '--for', '1m', '--yes'], home)
    expect(topped.stdout).toMatch(/added\s+1m/)
    expect((await ok(['status', name], home)).stdout).toMatch(/state\s+running/)
    expect((await ok(['pods'], home)).stdout).toContain(name)
    expect((await ok(['stop', name], home)).stdout).toMatch(/is stopped after .*; \d+ sat came back/)
    expect((await ok(['pods'], home)).stdout).toBe('')
    expect((await ok(['wallet', 'balance'], home)).stdout).toContain(net.mint)
  })

  test('a script gets one document each time, and the sums add up to the sat', async () => {
    const home = temporaryFolder('script')
    const before = net.outstandingSat()

    const { offers } = await json(['offers', '--spec', 'basic'], home)
    expect(offers).toHaveLength(1)
    expect(offers[0]).toMatchObject({
      provider_npub: net.providerNpub,
      provider_name: 'devnet',
      spec_id: 'basic',
      spec_name: 'Basic',
      description: 'Basic VPS - 1 CPU core, 1GB RAM',
      cpu_millicores: 1000,
      memory_mb: 1024,
      rate_msats_per_sec: 100,
      sats_per_hour: 360,
      minimum_duration_seconds: 60,
      mints: [net.mint],
      state: 'live',
      relays: [net.relay],
    })
    expect(offers[0].features).toContain('quote')
    expect(offers[0].age_seconds).toBeGreaterThanOrEqual(0)
    expect(Date.parse(offers[0].published_at)).toBeLessThanOrEqual(Date.now())

    const funded = await json(['wallet', 'fund', '1000'], home)
    expect(funded).toMatchObject({ amount_sat: 1000, mint: net.mint })
    expect(Object.keys(funded).toSorted()).toEqual(['amount_sat', 'invoice', 'mint', 'quote_id', 'state'])
    expect(net.outstandingSat()).toBe(before + 1000)

    const bought = await json(['buy', '--spec', 'basic', '--for', '2m', '--yes'], home)
    expect(bought).toMatchObject({
      state: 'ready',
      provider_npub: net.providerNpub,
      spec_id: 'basic',
      duration_seconds: 120,
      paid: { mint: net.mint },
    })
    expect(bought).not.toHaveProperty('password')
    expect(Object.keys(bought.ssh)).toEqual(['host', 'port', 'username', 'command', 'host_key', 'onion'])
    expect(bought.ssh.host_key).toMatch(/^ssh-ed25519 /)
    const left = (Date.parse(bought.expires_at) - Date.now()) / 1000
    expect(left).toBeGreaterThan(100)
    expect(left).toBeLessThan(135)
    const afterBuy = (await json(['wallet', 'balance'], home)).total_sat
    expect(1000 - afterBuy).toBe(bought.paid.amount_sat + bought.paid.fee_sat)
    expect(bought.paid.amount_sat).toBeGreaterThanOrEqual(12)

    const topped = await json(['topup', bought.pod_npub, '--for', '1m', '--yes'], home)
    expect(topped).toMatchObject({
      state: 'ready',
      pod_npub: bought.pod_npub,
      extended_duration_seconds: 60,
      paid: { mint: net.mint },
    })
    expect(Date.parse(topped.expires_at) - Date.parse(bought.expires_at)).toBe(60_000)
    const afterTopup = (await json(['wallet', 'balance'], home)).total_sat
    expect(afterBuy - afterTopup).toBe(topped.paid.amount_sat + topped.paid.fee_sat)

    const { pods } = await json(['pods'], home)
    expect(pods).toHaveLength(1)
    expect(pods[0]).toMatchObject({ pod_npub: bought.pod_npub, state: 'running', spec_id: 'basic' })
    expect(pods[0].ssh.port).toBe(bought.ssh.port)
    const status = await json(['status', bought.pod_npub], home)
    expect(Object.keys(status)).toEqual(Object.keys(pods[0]))
    expect(status).toMatchObject({ state: 'running', expires_at: topped.expires_at })
    expect(status.seconds_left).toBeGreaterThan(120)

    const stopped = await json(['stop', bought.pod_npub], home)
    expect(stopped.pod_npub).toBe(bought.pod_npub)
    expect(stopped.used_seconds).toBeGreaterThanOrEqual(1)
    expect(stopped.refunded_sat).toBeGreaterThan(0)
    const balance = await json(['wallet', 'balance'], home)
    expect(balance.total_sat).toBe(afterTopup + stopped.refunded_sat)
    expect(balance.mints).toMatchObject([
      { url: net.mint, unit: 'sat', available_sat: balance.total_sat, reserved_sat: 0, pending_sat: 0 },
    ])

    const { orders } = await json(['orders', 'list'], home)
    expect(orders.map(({ kind, state }: { kind: string; state: string }) => [kind, state])).toEqual([
      ['buy', 'stopped'],
      ['topup', 'ready'],
    ])
    expect(Object.keys(orders[0])).toEqual([
      'order_id',
      'kind',
      'state',
      'pod_npub',
      'provider_npub',
      'amount_sat',
      'mint',
      'created_at',
      'updated_at',
      'error',
    ])
    const { history } = await json(['wallet', 'history'], home)
    expect(history.length).toBeGreaterThanOrEqual(4)
    expect(await json(['identity', 'show'], home)).toMatchObject({ npub: expect.stringMatching(/^npub1/) })
  })

  test('what the mint has issued and nobody spent is what the three wallets have', async () => {
    const [alice, bob] = [temporaryFolder('alice'), temporaryFolder('bob')]
    const before = net.outstandingSat() - (await providerBalanceSat(join(net.dir, 'provider')))
    await json(['wallet', 'fund', '300'], alice)
    const sent = await json(['wallet', 'send', '100'], alice)
    expect(sent).toMatchObject({ amount_sat: 100, mint: net.mint })
    const received = (
      await ok(['wallet', 'receive', '-', '-o', 'json'], bob, `${String(sent.token)}\n`)
    ).json()
    expect(received).toMatchObject({ received_sat: 100, mint: net.mint })
    const pod = await json(['buy', '--spec', 'standard', '--for', '60s', '--yes'], alice)
    await json(['stop', pod.pod_npub], alice)
    const mine = (await balanceOf(net.run, alice)) + (await balanceOf(net.run, bob))
    const theirs = await providerBalanceSat(join(net.dir, 'provider'))
    expect(net.outstandingSat()).toBe(before + mine + theirs)
  })

  test('yaml, names and quiet answers are there for scripts too', async () => {
    const home = temporaryFolder('formats')
    expect((await ok(['offers', '-o', 'name'], home)).stdout.split('\n')).toHaveLength(4)
    expect((await ok(['offers', '-o', 'yaml'], home)).stdout).toMatch(/^offers:\n {2}- provider_npub: npub1/)
    const columns = await ok(['offers', '--columns', 'spec', '--no-headers'], home)
    const features = await ok(['offers', '--columns', 'features', '--no-headers'], home)
    expect(features.stdout).toMatch(/^\S*quote\S*\n/)
    expect(columns.stdout).toBe('basic\nstandard\npremium\n')
    await ok(['wallet', 'fund', '200', '-q'], home)
    const quiet = await ok(['buy', '--spec', 'basic', '--for', '1m', '--yes', '-q'], home)
    expect(quiet.stdout).toMatch(/^npub1\w+\n$/)
    expect(quiet.stderr).toBe('')
    const npub = quiet.stdout.trim()
    expect((await ok(['pods', '-o', 'name'], home)).stdout).toBe(`${npub}\n`)
    const last = await ok(['ssh', npub, '--print'], home)
    expect(last.stdout).toMatch(/^ssh .*StrictHostKeyChecking=yes/)
    expect((await ok(['ssh', npub, '--config'], home)).stdout).toMatch(/^Host /)
  })
})
