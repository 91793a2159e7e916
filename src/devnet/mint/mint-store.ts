// What must a mint remember? Keysets, spent proofs, signatures and quotes, behind one small interface.

export interface StoredKeyset {
  id: string
  unit: string
  inputFeePpk: number
  /** Unix seconds, or null for never. */
  finalExpiry: number | null
  active: boolean
  /** Hex by decimal denomination. */
  publicKeys: Record<string, string>
  privateKeys: Record<string, string>
}

export interface StoredProof {
  y: string
  keysetId: string
  unit: string
  amount: bigint
  state: 'PENDING' | 'SPENT'
  witness: string | null
  /** The melt that spends it; null for a swap. */
  meltQuote: string | null
}

export interface StoredSignature {
  /** The blinded output it signs. */
  B_: string
  keysetId: string
  unit: string
  amount: bigint
  C_: string
  e: string
  s: string
}

export interface StoredMintQuote {
  id: string
  request: string
  paymentHash: string
  preimage: string
  unit: string
  amount: bigint
  state: 'UNPAID' | 'PAID' | 'ISSUED'
  /** Unix milliseconds by the mint's clock. */
  createdAtMs: number
  /** Unix seconds. */
  expiry: number
  /** NUT-20 key, hex. */
  pubkey: string | null
}

export interface BlankOutput {
  B_: string
  keysetId: string
}

export interface StoredMeltQuote {
  id: string
  request: string
  unit: string
  amount: bigint
  feeReserve: bigint
  /** What the Lightning payment really cost; 0 until it is paid. */
  feePaid: bigint
  state: 'UNPAID' | 'PENDING' | 'PAID'
  expiry: number
  preimage: string | null
  /** When the payment was started, Unix milliseconds; null while unpaid. */
  startedAtMs: number | null
  /** Inputs less their fee, while pending and after. */
  paidIn: bigint
  /** Blank outputs for change (NUT-08). */
  blanks: BlankOutput[]
  /** The outputs among the blanks that were signed, in order. */
  change: string[]
}

/** Sums over everything a mint ever did in one unit, in that unit. */
export interface UnitSums {
  /** Signed outputs. */
  issued: bigint
  /** Spent inputs. */
  spent: bigint
  /** Inputs of payments under way. */
  pending: bigint
  /** Quotes whose ecash was issued. */
  minted: bigint
  /** Payments made, with their Lightning fee. */
  melted: bigint
}

/** What can be read at any time. */
export interface MintRecords {
  keysets(): StoredKeyset[]
  proof(y: string): StoredProof | undefined
  proofsOfMelt(meltQuote: string): StoredProof[]
  signature(B_: string): StoredSignature | undefined
  mintQuote(id: string): StoredMintQuote | undefined
  mintQuoteByRequest(request: string): StoredMintQuote | undefined
  meltQuote(id: string): StoredMeltQuote | undefined
  pendingMelts(): StoredMeltQuote[]
  sums(unit: string): UnitSums
}

/** Reads and writes that all stay or, if the work throws, all never happened. `save` replaces what has the same key. */
export interface MintTransaction extends MintRecords {
  saveKeyset(keyset: StoredKeyset): void
  saveProof(proof: StoredProof): void
  /** Gives the pending inputs of a failed melt back. */
  releaseProofs(meltQuote: string): void
  saveSignature(signature: StoredSignature): void
  saveMintQuote(quote: StoredMintQuote): void
  saveMeltQuote(quote: StoredMeltQuote): void
}

export interface MintStore extends MintRecords {
  transaction<Result>(work: (tx: MintTransaction) => Result): Result
  close(): void
}
