// May a payment still be taken? Only while its sender cannot take it back; long after that, asking for it ends.
import type { WalletDeps } from './engine.ts'
import type { Operation } from './ports.ts'

/** A capture needs that much of the lock: it must not race with the sender's own refund. */
const LOCK_MARGIN_SEC = 120

/**
 * `open`: the request may be sent (again). `closed`: only ask what became of it. `over`: what has not happened by now, never will.
 * Operations that are no captures are always open. All by the mint's clock.
 */
export function captureWindow(deps: WalletDeps, operation: Operation): 'open' | 'closed' | 'over' {
  const { captureBefore, lockEndsAt } = operation
  if (captureBefore === undefined) return 'open'
  const now = deps.mints.knownTime(operation.mint)
  if (now < latestCapture(captureBefore, lockEndsAt)) return 'open'
  return now < (lockEndsAt ?? captureBefore) + LOCK_MARGIN_SEC ? 'closed' : 'over'
}

/** Unix seconds after which no capture is sent. */
export function latestCapture(captureBefore: number, lockEndsAt: number | undefined): number {
  return lockEndsAt === undefined ? captureBefore : Math.min(captureBefore, lockEndsAt - LOCK_MARGIN_SEC)
}
