// Which commands exist? The command tree as data: names, arguments, options, help, and where the work is done.
import type { Command } from './invocation.ts'
import type { CommandOption } from './options.ts'

export const HELP_GROUPS = ['Rent', 'Wallet', 'Identity', 'Provide', 'Tools'] as const
export type HelpGroup = (typeof HELP_GROUPS)[number]

export interface CommandDefinition {
  /** What the user types, for example `wallet fund`. */
  name: string
  summary: string
  /** In commander's notation: `<pod> [command...]`. */
  arguments?: string
  options?: readonly CommandOption[]
  /** Options after the first argument belong to another program. */
  passThrough?: boolean
  examples: readonly string[]
  load: () => Promise<{ run: Command }>
}

/** A word that only groups commands: `wallet`, `orders`. */
export interface CommandFamily {
  name: string
  summary: string
  commands: readonly CommandDefinition[]
}

export interface CommandGroup {
  group: HelpGroup
  entries: readonly (CommandDefinition | CommandFamily)[]
}

const PAYMENT = [
  'for',
  'amount',
  'until',
  'maxPrice',
  'token',
  'tokenFile',
  'order',
  'lock',
  'dryRun',
] as const

const RENT: CommandGroup = {
  group: 'Rent',
  entries: [
    {
      name: 'offers',
      summary: 'list machines for rent',
      options: ['spec', 'minCpu', 'minMemory', 'maxRate', 'provider', 'sort', 'all', 'watch'],
      examples: [
        'paygress offers',
        'paygress offers --min-memory 2048 --sort price',
        'paygress offers -o json',
      ],
      load: () => import('./offers.ts'),
    },
    {
      name: 'buy',
      summary: 'rent a machine',
      arguments: '[command...]',
      options: [
        'spec',
        ...PAYMENT,
        'provider',
        'image',
        'user',
        'passwordStdin',
        'generatePassword',
        'sshKey',
        'alias',
        'wait',
      ],
      examples: [
        'paygress buy --spec standard --for 2h',
        'paygress buy --spec basic --for 10m --yes -- uname -a',
        'paygress buy --spec basic --amount 500 --token - < token.txt',
      ],
      load: () => import('./buy.ts'),
    },
    {
      name: 'topup',
      summary: 'buy more time for a pod',
      arguments: '<pod>',
      options: [...PAYMENT],
      examples: ['paygress topup coral-tiger-ladder --for 1h', 'paygress topup npub1… --amount 300 --yes'],
      load: () => import('./topup.ts'),
    },
    {
      name: 'ssh',
      summary: 'log in to a pod',
      arguments: '<pod> [arguments...]',
      options: ['print', 'config'],
      passThrough: true,
      examples: [
        'paygress ssh coral-tiger-ladder',
        'paygress ssh web -L 8080:localhost:80',
        'paygress ssh web -- df -h',
      ],
      load: () => import('./ssh.ts'),
    },
    {
      name: 'pods',
      summary: 'list your pods with the time they have left',
      options: ['all'],
      examples: ['paygress pods', 'paygress pods -o name'],
      load: () => import('./pods.ts'),
    },
    {
      name: 'status',
      summary: 'ask the provider how a pod is',
      arguments: '<pod>',
      examples: ['paygress status coral-tiger-ladder'],
      load: () => import('./status.ts'),
    },
    {
      name: 'stop',
      summary: 'end a pod and get the unused sats back',
      arguments: '<pod>',
      examples: ['paygress stop coral-tiger-ladder'],
      load: () => import('./stop.ts'),
    },
    {
      name: 'orders',
      summary: 'purchases, and what became of them',
      commands: [
        {
          name: 'list',
          summary: 'list orders',
          options: ['limit'],
          examples: ['paygress orders list', 'paygress orders list -o json'],
          load: () => import('./orders/list.ts'),
        },
        {
          name: 'show',
          summary: 'everything about one order',
          arguments: '<order>',
          examples: ['paygress orders show 4f2a…'],
          load: () => import('./orders/show.ts'),
        },
        {
          name: 'recover',
          summary: 'finish or refund whatever was left open',
          examples: ['paygress orders recover'],
          load: () => import('./orders/recover.ts'),
        },
      ],
    },
  ],
}

