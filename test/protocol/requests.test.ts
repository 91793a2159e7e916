// Are requests and replies read as the guides show them, and is everything else refused?
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseReply } from '../../src/protocol/reply.ts'
import { refundEvidence, requestFingerprint } from '../../src/protocol/request-identity.ts'
import { parseRequest, type Request } from '../../src/protocol/request.ts'
import { isPublicKeyHex } from '../../src/core/npub.ts'
import { isOrderId } from '../../src/core/ids.ts'

const NPUB = 'npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg'

function read(message: object): Request {
  const parsed = parseRequest(JSON.stringify(message))
  if (!parsed.ok) throw new Error(parsed.problem)
  return parsed.request
}

describe('requests of the guides', () => {
  test('the spawn request of the main guide', () => {
    const message = {
      cashu_token: 'cashuB…',
      pod_spec_id: 'standard',
      pod_image: 'linuxserver/openssh-server:latest',
      ssh_username: 'alice',
      ssh_password: 'my_secure_password',
    }
    expect(read(message)).toEqual({ type: 'spawn', message })
  })

  test('the spawn request of the oldest guide, with its wished time', () => {
    const message = { cashu_token: 'cashuA…', ssh_username: 'alice', pod_image: 'x', duration_minutes: 120 }
    expect(read(message)).toEqual({ type: 'spawn', message })
  })

  test('top-ups by npub and by the older pod name', () => {
    expect(read({ pod_npub: NPUB, cashu_token: 'cashuB…' }).type).toBe('topup')
    expect(read({ pod_name: 'ssh-pod-abc12345', cashu_token: 'cashuB…' }).type).toBe('topup')
  })

  test('quote, status (also by pod_id) and stop', () => {
    expect(
      read({ request: 'quote', pod_spec_id: 'basic', duration_seconds: 60, mint: 'https://m.example/' }),
    ).toMatchObject({
      type: 'quote',
      message: { mint: 'https://m.example' },
    })
    expect(read({ request: 'status', pod_npub: NPUB }).type).toBe('status')
    expect(read({ pod_id: NPUB }).type).toBe('status')
    expect(read({ request: 'stop', pod_npub: NPUB, order_id: 'a-1' }).type).toBe('stop')
  })

  test('unknown fields are ignored', () => {
    expect(read({ cashu_token: 'cashuB…', replication: 3 })).toEqual({
      type: 'spawn',
      message: { cashu_token: 'cashuB…' },
    })
  })
})

describe('what is no request', () => {
  test.each([
    ['null', 'null'],
    ['an array', '[1]'],
    ['text', 'hello'],
    ['another protocol', '{"jsonrpc":"2.0"}'],
    ['another verb', '{"request":"exec","pod_npub":"x"}'],
    ['a huge message', JSON.stringify({ cashu_token: 'x'.repeat(70_000) })],
  ])('%s is not even looked at as one', (_what, content) => {
    expect(parseRequest(content)).toMatchObject({ ok: false, isRequest: false })
  })

  test.each([
    ['a token that is a number', { cashu_token: 5 }],
    ['an order id with a slash', { cashu_token: 'x', order_id: 'a/b' }],
    ['a user name that is an object', { cashu_token: 'x', ssh_username: {} }],
    ['a password with NUL', { cashu_token: 'x', ssh_password: 'a\0b' }],
    ['a refund key that is none', { cashu_token: 'x', refund_pubkey: 'abc' }],
    ['a time in milliseconds', { cashu_token: 'x', respond_before: 1_763_600_000_000 }],
    ['a pod that is no npub', { cashu_token: 'x', pod_npub: 'npub1xyz' }],
    ['a stop without an order id', { request: 'stop', pod_npub: NPUB }],
    ['a quote of zero seconds', { request: 'quote', duration_seconds: 0, mint: 'https://m.example' }],
  ])('%s is refused with the field and never its value', (_what, message) => {
    const parsed = parseRequest(JSON.stringify(message))
    expect(parsed).toMatchObject({ ok: false, isRequest: true })
    expect(parsed.ok ? '' : parsed.problem).toMatch(/^[a-z_]+: |^message: /)
  })

  test('no text whatever makes the readers throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (content) => {
        parseRequest(content)
        parseReply('spawn', content)
      }),
    )
  })
})

