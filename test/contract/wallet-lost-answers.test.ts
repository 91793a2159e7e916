// A mint whose answers get lost, for every kind of operation: the money arrives exactly once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import { startFaultyMint } from '../support/faulty-mint.ts'
import type { FaultyMint, MintFault } from '../support/faulty-mint.ts'
import { holdTimeOuts } from '../support/held-time-outs.ts'
import {
  done,
  fund,
  held,
  openTestWallet,
  REQUEST_TIMEOUT_MS,
  tokenOf,
} from '../support/wallet/test-wallet.ts'
import type { TestWallet } from '../support/wallet/test-wallet.ts'
import type { OperationResult } from '../../src/wallet/transaction.ts'
import type { OperationOptions, Outcome } from '../../src/wallet/operation-options.ts'

const timeOuts = holdTimeOuts(REQUEST_TIMEOUT_MS)
let mint: FaultyMint
let url: MintUrl
let alice: TestWallet
let bob: TestWallet
let aheadMs = 0
const ended: string[] = []
const effects = {
  note: (_tx: unknown, result: OperationResult): void =>
    void ended.push(`${result.operationId} ${result.status}`),
}

beforeAll(async () => {
  mint = await startFaultyMint({
    units: [{ unit: 'sat', inputFeePpk: 100 }],
    clock: { now: () => Date.now() + aheadMs },
  })
  url = parseMintUrl(mint.url)
  alice = openTestWallet({ trusted: [url], effects })
  bob = openTestWallet({ trusted: [url], effects })
  await fund(alice.wallet, url, 100_000n)
  await fund(bob.wallet, url, 10_000n)
})

afterAll(async () => {
  await alice.close()
  await bob.close()
  await mint.close()
})

const mintSec = (): number => Math.floor((Date.now() + aheadMs) / 1000)

interface Case {
  /** Prepares and returns what does the operation, and in whose wallet. */
  ready(): Promise<{ run(options: OperationOptions): Promise<Outcome>; owner: TestWallet }>
  path: string
}

async function locked(seconds: number): Promise<{ token: string; refundKey: number; locktime: number }> {
  const key = alice.wallet.newRefundKey()
  const locktime = mintSec() + seconds
  const terms = { pubkey: bob.wallet.paymentKey().pubkey, locktime, refundPubkey: key.pubkey }
  return { token: tokenOf(await alice.wallet.lock(url, 300n, terms, {})), refundKey: key.index, locktime }
}

const SWAP = '/v1/swap'
const cases: Record<string, Case> = {
  send: {
    path: SWAP,
    ready: () => Promise.resolve({ owner: alice, run: (options) => alice.wallet.send(url, 50n, options) }),
  },
  receive: {
    path: SWAP,
    ready: async () => {
      const token = tokenOf(await alice.wallet.send(url, 50n, {}))
      return { owner: bob, run: (options) => bob.wallet.receive(token, options) }
    },
  },
  lock: {
    path: SWAP,
    ready: () => {
      const refundPubkey = alice.wallet.newRefundKey().pubkey
      const terms = { pubkey: bob.wallet.paymentKey().pubkey, locktime: mintSec() + 900, refundPubkey }
      return Promise.resolve({ owner: alice, run: (options) => alice.wallet.lock(url, 50n, terms, options) })
    },
  },
  capture: {
    path: SWAP,
    ready: async () => {
      const { token, locktime } = await locked(900)
      const inspected = await bob.wallet.inspect(token, [url])
      const times = { captureBefore: locktime - 300, lockEndsAt: locktime }
      return { owner: bob, run: (options) => bob.wallet.capture(inspected, { ...options, ...times }) }
    },
  },
  respend: {
    path: SWAP,
    ready: async () => {
      const { token } = await locked(900)
      const released = done(bob.wallet.release(await bob.wallet.inspect(token, [url]), {}))
      return {
        owner: alice,
        run: (options) => alice.wallet.respend(token, released.signatures ?? [], options),
      }
    },
  },
  reclaim: {
    path: SWAP,
    ready: async () => {
      const { token, refundKey } = await locked(60)
      aheadMs += 70_000
      return { owner: alice, run: (options) => alice.wallet.reclaim(token, refundKey, options) }
    },
  },
  refund: {
    path: SWAP,
    ready: () => {
      const lockTo = alice.wallet.newRefundKey().pubkey
      return Promise.resolve({
        owner: bob,
        run: (options) => bob.wallet.refund(url, 40n, { ...options, lockTo }),
      })
    },
  },
  fund: {
    path: '/v1/mint/bolt11',
    ready: async () => {
      const { operationId } = await alice.wallet.requestInvoice(url, 21n)
      return {
        owner: alice,
        run: () => alice.wallet.awaitFunding(operationId, { signal: AbortSignal.timeout(20_000) }),
      }
    },
  },
}

