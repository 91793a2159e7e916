// What does the relay put up with? The limits of its information document (NIP-11).

export interface RelayLimits {
  maxMessageBytes: number
  maxSubscriptions: number
  maxFilters: number
  /** Most stored events in the answer to one filter. */
  maxLimit: number
  maxSubscriptionIdLength: number
  /** How far ahead an event may be dated, in seconds. */
  maxFutureSec: number
  /** Messages a minute from one connection. */
  maxMessagesPerMinute: number
  /** Unsent bytes at which a connection that does not read is cut. */
  maxUnsentBytes: number
}

export const RELAY_LIMITS: RelayLimits = {
  maxMessageBytes: 131_072,
  maxSubscriptions: 64,
  maxFilters: 20,
  maxLimit: 500,
  maxSubscriptionIdLength: 64,
  maxFutureSec: 900,
  maxMessagesPerMinute: 6_000,
  maxUnsentBytes: 16 * 1_048_576,
}
