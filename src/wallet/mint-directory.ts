// What does the wallet know of each mint: its keysets, their keys, what it can do, and what time it is there?
import type { Clock } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { EcashSource, Keyset, KeysetKeys } from './ecash-port.ts'
import type { ConnectMint, MintConnection, MintInfo, MintReply } from './mint-port.ts'
import type { StoredMint, WalletStore } from './ports.ts'
import { unlessAborted } from './unless-aborted.ts'

/** The one unit of this wallet. */
export const UNIT = 'sat'
/** What a payment needs: states, restore, conditions, locks, DLEQ. */
export const NEEDED_NUTS = [7, 9, 10, 11, 12] as const
const KEYSETS_FRESH_MS = 5 * 60_000
const UNKNOWN_KEYSET_EVERY_MS = 30_000
/** The error list of the NUTs: the mint has no such keyset. */
const UNKNOWN_KEYSET = 12001
const OTHER_MINT = 'ask the operator of the mint, or use another --mint'

export interface MintDirectory {
  connection(mint: MintUrl): MintConnection
  /** The mint's keysets, asked anew where the last look is older than `maxAgeMs`. */
  keysets(mint: MintUrl, options?: { maxAgeMs?: number; signal?: AbortSignal }): Promise<Keyset[]>
  /** The cheapest keyset that new coins may be made of. */
  activeKeyset(mint: MintUrl, signal?: AbortSignal): Promise<KeysetKeys>
  /** A keyset with its keys, active or not; undefined where the mint does not know it (asked at most every 30 s). */
  keyset(mint: MintUrl, keysetId: string, signal?: AbortSignal): Promise<KeysetKeys | undefined>
  /**
   * The keysets, asked anew because a token names one that is not known. Within `everyMs` of the last time they are what came then: its
   * keysets, or its error. Throws `mint_unreachable` or `mint_misbehaved`.
   */
  refreshUnknown(mint: MintUrl, everyMs: number, signal?: AbortSignal): Promise<Keyset[]>
  /** What the mint can do; asked once per process unless the store knows it. */
  info(mint: MintUrl): Promise<MintInfo>
  /** The mint's time in Unix seconds, asked now. */
  time(mint: MintUrl, signal?: AbortSignal): Promise<number>
  /** The mint's time by its last answer, else this machine's. */
  knownTime(mint: MintUrl): number
  close(): Promise<void>
}

