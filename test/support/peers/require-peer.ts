// Which real peers does this machine have, and what becomes of a suite whose peer is missing?
import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'
import { missingPeer } from './missing-peers-reporter.ts'

export type PeerName = 'nutshell' | 'rust-nostr' | 'auth-relay' | 'cluster' | 'faketime' | 'tor' | 'nak'

const PREPARE = join(import.meta.dirname, '../../peers/prepare.sh')
let prepared: ReadonlyMap<string, string> | undefined
let impossible: ReadonlyMap<string, string> | undefined

/** Folder of a prepared peer, or of the program for faketime, tor and nak; undefined when the machine has none. */
function findPeer(name: PeerName): string | undefined {
  if (name === 'nak') return process.env['NAK']
  if (name === 'faketime' || name === 'tor') return findProgram(name)
  prepared ??= linesOf('--list')
  return prepared.get(name)
}

/** Like findPeer, but a missing peer is an error that names the command. */
export function peerPath(name: PeerName): string {
  const path = findPeer(name)
  if (path === undefined) throw new Error(`the peer ${name} is missing: ${howToGet(name)}`)
  return path
}

/**
 * `describe` for suites that need real peers. Without one of them the suite is skipped under a title that names it;
 * with CI=true it throws, except for what this machine cannot have.
 */
export function requirePeer(...names: readonly PeerName[]): (title: string, body: () => void) => void {
  const missing = names.filter((name) => findPeer(name) === undefined)
  if (missing.length === 0) return (title, body) => void describe(title, body)
  const unexcused = missing.find((name) => name !== 'nak' && whyImpossible(name) === undefined)
  if (process.env['CI'] === 'true' && unexcused !== undefined) peerPath(unexcused)
  return (title, body) => {
    const reason = missing.map((name) => `${missingPeer(name)}, ${howToGet(name)}`).join('; ')
    describe.skip(`${title} (skipped: ${reason})`, body)
  }
}

/** Why this machine cannot have it, whatever is done; undefined where it can. */
export function whyImpossible(name: PeerName): string | undefined {
  impossible ??= linesOf('--cannot')
  return impossible.get(name)
}

function howToGet(name: PeerName): string {
  const why = whyImpossible(name)
  if (why !== undefined) return why
  if (name === 'nak') return 'set NAK=/path/to/nak'
  return name === 'cluster' ? 'run test/peers/prepare.sh cluster' : 'run test/peers/prepare.sh'
}

/** What the script says of each peer. */
function linesOf(question: '--list' | '--cannot'): ReadonlyMap<string, string> {
  const lines = execFileSync(PREPARE, [question], { encoding: 'utf8' }).trim().split('\n')
  return new Map(
    lines.flatMap((line) => {
      const [name, answer] = line.split('\t')
      return name !== undefined && answer !== undefined ? [[name, answer] as const] : []
    }),
  )
}

function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
