// The promises between buyer and provider: a payment is captured or released, never both, and never too late.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OrderId } from '../../src/core/ids.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { MintUrl } from '../../src/core/mint-url.ts'
import type { PublicKeyHex } from '../../src/core/npub.ts'
import { startFaultyMint } from '../support/faulty-mint.ts'
import type { FaultyMint } from '../support/faulty-mint.ts'
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
import type { InspectedToken } from '../../src/wallet/inspected-token.ts'

const timeOuts = holdTimeOuts(REQUEST_TIMEOUT_MS)
let mint: FaultyMint
let url: MintUrl
let buyer: TestWallet
let provider: TestWallet
let aheadMs = 0
/** How much later it is for buyer and provider than for the machine. */
let waitedMs = 0

beforeAll(async () => {
  mint = await startFaultyMint({
    units: [{ unit: 'sat', inputFeePpk: 100 }],
    clock: { now: () => Date.now() + aheadMs },
  })
  url = parseMintUrl(mint.url)
  const clock = { now: () => Date.now() + waitedMs }
  buyer = openTestWallet({ trusted: [url], clock })
  provider = openTestWallet({ trusted: [url], clock })
  await fund(buyer.wallet, url, 50_000n)
  await fund(provider.wallet, url, 5_000n)
})

afterAll(async () => {
  await buyer.close()
  await provider.close()
  await mint.close()
})

/** Lets a request that is never answered run into its time-out. */
function timePasses(): void {
  waitedMs += REQUEST_TIMEOUT_MS
  timeOuts.pass()
}

const mintSec = (): number => Math.floor((Date.now() + aheadMs) / 1000)
const sender = (digit: string): PublicKeyHex => digit.repeat(64) as PublicKeyHex
const swaps = (): number => mint.requests.filter(({ path }) => path === '/v1/swap').length

interface Payment {
  token: string
  refundKey: number
  locktime: number
  inspected: InspectedToken
}

async function payment(seconds = 900): Promise<Payment> {
  const key = buyer.wallet.newRefundKey()
  const locktime = mintSec() + seconds
  const terms = { pubkey: provider.wallet.paymentKey().pubkey, locktime, refundPubkey: key.pubkey }
  const token = tokenOf(await buyer.wallet.lock(url, 100n, terms, { orderId: 'order-1' as OrderId }))
  return { token, refundKey: key.index, locktime, inspected: await provider.wallet.inspect(token, [url]) }
}

const times = ({ locktime }: Payment): { captureBefore: number; lockEndsAt: number } => ({
  captureBefore: locktime - 300,
  lockEndsAt: locktime,
})

