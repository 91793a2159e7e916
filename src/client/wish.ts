// What does a person ask for when they buy or top up, and is it the same as last time?
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { OrderId } from '../core/ids.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Extent } from './extent.ts'
import type { ShowInvoice } from './fund-gap.ts'
import type { OrderLimits } from './order-limits.ts'
import type { Preview } from './preview.ts'

/** What both kinds of payment take. */
export interface PayWish extends ResumeWish {
  extent: Extent
  mint?: MintUrl | undefined
  orderId?: OrderId | undefined
  /** False with `--no-lock`: nothing else turns the lock off. */
  lock: boolean
  /** Answers the confirmation; with a `dryRun` nothing is asked. */
  yes: boolean
  dryRun: boolean
}

export interface BuyWish extends PayWish {
  spec: string
  provider?: string | undefined
  image?: string | undefined
  user?: string | undefined
  password?: string | undefined
  generatePassword?: boolean | undefined
  /** Path of a public key file; without it the profile's own key. */
  sshKeyFile?: string | undefined
  alias?: string | undefined
  /** A plain token to pay with. */
  token?: string | undefined
  /** False with `--no-wait`: does not wait until SSH answers. */
  wait: boolean
}

export interface TopupWish extends PayWish {
  /** npub, prefix, three words or alias. */
  pod: string
}

/** What still counts where a command goes on with an order that is on disk. */
export interface ResumeWish extends OrderLimits {
  /** The longest wait for the provider's answer. */
  timeoutMs?: number | undefined
}

/** What a purchase shows on its way. */
export interface PurchaseView {
  showPreview?: (preview: Preview) => void
  /** Absent: nobody can pay an invoice, so too little money ends the command. */
  showInvoice?: ShowInvoice | undefined
  signal: AbortSignal
}

/** Limits, answers and waits: they say how an order may come about, not which one it is. */
const BESIDE_THE_POINT = ['yes', 'dryRun', 'timeoutMs', 'maxPriceSat', 'maxRate', 'orderId', 'wait']

/** SHA-256 (hex) of everything that makes two wishes different orders. */
export function fingerprintOf(wish: BuyWish | TopupWish): string {
  const fields = Object.entries(wish)
    .filter(([name, value]) => value !== undefined && !BESIDE_THE_POINT.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify(fields, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  return bytesToHex(sha256(utf8ToBytes(text)))
}
