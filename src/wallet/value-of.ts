// What is an answer of a mint worth to one who needs it now?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { MintReply } from './mint-port.ts'

/** The value of a reply to a question that changes nothing; throws `mint_unreachable` or `mint_misbehaved`. */
export function valueOf<Value>(mint: MintUrl, reply: MintReply<Value>): Value {
  if (reply.status === 'ok') return reply.value
  if (reply.status === 'unanswered') {
    throw new PaygressError('mint_unreachable', `${mint} does not answer: ${reply.reason}`, {
      hint: 'try again in a moment, or use another --mint',
    })
  }
  throw new PaygressError('mint_misbehaved', `${mint} refuses (${reply.code}): ${reply.detail}`)
}
