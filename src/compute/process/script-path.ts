// Can machines have terminals here?
import { execFile } from 'node:child_process'

const CANDIDATES = ['/usr/bin/script', '/bin/script', '/usr/local/bin/script']

/** The path of util-linux' `script`, whose options the terminals rely on; undefined where there is none. */
export async function findScript(): Promise<string | undefined> {
  for (const path of CANDIDATES) {
    if ((await versionOf(path)).includes('util-linux')) return path
  }
  return undefined
}

async function versionOf(path: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(path, ['--version'], { timeout: 5_000 }, (error, stdout) =>
      resolve(error === null ? stdout : ''),
    )
  })
}
