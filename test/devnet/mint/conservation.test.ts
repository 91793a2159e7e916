import type { Proof, Wallet } from '@cashu/cashu-ts'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { startMint } from '../../../src/devnet/mint/start-mint.ts'
import type { RunningMint } from '../../../src/devnet/mint/start-mint.ts'
import { aMint, aWallet, fund, sum } from './mint-fixture.ts'

type Step = { kind: 'fund' | 'swap' | 'twice' | 'pay'; amount: number } | { kind: 'rotate'; fee: number }

const amount = fc.integer({ min: 1, max: 90 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('fund' as const, 'swap' as const, 'twice' as const, 'pay' as const),
    amount,
  }),
  fc.record({ kind: fc.constant('rotate' as const), fee: fc.integer({ min: 0, max: 1500 }) }),
)

interface History {
  held: Proof[]
  minted: number
  /** How many of the swaps sent at once for the same inputs got ecash. */
  winners: number[]
}

test('no history makes or loses money: what wallets hold is what the books say', async () => {
  const payee = await aWallet((await aMint({ settleAfterMs: 'manual' })).url)
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 5 }), async (steps) => {
      const mint = await startMint()
      try {
        const history: History = { held: [], minted: 0, winners: [] }
        for (const next of [{ kind: 'fund', amount: 60 } as const, ...steps])
          await take(next, mint, payee, history)
        const books = mint.stats()
        expect(new Set([...history.winners, 1])).toEqual(new Set([1]))
        expect(books.minted).toBe(BigInt(history.minted))
        expect(books.outstanding).toBe(BigInt(sum(history.held)))
        expect(books.earned).toBeGreaterThanOrEqual(0n)
        expect(books.pending).toBe(0n)
      } finally {
        await mint.close()
      }
    }),
    { numRuns: 6 },
  )
})

async function take(next: Step, mint: RunningMint, payee: Wallet, history: History): Promise<void> {
  if (next.kind === 'rotate') return void mint.rotate({ inputFeePpk: next.fee })
  const wallet = await aWallet(mint.url)
  if (next.kind === 'fund') {
    history.held.push(...(await fund(wallet, next.amount)))
    history.minted += next.amount
    return
  }
  for (const { id } of history.held) await wallet.keyChain.ensureKeysetKeys(id)
  const spendable = sum(history.held) - wallet.getFeesForProofs(history.held).toNumber()
  if (next.kind === 'pay') {
    const quote = await wallet.createMeltQuoteBolt11((await payee.createMintQuoteBolt11(next.amount)).request)
    if (spendable < next.amount + quote.fee_reserve.toNumber()) return
    history.held = (await wallet.meltProofsBolt11(quote, history.held)).change
  } else if (spendable > 0) {
    const swaps = Array.from({ length: next.kind === 'twice' ? 2 : 1 }, () => wallet.receive(history.held))
    const results = await Promise.allSettled(swaps)
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    history.winners.push(won.length)
    history.held = won.flat()
  }
}

test('a mint that is closed answers no more', async () => {
  const mint = await startMint({ settleAfterMs: 3_600_000 })
  const wallet = await aWallet(mint.url)
  onTestFinished(() => wallet.mint.disconnectWebSocket())
  await wallet.createMintQuoteBolt11(1)
  await mint.close()
  await expect(wallet.mint.getInfo()).rejects.toMatchObject({ name: 'NetworkError' })
})

test('a second mint cannot take the port of the first', async () => {
  const mint = await aMint()
  await expect(startMint({ port: Number(new URL(mint.url).port) })).rejects.toMatchObject({ code: 'failed' })
})
