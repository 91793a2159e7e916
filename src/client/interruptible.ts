// What is said when a person interrupts a command? One error that tells what was paid and how to go on.
import { PaygressError } from '../core/errors.ts'

/**
 * Does some work; whatever an abort of the signal breaks off ends as `interrupted` (130). An error that already says so in its own
 * words is kept.
 */
export async function interruptible<Result>(
  signal: AbortSignal,
  work: () => Promise<Result>,
  interrupted: () => PaygressError = () => new PaygressError('interrupted', 'interrupted; nothing was paid'),
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    // What the signal itself brought along says nothing of this work.
    const told = error instanceof PaygressError && error.code === 'interrupted' && error !== signal.reason
    if (told || !signal.aborted) throw error
    throw interrupted()
  }
}
