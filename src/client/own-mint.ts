// Which mint does a wallet command mean when none is named?
import { PaygressError } from '../core/errors.ts'
import type { MintUrl } from '../core/mint-url.ts'
import type { Wallet } from '../wallet/wallet.ts'
import { usableMints } from './choose-mint.ts'

/** The named mint (which is trusted from now on), else the fullest trusted one; throws `input_needed` naming `--mint`. */
export function ownMint(
  wallet: Pick<Wallet, 'balances' | 'isTrusted' | 'trustMint'>,
  named: MintUrl | undefined,
): MintUrl {
  if (named !== undefined && !wallet.isTrusted(named)) wallet.trustMint(named)
  const [mint] = usableMints(wallet, named)
  if (mint !== undefined) return mint
  throw new PaygressError('input_needed', 'you trust no mint yet', {
    hint: 'name one with --mint, or: paygress wallet mints trust https://…',
    details: { flag: '--mint' },
  })
}
