// Do the books of a provider say what it may spend and what it may still have to give back?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { Credit, Ledger, LeaseRow } from '../../src/provider/ports.ts'
import { countEarnings, wholeSats } from '../../src/provider/count-earnings.ts'
import { listLeases } from '../../src/provider/list-leases.ts'
import { type Lease, leaseRow } from '../../src/provider/lease.ts'
import { testLeaseId, testPodNpub, testPublicKey, testSpecId } from '../support/test-ids.ts'

const NOW = 1_763_600_000_000
const clock = { now: () => NOW }
const [first, second] = [parseMintUrl('https://one.example'), parseMintUrl('https://two.example')]

function books(rows: LeaseRow[], credits: Credit[]): Pick<Ledger, 'leasesIn' | 'credits'> {
  return {
    leasesIn: (state) => rows.filter((row) => row.state === state),
    credits: (leaseId) => credits.filter((credit) => credit.leaseId === leaseId),
  }
}

function row(
  change: Partial<Pick<Lease, 'state' | 'paidFrom' | 'paidUntil' | 'restMsat' | 'outages'>> = {},
): LeaseRow {
  const spec = {
    id: 'basic',
    name: 'Basic',
    description: '',
    cpuMillicores: 1,
    memoryMb: 1,
    rateMsatPerSec: 100,
  }
  return leaseRow({
    leaseId: testLeaseId(1),
    orderKey: 'order',
    owner: testPublicKey(1),
    podNpub: testPodNpub(1),
    podName: 'ssh-pod-1',
    specId: testSpecId('basic'),
    state: 'running',
    paidFrom: NOW - 60_000,
    paidUntil: NOW + 40_000,
    restMsat: 0n,
    spec: { ...spec, id: testSpecId('basic') },
    host: '127.0.0.1',
    port: 30_000,
    reported: true,
    owedMs: 0,
    ...change,
  })
}

const credit = (amountMsat: bigint, mint = first): Credit => ({
  leaseId: testLeaseId(1),
  orderKey: 'order',
  mint,
  amountMsat,
  at: NOW,
})

test('time that is still to run is owed, at the mint of the last payment first', () => {
  const [one, two] = countEarnings(books([row()], [credit(7_000n), credit(3_000n, second)]), clock)
  expect(one).toMatchObject({ mint: first, receivedMsat: 7_000n, earnedMsat: 6_000n, unearnedMsat: 1_000n })
  expect(two).toMatchObject({ mint: second, receivedMsat: 3_000n, earnedMsat: 0n, unearnedMsat: 3_000n })
})

test('time that was lost by the provider is owed: what an outage left to refund, and one that goes on', () => {
  const settled = { madeGood: 0, addedMs: 0, settledUntil: NOW - 50_000, owed: false }
  const unearned = (outages: Lease['outages'], aheadMs = 0): bigint | undefined =>
    countEarnings(books([row({ outages })], [credit(10_000n)]), { now: () => NOW + aheadMs })[0]?.unearnedMsat
  expect(unearned({ ...settled, toRefundMs: 20_000 })).toBe(6_000n)
  // The first 30 seconds are the buyer's to bear.
  expect(unearned({ ...settled, toRefundMs: 0, downSince: NOW - 35_000 })).toBe(4_500n)
  expect(unearned({ ...settled, toRefundMs: 20_000, downSince: NOW - 35_000 })).toBe(6_500n)
  // After its paid end a machine uses nothing more.
  expect(unearned({ ...settled, toRefundMs: 20_000 }, 90_000)).toBe(2_000n)
})

test('a lease that is over owes nothing', () => {
  const [entry] = countEarnings(books([row({ state: 'stopped' })], [credit(10_000n), credit(-4_000n)]), clock)
  expect(entry).toMatchObject({ refundedMsat: 4_000n, earnedMsat: 6_000n, unearnedMsat: 0n })
})

test('earned and owed are together what came in less what went back', () => {
  const amounts = fc.array(fc.bigInt(-1_000n, 50_000n), { maxLength: 6 })
  fc.assert(
    fc.property(amounts, fc.nat(1_000), fc.nat(99), (parts, leftSec, rest) => {
      const lease = row({ paidUntil: NOW + leftSec * 1_000, restMsat: BigInt(rest) })
      const entries = countEarnings(
        books(
          [lease],
          parts.map((part) => credit(part)),
        ),
        clock,
      )
      const sum = entries.reduce(
        (total, { earnedMsat, unearnedMsat }) => total + earnedMsat + unearnedMsat,
        0n,
      )
      expect(sum).toBe(parts.reduce((total, part) => total + part, 0n))
    }),
  )
})

test('what is shown adds up to the sat, and a sat that is not earned whole is owed', () => {
  const entries = countEarnings(
    books([row({ paidFrom: NOW - 85_000, paidUntil: NOW + 35_000 })], [credit(12_000n)]),
    clock,
  )
  expect(entries).toMatchObject([{ earnedMsat: 8_500n, unearnedMsat: 3_500n }])
  expect(entries.map(wholeSats)).toEqual([{ receivedSat: 12n, refundedSat: 0n, earnedSat: 8n, owedSat: 4n }])
  const msat = fc.bigInt(0n, 100_000n)
  fc.assert(
    fc.property(msat, msat, msat, (refundedMsat, earnedMsat, unearnedMsat) => {
      const receivedMsat = refundedMsat + earnedMsat + unearnedMsat
      const shown = wholeSats({ mint: first, receivedMsat, refundedMsat, earnedMsat, unearnedMsat })
      expect(shown.refundedSat + shown.earnedSat + shown.owedSat).toBe(shown.receivedSat)
      for (const sat of Object.values(shown)) expect(sat).toBeGreaterThanOrEqual(0n)
    }),
  )
})

test('leases that are over are shown only when they are asked for', () => {
  const ledger = books([row(), row({ state: 'expired' })], [credit(10_000n)])
  expect(listLeases(ledger, clock)).toMatchObject([{ secondsLeft: 40, paidMsat: 10_000n, state: 'running' }])
  expect(listLeases(ledger, clock, { all: true })).toHaveLength(2)
})
