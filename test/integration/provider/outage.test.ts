// What does a buyer get for the time in which their machine was down by its provider's fault? Exactly what is beyond half a minute, once.
import { afterEach, expect, test } from 'vitest'
import { PaygressError } from '../../../src/core/errors.ts'
import type { LeaseId } from '../../../src/core/ids.ts'
import type { Compute, Readiness, WatchHandlers } from '../../../src/provider/compute-port.ts'
import {
  asked,
  freshOrderId,
  lockedPurchase,
  openProvider,
  startWorld,
} from '../../support/provider/test-provider.ts'
import type { RunningProvider, World } from '../../support/provider/test-provider.ts'

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Rented {
  world: World
  provider: RunningProvider
  lease: LeaseId
  npub: string
  /** The enforced end at first. */
  end: number
  /** Names of the operations that moved the end. */
  moves: string[]
  /** The place's word, with times in seconds after the purchase. */
  tell(readiness: Told): void
  down(seconds: number): void
  up(seconds: number, outage?: { since: number; until: number }): void
  /** Another daemon on the same ledger and machines. */
  reopen(compute?: Partial<Compute>): Promise<RunningProvider>
}

type Told = (at: (seconds: number) => Date) => Readiness

interface Options {
  netSat?: bigint
  /** How the place moves an end for an outage. */
  moveFor?: (compute: Compute, ...args: Parameters<Compute['setEnd']>) => ReturnType<Compute['setEnd']>
}

const mute = async (): Promise<never> => {
  throw new PaygressError('failed', 'nobody answers')
}

async function rented(options: Options = {}): Promise<Rented> {
  const { netSat = 600n, moveFor = async ({ setEnd }, ...args) => setEnd(...args) } = options
  const world = await startWorld()
  closing.push(() => world.close())
  const moves: string[] = []
  let handlers: WatchHandlers | undefined
  const compute: Partial<Compute> = {
    setEnd: async (lease, operation, end) => {
      moves.push(operation)
      if (operation.includes('/unready')) return moveFor(world.compute, lease, operation, end)
      return world.compute.setEnd(lease, operation, end)
    },
    watch: async (given, signal) => {
      handlers = given
      return world.compute.watch(given, signal)
    },
  }
  const open = async (more: Partial<Compute> = {}): Promise<RunningProvider> => {
    const provider = await openProvider(world, { compute: { ...compute, ...more } })
    closing.push(() => provider.stop())
    return provider
  }
  const provider = await open()
  const { message } = await lockedPurchase(world, provider, { netSat })
  const { pod_npub: npub } = await asked(provider, message)
  await expect.poll(() => provider.ledger.leasesIn('running')[0]?.body).toContain('"reported":true')
  const [row] = provider.ledger.leasesIn('running')
  if (row === undefined) throw new Error('no lease')
  moves.length = 0
  const at = (seconds: number): Date => new Date(row.paidFrom + seconds * 1000)
  const tell = (told: Told): void => handlers?.onReadiness?.(row.leaseId, told(at))
  return {
    world,
    provider,
    lease: row.leaseId,
    npub: String(npub),
    end: row.paidUntil,
    moves,
    tell,
    down: (seconds) => tell(() => ({ ready: false, since: at(seconds) })),
    up: (seconds, outage) =>
      tell(() => ({
        ready: true,
        since: at(seconds),
        ...(outage === undefined ? {} : { outage: { since: at(outage.since), until: at(outage.until) } }),
      })),
    reopen: open,
  }
}

const enforcedEnd = async ({ world }: Rented): Promise<number> => {
  const [machine] = await world.compute.list()
  return machine?.state === 'running' ? machine.machine.expiresAt.getTime() : Number.NaN
}

const statusOf = async (provider: RunningProvider, npub: string): Promise<Record<string, unknown>> =>
  asked(provider, { request: 'status', pod_npub: npub })

const downOf = ({ ledger }: RunningProvider): unknown => {
  const { outages } = JSON.parse(ledger.leasesIn('running')[0]?.body ?? '{}') as {
    outages?: { downSince?: number }
  }
  return outages?.downSince
}

test('what is beyond half a minute is added to the end, which status and a new reply tell', async () => {
  const place = await rented()
  const { provider, npub, end } = place
  place.down(10)
  place.up(100, { since: 10, until: 100 })
  await expect.poll(async () => enforcedEnd(place)).toBe(end + 60_000)
  expect(place.moves).toEqual([expect.stringMatching(/\/unready-1$/)])
  const { expires_at: told } = await statusOf(provider, npub)
  expect(Date.parse(String(told))).toBe(Math.floor((end + 60_000) / 1000) * 1000)
  await expect.poll(() => provider.door.to('buyer').length).toBe(2)
  expect(JSON.parse(provider.door.to('buyer')[1] ?? '')).toMatchObject({ pod_npub: npub, expires_at: told })
  expect(provider.log.join()).toContain('"downMs":90000,"addedMs":60000')
})

