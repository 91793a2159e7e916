// Arithmetic of time and money: whatever is bought and used, nothing is made and nothing vanishes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { costMsat, remainderMsat, secondsFor } from '../../src/core/pricing.ts'
import {
  balanceMsat,
  extensionMs,
  lostMs,
  refundParts,
  settleAt,
  settleLossAt,
  unusedMsat,
  usedSeconds,
} from '../../src/provider/amounts.ts'
import type { Credit } from '../../src/provider/ports.ts'
import { testLeaseId, testSpecId } from '../support/test-ids.ts'

const mints = ['https://a.example', 'https://b.example', 'https://c.example'].map(parseMintUrl)
const rate = fc.integer({ min: 1, max: 1_000_000 })
const credit = fc.bigInt({ min: 0n, max: 10n ** 15n })
const credits = fc.array(
  fc.record({ mint: fc.constantFrom(...mints), amountMsat: fc.bigInt({ min: 1n, max: 10n ** 9n }) }),
  { minLength: 1, maxLength: 12 },
)

function asCredits(given: readonly Pick<Credit, 'mint' | 'amountMsat'>[]): Credit[] {
  return given.map((one, at) => ({ ...one, leaseId: testLeaseId(1), orderKey: `o${at}`, at }))
}

test('a credit is exactly its seconds and its rest', () => {
  fc.assert(
    fc.property(credit, rate, (amount, price) => {
      const seconds = secondsFor(amount, price)
      expect(costMsat(seconds, price) + remainderMsat(amount, price)).toBe(amount)
    }),
  )
})

test('rests that are kept buy, over many top-ups, as much as one payment of the whole', () => {
  fc.assert(
    fc.property(fc.array(credit, { minLength: 1, maxLength: 20 }), rate, (amounts, price) => {
      let rest = 0n
      let seconds = 0
      for (const amount of amounts) {
        seconds += secondsFor(rest + amount, price)
        rest = remainderMsat(rest + amount, price)
      }
      expect(seconds).toBe(
        secondsFor(
          amounts.reduce((sum, amount) => sum + amount, 0n),
          price,
        ),
      )
    }),
  )
})

test('what was used and what is returned are together what was paid, and a begun second is a whole one', () => {
  fc.assert(
    fc.property(credit, rate, fc.integer({ min: 0, max: 10 ** 12 }), (amount, price, elapsedMs) => {
      const used = usedSeconds({ paidFrom: 1_000_000 }, 1_000_000 + elapsedMs)
      expect(used * 1000).toBeGreaterThanOrEqual(elapsedMs)
      expect(used * 1000).toBeLessThan(elapsedMs + 1000)
      const unused = unusedMsat(amount, used, price)
      const spent = costMsat(used, price)
      expect(unused).toBe(spent >= amount ? 0n : amount - spent)
    }),
  )
})

test('time before the beginning is not used time', () => {
  expect(usedSeconds({ paidFrom: 5_000 }, 4_000)).toBe(0)
})

test('a refund is split so that it is paid in full and no mint pays more than came from it', () => {
  fc.assert(
    fc.property(credits, fc.double({ min: 0, max: 1, noNaN: true }), (given, share) => {
      const all = asCredits(given)
      const total = balanceMsat(all)
      const amount = (total * BigInt(Math.floor(share * 1000))) / 1000n
      const parts = refundParts(all, amount)
      expect(parts.reduce((sum, part) => sum + part.amountMsat, 0n)).toBe(amount)
      for (const part of parts)
        expect(part.amountMsat).toBeLessThanOrEqual(balanceMsat(all.filter(({ mint }) => mint === part.mint)))
      expect(new Set(parts.map(({ mint }) => mint)).size).toBe(parts.length)
    }),
  )
})

