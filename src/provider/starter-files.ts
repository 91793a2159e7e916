// What does a new provider begin with? The text of its .env and its price list.
import { SPEC_EXAMPLES } from './spec-examples.ts'

export interface StarterAnswers {
  backend: 'kubernetes' | 'process'
  relays: readonly string[]
  mints: readonly string[]
  sshHost: string | undefined
  name: string | undefined
}

/** The lines of `.env`: what was answered, and where the rest is explained. */
export function starterEnvironment({ backend, relays, mints, sshHost, name }: StarterAnswers): string {
  return [
    '# Configuration of `paygress serve`; every variable is explained in the README.',
    `BACKEND=${backend}`,
    `NOSTR_RELAYS=${relays.join(',')}`,
    `WHITELISTED_MINTS=${mints.join(',')}`,
    ...(sshHost === undefined ? [] : [`SSH_HOST=${sshHost}`]),
    ...(name === undefined ? [] : [`PROVIDER_NAME=${quoted(name)}`]),
    'POD_SPECS_FILE=pod-specs.json',
    '# Wallet, ledger and Nostr key are kept in this folder: money is in there, back it up.',
    'CASHU_DB_PATH=./data/paygress.db',
    '',
  ].join('\n')
}

/** A price list to begin with. */
export function starterSpecs(): string {
  return `${JSON.stringify(SPEC_EXAMPLES, null, 2)}\n`
}

function quoted(text: string): string {
  return /^[\w .-]*$/.test(text) ? text : `'${text.replaceAll("'", '')}'`
}
