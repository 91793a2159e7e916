// The ledger gives back what was written, only within a transaction, and all or nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseOrderId } from '../../src/core/ids.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import type { LeaseRow, OrderRow } from '../../src/provider/ports.ts'
import type { Database } from '../../src/storage/database.ts'
import { createLedger } from '../../src/storage/ledger-store.ts'
import { handledWraps } from '../../src/storage/ledger-wraps.ts'
import { openProfileDatabase } from '../../src/storage/profile-database.ts'
import { testLeaseId, testPodNpub, testPublicKey, testSpecId } from '../support/test-ids.ts'

let home: string
let database: Database

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'paygress-ledger-'))
  database = openProfileDatabase(home)
})

afterEach(() => {
  database.close()
  rmSync(home, { recursive: true, force: true })
})

function order(number: number, change: Partial<OrderRow> = {}): OrderRow {
  const orderId = parseOrderId(`order-${number}`)
  return {
    key: `${testPublicKey(1)}/spawn/${orderId}`,
    sender: testPublicKey(1),
    type: 'spawn',
    orderId,
    fingerprint: 'f',
    state: 'accepted',
    open: true,
    leaseId: testLeaseId(number),
    specId: testSpecId('basic'),
    body: '{}',
    reply: undefined,
    createdAt: 1_800_000_000_000 + number,
    ...change,
  }
}

function lease(number: number, change: Partial<LeaseRow> = {}): LeaseRow {
  return {
    leaseId: testLeaseId(number),
    orderKey: order(number).key,
    owner: testPublicKey(1),
    podNpub: testPodNpub(number),
    podName: `ssh-pod-${number}`,
    specId: testSpecId('basic'),
    state: 'running',
    paidFrom: 1_800_000_000_000,
    paidUntil: 1_800_000_060_000,
    restMsat: 999n,
    body: '{}',
    ...change,
  }
}

test('of the leases that run, as much is read as is asked for', () => {
  const ledger = createLedger(database)
  database.transaction((tx) => {
    for (let number = 1; number <= 5; number += 1) ledger.putOrder(tx, order(number))
    ledger.putLease(tx, lease(1))
    ledger.putLease(tx, lease(2, { body: '{"unreportedOwed":true}' }))
    ledger.putLease(tx, lease(3, { body: '{"outages":{"owed":true}}', specId: testSpecId('large') }))
    ledger.putLease(tx, lease(4, { body: '{"unreportedOwed":false,"outages":{"owed":false}}' }))
    ledger.putLease(tx, lease(5, { state: 'expired', body: '{"outages":{"owed":true}}' }))
  })
  expect(ledger.runningLeases()).toEqual([1, 2, 3, 4].map(testLeaseId))
  expect(ledger.leasesOwedAnEnd()).toEqual([2, 3].map(testLeaseId))
  expect(ledger.runningBySpec()).toEqual(
    new Map([
      [testSpecId('basic'), 3],
      [testSpecId('large'), 1],
    ]),
  )
})

test('an order is written, found by key and id, and changed in place', () => {
  const ledger = createLedger(database)
  database.transaction((tx) => ledger.putOrder(tx, order(1)))
  expect(ledger.order(order(1).key)).toEqual(order(1))
  expect(ledger.ordersById(order(1).orderId)).toEqual([order(1)])
  expect(ledger.openOrders()).toEqual([order(1)])
  expect(ledger.openSpawnSpecs()).toEqual(['basic'])
  expect(ledger.openLeaseIds()).toEqual([order(1).leaseId])
  const settled = order(1, { state: 'refused', open: false, reply: '{"a":1}', body: '{"b":2}' })
  database.transaction((tx) => ledger.putOrder(tx, settled))
  expect(ledger.order(order(1).key)).toEqual(settled)
  expect(ledger.openOrders()).toEqual([])
  expect(ledger.openSpawnSpecs()).toEqual([])
  expect(ledger.openLeaseIds()).toEqual([])
  expect(ledger.order('nobody')).toBeUndefined()
})

test('leases are found by pod, and amounts beyond 2^53 survive', () => {
  const ledger = createLedger(database)
  const mint = parseMintUrl('https://mint.example')
  const huge = 2n ** 62n
  database.transaction((tx) => {
    ledger.putOrder(tx, order(1))
    ledger.putLease(tx, lease(1))
    ledger.addCredit(tx, { leaseId: testLeaseId(1), orderKey: order(1).key, mint, amountMsat: huge, at: 5 })
    ledger.addCredit(tx, { leaseId: testLeaseId(1), orderKey: order(1).key, mint, amountMsat: -7n, at: 6 })
  })
  expect(ledger.leaseOfPod(testPodNpub(1))).toEqual(lease(1))
  expect(ledger.leaseOfPod('ssh-pod-1')).toEqual(lease(1))
  expect(ledger.leaseOfPod('ssh-pod-2')).toBeUndefined()
  expect(ledger.credits(testLeaseId(1)).map(({ amountMsat }) => amountMsat)).toEqual([huge, -7n])
  database.transaction((tx) => ledger.putLease(tx, lease(1, { state: 'lost', restMsat: 0n })))
  expect(ledger.leasesIn('running')).toEqual([])
  expect(ledger.leasesIn('lost')).toHaveLength(1)
})

