// Which deaths does the whole sweep leave out? Only those that leave the same world behind as one that it tries.
import { expect, test } from 'vitest'
import { nameOf } from './cases.ts'
import { flowNamed } from './flows.ts'
import { deathsIn, passagesOf, standIn } from './passages.ts'

const namesIn = (...lines: string[]): string[] =>
  deathsIn(flowNamed('stop'), 'buyer', passagesOf(lines, 4))
    .flatMap(({ alone, rotated, twice }) => [alone, rotated, twice])
    .flatMap((one) => (one === undefined ? [] : [nameOf(one)]))

test('two points between which nothing was told and nothing written are one, and a power cut is no other death where all is synced', () => {
  expect(namesIn('5 told disk disk after a', '5 told disk disk before b')).toEqual([
    'stop: buyer dies after a',
    'stop, new keys: buyer loses power after a',
    'stop: buyer loses power after a, then loses power * (4 passed)',
  ])
})

test('a power cut is a death of its own where something is not synced', () => {
  expect(namesIn('5 told new old after a')).toContain('stop: buyer loses power after a')
  expect(namesIn('5 told disk disk after a')).not.toContain('stop: buyer loses power after a')
})

test.each([
  ['what was told', '5 more disk disk after a'],
  ['what is written', '5 told other disk after a'],
  ['what is synced', '5 told disk other after a'],
  ['the process', '6 told disk disk after a'],
])('another death is another one by %s', (_what, line) => {
  const one = '5 told disk disk before a'
  expect(namesIn(one, line).length).toBeGreaterThan(namesIn(one).length)
})

test('a point is counted in its process, and processes from the first of the trace on', () => {
  const passages = passagesOf(['5 t a a before x', '5 t b b before x', '6 t c c before x'], 4)
  expect(passages.map(({ process, after }) => [process, after])).toEqual([
    [1, 0],
    [1, 1],
    [2, 0],
  ])
})

test('the death that is tried in the place of another leaves the same world behind', () => {
  const trace = passagesOf(
    ['1 t old old before a', '1 t new old after a', '1 t new new after b', '1 t new new before c'],
    0,
  )
  expect(standIn(trace, { point: 'before c' })).toMatchObject({ point: 'after a' })
  expect(standIn(trace, { point: 'before c', kill: 'power' })).toMatchObject({ point: 'after a' })
  expect(standIn(trace, { point: 'after a', kill: 'power' })).toMatchObject({ point: 'before a' })
})
