// What do all operations of the mint share? Its memory, clock, keysets, limits, fake Lightning, and whom to tell of changes.
import type { Clock } from '../../core/clock.ts'
import type { FakeLightning } from './fake-lightning.ts'
import type { MintStore, StoredKeyset } from './mint-store.ts'

export interface MintLimits {
  /** Inputs or outputs of one request. */
  maxInputs: number
  maxOutputs: number
  /** Largest amount of one quote, in its unit. */
  maxAmount: bigint
  /** How long a quote can be paid. */
  quoteTtlSec: number
}

/** What NUT-17 tells subscribers about; the id is a quote id or a proof's Y. */
export type ChangeKind = 'bolt11_mint_quote' | 'bolt11_melt_quote' | 'proof_state'
export type ChangeListener = (kind: ChangeKind, id: string) => void

export interface MintContext {
  store: MintStore
  clock: Clock
  /** All keysets ever, by id. */
  keysets: Map<string, StoredKeyset>
  limits: MintLimits
  lightning: FakeLightning
  listeners: Set<ChangeListener>
  /** Told of failures that no client waits for. */
  onError: (error: unknown) => void
}

/** Tells every listener that something looks different now. */
export function announce(context: MintContext, kind: ChangeKind, ids: readonly string[]): void {
  for (const id of ids) for (const listener of context.listeners) listener(kind, id)
}
