// Which deadline does an end mean for the cluster, and which operations have set one?
import { sha256 } from '@noble/hashes/sha2.js'
import { PaygressError } from '../../core/errors.ts'
import { toHex } from '../../core/hex.ts'
import { OPERATION_PREFIX } from './object-names.ts'
import type { TimeSpan } from './server-clock.ts'

/** The controller's arithmetic overflows far above this and then ends a Job at once. */
const LONGEST_SEC = 2 ** 31 - 1
/** All annotations of an object share 256 KiB. */
const MOST_OPERATIONS = 1_000
const KEY_LENGTH = 40

/** A move lands at the latest so long after the time that it was written with: it is asked for again and again, and an answer may be lost. */
const LANDS_WITHIN_MS = 30_000
/** A pod that came later than this after the deadline was made for another reason. */
const REPLACED_WITHIN_MS = 60_000

/** A controller whose clock is ahead of the API server's decides so much before the deadline. */
const RACE_MS = 1_000
/** So long after the deadline the controller has done what it had decided; another pod comes 10 s after that. */
const DECIDED_WITHIN_MS = 2_000

/** `activeDeadlineSeconds` that ends a Job `graceSec` after `end` (both in milliseconds of the cluster); throws `machine_failed` for more than 68 years. */
export function deadlineSeconds(startTime: number, end: number, graceSec: number): number {
  const seconds = Math.ceil((end - startTime) / 1000) + graceSec
  if (!Number.isSafeInteger(seconds) || seconds > LONGEST_SEC)
    throw new PaygressError('machine_failed', 'a machine cannot be kept for more than 68 years')
  return Math.max(1, seconds)
}

/** True where a move that was written with the time `at` may have landed after the deadline that it moved (milliseconds of the cluster). */
export function mayHaveLandedLate(at: number, deadline: number): boolean {
  return at > deadline - LANDS_WITHIN_MS
}

/** True where the controller may have decided by now to delete the pod, which no answer tells (milliseconds of the cluster). */
export function mayHaveDecided({ to }: TimeSpan, deadline: number): boolean {
  return to > deadline - RACE_MS
}

/** In how many milliseconds all is done for certain that the controller decided at the deadline; it is near, or we have slept. */
export function decidedInMs({ from }: TimeSpan, deadline: number): number {
  return Math.min(LANDS_WITHIN_MS + DECIDED_WITHIN_MS, Math.max(0, deadline + DECIDED_WITHIN_MS - from))
}

/** True where the controller made this pod for the time that was bought, after it had ended the one before at its deadline. */
export function isReplacement(createdAt: number, deadline: number): boolean {
  return createdAt > deadline && createdAt <= deadline + REPLACED_WITHIN_MS
}

/** The annotation that says an operation was done: its name may be longer than a key, and hold characters that a key may not. */
export function operationKey(operation: string): string {
  return `${OPERATION_PREFIX}${toHex(sha256(new TextEncoder().encode(operation))).slice(0, KEY_LENGTH)}`
}

/** The annotations to remove so that one more operation has room: the oldest ones. Values begin with the time they were written. */
export function outdatedOperations(annotations: Readonly<Record<string, string>>): string[] {
  const keys = Object.keys(annotations).filter((key) => key.startsWith(OPERATION_PREFIX))
  const writtenAt = (key: string): number => Number.parseInt(annotations[key] ?? '0', 10)
  return keys
    .toSorted((one, other) => writtenAt(one) - writtenAt(other))
    .slice(0, Math.max(0, keys.length + 1 - MOST_OPERATIONS))
}
