// What is being asked? Turns the content of a message into one typed request, or into the reason why it is none.
import type * as z from 'zod'
import { parseJson } from '../core/parse-json.ts'
import { type QuoteRequest, quoteRequestSchema } from './quote.ts'
import { type SpawnRequest, spawnRequestSchema } from './spawn.ts'
import { type StatusRequest, statusRequestSchema } from './status.ts'
import { type StopRequest, stopRequestSchema } from './stop.ts'
import { type TopupRequest, topupRequestSchema } from './topup.ts'

/** Contents above this many UTF-16 units are refused unread. */
export const LONGEST_CONTENT = 65_536

export type Request =
  | { type: 'spawn'; message: SpawnRequest }
  | { type: 'topup'; message: TopupRequest }
  | { type: 'quote'; message: QuoteRequest }
  | { type: 'status'; message: StatusRequest }
  | { type: 'stop'; message: StopRequest }

export type RequestType = Request['type']

export type ParsedRequest =
  | { ok: true; request: Request }
  /** `problem` names fields and reasons, never values. `isRequest` is false for what does not even look like one. */
  | { ok: false; problem: string; isRequest: boolean }

/** Parses the JSON content of a rumor (kind 14) or HTTP body. Never throws. */
export function parseRequest(content: string): ParsedRequest {
  if (content.length > LONGEST_CONTENT)
    return { ok: false, problem: 'the message is too large', isRequest: false }
  const json = parseJsonObject(content)
  if (json === undefined) return { ok: false, problem: 'the message is not a JSON object', isRequest: false }
  const type = typeOf(json)
  if (type === undefined) return { ok: false, problem: 'the message is no request', isRequest: false }
  return parseAs(type, json)
}

function typeOf(json: Record<string, unknown>): RequestType | undefined {
  if (json.request === 'quote' || json.request === 'status' || json.request === 'stop') return json.request
  if (json.request !== undefined && json.request !== 'spawn' && json.request !== 'topup') return undefined
  if (json.cashu_token !== undefined) {
    return json.pod_npub === undefined && json.pod_name === undefined ? 'spawn' : 'topup'
  }
  return json.pod_id === undefined ? undefined : 'status'
}

function parseAs(type: RequestType, json: Record<string, unknown>): ParsedRequest {
  switch (type) {
    case 'spawn':
      return wrap(spawnRequestSchema.safeParse(json), (message) => ({ type, message }))
    case 'topup':
      return wrap(topupRequestSchema.safeParse(json), (message) => ({ type, message }))
    case 'quote':
      return wrap(quoteRequestSchema.safeParse(json), (message) => ({ type, message }))
    case 'status':
      return wrap(statusRequestSchema.safeParse(json), (message) => ({ type, message }))
    case 'stop':
      return wrap(stopRequestSchema.safeParse(json), (message) => ({ type, message }))
  }
}

function wrap<Message>(
  parsed: z.ZodSafeParseResult<Message>,
  toRequest: (message: Message) => Request,
): ParsedRequest {
  if (parsed.success) return { ok: true, request: toRequest(parsed.data) }
  return { ok: false, problem: describeIssues(parsed.error), isRequest: true }
}

/** `field: reason; field: reason`, without any value of the message. */
function describeIssues(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`)
    .join('; ')
}

/** The object a JSON text holds, or undefined for anything else. */
export function parseJsonObject(content: string): Record<string, unknown> | undefined {
  const value = parseJson(content)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}
