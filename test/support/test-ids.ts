// Valid ids for tests, numbered.
import { isLeaseId, isSpecId } from '../../src/core/ids.ts'
import type { LeaseId, SpecId } from '../../src/core/ids.ts'
import { encodePodNpub, isPublicKeyHex } from '../../src/core/npub.ts'
import type { PodNpub, PublicKeyHex } from '../../src/core/npub.ts'

export function testPublicKey(number: number): PublicKeyHex {
  const text = number.toString(16).padStart(64, '0')
  if (!isPublicKeyHex(text)) throw new Error(`no key ${number}`)
  return text
}

export function testPodNpub(number: number): PodNpub {
  return encodePodNpub(testPublicKey(number))
}

/** The number is in the first 8 characters, which name the machine. */
export function testLeaseId(number: number): LeaseId {
  const text = number.toString(16).padStart(8, '0').padEnd(32, '0')
  if (!isLeaseId(text)) throw new Error(`no lease ${number}`)
  return text
}

export function testSpecId(text: string): SpecId {
  if (!isSpecId(text)) throw new Error(`no spec ${text}`)
  return text
}
