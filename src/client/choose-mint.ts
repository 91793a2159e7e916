// From which mint is paid? Only from one the user named or trusts; an offer's list narrows that and never widens it.
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Wallet } from '../wallet/wallet.ts'
import type { Client } from './ports.ts'

/** The mints that may be paid from without asking: the one that was named, else the trusted ones, the fullest first. */
export function usableMints(wallet: Pick<Wallet, 'balances'>, named: MintUrl | undefined): MintUrl[] {
  if (named !== undefined) return [named]
  return wallet
    .balances()
    .filter(({ trusted, unit }) => trusted && unit === 'sat')
    .toSorted((a, b) => Number(b.availableSat - a.availableSat) || (a.mint < b.mint ? -1 : 1))
    .map(({ mint }) => mint)
}

/** Trusts a mint that was named for money to go to, once it has answered as one. Throws `mint_unreachable`, `mint_misbehaved`. */
export async function trustNamed(
  wallet: Pick<Wallet, 'isTrusted' | 'mintFacts' | 'trustMint'>,
  mint: MintUrl,
): Promise<void> {
  if (wallet.isTrusted(mint)) return
  // A mistyped address must not stand in the list of trusted mints for good.
  await wallet.mintFacts(mint)
  wallet.trustMint(mint)
}

/**
 * The mint to pay from. Throws `mint_not_accepted` where the named or trusted ones are not taken, and `input_needed` naming `--mint` where
 * a person would have to choose one and nobody can be asked.
 */
export async function chooseMint(
  client: Pick<Client, 'wallet' | 'ask'>,
  accepted: readonly MintUrl[],
  named: MintUrl | undefined,
): Promise<MintUrl> {
  const usable = usableMints(client.wallet, named)
  const common = usable.find((mint) => accepted.includes(mint))
  if (common !== undefined) return common
  if (named !== undefined) throw notAccepted(`the provider does not take ${named}`, accepted)
  if (accepted.length === 0) throw notAccepted('the provider takes no mint', accepted)
  if (client.ask.canAsk) return askForMint(client, accepted)
  if (usable.length > 0) throw notAccepted('the provider takes none of the mints you trust', accepted)
  throw new PaygressError('input_needed', 'you trust no mint yet, and money is only put into one you name', {
    hint: `name one with --mint, for example --mint ${accepted[0] ?? ''}`,
    details: { flag: '--mint', mints: accepted },
  })
}

async function askForMint({ ask }: Pick<Client, 'ask'>, accepted: readonly MintUrl[]): Promise<MintUrl> {
  const choices = accepted.map((mint) => ({ name: mint, value: mint }))
  return ask.select(
    'You trust none of the mints this provider takes. Which one will you trust?',
    choices,
    '--mint',
  )
}

function notAccepted(message: string, accepted: readonly MintUrl[]): PaygressError {
  return new PaygressError('mint_not_accepted', message, {
    hint:
      accepted.length === 0
        ? 'paygress offers'
        : `it takes ${accepted.slice(0, 5).join(', ')}: name one with --mint`,
    details: { mints: accepted },
  })
}
