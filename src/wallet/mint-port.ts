// What does the wallet ask a mint?
import type { MintUrl } from '../core/mint-url.ts'
import type { BlindSignature, Keyset, Output, Proof } from './ecash-port.ts'

/** `refused`: the mint answered with an error. `unanswered`: nobody knows whether it did the work. */
export type MintReply<Value> =
  | { status: 'ok'; value: Value }
  | { status: 'refused'; code: number; detail: string }
  | { status: 'unanswered'; reason: string }

export interface MintInfo {
  name: string | undefined
  /** Numbers of the NUTs it announces as supported. */
  nuts: number[]
}

export interface MintQuote {
  id: string
  invoice: string
  state: 'UNPAID' | 'PENDING' | 'PAID' | 'ISSUED'
  amountSat: bigint | undefined
  /** Unix seconds. */
  expiresAt: number | undefined
}

export interface ProofState {
  y: string
  state: 'UNSPENT' | 'PENDING' | 'SPENT'
  witness: string | undefined
}

export interface RestoredOutput {
  B_: string
  signature: BlindSignature
}

/** One mint over HTTP. Never throws for what the mint or the network does; every answer was parsed by a schema. */
export interface MintConnection {
  info(signal?: AbortSignal): Promise<MintReply<MintInfo>>
  keysets(signal?: AbortSignal): Promise<MintReply<Keyset[]>>
  keys(keysetId: string, signal?: AbortSignal): Promise<MintReply<Readonly<Record<string, string>>>>
  /** NUT-03. The body is the same, byte for byte, for the same inputs and outputs. */
  swap(
    inputs: readonly Proof[],
    outputs: readonly Output[],
    signal?: AbortSignal,
  ): Promise<MintReply<BlindSignature[]>>
  createQuote(
    request: { amountSat: bigint; unit: string; pubkey?: string },
    signal?: AbortSignal,
  ): Promise<MintReply<MintQuote>>
  quote(quoteId: string, signal?: AbortSignal): Promise<MintReply<MintQuote>>
  mint(
    request: { quoteId: string; outputs: readonly Output[]; signature?: string },
    signal?: AbortSignal,
  ): Promise<MintReply<BlindSignature[]>>
  /** NUT-07, in the order asked. */
  states(ys: readonly string[], signal?: AbortSignal): Promise<MintReply<ProofState[]>>
  /** NUT-09. */
  restore(outputs: readonly Output[], signal?: AbortSignal): Promise<MintReply<RestoredOutput[]>>
  /** The mint's time in Unix seconds by its last answer; undefined before the first one. */
  lastKnownTime(): number | undefined
  /** Calls back whenever the mint's web socket (NUT-17) says something of a quote; returns what ends it. */
  watchQuote(quoteId: string, onNews: () => void): () => void
  close(): Promise<void>
}

/** Opens the connection to a mint; nothing is sent before the first request. */
export type ConnectMint = (mint: MintUrl) => MintConnection