test('the last credit goes back first, and what went back before is not owed again', () => {
  const [a, b] = mints
  if (a === undefined || b === undefined) throw new Error('no mints')
  const all = asCredits([
    { mint: a, amountMsat: 100n },
    { mint: b, amountMsat: 50n },
    { mint: b, amountMsat: -20n },
  ])
  expect(refundParts(all, 60n)).toEqual([
    { mint: b, amountMsat: 30n },
    { mint: a, amountMsat: 30n },
  ])
})

test('all outages of a lease together move its end by no more than was paid for, and the rest is refunded', () => {
  const seconds = fc.integer({ min: 0, max: 10_000 })
  fc.assert(
    fc.property(seconds, fc.array(seconds, { maxLength: 20 }), (paid, downs) => {
      let [addedMs, toRefundMs] = [0, 0]
      const lease = () => ({
        paidFrom: addedMs,
        paidUntil: addedMs + paid * 1000,
        outages: { madeGood: 0, addedMs, toRefundMs, settledUntil: 0, owed: false },
      })
      for (const down of downs) {
        const lost = lostMs(0, down * 1000)
        const extension = extensionMs(lease(), lost)
        addedMs += extension
        toRefundMs += lost - extension
      }
      const beyond = downs.reduce((sum, down) => sum + Math.max(0, down - 30), 0)
      expect(addedMs).toBe(Math.min(beyond, paid) * 1000)
      expect(toRefundMs).toBe(Math.max(0, beyond - paid) * 1000)
      const served = paid + 10_000 * downs.length
      expect(usedSeconds(lease(), (served + beyond) * 1000)).toBe(served)
    }),
  )
})

test('an outage is made good but for half a minute, and never for more than it was', () => {
  const at = fc.integer({ min: 0, max: 2 ** 45 })
  fc.assert(
    fc.property(at, fc.integer({ min: -100_000, max: 10 ** 9 }), (since, lasted) => {
      expect(lostMs(since, since + lasted)).toBe(lasted > 30_000 ? lasted - 30_000 : 0)
    }),
  )
})

test('a stop after an outage that was made good gives back what it would have without, but for half a minute', () => {
  const seconds = fc.integer({ min: 1, max: 100_000 })
  fc.assert(
    fc.property(seconds, seconds, seconds, (before, down, after) => {
      const until = (before + down) * 1000
      const paidFrom = lostMs(before * 1000, until)
      const used = usedSeconds({ paidFrom }, until + after * 1000)
      expect(used).toBe(before + after + Math.min(30, down))
    }),
  )
})

test('a lost machine counts until it went down, a stopped one bears half a minute of that, one nobody heard of is free', () => {
  const paid = asCredits([{ mint: parseMintUrl('https://a.example'), amountMsat: 600_000n }])
  const text = { id: testSpecId('basic'), name: 'Basic', description: '' }
  const spec = { ...text, cpuMillicores: 1, memoryMb: 1, rateMsatPerSec: 1_000 }
  const lease = { paidFrom: 0, reported: true, spec }
  expect(settleAt(lease, paid, 100_000)).toEqual({ usedSec: 100, owedMsat: 500_000n })
  expect(settleLossAt(lease, paid, 100_000)).toEqual({ usedSec: 100, owedMsat: 500_000n })
  const before = { madeGood: 1, addedMs: 0, settledUntil: 0, owed: false }
  const down = { ...lease, outages: { ...before, toRefundMs: 5_000, downSince: 60_000 } }
  expect(settleAt(down, paid, 100_000)).toEqual({ usedSec: 85, owedMsat: 515_000n })
  expect(settleLossAt(down, paid, 100_000)).toEqual({ usedSec: 55, owedMsat: 545_000n })
  // It went down after its end: no time of it is lost.
  expect(settleLossAt(down, paid, 50_000)).toEqual({ usedSec: 45, owedMsat: 555_000n })
  expect(settleLossAt({ ...down, reported: false }, paid, 100_000)).toEqual({
    usedSec: 0,
    owedMsat: 600_000n,
  })
})
