import { parseOrderId } from '../../../src/core/ids.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buyPod } from '../../../src/client/buy-pod.ts'
import { openSsh } from '../../../src/client/open-ssh.ts'
import type { OrderIn } from '../../../src/client/order.ts'
import { getOrder } from '../../../src/client/order-journal.ts'
import { listPods, podStatus } from '../../../src/client/pod-status.ts'
import type { Pod } from '../../../src/client/ports.ts'
import { recoverOrders } from '../../../src/client/recover-orders.ts'
import { stopPod } from '../../../src/client/stop-pod.ts'
import { resumeTopup, topupPod } from '../../../src/client/topup-pod.ts'
import { PaygressError } from '../../../src/core/errors.ts'
import {
  available,
  buyWish,
  failure,
  openTestBuyer,
  type TestBuyer,
} from '../../support/client/test-buyer.ts'

let buyer: TestBuyer
let pod: Pod
const signal = new AbortController().signal

beforeEach(async () => {
  buyer = await openTestBuyer()
  const bought = await buyPod(buyer.client, buyWish({ alias: 'mine' }), { signal })
  if (bought.outcome !== 'served') throw new Error('not bought')
  pod = bought.pod
})
afterEach(async () => {
  await buyer.close()
})

const topupWish = { pod: 'mine', extent: { durationSec: 300 }, lock: true, yes: true, dryRun: false }
const topup = (more = {}) => topupPod(buyer.client, { ...topupWish, ...more }, { signal })

