// Which keys are this wallet's own? All come from its 12 words, so that the words alone bring them back.
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { HARDENED_OFFSET as HARDENED, HDKey } from '@scure/bip32'
import { entropyToMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import type { Random } from '../core/clock.ts'
import { PaygressError } from '../core/errors.ts'
import type { KeyRole, StoredKey, Transaction, WalletReader, WalletStore, WalletWriter } from './ports.ts'

/**
 * BIP-32 paths: `m/129372'/999'/<role>'/<index>'` with role 0 = keys others lock payments to, 1 = refund keys, 2 = keys of mint
 * quotes (NUT-20). 129372' is Cashu's purpose (NUT-13 uses `m/129372'/0'`), 999 the kind of an offer.
 */
const ROLE_NUMBER: Readonly<Record<KeyRole, number>> = { payment: 0, refund: 1, quote: 2 }

export interface OwnKeys {
  /** The BIP-39 seed; makes and stores the words on first use. */
  seed(): Uint8Array
  /** The newest key of a role, made if there is none. */
  current(role: KeyRole): StoredKey
  /** Does the arithmetic of the next key, so that `next` inside a transaction holds nobody up. */
  prepare(role: KeyRole): void
  /** A key that was never handed out before. */
  next(role: KeyRole, tx?: Transaction): StoredKey
  /** Makes the first `count` keys of a role, where they are not there yet. */
  ensure(role: KeyRole, count: number): void
  /** The words, made and stored on first use. */
  words(): string
  privateKey(key: { role: KeyRole; index: number }): Uint8Array
  /** BIP-340 over SHA-256 of a proof's secret (NUT-11), hex. */
  signSecret(key: { role: KeyRole; index: number }, secret: string): string
}

/** The BIP-39 seed (64 bytes) of words without a passphrase. */
export type SeedOfWords = (words: string) => Uint8Array

/** The keys of the wallet in this store. */
export function ownKeys(store: WalletStore, random: Random, seedOf: SeedOfWords): OwnKeys {
  let seed: Uint8Array | undefined
  const parents = new Map<KeyRole, HDKey>()
  const pubkeys = new Map<string, string>()

  // Inside a caller's transaction the words must be written with it: transactions are never nested.
  function seedWith(write: (work: (writer: WalletWriter) => void) => void): Uint8Array {
    if (seed !== undefined) return seed
    if (store.words() === undefined) {
      const fresh = entropyToMnemonic(random.bytes(16), wordlist)
      write((writer) => writer.saveWords(fresh, false))
    }
    seed = seedOf(storedWords())
    return seed
  }

  function storedWords(): string {
    const words = store.words()
    if (words === undefined) throw new PaygressError('internal', 'the wallet has no words')
    return words
  }

  const inOwnTransaction = (work: (writer: WalletWriter) => void): void =>
    store.transaction((tx) => work(store.within(tx)))

  function privateKey({ role, index }: { role: KeyRole; index: number }): Uint8Array {
    const parent =
      parents.get(role) ??
      HDKey.fromMasterSeed(seedWith(inOwnTransaction)).derive(`m/129372'/999'/${ROLE_NUMBER[role]}'`)
    parents.set(role, parent)
    const key = parent.deriveChild(index + HARDENED).privateKey
    if (key === null) throw new PaygressError('internal', 'a key could not be derived')
    return key
  }

  function pubkeyOf(key: { role: KeyRole; index: number }): string {
    const name = `${key.role}/${key.index}`
    const pubkey = pubkeys.get(name) ?? bytesToHex(secp256k1.getPublicKey(privateKey(key)))
    pubkeys.set(name, pubkey)
    return pubkey
  }

  const nextIndex = (reader: WalletReader, role: KeyRole): number => (reader.newestKey(role)?.index ?? -1) + 1

  // Seed and keys take some time, in which no other process should wait for the database.
  function prepare(role: KeyRole, count = nextIndex(store, role) + 1): void {
    seedWith(inOwnTransaction)
    for (let index = nextIndex(store, role); index < count; index++) pubkeyOf({ role, index })
  }

  function make(role: KeyRole, writer: WalletWriter): StoredKey {
    seedWith((work) => work(writer))
    const index = nextIndex(writer, role)
    const key: StoredKey = { role, index, pubkey: pubkeyOf({ role, index }) }
    writer.saveKey(key)
    return key
  }

  return {
    seed: () => seedWith(inOwnTransaction),
    current: (role) => {
      const known = store.newestKey(role)
      if (known !== undefined) return known
      prepare(role)
      return store.transaction((tx) => {
        const writer = store.within(tx)
        return writer.newestKey(role) ?? make(role, writer)
      })
    },
    prepare: (role) => prepare(role),
    next: (role, tx) => {
      if (tx !== undefined) return make(role, store.within(tx))
      prepare(role)
      return store.transaction((own) => make(role, store.within(own)))
    },
    ensure: (role, count) => {
      prepare(role, count)
      inOwnTransaction((writer) => {
        while (nextIndex(writer, role) < count) make(role, writer)
      })
    },
    words: () => {
      seedWith(inOwnTransaction)
      return storedWords()
    },
    privateKey,
    signSecret: (key, secret) => signDigest(privateKey(key), secretDigest(secret)),
  }
}

/** What is signed to spend a locked proof (NUT-11, SIG_INPUTS). */
export function secretDigest(secret: string): Uint8Array {
  return sha256(utf8ToBytes(secret))
}

/** A BIP-340 signature over 32 bytes, hex. */
export function signDigest(privateKey: Uint8Array, digest: Uint8Array): string {
  return bytesToHex(schnorr.sign(digest, privateKey))
}

/** True where `signature` (hex) is a BIP-340 signature over `digest` by the x-coordinate of a 33-byte key. */
export function isSignatureBy(pubkey: string, digest: Uint8Array, signature: string): boolean {
  if (!/^0[23][0-9a-f]{64}$/.test(pubkey) || !/^[0-9a-f]{128}$/.test(signature)) return false
  try {
    return schnorr.verify(hexToBytes(signature), digest, hexToBytes(pubkey.slice(2)))
  } catch (error) {
    // noble throws for an x-coordinate that is not on the curve.
    if (error instanceof Error) return false
    throw error
  }
}
