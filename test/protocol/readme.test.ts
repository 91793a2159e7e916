// Does the protocol's page say what the schemas say? Every table, every example, the worked vector.
import { schnorr } from '@noble/curves/secp256k1.js'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import { LEASE_STATES } from '../../src/core/lease.ts'
import { isOrderId } from '../../src/core/ids.ts'
import { isPublicKeyHex } from '../../src/core/npub.ts'
import { ERROR_TYPES, errorReplySchema } from '../../src/protocol/error-reply.ts'
import { OFFER_STATES } from '../../src/protocol/offer-event.ts'
import { parseOffer } from '../../src/protocol/offer.ts'
import { paymentStateSchema } from '../../src/protocol/payment-state.ts'
import { quoteReplySchema, quoteRequestSchema } from '../../src/protocol/quote.ts'
import { refundEvidence } from '../../src/protocol/request-identity.ts'
import { accessReplySchema, spawnRequestSchema } from '../../src/protocol/spawn.ts'
import { statusReplySchema, statusRequestSchema } from '../../src/protocol/status.ts'
import { stopReplySchema, stopRequestSchema } from '../../src/protocol/stop.ts'
import { topupReplySchema, topupRequestSchema } from '../../src/protocol/topup.ts'
import { inShort, limitsOf } from './field-limits.ts'
import { MESSAGES, readMessage } from './read-message.ts'
import { examples, type FieldRow, fieldTables, tables, unquoted, workedExample } from './spec-page.ts'

/** The page's field tables in its order; the first two, offer and spec, are tested by what the reader does. */
const SCHEMAS: [string, z.ZodObject][] = [
  ['spawn request', spawnRequestSchema],
  ['spawn reply', accessReplySchema],
  ['topup request', topupRequestSchema],
  ['topup reply', topupReplySchema],
  ['quote request', quoteRequestSchema],
  ['quote reply', quoteReplySchema],
  ['status request', statusRequestSchema],
  ['status reply', statusReplySchema],
  ['stop request', stopRequestSchema],
  ['stop reply', stopReplySchema],
  ['error reply', errorReplySchema],
]

describe('the examples of the page', () => {
  const all = examples().map(({ label, json }) => [label, json] as const)

  test.each(all.filter(([label]) => label !== 'offer'))('%s is read: %s', (label, json) => {
    expect(readMessage(label, json)).toEqual(JSON.parse(json))
  })

  // An offer is written with all its defaults.
  test.each(all.filter(([label]) => label === 'offer'))('%s is read: %s', (label, json) => {
    expect(readMessage(label, json)).toMatchObject(JSON.parse(json))
  })

  test('are there for every message', () => {
    const labels = new Set(examples().map(({ label }) => label))
    expect([...labels].toSorted()).toEqual(MESSAGES.toSorted())
  })

  test('show every payment state', () => {
    const shown = examples()
      .filter(({ label }) => label === 'error reply')
      .map(({ json }) => errorReplySchema.parse(JSON.parse(json)).payment?.status)
    expect(new Set(shown)).toEqual(new Set(paymentStateSchema.options.map(statusOf)))
  })
})

describe('the field tables of the page', () => {
  const pageTables = fieldTables()

  test('are one for each message', () => {
    expect(pageTables).toHaveLength(SCHEMAS.length + 2)
  })

  test.each(SCHEMAS.map(([label, schema], at) => [label, schema, pageTables[at + 2] ?? []] as const))(
    '%s: fields and which are required',
    (_label, schema, rows) => {
      const fields = Object.entries(schema.shape).map(([field, type]) => [field, isRequired(type)])
      expect(rows.map(({ field, required }) => [field, required])).toEqual(fields)
    },
  )

  const bounded = SCHEMAS.flatMap(([label, schema], at) =>
    (pageTables[at + 2] ?? []).map((row) => [label, row.field, row.type, schema] as const),
  ).filter(([, , type]) => limitsOf(type) !== undefined)

  test.each(bounded)('%s: %s is %s, and nothing beyond', (_label, field, type, schema) => {
    const limits = limitsOf(type)
    const fieldSchema: unknown = schema.shape[field]
    if (limits === undefined || !isSchema(fieldSchema)) throw new Error('no limits')
    const taken = (value: unknown) => fieldSchema.safeParse(value).success
    expect(limits.accepted.filter((value) => !taken(value)).map(inShort)).toEqual([])
    // An error type of the future is the one thing that is read although it is unknown.
    const refused = field === 'error_type' ? [] : limits.refused
    expect(refused.filter(taken).map(inShort)).toEqual([])
  })

  test('leave hardly a field without limits', () => {
    const all = SCHEMAS.flatMap((_, at) => pageTables[at + 2] ?? [])
    const open = all.filter(({ type }) => limitsOf(type) === undefined).map(({ field }) => field)
    expect(new Set(open)).toEqual(new Set(['payment', 'error_type']))
  })
})

