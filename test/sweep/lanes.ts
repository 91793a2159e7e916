// How do many cases share few worlds? Each takes the first that is free and leaves it as a place where everybody has recovered.
import { type Case, runCase } from './run-case.ts'
import { World, type WorldOptions } from './world.ts'

export class Lanes {
  readonly #worlds: World[]
  readonly #free: World[] = []
  readonly #waiting: ((world: World) => void)[] = []

  constructor(options: readonly WorldOptions[]) {
    this.#worlds = options.map((one) => new World(one))
  }

  /** Starts all worlds. */
  async open(): Promise<void> {
    await Promise.all(this.#worlds.map(async (world) => world.open()))
    this.#free.push(...this.#worlds)
  }

  /** Runs a case as soon as a world is free; see `runCase`. */
  async run(one: Case): Promise<string[]> {
    const world = this.#free.shift() ?? (await new Promise<World>((resolve) => this.#waiting.push(resolve)))
    try {
      return await runCase(world, one)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free.push(world)
      else next(world)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#worlds.map(async (world) => world.close()))
  }
}
