// Killed anywhere, the next process finishes every order exactly once.
import { afterEach, describe, expect, test } from 'vitest'
import { PaygressError } from '../../../src/core/errors.ts'
import type { Compute } from '../../../src/provider/ports.ts'
import { parseMintUrl } from '../../../src/core/mint-url.ts'
import { startFaultyMint } from '../../support/faulty-mint.ts'
import { done, fund, held } from '../../support/wallet/test-wallet.ts'
import {
  ask,
  asked,
  freshOrderId,
  lockedPurchase,
  openProvider,
  plainPurchase,
  startWorld,
  TestDoor,
} from '../../support/provider/test-provider.ts'
import type { Purchase, RunningProvider, World } from '../../support/provider/test-provider.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function world(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const made = await startWorld(options)
  closing.push(() => made.close())
  return made
}

/** Ends with the process that waits for it. */
let death = Promise.withResolvers<never>()
const never = async (): Promise<never> => death.promise

function kill(provider: RunningProvider): void {
  provider.crash()
  death.promise.catch(() => undefined)
  death.reject(new Error('this process is dead'))
  death = Promise.withResolvers<never>()
}

const broken = async (): Promise<never> => {
  throw new PaygressError('machine_failed', 'the image cannot be pulled')
}

/** Lets a provider run into something that never ends, and kills it there. */
async function killIn(
  made: World,
  state: string,
  compute: Partial<Compute>,
  buy: (provider: RunningProvider) => Promise<Record<string, unknown>>,
  prepare?: () => void,
): Promise<Record<string, unknown>> {
  const first = await openProvider(made, { compute })
  const message = await buy(first)
  prepare?.()
  const waiting = ask(first, message)
  await expect
    .poll(() => first.ledger.openOrders().map((order) => order.state), { timeout: 10_000, interval: 20 })
    .toEqual([state])
  kill(first)
  void waiting
  return message
}

async function reopen(made: World, door = new TestDoor()): Promise<RunningProvider> {
  const next = await openProvider(made, { door })
  closing.push(() => next.stop())
  return next
}

async function liveMachines(made: World): Promise<number> {
  return (await made.compute.list()).filter(({ state }) => state !== 'ended').length
}

const message = ({ message: content }: Purchase): Record<string, unknown> => content

