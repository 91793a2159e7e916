// When does a soak pass? Only where nothing is wrong and every deed has succeeded once.
import { expect, test } from 'vitest'
import { endOf, faultsOf } from './verdict.ts'

const fair = { minutes: 3, faults: [], wrong: [] }
const counted = (...ends: [string, number | null][]): Map<string, number> =>
  new Map(ends.map(([command, code]) => [endOf(command, code), 1]))
const all = counted(['buy', 0], ['topup', 0], ['stop', 0])

test('passes where each deed has succeeded once and nothing is wrong', () => {
  expect(faultsOf({ ...fair, counts: all })).toEqual([])
})

test('fails where every purchase has failed, though every sat is in its place', () => {
  const counts = counted(['buy', 5], ['buy', 1], ['orders recover', 0])
  expect(faultsOf({ ...fair, counts })).toEqual([
    'buy never succeeded in all its time',
    'topup never succeeded in all its time',
    'stop never succeeded in all its time',
  ])
})

test.each(['topup', 'stop'])('names %s where it alone never succeeded', (deed) => {
  const counts = new Map([...all].filter(([name]) => name !== endOf(deed, 0)))
  expect(faultsOf({ ...fair, counts })).toEqual([`${deed} never succeeded in all its time`])
})

test('wants of a soak of a minute one machine and no more', () => {
  expect(faultsOf({ ...fair, minutes: 1, counts: counted(['buy', 0]) })).toEqual([])
  expect(faultsOf({ ...fair, minutes: 1, counts: new Map() })).toEqual([
    'buy never succeeded in all its time',
  ])
})

test('fails with what the oracle found and with what no weather excuses', () => {
  const counts = all
  expect(faultsOf({ ...fair, counts, wrong: ['lost 1 sat: gone'], faults: ['buy hung'] })).toEqual([
    'lost 1 sat: gone',
    'buy hung',
  ])
})
