// How is a mint asked over HTTP? Without redirects, with an end to waiting and to reading, and every answer parsed.
import type * as z from 'zod'
import type { Clock } from '../core/clock.ts'
import { parseJson } from '../core/parse-json.ts'
import type { MintReply } from '../wallet/mint-port.ts'
import { refusalAnswer } from './mint-answers.ts'

const LARGEST_ANSWER = 4 * 1024 * 1024
const LONGEST_DETAIL = 200
/** FastAPI's answer to a body it does not like; it carries no code. */
const UNPROCESSABLE = 422
/** Posts that change nothing at the mint. */
const QUESTIONS = ['/v1/checkstate', '/v1/restore']
/** Asks for an invoice: one that nobody was shown is nobody's loss. */
const NEW_INVOICE = '/v1/mint/quote/bolt11'
/** An answer is small: packing it takes both sides longer than sending it. */
const PLAIN = { 'accept-encoding': 'identity' }
/** What a socket says that was kept open and that the mint closed meanwhile. */
const STALE_SOCKET = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']

export interface MintHttp {
  ask<Answer>(
    path: string,
    schema: z.ZodType<Answer>,
    options?: { body?: string; signal?: AbortSignal | undefined },
  ): Promise<MintReply<Answer>>
  /** Unix seconds by the Date header of the last answer. */
  lastKnownTime(): number | undefined
}

export interface MintHttpOptions {
  url: string
  clock: Clock
  /** What moves money, and what tells how money stands that has moved, is waited for that long: the journal counts on it. */
  timeoutMs: number
  /** What is asked before any moves is waited for as long as a person wants to; without it `timeoutMs`. */
  questionMs?: number | undefined
}

/** HTTP to one mint. Never throws for what the mint or the network does. */
export function mintHttp({ url, clock, timeoutMs, questionMs = timeoutMs }: MintHttpOptions): MintHttp {
  let aheadMs: number | undefined

  async function answer(path: string, body: string | undefined, signal: AbortSignal): Promise<Response> {
    const response = await fetch(`${url}${path}`, {
      ...(body === undefined
        ? { headers: PLAIN }
        : { method: 'POST', body, headers: { ...PLAIN, 'content-type': 'application/json' } }),
      // A redirect would post bearer money to wherever it points.
      redirect: 'error',
      signal,
    })
    const date = Date.parse(response.headers.get('date') ?? '')
    if (!Number.isNaN(date)) aheadMs = date - Math.floor(clock.now() / 1000) * 1000
    return response
  }

  // Only what changes nothing is asked again by itself: everything else is looked after by the journal.
  async function persistent(path: string, body: string | undefined, signal: AbortSignal): Promise<Response> {
    try {
      return await answer(path, body, signal)
    } catch (error) {
      const isQuestion = body === undefined || QUESTIONS.includes(path)
      if (!isQuestion || !isStale(error) || signal.aborted) throw error
      return await answer(path, body, signal)
    }
  }

  return {
    ask: async (path, schema, { body, signal } = {}) => {
      const longestMs = body === undefined || path === NEW_INVOICE ? questionMs : timeoutMs
      const timeout = AbortSignal.timeout(longestMs)
      try {
        const both = signal === undefined ? timeout : AbortSignal.any([timeout, signal])
        const response = await persistent(path, body, both)
        return reply(response.status, await textOf(response), schema)
      } catch (error) {
        if (timeout.aborted) return { status: 'unanswered', reason: `no answer in ${longestMs / 1000} s` }
        return { status: 'unanswered', reason: reasonOf(error) }
      }
    },
    lastKnownTime: () => (aheadMs === undefined ? undefined : Math.floor((clock.now() + aheadMs) / 1000)),
  }
}

function reply<Answer>(status: number, text: string, schema: z.ZodType<Answer>): MintReply<Answer> {
  const json = parseJson(text)
  if (status === 200) {
    const parsed = schema.safeParse(json)
    if (parsed.success) return { status: 'ok', value: parsed.data }
    return { status: 'unanswered', reason: 'its answer makes no sense' }
  }
  const refusal = refusalAnswer.safeParse(json)
  const code = refusal.data?.code ?? (status === UNPROCESSABLE ? -1 : undefined)
  const answered = status === 400 || status === UNPROCESSABLE
  // Anything else may come from something between us and the mint, and proves nothing.
  if (!answered || code === undefined) return { status: 'unanswered', reason: `HTTP ${status}` }
  const detail = typeof refusal.data?.detail === 'string' ? refusal.data.detail : 'no reason given'
  return { status: 'refused', code, detail: detail.slice(0, LONGEST_DETAIL) }
}

async function textOf(response: Response): Promise<string> {
  if (response.body === null) return ''
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.length
    if (size > LARGEST_ANSWER) {
      await reader.cancel()
      throw new Error('its answer is too large')
    }
    chunks.push(part.value)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function isStale(error: unknown): boolean {
  if (!(error instanceof Error) || !(error.cause instanceof Error) || !('code' in error.cause)) return false
  return STALE_SOCKET.includes(String(error.cause.code))
}

// fetch says only "fetch failed"; its cause says why.
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
