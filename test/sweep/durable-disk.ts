// What is left of a folder after a power cut? Only what was synced: of a file its content at its last sync, of a folder its names at its own.
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import * as z from 'zod'

/** Stands in the place of a cluster: it has a disk of its own. */
const ELSEWHERE = 'machines'
/** SQLite's index of its log: whoever opens the database first after a death makes it anew (https://www.sqlite.org/walformat.html#recovery). */
const REBUILT = '-shm'
const JOURNAL = '-journal'
const NOTHING = createHash('sha256').digest('hex')

/** By path below the root: the file or folder that has this name. */
const names = z.record(z.string(), z.object({ id: z.string(), isFolder: z.boolean() }))
type Names = z.infer<typeof names>

/**
 * The durable state of one folder, kept beside it in `ROOT.durable`: as little as POSIX promises. A sync of a file does not keep its name, a
 * sync of a folder keeps neither the content of its files nor the names in its folders; nothing is ever written by itself.
 */
export class DurableDisk {
  readonly root: string
  readonly #store: string
  readonly #cutting: string

  constructor(root: string) {
    this.root = root
    this.#store = `${root}.durable`
    this.#cutting = `${root}.cutting`
  }

  /** Whether somebody puts it back just now; whoever is killed at that leaves half a disk, which no power cut does. */
  isBeingCut(): boolean {
    return existsSync(this.#cutting)
  }

  /** Whether a path is on this disk. */
  holds(path: string): boolean {
    const inside = relative(this.root, path)
    return !inside.startsWith('..') && inside !== ELSEWHERE && !inside.startsWith(`${ELSEWHERE}/`)
  }

  /** `fsync` of a file: its content is kept, under whatever name it has or gets. */
  syncFile(path: string): void {
    copyFileSync(path, this.#content(idOf(path)))
  }

  /** `fsync` of a folder: the names in it are kept, and those that are gone are gone. */
  syncFolder(path: string): void {
    const folder = relative(this.root, path)
    const before = this.#names()
    const after: Names = {}
    for (const name of readdirSync(path)) {
      const inside = join(folder, name)
      if (inside !== ELSEWHERE)
        after[inside] = { id: idOf(join(path, name)), isFolder: isFolder(join(path, name)) }
    }
    for (const [inside, entry] of Object.entries(before)) {
      if (parentOf(inside) === folder) continue
      const top = childOf(folder, inside)
      // Whatever was in a folder that is gone, or another one now, is gone with it.
      if (top === undefined || before[top]?.id === after[top]?.id) after[inside] = entry
    }
    this.#keep(after)
  }

  /** Whether a sync of its folder has kept this name for what has it now. */
  keepsName(path: string): boolean {
    return this.#names()[relative(this.root, path)]?.id === idOf(path)
  }

  /** All that is there has been on the disk for long. Nobody may be writing. */
  settle(): void {
    rmSync(this.#store, { recursive: true, force: true })
    mkdirSync(join(this.#store, 'content'), { recursive: true })
    this.#keep({})
    this.#settleFolder(this.root)
  }

  /** The power is cut: the folder is put back to what is durable. */
  cut(): void {
    writeFileSync(this.#cutting, '')
    for (const name of readdirSync(this.root))
      if (name !== ELSEWHERE) rmSync(join(this.root, name), { recursive: true })
    const kept = this.#names()
    // Parents come first; what is in a folder that was not kept is lost, too.
    for (const inside of Object.keys(kept).toSorted()) {
      const path = join(this.root, inside)
      if (!existsSync(dirname(path))) continue
      const { id = '', isFolder: folder = false } = kept[inside] ?? {}
      if (folder) mkdirSync(path, { mode: 0o700 })
      else if (existsSync(this.#content(id))) copyFileSync(this.#content(id), path)
      else writeFileSync(path, '', { mode: 0o600 })
    }
    this.settle()
    rmSync(this.#cutting)
  }

  /** A digest of all names and contents that are there. */
  written(): string {
    return this.#digestOf(
      readdirSync(this.root, { recursive: true, encoding: 'utf8' }).map((inside) => {
        const path = join(this.root, inside)
        return [inside, isFolder(path) ? undefined : path]
      }),
    )
  }

  /** The same of what a power cut would leave: equal to `written` where all of that is synced. */
  kept(): string {
    const kept = this.#names()
    const hasParent = (inside: string): boolean =>
      parentOf(inside) === '' || (kept[parentOf(inside)] !== undefined && hasParent(parentOf(inside)))
    return this.#digestOf(
      Object.entries(kept)
        .filter(([inside]) => hasParent(inside))
        .map(([inside, { id, isFolder: folder }]) => [inside, folder ? undefined : this.#content(id)]),
    )
  }

  /** Of names with the file of their content; folders have none. */
  #digestOf(all: readonly (readonly [inside: string, content: string | undefined])[]): string {
    const hash = createHash('sha256')
    const contents = new Map(all)
    for (const [inside, content] of all.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (!this.holds(join(this.root, inside)) || inside.endsWith(REBUILT)) continue
      // The journal of an empty database has nothing to roll back: that of a lock which is held by an open transaction.
      const journalled = inside.endsWith(JOURNAL) ? contents.get(inside.slice(0, -JOURNAL.length)) : undefined
      if (journalled !== undefined && digestOf(journalled) === NOTHING) continue
      hash.update(`${inside}\n${content === undefined ? 'folder' : digestOf(content)}\n`)
    }
    return hash.digest('hex').slice(0, 16)
  }

  #settleFolder(path: string): void {
    this.syncFolder(path)
    for (const name of readdirSync(path)) {
      const inside = join(path, name)
      if (!this.holds(inside)) continue
      if (isFolder(inside)) this.#settleFolder(inside)
      else this.syncFile(inside)
    }
  }

  #content(id: string): string {
    return join(this.#store, 'content', id)
  }

  #names(): Names {
    return names.parse(JSON.parse(readFileSync(join(this.#store, 'names.json'), 'utf8')))
  }

  #keep(kept: Names): void {
    writeFileSync(join(this.#store, 'names.json'), JSON.stringify(kept))
  }
}

/** The disk of this process, where a test has given it one (SWEEP_DISK). */
export const disk = process.env.SWEEP_DISK === undefined ? undefined : new DurableDisk(process.env.SWEEP_DISK)

/** What it is, under any name: a number that is given again belongs to something made later. */
function idOf(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true })
  return `${ino}-${birthtimeNs}`
}

/** Of the content of a file; one whose content was never synced is empty. */
function digestOf(path: string): string {
  return createHash('sha256')
    .update(existsSync(path) ? readFileSync(path) : '')
    .digest('hex')
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory()
}

function parentOf(inside: string): string {
  const parent = dirname(inside)
  return parent === '.' ? '' : parent
}

/** The name in the folder below which this path is. */
function childOf(folder: string, inside: string): string | undefined {
  const below = relative(folder, inside)
  return below === '' || below.startsWith('..') ? undefined : join(folder, below.split('/')[0] ?? '')
}
