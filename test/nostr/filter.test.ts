// Do filters ask for what they say, and private kinds apart from the rest?
import { expect, test } from 'vitest'
import { expirationOf, isExpired } from '../../src/nostr/expiration.ts'
import { groupByRestriction, matchesFilter, type Filter } from '../../src/nostr/filter.ts'
import { alice, bob } from './people.ts'

const event = await alice.sign({
  kind: 999,
  created_at: 1_000,
  tags: [['t', 'paygress'], ['t', 'offer'], ['p', bob.publicKey], ['e']],
  content: '',
})

test.each<[Filter, boolean]>([
  [{}, true],
  [{ ids: [event.id] }, true],
  [{ ids: [] }, false],
  [{ authors: [alice.publicKey, bob.publicKey] }, true],
  [{ authors: [bob.publicKey] }, false],
  [{ kinds: [999, 5] }, true],
  [{ kinds: [5] }, false],
  [{ since: 1_000 }, true],
  [{ since: 1_001 }, false],
  [{ until: 1_000 }, true],
  [{ until: 999 }, false],
  [{ limit: 0 }, true],
  [{ '#t': ['offer', 'x'] }, true],
  [{ '#t': ['x'] }, false],
  [{ '#t': ['offer'], '#p': [alice.publicKey] }, false],
  [{ '#e': [''] }, false],
])('%o matches: %s', (filter, matches) => {
  expect(matchesFilter(filter, event)).toBe(matches)
})

test('private kinds are asked for apart, every other filter together', () => {
  const filters: Filter[] = [{ kinds: [1059, 5] }, { ids: ['x'] }, { kinds: [4] }, { kinds: [] }]
  expect(groupByRestriction(filters)).toEqual([
    [{ kinds: [1059] }, { kinds: [4] }],
    [{ kinds: [5] }, { ids: ['x'] }, { kinds: [] }],
  ])
  expect(groupByRestriction([{ kinds: [999] }])).toEqual([[{ kinds: [999] }]])
})

test.each([
  [[['expiration', '100']], 100],
  [
    [
      ['expiration', 'soon'],
      ['expiration', '7'],
    ],
    7,
  ],
  [[['expiration', '-1']], undefined],
  [[['expiration', '1e9']], undefined],
  [[['expiration']], undefined],
  [[], undefined],
])('%j expires at %s', (tags, expected) => {
  expect(expirationOf({ tags })).toBe(expected)
})

test('an event has expired from its second on', () => {
  expect([99, 100, 101].map((now) => isExpired({ tags: [['expiration', '100']] }, now))).toEqual([
    false,
    true,
    true,
  ])
})
