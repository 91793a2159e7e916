// How do the sources come by a disk that knows what is synced, and relays that know what they were told? Three modules have a like of their own.
import { fileURLToPath } from 'node:url'

const SRC = fileURLToPath(new URL('../../src', import.meta.url))
const LIKES: Readonly<Record<string, URL>> = {
  'node:fs': new URL('durable-fs.ts', import.meta.url),
  'node:sqlite': new URL('durable-sqlite.ts', import.meta.url),
  ws: new URL('telling-ws.ts', import.meta.url),
}

/** What a file of the sources gets in the place of this module; undefined for every other module or file. */
export function durableModule(id: string, importer: string): URL | undefined {
  return importer.startsWith(SRC) ? LIKES[id] : undefined
}
