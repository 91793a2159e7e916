// What is a key called by people? Three words of the BIP-39 list, drawn from its first 33 bits.
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { PublicKeyHex } from './npub.ts'

const WORD_BITS = 11n
const WORDS = 3

/** A readable name such as `coral-tiger-ladder`: the same for everybody, not unique by promise. */
export function threeWordName(key: PublicKeyHex): string {
  const bits = BigInt(`0x${key}`) >> (256n - WORD_BITS * BigInt(WORDS))
  return Array.from({ length: WORDS }, (_, at) => wordAt(bits >> (WORD_BITS * BigInt(WORDS - 1 - at)))).join(
    '-',
  )
}

function wordAt(bits: bigint): string {
  return wordlist[Number(bits & 0x7ffn)] ?? ''
}