describe('a spawn by a locked payment', () => {
  test.each<[string, Partial<Compute>]>([
    ['accepted', { reserve: never }],
    ['starting', { waitReady: never }],
    ['paid', { setEnd: never }],
  ])('killed in %s is delivered by the next process, once', async (state, compute) => {
    const made = await world()
    const asking = await killIn(made, state, compute, async (provider) =>
      message(await lockedPurchase(made, provider)),
    )
    const next = await reopen(made)
    await expect.poll(() => next.door.to('buyer').length, { timeout: 10_000 }).toBe(1)
    const reply = await ask(next, asking)
    expect(reply).toContain('"duration_seconds":120')
    expect(reply).toBe(next.door.to('buyer')[0])
    expect(await liveMachines(made)).toBe(1)
    expect(held(next.wallet, made.url).available).toBe(120n)
    expect(next.ledger.openOrders()).toEqual([])
    expect(next.ledger.credits(next.ledger.leasesIn('running')[0]?.leaseId ?? ('' as never))).toHaveLength(1)
  })

  test.each(['hang', 'drop-after', 'drop-before'] as const)(
    'killed while the mint answers its capture with %s is delivered by the next process, once',
    async (kind) => {
      const made = await world()
      const asking = await killIn(
        made,
        'capturing',
        {},
        async (provider) => message(await lockedPurchase(made, provider)),
        () => {
          for (let count = 0; count < 3; count++) made.mint.failNext({ path: '/v1/swap', kind })
          for (let count = 0; count < 3; count++)
            made.mint.failNext({ path: '/v1/restore', kind: 'drop-before' })
        },
      )
      made.mint.faults.splice(0)
      const next = await reopen(made)
      await expect.poll(() => next.door.to('buyer').at(-1), { timeout: 20_000 }).toContain('pod_npub')
      expect(await ask(next, asking)).toContain('"duration_seconds":120')
      expect(await liveMachines(made)).toBe(1)
      expect(held(next.wallet, made.url).available).toBe(120n)
    },
  )

  test('killed while it starts goes on at once, while another mint of the provider does not answer', async () => {
    const made = await world()
    const other = await startFaultyMint()
    closing.push(() => other.close())
    const hang = (path: string): void => {
      for (let count = 0; count < 20; count++) other.failNext({ path, kind: 'hang' })
    }
    await killIn(made, 'starting', { waitReady: never }, async (provider) => {
      const url = parseMintUrl(other.url)
      provider.wallet.trustMint(url)
      await fund(provider.wallet, url, 100n)
      hang('/v1/swap')
      hang('/v1/restore')
      expect(await provider.wallet.send(url, 3n, {})).toHaveProperty('status', 'unknown')
      return message(await lockedPurchase(made, provider))
    })
    hang('')
    const next = await openProvider(made, { start: false, requestTimeoutMs: 60_000 })
    closing.push(() => next.stop())
    let isServing = false
    void next.provider.start().then(() => (isServing = true))
    await expect.poll(() => next.ledger.leasesIn('running').length, { timeout: 10_000 }).toBe(1)
    expect(isServing).toBe(false)
  })

  test('killed while giving up is released by the next process', async () => {
    const made = await world()
    let purchase: Purchase | undefined
    const asking = await killIn(made, 'giving-up', { waitReady: broken, end: never }, async (provider) => {
      purchase = await lockedPurchase(made, provider)
      return purchase.message
    })
    const next = await reopen(made)
    const reply = await asked(next, asking)
    expect(reply).toMatchObject({ error_type: 'pod_creation_failed', payment: { status: 'released' } })
    const { signatures } = reply.payment as { signatures: string[] }
    done(await made.buyer.wallet.respend(purchase?.token ?? '', signatures, {}))
    expect(held(made.buyer.wallet, made.url).available).toBe(5_000n)
    expect(await liveMachines(made)).toBe(0)
  })

  test('whose reply reached no relay gets its whole time from when one takes it', async () => {
    const made = await world()
    const door = new TestDoor()
    door.isUp = false
    const first = await openProvider(made, { door })
    const { message: asking } = await lockedPurchase(made, first)
    const early = await asked(first, asking)
    kill(first)
    made.clock.aheadMs += 60_000
    const next = await reopen(made)
    await expect.poll(() => next.door.to('buyer').length, { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
    const news = JSON.parse(next.door.to('buyer').at(-1) ?? '') as Record<string, string>
    expect(Date.parse(news.expires_at ?? '') - Date.parse(String(early.expires_at))).toBeGreaterThanOrEqual(
      60_000,
    )
    expect(news).toMatchObject({ duration_seconds: 120, pod_npub: early.pod_npub })
    const lease = next.ledger.leasesIn('running')[0]
    expect((lease?.paidUntil ?? 0) - made.clock.now()).toBeGreaterThan(110_000)
  })

  test('keeps the time that its reply was late where its provider dies as it is added, and a top-up comes first', async () => {
    const made = await world()
    const door = new TestDoor()
    door.isUp = false
    const first = await openProvider(made, { door })
    const { message: asking } = await lockedPurchase(made, first)
    const early = await asked(first, asking)
    kill(first)
    made.clock.aheadMs += 60_000
    const moved = Promise.withResolvers<void>()
    const second = await openProvider(made, {
      compute: {
        setEnd: async (...args) => {
          const end = await made.compute.setEnd(...args)
          if (!args[1].endsWith('/unreported')) return end
          moved.resolve()
          return never()
        },
      },
    })
    await moved.promise
    kill(second)
    const silent = new TestDoor()
    silent.isUp = false
    const third = await openProvider(made, { door: silent })
    closing.push(() => third.stop())
    const { message: more } = await lockedPurchase(made, third, { netSat: 30n })
    expect(await asked(third, { ...more, pod_npub: early.pod_npub })).toMatchObject({ success: true })
    silent.isUp = true
    await expect.poll(() => third.ledger.leasesIn('running')[0]?.body).not.toContain('"unreportedOwed":true')
    const [machine] = await made.compute.list()
    if (machine?.state !== 'running') throw new Error('it does not run')
    const end = machine.machine.expiresAt.getTime()
    expect(end - Date.parse(String(early.expires_at))).toBeGreaterThanOrEqual(90_000)
    expect(third.ledger.leasesIn('running')[0]?.paidUntil).toBe(end)
  })

  test('whose reply was late is refunded for that time where its provider dies before it is added, and nobody remembers the machine', async () => {
    const made = await world()
    const door = new TestDoor()
    door.isUp = false
    const first = await openProvider(made, { door })
    const { message: asking } = await lockedPurchase(made, first)
    await ask(first, asking)
    kill(first)
    made.clock.aheadMs += 60_000
    let isAsked = false
    const second = await openProvider(made, {
      compute: {
        setEnd: async () => {
          isAsked = true
          return never()
        },
      },
    })
    await expect.poll(() => isAsked).toBe(true)
    kill(second)
    made.clock.aheadMs += 1_000_000
    const third = await openProvider(made, {
      compute: { list: async () => [], describe: async () => undefined },
    })
    closing.push(() => third.stop())
    await expect.poll(() => third.door.to('buyer').at(-1), { timeout: 10_000 }).toContain('refund_token')
    const { payment } = JSON.parse(third.door.to('buyer').at(-1) ?? '') as {
      payment: { amount_msat: number }
    }
    expect(payment.amount_msat).toBeGreaterThanOrEqual(60_000)
    expect(payment.amount_msat).toBeLessThan(70_000)
  })
})

// One whose machine slept: it goes on in the middle of a step, and no clock of its own tells it that another one has its turn.
describe('a daemon that wakes up after another one has taken over', () => {
  type Asleep = 'reserve' | 'waitReady' | 'setEnd'

  /** A provider that falls asleep with the answer to that call on its way, and what wakes it. */
  async function asleepIn(
    made: World,
    call: Asleep,
  ): Promise<{ sleeper: RunningProvider; sleeps: () => boolean; wake: () => void }> {
    const morning = Promise.withResolvers<void>()
    let sleeps = false
    const lullaby =
      <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        const result = await work(...args)
        sleeps = true
        await morning.promise
        return result
      }
    const compute = {
      reserve: lullaby(made.compute.reserve),
      waitReady: lullaby(made.compute.waitReady),
      setEnd: lullaby(made.compute.setEnd),
    }
    const sleeper = await openProvider(made, { compute: { [call]: compute[call] } })
    return { sleeper, sleeps: () => sleeps, wake: morning.resolve }
  }

  test.each<Asleep>(['reserve', 'waitReady', 'setEnd'])(
    'in %s throws nothing back: the machine stays paid, and its order delivered',
    async (call) => {
      const made = await world()
      const { sleeper, sleeps, wake } = await asleepIn(made, call)
      const { message: asking } = await lockedPurchase(made, sleeper)
      void ask(sleeper, asking)
      await expect.poll(sleeps, { timeout: 10_000 }).toBe(true)
      const second = await openProvider(made)
      const reply = await ask(second, asking)
      expect(reply).toContain('"duration_seconds":120')
      const delivered = second.ledger.ordersById(asking.order_id as never)
      wake()
      await expect.poll(() => sleeper.log.join('\n')).toContain('another daemon has taken over the ledger')
      expect(second.ledger.ordersById(asking.order_id as never)).toEqual(delivered)
      await sleeper.stop()
      await second.stop()

      const third = await reopen(made)
      expect(third.ledger.openOrders()).toEqual([])
      expect(await ask(third, asking)).toBe(reply)
      expect(await liveMachines(made)).toBe(1)
      expect(held(third.wallet, made.url).available).toBe(120n)
      expect(
        third.ledger.credits(third.ledger.leasesIn('running')[0]?.leaseId ?? ('' as never)),
      ).toHaveLength(1)
    },
  )

  test('sends a reply that it cannot book as sent no more often than it must', async () => {
    const made = await world()
    const [door, other] = [new TestDoor(), new TestDoor()]
    door.isUp = false
    // Each try of the new one that failed would put off the next one of the old one, too.
    other.deliver = never
    const first = await openProvider(made, { door })
    const { message: asking } = await lockedPurchase(made, first)
    await ask(first, asking)
    await reopen(made, other)
    door.isUp = true
    const complaints = (): string[] =>
      first.log.filter((line) => line.includes('the outbox could not be written'))
    await expect.poll(complaints, { timeout: 10_000 }).not.toEqual([])
    expect(complaints()).toHaveLength(1)
    await first.stop()
  })

  test('takes no order, no money and no offer down any more', async () => {
    const made = await world()
    const first = await openProvider(made)
    const second = await reopen(made)
    const { message: asking } = await lockedPurchase(made, first)
    const offers = first.board.published.length
    expect(await ask(first, asking)).toBeUndefined()
    expect(second.ledger.openOrders()).toEqual([])
    expect(await ask(second, asking)).toContain('"duration_seconds":120')
    await first.stop()
    expect(first.board.published).toHaveLength(offers)
  })
})

describe('a spawn by a plain payment', () => {
  test('killed after its capture is delivered by the next process', async () => {
    const made = await world()
    const asking = await killIn(made, 'paid', { waitReady: never }, async () =>
      message(await plainPurchase(made)),
    )
    const next = await reopen(made)
    expect(await ask(next, asking)).toContain('"duration_seconds":120')
    expect(held(next.wallet, made.url).available).toBe(120n)
    expect(await liveMachines(made)).toBe(1)
  })

  test('killed while its refund is being made is refunded once by the next process', async () => {
    const made = await world()
    const asking = await killIn(made, 'giving-up', { waitReady: broken, end: never }, async () =>
      message(await plainPurchase(made)),
    )
    for (let count = 0; count < 2; count++) made.mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
    const next = await reopen(made)
    const reply = await asked(next, asking)
    expect(reply).toMatchObject({ payment: { status: 'refunded', amount_msat: 120_000 } })
    const { refund_token: token } = reply.payment as { refund_token: string }
    done(await made.buyer.wallet.receive(token, {}))
    expect(held(made.buyer.wallet, made.url).available).toBe(5_000n)
    expect(held(next.wallet, made.url).available).toBe(0n)
  })
})

describe('a running machine', () => {
  async function running(
    made: World,
  ): Promise<{ first: RunningProvider; npub: unknown; leaseCompute: Partial<Compute> }> {
    const leaseCompute: Partial<Compute> = {}
    const first = await openProvider(made, {
      compute: {
        setEnd: async (...args) => (leaseCompute.setEnd ?? made.compute.setEnd)(...args),
        end: async (...args) => (leaseCompute.end ?? made.compute.end)(...args),
      },
    })
    const { message: asking } = await lockedPurchase(made, first, { netSat: 600n })
    const { pod_npub: npub } = await asked(first, asking)
    await expect.poll(() => first.ledger.leasesIn('running')[0]?.body).toContain('"reported":true')
    return { first, npub, leaseCompute }
  }

  test('whose top-up was paid when its provider was killed is extended once', async () => {
    const made = await world()
    const { first, npub, leaseCompute } = await running(made)
    const before = first.ledger.leasesIn('running')[0]?.paidUntil ?? 0
    leaseCompute.setEnd = never
    const { message: asking } = await lockedPurchase(made, first, { netSat: 50n })
    const topup = { ...asking, pod_npub: npub }
    void ask(first, topup)
    await expect.poll(() => first.ledger.openOrders()[0]?.state, { timeout: 10_000 }).toBe('paid')
    kill(first)
    const next = await reopen(made)
    expect(await asked(next, topup)).toMatchObject({ success: true, extended_duration_seconds: 50 })
    expect((next.ledger.leasesIn('running')[0]?.paidUntil ?? 0) - before).toBe(50_000)
    expect(held(next.wallet, made.url).available).toBe(650n)
  })

  test('whose top-up was done without an answer keeps its time, though another one is done before it is known', async () => {
    const made = await world()
    const { first, npub, leaseCompute } = await running(made)
    closing.push(() => first.stop())
    const before = first.ledger.leasesIn('running')[0]?.paidUntil ?? 0
    const [one, other] = [
      await lockedPurchase(made, first, { netSat: 50n }),
      await lockedPurchase(made, first, { netSat: 70n }),
    ]
    let isLost = true
    leaseCompute.setEnd = async (lease, operation, end) => {
      const done = await made.compute.setEnd(lease, operation, end)
      if (operation === one.orderId && isLost) throw new PaygressError('failed', 'the answer was lost')
      return done
    }
    const slow = asked(first, { ...one.message, pod_npub: npub })
    await expect.poll(() => first.log.join(), { timeout: 10_000 }).toContain('the answer was lost')
    expect(await asked(first, { ...other.message, pod_npub: npub })).toMatchObject({ success: true })
    isLost = false
    expect(await slow).toMatchObject({ success: true, extended_duration_seconds: 50 })
    const [lease] = first.ledger.leasesIn('running')
    expect((lease?.paidUntil ?? 0) - before).toBe(120_000)
    const [machine] = await made.compute.list()
    expect(machine).toMatchObject({ machine: { expiresAt: new Date(lease?.paidUntil ?? 0) } })
  })

  test('whose stop was written when its provider was killed is stopped and refunded once', async () => {
    const made = await world()
    const { first, npub, leaseCompute } = await running(made)
    leaseCompute.end = never
    const stop = { request: 'stop', pod_npub: npub, order_id: freshOrderId() }
    void ask(first, stop)
    await expect.poll(() => first.ledger.openOrders()[0]?.state, { timeout: 10_000 }).toBe('stopping')
    kill(first)
    const next = await reopen(made)
    const reply = (await asked(next, stop)) as {
      used_seconds: number
      refunded_msat: number
      refund_token: string
    }
    expect(reply.refunded_msat).toBe(600_000 - reply.used_seconds * 1000)
    done(await made.buyer.wallet.receive(reply.refund_token, { anyMint: true }))
    expect(await liveMachines(made)).toBe(0)
    expect(made.mint.stats().outstanding).toBe(
      held(made.buyer.wallet, made.url).available + held(next.wallet, made.url).available,
    )
  })

  test('goes on over a restart, and its spawn is answered with the same bytes', async () => {
    const made = await world()
    const first = await openProvider(made)
    const { message: asking } = await lockedPurchase(made, first)
    const reply = await ask(first, asking)
    await first.stop()
    const next = await reopen(made)
    expect(await ask(next, asking)).toBe(reply)
    expect(await liveMachines(made)).toBe(1)
  })
})

test('a capture that stays unknown is told as pending, and its outcome as news', async () => {
  const made = await world()
  const provider = await reopen(made)
  const { message: asking } = await lockedPurchase(made, provider)
  for (let count = 0; count < 2; count++) made.mint.failNext({ path: '/v1/swap', kind: 'drop-before' })
  made.mint.failNext({ path: '/v1/restore', kind: 'drop-before' })
  const early = await asked(provider, asking)
  expect(early).toMatchObject({ error_type: 'resource_unavailable', payment: { status: 'pending' } })
  made.mint.faults.splice(0)
  await expect.poll(() => provider.door.to('buyer').at(-1), { timeout: 15_000 }).toContain('pod_npub')
  expect(held(provider.wallet, made.url).available).toBe(120n)
  expect(await liveMachines(made)).toBe(1)
})

test('a capture that was given up and turns out to be done is refunded in full and unasked by a later process', async () => {
  const made = await world({ mintMovesToo: true })
  const first = await openProvider(made, {})
  const { message: asking } = await lockedPurchase(made, first)
  // The mint does the swap, and says for as long as it is asked that it never did.
  const denials = 40
  made.mint.failNext({ path: '/v1/swap', kind: 'drop-after' })
  const denies = (path: string, change: (body: unknown) => unknown): void => {
    for (let count = 0; count < denials; count++)
      made.mint.failNext({ path, after: '/v1/swap', kind: 'mutate', change })
  }
  denies('/v1/restore', () => ({ outputs: [], signatures: [] }))
  denies('/v1/checkstate', (body) => JSON.parse(JSON.stringify(body).replaceAll('"SPENT"', '"UNSPENT"')))
  denies('/v1/swap', () => ({}))
  expect(await asked(first, asking)).toMatchObject({ payment: { status: 'pending' } })
  made.clock.aheadMs += 3600_000
  await expect
    .poll(() => first.door.to('buyer').at(-1), { timeout: 15_000 })
    .toContain('"status":"untouched"')
  expect(first.ledger.openOrders()).toEqual([])
  await first.stop()

  made.mint.faults.splice(0)
  const next = await reopen(made)
  await expect.poll(() => next.door.to('buyer').at(-1), { timeout: 15_000 }).toContain('"status":"refunded"')
  const { payment } = JSON.parse(next.door.to('buyer').at(-1) ?? '{}')
  expect(done(await made.buyer.wallet.receive(payment.refund_token, {})).status).toBe('done')
  expect(next.ledger.openOrders()).toEqual([])
  expect(held(next.wallet, made.url).available).toBe(0n)
})

test('in another place than the one in which paid machines run it does not start, unless that one is said to be gone: then they are refunded', async () => {
  const made = await world()
  const place = (clusterId: string): Partial<Compute> => ({
    check: async () => ({ ok: true, findings: [], clusterId }),
  })
  const elsewhere = { ...place('second'), list: async () => [], describe: async () => undefined }
  const first = await openProvider(made, { compute: place('first') })
  await ask(first, message(await lockedPurchase(made, first)))
  await first.stop()

  const refused = await openProvider(made, { compute: elsewhere, start: false })
  await expect(refused.provider.start()).rejects.toMatchObject({
    code: 'config_invalid',
    hint: expect.stringContaining('--accept-new-cluster') as string,
  })
  await refused.stop()
  expect(await liveMachines(made)).toBe(1)

  const door = new TestDoor()
  const next = await openProvider(made, { compute: elsewhere, door, acceptNewCluster: true })
  closing.push(() => next.stop())
  await expect.poll(() => door.to('buyer').at(-1), { timeout: 10_000 }).toContain('"status":"refunded"')
  expect(next.ledger.leasesIn('running')).toEqual([])
})
