// What did the provider answer? Turns the content of a message into the reply its request can have.
import type * as z from 'zod'
import { type ErrorReply, errorReplySchema } from './error-reply.ts'
import { type QuoteReply, quoteReplySchema } from './quote.ts'
import { LONGEST_CONTENT, parseJsonObject, type RequestType } from './request.ts'
import { type AccessReply, accessReplySchema } from './spawn.ts'
import { type StatusReply, statusReplySchema } from './status.ts'
import { type StopReply, stopReplySchema } from './stop.ts'
import { type TopupReply, topupReplySchema } from './topup.ts'

/** The good answer to each type of request. */
export interface ReplyMessages {
  spawn: AccessReply
  topup: TopupReply
  quote: QuoteReply
  status: StatusReply
  stop: StopReply
}

export type Reply<Type extends RequestType> =
  | { outcome: 'done'; message: ReplyMessages[Type] }
  | { outcome: 'error'; message: ErrorReply }

const SCHEMAS: { [Type in RequestType]: z.ZodType<ReplyMessages[Type]> } = {
  spawn: accessReplySchema,
  topup: topupReplySchema,
  quote: quoteReplySchema,
  status: statusReplySchema,
  stop: stopReplySchema,
}

/** Parses a reply to a request of that type; undefined for anything else (the caller goes on listening). Never throws. */
export function parseReply<Type extends RequestType>(type: Type, content: string): Reply<Type> | undefined {
  if (content.length > LONGEST_CONTENT) return undefined
  const json = parseJsonObject(content)
  if (json === undefined) return undefined
  if (json.error_type !== undefined) {
    const error = errorReplySchema.safeParse(json)
    return error.success ? { outcome: 'error', message: error.data } : undefined
  }
  const done = SCHEMAS[type].safeParse(json)
  return done.success ? { outcome: 'done', message: done.data } : undefined
}
