import { describe, expect, test } from 'vitest'
import { findPod } from '../../src/client/find-pod.ts'
import { podName } from '../../src/client/apply-answer.ts'
import type { Pod } from '../../src/client/ports.ts'
import { parseOrderId, type SpecId } from '../../src/core/ids.ts'
import { parseMintUrl } from '../../src/core/mint-url.ts'
import { encodePodNpub, type PublicKeyHex } from '../../src/core/npub.ts'

function pod(byte: string, more: Partial<Pod> = {}): Pod {
  const npub = encodePodNpub(byte.repeat(32) as PublicKeyHex)
  return {
    npub,
    provider: 'aa'.repeat(32) as PublicKeyHex,
    orderId: parseOrderId(`o${byte}`),
    name: podName(npub),
    alias: undefined,
    specId: 'basic' as SpecId,
    state: 'running',
    host: 'h',
    port: 1,
    user: 'u',
    password: undefined,
    keyPath: undefined,
    hostKey: undefined,
    onion: undefined,
    rateMsatPerSec: 1,
    mint: parseMintUrl('https://mint.example'),
    relays: [],
    expiresAt: new Date(0),
    createdAt: new Date(0),
    ...more,
  }
}

const one = pod('11', { alias: 'Web' })
const two = pod('22')
const among = (...pods: Pod[]) => ({ pods: () => pods })

describe('a pod', () => {
  test('is found by npub, prefix of six characters, three words and alias', () => {
    const { npub, name } = one
    for (const text of [npub, npub.slice(0, 11), npub.slice(5, 11), name, 'web']) {
      expect(findPod(among(one, two), text)).toBe(one)
    }
  })

  test('is not found by fewer characters', () => {
    expect(() => findPod(among(one), one.npub.slice(0, 10))).toThrow(
      expect.objectContaining({ code: 'unknown_pod' }),
    )
  })

  test('whose alias two have is ambiguous, and the candidates are named', () => {
    const twin = pod('22', { alias: 'web' })
    expect(() => findPod(among(one, twin), 'web')).toThrow(
      expect.objectContaining({
        code: 'ambiguous_name',
        details: { candidates: [`Web ${one.npub}`, `web ${twin.npub}`] },
      }),
    )
  })

  test('that runs goes before one of the same alias that has ended', () => {
    const old = pod('22', { alias: 'web', state: 'expired' })
    expect(findPod(among(old, one), 'web')).toBe(one)
  })

  test('misspelt is suggested', () => {
    expect(() => findPod(among(one), 'wed')).toThrow(expect.objectContaining({ hint: 'did you mean Web?' }))
  })
})