const WALLET: CommandGroup = {
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
          load: () => import('./wallet/balance.ts'),
        },
        {
          name: 'fund',
          summary: 'put sats in by a Lightning invoice',
          arguments: '<sats>',
          examples: ['paygress wallet fund 1000'],
          load: () => import('./wallet/fund.ts'),
        },
        {
          name: 'receive',
          summary: 'take in a token from stdin',
          arguments: '<dash>',
          examples: ['paygress wallet receive - < token.txt'],
          load: () => import('./wallet/receive.ts'),
        },
        {
          name: 'send',
          summary: 'make a token',
          arguments: '<sats>',
          examples: ['paygress wallet send 100'],
          load: () => import('./wallet/send.ts'),
        },
        {
          name: 'history',
          summary: 'what moved',
          options: ['limit'],
          examples: ['paygress wallet history'],
          load: () => import('./wallet/history.ts'),
        },
        {
          name: 'mints',
          summary: 'the mints you trust: list, add, remove, trust',
          arguments: '[action] [url]',
          examples: ['paygress wallet mints', 'paygress wallet mints trust https://mint.example.com'],
          load: () => import('./wallet/mints.ts'),
        },
      ],
    },
  ],
}

const IDENTITY: CommandGroup = {
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
          load: () => import('./identity/show.ts'),
        },
      ],
    },
  ],
}

const PROVIDER_OPTIONS = ['backend', 'envFile', 'kubeconfig', 'context'] as const

const PROVIDE: CommandGroup = {
  group: 'Provide',
  entries: [
    {
      name: 'serve',
      summary: 'sell machines: the provider daemon',
      options: PROVIDER_OPTIONS,
      examples: ['paygress serve', 'paygress serve --backend process', 'paygress serve --context k3s'],
      load: () => import('./serve.ts'),
    },
    {
      name: 'provider',
      summary: 'look after what you sell',
      commands: [
        {
          name: 'init',
          summary: 'write the first .env and pod-specs.json',
          options: ['backend', 'mints', 'sshHost', 'name', 'dir'],
          examples: [
            'paygress provider init',
            'paygress provider init --yes --ssh-host 203.0.113.7 --relay wss://nos.lol --mints https://mint.example.com',
          ],
          load: () => import('./provider/init.ts'),
        },
        {
          name: 'check',
          summary: 'could it serve? cluster, mints and relays, each with the fix',
          options: PROVIDER_OPTIONS,
          examples: ['paygress provider check', 'paygress provider check --context k3s -o json'],
          load: () => import('./provider/check.ts'),
        },
        {
          name: 'leases',
          summary: 'the machines that are rented out',
          options: [...PROVIDER_OPTIONS, 'all', 'watch'],
          examples: ['paygress provider leases', 'paygress provider leases --watch'],
          load: () => import('./provider/leases.ts'),
        },
        {
          name: 'earnings',
          summary: 'what came in, what was earned, what is owed',
          options: PROVIDER_OPTIONS,
          examples: ['paygress provider earnings'],
          load: () => import('./provider/earnings.ts'),
        },
      ],
    },
  ],
}

const TOOLS: CommandGroup = {
  group: 'Tools',
  entries: [
    {
      name: 'config',
      summary: 'preferences',
      commands: [
        {
          name: 'get',
          summary: 'print one preference',
          arguments: '<key>',
          examples: ['paygress config get mint'],
          load: () => import('./config/get.ts'),
        },
        {
          name: 'set',
          summary: 'keep a preference',
          arguments: '<key> <value>',
          examples: ['paygress config set relays wss://relay.damus.io,wss://nos.lol'],
          load: () => import('./config/set.ts'),
        },
        {
          name: 'list',
          summary: 'print all preferences that are set',
          examples: ['paygress config list'],
          load: () => import('./config/list.ts'),
        },
        {
          name: 'path',
          summary: 'print where paygress keeps its files',
          examples: ['paygress config path'],
          load: () => import('./config/path.ts'),
        },
      ],
    },
    {
      name: 'demo',
      summary: 'play the whole story on this machine',
      options: ['keep'],
      examples: ['paygress demo'],
      load: () => import('./demo.ts'),
    },
    {
      name: 'devnet',
      summary: 'run a relay, a mint and a provider on this machine',
      options: ['dir', 'port', 'withProvider'],
      examples: ['paygress devnet', 'paygress devnet --dir ./net --port 7447'],
      load: () => import('./devnet.ts'),
    },
  ],
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [RENT, WALLET, IDENTITY, PROVIDE, TOOLS]
