// What does it mean that the API server did not do what it was asked?
import * as z from 'zod'
import { PaygressError } from '../../core/errors.ts'

export type ProblemKind =
  /** No answer, or one that says nothing about the request: it may or may not have been done. */
  | 'unavailable'
  | 'unauthorized'
  | 'forbidden'
  | 'quota'
  | 'namespace-missing'
  | 'namespace-ending'
  | 'not-found'
  | 'exists'
  | 'conflict'
  | 'outdated'
  | 'port-taken'
  | 'port-out-of-range'
  | 'invalid'

export interface ApiProblem {
  kind: ProblemKind
  /** Of HTTP; 0 without an answer. */
  status: number
  /** In the server's words where those cannot hold a secret. */
  message: string
  retryAfterSec?: number
}

const cause = z.object({
  reason: z.string().optional(),
  field: z.string().optional(),
  message: z.string().optional(),
})
const statusSchema = z.object({
  kind: z.literal('Status'),
  reason: z.string().default(''),
  message: z.string().default(''),
  details: z
    .object({
      kind: z.string().optional(),
      causes: z.array(cause).default([]),
      retryAfterSeconds: z.number().optional(),
    })
    .optional(),
})
type Status = z.output<typeof statusSchema>

/** Of a change that was not asked for, since another daemon may write now. */
export const OUT_OF_TURN: ApiProblem = {
  kind: 'unavailable',
  status: 0,
  message: 'this daemon may not write any more',
}

/** Of an answer that calls itself a success and is not what was asked for: a page of a proxy, or half a list. */
export function unreadableAnswer(status: number): ApiProblem {
  return {
    kind: 'unavailable',
    status,
    message: 'the API server answered with something that cannot be read',
  }
}

const NODE_PORT_FIELD = 'spec.ports[0].nodePort'
const LONGEST_MESSAGE = 300

/** The problem in an answer that is no success; `body` is the parsed JSON, or anything else. */
export function problemOf(status: number, body: unknown): ApiProblem {
  const parsed = statusSchema.safeParse(body)
  if (!parsed.success) {
    return { kind: kindOfStatus(status), status, message: `the API server answered with HTTP ${status}` }
  }
  const kind = kindOf(status, parsed.data)
  const retryAfterSec = parsed.data.details?.retryAfterSeconds
  return {
    kind,
    status,
    message: messageOf(parsed.data, kind),
    ...(retryAfterSec === undefined ? {} : { retryAfterSec }),
  }
}

/** The error of a problem that says nothing about the machine; `what` is what could not be done, as "the machine could not be …". */
export function placeError(problem: ApiProblem, what: string): PaygressError {
  const { kind, status, message } = problem
  const hint = HINTS[kind]
  return new PaygressError('failed', `${what}: ${message}`, {
    retryable: kind === 'unavailable',
    details: { status, kind },
    ...(hint === undefined ? {} : { hint }),
  })
}

const HINTS: Partial<Record<ProblemKind, string>> = {
  unavailable: 'is the cluster up, and the server in the kubeconfig right? Ask it with kubectl cluster-info',
  unauthorized: 'the credentials of the kubeconfig are wrong or expired: renew them',
  forbidden: 'kubectl apply -f k8s/sidecar-service.yaml grants what is needed',
  'namespace-missing': 'create it with kubectl create namespace, or set POD_NAMESPACE',
  'namespace-ending': 'wait until the namespace is gone, then create it again',
}

function kindOf(status: number, { reason, message, details }: Status): ProblemKind {
  const causes = details?.causes ?? []
  if (status === 404) return details?.kind === 'namespaces' ? 'namespace-missing' : 'not-found'
  if (status === 403) {
    if (causes.some((each) => each.reason === 'NamespaceTerminating')) return 'namespace-ending'
    return /exceeded quota/.test(message) ? 'quota' : 'forbidden'
  }
  if (status === 409) return reason === 'AlreadyExists' ? 'exists' : 'conflict'
  if (status === 422) {
    const port = causes.find((each) => each.field === NODE_PORT_FIELD)?.message ?? ''
    if (/already allocated/.test(port)) return 'port-taken'
    if (/not in the valid range/.test(port)) return 'port-out-of-range'
  }
  return kindOfStatus(status)
}

function kindOfStatus(status: number): ProblemKind {
  if (status === 401) return 'unauthorized'
  if (status === 403) return 'forbidden'
  if (status === 404) return 'not-found'
  if (status === 410) return 'outdated'
  if (status === 409) return 'conflict'
  return status === 0 || status === 408 || status === 429 || status >= 500 ? 'unavailable' : 'invalid'
}

// A refusal of what was sent may quote all of it, with what a Secret holds: only the names of its fields are told.
function messageOf({ message, details }: Status, kind: ProblemKind): string {
  if (kind === 'port-taken') return 'another service has the port'
  if (kind === 'port-out-of-range') {
    const said = details?.causes.find(({ field }) => field === NODE_PORT_FIELD)?.message ?? ''
    const range = /range of valid ports is (\d+-\d+)/.exec(said)?.[1]
    return range === undefined ? 'the port is no node port' : `the cluster's node ports are ${range}`
  }
  if (kind === 'invalid') {
    const fields = (details?.causes ?? []).flatMap(({ field }) => (field === undefined ? [] : [field]))
    const named = fields.length === 0 ? '' : `: ${[...new Set(fields)].join(', ')}`
    return `the API server refuses the request${named}`.slice(0, LONGEST_MESSAGE)
  }
  return message.slice(0, LONGEST_MESSAGE)
}
