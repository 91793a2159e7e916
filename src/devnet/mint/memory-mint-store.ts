// Where does a mint remember when nothing needs to survive? In maps, with an undo list for transactions.
import type {
  MintStore,
  MintTransaction,
  StoredKeyset,
  StoredMeltQuote,
  StoredMintQuote,
  StoredProof,
  StoredSignature,
} from './mint-store.ts'

/** A mint's memory that ends with the process. */
export function memoryMintStore(): MintStore {
  const keysets = new Map<string, StoredKeyset>()
  const proofs = new Map<string, StoredProof>()
  const signatures = new Map<string, StoredSignature>()
  const mintQuotes = new Map<string, StoredMintQuote>()
  const meltQuotes = new Map<string, StoredMeltQuote>()
  let undo: (() => void)[] = []

  const put = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
    const before = map.get(key)
    undo.push(() => (before === undefined ? map.delete(key) : map.set(key, before)))
    map.set(key, structuredClone(value))
  }
  const get = <Value>(map: Map<string, Value>, key: string): Value | undefined =>
    structuredClone(map.get(key))
  const proofsOfMelt = (id: string): StoredProof[] => all(proofs).filter((proof) => proof.meltQuote === id)

  const tx: MintTransaction = {
    keysets: () => all(keysets),
    proof: (y) => get(proofs, y),
    proofsOfMelt,
    signature: (B_) => get(signatures, B_),
    mintQuote: (id) => get(mintQuotes, id),
    mintQuoteByRequest: (request) => all(mintQuotes).find((quote) => quote.request === request),
    meltQuote: (id) => get(meltQuotes, id),
    pendingMelts: () => all(meltQuotes).filter((quote) => quote.state === 'PENDING'),
    sums(unit) {
      const of = <Value extends { unit: string }>(
        map: Map<string, Value>,
        test: (value: Value) => boolean,
      ): Value[] => [...map.values()].filter((value) => value.unit === unit && test(value))
      return {
        issued: total(of(signatures, () => true)),
        spent: total(of(proofs, (proof) => proof.state === 'SPENT')),
        pending: total(of(proofs, (proof) => proof.state === 'PENDING')),
        minted: total(of(mintQuotes, (quote) => quote.state === 'ISSUED')),
        melted: of(meltQuotes, (quote) => quote.state === 'PAID').reduce(
          (sum, quote) => sum + quote.amount + quote.feePaid,
          0n,
        ),
      }
    },
    saveKeyset: (keyset) => put(keysets, keyset.id, keyset),
    saveProof: (proof) => put(proofs, proof.y, proof),
    releaseProofs(meltQuote) {
      for (const proof of proofsOfMelt(meltQuote)) {
        undo.push(() => proofs.set(proof.y, proof))
        proofs.delete(proof.y)
      }
    },
    saveSignature: (signature) => put(signatures, signature.B_, signature),
    saveMintQuote: (quote) => put(mintQuotes, quote.id, quote),
    saveMeltQuote: (quote) => put(meltQuotes, quote.id, quote),
  }

  return {
    ...tx,
    transaction(work) {
      undo = []
      try {
        return work(tx)
      } catch (error) {
        for (const step of undo.toReversed()) step()
        throw error
      }
    },
    close: () => undefined,
  }
}

function all<Value>(map: Map<string, Value>): Value[] {
  return structuredClone([...map.values()])
}

function total(values: readonly { amount: bigint }[]): bigint {
  return values.reduce((sum, value) => sum + value.amount, 0n)
}
