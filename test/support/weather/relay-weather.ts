// What weather is there in front of a relay? Whatever the dice say happens to each frame.
import type { Faults, FaultyClient, Frame } from '../faulty-relay.ts'
import type { Dice } from './dice.ts'

export interface RelayWeather {
  readonly faults: Faults
  /** How often each fault has happened. */
  readonly counts: ReadonlyMap<string, number>
  /** From now on this part of all frames goes wrong; 0 is fair weather. */
  storm(chance: number): void
}

type FrameFault = (frame: Frame, client: FaultyClient) => Frame[]
const LONGEST_DELAY_MS = 1_500

/** Faults for `startFaultyRelay`. */
export function relayWeather(dice: Dice): RelayWeather {
  const counts = new Map<string, number>()
  let chance = 0
  let held: Frame | undefined
  let foreign: Frame | undefined

  const later: FrameFault = (frame, client) => {
    setTimeout(() => client.send(frame), dice.throw() * LONGEST_DELAY_MS)
    return []
  }
  const cut: FrameFault = (_frame, client) => {
    client.cut()
    return []
  }
  const idOf = (frame: Frame): unknown =>
    typeof frame[1] === 'object' && frame[1] !== null && 'id' in frame[1] ? frame[1].id : ''
  const answer =
    (isTaken: boolean, reason: string): FrameFault =>
    (frame, client) => {
      client.send(['OK', idOf(frame), isTaken, reason])
      return []
    }

  const onTheWayIn: Record<string, Record<string, FrameFault>> = {
    EVENT: {
      'event lost': () => [],
      'event taken, says a liar': answer(true, ''),
      'event refused': answer(false, 'rate-limited: slow down'),
      'event taken, and said to be refused': (frame, client) => {
        client.send(['OK', idOf(frame), false, 'error: out of order'])
        return [frame]
      },
      'cut at an event': cut,
    },
    REQ: {
      'question lost': () => [],
      'question refused': (frame, client) => {
        client.send(['CLOSED', frame[1], 'error: out of order'])
        return []
      },
      'cut at a question': cut,
    },
  }
  const onTheWayOut: Record<string, Record<string, FrameFault>> = {
    EVENT: {
      'event not handed on': () => [],
      'event twice': (frame) => [frame, frame],
      'event late': later,
      'event out of order': (frame) => {
        const before = held
        held = frame
        return before === undefined ? [] : [before]
      },
      'event of another question': (frame) => {
        const other = foreign
        foreign = frame
        return other === undefined ? [frame] : [['EVENT', frame[1], other[2]], frame]
      },
    },
    EOSE: { 'no end of the stored events': () => [], 'end of the stored events late': later },
    OK: { 'no word whether it was taken': () => [], 'word whether it was taken late': later },
    AUTH: { 'no question who it is': () => [] },
  }

  const through =
    (table: Record<string, Record<string, FrameFault>>): FrameFault =>
    (frame, client) => {
      const faults = Object.entries(table[frame[0]] ?? {})
      if (faults.length === 0 || !dice.hits(chance)) return [frame]
      const [name, fault] = dice.oneOf(faults)
      counts.set(name, (counts.get(name) ?? 0) + 1)
      return fault(frame, client)
    }

  return {
    faults: {
      onConnect: (client) => {
        if (dice.hits(chance)) setTimeout(() => client.cut(), dice.throw() * 10_000)
      },
      toRelay: through(onTheWayIn),
      toClient: through(onTheWayOut),
    },
    counts,
    storm: (next) => {
      chance = next
    },
  }
}
