// What does the wallet know of each mint: its keysets, their keys, what it can do, and what time it is there?
import type { Clock } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { EcashSource, Keyset, KeysetKeys } from './ecash-port.ts'
import { cheapestKeyset, OTHER_MINT } from './cheapest-keyset.ts'
import { keysetKeys } from './keyset-keys.ts'
import type { ConnectMint, MintConnection, MintInfo } from './mint-port.ts'
import type { StoredMint, WalletStore } from './ports.ts'
import { valueOf } from './value-of.ts'
import { unlessAborted } from './unless-aborted.ts'

/** What a payment needs: states, restore, conditions, locks, DLEQ. */
export const NEEDED_NUTS = [7, 9, 10, 11, 12] as const
const KEYSETS_FRESH_MS = 5 * 60_000
const UNKNOWN_KEYSET_EVERY_MS = 30_000

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

  function connection(mint: MintUrl): MintConnection {
    const open = connections.get(mint)
    if (open !== undefined) return open
    const made = deps.connectMint(mint)
    connections.set(mint, made)
    return made
  }

  const keysOf = keysetKeys({ store, ecash: deps.ecash, connection })

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

  /** `first` with its keys. Where it has none that belong to it, what was said of it before was wrong: then the one that is found `anew`. */
  async function completed(
    mint: MintUrl,
    first: Keyset,
    anew: () => Promise<Keyset | undefined>,
    signal: AbortSignal | undefined,
  ): Promise<KeysetKeys | undefined> {
    const known = await keysOf(mint, first, signal)
    if (typeof known === 'object') return known
    const next = await anew()
    const complete = next === undefined ? 'none' : await keysOf(mint, next, signal)
    if (typeof complete === 'object') return complete
    if (complete === 'none') return undefined
    const said = `${mint} shows keys that do not belong to its keyset ${next?.id}`
    throw new PaygressError('mint_misbehaved', said)
  }

  async function activeKeyset(mint: MintUrl, signal?: AbortSignal): Promise<KeysetKeys> {
    const asked = signal === undefined ? {} : { signal }
    const cheapest = async (maxAge: { maxAgeMs?: number }): Promise<Keyset> =>
      cheapestKeyset(mint, await keysets(mint, { ...asked, ...maxAge }), knownTime(mint))
    const complete = await completed(mint, await cheapest({}), async () => cheapest({ maxAgeMs: 0 }), signal)
    if (complete !== undefined) return complete
    throw new PaygressError('mint_misbehaved', `${mint} does not show the keys of its keysets`, {
      hint: OTHER_MINT,
    })
  }

  async function keyset(
    mint: MintUrl,
    keysetId: string,
    signal?: AbortSignal,
  ): Promise<KeysetKeys | undefined> {
    const isIt = ({ id }: Keyset): boolean => id === keysetId
    const anew = async (): Promise<Keyset | undefined> =>
      (await refreshUnknown(mint, UNKNOWN_KEYSET_EVERY_MS, signal)).find(isIt)
    const first = store.keysets(mint).find(isIt) ?? (await anew())
    return first === undefined ? undefined : await completed(mint, first, anew, signal)
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

function nextExpiry(keysets: readonly Keyset[]): number | undefined {
  const expiries = keysets.flatMap(({ active, finalExpiry }) =>
    active && finalExpiry !== undefined ? [finalExpiry] : [],
  )
  return expiries.length === 0 ? undefined : Math.min(...expiries)
}