test('the outbox gives what is due, oldest first, and news replaces what was to be sent', () => {
  const ledger = createLedger(database)
  const row = (number: number, nextAt: number, content = 'old') => ({
    orderKey: order(number).key,
    door: 'd',
    address: 'a',
    content,
    until: 100,
    attempts: 0,
    nextAt,
  })
  expect(ledger.outboxNext()).toBeUndefined()
  database.transaction((tx) => {
    for (const number of [1, 2, 3]) ledger.putOrder(tx, order(number))
    ledger.putOutbox(tx, row(1, 30))
    ledger.putOutbox(tx, row(2, 10))
    ledger.putOutbox(tx, row(3, 50))
    ledger.putOutbox(tx, row(1, 20, 'news'))
  })
  expect(ledger.outboxDue(40, 10, 'first').map(({ orderKey, content }) => [orderKey, content])).toEqual([
    [order(2).key, 'old'],
    [order(1).key, 'news'],
  ])
  expect(ledger.outboxDue(40, 1, 'first')).toHaveLength(1)
  expect(ledger.outboxNext()).toBe(10)
  database.transaction((tx) => ledger.dropOutbox(tx, order(2).key))
  expect(ledger.outboxRow(order(2).key)).toBeUndefined()
})

test('replies with a machine or money that were not tried yet are told from those that can wait', () => {
  const ledger = createLedger(database)
  const put = (number: number, state: string, attempts: number): void =>
    database.transaction((tx) => {
      ledger.putOrder(tx, order(number, { state, open: false }))
      const { key: orderKey } = order(number)
      ledger.putOutbox(tx, {
        orderKey,
        door: 'd',
        address: 'a',
        content: 'c',
        until: 100,
        attempts,
        nextAt: 1,
      })
    })
  put(1, 'refused', 0)
  put(2, 'delivered', 0)
  put(3, 'delivered', 1)
  const keys = (kind: 'first' | 'patient'): string[] =>
    ledger.outboxDue(40, 10, kind).map(({ orderKey }) => orderKey)
  expect(keys('first')).toEqual([order(2).key])
  expect(keys('patient')).toEqual([order(1).key, order(3).key])
})

test('refusals that held no proof are forgotten after two days, and nothing else', () => {
  const ledger = createLedger(database)
  const refused = { state: 'refused', open: false, leaseId: undefined, specId: undefined }
  const put = (number: number, change: Partial<OrderRow>): void =>
    database.transaction((tx) => ledger.putOrder(tx, order(number, { ...refused, ...change })))
  const now = order(0).createdAt + 50 * 3_600_000
  put(1, { body: '{"kind":"refusal"}' })
  put(2, { body: '{"kind":"refusal","token":{}}' })
  put(3, { body: '{"kind":"spawn"}' })
  put(4, { body: '{"kind":"refusal"}', createdAt: now - 48 * 3_600_000 })
  put(5, { body: '{"kind":"refusal"}' })
  database.transaction((tx) => {
    const { key: orderKey } = order(5)
    ledger.putOutbox(tx, {
      orderKey,
      door: 'd',
      address: 'a',
      content: 'c',
      until: 1,
      attempts: 0,
      nextAt: 1,
    })
    ledger.forgetRefusals(tx, now)
  })
  expect([1, 2, 3, 4, 5].map((number) => ledger.order(order(number).key) !== undefined)).toEqual([
    false,
    true,
    true,
    true,
    true,
  ])
})

test('what fails leaves nothing behind', () => {
  const ledger = createLedger(database)
  expect(() =>
    database.transaction((tx) => {
      ledger.putOrder(tx, order(1))
      ledger.setNote(tx, 'a', 'b')
      throw new Error('power cut')
    }),
  ).toThrow('power cut')
  expect(ledger.order(order(1).key)).toBeUndefined()
  expect(ledger.note('a')).toBeUndefined()
})

test('notes and handled wraps outlive the process; old wraps are forgotten', () => {
  const ledger = createLedger(database)
  database.transaction((tx) => ledger.setNote(tx, 'a', '1'))
  database.transaction((tx) => ledger.setNote(tx, 'a', '2'))
  const clock = { at: 1_000, now: () => clock.at }
  const wraps = handledWraps(database, clock)
  wraps.add('w')
  wraps.add('w')
  database.close()
  database = openProfileDatabase(home)
  expect(createLedger(database).note('a')).toBe('2')
  expect(handledWraps(database, clock).has('w')).toBe(true)
  clock.at += 6 * 86_400_000
  const running = handledWraps(database, clock)
  expect(running.has('w')).toBe(false)
  running.add('x')
  clock.at += 6 * 86_400_000
  running.add('y')
  expect(running.has('x')).toBe(false)
})
