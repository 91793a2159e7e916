// In which states can a lease be, as buyers see it?

/** `starting` is not paid yet; `ended` covers expired, stopped and lost. */
export const LEASE_STATES = ['starting', 'running', 'stopped', 'expired', 'lost'] as const
export type LeaseState = (typeof LEASE_STATES)[number]

/** Whole seconds until an end, never below zero. */
export function secondsLeft(expiresAtMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000))
}
