// How do operations on one lease run one after another?

/** Runs work of one name in the order it came; different names do not wait for each other. */
export class OneAtATime {
  readonly #last = new Map<string, Promise<void>>()

  async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last.set(name, promise)
    try {
      await before
      return await work()
    } finally {
      if (this.#last.get(name) === promise) this.#last.delete(name)
      resolve()
    }
  }
}