describe('the offer of the page', () => {
  const [offerRows = [], specRows = []] = fieldTables()
  const full = offerOf(examples().find(({ label }) => label === 'offer')?.json)

  test('has a table with exactly the fields that are written', () => {
    expect(offerRows.map(({ field }) => field)).toEqual(Object.keys(full))
    expect(specRows.map(({ field }) => field)).toEqual(Object.keys(specOf(full)))
  })

  test.each(offerRows)('$field: required is $required', ({ field, required }) => {
    const { [field]: _left, ...rest } = full
    expect(parseOffer(JSON.stringify(rest)) === undefined).toBe(required)
  })

  test.each(specRows)('$field of a spec: required is $required', ({ field, required }) => {
    const { [field]: _left, ...rest } = specOf(full)
    expect(parseOffer(JSON.stringify({ ...full, pod_specs: [rest] })) === undefined).toBe(required)
  })

  const reads = (row: FieldRow, value: unknown, inSpec: boolean) => {
    const changed = inSpec
      ? { ...full, pod_specs: [{ ...specOf(full), [row.field]: value }] }
      : { ...full, [row.field]: value }
    return parseOffer(JSON.stringify(changed)) !== undefined
  }
  const bounded = [
    ...offerRows.map((row) => [row.field, row, false] as const),
    ...specRows.map((row) => [row.field, row, true] as const),
  ].filter(([, row]) => limitsOf(row.type) !== undefined && row.type !== 'relays')

  test.each(bounded)('%s keeps to its limits', (_field, row, inSpec) => {
    const limits = limitsOf(row.type)
    if (limits === undefined) throw new Error('no limits')
    const taken = (value: unknown) => reads(row, value, inSpec)
    expect(limits.accepted.filter((value) => !taken(value)).map(inShort)).toEqual([])
    expect(limits.refused.filter(taken).map(inShort)).toEqual([])
  })
})

describe('the other tables of the page', () => {
  test('name every error type', () => {
    expect(tables('error type')[0]?.map(([type = '']) => unquoted(type))).toEqual(ERROR_TYPES)
  })

  test('name every payment state with its fields', () => {
    const rows = tables('payment status')[0]?.map(([status = '', fields = '']) => [
      unquoted(status),
      unquoted(fields).replaceAll('?', ''),
    ])
    const options = paymentStateSchema.options.map((option) => [
      statusOf(option),
      Object.keys(option.shape)
        .filter((field) => field !== 'status')
        .join(' '),
    ])
    expect(rows).toEqual(options)
  })

  test('name every state of an offer', () => {
    expect(tables('state')[0]?.map(([state = '']) => unquoted(state))).toEqual(OFFER_STATES)
  })

  test('name every state of a lease', () => {
    const row = fieldTables()[2 + 7]?.find(({ field }) => field === 'state')
    expect(unquoted(row?.type ?? '').split(' ')).toEqual(LEASE_STATES)
  })
})

test('the worked example of refund evidence is right', () => {
  const example = workedExample()
  const get = (name: string) => example.get(name) ?? ''
  const [provider, sender, order] = [get('provider key'), get('sender key'), get('order id')]
  if (!isPublicKeyHex(provider) || !isPublicKeyHex(sender) || !isOrderId(order)) throw new Error('no example')
  const evidence = refundEvidence(provider, sender, order)
  expect(Buffer.from(evidence).toString('hex')).toBe(get('evidence'))
  const signature = Buffer.from(get('refund_signature'), 'hex')
  expect(schnorr.verify(signature, evidence, Buffer.from(get('refund key'), 'hex'))).toBe(true)
  const key = (last: number) => Uint8Array.from({ length: 32 }, (_, at) => (at === 31 ? last : 0))
  expect(schnorr.sign(evidence, key(3), new Uint8Array(32))).toEqual(Uint8Array.from(signature))
  expect([1, 2].map((last) => Buffer.from(schnorr.getPublicKey(key(last))).toString('hex'))).toEqual([
    provider,
    sender,
  ])
})

function isSchema(value: unknown): value is z.ZodType {
  return typeof value === 'object' && value !== null && 'safeParse' in value
}

/** A field that must be there, whatever its value would be. */
function isRequired(field: unknown): boolean {
  if (!isSchema(field)) throw new Error('no schema')
  // An unknown error type is read as one that is known; a missing one makes a message no error at all.
  if (field === errorReplySchema.shape.error_type) return true
  return !field.safeParse(undefined).success
}

function statusOf(option: (typeof paymentStateSchema.options)[number]): string {
  return option.shape.status.value
}

function offerOf(json: string | undefined): Record<string, unknown> {
  const value: unknown = JSON.parse(json ?? '')
  if (typeof value !== 'object' || value === null) throw new Error('no offer')
  return { ...value }
}

function specOf(offer: Record<string, unknown>): Record<string, unknown> {
  const specs = offer.pod_specs
  const first: unknown = Array.isArray(specs) ? specs[0] : undefined
  if (typeof first !== 'object' || first === null) throw new Error('no spec')
  return { ...first }
}
