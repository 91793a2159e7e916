// What falls next? The same throws for the same seed.

export interface Dice {
  /** From 0 to 1, without 1. */
  throw(): number
  /** True as often as this part of 1 says. */
  hits(chance: number): boolean
  /** A whole number between two, both included. */
  between(least: number, most: number): number
  oneOf<Item>(items: readonly Item[]): Item
  /** Dice of its own for something that throws in its own time. */
  fork(name: string): Dice
}

/** Dice of a seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    throw: next,
    hits: (chance) => next() < chance,
    between,
    oneOf: (items) => {
      const item = items[between(0, items.length - 1)]
      if (item === undefined) throw new Error('there is nothing to choose from')
      return item
    },
    fork: (name) =>
      diceOf([...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), seed)),
  }
}
