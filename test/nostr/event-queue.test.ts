// Can a flood from one relay delay another, fill our memory or stop the queue?
import { expect, test } from 'vitest'
import { EventQueue } from '../../src/nostr/event-queue.ts'
import { until } from './people.ts'

const queue = (onError = (error: unknown): void => void error) => new EventQueue(onError)
const calm = { onPressure: () => {} }

test('lanes take turns', async () => {
  const order: string[] = []
  const both = queue()
  const [flood, trickle] = [both.lane(calm), both.lane(calm)]
  for (let i = 0; i < 100; i += 1) flood.push(1, () => order.push('flood'))
  trickle.push(1, () => order.push('trickle'))
  await until(() => order.length === 101)
  expect(order.indexOf('trickle')).toBeLessThanOrEqual(2)
})

test('a lane keeps its order', async () => {
  const order: number[] = []
  const lane = queue().lane(calm)
  for (let i = 0; i < 3_000; i += 1) lane.push(1, () => order.push(i))
  await until(() => order.length === 3_000)
  expect(order).toEqual(order.toSorted((a, b) => a - b))
})

test('long work leaves room for others', async () => {
  const busy = (ms: number) => {
    const end = performance.now() + ms
    while (performance.now() < end);
  }
  let done = 0
  const lane = queue().lane(calm)
  for (let i = 0; i < 20; i += 1)
    lane.push(1, () => {
      busy(5)
      done += 1
    })
  let doneAtTimer = 0
  setTimeout(() => (doneAtTimer = done), 1)
  await until(() => done === 20)
  expect(doneAtTimer).toBeLessThan(20)
})

test('says when it is full and when there is room again', async () => {
  const pressure: boolean[] = []
  const lane = queue().lane({ onPressure: (full) => pressure.push(full) })
  let run = 0
  for (let i = 0; i < 12; i += 1) lane.push(100_000, () => (run += 1))
  expect(pressure).toEqual([true])
  await until(() => run === 12)
  expect(pressure).toEqual([true, false])
})

test('is filled by tasks without content, too', () => {
  const pressure: boolean[] = []
  const lane = queue().lane({ onPressure: (full) => pressure.push(full), tasksPerMinute: 1 })
  for (let i = 0; i < 10_000; i += 1) lane.push(0, () => {})
  expect(pressure).toEqual([true])
  lane.close()
})

test('keeps to its budget a minute', async () => {
  let run = 0
  const lane = queue().lane({ ...calm, tasksPerMinute: 600 })
  for (let i = 0; i < 700; i += 1) lane.push(1, () => (run += 1))
  await until(() => run >= 600)
  // Ten a second after the burst of 600.
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(run).toBeGreaterThanOrEqual(601)
  expect(run).toBeLessThan(640)
  lane.close()
})

test('goes on after a task that throws', async () => {
  const errors: unknown[] = []
  const order: string[] = []
  const both = queue((error) => errors.push(error))
  const lane = both.lane(calm)
  lane.push(1, () => {
    throw new Error('broken handler')
  })
  lane.push(1, () => order.push('next'))
  both.lane(calm).push(1, () => order.push('other'))
  await until(() => order.length === 2)
  expect(errors).toEqual([new Error('broken handler')])
})

test('runs nothing once it is closed', async () => {
  let run = 0
  const both = queue()
  both.lane(calm).push(1, () => (run += 1))
  both.close()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(run).toBe(0)
})