describe('a top-up', () => {
  test('moves the end by the time bought', async () => {
    const result = await topup()
    if (result.outcome !== 'served') throw new Error('not served')
    expect(result.pod.expiresAt.getTime()).toBe(pod.expiresAt.getTime() + 300_000)
    expect(available(buyer.wallet)).toBe(910n)
  })

  test('of an expired pod is refused before anything is paid', async () => {
    buyer.clock.passSeconds(700)
    expect((await failure(topup())).code).toBe('pod_ended')
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('beyond the provider’s maximum is refused before anything is paid', async () => {
    const error = await failure(topup({ extent: { durationSec: 86_000 } }))
    expect(error.code).toBe('duration_out_of_range')
    expect(available(buyer.wallet)).toBe(940n)
  })

  test('that is there already is nothing to try without paying', async () => {
    buyer.provider.script = 'silent'
    const again = { orderId: parseOrderId('more') }
    expect((await failure(topup(again))).code).toBe('outcome_unknown')
    buyer.provider.script = 'serve'
    expect((await failure(topup({ ...again, dryRun: true }))).code).toBe('order_conflict')
    const resumed = resumeTopup(buyer.client, again.orderId, { dryRun: true }, { signal })
    expect((await failure(resumed)).code).toBe('order_conflict')
    expect(buyer.orders.pod(pod.npub)?.expiresAt).toEqual(pod.expiresAt)
    expect(await topup(again)).toMatchObject({ outcome: 'served' })
  })

  test('that is refused brings its payment back', async () => {
    buyer.provider.script = 'released'
    expect((await failure(topup())).code).toBe('provider_refused')
    expect(available(buyer.wallet)).toBe(940n)
    expect(buyer.orders.pod(pod.npub)?.expiresAt).toEqual(pod.expiresAt)
  })
})

describe('a stop', () => {
  test('receives what is left', async () => {
    const result = await stopPod(buyer.client, pod.name, { signal })
    expect(result).toMatchObject({ usedSec: 60, refundedSat: 10n })
    expect(available(buyer.wallet)).toBe(950n)
    expect(buyer.orders.pod(pod.npub)?.state).toBe('stopped')
    expect((await failure(Promise.resolve().then(() => openSsh(buyer.client, 'mine')))).code).toBe(
      'pod_ended',
    )
  })

  test('without a refund is a stop all the same', async () => {
    buyer.provider.stopRefundSat = 0n
    expect(await stopPod(buyer.client, pod.name, { signal })).toMatchObject({ refundedSat: 0n })
  })

  test('that is not answered is asked again with the same order id, and its refund received', async () => {
    buyer.wire.losesAnswers = true
    const error = await failure(stopPod(buyer.client, 'mine', { signal }))
    expect(error.code).toBe('outcome_unknown')
    expect(getOrder(buyer.orders, pod.orderId).state).toBe('stopping')
    await recoverOrders(buyer.client, { mode: 'quick', signal })
    expect(getOrder(buyer.orders, pod.orderId).state).toBe('stopped')
    expect(available(buyer.wallet)).toBe(950n)
  })

  test('that the provider refuses leaves the pod running', async () => {
    buyer.provider.script = 'untouched'
    const error = await failure(stopPod(buyer.client, 'mine', { signal }))
    expect(error.code).toBe('provider_refused')
    expect(getOrder(buyer.orders, pod.orderId).state).toBe('ready')
    expect(buyer.orders.pod(pod.npub)?.state).toBe('running')
  })
})

test('status of an unknown pod asks nobody, and says so', async () => {
  const steps: string[] = []
  const client = {
    ...buyer.client,
    progress: { ...buyer.client.progress, step: (text: string) => void steps.push(text) },
  }
  expect((await failure(podStatus(client, 'nobody', { signal }))).code).toBe('unknown_pod')
  expect(steps).toEqual([])
  await podStatus(client, 'mine', { signal })
  expect(steps).toEqual(['asking the provider'])
})

test('status keeps what the provider says of the end', async () => {
  buyer.clock.passSeconds(100)
  expect((await podStatus(buyer.client, 'mine', { signal })).secondsLeft).toBe(500)
  expect(listPods(buyer.client)).toHaveLength(1)
})

test('a lease expires on disk only after the inbox was read past its end', async () => {
  buyer.clock.passSeconds(700)
  buyer.wire.inboxComplete = false
  await recoverOrders(buyer.client, { mode: 'quick', signal })
  expect(getOrder(buyer.orders, pod.orderId).state).toBe('ready')
  // It is shown as over all the same.
  expect(listPods(buyer.client)).toEqual([])
  expect(listPods(buyer.client, { all: true })[0]).toMatchObject({
    pod: { state: 'expired' },
    secondsLeft: 0,
  })
  buyer.wire.inboxComplete = true
  await recoverOrders(buyer.client, { mode: 'quick', signal })
  expect(getOrder(buyer.orders, pod.orderId).state).toBe('expired')
  expect(listPods(buyer.client)).toEqual([])
})

describe.each([
  ['ahead', 3_600],
  ['behind', -3_600],
])('a lease of somebody whose clock is an hour %s', (_how, clockAheadSec) => {
  const recover = () => recoverOrders(buyer.client, { mode: 'full', signal })
  const state = () => getOrder(buyer.orders, pod.orderId).state

  beforeEach(async () => {
    await buyer.close()
    buyer = await openTestBuyer({ clockAheadSec })
    const bought = await buyPod(buyer.client, buyWish({ alias: 'mine' }), { signal })
    if (bought.outcome !== 'served') throw new Error('not bought')
    pod = bought.pod
  })

  test('is not over before its time: its stop brings what is left', async () => {
    await recover()
    expect(state()).toBe('ready')
    expect(await stopPod(buyer.client, 'mine', { signal })).toMatchObject({ refundedSat: 10n })
  })

  test('can be entered and topped up', async () => {
    buyer.clock.passSeconds(500)
    expect(listPods(buyer.client)).toMatchObject([{ pod: { state: 'running' } }])
    expect(openSsh(buyer.client, 'mine')).toMatchObject({ podNpub: pod.npub })
    const result = await topup()
    if (result.outcome !== 'served') throw new Error('not served')
    expect(result.extendedSec).toBe(300)
    // The offer allows 86400 seconds: by a clock that is behind there seems to be an hour more on it already.
    expect(await topup({ extent: { durationSec: 84_000 }, dryRun: true })).toMatchObject({
      outcome: 'planned',
    })
  })

  test('is over an hour after its time at the latest', async () => {
    buyer.clock.passSeconds(700 + 3_600)
    expect((await failure(topup())).code).toBe('pod_ended')
    await recover()
    expect(state()).toBe('expired')
  })
})

test.each([
  ['ahead', 600],
  ['behind', -600],
])(
  'ssh of somebody whose clock is ten minutes %s says where the paid time may be over',
  async (_how, ahead) => {
    await buyer.close()
    buyer = await openTestBuyer({ clockAheadSec: ahead })
    await buyPod(buyer.client, buyWish({ alias: 'mine' }), { signal })
    const notes: string[] = []
    const progress = { ...buyer.client.progress, note: (text: string) => void notes.push(text) }
    buyer.clock.passSeconds(ahead > 0 ? 100 : 700)
    openSsh({ ...buyer.client, progress }, 'mine')
    expect(notes).toEqual([expect.stringMatching(/may be over: .* paygress status .* tells$/)])
  },
)

describe('a clock that jumps ahead after the purchase', () => {
  const options = { clockAheadSec: 0 }

  beforeEach(async () => {
    await buyer.close()
    options.clockAheadSec = 0
    buyer = await openTestBuyer(options)
    const bought = await buyPod(buyer.client, buyWish({ alias: 'mine' }), { signal })
    if (bought.outcome !== 'served') throw new Error('not bought')
    pod = bought.pod
    options.clockAheadSec = 7_200
  })

  test('keeps nobody from entering and topping up, and the provider tells that it runs', async () => {
    expect(openSsh(buyer.client, 'mine')).toMatchObject({ podNpub: pod.npub })
    expect(buyer.client.notes).toEqual([
      `the paid time of ${pod.name} may be over: it is by this clock; paygress status ${pod.name} tells`,
    ])
    expect(await podStatus(buyer.client, 'mine', { signal })).toMatchObject({ pod: { state: 'running' } })
    expect(await topup()).toMatchObject({ outcome: 'served', extendedSec: 300 })
  })

  test('ends no order: a stop brings back what is left', async () => {
    await recoverOrders(buyer.client, { mode: 'quick', signal })
    expect(getOrder(buyer.orders, pod.orderId).state).toBe('ready')
    expect(await stopPod(buyer.client, 'mine', { signal })).toMatchObject({ refundedSat: 10n })
  })

  test('ends no order while its mint cannot be asked', async () => {
    buyer.clock.passSeconds(700)
    const { wallet } = buyer
    const mintTime = async (): Promise<number> => {
      throw new PaygressError('mint_unreachable', 'it does not answer')
    }
    const silent = { ...buyer.client, wallet: { ...wallet, mintTime } }
    await recoverOrders(silent, { mode: 'quick', signal })
    expect(getOrder(buyer.orders, pod.orderId).state).toBe('ready')
    expect((await failure(topupPod(silent, topupWish, { signal }))).code).toBe('mint_unreachable')
    await recoverOrders(buyer.client, { mode: 'quick', signal })
    expect(getOrder(buyer.orders, pod.orderId).state).toBe('expired')
  })
})

test('a lease whose mint is gone is over a day after its end', async () => {
  const mintTime = async (): Promise<number> => {
    throw new PaygressError('mint_unreachable', 'it does not answer')
  }
  const silent = { ...buyer.client, wallet: { ...buyer.wallet, mintTime } }
  buyer.clock.passSeconds(86_000)
  await recoverOrders(silent, { mode: 'quick', signal })
  expect(getOrder(buyer.orders, pod.orderId).state).toBe('ready')
  buyer.clock.passSeconds(1_400)
  await recoverOrders(silent, { mode: 'quick', signal })
  expect(getOrder(buyer.orders, pod.orderId).state).toBe('expired')
})

test('an order that cannot be read keeps no machine from being listed and entered', async () => {
  const { revision } = getOrder(buyer.orders, pod.orderId)
  buyer.orders.transaction((tx) =>
    buyer.orders.replaceOrder(tx, { orderId: pod.orderId, revision, state: 'ready', body: '{}' }),
  )
  expect(listPods(buyer.client)).toMatchObject([{ pod: { npub: pod.npub } }])
  expect(openSsh(buyer.client, 'mine')).toMatchObject({ podNpub: pod.npub })
})

test('a lease whose end the provider moved unasked goes on until then', async () => {
  const order = getOrder(buyer.orders, pod.orderId)
  if (order.state !== 'ready') throw new Error('not ready')
  for (const laterMs of [60_000, 0]) {
    const news = {
      pod_npub: pod.npub,
      node_port: pod.port,
      expires_at: new Date(pod.expiresAt.getTime() + laterMs).toISOString(),
      cpu_millicores: 1_000,
      memory_mb: 1_024,
      pod_spec_name: 'Basic',
      pod_spec_description: 'basic machine',
      instructions: [],
    }
    buyer.wire.stored.push({
      messageId: order.message.id,
      from: buyer.provider.publicKey,
      content: JSON.stringify(news),
    })
  }
  buyer.clock.passSeconds(630)
  await recoverOrders(buyer.client, { mode: 'quick', signal })
  expect(getOrder(buyer.orders, pod.orderId).state).toBe('ready')
  expect(listPods(buyer.client)).toHaveLength(1)
  buyer.clock.passSeconds(60)
  await recoverOrders(buyer.client, { mode: 'quick', signal })
  expect(getOrder(buyer.orders, pod.orderId).state).toBe('expired')
})

/** The provider says that the machine is lost, and pays 40 sat back. */
async function loseIt(order: OrderIn<'ready' | 'expired'>): Promise<void> {
  const refund = await buyer.provider.wallet.refund(buyer.mint, 40n, { lockTo: order.refundKey.pubkey })
  if (refund.status !== 'done') throw new Error('no refund')
  const news = {
    error_type: 'resource_unavailable',
    message: 'The machine was lost',
    order_id: order.orderId,
    payment: { status: 'refunded', refund_token: refund.token, amount_msat: 40_000 },
  }
  buyer.wire.stored.push({
    messageId: order.message.id,
    from: buyer.provider.publicKey,
    content: JSON.stringify(news),
  })
}

test('a lease that the provider lost is refunded by the news in the inbox', async () => {
  const order = getOrder(buyer.orders, pod.orderId)
  if (order.state !== 'ready') throw new Error('not ready')
  await loseIt(order)
  await recoverOrders(buyer.client, { mode: 'full', signal })
  expect(getOrder(buyer.orders, pod.orderId)).toMatchObject({ state: 'refunded', returnedSat: 40n })
  expect(buyer.orders.pod(pod.npub)?.state).toBe('lost')
  expect(available(buyer.wallet)).toBe(980n)
})

test('a loss that the provider finds out after the lease is refunded, too', async () => {
  buyer.clock.passSeconds(700)
  await recoverOrders(buyer.client, { mode: 'quick', signal })
  const order = getOrder(buyer.orders, pod.orderId)
  if (order.state !== 'expired') throw new Error('not expired')
  await loseIt(order)
  await recoverOrders(buyer.client, { mode: 'full', signal })
  expect(getOrder(buyer.orders, pod.orderId)).toMatchObject({ state: 'refunded', returnedSat: 40n })
  expect(buyer.orders.pod(pod.npub)?.state).toBe('lost')
  expect(available(buyer.wallet)).toBe(980n)
})
