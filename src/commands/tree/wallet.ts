// Which commands look after money and identity?
import type { CommandGroup } from '../command-definition.ts'

export const WALLET: CommandGroup = {
  group: 'Wallet',
  entries: [
    {
      name: 'wallet',
      summary: 'the ecash that pays for machines',
      commands: [
        {
          name: 'balance',
          summary: 'how much there is, by mint',
          examples: ['paygress wallet balance'],
          load: () => import('../wallet/balance.ts'),
        },
        {
          name: 'fund',
          summary: 'put sats in by a Lightning invoice',
          arguments: '<sats>',
          examples: ['paygress wallet fund 1000'],
          load: () => import('../wallet/fund.ts'),
        },
        {
          name: 'receive',
          summary: 'take in a token from stdin',
          arguments: '<dash>',
          examples: ['paygress wallet receive - < token.txt'],
          load: () => import('../wallet/receive.ts'),
        },
        {
          name: 'send',
          summary: 'make a token, or with --again print one once more',
          arguments: '[sats]',
          options: ['again'],
          examples: ['paygress wallet send 100'],
          load: () => import('../wallet/send.ts'),
        },
        {
          name: 'history',
          summary: 'what moved',
          options: ['limit'],
          examples: ['paygress wallet history'],
          load: () => import('../wallet/history.ts'),
        },
        {
          name: 'mints',
          summary: 'the mints you trust: list, add, remove, trust',
          arguments: '[action] [url]',
          examples: ['paygress wallet mints', 'paygress wallet mints trust https://mint.example.com'],
          load: () => import('../wallet/mints.ts'),
        },
        {
          name: 'words',
          summary: 'show the 12 words that bring the wallet back',
          options: ['reveal'],
          examples: ['paygress wallet words --reveal'],
          load: () => import('../wallet/words.ts'),
        },
        {
          name: 'restore',
          summary: 'bring the money back from the 12 words',
          arguments: '[dash]',
          options: ['wordsFile', 'gap'],
          examples: [
            'paygress wallet restore --mint https://mint.example.com --words-file words.txt',
            'paygress wallet restore - < words.txt',
            'paygress wallet restore --gap 10000',
          ],
          load: () => import('../wallet/restore.ts'),
        },
        {
          name: 'recover',
          summary: 'finish every movement of money that is still open',
          examples: ['paygress wallet recover'],
          load: () => import('../wallet/recover.ts'),
        },
      ],
    },
  ],
}

export const IDENTITY: CommandGroup = {
  group: 'Identity',
  entries: [
    {
      name: 'identity',
      summary: 'the Nostr key that you buy with',
      commands: [
        {
          name: 'show',
          summary: 'your npub, and where its key is kept',
          examples: ['paygress identity show'],
          load: () => import('../identity/show.ts'),
        },
      ],
    },
  ],
}
