// Are these words a wallet, and may this wallet take them as its own? Words are taken once, into a wallet that has none.
import { validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { PaygressError } from '../core/errors.ts'
import { listedWords } from '../core/listed-words.ts'
import type { OwnKeys } from './own-keys.ts'
import type { WalletStore } from './ports.ts'

/** Refund keys that may have been handed out before the words were written down and lost; none of them is ever handed out anew. */
const REFUND_KEYS_BEFORE = 1000

/** The words in their one spelling. Throws `usage` where they are no BIP-39 mnemonic; the error never says a word. */
export function readWords(text: string): string {
  const words = listedWords(text)
  const wrong = words.findIndex((word) => !wordlist.includes(word))
  if (wrong >= 0 && words.length > 1)
    throw notWords(`word ${wrong + 1} of ${words.length} is in no list of BIP-39`)
  const phrase = words.join(' ')
  if (validateMnemonic(phrase, wordlist)) return phrase
  throw notWords(
    words.length === 12
      ? 'their checksum is wrong: one is mistaken, or two are swapped'
      : `12 words are needed, and there are ${words.length}`,
  )
}

/**
 * Makes these words the wallet's own, with the keys that come from them, so that tokens locked to those can be taken in. Throws `failed`
 * where it has others: nothing is ever replaced.
 */
export function adoptWords(store: WalletStore, keys: OwnKeys, words: string): void {
  const before = store.words()
  if (before !== undefined && before !== words) throw otherWords()
  if (before === undefined) {
    store.transaction((tx) => store.within(tx).saveWords(words, true))
    // Another process may have made some meanwhile: what stands is what counts.
    if (store.words() !== words) throw otherWords()
  }
  keys.current('payment')
  keys.ensure('refund', REFUND_KEYS_BEFORE)
}

function notWords(why: string): PaygressError {
  return new PaygressError('usage', `these are not the words of a wallet: ${why}`, {
    hint: 'give the 12 English words in their order, with spaces between them',
  })
}

function otherWords(): PaygressError {
  return new PaygressError('failed', 'this wallet has words of its own already; nothing was changed', {
    hint: 'restore into a new profile: paygress wallet restore --profile restored',
  })
}
