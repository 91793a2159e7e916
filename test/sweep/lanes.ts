// How do many cases share few worlds? Each takes the first that is free and leaves it as a place where everybody has recovered.
import { type Case, runCase } from './run-case.ts'
import { World, type WorldOptions } from './world.ts'

/** With every case a world has more to reckon with; a new one costs less than that after so many. */
const CASES_PER_WORLD = 30

interface Lane {
  options: WorldOptions
  world: World
}

export class Lanes {
  readonly #lanes: Lane[]
  readonly #free: Lane[] = []
  readonly #waiting: ((lane: Lane) => void)[] = []

  constructor(options: readonly WorldOptions[]) {
    this.#lanes = options.map((one) => ({ options: one, world: new World(one) }))
  }

  /** Starts all worlds. */
  async open(): Promise<void> {
    await Promise.all(this.#lanes.map(async ({ world }) => world.open()))
    this.#free.push(...this.#lanes)
  }

  /** Runs a case as soon as a world is free; see `runCase`. */
  async run(one: Case): Promise<string[]> {
    return this.use(async (world) => runCase(world, one))
  }

  /** Gives the first world that is free to `work`. */
  async use<Result>(work: (world: World) => Promise<Result>): Promise<Result> {
    const lane = this.#free.shift() ?? (await new Promise<Lane>((resolve) => this.#waiting.push(resolve)))
    try {
      if (lane.world.buyers.length >= CASES_PER_WORLD) await renew(lane)
      return await work(lane.world)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free.push(lane)
      else next(lane)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#lanes.map(async ({ world }) => world.close()))
  }
}

async function renew(lane: Lane): Promise<void> {
  await lane.world.close()
  lane.world = new World(lane.options)
  await lane.world.open()
}
