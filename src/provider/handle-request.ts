// What is done with a request, whichever door it came through? Questions are answered, orders served; nothing of it can throw.
import { toPaygressError } from '../core/errors.ts'
import type { Request } from '../protocol/request.ts'
import { handleQuote } from './handle-quote.ts'
import { handleStatus } from './handle-status.ts'
import type { Incoming } from './ports.ts'
import { refusal, refusalReply, tooMany, UNREADABLE_MESSAGE } from './refusal-reply.ts'
import { say, type RequestDesk } from './request-desk.ts'
import { serveOrder } from './serve-order.ts'

/**
 * Serves one request and resolves with the content of its first reply, which is also sent through its door; undefined where
 * there is none. Never rejects for anything a stranger can send.
 */
export async function handleRequest(desk: RequestDesk, incoming: Incoming): Promise<string | undefined> {
  const { parsed } = incoming
  try {
    if (!parsed.ok) return parsed.isRequest ? answerUnreadable(desk, incoming, parsed.problem) : undefined
    const { request } = parsed
    if (request.type === 'quote' || request.type === 'status')
      return await answerQuestion(desk, incoming, request)
    return await serveOrder(desk, incoming, request)
  } catch (error) {
    if (desk.context.signal.aborted) return undefined
    const { code, message } = toPaygressError(error)
    desk.context.log.error(
      { sender: incoming.sender, code, error: message },
      'a request could not be handled',
    )
    return undefined
  }
}

function answerUnreadable(desk: RequestDesk, incoming: Incoming, problem: string): string | undefined {
  if (desk.questions.take(incoming.sender) !== 'ok') return undefined
  const why = refusal('invalid_request', UNREADABLE_MESSAGE, problem)
  return say(desk, incoming, refusalReply(why, undefined, { status: 'untouched' }))
}

async function answerQuestion(
  desk: RequestDesk,
  incoming: Incoming,
  request: Extract<Request, { type: 'quote' | 'status' }>,
): Promise<string | undefined> {
  const verdict = desk.questions.take(incoming.sender)
  if (verdict === 'far') return undefined
  if (verdict === 'over') return say(desk, incoming, refusalReply(tooMany(), undefined, undefined))
  if (request.type === 'status')
    return say(desk, incoming, handleStatus(desk.context, incoming.sender, request.message))
  try {
    return say(desk, incoming, await handleQuote(desk.context, request.message))
  } catch (error) {
    const known = toPaygressError(error)
    if (known.code === 'internal') throw error
    const why = refusal('resource_unavailable', 'No quote can be given now', known.message)
    return say(desk, incoming, refusalReply(why, undefined, undefined))
  }
}
