// Where does a peer keep its files? In a folder of its own that goes away with the test file.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atEnd } from './at-end.ts'

/** A fresh absolute folder, removed after the test file. */
export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `paygress-${name}-`))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
