// What happens at a fail point? In the test build alone: the process dies here if a test has asked for it, and a fair run notes that it came by.
import { appendFileSync, existsSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { disk } from './durable-disk.ts'
import { leftBehind } from './left-behind.ts'

/**
 * The file named by SWEEP_DEATHS: one line per death still to come, each of another process, `<how often before> <point>`.
 * A point is `before <seam>` or `after <seam>`; `*` is any point. `0 power before …`: the power is cut, and what was not synced is lost besides.
 * `4 witness *`: nobody dies, that the point was passed is all. `0 in 3 before …`: only the process with that SWEEP_PROCESS dies of it. With SWEEP_STANDS the process only stops there, and says so on stdout.
 */
const deaths = process.env.SWEEP_DEATHS
/** SWEEP_TRACE: every point that was passed is added to this file, with what the process would leave behind there. */
const trace = process.env.SWEEP_TRACE
const own = process.env.SWEEP_PROCESS ?? '1'
const passed = new Map<string, number>()

/** Passed just before a seam's call. */
export function beforeSeam(seam: string): void {
  pass(`before ${seam}`)
}

/** Passed when the call has succeeded; gives on what it gave. */
export function afterSeam<Result>(seam: string, result: Result): Result {
  if (!isPromise(result)) {
    pass(`after ${seam}`)
    return result
  }
  return result.then((value: unknown) => {
    pass(`after ${seam}`)
    return value
  }) as Result
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise
}

function pass(point: string): void {
  if (trace !== undefined) appendFileSync(trace, `${own} ${leftBehind()} ${point}\n`)
  if (deaths === undefined || !existsSync(deaths)) return
  const [next = '', ...rest] = readFileSync(deaths, 'utf8').split('\n')
  const [, times = '0', whose = own, kill, name = ''] =
    /^(\d+) (?:in (\d+) )?(power |witness )?(.*)$/.exec(next) ?? []
  if (whose !== own || (name !== point && name !== '*')) return
  const before = passed.get(name) ?? 0
  passed.set(name, before + 1)
  if (before < Number(times)) return
  writeFileSync(deaths, rest.join('\n'))
  if (kill === 'witness ') return
  if (process.env.SWEEP_STANDS !== undefined) writeSync(1, 'at the point')
  else {
    // Nothing that this process still has open is on the disk afterwards.
    if (kill !== undefined) disk?.cut()
    process.kill(process.pid, 'SIGKILL')
  }
  // The signal is on its way, or comes from outside; nothing more may happen.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
