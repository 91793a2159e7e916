// In the place of `node:sqlite` in the test build: the same, and the disk hears what SQLite has synced. How much that is depends on the
// connection's own `PRAGMA synchronous`, which is asked after every commit: https://www.sqlite.org/pragma.html#pragma_synchronous
import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync as Real } from 'node:sqlite'
import * as z from 'zod'
import { disk } from './durable-disk.ts'

const NORMAL = 1
const FULL = 2
const pragma = z.object({ synchronous: z.number() })

export class DatabaseSync extends Real {
  readonly #path: string
  #written: string | undefined

  constructor(...given: ConstructorParameters<typeof Real>) {
    super(...given)
    this.#path = String(given[0])
    this.#written = stateOf(this.#path)
  }

  override exec(sql: string): void {
    super.exec(sql)
    if (!this.isTransaction) this.#noteSyncs(this.#synchronous())
  }

  override close(): void {
    const level = this.#synchronous()
    super.close()
    this.#noteSyncs(level)
  }

  #synchronous(): number {
    return pragma.parse(this.prepare('PRAGMA synchronous').get()).synchronous
  }

  /** FULL syncs the log with every commit. A checkpoint (the file itself was written) has synced both, but for OFF, which syncs nothing. */
  #noteSyncs(level: number): void {
    if (disk?.holds(this.#path) !== true) return
    const written = stateOf(this.#path)
    const isCheckpoint = written !== this.#written
    this.#written = written
    if (level >= FULL || (level >= NORMAL && isCheckpoint)) syncLog(`${this.#path}-wal`)
    if (level >= NORMAL && isCheckpoint && written !== undefined) disk.syncFile(this.#path)
  }
}

/** A log is synced with its name the first time. */
function syncLog(path: string): void {
  if (disk === undefined || !existsSync(path)) return
  disk.syncFile(path)
  if (!disk.keepsName(path)) disk.syncFolder(dirname(path))
}

function stateOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.size} ${found.mtimeNs}`
}
