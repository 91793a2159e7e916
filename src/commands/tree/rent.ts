// Which commands rent machines?
import type { CommandGroup } from '../command-definition.ts'

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

export const RENT: CommandGroup = {
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
      load: () => import('../offers.ts'),
    },
    {
      name: 'buy',
      summary: 'rent a machine',
      arguments: '[command...]',
      options: [
        'spec',
        ...PAYMENT,
        'maxRate',
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
      load: () => import('../buy.ts'),
    },
    {
      name: 'topup',
      summary: 'buy more time for a pod',
      arguments: '<pod>',
      options: [...PAYMENT],
      examples: ['paygress topup coral-tiger-ladder --for 1h', 'paygress topup npub1… --amount 300 --yes'],
      load: () => import('../topup.ts'),
    },
    {
      name: 'ssh',
      summary: 'log in to a pod',
      arguments: '<pod> [arguments...]',
      options: ['tor', 'print', 'config'],
      passThrough: true,
      examples: [
        'paygress ssh coral-tiger-ladder',
        'paygress ssh web -L 8080:localhost:80',
        'paygress ssh web -- df -h',
      ],
      load: () => import('../ssh.ts'),
    },
    {
      name: 'pods',
      summary: 'list your pods with the time they have left',
      options: ['all'],
      examples: ['paygress pods', 'paygress pods -o name'],
      load: () => import('../pods.ts'),
    },
    {
      name: 'status',
      summary: 'ask the provider how a pod is',
      arguments: '<pod>',
      examples: ['paygress status coral-tiger-ladder'],
      load: () => import('../status.ts'),
    },
    {
      name: 'stop',
      summary: 'end a pod and get the unused sats back',
      arguments: '<pod>',
      examples: ['paygress stop coral-tiger-ladder'],
      load: () => import('../stop.ts'),
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
          load: () => import('../orders/list.ts'),
        },
        {
          name: 'show',
          summary: 'everything about one order',
          arguments: '<order>',
          examples: ['paygress orders show 4f2a…'],
          load: () => import('../orders/show.ts'),
        },
        {
          name: 'recover',
          summary: 'finish or refund whatever was left open',
          examples: ['paygress orders recover'],
          load: () => import('../orders/recover.ts'),
        },
      ],
    },
  ],
}
