// Which preferences can be set, and which values may each one have?
import * as z from 'zod'
import { normaliseMintUrl } from '../core/mint-url.ts'
import { HIGHEST_SATS_PER_HOUR } from '../core/pricing.ts'
import { isProviderName } from '../core/provider-name.ts'
import { normaliseRelayUrl } from '../core/relay-url.ts'

// The readers of the flags: what a flag would refuse is no preference.
const relay = z
  .string()
  .refine((text) => normaliseRelayUrl(text) !== undefined, 'must be a ws:// or wss:// address')
const mint = z
  .string()
  .refine((text) => normaliseMintUrl(text) !== undefined, 'must be an http:// or https:// address')

const RELAYS = 'must be a list of ws:// or wss:// addresses, with at least one'
const WHOLE = 'must be a whole number of sats, at least 1'

/** Every preference of `paygress config`; flags and environment variables of the same name come first. */
export const settingKeys = {
  /** The relays to use instead of the built-in ones. */
  relays: z.array(relay, RELAYS).min(1, RELAYS),
  /** The mint to pay from where a provider takes several. */
  mint,
  /** A provider to prefer. */
  provider: z
    .string()
    .refine(
      isProviderName,
      'must be an npub, at least 6 characters of one, or a name that paygress offers shows',
    ),
  /** How answers are printed. */
  output: z.enum(['table', 'json', 'yaml', 'name'], 'must be table, json, yaml or name'),
  /** Never rent above this many sats per hour. */
  max_rate: z
    .int(WHOLE)
    .positive(WHOLE)
    .max(HIGHEST_SATS_PER_HOUR, `must be at most ${HIGHEST_SATS_PER_HOUR}`),
  /** The public key file to give to machines. */
  ssh_key: z.string().min(1),
} as const

export type SettingKey = keyof typeof settingKeys
export type SettingValue<K extends SettingKey> = z.output<(typeof settingKeys)[K]>

/** Narrows a text to the name of a preference. */
export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(settingKeys, text)
}
