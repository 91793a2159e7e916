import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { serverClock } from '../../../src/compute/kubernetes/server-clock.ts'

const SERVER = 'Sat, 21 Nov 2026 12:00:00 GMT'
const noon = Date.parse(SERVER)

describe('the offset of our clock', () => {
  test.each([
    [0, 0],
    [999, 0],
    [2_400, 0],
    [-2_400, -3],
    [120_500, 120],
    [-119_500, -120],
  ])('of %i ms against whole seconds counts as %i s', (ahead, offset) => {
    const clock = serverClock({ now: () => noon + ahead })
    clock.asked()(SERVER)
    expect(clock.offsetSec()).toBe(offset)
  })

  test('is unknown without a time of the server, and is kept when an answer has none', () => {
    const clock = serverClock({ now: () => noon })
    expect(clock.offsetSec()).toBeUndefined()
    for (const odd of [undefined, 'today']) clock.asked()(odd)
    expect([clock.offsetSec(), clock.now()]).toEqual([undefined, undefined])
    clock.asked()('Sat, 21 Nov 2026 11:00:00 GMT')
    clock.asked()(undefined)
    expect(clock.offsetSec()).toBe(3_600)
  })

  test('is not that of an answer that was long on its way, nor of one that we slept over', () => {
    let [elapsed, asleep] = [0, 0]
    const clock = serverClock({ now: () => noon + elapsed + asleep }, () => elapsed)
    clock.asked()(SERVER)
    const slow = clock.asked()
    elapsed = 50_000
    slow(SERVER)
    expect(clock.offsetSec()).toBe(0)
    const sleeping = clock.asked()
    asleep = 60_000
    sleeping('Sat, 21 Nov 2026 12:00:50 GMT')
    expect(clock.offsetSec()).toBe(0)
    // Our clock is really ahead now.
    clock.asked()('Sat, 21 Nov 2026 12:00:50 GMT')
    expect(clock.offsetSec()).toBe(60)
  })
})

test('the time of the server is between the two that are told, whatever our clock and however slow the answer', () => {
  const millis = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max })
  fc.assert(
    fc.property(
      millis(999),
      millis(10_000),
      millis(10_000),
      millis(60_000),
      fc.integer(),
      (part, there, back, later, skew) => {
        // The time that runs by itself began when the request was sent; the server wrote its Date so long after noon.
        let elapsed = 0
        const clock = serverClock({ now: () => noon + skew + elapsed }, () => elapsed)
        const heard = clock.asked()
        elapsed = there + back
        heard(SERVER)
        elapsed += later
        const server = noon + part + back + later
        const { from, to } = clock.now() ?? { from: Number.NaN, to: Number.NaN }
        expect(from).toBeLessThanOrEqual(server)
        expect(to).toBeGreaterThanOrEqual(server)
        expect(to - from).toBe(1_000 + there + back)
      },
    ),
  )
})
