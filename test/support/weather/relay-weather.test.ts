import { expect, test } from 'vitest'
import type { FaultyClient, Frame } from '../faulty-relay.ts'
import { diceOf } from './dice.ts'
import { relayWeather } from './relay-weather.ts'

/** What a client and the relay behind see of these frames, in a storm where everything goes wrong. */
function pass(seed: number, way: 'toRelay' | 'toClient', frames: readonly Frame[], chance = 1) {
  const weather = relayWeather(diceOf(seed))
  weather.storm(chance)
  const said: unknown[] = []
  const client: FaultyClient = {
    send: (frame) => void said.push(frame),
    sendText: (text) => void said.push(text),
    cut: () => void said.push('cut'),
    number: 1,
  }
  const through = frames.map((frame) => weather.faults[way]?.(frame, client) ?? [frame])
  return { through, said, counts: [...weather.counts] }
}

const event: Frame = ['EVENT', { id: 'e1' }]
const seeds = Array.from({ length: 60 }, (_item, index) => index)

test('in fair weather every frame goes through', () => {
  for (const way of ['toRelay', 'toClient'] as const)
    expect(pass(1, way, [event], 0)).toEqual({ through: [[event]], said: [], counts: [] })
})

test('an event on its way in is lost, refused, said to be taken, or cuts the connection', () => {
  const all = seeds.map((seed) => pass(seed, 'toRelay', [event]))
  expect(all).toContainEqual({ through: [[]], said: [], counts: [['event lost', 1]] })
  expect(all).toContainEqual({
    through: [[]],
    said: [['OK', 'e1', true, '']],
    counts: [['event taken, says a liar', 1]],
  })
  expect(all).toContainEqual({
    through: [[event]],
    said: [['OK', 'e1', false, 'error: out of order']],
    counts: [['event taken, and said to be refused', 1]],
  })
  expect(all).toContainEqual({ through: [[]], said: ['cut'], counts: [['cut at an event', 1]] })
})

test('events on their way out come twice, late, in another order, and for another question', () => {
  const frames: Frame[] = [1, 2, 3].map((n) => ['EVENT', `sub${n}`, { id: `e${n}` }])
  const all = seeds.flatMap((seed) => pass(seed, 'toClient', frames).counts.map(([name]) => name))
  for (const name of ['event twice', 'event late', 'event out of order', 'event of another question'])
    expect(all).toContain(name)
})

test('what is no longer awaited is left alone', () => {
  const close: Frame = ['CLOSE', 'sub1']
  expect(pass(1, 'toRelay', [close])).toEqual({ through: [[close]], said: [], counts: [] })
})