test('each outage counts for itself, however often it is told', async () => {
  const place = await rented()
  place.down(10)
  place.down(12)
  place.up(50, { since: 10, until: 50 })
  place.up(50, { since: 10, until: 50 })
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 10_000)
  place.down(80)
  place.up(105)
  place.down(200)
  place.up(300, { since: 200, until: 300 })
  place.up(400, { since: 200, until: 300 })
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 80_000)
  expect(place.moves).toEqual([expect.stringMatching(/unready-1$/), expect.stringMatching(/unready-2$/)])
})

test('however often a machine is down, no more is made good than was paid for', async () => {
  const place = await rented()
  place.down(10)
  place.up(510)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 470_000)
  place.down(600)
  place.up(900)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 600_000)
  place.down(1000)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  place.up(1200)
  await expect.poll(() => downOf(place.provider)).toBeUndefined()
  expect(await enforcedEnd(place)).toBe(place.end + 600_000)
  // What is paid for besides counts as well.
  const { message } = await lockedPurchase(place.world, place.provider, { netSat: 100n })
  await asked(place.provider, { ...message, pod_npub: place.npub })
  place.down(1250)
  place.up(1500)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 600_000 + 100_000 + 100_000)
})

test('a start-up that was told before the paid time is none', async () => {
  const place = await rented()
  place.up(-1, { since: -300, until: -1 })
  place.down(1)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  place.up(2)
  await expect.poll(() => downOf(place.provider)).toBeUndefined()
  expect(await enforcedEnd(place)).toBe(place.end)
  expect(place.moves).toEqual([])
})

test('one that began before the daemon died and ended while nobody looked is made good, and never again', async () => {
  const place = await rented()
  place.down(10)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  place.provider.crash()
  await place.reopen()
  // The cluster has forgotten the former machine: it only knows when the present one was begun.
  place.up(90, { since: 30, until: 90 })
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 50_000)
  await place.reopen()
  place.up(90, { since: 30, until: 90 })
  place.up(500, { since: 30, until: 90 })
  place.down(501)
  place.up(502)
  await expect.poll(() => place.moves).toEqual([expect.stringMatching(/unready-1$/)])
  expect(await enforcedEnd(place)).toBe(place.end + 50_000)
})

test('one of which the daemon heard nothing at all is made good after its restart', async () => {
  const place = await rented()
  place.provider.crash()
  await place.reopen()
  place.up(200, { since: 100, until: 200 })
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 70_000)
})

test('an end that the place could not be told is enforced after the restart', async () => {
  let isMute = true
  const place = await rented({
    moveFor: async ({ setEnd }, ...args) => (isMute ? mute() : setEnd(...args)),
  })
  place.down(0)
  place.up(130)
  await expect.poll(() => place.moves.length).toBe(1)
  expect(await enforcedEnd(place)).toBe(place.end)
  place.provider.crash()
  isMute = false
  await place.reopen()
  expect(await enforcedEnd(place)).toBe(place.end + 100_000)
  place.up(130, { since: 0, until: 130 })
  await place.reopen()
  expect(await enforcedEnd(place)).toBe(place.end + 100_000)
})

/** Of a cluster that has forgotten its machines. */
const forgotten = { list: async () => [], describe: async () => undefined }

test('an end that the place could not be told before it forgot the machine is refunded, as nobody was given it', async () => {
  const place = await rented({ netSat: 120n, moveFor: mute })
  place.down(0)
  place.up(130)
  await expect.poll(() => place.moves.length).toBe(1)
  place.provider.crash()
  place.world.clock.aheadMs += 1_000_000
  const next = await place.reopen(forgotten)
  await expect.poll(() => refundOf(next)).toMatchObject({ status: 'refunded', amount_msat: 100_000 })
})

test('one that the place was told is none that it owes any more', async () => {
  const place = await rented({ netSat: 120n })
  place.down(0)
  place.up(130)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 100_000)
  place.provider.crash()
  place.world.clock.aheadMs += 1_000_000
  const next = await place.reopen(forgotten)
  await expect.poll(() => next.ledger.leasesIn('expired').length).toBe(1)
})

test('nor is one that a top-up has moved since', async () => {
  const place = await rented({ netSat: 120n, moveFor: mute })
  place.down(0)
  place.up(130)
  await expect.poll(() => place.moves.length).toBe(1)
  const { message } = await lockedPurchase(place.world, place.provider, { netSat: 100n })
  await asked(place.provider, { ...message, pod_npub: place.npub })
  expect(await enforcedEnd(place)).toBe(place.end + 200_000)
  place.provider.crash()
  place.world.clock.aheadMs += 1_000_000
  const next = await place.reopen(forgotten)
  await expect.poll(() => next.ledger.leasesIn('expired').length).toBe(1)
})

test('an end that is found much later is another operation’s, whose time is not booked for the outage', async () => {
  const place = await rented({
    moveFor: async ({ setEnd }, lease, operation, end) => {
      await setEnd(lease, operation, end)
      await setEnd(lease, 'top-up/bridge', new Date(end.getTime() + 60_000))
      return setEnd(lease, operation, end)
    },
  })
  place.down(0)
  place.up(130)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 160_000)
  await expect.poll(() => place.provider.ledger.leasesIn('running')[0]?.body).toContain('"owed":false')
  expect(place.provider.ledger.leasesIn('running')[0]?.paidUntil).toBe(place.end + 100_000)
})