describe('a payment', () => {
  test('that was released can be respent at once, and never be captured or claimed', async () => {
    const paid = await payment()
    const released = provider.wallet.release(paid.inspected, {})
    expect(provider.wallet.release(paid.inspected, {})).toEqual(released)
    await expect(provider.wallet.capture(paid.inspected, times(paid))).rejects.toMatchObject({
      code: 'failed',
    })
    const holder = { sender: sender('a'), orderId: 'o', until: undefined }
    expect(provider.wallet.transaction((tx) => provider.wallet.claim(tx, paid.inspected, holder))).toBe(false)
    const before = held(buyer.wallet, url).available
    const back = done(await buyer.wallet.respend(paid.token, done(released).signatures ?? [], {}))
    expect(held(buyer.wallet, url).available).toBe(before + back.amountSat)
    expect(await provider.wallet.tokenState(paid.inspected)).toMatchObject({ state: 'spent' })
  })

  test('whose capture was submitted is never released, even while nobody knows what became of it', async () => {
    const paid = await payment()
    mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
    mint.failNext({ path: '/v1/restore', kind: '500-before' })
    expect((await provider.wallet.capture(paid.inspected, times(paid))).status).toBe('unknown')
    expect(() => provider.wallet.release(paid.inspected, {})).toThrow('captured before')
    const other = openTestWallet({ home: provider.home })
    const again = await other.wallet.inspect(paid.token, [url])
    expect(() => other.wallet.release(again, {})).toThrow('captured before')
    await other.close()
    await provider.wallet.recover({ signal: AbortSignal.timeout(10_000) })
    expect(await provider.wallet.tokenState(paid.inspected)).toMatchObject({ state: 'spent' })
  })

  test('is refused for capture when its time is over, without asking the mint', async () => {
    const paid = await payment(400)
    const before = swaps()
    const late = { captureBefore: mintSec() - 1, lockEndsAt: paid.locktime }
    expect(await provider.wallet.capture(paid.inspected, late)).toMatchObject({
      status: 'failed',
      reason: 'late',
    })
    const short = { captureBefore: paid.locktime, lockEndsAt: mintSec() + 119 }
    expect(await provider.wallet.capture(paid.inspected, short)).toMatchObject({
      status: 'failed',
      reason: 'late',
    })
    expect(swaps()).toBe(before)
    expect(provider.wallet.release(paid.inspected, {}).status).toBe('done')
  })

  test('whose capture never arrived is not sent again after its time, and failed long after its lock', async () => {
    const paid = await payment(400)
    mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
    mint.failNext({ path: '/v1/restore', kind: '500-before' })
    const outcome = await provider.wallet.capture(paid.inspected, times(paid))
    expect(outcome.status).toBe('unknown')
    const before = swaps()
    aheadMs += 101_000
    const asked = await provider.wallet.recover({ signal: AbortSignal.timeout(10_000) })
    expect(asked).toMatchObject({ ended: [], open: [{ kind: 'capture' }] })
    aheadMs += 300_000 + 121_000
    const report = await provider.wallet.recover({ signal: AbortSignal.timeout(10_000) })
    expect(report.ended.map(({ result }) => result)).toMatchObject([{ status: 'failed', reason: 'late' }])
    expect(swaps()).toBe(before)
    expect(done(await buyer.wallet.reclaim(paid.token, paid.refundKey, {})).status).toBe('done')
  })

  test('that was given up and lands after all has kept its counters: nothing collides with what was made meanwhile', async () => {
    const paid = await payment(400)
    const before = held(provider.wallet, url).available
    mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
    mint.failNext({ path: '/v1/restore', kind: '500-before' })
    expect((await provider.wallet.capture(paid.inspected, times(paid))).status).toBe('unknown')
    const late = mint.requests.findLast(({ path }) => path === '/v1/swap')
    aheadMs += 522_000
    const givenUp = await provider.wallet.recover({ signal: AbortSignal.timeout(10_000) })
    expect(givenUp.ended).toMatchObject([{ kind: 'capture', result: { status: 'failed', reason: 'late' } }])
    await fund(provider.wallet, url, 1_023n)
    const landed = await fetch(`${url}${late?.path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: late?.body ?? '',
    })
    expect({ status: landed.status, said: await landed.text() }).toMatchObject({ status: 200 })
    const { ended } = await provider.wallet.recover({ signal: AbortSignal.timeout(10_000) })
    expect(ended).toMatchObject([{ kind: 'capture', result: { status: 'done' } }])
    expect(held(provider.wallet, url).available).toBe(before + 1_023n + paid.inspected.netSat)
  })

  test('that was given up is asked for once more by every recovery; of a silent mint only one is', async () => {
    for (let count = 0; count < 2; count++) {
      const paid = await payment(400)
      mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
      mint.failNext({ path: '/v1/restore', kind: '500-before' })
      await provider.wallet.capture(paid.inspected, times(paid))
    }
    aheadMs += 522_000
    const restores = (): number => mint.requests.filter(({ path }) => path === '/v1/restore').length
    const asked = async (): Promise<number> => {
      const before = restores()
      await provider.wallet.recover({ signal: AbortSignal.timeout(10_000) })
      return restores() - before
    }
    await asked()
    expect(await asked()).toBeGreaterThanOrEqual(2)
    mint.failNext({ path: '/v1/restore', kind: 'hang', hung: timePasses })
    expect(await asked()).toBe(1)
  })

  test('can be reclaimed only after its lock by the clock of the mint', async () => {
    const paid = await payment(60)
    await expect(buyer.wallet.reclaim(paid.token, paid.refundKey, {})).rejects.toMatchObject({ code: 'busy' })
    aheadMs += 65_000
    expect(done(await buyer.wallet.reclaim(paid.token, paid.refundKey, {})).amountSat).toBeGreaterThan(99n)
  })

  test('that the provider took after the lock is spent for the buyer, with the witness to show', async () => {
    const paid = await payment(60)
    aheadMs += 65_000
    done(await provider.wallet.receive(paid.token, {}))
    expect(await buyer.wallet.reclaim(paid.token, paid.refundKey, {})).toMatchObject({
      status: 'failed',
      reason: 'spent',
    })
    const state = await buyer.wallet.tokenState(paid.inspected)
    expect(state).toMatchObject({ state: 'spent' })
    expect(state.witness).toContain('signatures')
  })

  test('is not respent with a signature that is not the provider’s', async () => {
    const paid = await payment()
    const count = paid.inspected.proofCount
    const before = swaps()
    const forged = Array.from({ length: count }, () => 'ab'.repeat(64))
    await expect(buyer.wallet.respend(paid.token, forged, {})).rejects.toMatchObject({
      code: 'provider_refused',
    })
    await expect(buyer.wallet.respend(paid.token, [], {})).rejects.toMatchObject({ code: 'provider_refused' })
    expect(swaps()).toBe(before)
  })

  test('is pending for its buyer until it is spent', async () => {
    const pending = (): bigint => buyer.wallet.balances().find((one) => one.mint === url)?.pendingSat ?? 0n
    const before = pending()
    const paid = await payment()
    expect(pending()).toBe(before + paid.inspected.amountSat)
    done(await provider.wallet.capture(paid.inspected, times(paid)))
    await buyer.wallet.tokenState(paid.inspected)
    expect(pending()).toBe(before)
  })

  test('is not pending any more once its lock is over and recovery has seen it spent', async () => {
    const pending = (): bigint => buyer.wallet.balances().find((one) => one.mint === url)?.pendingSat ?? 0n
    const signal = AbortSignal.timeout(10_000)
    aheadMs += 2_000_000
    await buyer.wallet.mintTime(url)
    await buyer.wallet.recover({ signal })
    const before = pending()
    const paid = await payment()
    done(await provider.wallet.capture(paid.inspected, times(paid)))
    await buyer.wallet.recover({ signal })
    expect(pending()).toBe(before + paid.inspected.amountSat)
    aheadMs += 1_000_000
    await buyer.wallet.mintTime(url)
    await buyer.wallet.recover({ signal })
    expect(pending()).toBe(before)
  })

  test('keeps its operation, order and token in the journal', async () => {
    const paid = await payment()
    const entry = buyer.wallet.history(1)[0]
    expect(entry).toMatchObject({ kind: 'lock', state: 'done', orderId: 'order-1', mint: url })
    expect(buyer.wallet.operation(entry?.operationId ?? '')).toMatchObject({ token: paid.token })
  })
})

describe('a proof', () => {
  test('belongs to the first sender and order that claimed it, until its lock is over', async () => {
    const paid = await payment()
    const claim = (digit: string, orderId: string): boolean =>
      provider.wallet.transaction((tx) =>
        provider.wallet.claim(tx, paid.inspected, { sender: sender(digit), orderId, until: paid.locktime }),
      )
    expect(claim('a', 'one')).toBe(true)
    expect(claim('a', 'one')).toBe(true)
    expect(claim('b', 'one')).toBe(false)
    expect(claim('a', 'two')).toBe(false)
    aheadMs += 1_100_000
    await provider.wallet.mintTime(url)
    expect(claim('b', 'three')).toBe(true)
  })
})

describe('an operation', () => {
  test('runs what the caller prepared in the same transaction as the reservation, or not at all', async () => {
    const before = held(buyer.wallet, url)
    const prepare = (): never => {
      throw new Error('the order cannot be written')
    }
    await expect(buyer.wallet.send(url, 10n, { prepare })).rejects.toThrow('the order cannot be written')
    expect(held(buyer.wallet, url)).toEqual(before)
  })

  test('with an effect this process does not know is left alone, before and after the mint was asked', async () => {
    const unknown = { effect: { name: 'missing', args: {} } }
    await expect(buyer.wallet.send(url, 10n, unknown)).rejects.toMatchObject({ code: 'internal' })
    const effects = { missing: (): void => undefined }
    const knowing = openTestWallet({ home: buyer.home, effects })
    mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
    mint.failNext({ path: '/v1/restore', kind: '500-before' })
    expect((await knowing.wallet.send(url, 10n, unknown)).status).toBe('unknown')
    const signal = AbortSignal.timeout(10_000)
    expect(await buyer.wallet.recover({ signal })).toEqual({ ended: [], open: [] })
    expect((await knowing.wallet.recover({ signal })).ended).toMatchObject([{ result: { status: 'done' } }])
    await knowing.close()
  })

  test('whose effect fails stays open, and keeps no other one from being recovered', async () => {
    let fails = true
    const effects = {
      stubborn: (): void => {
        if (fails) throw new Error('the order is not what it was')
      },
    }
    const two = openTestWallet({ trusted: [url], effects })
    await fund(two.wallet, url, 100n)
    const lose = async (effect?: string): Promise<void> => {
      mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
      mint.failNext({ path: '/v1/restore', kind: '500-before' })
      const options = effect === undefined ? {} : { effect: { name: effect, args: {} } }
      expect((await two.wallet.send(url, 10n, options)).status).toBe('unknown')
    }
    await lose('stubborn')
    await lose()
    const signal = AbortSignal.timeout(10_000)
    const report = await two.wallet.recover({ signal })
    expect(report.ended).toMatchObject([{ kind: 'send', result: { status: 'done' } }])
    expect(report.open).toHaveLength(1)
    fails = false
    expect((await two.wallet.recover({ signal })).ended).toHaveLength(1)
    await two.close()
  })

  test('needs a mint that the user named', async () => {
    const stranger = openTestWallet()
    await expect(stranger.wallet.requestInvoice(url, 10n)).rejects.toMatchObject({ code: 'mint_not_trusted' })
    const token = tokenOf(await buyer.wallet.send(url, 20n, {}))
    await expect(stranger.wallet.receive(token, {})).rejects.toMatchObject({ code: 'mint_not_trusted' })
    done(await stranger.wallet.receive(token, { anyMint: true }))
    await expect(stranger.wallet.send(url, 5n, {})).rejects.toMatchObject({ code: 'mint_not_trusted' })
    await stranger.close()
  })

  test('that lacks money says how much to fund, and that much is enough', async () => {
    const poor = openTestWallet({ trusted: [url] })
    const plan = await poor.wallet.planSpend(url, 777n)
    await expect(poor.wallet.send(url, 777n, {})).rejects.toMatchObject({ code: 'insufficient_funds' })
    await fund(poor.wallet, url, plan.missingSat)
    expect((await poor.wallet.planSpend(url, 777n)).missingSat).toBe(0n)
    done(await poor.wallet.send(url, 777n, {}))
    await poor.close()
  })

  test('of more than the mint takes at once is an amount to change, in the words of the mint', async () => {
    await expect(buyer.wallet.requestInvoice(url, 2_000_000_000n)).rejects.toMatchObject({
      code: 'invalid_amount',
      message: expect.stringMatching(/makes no invoice over 2000000000 sat: at most \d+ sat at once/),
      hint: expect.stringContaining('another --mint'),
    })
  })

  test('throws mint_unreachable and changes nothing where the mint is gone before anything was asked', async () => {
    const gone = parseMintUrl('http://127.0.0.1:9')
    const lost = openTestWallet({ trusted: [gone] })
    await expect(lost.wallet.requestInvoice(gone, 5n)).rejects.toMatchObject({ code: 'mint_unreachable' })
    await expect(lost.wallet.send(gone, 5n, {})).rejects.toMatchObject({ code: 'mint_unreachable' })
    expect(lost.wallet.history(9)).toEqual([])
    await lost.close()
  })
})

describe('a keyset that rotates', () => {
  test('costs no operation: the request is made anew with the new one', async () => {
    mint.rotate({ inputFeePpk: 200 })
    const token = tokenOf(await buyer.wallet.send(url, 64n, {}))
    const received = done(await provider.wallet.receive(token, {}))
    expect(received.amountSat).toBeGreaterThanOrEqual(64n)
    const paid = await payment()
    mint.rotate({ inputFeePpk: 100 })
    expect(done(await provider.wallet.capture(paid.inspected, times(paid))).amountSat).toBe(
      paid.inspected.netSat,
    )
    const { operationId } = await buyer.wallet.requestInvoice(url, 10n)
    mint.rotate({ inputFeePpk: 300 })
    done(await buyer.wallet.awaitFunding(operationId, { signal: AbortSignal.timeout(5000) }))
  })

  test('between a lost request and its repetition waits until nothing can land, then succeeds', async () => {
    mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
    mint.failNext({ path: '/v1/restore', kind: '500-before' })
    const outcome = await buyer.wallet.send(url, 30n, {})
    expect(outcome.status).toBe('unknown')
    mint.rotate({ inputFeePpk: 0 })
    const signal = AbortSignal.timeout(10_000)
    expect((await buyer.wallet.recover({ signal })).open).toHaveLength(1)
    waitedMs += REQUEST_TIMEOUT_MS
    const report = await buyer.wallet.recover({ signal })
    expect(report.ended).toMatchObject([{ kind: 'send', result: { status: 'done' } }])
    expect(held(buyer.wallet, url).reserved).toBe(0n)
  })
})
