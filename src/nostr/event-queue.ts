// Whose events are looked at next? Relays take turns in short slices, so that a flood of one delays nobody else.

export interface LaneOptions {
  /** Called when the lane is too full, and again when it has room. */
  onPressure(full: boolean): void
  /** Most tasks a minute, after a burst of as many; without it only this process' speed counts. */
  tasksPerMinute?: number | undefined
}

const SLICE_MS = 8
const FULL_BYTES = 1_048_576
const ROOM_BYTES = 262_144
/** What a waiting task takes by itself, about: frames without content would fill the memory unnoticed. */
const TASK_BYTES = 256

interface Task {
  run(): void
  bytes: number
}

export class EventQueue {
  readonly #lanes = new Set<EventLane>()
  readonly #onError: (error: unknown) => void
  #scheduled: NodeJS.Immediate | undefined

  /** `onError` hears what a task threw; the other tasks go on. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError
  }

  lane(options: LaneOptions): EventLane {
    const lane = new EventLane(options, () => this.#schedule(lane))
    return lane
  }

  /** Forgets everything that waits. */
  close(): void {
    clearImmediate(this.#scheduled)
    for (const lane of this.#lanes) lane.close()
    this.#lanes.clear()
  }

  #schedule(lane: EventLane): void {
    this.#lanes.add(lane)
    this.#scheduled ??= setImmediate(() => this.#runSlice())
  }

  #runSlice(): void {
    this.#scheduled = undefined
    const end = performance.now() + SLICE_MS
    while (this.#lanes.size > 0 && performance.now() < end) {
      for (const lane of this.#lanes) {
        if (!this.#runOne(lane)) this.#lanes.delete(lane)
      }
    }
    if (this.#lanes.size > 0) this.#scheduled ??= setImmediate(() => this.#runSlice())
  }

  #runOne(lane: EventLane): boolean {
    try {
      return lane.runOne()
    } catch (error) {
      this.#onError(error)
      return true
    }
  }
}

export class EventLane {
  readonly #options: LaneOptions
  readonly #wake: () => void
  #tasks: Task[] = []
  #next = 0
  #bytes = 0
  #full = false
  #tokens: number
  #filledAt = performance.now()
  #timer: NodeJS.Timeout | undefined

  constructor(options: LaneOptions, wake: () => void) {
    this.#options = options
    this.#wake = wake
    this.#tokens = options.tasksPerMinute ?? 0
  }

  push(bytes: number, run: () => void): void {
    const task = { run, bytes: bytes + TASK_BYTES }
    this.#tasks.push(task)
    this.#bytes += task.bytes
    if (!this.#full && this.#bytes > FULL_BYTES) this.#setFull(true)
    this.#wake()
  }

  /** Runs the oldest task; false where none may run now. */
  runOne(): boolean {
    const task = this.#tasks[this.#next]
    if (task === undefined || !this.#takeToken()) return false
    this.#next += 1
    this.#bytes -= task.bytes
    if (this.#next > 1_000 || this.#next === this.#tasks.length) {
      this.#tasks = this.#tasks.slice(this.#next)
      this.#next = 0
    }
    if (this.#full && this.#bytes < ROOM_BYTES) this.#setFull(false)
    task.run()
    return this.#next < this.#tasks.length
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#tasks = []
    this.#next = 0
    this.#bytes = 0
  }

  #takeToken(): boolean {
    const perMinute = this.#options.tasksPerMinute
    if (perMinute === undefined) return true
    const now = performance.now()
    this.#tokens = Math.min(perMinute, this.#tokens + ((now - this.#filledAt) * perMinute) / 60_000)
    this.#filledAt = now
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return true
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#wake, ((1 - this.#tokens) * 60_000) / perMinute)
    return false
  }

  #setFull(full: boolean): void {
    this.#full = full
    this.#options.onPressure(full)
  }
}
