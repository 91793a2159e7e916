import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OrderStore, Pod } from '../../src/client/ports.ts'
import { parseOrderId, type SpecId } from '../../src/core/ids.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { encodePodNpub, type PublicKeyHex } from '../../src/core/npub.ts'
import { normaliseRelayUrl } from '../../src/core/relay-url.ts'
import { openDatabase } from '../../src/storage/database.ts'
import type { Database } from '../../src/storage/database.ts'
import { orderSchema } from '../../src/storage/order-schema.ts'
import { openOrderStore } from '../../src/storage/order-store.ts'

let folder: string
let databases: Database[]
const clock = { ms: 1_800_000_000_000, now: () => clock.ms }
const orderId = parseOrderId('o1')
const draft = { orderId, kind: 'buy', state: 'drafted', body: '{}' }

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'paygress-orders-'))
  databases = []
})
afterEach(() => {
  for (const database of databases) database.close()
  rmSync(folder, { recursive: true })
})

/** As a process of that name would open it. */
function open(name = 'one', alive: readonly string[] = ['one', 'two']): OrderStore {
  const migrations = [{ version: 1, up: orderSchema }]
  const database = openDatabase(join(folder, 'o.db'), { applicationId: 7, migrations })
  databases.push(database)
  return openOrderStore(database, clock, { name, isAlive: (owner) => alive.includes(owner) })
}

describe('orders', () => {
  test('come back as they were written, the oldest first', () => {
    const store = open()
    store.transaction((tx) => store.insertOrder(tx, draft))
    clock.ms += 5
    store.transaction((tx) => store.insertOrder(tx, { ...draft, orderId: parseOrderId('a2') }))
    expect(
      open()
        .orders()
        .map((order) => String(order.orderId)),
    ).toEqual(['o1', 'a2'])
    expect(store.order(orderId)).toMatchObject({ ...draft, revision: 0 })
  })

  test('are never written over by a second one of the same id', () => {
    const store = open()
    expect(store.transaction((tx) => store.insertOrder(tx, draft))).toBe(true)
    expect(store.transaction((tx) => store.insertOrder(tx, { ...draft, body: '{"b":2}' }))).toBe(false)
    expect(store.order(orderId)?.body).toBe('{}')
  })

  test('change only for who has read them as they are', () => {
    const [store, other] = [open(), open('two')]
    store.transaction((tx) => store.insertOrder(tx, draft))
    const change = (by: OrderStore, state: string, revision: number) =>
      by.transaction((tx) => by.replaceOrder(tx, { orderId, state, body: '{}', revision }))
    expect(change(store, 'locked', 0)).toBe(true)
    expect(change(other, 'reclaimed', 0)).toBe(false)
    expect(other.order(orderId)).toMatchObject({ state: 'locked', revision: 1 })
  })

  test('of a transaction that throws are not there', () => {
    const store = open()
    expect(() =>
      store.transaction((tx) => {
        store.insertOrder(tx, draft)
        throw new Error('no')
      }),
    ).toThrow('no')
    expect(store.orders()).toEqual([])
  })
})

describe('a claim', () => {
  test('holds against the same process, another one, and ends with unclaim', () => {
    const [store, other] = [open(), open('two')]
    store.transaction((tx) => store.insertOrder(tx, draft))
    expect(store.claim(orderId)).toBe(true)
    expect(store.claim(orderId)).toBe(false)
    expect(other.claim(orderId)).toBe(false)
    store.unclaim(orderId)
    expect(other.claim(orderId)).toBe(true)
  })

  test('of a dead process does not hold', () => {
    const dead = open('dead')
    dead.transaction((tx) => dead.insertOrder(tx, draft))
    expect(dead.claim(orderId)).toBe(true)
    expect(open('two').claim(orderId)).toBe(true)
  })

  test('is not given back by somebody else', () => {
    const [store, other] = [open(), open('two')]
    store.transaction((tx) => store.insertOrder(tx, draft))
    store.claim(orderId)
    other.unclaim(orderId)
    expect(other.claim(orderId)).toBe(false)
  })

  test('of an order that is none fails', () => {
    expect(open().claim(orderId)).toBe(false)
  })
})

describe('pods', () => {
  const relay = normaliseRelayUrl('wss://relay.example')
  const pod: Pod = {
    npub: encodePodNpub('11'.repeat(32) as PublicKeyHex),
    provider: 'aa'.repeat(32) as PublicKeyHex,
    orderId,
    name: 'a-b-c',
    alias: undefined,
    specId: 'basic' as SpecId,
    state: 'running',
    host: '127.0.0.1',
    port: 30_000,
    user: 'paygress',
    password: 'pw',
    keyPath: undefined,
    hostKey: 'ssh-ed25519 AAAA',
    onion: undefined,
    rateMsatPerSec: 100,
    mint: parseMintUrl('https://mint.example'),
    relays: relay === undefined ? [] : [relay],
    expiresAt: new Date(1_800_000_600_000),
    createdAt: new Date(1_800_000_000_000),
  }

  test('come back as they were saved, and change', () => {
    const store = open()
    store.transaction((tx) => {
      store.insertOrder(tx, draft)
      store.savePod(tx, pod)
    })
    expect(open().pod(pod.npub)).toEqual(pod)
    store.transaction((tx) => store.savePod(tx, { ...pod, state: 'stopped', alias: 'x' }))
    expect(store.pods()).toEqual([{ ...pod, state: 'stopped', alias: 'x' }])
  })

  test('of another order are not taken over', () => {
    const store = open()
    store.transaction((tx) => {
      store.insertOrder(tx, draft)
      store.insertOrder(tx, { ...draft, orderId: parseOrderId('o2') })
      store.savePod(tx, pod)
      store.savePod(tx, { ...pod, orderId: parseOrderId('o2'), host: 'elsewhere' })
    })
    expect(store.pod(pod.npub)?.host).toBe('127.0.0.1')
  })
})