describe('replies of the guides', () => {
  const access = {
    pod_npub: NPUB,
    node_port: 2500,
    expires_at: '2025-09-23T15:30:00Z',
    cpu_millicores: 2000,
    memory_mb: 2048,
    pod_spec_name: 'Standard',
    pod_spec_description: 'Standard VPS - 2 CPU cores, 2GB RAM',
    instructions: ['🚀 SSH access available:', ''],
  }

  test('access details', () => {
    expect(parseReply('spawn', JSON.stringify(access))).toEqual({ outcome: 'done', message: access })
  })

  test('a top-up that worked, and one that did not', () => {
    const done = {
      success: true,
      pod_npub: NPUB,
      extended_duration_seconds: 3600,
      new_expires_at: '2025-09-23T16:30:00Z',
      message: 'Pod successfully topped up!',
    }
    const error = {
      error_type: 'pod_not_found',
      message: 'Pod not found or expired',
      details: 'Pod with NPUB … not found',
    }
    expect(parseReply('topup', JSON.stringify(done))).toEqual({ outcome: 'done', message: done })
    expect(parseReply('topup', JSON.stringify(error))).toEqual({ outcome: 'error', message: error })
  })

  test('an error type of the future reads as an internal error', () => {
    const reply = parseReply('spawn', '{"error_type":"quantum","message":"no"}')
    expect(reply).toMatchObject({ outcome: 'error', message: { error_type: 'internal_error' } })
  })

  test.each([
    ['a port that is none', { ...access, node_port: 0 }],
    ['an end that is no time', { ...access, expires_at: 'tomorrow' }],
    ['the answer to another question', { success: true }],
  ])('%s is no reply', (_what, message) => {
    expect(parseReply('spawn', JSON.stringify(message))).toBeUndefined()
  })

  test('a released payment without signatures says nothing we could use', () => {
    const error = {
      error_type: 'invalid_spec',
      message: 'no',
      payment: { status: 'released', signatures: [] },
    }
    expect(parseReply('spawn', JSON.stringify(error))).toBeUndefined()
  })
})

describe('the identity of a request', () => {
  test('does not depend on order, deadline or relays', () => {
    const a = read({
      cashu_token: 'x',
      order_id: 'o',
      respond_before: 1_763_600_000,
      reply_relays: ['ws://a'],
    })
    const b = read({ order_id: 'o', cashu_token: 'x', respond_before: 1_763_600_999 })
    expect(requestFingerprint(a)).toBe(requestFingerprint(b))
  })

  test('depends on everything else', () => {
    const a = requestFingerprint(read({ cashu_token: 'x', order_id: 'o' }))
    expect(requestFingerprint(read({ cashu_token: 'y', order_id: 'o' }))).not.toBe(a)
    expect(requestFingerprint(read({ cashu_token: 'x', order_id: 'o', ssh_username: 'eve' }))).not.toBe(a)
  })

  test('the refund evidence is a fixed hash of provider, sender and order', () => {
    const [provider, sender] = ['1'.repeat(64), '2'.repeat(64)]
    const order = 'order-1'
    if (!isPublicKeyHex(provider) || !isPublicKeyHex(sender) || !isOrderId(order)) throw new Error('bad test')
    const hash = refundEvidence(provider, sender, order)
    expect(Buffer.from(hash).toString('hex')).toMatchInlineSnapshot(
      `"c68cf60a84a9659f379540b7af519d7ccc8bf0a048f8b51ebed3b2c6e8706986"`,
    )
    expect(hash).not.toEqual(refundEvidence(sender, provider, order))
  })
})
