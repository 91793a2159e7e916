// What does a program answer that is run once?
import { execFile } from 'node:child_process'
import { cleanEnvironment, type ChildCommand } from './child.ts'

export interface RunResult {
  /** The exit code; -1 when a signal ended it. */
  code: number
  stdout: string
  stderr: string
}

const TIMEOUT_MS = 60_000

/** Runs a program to its end with a clean environment; a failing exit code is a result, not an error. */
export function runOnce({ command, args, cwd, env }: ChildCommand, stdin = ''): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: cleanEnvironment(cwd, env), timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 }
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr })
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr })
      else if (error.killed === true)
        reject(new Error(`${command} took longer than ${TIMEOUT_MS} ms:\n${stderr}`))
      else if (error.signal) resolve({ code: -1, stdout, stderr })
      else reject(error)
    })
    child.stdin?.on('error', () => child.stdin?.destroy()) // it may end without reading
    child.stdin?.end(stdin)
  })
}