test('one that is found a little later is that of the outage, which has whole seconds', async () => {
  const place = await rented({
    moveFor: async ({ setEnd }, lease, operation, end) =>
      setEnd(lease, operation, new Date(end.getTime() + 900)),
  })
  const before = place.provider.ledger.leasesIn('running')[0]?.paidFrom ?? 0
  place.down(0)
  place.up(130)
  await expect.poll(() => place.provider.ledger.leasesIn('running')[0]?.body).toContain('"owed":false')
  const [lease] = place.provider.ledger.leasesIn('running')
  expect(lease?.paidUntil).toBe(place.end + 100_900)
  expect(lease?.paidFrom).toBe(before + 100_900)
})

test('a top-up after it starts from the later end', async () => {
  const place = await rented()
  place.down(10)
  place.up(100)
  const { message } = await lockedPurchase(place.world, place.provider, { netSat: 100n })
  await asked(place.provider, { ...message, pod_npub: place.npub })
  expect(await enforcedEnd(place)).toBe(place.end + 60_000 + 100_000)
})

test('a stop while the machine is down counts half a minute of that as used', async () => {
  const place = await rented()
  place.down(20)
  place.world.clock.aheadMs += 200_000
  const stop = { request: 'stop', pod_npub: place.npub, order_id: freshOrderId() }
  const requestedAt = Math.floor(place.world.clock.now() / 1000)
  const { used_seconds: used } = await asked(place.provider, stop, { requestedAt })
  expect(used).toBe(50)
})

test('a stop after an outage does not count what was made good', async () => {
  const place = await rented()
  place.down(20)
  place.up(120)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 70_000)
  place.world.clock.aheadMs += 200_000
  const stop = { request: 'stop', pod_npub: place.npub, order_id: freshOrderId() }
  const requestedAt = Math.floor(place.world.clock.now() / 1000)
  const { used_seconds: used } = await asked(place.provider, stop, { requestedAt })
  expect(Number(used)).toBeGreaterThanOrEqual(130)
  expect(Number(used)).toBeLessThan(136)
})

test('what no later end makes good any more is given back by a stop', async () => {
  const place = await rented({ netSat: 120n })
  place.down(0)
  place.up(150)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 120_000)
  place.down(160)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  place.up(220)
  await expect.poll(() => downOf(place.provider)).toBeUndefined()
  place.down(225)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  expect(await enforcedEnd(place)).toBe(place.end + 120_000)
  place.world.clock.aheadMs += 235_000
  const stop = { request: 'stop', pod_npub: place.npub, order_id: freshOrderId() }
  const requestedAt = Math.floor(place.world.clock.now() / 1000)
  const { used_seconds: used } = await asked(place.provider, stop, { requestedAt })
  // Of 235 s and a few: 150 less 30 moved the end, 60 less 30 are lost, and of the last 10 all are the buyer's to bear.
  expect(Number(used)).toBeGreaterThanOrEqual(85)
  expect(Number(used)).toBeLessThan(95)
})

test('what no later end makes good any more is refunded, unasked, when the time is over', async () => {
  const place = await rented({ netSat: 120n })
  place.down(0)
  place.up(150)
  await expect.poll(async () => enforcedEnd(place)).toBe(place.end + 120_000)
  place.down(160)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  place.up(220)
  await expect.poll(() => downOf(place.provider)).toBeUndefined()
  place.world.clock.aheadMs += 241_000
  await expect.poll(() => refundOf(place.provider)).toMatchObject({ status: 'refunded', amount_msat: 30_000 })
})

const refundOf = (provider: RunningProvider): unknown =>
  (JSON.parse(provider.door.to('buyer').at(-1) ?? '{}') as { payment?: unknown }).payment

test('a machine that is still down at its paid end is refunded for all that was lost', async () => {
  const place = await rented({ netSat: 120n })
  place.down(20)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  place.world.clock.aheadMs += 121_000
  await expect.poll(() => place.provider.ledger.leasesIn('lost').length).toBe(1)
  await expect
    .poll(() => refundOf(place.provider))
    .toMatchObject({ status: 'refunded', amount_msat: 100_000 })
})

test('a machine that is down for a moment at its paid end has expired', async () => {
  const place = await rented({ netSat: 120n })
  place.down(100)
  await expect.poll(() => downOf(place.provider)).toBeTypeOf('number')
  place.world.clock.aheadMs += 121_000
  await expect.poll(() => place.provider.ledger.leasesIn('expired').length).toBe(1)
})

test('a machine that is not brought back at all is refunded from the moment on in which it went down', async () => {
  const place = await rented()
  place.down(20)
  place.world.clock.aheadMs += 100_000
  await place.world.compute.end(place.lease)
  await expect
    .poll(() => refundOf(place.provider))
    .toMatchObject({ status: 'refunded', amount_msat: 580_000 })
})
