// What does a client get that asks the same again? The same answer, for a while. (NUT-19)
import { createHash } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'

/** Where an answer that got lost would otherwise cost money. */
export const CACHED_PATHS = ['/v1/swap', '/v1/mint/bolt11', '/v1/melt/bolt11']

export interface ResponseCache {
  /** The kept answer to exactly this request, or that of `answer`, which is kept unless it throws. */
  once<Answer>(path: string, body: string, answer: () => Promise<Answer>): Promise<Answer>
}

/** Keeps answers by path and exact body; a request that is still being answered is joined, not answered twice. */
export function responseCache(clock: Clock, ttlSec: number): ResponseCache {
  const kept = new Map<string, { until: number; answer: Promise<unknown> }>()

  const forgetOld = (): void => {
    for (const [key, { until }] of kept) if (until <= clock.now()) kept.delete(key)
  }

  return {
    async once<Answer>(path: string, body: string, answer: () => Promise<Answer>): Promise<Answer> {
      if (!CACHED_PATHS.includes(path)) return await answer()
      forgetOld()
      const key = createHash('sha256').update(`${path}\n${body}`).digest('hex')
      const known = kept.get(key)
      if (known !== undefined) return (await known.answer) as Answer
      const made = answer()
      kept.set(key, { until: clock.now() + ttlSec * 1000, answer: made })
      try {
        return await made
      } catch (error) {
        kept.delete(key)
        throw error
      }
    },
  }
}