const badDleq = (body: unknown): unknown => {
  const { signatures } = body as { signatures: { dleq: { e: string } }[] }
  return {
    signatures: signatures.map((one) => ({ ...one, dleq: { ...one.dleq, e: '11'.repeat(32) } })),
  }
}
const noDleq = (body: unknown): unknown => {
  const { signatures } = body as { signatures: { dleq: unknown }[] }
  return { signatures: signatures.map(({ dleq: _dleq, ...one }) => one) }
}
const oneTooFew = (body: unknown): unknown => {
  const { signatures } = body as { signatures: unknown[] }
  return { signatures: signatures.slice(1) }
}
const faults: Record<string, (path: string) => MintFault> = {
  'the request is lost': (path) => ({ path, kind: 'drop-before' }),
  'the answer is lost': (path) => ({ path, kind: 'drop-after' }),
  'the mint answers 500 and has done nothing': (path) => ({ path, kind: '500-before' }),
  'the mint answers 500 and has done it': (path) => ({ path, kind: '500-after' }),
  'the mint never answers': (path) => ({ path, kind: 'hang', hung: timeOuts.pass }),
  'the mint redirects': (path) => ({ path, kind: 'redirect', to: 'http://127.0.0.1:9/v1/swap' }),
  'the mint refuses with an exception of its own': (path) => ({ path, kind: 'refuse', code: 0 }),
  'the mint says that the inputs are spent': (path) => ({ path, kind: 'refuse', code: 11001 }),
  'the mint says that the outputs are signed': (path) => ({ path, kind: 'refuse', code: 11003 }),
  'the mint answers with a wrong DLEQ proof': (path) => ({ path, kind: 'mutate', change: badDleq }),
  'the mint answers without DLEQ proofs': (path) => ({ path, kind: 'mutate', change: noDleq }),
  'the mint answers with a signature too few': (path) => ({ path, kind: 'mutate', change: oneTooFew }),
}

function inHands(): bigint {
  return held(alice.wallet, url).available + held(bob.wallet, url).available
}

describe.each(Object.entries(cases))('%s', (name, { ready, path }) => {
  test.each(Object.entries(faults))('ends well although %s', async (_name, fault) => {
    const { run } = await ready()
    const before = mint.stats().outstanding - inHands()
    mint.failNext(fault(path))
    ended.length = 0
    const result = done(await run({ effect: { name: 'note', args: {} } }))
    expect(mint.faults).toEqual([])
    expect(ended).toEqual(name === 'fund' ? [] : [`${result.operationId} done`])
    const madeToken = result.token === undefined ? 0n : result.amountSat
    const tookToken = ['receive', 'capture', 'respend', 'reclaim'].includes(name)
      ? result.amountSat + result.feeSat
      : 0n
    expect(mint.stats().outstanding - inHands()).toBe(before + madeToken - tookToken)
    expect(held(alice.wallet, url).reserved + held(bob.wallet, url).reserved).toBe(0n)
  })

  test.each(['drop-before', 'drop-after'] as const)(
    'is unknown while the mint is gone after %s, and recovered once when it is back',
    async (kind) => {
      const { run, owner } = await ready()
      mint.failNext({ path, kind })
      mint.failNext({ path: '/v1/restore', kind: '500-before' })
      ended.length = 0
      const outcome = await run({ effect: { name: 'note', args: {} } })
      expect(outcome.status).toBe('unknown')
      expect(ended).toEqual([])
      const report = await owner.wallet.recover({ signal: AbortSignal.timeout(20_000) })
      expect(report.open).toEqual([])
      expect(report.ended.map(({ kind: ofKind, result }) => `${ofKind} ${result.status}`)).toEqual([
        `${name} done`,
      ])
      expect(ended).toHaveLength(name === 'fund' ? 0 : 1)
      expect(await owner.wallet.recover({ signal: AbortSignal.timeout(20_000) })).toEqual({
        ended: [],
        open: [],
      })
      expect(held(owner.wallet, url).reserved).toBe(0n)
    },
  )
})
