// How does one of many who wait for the same answer of a mint give up?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'

/** What others wait for, too: the signal ends this caller's wait alone. Throws `mint_unreachable` then. */
export async function unlessAborted<Value>(
  mint: MintUrl,
  shared: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return await shared
  const left = Promise.withResolvers<never>()
  const leave = (): void =>
    left.reject(new PaygressError('mint_unreachable', `the answer of ${mint} was not waited for`))
  if (signal.aborted) leave()
  signal.addEventListener('abort', leave, { once: true })
  try {
    return await Promise.race([shared, left.promise])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
