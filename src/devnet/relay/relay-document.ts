// What does the relay say about itself (NIP-11)?
import type { RelayLimits } from './relay-limits.ts'

/** The information document; `auth`: private messages need NIP-42. */
export function relayDocument(name: string, auth: boolean, limits: RelayLimits): object {
  return {
    name,
    description: 'A small relay for development and tests',
    software: 'paygress',
    supported_nips: auth ? [1, 9, 11, 40, 42] : [1, 9, 11, 40],
    limitation: {
      max_message_length: limits.maxMessageBytes,
      max_subscriptions: limits.maxSubscriptions,
      max_limit: limits.maxLimit,
      max_subid_length: limits.maxSubscriptionIdLength,
      created_at_upper_limit: limits.maxFutureSec,
      auth_required: false,
      payment_required: false,
    },
  }
}
