// How does another terminal join a devnet? By three exports.
import type { Answer } from '../terminal/answer.ts'
import type { Devnet } from '../wiring/wire-devnet.ts'

/** The exports as lines for `eval`, and as one document. */
export function exportsAnswer({ home, relayUrl, mintUrl, provider, dir }: Devnet): Answer {
  const line = `export PAYGRESS_HOME=${quoted(home)} PAYGRESS_RELAYS=${quoted(relayUrl)} PAYGRESS_MINT=${quoted(mintUrl)}`
  return {
    document: { home, relays: [relayUrl], mint: mintUrl, provider_npub: provider?.npub ?? null, dir },
    names: [line],
    human: { kind: 'lines', lines: [line] },
  }
}

function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
