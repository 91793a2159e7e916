// Who pays invoices in a devnet? Nobody: an invoice is settled after a set time, or when it is told so.
import { createHash, randomBytes } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { unixSeconds } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'
import { encodeInvoice } from './invoice.ts'

/** Milliseconds until it happens by itself, or `manual`. */
export type Delay = number | 'manual'

export interface FakeLightning {
  /** An invoice of this mint, signed by a key that nobody keeps. */
  createInvoice(terms: { amountMsat: bigint; description: string; expirySec: number }): {
    request: string
    paymentHash: string
    preimage: string
  }
  /** Until an invoice of this mint counts as paid. */
  settleAfter: Delay
  /** Until a payment to somebody else's invoice succeeds. */
  payAfter: Delay
  /** Whether something that began then has happened by now. */
  isDue(delay: Delay, beganAtMs: number): boolean
  /** Calls back once the delay is over, unless the mint is closed before. */
  whenDue(delay: Delay, beganAtMs: number, work: () => void): void
  close(): void
}

/** Lightning without a network. */
export function fakeLightning(options: { clock: Clock; settleAfter: Delay; payAfter: Delay }): FakeLightning {
  const { clock, settleAfter, payAfter } = options
  const nodeKey = secp256k1.utils.randomSecretKey()
  const timers = new Set<NodeJS.Timeout>()

  const isDue = (delay: Delay, beganAtMs: number): boolean =>
    delay !== 'manual' && clock.now() >= beganAtMs + delay

  function whenDue(delay: Delay, beganAtMs: number, work: () => void): void {
    if (delay === 'manual') return
    const timer = setTimeout(
      () => {
        timers.delete(timer)
        // A timer may fire early by the mint's own clock.
        if (isDue(delay, beganAtMs)) work()
        else whenDue(delay, beganAtMs, work)
      },
      Math.max(1, beganAtMs + delay - clock.now()),
    )
    timer.unref()
    timers.add(timer)
  }

  return {
    settleAfter,
    payAfter,
    createInvoice({ amountMsat, description, expirySec }) {
      const preimage = randomBytes(32)
      const paymentHash = createHash('sha256').update(preimage).digest()
      const request = encodeInvoice(
        {
          amountMsat,
          description,
          expirySec,
          createdAt: unixSeconds(clock),
          paymentHash,
          paymentSecret: randomBytes(32),
        },
        nodeKey,
      )
      return { request, paymentHash: paymentHash.toString('hex'), preimage: preimage.toString('hex') }
    },
    isDue,
    whenDue,
    close() {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