/** The directory of the mints this wallet talks to. */
export function mintDirectory(deps: {
  store: WalletStore
  connectMint: ConnectMint
  ecash: EcashSource
  clock: Clock
}): MintDirectory {
  const { store, clock } = deps
  const connections = new Map<MintUrl, MintConnection>()
  const lookedForUnknown = new Map<MintUrl, { atMs: number; found: Promise<Keyset[]> }>()
  const infos = new Map<MintUrl, MintInfo>()
  // What was checked once stays: a keyset's id says which keys it has, and they are asked for with every coin.
  const genuine = new Map<string, KeysetKeys['keys']>()

  function connection(mint: MintUrl): MintConnection {
    const open = connections.get(mint)
    if (open !== undefined) return open
    const made = deps.connectMint(mint)
    connections.set(mint, made)
    return made
  }

  async function keysets(
    mint: MintUrl,
    { maxAgeMs = KEYSETS_FRESH_MS, signal }: { maxAgeMs?: number; signal?: AbortSignal } = {},
  ): Promise<Keyset[]> {
    const seenAt = store.mint(mint)?.keysetsSeenAt
    const known = store.keysets(mint)
    const age = seenAt === undefined ? Number.POSITIVE_INFINITY : clock.now() - seenAt
    const next = nextExpiry(known)
    const rotated = next !== undefined && next <= knownTime(mint)
    if (age >= 0 && age < maxAgeMs && !rotated) return known
    const askedAt = clock.now()
    const asked = valueOf(mint, await connection(mint).keysets(signal))
    store.transaction((tx) => {
      const writer = store.within(tx)
      const lastAskedAt = writer.mint(mint)?.keysetsSeenAt ?? 0
      // Another process may have asked later and heard sooner; one from a time to come had a wrong clock.
      if (lastAskedAt > askedAt && lastAskedAt <= clock.now()) return
      writer.saveKeysets(mint, asked, askedAt)
    })
    return store.keysets(mint)
  }

  /** Undefined where the mint has no keys to show for it. */
  async function withKeys(
    mint: MintUrl,
    keyset: Keyset,
    signal: AbortSignal | undefined,
  ): Promise<KeysetKeys | undefined> {
    const name = `${mint} ${keyset.id}`
    const stored = genuine.get(name) ?? store.keys(mint, keyset.id)
    if (stored !== undefined) {
      genuine.set(name, stored)
      return { ...keyset, keys: stored }
    }
    const reply = await connection(mint).keys(keyset.id, signal)
    if (reply.status === 'refused' && reply.code === UNKNOWN_KEYSET) return undefined
    const complete = { ...keyset, keys: valueOf(mint, reply) }
    if (!(await deps.ecash.load()).isKeysetGenuine(complete)) {
      throw new PaygressError(
        'mint_misbehaved',
        `${mint} shows keys that do not belong to its keyset ${keyset.id}`,
      )
    }
    store.transaction((tx) => store.within(tx).saveKeys(mint, keyset.id, complete.keys))
    return complete
  }

  async function activeKeyset(mint: MintUrl, signal?: AbortSignal): Promise<KeysetKeys> {
    const asked = signal === undefined ? {} : { signal }
    const cheapest = cheapestOf(mint, await keysets(mint, asked))
    const complete = await withKeys(mint, cheapest, signal)
    if (complete !== undefined) return complete
    // It has no such keyset: what it said of its keysets before was wrong, or holds no longer.
    const next = await withKeys(
      mint,
      cheapestOf(mint, await keysets(mint, { ...asked, maxAgeMs: 0 })),
      signal,
    )
    if (next !== undefined) return next
    throw new PaygressError('mint_misbehaved', `${mint} does not show the keys of its keysets`, {
      hint: OTHER_MINT,
    })
  }

  function cheapestOf(mint: MintUrl, all: readonly Keyset[]): Keyset {
    const now = knownTime(mint)
    const active = all.filter((keyset) => keyset.active && keyset.unit === UNIT)
    const usable = active.filter(({ finalExpiry }) => finalExpiry === undefined || finalExpiry > now)
    const cheapest = usable.toSorted((a, b) => a.feePpk - b.feePpk || (a.id < b.id ? -1 : 1))[0]
    if (cheapest !== undefined) return cheapest
    const why =
      active.length > 0 ? 'says that all its keysets have expired' : `has no active keyset in ${UNIT}`
    throw new PaygressError('mint_misbehaved', `${mint} ${why}; the coins there are kept`, {
      hint: OTHER_MINT,
    })
  }

  async function keyset(
    mint: MintUrl,
    keysetId: string,
    signal?: AbortSignal,
  ): Promise<KeysetKeys | undefined> {
    const known = store.keysets(mint).find(({ id }) => id === keysetId)
    if (known !== undefined) return await withKeys(mint, known, signal)
    const fresh = await refreshUnknown(mint, UNKNOWN_KEYSET_EVERY_MS, signal)
    const found = fresh.find(({ id }) => id === keysetId)
    return found === undefined ? undefined : await withKeys(mint, found, signal)
  }

  async function refreshUnknown(mint: MintUrl, everyMs: number, signal?: AbortSignal): Promise<Keyset[]> {
    const before = lookedForUnknown.get(mint)
    if (before !== undefined && clock.now() - before.atMs < everyMs)
      return await unlessAborted(mint, before.found, signal)
    // It is everybody's who asks meanwhile: no caller's signal ends it.
    const found = keysets(mint, { maxAgeMs: 0 })
    lookedForUnknown.set(mint, { atMs: clock.now(), found })
    return await unlessAborted(mint, found, signal)
  }

  async function info(mint: MintUrl): Promise<MintInfo> {
    const known = infos.get(mint)
    if (known !== undefined) return known
    const reply = await connection(mint).info()
    const stored = store.mint(mint)?.info
    // What a mint could do it can do, as long as it does not say otherwise.
    if (reply.status === 'unanswered' && stored !== undefined) return stored
    const asked = valueOf(mint, reply)
    infos.set(mint, asked)
    store.transaction((tx) => {
      const writer = store.within(tx)
      writer.saveMint({ ...(writer.mint(mint) ?? newMint(mint)), info: asked })
    })
    return asked
  }

  function knownTime(mint: MintUrl): number {
    return connections.get(mint)?.lastKnownTime() ?? Math.floor(clock.now() / 1000)
  }

  return {
    connection,
    keysets,
    activeKeyset,
    keyset,
    refreshUnknown,
    info,
    time: async (mint, signal) => {
      valueOf(mint, await connection(mint).keysets(signal))
      return knownTime(mint)
    },
    knownTime,
    close: async () => {
      await Promise.all([...connections.values()].map((open) => open.close()))
    },
  }
}

/** A mint nothing is known of yet. */
export function newMint(url: MintUrl): StoredMint {
  return { url, trusted: false, info: undefined, keysetsSeenAt: undefined }
}

/** The value of a reply to a question that changes nothing; throws `mint_unreachable` or `mint_misbehaved`. */
export function valueOf<Value>(mint: MintUrl, reply: MintReply<Value>): Value {
  if (reply.status === 'ok') return reply.value
  if (reply.status === 'unanswered') {
    throw new PaygressError('mint_unreachable', `${mint} does not answer: ${reply.reason}`, {
      hint: 'try again in a moment, or use another --mint',
    })
  }
  throw new PaygressError('mint_misbehaved', `${mint} refuses (${reply.code}): ${reply.detail}`)
}

function nextExpiry(keysets: readonly Keyset[]): number | undefined {
  const expiries = keysets.flatMap(({ active, finalExpiry }) =>
    active && finalExpiry !== undefined ? [finalExpiry] : [],
  )
  return expiries.length === 0 ? undefined : Math.min(...expiries)
}
