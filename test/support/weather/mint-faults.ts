// What can go wrong between a wallet and its mint? Each fault by name, with the requests that it can happen to.
import * as z from 'zod'

/** A request as it reached the proxy, or the answer of the mint behind it. */
export interface Question {
  method: string
  path: string
  body: string
}
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** What the proxy does instead of handing an answer on as it is. */
export type Deed =
  /** The socket dies after this part of the body; without any part, before the answer begins. */
  { cut: string } | { answer: Answer }

export interface Fault {
  /** The mint never sees the request; otherwise it is done first. */
  before?: () => Deed
  after?: (answer: Answer, question: Question, former: Answer | undefined) => Deed
  /** Which requests it can happen to; all when not given. */
  on?: RegExp
}

const MONEY = /^\/v1\/(?:swap|mint\/bolt11)$/
const SIGNING = /^\/v1\/(?:swap|mint\/bolt11|restore)$/
const KEYSETS = /^\/v1\/keysets$/

const json = (status: number, value: unknown, headers: Record<string, string> = {}): Deed => ({
  answer: {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  },
})
const bodySchema = z.record(z.string(), z.unknown())

/** The same answer with one field of its body changed; an answer without that field stays as it is. */
const changed =
  (field: string, change: (items: unknown[]) => unknown[]) =>
  (answer: Answer): Deed => {
    const body = bodySchema.safeParse(answer.status === 200 ? JSON.parse(answer.body) : undefined)
    const items = body.success ? z.array(z.unknown()).safeParse(body.data[field]) : undefined
    if (!body.success || items?.success !== true) return { answer }
    return { answer: { ...answer, body: JSON.stringify({ ...body.data, [field]: change(items.data) }) } }
  }
const each =
  (change: (item: Record<string, unknown>) => Record<string, unknown>) =>
  (items: unknown[]): unknown[] =>
    items.map((item) => change(bodySchema.parse(item)))

const LIE: Record<string, string> = { UNSPENT: 'SPENT', SPENT: 'UNSPENT', PENDING: 'UNSPENT' }
const HTML = '<html><body><h1>502 Bad Gateway</h1></body></html>'

export const MINT_FAULTS = {
  'dropped before': { before: () => ({ cut: '' }) },
  'dropped after': { after: () => ({ cut: '' }) },
  'cut in the middle': { after: ({ body }) => ({ cut: body.slice(0, body.length / 2) }) },
  'too many requests': { before: () => json(429, { detail: 'slow down' }, { 'retry-after': '1' }) },
  'server error before': { before: () => json(500, { detail: 'out of order' }) },
  'server error after': { after: () => json(500, { detail: 'out of order' }) },
  'gateway in HTML': {
    after: () => ({ answer: { status: 502, headers: { 'content-type': 'text/html' }, body: HTML } }),
  },
  redirected: { before: () => json(307, {}, { location: 'http://127.0.0.1:9/' }) },
  'wrong content type': {
    after: (answer) => ({
      answer: { ...answer, headers: { ...answer.headers, 'content-type': 'text/plain' }, body: 'ok' },
    }),
  },
  'answer of another request': {
    after: (answer, _question, former) => ({ answer: former ?? answer }),
    on: /^\/v1\/(?:swap|mint\/bolt11|restore|checkstate)$/,
  },
  'too few signatures': { after: changed('signatures', (items) => items.slice(1)), on: SIGNING },
  'signatures in another order': { after: changed('signatures', (items) => items.toReversed()), on: SIGNING },
  'no proof of equality': {
    after: changed(
      'signatures',
      each(({ dleq: _dleq, ...rest }) => rest),
    ),
    on: MONEY,
  },
  'states that lie': {
    after: changed(
      'states',
      each((item) => ({ ...item, state: LIE[String(item.state)] ?? 'UNSPENT' })),
    ),
    on: /^\/v1\/checkstate$/,
  },
  'keysets with other ids': {
    after: changed(
      'keysets',
      each((item) => ({ ...item, id: `00${String(item.id).slice(2).split('').toReversed().join('')}` })),
    ),
    on: KEYSETS,
  },
  'keysets that have expired': {
    after: changed(
      'keysets',
      each((item) => ({ ...item, final_expiry: 0 })),
    ),
    on: KEYSETS,
  },
  'a higher fee': {
    after: changed(
      'keysets',
      each((item) => ({ ...item, input_fee_ppk: Number(item.input_fee_ppk ?? 0) + 1000 })),
    ),
    on: KEYSETS,
  },
} as const satisfies Record<string, Fault>

export type MintFaultName = keyof typeof MINT_FAULTS

/** The faults that can happen to a request of this path. */
export function faultsOn(path: string): MintFaultName[] {
  const names = Object.keys(MINT_FAULTS) as MintFaultName[]
  return names.filter((name) => {
    const fault: Fault = MINT_FAULTS[name]
    return fault.on?.test(path) ?? true
  })
}
