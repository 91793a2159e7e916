// A process killed with SIGKILL at every step of an operation, and several processes on one wallet.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { startMint } from '../../src/devnet/mint/start-mint.ts'
import type { RunningMint } from '../../src/devnet/mint/start-mint.ts'
import { runWalletChild, startWalletChild } from '../support/wallet/run-child.ts'
import { done, fund, held, openTestWallet } from '../support/wallet/test-wallet.ts'
import type { TestWallet } from '../support/wallet/test-wallet.ts'
import type { OperationResult } from '../../src/wallet/transaction.ts'

let mint: RunningMint
let url: MintUrl
let alice: TestWallet
let bob: TestWallet
const noted: string[] = []
const effects = {
  note: (_tx: unknown, result: OperationResult): void => void noted.push(result.operationId),
}

beforeAll(async () => {
  mint = await startMint({ units: [{ unit: 'sat', inputFeePpk: 100 }] })
  url = parseMintUrl(mint.url)
  alice = openTestWallet({ trusted: [url], effects })
  bob = openTestWallet({ trusted: [url], effects })
  await fund(alice.wallet, url, 20_000n)
  await fund(bob.wallet, url, 20_000n)
})

afterAll(async () => {
  await alice.close()
  await bob.close()
  await mint.close()
})

const inHands = (): bigint => held(alice.wallet, url).available + held(bob.wallet, url).available
const signal = (): AbortSignal => AbortSignal.timeout(20_000)

async function task(
  kind: string,
): Promise<{ of: TestWallet; fields: Record<string, unknown>; token: bigint }> {
  const locktime = Math.floor(Date.now() / 1000) + 900
  const pubkey = bob.wallet.paymentKey().pubkey
  if (kind === 'lock') return { of: alice, fields: { pubkey, locktime }, token: 0n }
  if (kind === 'refund') return { of: bob, fields: { pubkey: alice.wallet.newRefundKey().pubkey }, token: 0n }
  if (kind === 'fund') {
    const { operationId } = await alice.wallet.requestInvoice(url, 33n)
    return { of: alice, fields: { operationId }, token: 0n }
  }
  const refundPubkey = alice.wallet.newRefundKey().pubkey
  const sent =
    kind === 'receive'
      ? done(await alice.wallet.send(url, 40n, {}))
      : done(await alice.wallet.lock(url, 40n, { pubkey, locktime, refundPubkey }, {}))
  return { of: bob, fields: { token: sent.token, locktime }, token: sent.amountSat }
}

const POINTS = ['before the journal', 'after the journal', 'after the mint', 'after the end'] as const

/** The fail point of an operation. */
function pointOf(kind: string, when: (typeof POINTS)[number]): string {
  const isFund = kind === 'fund'
  const journal = isFund
    ? 'wallet/fund-wallet.ts claimQuote transaction'
    : 'wallet/engine.ts begin transaction'
  const mintCall = isFund ? 'wallet/ask-mint.ts mintQuote mint#2' : 'wallet/ask-mint.ts askMint swap'
  if (when === 'before the journal') return `before ${journal}`
  if (when === 'after the journal') return `after ${journal}`
  return when === 'after the mint' ? `after ${mintCall}` : 'after wallet/journal.ts finish transaction'
}

describe.each(['fund', 'lock', 'receive', 'capture', 'refund'])('%s', (kind) => {
  test.each(POINTS)('killed right %s leaves every sat in one place', async (when) => {
    const { of, fields, token: taken } = await task(kind)
    const outside = mint.stats().outstanding - inHands() - taken
    const point = pointOf(kind, when)
    const child = await runWalletChild({ home: of.home, mint: url, kind, ...fields }, { point })
    expect(child).toMatchObject({ signal: 'SIGKILL' })
    noted.length = 0
    const report = await of.wallet.recover({ signal: signal() })
    expect(report.open).toEqual([])
    const happened = when !== 'before the journal' || kind === 'fund'
    const results = report.ended.map(({ kind: ofKind, result }) => `${ofKind} ${result.status}`)
    const open =
      when === 'after the journal' || when === 'after the mint' || (happened && when === 'before the journal')
    expect(results).toEqual(open ? [`${kind} done`] : [])
    expect(noted).toHaveLength(open && kind !== 'fund' ? 1 : 0)
    const newest = of.wallet.history(1)[0]
    const made = happened && ['lock', 'refund'].includes(kind) ? (newest?.amountSat ?? 0n) : 0n
    const left = happened ? 0n : taken
    expect(mint.stats().outstanding - inHands()).toBe(outside + made + left)
    expect(held(of.wallet, url).reserved).toBe(0n)
    const result = newest === undefined ? undefined : of.wallet.operation(newest.operationId)
    const token = result?.status === 'done' ? result.token : undefined
    expect(token === undefined).toBe(made === 0n)
  })
})

test('several processes send from one wallet at once and never the same coin', async () => {
  const before = held(alice.wallet, url).available
  const childTask = { home: alice.home, mint: url, kind: 'send', times: 4 }
  const ends = await Promise.all([
    runWalletChild(childTask),
    runWalletChild(childTask),
    runWalletChild(childTask),
  ])
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    ends.map(() => ({ code: 0, stderr: '' })),
  )
  const results = ends.flatMap(({ results: some }) => some) as {
    status: string
    token: string
    amountSat: number
    feeSat: number
  }[]
  expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 'done'))
  const spent = results.reduce((sum, { amountSat, feeSat }) => sum + amountSat + feeSat, 0)
  expect(held(alice.wallet, url)).toEqual({ available: before - BigInt(spent), reserved: 0n })
  for (const { token } of results)
    expect(await bob.wallet.receive(token, {})).toMatchObject({ status: 'done' })
})

test('leaves the row of a process that lives to that process, and takes it when that is dead', async () => {
  const child = startWalletChild(
    { home: alice.home, mint: url, kind: 'send' },
    { point: pointOf('send', 'after the mint'), stands: true },
  )
  await child.atBoundary
  expect(await alice.wallet.recover({ signal: signal() })).toEqual({ ended: [], open: [] })
  expect(held(alice.wallet, url).reserved).toBeGreaterThan(0n)
  child.kill()
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' })
  const [one, two] = [openTestWallet({ home: alice.home, effects }), alice]
  const reports = await Promise.all([one, two].map(({ wallet }) => wallet.recover({ signal: signal() })))
  expect(reports.flatMap(({ ended }) => ended.map(({ result }) => result.status))).toContain('done')
  expect(held(alice.wallet, url).reserved).toBe(0n)
  await one.close()
})
