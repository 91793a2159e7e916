// Which of our pods is meant? An npub, its beginning, three words, or an alias.
import { PaygressError } from '../core/errors.ts'
import { quoteArgument } from '../core/quote-argument.ts'
import { nearest } from '../core/nearest.ts'
import type { OrderStore, Pod } from './ports.ts'

/** Shorter beginnings are not taken; the `npub1` that all share does not count. */
const LEAST_PREFIX = 6

/** The one pod a person named; running ones go first. Throws `unknown_pod` or `ambiguous_name` with the candidates. */
export function findPod(orders: Pick<OrderStore, 'pods'>, text: string): Pod {
  const pods = orders.pods()
  const wanted = text.trim().toLowerCase()
  const exact = pods.filter((pod) => pod.npub === wanted)
  const named = exact.length > 0 ? exact : pods.filter((pod) => isCalled(pod, wanted))
  const running = named.filter(({ state }) => state === 'running' || state === 'stopping')
  const matches = running.length > 0 ? running : named
  const [only, ...others] = matches
  if (only === undefined) throw unknownPod(pods, text)
  if (others.length === 0) return only
  const candidates = matches.map((pod) => `${pod.alias ?? pod.name} ${pod.npub}`)
  throw new PaygressError('ambiguous_name', `${quoteArgument(text)} can be any of ${matches.length} pods`, {
    hint: `name one in full: ${candidates.slice(0, 5).join(', ')}`,
    details: { candidates },
  })
}

function isCalled({ npub, name, alias }: Pod, wanted: string): boolean {
  if (name === wanted || alias?.toLowerCase() === wanted) return true
  const bare = wanted.startsWith('npub1') ? wanted.slice('npub1'.length) : wanted
  return bare.length >= LEAST_PREFIX && npub.startsWith(`npub1${bare}`)
}

function unknownPod(pods: readonly Pod[], text: string): PaygressError {
  const meant = nearest(
    text,
    pods.flatMap(({ name, alias }) => (alias === undefined ? [name] : [name, alias])),
  )
  return new PaygressError('unknown_pod', `there is no pod ${quoteArgument(text)} among yours`, {
    hint: meant === undefined ? 'paygress pods' : `did you mean ${meant}?`,
  })
}
