// Which outputs will an operation ask for? Their arithmetic is done before the database is locked: no other process waits for it.
import { PaygressError } from '../core/errors.ts'
import type { Ecash, Output } from './ecash-port.ts'

/** The part of ecash that makes outputs. */
export type OutputMaker = Pick<Ecash, 'seedOutputs' | 'lockedOutputs'>

/**
 * A maker that has done already what `rehearse` asks its own maker for: it hands that out, each output once, where it is asked for
 * exactly the same, and makes the rest now. What a rehearsal cannot do is left to the real thing, which then says why.
 */
export function madeAhead(ecash: OutputMaker, rehearse: (maker: OutputMaker) => void): OutputMaker {
  const made = new Map<string, Output[]>()
  const keeping =
    <Args extends unknown[]>(name: string, make: (...args: Args) => Output[]) =>
    (...args: Args): Output[] => {
      const outputs = make(...args)
      made.set(nameOf(name, args), outputs)
      return outputs
    }
  const taking =
    <Args extends unknown[]>(name: string, make: (...args: Args) => Output[]) =>
    (...args: Args): Output[] => {
      const wanted = nameOf(name, args)
      const outputs = made.get(wanted)
      made.delete(wanted)
      return outputs ?? make(...args)
    }
  try {
    rehearse({
      seedOutputs: keeping('seed', ecash.seedOutputs),
      lockedOutputs: keeping('locked', ecash.lockedOutputs),
    })
  } catch (error) {
    if (!(error instanceof PaygressError)) throw error
    made.clear()
  }
  return {
    seedOutputs: taking('seed', ecash.seedOutputs),
    lockedOutputs: taking('locked', ecash.lockedOutputs),
  }
}

function nameOf(name: string, args: readonly unknown[]): string {
  return JSON.stringify([name, ...args], (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
}
