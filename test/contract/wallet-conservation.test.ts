// Random sequences of everything, with faults and rotations: at the end the mint's own books say that no sat was made or lost.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { PaygressError } from '../../src/core/errors.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { startFaultyMint } from '../support/faulty-mint.ts'
import type { MintFault } from '../support/faulty-mint.ts'
import { done, fund, held, openTestWallet, REQUEST_TIMEOUT_MS } from '../support/wallet/test-wallet.ts'
import type { InspectedToken } from '../../src/wallet/inspected-token.ts'
import type { Outcome } from '../../src/wallet/operation-options.ts'

const KINDS = [
  'fund',
  'send',
  'receive',
  'lock',
  'capture',
  'release',
  'reclaim',
  'refund',
  'recover',
  'rotate',
] as const
const FAULTS = ['drop-before', 'drop-after', '500-before', '500-after'] as const
const step = fc.record({
  kind: fc.constantFrom(...KINDS),
  sat: fc.bigInt({ min: 1n, max: 400n }),
  faults: fc.array(
    fc.tuple(
      fc.constantFrom('/v1/swap', '/v1/restore', '/v1/mint/bolt11', '/v1/checkstate'),
      fc.constantFrom(...FAULTS),
    ),
    {
      maxLength: 2,
    },
  ),
  feePpk: fc.constantFrom(0, 100, 1000),
})

type Step = typeof step extends fc.Arbitrary<infer One> ? One : never

interface Payment {
  token: string
  refundKey: number
  locktime: number
}

/** Refusals are part of the game: no money, released before, still locked, a mint that is away. */
const PART_OF_THE_GAME = new Set([
  'insufficient_funds',
  'mint_unreachable',
  'mint_misbehaved',
  'invalid_token',
  'failed',
  'busy',
  'timeout',
])
const isPart = (error: unknown): boolean => error instanceof PaygressError && PART_OF_THE_GAME.has(error.code)

test(
  'no sequence of operations, faults and rotations makes or loses a sat',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 16 }), async (steps) => {
        let aheadMs = 0
        const clock = { now: () => Date.now() + aheadMs }
        const mint = await startFaultyMint({ units: [{ unit: 'sat', inputFeePpk: 100 }], clock })
        const url = parseMintUrl(mint.url)
        let waitedMs = 0
        const options = { trusted: [url], clock: { now: () => Date.now() + waitedMs } }
        const [alice, bob] = [openTestWallet(options), openTestWallet(options)]
        const signal = AbortSignal.timeout(60_000)
        const tokens: string[] = []
        const payments: Payment[] = []
        let fees = 0n
        const surprises: unknown[] = []
        const count = (outcome: Outcome): void => {
          if (outcome.status === 'done') fees += outcome.feeSat
        }

        async function pay(sat: bigint): Promise<void> {
          const key = alice.wallet.newRefundKey()
          const locktime = Math.floor(clock.now() / 1000) + 900
          const terms = { pubkey: bob.wallet.paymentKey().pubkey, locktime, refundPubkey: key.pubkey }
          let id = ''
          await alice.wallet.lock(url, sat, terms, { prepare: (_tx, operationId) => void (id = operationId) })
          payments.push({ token: id, refundKey: key.index, locktime })
        }

        async function spend(kind: string, { token, refundKey, locktime }: Payment): Promise<void> {
          const made = alice.wallet.operation(token)
          if (made?.status !== 'done' || made.token === undefined) return
          const inspected: InspectedToken = await bob.wallet.inspect(made.token, [url])
          if (kind === 'capture') {
            await bob.wallet.capture(inspected, { captureBefore: locktime - 300, lockEndsAt: locktime })
          } else if (kind === 'release') {
            const released = done(bob.wallet.release(inspected, {}))
            await alice.wallet.respend(made.token, released.signatures ?? [], {})
          } else {
            aheadMs += 1_000_000
            await alice.wallet.reclaim(made.token, refundKey, {})
          }
        }

        async function act({ kind, sat, feePpk }: Step): Promise<void> {
          if (kind === 'fund') {
            const { operationId } = await alice.wallet.requestInvoice(url, sat)
            await alice.wallet.awaitFunding(operationId, { signal })
          }
          if (kind === 'send') {
            const outcome = await alice.wallet.send(url, sat, {})
            if (outcome.status === 'done' && outcome.token !== undefined) tokens.push(outcome.token)
          }
          if (kind === 'receive') {
            const token = tokens[0]
            if (token !== undefined && (await bob.wallet.receive(token, {})).status !== 'unknown')
              tokens.shift()
          }
          if (kind === 'lock') await pay(sat)
          if (kind === 'capture' || kind === 'release' || kind === 'reclaim') {
            const payment = payments[Number(sat) % Math.max(1, payments.length)]
            if (payment !== undefined) await spend(kind, payment)
          }
          if (kind === 'refund')
            await bob.wallet.refund(url, sat, { lockTo: alice.wallet.newRefundKey().pubkey })
          if (kind === 'rotate') mint.rotate({ inputFeePpk: feePpk })
          if (kind === 'recover') await alice.wallet.recover({ signal })
        }

        try {
          await fund(alice.wallet, url, 2000n)
          for (const one of steps) {
            for (const [path, kind] of one.faults) mint.failNext({ path, kind } as MintFault)
            await act(one).catch((error: unknown) => void (isPart(error) || surprises.push(error)))
            mint.faults.splice(0)
            // So that what was lost cannot arrive any more.
            waitedMs += REQUEST_TIMEOUT_MS
          }
          expect(surprises).toEqual([])
          for (let round = 0; round < 3; round++) {
            for (const { wallet } of [alice, bob]) await wallet.recover({ signal })
          }
          aheadMs += 3_000_000
          for (const { wallet } of [alice, bob]) {
            await wallet.mintTime(url)
            expect((await wallet.recover({ signal })).open).toEqual([])
            expect(held(wallet, url).reserved).toBe(0n)
          }
          let out = 0n
          for (const { wallet } of [alice, bob]) {
            for (const { operationId, kind } of wallet.history(1000)) {
              const outcome = wallet.operation(operationId)
              if (outcome === undefined) continue
              if (kind !== 'release') count(outcome)
              if (outcome.status !== 'done' || outcome.token === undefined) continue
              const token = await bob.wallet.inspect(outcome.token, [url])
              const { state } = await bob.wallet.tokenState(token)
              expect(['spent', 'unspent']).toContain(state)
              if (state === 'unspent') out += outcome.amountSat
            }
          }
          const books = mint.stats()
          expect(books.outstanding).toBe(
            held(alice.wallet, url).available + held(bob.wallet, url).available + out,
          )
          expect(books.minted - books.outstanding).toBe(fees)
        } finally {
          await alice.close()
          await bob.close()
          await mint.close()
        }
      }),
      { numRuns: 5 },
    )
  },
)
