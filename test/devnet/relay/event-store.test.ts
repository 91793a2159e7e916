// Do both stores of the relay keep, replace, delete and forget alike?
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { memoryEventStore, type EventStore } from '../../../src/devnet/relay/event-store.ts'
import { parseFilter, type Filter } from '../../../src/devnet/relay/filter.ts'
import {
  RELAY_APPLICATION_ID,
  RELAY_MIGRATIONS,
  sqliteEventStore,
} from '../../../src/devnet/relay/sqlite-event-store.ts'
import { openDatabase } from '../../../src/storage/database.ts'
import { alice, bob, mallory } from '../../nostr/people.ts'

const NOW = 1_800_000_000
const cleanups: (() => void)[] = []
afterEach(() =>
  cleanups
    .splice(0)
    .toReversed()
    .forEach((cleanup) => cleanup()),
)

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'paygress-relay-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

function openFile(path: string): { store: EventStore; close(): void } {
  const database = openDatabase(path, { applicationId: RELAY_APPLICATION_ID, migrations: RELAY_MIGRATIONS })
  return { store: sqliteEventStore(database), close: () => database.close() }
}

function inFile(): EventStore {
  const { store, close } = openFile(join(folder(), 'relay.db'))
  cleanups.push(close)
  return store
}

function filter(value: object): Filter {
  const parsed = parseFilter(value)
  if (parsed === undefined) throw new Error('the test asks for a wrong filter')
  return parsed
}

const event = (kind: number, createdAt = NOW, tags: string[][] = [], signer = alice) =>
  signer.sign({ kind, created_at: createdAt, tags, content: '' })

describe.each([
  ['in memory', () => memoryEventStore()],
  ['in a file', inFile],
])('an event store %s', (_name, open) => {
  const ids = (store: EventStore, value: object, limit = 100, now = NOW) =>
    store.query(filter(value), limit, now).map(({ id }) => id)

  test('gives back what it got, newest first, equal times by id', async () => {
    const store = open()
    const events = [await event(1, NOW - 1), await event(1), await event(2)]
    expect(events.map((each) => store.save(each, NOW))).toEqual(['stored', 'stored', 'stored'])
    const [old, a, b] = events
    const young = [a, b].map((each) => each?.id ?? '').toSorted()
    expect(ids(store, {})).toEqual([...young, old?.id])
    expect(ids(store, {}, 1)).toEqual(young.slice(0, 1))
    expect(store.query(filter({ ids: [a?.id] }), 5, NOW)).toEqual([a])
  })

  test('knows a duplicate', async () => {
    const store = open()
    const one = await event(1)
    store.save(one, NOW)
    expect(store.save(one, NOW)).toBe('duplicate')
  })

  test('replaces by address and refuses the older version', async () => {
    const store = open()
    const [first, second, third] = [
      await event(10_050, NOW - 2),
      await event(10_050, NOW - 1),
      await event(10_050),
    ]
    expect([first, third, second].map((each) => store.save(each, NOW))).toEqual([
      'stored',
      'stored',
      'superseded',
    ])
    expect(ids(store, { kinds: [10_050] })).toEqual([third.id])
  })

  test('of two versions of the same second keeps the lower id', async () => {
    const versions = await Promise.all(['a', 'b'].map((d) => event(10_050, NOW, [['relay', d]])))
    const lowest = versions.map(({ id }) => id).toSorted()[0]
    for (const order of [versions, versions.toReversed()]) {
      const store = open()
      order.forEach((each) => store.save(each, NOW))
      expect(ids(store, {})).toEqual([lowest])
    }
  })

  test('keeps every kind 999', async () => {
    const store = open()
    for (const age of [2, 1, 0]) store.save(await event(999, NOW - age), NOW)
    expect(ids(store, { kinds: [999] })).toHaveLength(3)
  })

  test('deletes for the author, also what comes after the request, and for nobody else', async () => {
    const store = open()
    const [early, late] = [await event(999), await event(999, NOW - 1)]
    store.save(early, NOW)
    store.save(
      await event(
        5,
        NOW,
        [
          ['e', early.id],
          ['e', late.id],
        ],
        mallory,
      ),
      NOW,
    )
    expect(ids(store, { kinds: [999] })).toEqual([early.id])
    store.save(
      await event(5, NOW, [
        ['e', early.id],
        ['e', late.id],
      ]),
      NOW,
    )
    expect(ids(store, { kinds: [999] })).toEqual([])
    expect([store.save(early, NOW), store.save(late, NOW)]).toEqual(['deleted', 'deleted'])
  })

  test('deletes an address only up to the time of the request', async () => {
    const store = open()
    const address = ['a', `10050:${alice.publicKey}:`]
    store.save(await event(5, NOW - 5, [address]), NOW)
    expect(store.save(await event(10_050, NOW - 9), NOW)).toBe('deleted')
    expect(store.save(await event(10_050, NOW - 1), NOW)).toBe('stored')
  })

  test('lets the receiver delete a gift wrap, before or after it came', async () => {
    const store = open()
    const wraps = [
      await event(1059, NOW, [['p', bob.publicKey]]),
      await event(1059, NOW - 1, [['p', bob.publicKey]]),
    ]
    const [before, after] = wraps
    if (before === undefined || after === undefined) throw new Error('no wrap')
    store.save(before, NOW)
    store.save(
      await event(
        5,
        NOW,
        wraps.map(({ id }) => ['e', id]),
        bob,
      ),
      NOW,
    )
    expect(ids(store, { kinds: [1059] })).toEqual([])
    expect(store.save(after, NOW)).toBe('deleted')
  })

  test('shows nothing that has expired', async () => {
    const store = open()
    const short = await event(1, NOW, [['expiration', String(NOW + 10)]])
    store.save(short, NOW)
    expect(ids(store, {}, 9, NOW + 9)).toEqual([short.id])
    expect(ids(store, {}, 9, NOW + 10)).toEqual([])
  })

  test('finds by author, kind, tag and time together', async () => {
    const store = open()
    const wanted = await event(1, NOW - 10, [['t', 'paygress']], bob)
    for (const each of [wanted, await event(1, NOW - 10), await event(2, NOW - 10, [['t', 'paygress']], bob)])
      store.save(each, NOW)
    store.save(await event(1, NOW, [['t', 'paygress']], bob), NOW)
    const all = {
      authors: [bob.publicKey],
      kinds: [1],
      '#t': ['paygress', 'x'],
      until: NOW - 1,
      since: NOW - 10,
    }
    expect(ids(store, all)).toEqual([wanted.id])
  })
})

test('a store in a file has its events and deletions after a restart', async () => {
  const path = join(folder(), 'relay.db')
  const [kept, gone] = [await event(1), await event(1, NOW - 1)]
  const first = openFile(path)
  first.store.save(kept, NOW)
  first.store.save(await event(5, NOW, [['e', gone.id]]), NOW)
  first.close()
  const second = openFile(path)
  cleanups.push(second.close)
  expect(second.store.query(filter({ kinds: [1] }), 9, NOW)).toEqual([kept])
  expect(second.store.save(gone, NOW)).toBe('deleted')
})

test('a store in memory forgets its oldest beyond its size', async () => {
  const store = memoryEventStore(2)
  for (const age of [2, 1, 0]) store.save(await event(1, NOW - age), NOW)
  expect(store.query(filter({}), 9, NOW).map(({ created_at }) => created_at)).toEqual([NOW, NOW - 1])
})
