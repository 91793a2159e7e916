// Who dies, and where? The processes of one side of a world: what they are told of their deaths, and the points that they have passed.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Passage, passagesOf } from './passages.ts'

/** Where somebody dies: at the point, after it was passed so often. */
export interface Death {
  point: string
  after?: number
  /** Of the process alone, or of the machine it runs on: what is not synced is lost besides. A witness lives on and has seen the point. */
  kill?: 'process' | 'power' | 'witness'
  /** Which process of its side since `arm`, from 1 on; any without it. */
  process?: number
}

const WITNESS = ' witness '

export class Mortals {
  readonly #deaths: string
  readonly #trace: string
  readonly #traces: boolean
  /** Processes so far, and how many of them were over when deaths were armed. */
  #started = 0
  #over = 0

  /** Those of one side, with their files in `dir`; `traces`: they note which points they pass. */
  constructor(side: 'buyer' | 'provider', dir: string, traces: boolean) {
    this.#deaths = join(dir, `deaths-of-${side}`)
    this.#trace = join(dir, `trace-of-${side}`)
    this.#traces = traces
  }

  /** The next processes die there, one after the other; so many run already. */
  arm(deaths: readonly Death[], running: number): void {
    this.#over = this.#started - running
    const lines = deaths.map(({ point, after = 0, kill, process }) => {
      const whose = process === undefined ? '' : `in ${this.#over + process} `
      return `${after} ${whose}${kill === undefined || kill === 'process' ? '' : `${kill} `}${point}`
    })
    writeFileSync(this.#deaths, lines.join('\n'))
  }

  /** None dies any more. */
  disarm(): void {
    writeFileSync(this.#deaths, '')
  }

  /** Whether every death that was armed has happened. */
  isDisarmed(): boolean {
    return !existsSync(this.#deaths) || readLines(this.#deaths).every((line) => line.includes(WITNESS))
  }

  /** Whether every witness that was armed has seen its point. */
  hasWitnessed(): boolean {
    return !readFileSync(this.#deaths, 'utf8').includes(WITNESS)
  }

  /** The points passed since the last call, in order; processes are counted as for `arm`. */
  takeTrace(): Passage[] {
    const lines = existsSync(this.#trace) ? readLines(this.#trace) : []
    rmSync(this.#trace, { force: true })
    return passagesOf(lines, this.#over)
  }

  /** The environment of the next process, whose disk is `home`. */
  nextEnv(home: string): Record<string, string> {
    this.#started += 1
    return {
      SWEEP_DISK: home,
      SWEEP_DEATHS: this.#deaths,
      SWEEP_PROCESS: String(this.#started),
      ...(this.#traces ? { SWEEP_TRACE: this.#trace } : {}),
    }
  }
}

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
}
