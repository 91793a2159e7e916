// Which errors exist, and which exit code does each one give?

/**
 * Every error code with its exit code:
 * 1 failure, 2 usage, 3 try again (nothing is lost), 4 input needed, 5 funds or price, 6 the provider refused,
 * 7 money is on its way with unknown outcome, 130 interrupted.
 */
export const EXIT_CODES = {
  internal: 1,
  failed: 1,
  declined: 1,
  storage_failed: 1,
  storage_newer: 1,
  home_not_writable: 1,
  secret_exposed: 1,
  mint_misbehaved: 1,
  machine_failed: 1,
  ssh_missing: 1,
  pod_ended: 1,
  usage: 2,
  config_invalid: 2,
  invalid_amount: 2,
  invalid_duration: 2,
  invalid_token: 2,
  unknown_spec: 2,
  unknown_provider: 2,
  unknown_pod: 2,
  unknown_order: 2,
  ambiguous_name: 2,
  duration_out_of_range: 2,
  order_conflict: 2,
  no_offer: 3,
  relays_unreachable: 3,
  mint_unreachable: 3,
  keyset_unknown: 3,
  provider_silent: 3,
  payment_not_started: 3,
  busy: 3,
  timeout: 3,
  input_needed: 4,
  mint_not_trusted: 4,
  lock_not_supported: 4,
  insufficient_funds: 5,
  price_too_high: 5,
  mint_not_accepted: 5,
  token_spent: 5,
  provider_refused: 6,
  outcome_unknown: 7,
  interrupted: 130,
} as const

export type ErrorCode = keyof typeof EXIT_CODES

/** Values that may stand in `details`: JSON, never a secret. */
export type ErrorDetails = Record<string, string | number | boolean | null | readonly string[]>

export interface ErrorOptions {
  /** The exact next command, or what to change. */
  hint?: string
  /** True where the same command may succeed later without any change. */
  retryable?: boolean
  details?: ErrorDetails
  cause?: unknown
}

/** The one error class: what failed and why in plain words, and the next command to type. */
export class PaygressError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly retryable: boolean
  readonly details: ErrorDetails | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'PaygressError'
    this.code = code
    this.hint = options.hint
    this.retryable = options.retryable ?? EXIT_CODES[code] === 3
    this.details = options.details
  }

  get exitCode(): number {
    return EXIT_CODES[this.code]
  }
}

/** The error itself if it is ours, else an `internal` one that keeps it as its cause. */
export function toPaygressError(error: unknown): PaygressError {
  if (error instanceof PaygressError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new PaygressError('internal', `unexpected error: ${reason}`, { cause: error })
}
