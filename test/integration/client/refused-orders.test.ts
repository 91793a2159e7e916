import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { getOrder } from '../../../src/client/order-journal.ts'
import { showOrder } from '../../../src/client/list-orders.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
import { PaygressError } from '../../../src/core/errors.ts'
import { parseOrderId } from '../../../src/core/ids.ts'
import {
  available,
  buyWish,
  failure,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'

let buyer: TestBuyer
const signal = new AbortController().signal
const orderId = parseOrderId('o1')

beforeEach(async () => {
  buyer = await openTestBuyer()
})
afterEach(async () => {
  await buyer.close()
})

const state = () => getOrder(buyer.orders, orderId).state
const buy = (more = {}) => buyPod(buyer.client, buyWish({ orderId, ...more }), { signal })
const recover = (mode: 'quick' | 'full') => recoverOrders(buyer.client, { mode, signal })

describe('a refusal', () => {
  test('that releases the payment brings it back at once', async () => {
    buyer.provider.script = 'released'
    const error = await failure(buy())
    expect(error).toMatchObject({ code: 'provider_refused', exitCode: 6 })
    expect(error.message).toContain('60 sat are back in your wallet')
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('that releases it while the mint is away is taken back by the next command, lock or no lock', async () => {
    buyer.provider.script = 'released'
    const { wallet } = buyer.client
    const respend: typeof wallet.respend = async (...payment) => {
      for (let i = 0; i < 20; i++) buyer.runningMint.failNext({ path: '/v1/swap', kind: '500-before' })
      return wallet.respend(...payment)
    }
    const offline = { ...buyer.client, wallet: { ...wallet, respend } }
    await failure(buyPod(offline, buyWish({ orderId }), { signal }))
    expect(state()).toBe('reclaiming')
    expect(showOrder(buyer.client, orderId).next).toBe('paygress orders recover takes the money back')
    buyer.runningMint.faults.length = 0
    await recover('quick')
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1000n)
    expect((await failure(buy())).message).toMatch(/^the provider refused: /)
  })

  test('with a refund token receives it', async () => {
    buyer.provider.script = 'refunded'
    expect((await failure(buy())).message).toContain('60 sat were refunded')
    expect(state()).toBe('refunded')
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test.each(['untouched', 'no-payment-word', 'bad-signatures'] as const)(
    '(%s) leaves the locked payment alone until its lock ends, then any command takes it back',
    async (script) => {
      buyer.provider.script = script
      const error = await failure(buy())
      expect(error.code).toBe('provider_refused')
      expect(error.message).toContain('the lock ends')
      expect(error.hint).toBe('paygress orders recover')
      expect(state()).toBe('refused')
      await recover('quick')
      expect(state()).toBe('refused')
      buyer.clock.passSeconds(1000)
      const { recovered } = await recover('quick')
      expect(recovered.map(({ text }) => text)).toEqual([
        'order o1: 60 sat are back in your wallet (fees 0 sat)',
      ])
      expect(available(buyer.wallet)).toBe(1000n)
    },
  )

  test('of a plain token swaps it back at once', async () => {
    buyer.provider.script = 'untouched'
    expect((await failure(buy({ lock: false }))).code).toBe('provider_refused')
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('with a refund that was spent before is not believed: the provider has the money', async () => {
    buyer.provider.script = 'spent-refund'
    expect((await failure(buy())).code).toBe('provider_refused')
    expect(state()).toBe('refused')
    buyer.provider.script = 'silent'
    buyer.clock.passSeconds(3_000)
    await recover('full')
    expect(state()).toBe('broken')
  })

  test('that keeps the payment says why', async () => {
    buyer.provider.script = 'kept'
    expect((await failure(buy())).message).toContain('below 1 sat')
    expect(state()).toBe('refunded')
  })

  test('repeated with the same order id asks nobody again', async () => {
    buyer.provider.script = 'released'
    await failure(buy())
    const asked = buyer.provider.requests.length
    expect((await failure(buy())).code).toBe('provider_refused')
    expect(buyer.provider.requests).toHaveLength(asked)
  })
})

describe('a silent provider', () => {
  test('leaves an order with exit code 7 that `orders recover` ends', async () => {
    buyer.provider.script = 'silent'
    const error = await failure(buy())
    expect(error).toMatchObject({ code: 'outcome_unknown', exitCode: 7, hint: 'paygress orders recover' })
    expect(error.message).toContain('o1')
    expect(state()).toBe('silent')
    await recover('full')
    expect(state()).toBe('silent')
    buyer.clock.passSeconds(1000)
    await recover('full')
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1000n)
    // Nobody has refused it.
    expect((await failure(buy())).message).toMatch(/^order o1 was not served; /)
  })

  test('that answers later delivers through any later command', async () => {
    buyer.wire.losesAnswers = true
    await failure(buy())
    expect(state()).toBe('silent')
    const { recovered } = await recover('quick')
    expect(recovered[0]).toMatchObject({ from: 'silent', state: 'ready' })
    expect(buyer.orders.pods()).toHaveLength(1)
  })

  test('with a pending outcome counts as silent', async () => {
    buyer.provider.script = 'pending'
    expect((await failure(buy())).code).toBe('outcome_unknown')
    expect(state()).toBe('silent')
  })

  test('that took the money and never answers is broken, with the mint’s witness', async () => {
    buyer.provider.script = 'capture-silently'
    await failure(buy())
    buyer.provider.script = 'silent'
    buyer.clock.passSeconds(1000)
    await recover('full')
    const silent = getOrder(buyer.orders, orderId)
    expect(silent.state === 'silent' && silent.witness).toContain('signatures')
    buyer.clock.passSeconds(600)
    await recover('full')
    expect(state()).toBe('broken')
  })

  test('that comes back after its word was broken and pays back is heard', async () => {
    buyer.provider.script = 'capture-silently'
    await failure(buy())
    buyer.provider.script = 'silent'
    buyer.clock.passSeconds(2000)
    await recover('full')
    const broken = getOrder(buyer.orders, orderId)
    if (broken.state !== 'broken') throw new Error(broken.state)
    const outcome = await buyer.provider.wallet.refund(broken.terms.mint, 60n, {
      lockTo: broken.refundKey.pubkey,
    })
    const token = outcome.status === 'done' ? outcome.token : undefined
    buyer.wire.stored.push({
      messageId: String(broken.message?.id),
      from: buyer.provider.publicKey,
      content: JSON.stringify({
        error_type: 'resource_unavailable',
        message: 'No room',
        order_id: orderId,
        payment: { status: 'refunded', refund_token: token, amount_msat: 60_000 },
      }),
    })
    await recover('full')
    expect(state()).toBe('refunded')
    expect(available(buyer.wallet)).toBe(1000n)
  })

  test('that took a part of the money leaves the rest to be taken back after the lock', async () => {
    buyer.provider.script = 'take-a-part'
    await failure(buy())
    buyer.provider.script = 'silent'
    const capture = buyer.provider.wallet.history(9).find(({ kind }) => kind === 'capture')
    const taken = capture?.amountSat ?? 0n
    expect(taken).toBeGreaterThan(0n)
    buyer.clock.passSeconds(2000)
    const { recovered } = await recover('full')
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1000n - taken)
    expect(recovered[0]?.text).toContain(`the provider took ${taken} sat of it`)
  })

  test('is asked again by the same order id', async () => {
    buyer.provider.script = 'silent'
    await failure(buy())
    buyer.provider.script = 'serve'
    const result = await buy()
    expect(result.outcome).toBe('served')
    expect(available(buyer.wallet)).toBe(940n)
    expect(new Set(buyer.wire.published.map(({ id }) => id)).size).toBe(2)
  })
})

describe('a machine that was delivered', () => {
  test.each(['while it runs', 'after it has ended'])(
    'and whose payment was never taken gives it back after the lock: %s',
    async (when) => {
      buyer.provider.script = 'serve-untaken'
      await buy({ extent: { durationSec: when === 'while it runs' ? 3600 : 600 } })
      const paid = 1000n - available(buyer.wallet)
      buyer.clock.passSeconds(1150)
      await recover('quick')
      expect(available(buyer.wallet)).toBe(1000n - paid)
      buyer.clock.passSeconds(200)
      await recover('quick')
      expect(state()).toBe(when === 'while it runs' ? 'ready' : 'expired')
      expect(available(buyer.wallet)).toBe(1000n)
      expect(buyer.client.notes.join()).toContain(`${paid} sat of the payment untaken`)
    },
  )

  test('and paid needs no look at the mint after the one behind its lock', async () => {
    await buy()
    buyer.clock.passSeconds(1300)
    await recover('quick')
    expect(getOrder(buyer.orders, orderId)).toMatchObject({ lockSettled: true, state: 'expired' })
  })
})

describe('an order that was never sent', () => {
  const dieBeforeSending = async () => {
    const controller = new AbortController()
    // The quote is asked first, the purchase second.
    let asked = 0
    const { messenger } = buyer.client
    const client = {
      ...buyer.client,
      messenger: {
        ...messenger,
        ask: async (...[message, options]: Parameters<typeof messenger.ask>) => {
          asked += 1
          if (asked === 2) controller.abort()
          return messenger.ask(message, options)
        },
      },
    }
    return failure(buyPod(client, buyWish({ orderId }), { signal: controller.signal }))
  }

  test('is left alone by the quick recovery and ended by the full one after its lock', async () => {
    const error = await dieBeforeSending()
    expect(error).toMatchObject({ code: 'interrupted', exitCode: 130 })
    expect(error.hint).toBe(
      'paygress buy --order o1 goes on; paygress orders recover takes everything back when the lock has ended',
    )
    expect(state()).toBe('locked')
    await recover('quick')
    const early = await recover('full')
    expect(state()).toBe('locked')
    expect(early.open).toMatchObject([
      {
        lockEndsAt: new Date(Math.floor(buyer.clock.now() / 1000) * 1000 + 900_000),
        next: expect.stringMatching(/^paygress buy --order o1 goes on; .* when the lock has ended$/),
      },
    ])
    // Too late for any provider, too early for us.
    buyer.clock.passSeconds(700)
    expect((await recover('full')).open).toMatchObject([
      { next: 'paygress orders recover takes the money back when the lock has ended' },
    ])
    buyer.clock.passSeconds(300)
    expect(showOrder(buyer.client, orderId).next).toBe('paygress orders recover takes the money back')
    await recover('quick')
    expect(state()).toBe('locked')
    await recover('full')
    expect(state()).toBe('reclaimed')
    expect(available(buyer.wallet)).toBe(1000n)
    expect(buyer.provider.requests.map(({ type }) => type)).toEqual(['quote'])
  })

  test('goes on with the same order id', async () => {
    await dieBeforeSending()
    const result = await buy()
    expect(result.outcome).toBe('served')
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('is not sent when its lock is about to end', async () => {
    await dieBeforeSending()
    buyer.clock.passSeconds(700)
    const error = await failure(buy())
    expect(error).toMatchObject({ code: 'payment_not_started', exitCode: 3 })
    expect(buyer.provider.requests.map(({ type }) => type)).toEqual(['quote'])
  })

  test('because all relays were dead says that nothing left, and goes on later', async () => {
    const { messenger } = buyer.client
    let asked = 0
    const client = {
      ...buyer.client,
      messenger: {
        ...messenger,
        // As the real one: told before it is known whether any relay can be reached.
        ask: async (...[message, options]: Parameters<typeof messenger.ask>) => {
          asked += 1
          if (asked < 2) return messenger.ask(message, options)
          options.beforePublish?.()
          return 'unsent' as const
        },
      },
    }
    const error = await failure(buyPod(client, buyWish({ orderId }), { signal }))
    expect(error).toMatchObject({ code: 'relays_unreachable', exitCode: 3 })
    expect(state()).toBe('locked')
    expect((await buy()).outcome).toBe('served')
    expect(available(buyer.wallet)).toBe(940n)
  })
})

test('two recoveries at once double nothing', async () => {
  buyer.provider.script = 'silent'
  await failure(buy())
  buyer.clock.passSeconds(1000)
  const other = buyer.reopen()
  await Promise.all([recover('full'), recoverOrders(other.client, { mode: 'full', signal })])
  await recover('full')
  expect(state()).toBe('reclaimed')
  expect(available(buyer.wallet)).toBe(1000n)
})

describe('an interruption', () => {
  /** Buys while the signal aborts at the nth thing that is told or asked. */
  async function interruptedAtStep(nth: number) {
    const controller = new AbortController()
    let steps = 0
    const count = () => {
      steps += 1
      if (steps === nth) controller.abort()
    }
    const { client, wire } = buyer
    wire.onAsk = count
    const progress = { ...client.progress, step: count }
    return codeOf(buyPod({ ...client, progress }, buyWish({ orderId }), { signal: controller.signal }))
  }

  async function codeOf(work: Promise<{ outcome: string }>): Promise<string> {
    try {
      return (await work).outcome
    } catch (error) {
      return error instanceof PaygressError ? error.code : String(error)
    }
  }

  test.each([1, 2, 3, 4, 5, 6])('at step %i is told, and the same order id goes on', async (nth) => {
    const code = await interruptedAtStep(nth)
    buyer.wire.onAsk = undefined
    expect(['interrupted', 'served']).toContain(code)
    expect((await buy()).outcome).toBe('served')
    expect(buyer.orders.pods()).toHaveLength(1)
    expect(available(buyer.wallet)).toBe(940n)
  })
})
