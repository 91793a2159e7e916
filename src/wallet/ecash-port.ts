// What arithmetic of ecash does the wallet need? Blinding, unblinding, checking, and tokens as text.

/** A proof of NUT-00: bearer money unless its secret is a lock. */
export interface Proof {
  keysetId: string
  amountSat: bigint
  secret: string
  C: string
  /** NUT-12, with the blinding factor, all hex. */
  dleq?: { e: string; s: string; r: string }
  /** NUT-11 witness, as the JSON text that goes over the wire. */
  witness?: string
}

/** One blinded message with what unblinds its signature; `keep` comes into the wallet, `send` goes into a token. */
export interface Output {
  keysetId: string
  amountSat: bigint
  B_: string
  secret: string
  /** The blinding factor, decimal. */
  r: string
  role: 'keep' | 'send'
}

/** A blind signature of NUT-00 with the DLEQ proof of NUT-12. */
export interface BlindSignature {
  keysetId: string
  amountSat: bigint
  C_: string
  dleq?: { e: string; s: string }
}

/** What a mint says of one keyset (NUT-02). */
export interface Keyset {
  id: string
  unit: string
  active: boolean
  feePpk: number
  /** Unix seconds; undefined: never. */
  finalExpiry: number | undefined
}

/** A keyset with its public keys, hex by decimal denomination. */
export interface KeysetKeys extends Keyset {
  keys: Readonly<Record<string, string>>
}

/** To whom outputs are locked (NUT-11, SIG_INPUTS). */
export interface OutputLock {
  pubkey: string
  locktime?: number
  refundPubkey?: string
}

/** A decoded token. */
export interface Token {
  mint: string
  unit: string
  proofs: Proof[]
}

/** The arithmetic of ecash: pure, and synchronous once it is loaded. */
export interface Ecash {
  /** Outputs whose secrets come from the seed (NUT-13), counted from `counter`. */
  seedOutputs(
    seed: Uint8Array,
    counter: number,
    amounts: readonly bigint[],
    keysetId: string,
    role: Output['role'],
  ): Output[]
  /** Locked outputs: random, only the journal can bring them back. */
  lockedOutputs(lock: OutputLock, amounts: readonly bigint[], keysetId: string): Output[]
  /** The proof of a signed output; throws `mint_misbehaved` where the signature or its DLEQ proof is missing or wrong. */
  unblind(output: Output, signature: BlindSignature | undefined, keyset: KeysetKeys): Proof
  /** Hex of hash_to_curve(secret): what a proof is known by. */
  proofY(secret: string): string
  /** True where the proof carries a valid DLEQ proof of this keyset (NUT-12). */
  hasValidDleq(proof: Proof, keyset: KeysetKeys): boolean
  /** True where the id commits to these keys (NUT-02). */
  isKeysetGenuine(keyset: KeysetKeys): boolean
  /** V4 text with DLEQ proofs. */
  encodeToken(token: Token): string
  /** A payment request (NUT-18, `creqA…`) without a transport: whoever pays hands the token over by himself. */
  encodeRequest(request: { id: string; amountSat: bigint; mint: string; description: string }): string
  /** Mint and unit of a token, without knowing its keysets. Throws `invalid_token`. */
  tokenHead(text: string): { mint: string; unit: string; proofCount: number }
  /** Throws `invalid_token` where it is malformed, `keyset_unknown` where a (short) keyset id is not among `keysetIds`. */
  decodeToken(text: string, keysetIds: readonly string[]): Token
  /** NUT-20 signatures over a quote and its outputs: today's message, then the amended one. */
  signQuote(privateKey: Uint8Array, quoteId: string, outputs: readonly Output[]): string[]
}

/** Loads the arithmetic on first use, so that commands without ecash never pay for it. */
export interface EcashSource {
  load(): Promise<Ecash>
  /** What `load` brought, if it ever ran in this process. */
  loaded(): Ecash | undefined
}
