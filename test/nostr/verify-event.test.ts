// Is a forged or malformed event ever taken for a genuine one?
import { verifyEvent as theirVerify } from 'nostr-tools/pure'
import { describe, expect, test } from 'vitest'
import { eventId, MAX_EVENT_BYTES, parseEvent, verifyEvent } from '../../src/nostr/verify-event.ts'
import { alice, note } from './people.ts'

const genuine = await note(alice, 'hello')
const json = (): Record<string, unknown> => JSON.parse(JSON.stringify(genuine))

describe('verifyEvent', () => {
  test('accepts a genuine event and gives a frozen copy without unknown fields', () => {
    const verdict = verifyEvent({ ...json(), extra: true })
    expect(verdict).toEqual({ ok: true, event: genuine })
    expect(verdict.ok && Object.isFrozen(verdict.event) && Object.isFrozen(verdict.event.tags)).toBe(true)
  })

  test('agrees with nostr-tools about ids', () => {
    expect(eventId(genuine)).toBe(genuine.id)
    expect(theirVerify(JSON.parse(JSON.stringify(genuine)))).toBe(true)
  })

  test('sees through a changed copy of an event that was verified before', () => {
    expect(verifyEvent({ ...genuine, content: 'changed' })).toEqual({ ok: false, fault: 'id' })
  })

  test('sees a changed text whose id was recomputed', () => {
    const changed = { ...json(), content: 'changed' }
    const id = eventId({ ...genuine, content: 'changed' })
    expect(verifyEvent({ ...changed, id })).toEqual({ ok: false, fault: 'signature' })
  })

  test('sees a signature of somebody else', async () => {
    const other = await note(alice, 'other')
    expect(verifyEvent({ ...json(), sig: other.sig })).toEqual({ ok: false, fault: 'signature' })
  })

  test.each([
    ['null', null],
    ['a text', 'event'],
    ['a list', [genuine]],
    ['an upper-case id', { ...genuine, id: genuine.id.toUpperCase() }],
    ['a kind in letters', { ...genuine, kind: '1' }],
    ['a fractional time', { ...genuine, created_at: 1.5 }],
    ['a negative time', { ...genuine, created_at: -1 }],
    ['a tag of numbers', { ...genuine, tags: [[1]] }],
    ['no tags', { ...genuine, tags: null }],
    ['content that is an object', { ...genuine, content: {} }],
    ['a kind out of range', { ...genuine, kind: 65_536 }],
  ])('refuses %s', (_name, value) => {
    expect(verifyEvent(value)).toEqual({ ok: false, fault: 'shape' })
  })

  test('looks no further into an event over the size', () => {
    const content = 'x'.repeat(MAX_EVENT_BYTES)
    expect(parseEvent({ ...json(), content })).toEqual({ ok: false, fault: 'size' })
    const tags = [['t', 'ä'.repeat(MAX_EVENT_BYTES / 2)]]
    expect(parseEvent({ ...json(), tags })).toEqual({ ok: false, fault: 'size' })
  })
})
