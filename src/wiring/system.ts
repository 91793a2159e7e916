// Where do real time and real randomness come from?
import { randomBytes } from 'node:crypto'
import type { Clock, Random } from '../core/clock.ts'

export const systemClock: Clock = { now: () => Date.now() }
export const systemRandom: Random = { bytes: (count) => Uint8Array.from(randomBytes(count)) }
