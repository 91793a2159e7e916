// Does an error of the wallet say that nothing was submitted, and that the same may succeed later?
import { PaygressError, type ErrorCode } from '../core/errors.ts'

const PASSING: readonly ErrorCode[] = [
  'mint_unreachable',
  'mint_misbehaved',
  'keyset_unknown',
  'busy',
  'timeout',
]

/** True for what only the mint, or another process, stands in the way of now: whatever it was about is kept and tried again. */
export function maySucceedLater(error: unknown): error is PaygressError {
  return error instanceof PaygressError && PASSING.includes(error.code)
}
