// paygress wallet mints: which mints does this wallet trust? Also trust (add) and remove.
import { PaygressError } from '../../core/errors.ts'
import { quoteArgument } from '../../core/quote-argument.ts'
import { type MintUrl, parseMintUrl } from '../../core/mint-url.ts'
import { tableAnswer } from '../../terminal/answer.ts'
import { satText } from '../../terminal/words.ts'
import type { MintBalance } from '../../wallet/mint-facts.ts'
import type { Wallet } from '../../wallet/wallet.ts'
import type { Invocation } from '../invocation.ts'
import { withClient } from '../with-client.ts'

const ACTIONS = ['list', 'add', 'trust', 'remove'] as const
type Action = (typeof ACTIONS)[number]

const COLUMNS = [
  { key: 'mint', title: 'MINT', text: (row: MintBalance) => row.mint },
  { key: 'trusted', title: 'TRUSTED', text: (row: MintBalance) => (row.trusted ? 'yes' : 'no') },
  {
    key: 'available',
    title: 'AVAILABLE',
    align: 'right',
    text: (row: MintBalance) => satText(row.availableSat),
  },
] as const

export async function run(invocation: Invocation): Promise<undefined> {
  const [action = 'list', url] = invocation.args
  const known = parseAction(action)
  await withClient(invocation, async ({ wallet }) => {
    if (known !== 'list') change(wallet, known, mintNamed(url, known))
    const rows = wallet.balances()
    await invocation.terminal.answer({
      document: { mints: rows.map(({ mint, trusted }) => ({ url: mint, trusted })) },
      names: rows.filter(({ trusted }) => trusted).map(({ mint }) => mint),
      human: tableAnswer(COLUMNS, rows, 'no mint is known yet; paygress wallet mints trust <url> names one'),
    })
  })
}

function parseAction(text: string): Action {
  const action = ACTIONS.find((candidate) => candidate === text)
  if (action !== undefined) return action
  throw new PaygressError('usage', `${quoteArgument(text)} is not something to do with mints`, {
    hint: 'paygress wallet mints [list|add|trust|remove] [url]',
  })
}

function mintNamed(url: string | undefined, action: Action): MintUrl {
  if (url !== undefined) return parseMintUrl(url)
  throw new PaygressError('usage', 'the URL of the mint is missing', {
    hint: `paygress wallet mints ${action} <url>`,
  })
}

function change(wallet: Wallet, action: Exclude<Action, 'list'>, mint: MintUrl): void {
  if (action !== 'remove') return wallet.trustMint(mint)
  if (wallet.balances().some((row) => row.mint === mint)) return wallet.distrustMint(mint)
  throw new PaygressError('usage', `${mint} is not a mint of this wallet`, {
    hint: 'paygress wallet mints lists them',
  })
}
