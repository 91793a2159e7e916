// Which coins come back from the words alone? The mint restores what it ever signed (NUT-09), keyset by keyset, counter by counter (NUT-13).
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { WalletDeps } from './engine.ts'
import type { Ecash } from './ecash-port.ts'
import { type MintDirectory } from './mint-directory.ts'
import { UNIT } from './unit.ts'
import { valueOf } from './value-of.ts'
import type { RestoredOutput } from './mint-port.ts'
import type { Coin } from './ports.ts'
import { addRestored, type Place, type Signed, sumOf, unspentCoins } from './restored-coins.ts'
import type { RestoreOptions, RestoreReport } from './recovery-report.ts'

/** Counters asked for at once. */
const BATCH = 250
/**
 * So many counters in a row that the mint never signed end a keyset. Whatever a mint refuses uses some up for good: a crash a few, many
 * forged tokens hundreds. Who knows of more coins asks for a longer search.
 */
const GAP = 500

interface Found extends Signed {
  counter: number
}

/**
 * Brings back every unspent coin of this wallet's words at one mint, of retired keysets too. What is found is kept batch by batch with the
 * counter that comes after it, so that a second run goes on where the first one was cut off. Throws `mint_unreachable`, and in the end
 * `mint_misbehaved` for a keyset that could not be looked through.
 */
export async function restoreWallet(
  deps: WalletDeps,
  mint: MintUrl,
  { signal, onProgress, gap = GAP }: RestoreOptions,
): Promise<RestoreReport> {
  const ecash = await deps.ecashSource.load()
  const keysets = await deps.mints.keysets(mint, { maxAgeMs: 0, signal })
  const report: RestoreReport = { mint, restoredSat: 0n, coins: 0, unusable: 0, keysets: 0 }
  const keyless: string[] = []
  for (const { id } of keysets.filter(({ unit }) => unit === UNIT)) {
    const keyset = await deps.mints.keyset(mint, id, signal)
    if (keyset === undefined) {
      keyless.push(id)
      continue
    }
    report.keysets += 1
    await restoreKeyset(deps, ecash, { mint, keyset, signal }, gap, (sum) => {
      report.restoredSat += sum.sat
      report.coins += sum.coins
      report.unusable += sum.unusable
      onProgress({ ...report, keysetId: id, counter: sum.counter })
    })
  }
  if (keyless.length > 0)
    throw new PaygressError('mint_misbehaved', `${mint} shows no keys for its keyset ${keyless.join(', ')}`, {
      hint: 'what its other keysets held is back; try again later',
    })
  return report
}

/**
 * The mints of a wallet whose words a person brought: before it makes the first coin of a keyset it looks for those that were made of the
 * same counters before, which a mint would not sign again and a recovery would take for its own.
 */
export function searchedFirst(deps: WalletDeps): MintDirectory {
  const { mints } = deps
  return {
    ...mints,
    activeKeyset: async (mint, signal) => {
      const keyset = await mints.activeKeyset(mint, signal)
      if (deps.store.needsSearch(keyset.id))
        await searchKeyset(deps, await deps.ecashSource.load(), { mint, keyset, signal })
      return keyset
    },
  }
}

/** Takes in what other wallets of the same words have made of a keyset, and goes on behind the counters that they used. */
export async function searchKeyset(deps: WalletDeps, ecash: Ecash, place: Place): Promise<void> {
  await restoreKeyset(deps, ecash, place, GAP, () => undefined)
}

async function restoreKeyset(
  deps: WalletDeps,
  ecash: Ecash,
  place: Place,
  gap: number,
  note: (sum: { sat: bigint; coins: number; unusable: number; counter: number }) => void,
): Promise<void> {
  // Counters below this one were used by this wallet itself: its journal knows what became of them.
  let base = deps.store.counter(place.keyset.id)
  let from = base
  while (from < base + gap) {
    place.signal?.throwIfAborted()
    const signed = await askFor(deps, ecash, place, from)
    from += BATCH
    const last = signed.at(-1)
    if (last === undefined) {
      note({ sat: 0n, coins: 0, unusable: 0, counter: from })
      continue
    }
    const { coins, unusable } = await unspentCoins(deps, ecash, place, signed)
    const kept = keep(deps, place, coins, { from: base, to: last.counter + 1 })
    // Another command used counters meanwhile: what it made is its own, and the rest is looked at anew.
    base = kept ? last.counter + 1 : deps.store.counter(place.keyset.id)
    if (!kept) from = base
    else note({ sat: sumOf(coins), coins: coins.length, unusable, counter: from })
  }
  deps.store.transaction((tx) => deps.store.within(tx).saveSearched(place.keyset.id))
}

async function askFor(deps: WalletDeps, ecash: Ecash, place: Place, from: number): Promise<Found[]> {
  const { mint, keyset, signal } = place
  const amounts = Array.from({ length: BATCH }, () => 1n)
  const outputs = ecash.seedOutputs(deps.keys.seed(), from, amounts, keyset.id, 'keep')
  const reply = valueOf(mint, await deps.mints.connection(mint).restore(outputs, signal))
  const signatures = new Map(reply.map((restored): [string, RestoredOutput] => [restored.B_, restored]))
  return outputs.flatMap((output, index) => {
    const restored = signatures.get(output.B_)
    if (restored === undefined) return []
    const { amountSat } = restored.signature
    return [
      {
        counter: from + index,
        y: ecash.proofY(output.secret),
        output: { ...output, amountSat },
        signature: restored.signature,
      },
    ]
  })
}

/** Coins and counter in one transaction; false, and nothing kept, where a counter was used by somebody else. */
function keep(
  deps: WalletDeps,
  { mint, keyset }: Place,
  coins: readonly Coin[],
  counters: { from: number; to: number },
): boolean {
  return deps.store.transaction((tx) => {
    const writer = deps.store.within(tx)
    if (writer.counter(keyset.id) !== counters.from) return false
    writer.takeCounters(keyset.id, counters.to - counters.from)
    addRestored(deps, writer, mint, coins)
    return true
  })
}
